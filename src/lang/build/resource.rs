//! Resources: how many instances there are, and each of them.

use super::Builder;
use super::decode::{self, Seen};
use crate::diag::{Diagnostic, Hint, Span};
use crate::lang::check::order::Node;
use crate::lang::check::shape::BodyPlan;
use crate::lang::coerce;
use crate::lang::evaluate::Failed;
use crate::lang::evaluate::globals::Slot;
use crate::lang::evaluate::scope::Scope;
use crate::lang::limits;
use crate::lang::module::{Repeat, ResourceBlock, ResourceName};
use crate::lang::syntax::Expression;
use crate::model::address::{Address, InstanceKey};
use crate::model::expression::Expr;
use crate::model::identity::ProviderRef;
use crate::model::number;
use crate::model::resource::{Lifecycle, Resource};
use crate::model::value::{Data, Members, Value};
use std::collections::BTreeSet;
use std::sync::Arc;

/// One instance to be made: its key, and what `each` or `count` is in it.
struct Instance {
    key: Option<InstanceKey>,
    names: Vec<(Arc<str>, Value)>,
}

/// A resource whose instances are being made.
struct Making<'m> {
    name: &'m ResourceName,
    block: &'m ResourceBlock,
    plan: &'m BodyPlan<'m>,
    provider: Option<ProviderRef>,
    /// What `for_each` or `count` referred to: every instance depends on it.
    references: BTreeSet<Address>,
    /// Its arguments are not all there, or some are that do not exist.
    is_broken: bool,
}

impl Builder<'_, '_, '_> {
    pub(super) fn resource(&mut self, name: &ResourceName) {
        let (module, checked) = (self.module, self.checked);
        let (Some((name, block)), Some(plan)) = (
            module.resources.get_key_value(name),
            checked.resources.get(name),
        ) else {
            return;
        };
        self.evaluator.references.clear();
        let before = self.evaluator.diagnostics.len();
        let instances = self.instances(block);
        for diagnostic in self.evaluator.diagnostics.iter_mut().skip(before) {
            diagnostic.context.get_or_insert(block.header);
            diagnostic
                .address
                .get_or_insert_with(|| name.address().to_string());
        }
        let Ok(instances) = instances else { return };
        let provider = plan_provider(block);
        let references = std::mem::take(&mut self.evaluator.references);
        let making = Making {
            name,
            block,
            plan,
            provider,
            references,
            is_broken: checked.broken.contains(&Node::Resource(name.clone())),
        };
        let mut wrong = 0;
        let mut visible: Vec<(Option<InstanceKey>, Value)> = Vec::new();
        for instance in instances {
            match self.instance(&making, instance) {
                Ok(Some(seen)) => visible.push(seen),
                Ok(None) => {}
                Err(Failed) => wrong += 1,
            }
            if wrong >= limits::WRONG_INSTANCES || self.evaluator.exhausted() {
                break;
            }
        }
        if wrong == 0 && self.referred.contains(making.name) {
            self.show(&making, visible);
        }
    }

    /// Keeps what others see of a resource.
    fn show(&mut self, making: &Making<'_>, visible: Vec<(Option<InstanceKey>, Value)>) {
        let value = match &making.block.repeat {
            Repeat::Once => match visible.into_iter().next() {
                Some((_, value)) => value,
                None => return,
            },
            Repeat::Count(_) => Value::list(visible.into_iter().map(|(_, value)| value).collect()),
            Repeat::ForEach(_) => {
                let named = |(key, value)| match key {
                    Some(InstanceKey::Name(key)) => Some((Arc::from(key), value)),
                    Some(InstanceKey::Index(_)) | None => None,
                };
                Value::object(visible.into_iter().filter_map(named).collect::<Members>())
            }
        };
        let kinds = &mut self.evaluator.globals.resources;
        let slot = kinds
            .get_mut(&making.name.kind)
            .and_then(|names| names.get_mut(&making.name.name));
        if let Some(slot) = slot {
            slot.slot = Slot::Ready(value);
        }
    }

    fn instance(
        &mut self,
        making: &Making<'_>,
        instance: Instance,
    ) -> Result<Option<(Option<InstanceKey>, Value)>, Failed> {
        let address = match &instance.key {
            None => making.name.address(),
            Some(key) => making.name.address().with_instance(key.clone()),
        };
        let before = self.evaluator.diagnostics.len();
        let scope = Scope::of(&instance.names);
        let seen = if self.referred.contains(making.name) {
            Seen::As(&address)
        } else {
            Seen::ByNobody
        };
        let mut body = decode::body(self.evaluator, making.plan, &scope, seen);
        let lifecycle = self.lifecycle(making.block, &scope);
        let conditions = if body.failed {
            // What is missing would only be complained about twice.
            Ok(())
        } else {
            self.instance_conditions(making.block, &address, &scope, &body.visible)
        };
        for diagnostic in self.evaluator.diagnostics.iter_mut().skip(before) {
            diagnostic.context.get_or_insert(making.block.header);
            diagnostic.address = Some(address.to_string());
            // The same line is right for the other instances: which of them is wrong?
            if address.instance.is_some() {
                let message = format!("found in {address}");
                let patch = None;
                diagnostic.hints.push(Hint { message, patch });
            }
        }
        let mut references = std::mem::take(&mut self.evaluator.references);
        references.extend(making.references.iter().cloned());
        references.extend(
            making
                .block
                .depends_on
                .iter()
                .map(|(address, _)| address.clone()),
        );
        let is_damaged =
            making.is_broken || body.failed || lifecycle.is_err() || conditions.is_err();
        let mut visible = std::mem::take(&mut body.visible);
        let mut resource = Resource {
            address,
            provider: making.provider.clone(),
            sensitive: std::mem::take(&mut body.sensitive),
            spans: std::mem::take(&mut body.spans),
            body: body.into_expr(),
            references,
            lifecycle: lifecycle.unwrap_or_default(),
            span: making.block.header,
        };
        if is_damaged {
            self.damaged.push(resource);
            return Err(Failed);
        }
        for (name, value) in self.inputs.schemas.derived(&resource) {
            if !visible.is_empty() {
                visible.insert(name.into(), Value::from_json(&value));
            }
            resource.body = resource.body.with(&[name.to_owned()], Expr::Value(value));
        }
        self.configuration.resources.push(resource);
        Ok((!visible.is_empty()).then(|| (instance.key, Value::object(visible))))
    }

    fn lifecycle(&mut self, block: &ResourceBlock, scope: &Scope<'_>) -> Result<Lifecycle, Failed> {
        let prevent_destroy = match &block.prevent_destroy {
            None => false,
            Some(expression) => {
                let value = self.evaluator.whole(expression, scope)?;
                self.evaluator
                    .truth(&value, expression.span, "`prevent_destroy`")?
            }
        };
        Ok(Lifecycle {
            prevent_destroy,
            ignore_changes: block.ignore_changes.clone(),
        })
    }

    fn instances(&mut self, block: &ResourceBlock) -> Result<Vec<Instance>, Failed> {
        match &block.repeat {
            Repeat::Once => Ok(vec![Instance {
                key: None,
                names: Vec::new(),
            }]),
            Repeat::Count(expression) => self.counted(expression),
            Repeat::ForEach(expression) => self.each(expression),
        }
    }

    fn counted(&mut self, expression: &Expression) -> Result<Vec<Instance>, Failed> {
        let span = expression.span;
        let value = self.evaluator.whole(expression, &Scope::CONFIGURATION)?;
        self.evaluator.known(&value, span, "`count`")?;
        self.not_sensitive(&value, span, "count")?;
        let count = coerce::number(&value).and_then(|number| number::to_integer(&number));
        let count = count.and_then(|count| u64::try_from(count).ok());
        let Some(count) = count else {
            let detail = if matches!(value.data, Data::Number(_)) {
                "`count` is a whole number, zero or more".to_owned()
            } else {
                format!("`count` is a whole number, this is {}", value.title())
            };
            return self
                .evaluator
                .fail(Diagnostic::error("invalid-count", "Invalid count", detail).at(span));
        };
        self.not_too_many(usize::try_from(count).unwrap_or(usize::MAX), span)?;
        let name: Arc<str> = "count".into();
        let index: Arc<str> = "index".into();
        let one = |at: u64| {
            let number = number::Number::from(at).into();
            let value = Value::object(Members::from([(index.clone(), number)]));
            Instance {
                key: Some(InstanceKey::Index(at)),
                names: vec![(name.clone(), value)],
            }
        };
        Ok((0..count).map(one).collect())
    }

    fn each(&mut self, expression: &Expression) -> Result<Vec<Instance>, Failed> {
        let span = expression.span;
        let value = self.evaluator.whole(expression, &Scope::CONFIGURATION)?;
        self.evaluator.known(&value, span, "`for_each`")?;
        self.not_sensitive(&value, span, "for_each")?;
        let elements: Vec<(Arc<str>, Value)> = match &value.data {
            Data::Object(object) => object
                .members
                .iter()
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect(),
            Data::Set(sequence) => {
                for item in &sequence.items {
                    self.evaluator.known(item, span, "a key of `for_each`")?;
                    self.not_sensitive(item, span, "for_each")?;
                }
                let text = |item: &Value| item.as_text().map(|text| (text.clone(), item.clone()));
                match sequence.items.iter().map(text).collect::<Option<Vec<_>>>() {
                    Some(elements) => elements,
                    None => {
                        let detail =
                            "`for_each` takes a set of strings, this set holds something else";
                        let diagnostic =
                            Diagnostic::error("invalid-for-each", "Invalid for_each", detail);
                        return self.evaluator.fail(diagnostic.at(span));
                    }
                }
            }
            Data::List(_) => {
                let detail = "`for_each` takes a map or a set of strings, this is a list";
                let diagnostic =
                    Diagnostic::error("invalid-for-each", "Invalid for_each", detail).at(span);
                return self
                    .evaluator
                    .fail(diagnostic.hint("`toset(...)` makes a set of a list of strings"));
            }
            Data::Null | Data::Unknown(_) | Data::Bool(_) | Data::Number(_) | Data::Text(_) => {
                let detail = format!(
                    "`for_each` takes a map or a set of strings, this is {}",
                    value.title()
                );
                let diagnostic =
                    Diagnostic::error("invalid-for-each", "Invalid for_each", detail).at(span);
                return self.evaluator.fail(diagnostic);
            }
        };
        self.not_too_many(elements.len(), span)?;
        let names: [Arc<str>; 3] = ["each".into(), "key".into(), "value".into()];
        let [each, key_name, value_name] = &names;
        let one = |(key, value): (Arc<str>, Value)| {
            let instance = InstanceKey::Name(key.to_string());
            let members = [
                (key_name.clone(), Data::Text(key).into()),
                (value_name.clone(), value),
            ];
            Instance {
                key: Some(instance),
                names: vec![(each.clone(), Value::object(Members::from(members)))],
            }
        };
        Ok(elements.into_iter().map(one).collect())
    }

    /// Keys and numbers of instances stand in addresses, which are shown everywhere.
    fn not_sensitive(&mut self, value: &Value, span: Span, argument: &str) -> Result<(), Failed> {
        if !value.sensitive {
            return Ok(());
        }
        let detail = format!("`{argument}` is shown in addresses, and this value is sensitive");
        let diagnostic = Diagnostic::error("sensitive-value", "Sensitive value", detail).at(span);
        self.evaluator
            .fail(diagnostic.hint("if its keys are none, take the mark away with `nonsensitive`"))
    }

    fn not_too_many(&mut self, count: usize, span: Span) -> Result<(), Failed> {
        if count <= limits::INSTANCES {
            return Ok(());
        }
        let detail = format!(
            "a resource has at most {} instances, these are {count}",
            limits::INSTANCES
        );
        self.evaluator
            .fail(Diagnostic::error("too-many-instances", "Too many instances", detail).at(span))
    }
}

/// The provider that a resource is under: checked before.
fn plan_provider(block: &ResourceBlock) -> Option<ProviderRef> {
    let wanted = block.schema?.provider?;
    Some(match &block.provider {
        Some((reference, _)) => reference.clone(),
        None => ProviderRef {
            provider: wanted.to_owned(),
            alias: None,
        },
    })
}
