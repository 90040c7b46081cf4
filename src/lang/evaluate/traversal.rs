//! Names and steps into values. A resource referred to is noted, with its instance where the step names one.

use super::globals::{Repetition, Slot};
use super::{Evaluated, Evaluator, Failed, Scope};
use crate::diag::suggest;
use crate::diag::{Diagnostic, Span};
use crate::lang::coerce;
use crate::lang::syntax::{Expression, Step, StepKind, Term};
use crate::model::address::{Address, InstanceKey};
use crate::model::number;
use crate::model::secret::SecretName;
use crate::model::value::{Data, Members, Value};
use std::sync::Arc;

impl Evaluator<'_> {
    pub(super) fn traversal(&mut self, expression: &Expression, scope: &Scope<'_>) -> Evaluated {
        let (root, steps): (&Expression, &[Step]) = match &expression.term {
            Term::Traversal(traversal) => (&traversal.root, &traversal.steps),
            Term::Variable(_)
            | Term::Literal(_)
            | Term::Template(_)
            | Term::List(_)
            | Term::Object(_)
            | Term::Conditional(_)
            | Term::Call(_)
            | Term::Unary(..)
            | Term::Binary(_)
            | Term::For(_) => (expression, &[]),
        };
        let Term::Variable(name) = &root.term else {
            let value = self.evaluate(root, scope)?;
            return self.steps(value, steps, scope);
        };
        if let Some(value) = scope.get(name) {
            return self.steps(value.clone(), steps, scope);
        }
        let (value, used) = self.global(name, root.span, steps, scope)?;
        self.steps(value, steps.get(used..).unwrap_or_default(), scope)
    }

    /// The value of a name of the configuration and how many steps it took to find it.
    fn global(
        &mut self,
        root: &Arc<str>,
        span: Span,
        steps: &[Step],
        scope: &Scope<'_>,
    ) -> Result<(Value, usize), Failed> {
        let Some(StepKind::Attribute(name)) = steps.first().map(|step| &step.kind) else {
            return self.fail(undeclared(root, span));
        };
        let whole = Span {
            end: steps.first().map_or(span.end, |step| step.span.end),
            ..span
        };
        if !scope.sees_configuration() {
            return self.fail(undeclared(root, span));
        }
        let slot = match root.as_ref() {
            "var" => self.globals.variables.get(name).cloned().map(|variable| {
                self.references.extend(variable.references.iter().cloned());
                variable.slot
            }),
            "local" => self.globals.locals.get(name).cloned().map(|local| {
                self.references.extend(local.references.iter().cloned());
                local.slot
            }),
            "module" => return self.called(name, whole, steps, scope),
            "secret" if self.globals.secrets.contains(name) => {
                Some(Slot::Ready(Value::secret(SecretName(name.to_string()))))
            }
            "secret" => None,
            "path" => match name.as_ref() {
                "module" => Some(Slot::Ready(self.globals.directory.as_ref().into())),
                // Paths are relative to the root's directory, wherever they are used.
                "root" | "cwd" => Some(Slot::Ready(".".into())),
                _ => None,
            },
            _ => return self.resource(root, name, steps, scope),
        };
        match slot {
            Some(Slot::Ready(value)) => Ok((value, 1)),
            Some(Slot::Failed) => Err(Failed),
            None => self.fail(undeclared(&format!("{root}.{name}"), whole)),
        }
    }

    fn resource(
        &mut self,
        kind: &Arc<str>,
        name: &Arc<str>,
        steps: &[Step],
        scope: &Scope<'_>,
    ) -> Result<(Value, usize), Failed> {
        let span = steps.first().map_or(
            Span {
                file: crate::diag::FileId(0),
                start: 0,
                end: 0,
            },
            |step| step.span,
        );
        let Some(slot) = self
            .globals
            .resources
            .get(kind)
            .and_then(|names| names.get(name))
            .cloned()
        else {
            return self.fail(undeclared(&format!("{kind}.{name}"), span));
        };
        let address = Address {
            module: self.globals.module.clone(),
            ..Address::new(kind.as_ref(), name.as_ref())
        };
        let Slot::Ready(value) = slot.slot else {
            return Err(Failed);
        };
        let index = match (slot.repetition, steps.get(1)) {
            (
                Repetition::Count | Repetition::ForEach,
                Some(Step {
                    kind: StepKind::Index(index),
                    span,
                }),
            ) => Some((index, *span)),
            (Repetition::Single | Repetition::Count | Repetition::ForEach, _) => None,
        };
        let Some((index, index_span)) = index else {
            self.references.insert(address);
            return Ok((value, 1));
        };
        let key = self.evaluate(index, scope)?;
        self.known(&key, index.span, "the index of a resource")?;
        match instance_of(slot.repetition, &key) {
            Some(instance) => self.references.insert(address.with_instance(instance)),
            None => self.references.insert(address),
        };
        Ok((self.index(&value, &key, index_span)?, 2))
    }

    /// Steps into a value. Only splats recurse, and their number is limited.
    fn steps(&mut self, start: Value, steps: &[Step], scope: &Scope<'_>) -> Evaluated {
        let mut value = start;
        let mut at = 0;
        while let Some(step) = steps.get(at) {
            self.step(step.span)?;
            value = match &step.kind {
                StepKind::Attribute(name) => self.attribute(&value, name, step.span)?,
                StepKind::Index(index) => {
                    let key = self.evaluate(index, scope)?;
                    self.known(&key, index.span, "an index")?;
                    self.index(&value, &key, step.span)?
                }
                StepKind::AttributeSplat => {
                    let rest = steps.get(at + 1..).unwrap_or_default();
                    let reach = rest
                        .iter()
                        .take_while(|step| matches!(step.kind, StepKind::Attribute(_)))
                        .count();
                    at += reach;
                    self.splat(
                        &value,
                        rest.get(..reach).unwrap_or_default(),
                        step.span,
                        scope,
                    )?
                }
                StepKind::FullSplat => {
                    let rest = steps.get(at + 1..).unwrap_or_default();
                    return self.splat(&value, rest, step.span, scope);
                }
            };
            at += 1;
        }
        Ok(value)
    }

    /// `value[*].rest`: of each element; of a single value that is no list, of itself; of null, nothing.
    fn splat(&mut self, value: &Value, rest: &[Step], span: Span, scope: &Scope<'_>) -> Evaluated {
        self.known(value, span, "a splat")?;
        let elements: Vec<Value> = match &value.data {
            Data::Null => Vec::new(),
            Data::List(sequence) | Data::Set(sequence) => sequence.items.clone(),
            Data::Unknown(_)
            | Data::Bool(_)
            | Data::Number(_)
            | Data::Text(_)
            | Data::Object(_) => vec![value.clone()],
        };
        self.charge(elements.len() as u64, span)?;
        let mut results = Vec::with_capacity(elements.len());
        for element in elements {
            self.step(span)?;
            results.push(self.steps(element, rest, scope)?);
        }
        Ok(Value::list(results).marked(value.sensitive))
    }

    fn attribute(&mut self, value: &Value, name: &Arc<str>, span: Span) -> Evaluated {
        self.known(value, span, &format!("`.{name}`"))?;
        match &value.data {
            Data::Object(object) => match object.members.get(name) {
                Some(member) => Ok(member.clone().marked(value.sensitive)),
                None => {
                    let diagnostic =
                        self.no_attribute(name, &object.members, span, value.sensitive);
                    self.fail(diagnostic)
                }
            },
            Data::List(_) | Data::Set(_) => {
                let detail = format!(
                    "this is {}, which has no attributes such as `{name}`",
                    value.title()
                );
                let diagnostic =
                    Diagnostic::error("unknown-attribute", "Unknown attribute", detail).at(span);
                self.fail(diagnostic.hint(format!(
                    "`[0].{name}` is of its first element, `[*].{name}` of each"
                )))
            }
            Data::Null | Data::Bool(_) | Data::Number(_) | Data::Text(_) | Data::Unknown(_) => {
                let detail = format!(
                    "this is {}, which has no attributes such as `{name}`",
                    value.title()
                );
                self.fail(
                    Diagnostic::error("unknown-attribute", "Unknown attribute", detail).at(span),
                )
            }
        }
    }

    fn index(&mut self, value: &Value, key: &Value, span: Span) -> Evaluated {
        self.known(value, span, "an index")?;
        let sensitive = value.sensitive || key.sensitive;
        let detail = match &value.data {
            Data::List(sequence) => {
                let at = coerce::number(key).and_then(|number| number::to_integer(&number));
                let found = at
                    .and_then(|at| usize::try_from(at).ok())
                    .and_then(|at| sequence.items.get(at));
                match (found, at) {
                    (Some(item), _) => return Ok(item.clone().marked(sensitive)),
                    (None, Some(at)) if !sensitive => {
                        format!(
                            "there is no element {at}: the list has {}",
                            count(sequence.items.len(), "element")
                        )
                    }
                    (None, Some(_)) => "the list has no such element".to_owned(),
                    (None, None) => format!(
                        "an element of a list is found by a whole number, this is {}",
                        key.title()
                    ),
                }
            }
            Data::Object(object) => match coerce::text(key) {
                Some(name) => match object.members.get(&name) {
                    Some(member) => return Ok(member.clone().marked(sensitive)),
                    None => {
                        let diagnostic = self.no_attribute(&name, &object.members, span, sensitive);
                        return self.fail(diagnostic);
                    }
                },
                None => format!(
                    "a member of a map is found by a string, this is {}",
                    key.title()
                ),
            },
            Data::Set(_) => "the elements of a set have no order".to_owned(),
            Data::Null | Data::Bool(_) | Data::Number(_) | Data::Text(_) | Data::Unknown(_) => {
                format!("this is {}, which has no elements", value.title())
            }
        };
        let diagnostic = Diagnostic::error("invalid-index", "Invalid index", detail).at(span);
        let hint = matches!(value.data, Data::Set(_))
            .then_some("`tolist` makes a list of a set, `one` takes its only element");
        self.fail(match hint {
            Some(hint) => diagnostic.hint(hint),
            None => diagnostic,
        })
    }

    fn no_attribute(
        &self,
        name: &str,
        members: &Members,
        span: Span,
        sensitive: bool,
    ) -> Diagnostic {
        let detail = format!("there is no attribute or key `{name}`");
        let diagnostic =
            Diagnostic::error("unknown-attribute", "Unknown attribute", detail).at(span);
        // Names are secrets too; and a search through all of them is too much for every `try`.
        if sensitive || self.attempts > 0 {
            return diagnostic;
        }
        match suggest::nearest(name, members.keys().map(AsRef::as_ref)) {
            Some(meant) => diagnostic.hint(format!("did you mean `{meant}`?")),
            None if members.is_empty() => diagnostic.hint("it is empty"),
            None => {
                let known: Vec<String> = members
                    .keys()
                    .take(12)
                    .map(|name| format!("`{name}`"))
                    .collect();
                let more = if members.len() > known.len() {
                    ", ..."
                } else {
                    ""
                };
                diagnostic.hint(format!("there are {}{more}", known.join(", ")))
            }
        }
    }
}

/// The instance that an index names, where it can name one.
pub fn instance_of(repetition: Repetition, key: &Value) -> Option<InstanceKey> {
    match repetition {
        Repetition::ForEach => coerce::text(key).map(|text| InstanceKey::Name(text.to_string())),
        Repetition::Count | Repetition::Single => coerce::number(key)
            .and_then(|number| number::to_integer(&number))
            .and_then(|index| u64::try_from(index).ok())
            .map(InstanceKey::Index),
    }
}

fn count(number: usize, what: &str) -> String {
    if number == 1 {
        format!("1 {what}")
    } else {
        format!("{number} {what}s")
    }
}

/// A name that stands for nothing. Names of the configuration are checked before with better words; this is for the
/// rest: a template file sees only its variables.
fn undeclared(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        "undeclared",
        "Undeclared name",
        format!("`{name}` is not declared here"),
    )
    .at(span)
}
