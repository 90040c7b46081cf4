//! `module.NAME`: outputs of a called module. Only those that are asked for are looked at, since others may come later.

use super::globals::{CallSlot, Outputs, Repetition, Slot};
use super::traversal::instance_of;
use super::{Evaluated, Evaluator, Failed, Scope};
use crate::diag::{Diagnostic, Span};
use crate::lang::syntax::{Step, StepKind};
use crate::model::address::{Address, InstanceKey};
use crate::model::value::{Members, Value};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Which outputs the steps behind a call lead to.
enum Asked<'s> {
    One(&'s str),
    All,
}

impl<'s> Asked<'s> {
    fn by(step: Option<&'s Step>) -> Self {
        match step.map(|step| &step.kind) {
            Some(StepKind::Attribute(name)) => Asked::One(name),
            Some(StepKind::Index(_) | StepKind::AttributeSplat | StepKind::FullSplat) | None => {
                Asked::All
            }
        }
    }
}

impl Evaluator<'_> {
    /// The value of `module.NAME`, and how many steps it took to find it.
    pub(super) fn called(
        &mut self,
        name: &Arc<str>,
        whole: Span,
        steps: &[Step],
        scope: &Scope<'_>,
    ) -> Result<(Value, usize), Failed> {
        let Some(repetition) = self.globals.calls.get(name).map(|call| call.repetition) else {
            let detail = format!("`module.{name}` is not declared here");
            return self.fail(Diagnostic::error("undeclared", "Undeclared name", detail).at(whole));
        };
        let second = steps.get(1);
        let index = match (repetition, second.map(|step| &step.kind)) {
            (Repetition::Count | Repetition::ForEach, Some(StepKind::Index(index))) => Some(index),
            (Repetition::Single | Repetition::Count | Repetition::ForEach, _) => None,
        };
        if let Some(index) = index {
            let key = self.evaluate(index, scope)?;
            self.known(&key, index.span, "the index of a module")?;
            let asked = Asked::by(steps.get(2));
            let instance = instance_of(repetition, &key);
            let found = self.globals.calls.get(name).and_then(|call| {
                let outputs = call.instances.as_ref()?;
                Some(
                    outputs
                        .get(&Some(instance?))
                        .map(|outputs| object(outputs, &asked)),
                )
            });
            return match found {
                Some(Some(found)) => Ok((self.traced(found)?, 2)),
                Some(None) => {
                    let span = second.map_or(whole, |step| step.span);
                    let diagnostic = self.no_instance(name, span);
                    self.fail(diagnostic)
                }
                None => Err(Failed),
            };
        }
        let instances = self.globals.calls.get(name);
        let instances = instances.and_then(|call| call.instances.as_ref());
        self.charge(instances.map_or(0, |all| all.len() as u64), whole)?;
        let is_splat = second.is_some_and(|step| {
            matches!(step.kind, StepKind::AttributeSplat | StepKind::FullSplat)
        });
        let asked = Asked::by(if is_splat { steps.get(2) } else { second });
        let found = self
            .globals
            .calls
            .get(name)
            .and_then(|call| all(call, &asked));
        let value = self.traced(found.ok_or(Failed)?)?;
        Ok((value, 1))
    }

    /// The value, its resources noted.
    fn traced(&mut self, found: (Option<Value>, BTreeSet<Address>)) -> Evaluated {
        let (value, mut references) = found;
        self.references.append(&mut references);
        value.ok_or(Failed)
    }

    fn no_instance(&self, name: &Arc<str>, span: Span) -> Diagnostic {
        let detail = format!("`module.{name}` has no such instance");
        let diagnostic = Diagnostic::error("invalid-index", "Invalid index", detail).at(span);
        let known: Vec<String> = self
            .globals
            .calls
            .get(name)
            .and_then(|call| call.instances.as_ref())
            .into_iter()
            .flat_map(|instances| instances.keys().flatten().take(12))
            .map(|key| format!("module.{name}{key}"))
            .collect();
        if known.is_empty() {
            return diagnostic.hint("it is called for nothing");
        }
        diagnostic.hint(format!("there are {}", known.join(", ")))
    }
}

/// All instances as one value: an object, a list of objects or a map of objects.
fn all(call: &CallSlot, asked: &Asked<'_>) -> Option<(Option<Value>, BTreeSet<Address>)> {
    let mut references = BTreeSet::new();
    let mut values = Vec::new();
    for (key, outputs) in call.instances.as_ref()? {
        let (value, mut from) = object(outputs, asked);
        references.append(&mut from);
        values.push((key.clone(), value));
    }
    let values: Option<Vec<(Option<InstanceKey>, Value)>> = values
        .into_iter()
        .map(|(key, value)| Some((key, value?)))
        .collect();
    let value = values.and_then(|values| match call.repetition {
        Repetition::Single => values.into_iter().next().map(|(_, value)| value),
        Repetition::Count => Some(Value::list(
            values.into_iter().map(|(_, value)| value).collect(),
        )),
        Repetition::ForEach => {
            let named = |(key, value)| match key {
                Some(InstanceKey::Name(key)) => Some((Arc::from(key), value)),
                Some(InstanceKey::Index(_)) | None => None,
            };
            Some(Value::object(
                values.into_iter().filter_map(named).collect(),
            ))
        }
    });
    Some((value, references))
}

/// The asked outputs of one instance; no value where one of them failed.
fn object(outputs: &Outputs, asked: &Asked<'_>) -> (Option<Value>, BTreeSet<Address>) {
    let mut references = BTreeSet::new();
    let mut members = Some(Members::new());
    for (name, output) in outputs {
        match asked {
            Asked::One(wanted) if *wanted != name.as_ref() => continue,
            Asked::One(_) | Asked::All => {}
        }
        references.extend(output.references.iter().cloned());
        match (&output.slot, &mut members) {
            (Slot::Ready(value), Some(members)) => {
                members.insert(name.clone(), value.clone());
            }
            (Slot::Ready(_) | Slot::Failed, _) => members = None,
        }
    }
    (members.map(Value::object), references)
}
