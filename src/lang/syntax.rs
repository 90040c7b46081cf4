//! The syntax tree: what one file says, with a span on everything. Made by [`super::convert`] from the parser's tree, so
//! that the rest knows neither the parser nor its spans, which belong to no file. Must not know what a block means.

use crate::diag::Span;
use crate::model::value::Value;
use std::sync::Arc;

/// A word with its place.
#[derive(Clone, Debug)]
pub struct Name {
    /// The word.
    pub text: Arc<str>,
    /// Its place.
    pub span: Span,
}

/// What stands between braces, or in a file.
#[derive(Debug, Default)]
pub struct Body {
    /// Arguments in order.
    pub attributes: Vec<Attribute>,
    /// Blocks in order.
    pub blocks: Vec<Block>,
}

/// `name = value`.
#[derive(Debug)]
pub struct Attribute {
    /// Left of `=`.
    pub name: Name,
    /// Right of it.
    pub value: Expression,
}

/// `kind "label" { body }`.
#[derive(Debug)]
pub struct Block {
    /// Its first word.
    pub kind: Name,
    /// Its labels.
    pub labels: Vec<Name>,
    /// Between its braces.
    pub body: Body,
    /// Kind and labels.
    pub header: Span,
}

/// An expression with its place.
#[derive(Debug)]
pub struct Expression {
    /// What it is.
    pub term: Term,
    /// Its place.
    pub span: Span,
}

/// What an expression is.
#[derive(Debug)]
pub enum Term {
    /// A value written out.
    Literal(Value),
    /// A text with parts to be evaluated.
    Template(Vec<Part>),
    /// `[a, b]`.
    List(Vec<Expression>),
    /// `{ a = b }`.
    Object(Vec<(Expression, Expression)>),
    /// A name.
    Variable(Arc<str>),
    /// Something, then steps into it.
    Traversal(Box<Traversal>),
    /// `a ? b : c`.
    Conditional(Box<Conditional>),
    /// `name(arguments)`.
    Call(Box<Call>),
    /// `-a`, `!a`.
    Unary(UnaryOperator, Box<Expression>),
    /// `a + b`.
    Binary(Box<Binary>),
    /// `[for ...]`, `{for ...}`.
    For(Box<For>),
}

/// Something, then steps into it.
#[derive(Debug)]
pub struct Traversal {
    /// Where it starts.
    pub root: Expression,
    /// The steps.
    pub steps: Vec<Step>,
}

/// One step into a value.
#[derive(Debug)]
pub struct Step {
    /// Which.
    pub kind: StepKind,
    /// Its place.
    pub span: Span,
}

/// Kinds of steps.
#[derive(Debug)]
pub enum StepKind {
    /// `.name`.
    Attribute(Arc<str>),
    /// `[key]`, `.0`.
    Index(Expression),
    /// `.*`: the attributes that follow apply to each element.
    AttributeSplat,
    /// `[*]`: everything that follows applies to each element.
    FullSplat,
}

/// `a ? b : c`.
#[derive(Debug)]
pub struct Conditional {
    /// `a`.
    pub condition: Expression,
    /// `b`.
    pub then: Expression,
    /// `c`.
    pub otherwise: Expression,
}

/// A function call.
#[derive(Debug)]
pub struct Call {
    /// The function.
    pub name: Name,
    /// Its arguments.
    pub arguments: Vec<Expression>,
    /// Whether the last one is followed by `...`.
    pub spread: Spread,
}

/// Whether the last argument of a call stands for several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spread {
    /// One argument each.
    None,
    /// `f(list...)`.
    Last,
}

/// Operators with one side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOperator {
    /// `-`.
    Negate,
    /// `!`.
    Not,
}

/// `a + b`.
#[derive(Debug)]
pub struct Binary {
    /// Which operator.
    pub operator: BinaryOperator,
    /// Left side.
    pub left: Expression,
    /// Right side.
    pub right: Expression,
}

/// Operators with two sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryOperator {
    /// `==`.
    Equal,
    /// `!=`.
    NotEqual,
    /// `<`.
    Less,
    /// `<=`.
    LessOrEqual,
    /// `>`.
    Greater,
    /// `>=`.
    GreaterOrEqual,
    /// `+`.
    Add,
    /// `-`.
    Subtract,
    /// `*`.
    Multiply,
    /// `/`.
    Divide,
    /// `%`.
    Remainder,
    /// `&&`.
    And,
    /// `||`.
    Or,
}

impl BinaryOperator {
    /// As written.
    pub fn symbol(self) -> &'static str {
        match self {
            BinaryOperator::Equal => "==",
            BinaryOperator::NotEqual => "!=",
            BinaryOperator::Less => "<",
            BinaryOperator::LessOrEqual => "<=",
            BinaryOperator::Greater => ">",
            BinaryOperator::GreaterOrEqual => ">=",
            BinaryOperator::Add => "+",
            BinaryOperator::Subtract => "-",
            BinaryOperator::Multiply => "*",
            BinaryOperator::Divide => "/",
            BinaryOperator::Remainder => "%",
            BinaryOperator::And => "&&",
            BinaryOperator::Or => "||",
        }
    }
}

/// `[for k, v in collection : value if condition]` or, with a key, `{for ... : key => value...}`.
#[derive(Debug)]
pub struct For {
    /// Name of the key, where one is given.
    pub key_name: Option<Arc<str>>,
    /// Name of the value.
    pub value_name: Arc<str>,
    /// What is looped over.
    pub collection: Expression,
    /// The key of each result: makes an object.
    pub key: Option<Expression>,
    /// The result.
    pub value: Expression,
    /// Whether results of one key are collected.
    pub grouping: Grouping,
    /// Which elements count.
    pub condition: Option<Expression>,
}

/// Whether results of one key are collected into a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grouping {
    /// A key may come once.
    Unique,
    /// `...`.
    Collect,
}

/// A part of a template.
#[derive(Debug)]
pub enum Part {
    /// Text as it is.
    Text(Arc<str>),
    /// `${...}`.
    Value(Expression),
    /// `%{ if }`.
    If(Box<TemplateIf>),
    /// `%{ for }`.
    For(Box<TemplateFor>),
}

/// `%{ if condition }...%{ else }...%{ endif }`.
#[derive(Debug)]
pub struct TemplateIf {
    /// The condition.
    pub condition: Expression,
    /// Where it holds.
    pub then: Vec<Part>,
    /// Where it does not.
    pub otherwise: Vec<Part>,
}

/// `%{ for k, v in collection }...%{ endfor }`.
#[derive(Debug)]
pub struct TemplateFor {
    /// Name of the key, where one is given.
    pub key_name: Option<Arc<str>>,
    /// Name of the value.
    pub value_name: Arc<str>,
    /// What is looped over.
    pub collection: Expression,
    /// What is repeated.
    pub body: Vec<Part>,
}

impl Expression {
    /// The text, where it is a literal one.
    pub fn literal_text(&self) -> Option<&Arc<str>> {
        if let Term::Literal(value) = &self.term {
            value.as_text()
        } else {
            None
        }
    }

    /// Words and literal indices, where it is nothing else: `kubernetes.eu`, `a.b["c"].d[0]`.
    pub fn static_path(&self) -> Option<(Arc<str>, Vec<PathStep>)> {
        match &self.term {
            Term::Variable(name) => Some((name.clone(), Vec::new())),
            Term::Traversal(traversal) => {
                let Term::Variable(root) = &traversal.root.term else {
                    return None;
                };
                let steps = traversal
                    .steps
                    .iter()
                    .map(PathStep::of)
                    .collect::<Option<Vec<_>>>()?;
                Some((root.clone(), steps))
            }
            Term::Literal(_)
            | Term::Template(_)
            | Term::List(_)
            | Term::Object(_)
            | Term::Conditional(_)
            | Term::Call(_)
            | Term::Unary(..)
            | Term::Binary(_)
            | Term::For(_) => None,
        }
    }
}

/// A step that needs no evaluation.
#[derive(Clone, Debug, PartialEq)]
pub enum PathStep {
    /// `.name`.
    Attribute(Arc<str>),
    /// `["key"]`, `[0]`.
    Index(Value),
}

impl PathStep {
    fn of(step: &Step) -> Option<Self> {
        match &step.kind {
            StepKind::Attribute(name) => Some(PathStep::Attribute(name.clone())),
            StepKind::Index(Expression {
                term: Term::Literal(value),
                ..
            }) => Some(PathStep::Index(value.clone())),
            StepKind::Index(_) | StepKind::AttributeSplat | StepKind::FullSplat => None,
        }
    }
}
