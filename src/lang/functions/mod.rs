//! The functions of the language: a registry with one row each, a file per family. Names and results are Terraform's.
//! A function sees evaluated arguments, the files and the budget; it must not know scopes or blocks.

mod charsets;
mod collections;
mod encoding;
mod files;
mod format;
mod glob;
mod json;
mod maps;
mod network;
mod numbers;
mod page;
mod sets;
#[cfg(test)]
mod tests;
mod text;
mod time;
mod types;
mod yaml;

pub use page::page;

use super::coerce;
use super::evaluate::budget::{Budget, Exhausted};
use super::sources::Sources;
use super::syntax::Name;
use crate::diag::{Diagnostic, Patch, suggest};
use crate::model::number::{self, Number};
use crate::model::value::{Data, Members, Value};
use std::sync::Arc;

/// One function.
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// Its parameters as shown: `list, separator...`.
    pub parameters: &'static str,
    /// Fewest arguments.
    pub least: usize,
    /// Most arguments; `None`: any number.
    pub most: Option<usize>,
    /// What may be inside the arguments.
    pub inside: Inside,
    /// One sentence.
    pub doc: &'static str,
    /// How it is done.
    pub implementation: Implementation,
}

/// What a function does with what is inside its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inside {
    /// It hands it on unseen: an element may be known only later, and keeps its own mark.
    Opaque,
    /// It looks at all of it: everything must be known, and the result has the mark of anything inside.
    Walked,
    /// The argument itself may be known only later.
    Any,
}

/// How a function is done.
pub enum Implementation {
    /// From evaluated arguments.
    Plain(PlainFunction),
    /// By the evaluator, which must not evaluate all arguments or has to evaluate another text.
    Special(Special),
}

/// From evaluated arguments to a value.
pub type PlainFunction = fn(&mut Context<'_>, &[Value]) -> Result<Value, FunctionError>;

/// What the evaluator does itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Special {
    /// The first argument that has a value.
    Try,
    /// Whether the argument has a value.
    Can,
    /// A file evaluated as a template.
    TemplateFile,
    /// A text evaluated as a template.
    TemplateString,
}

/// What a function may use beside its arguments.
pub struct Context<'c> {
    /// Files.
    pub sources: &'c dyn Sources,
    /// What is left to spend.
    pub budget: &'c mut Budget,
}

impl Context<'_> {
    /// A text of this many bytes is made.
    pub fn text(&mut self, bytes: usize) -> Result<(), FunctionError> {
        self.budget
            .charge_text(bytes)
            .map_err(FunctionError::Exhausted)
    }
    /// This many values are made.
    pub fn values(&mut self, count: usize) -> Result<(), FunctionError> {
        self.budget
            .charge(count as u64)
            .map_err(FunctionError::Exhausted)
    }
}

/// Why a function has no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FunctionError {
    /// Because of this argument.
    Argument(usize, String),
    /// It would take too long.
    Exhausted(Exhausted),
}

impl Function {
    /// Whether it takes this many arguments; else what it takes.
    pub fn accepts(&self, arguments: usize) -> Result<(), String> {
        if arguments >= self.least && self.most.is_none_or(|most| arguments <= most) {
            return Ok(());
        }
        let wanted = match self.most {
            Some(most) if most == self.least => format!("{most}"),
            Some(most) => format!("{} to {most}", self.least),
            None => format!("at least {}", self.least),
        };
        let plural = if self.most == Some(1) { "" } else { "s" };
        Err(format!(
            "`{}({})` takes {wanted} argument{plural}, not {arguments}",
            self.name, self.parameters
        ))
    }
}

/// Rows of the registry.
const FAMILIES: &[&[Function]] = &[
    collections::FUNCTIONS,
    encoding::FUNCTIONS,
    files::FUNCTIONS,
    format::FUNCTIONS,
    maps::FUNCTIONS,
    network::FUNCTIONS,
    numbers::FUNCTIONS,
    sets::FUNCTIONS,
    text::FUNCTIONS,
    time::FUNCTIONS,
    types::FUNCTIONS,
];

/// Every function, by family.
pub fn all() -> impl Iterator<Item = &'static Function> {
    FAMILIES.iter().flat_map(|family| family.iter())
}

/// The function of that name; `core::` may stand before it, as in Terraform.
pub fn find(name: &str) -> Option<&'static Function> {
    let name = name.strip_prefix("core::").unwrap_or(name);
    all().find(|function| function.name == name)
}

/// The mistake of calling what does not exist.
pub fn unknown(name: &Name) -> Diagnostic {
    let detail = format!("there is no function `{}`", name.text);
    let diagnostic =
        Diagnostic::error("unknown-function", "Unknown function", detail).at(name.span);
    match suggest::nearest(&name.text, all().map(|function| function.name)) {
        Some(meant) => diagnostic.fix(
            format!("did you mean `{meant}`?"),
            Patch {
                span: name.span,
                text: meant.to_owned(),
            },
        ),
        None => diagnostic,
    }
}

type Result_<T> = Result<T, FunctionError>;

/// A row with plain parameters.
const fn row(
    name: &'static str,
    parameters: &'static str,
    counts: (usize, Option<usize>),
    doc: &'static str,
    implementation: PlainFunction,
) -> Function {
    let implementation = Implementation::Plain(implementation);
    Function {
        name,
        parameters,
        least: counts.0,
        most: counts.1,
        inside: Inside::Walked,
        doc,
        implementation,
    }
}

impl Function {
    /// The same, handing on what is inside its arguments.
    const fn opaque(mut self) -> Function {
        self.inside = Inside::Opaque;
        self
    }
    /// The same, taking what is known only later.
    const fn any(mut self) -> Function {
        self.inside = Inside::Any;
        self
    }
}

const fn exactly(count: usize) -> (usize, Option<usize>) {
    (count, Some(count))
}

fn wrong<T>(at: usize, message: impl Into<String>) -> Result_<T> {
    Err(FunctionError::Argument(at, message.into()))
}

fn argument(arguments: &[Value], at: usize) -> &Value {
    arguments.get(at).unwrap_or(&Value::NULL)
}

fn text_at(arguments: &[Value], at: usize) -> Result_<Arc<str>> {
    let value = argument(arguments, at);
    coerce::text(value).map_or_else(
        || wrong(at, format!("a string is needed, this is {}", value.title())),
        Ok,
    )
}

fn number_at(arguments: &[Value], at: usize) -> Result_<Arc<Number>> {
    let value = argument(arguments, at);
    coerce::number(value).map_or_else(
        || wrong(at, format!("a number is needed, this is {}", value.title())),
        Ok,
    )
}

fn integer_at(arguments: &[Value], at: usize) -> Result_<i64> {
    let number = number_at(arguments, at)?;
    number::to_integer(&number).map_or_else(|| wrong(at, "a whole number is needed"), Ok)
}

fn items_at(arguments: &[Value], at: usize) -> Result_<&[Value]> {
    let value = argument(arguments, at);
    value.as_items().map_or_else(
        || {
            wrong(
                at,
                format!("a list or set is needed, this is {}", value.title()),
            )
        },
        Ok,
    )
}

fn members_at(arguments: &[Value], at: usize) -> Result_<&Members> {
    let value = argument(arguments, at);
    value.as_members().map_or_else(
        || {
            wrong(
                at,
                format!("a map or object is needed, this is {}", value.title()),
            )
        },
        Ok,
    )
}

fn texts_at(arguments: &[Value], at: usize) -> Result_<Vec<Arc<str>>> {
    items_at(arguments, at)?
        .iter()
        .map(|item| {
            coerce::text(item).map_or_else(
                || wrong(at, format!("strings are needed, one is {}", item.title())),
                Ok,
            )
        })
        .collect()
}

/// A list where a list came in, a set where a set did.
fn like(model: &Value, items: Vec<Value>) -> Value {
    if matches!(model.data, Data::Set(_)) {
        Value::set(items)
    } else {
        Value::list(items)
    }
}
