//! Resources: how many instances there are, and each of them.

use super::Builder;
use super::decode::{self, Seen};
use super::instances::Instance;
use crate::diag::Hint;
use crate::lang::check::missing;
use crate::lang::check::order::Node;
use crate::lang::check::shape::BodyPlan;
use crate::lang::evaluate::Failed;
use crate::lang::evaluate::globals::Slot;
use crate::lang::evaluate::scope::Scope;
use crate::lang::limits;
use crate::lang::module::{Repeat, ResourceBlock, ResourceName};
use crate::model::address::{Address, InstanceKey};
use crate::model::expression::Expr;
use crate::model::identity::ProviderRef;
use crate::model::resource::{Lifecycle, Resource, ServedAs};
use crate::model::schema::{Shape, Values};
use crate::model::value::{Members, Value};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A resource whose instances are being made.
struct Making<'m> {
    name: &'m ResourceName,
    /// As seen from the root.
    address: Address,
    block: &'m ResourceBlock,
    plan: &'m BodyPlan<'m>,
    provider: Option<ProviderRef>,
    /// What `for_each` or `count` referred to, what `depends_on` names, here and where the module is called: every
    /// instance depends on it.
    references: BTreeSet<Address>,
    /// Its arguments are not all there, or some are that do not exist.
    is_broken: bool,
    /// Something refers to it.
    is_referred: bool,
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
        let address = name.address().within(&self.evaluator.globals.module);
        let before = self.evaluator.diagnostics.len();
        let instances = self.instances(&block.repeat);
        for diagnostic in self.evaluator.diagnostics.iter_mut().skip(before) {
            diagnostic.context.get_or_insert(block.header);
            diagnostic
                .address
                .get_or_insert_with(|| address.to_string());
        }
        let Ok(instances) = instances else { return };
        let mut references = std::mem::take(&mut self.evaluator.references);
        references.extend(self.inherited().iter().cloned());
        references.extend(self.targets(&block.depends_on));
        let unit = self.tree.units.get(self.unit);
        let provider = unit.and_then(|unit| {
            let (inside, _) = checked.wanted.get(name)?;
            unit.providers.get(inside).cloned()
        });
        let referred = unit.and_then(|unit| self.referred.get(&unit.module));
        let making = Making {
            name,
            address,
            block,
            plan,
            provider,
            references,
            is_broken: checked.broken.contains(&Node::Resource(name.clone()))
                || self.findings.lacking.contains(&(self.unit, name)),
            is_referred: referred.is_some_and(|referred| referred.contains(name)),
        };
        let mut wrong = 0;
        self.made.insert(making.address.clone());
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
        if wrong == 0 && making.is_referred {
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
            None => making.address.clone(),
            Some(key) => making.address.with_instance(key.clone()),
        };
        let before = self.evaluator.diagnostics.len();
        let scope = Scope::of(&instance.names);
        let seen = if making.is_referred {
            Seen::As(&address)
        } else {
            Seen::ByNobody
        };
        let mut body = decode::body(self.evaluator, making.plan, &scope, seen);
        let lifecycle = self.lifecycle(making.block, &scope);
        let failed = body.failed;
        let mut visible = std::mem::take(&mut body.visible);
        let is_seen = !visible.is_empty();
        let mut resource = Resource {
            address,
            provider: making.provider.clone(),
            sensitive: std::mem::take(&mut body.sensitive),
            spans: std::mem::take(&mut body.spans),
            body: body.into_expr(),
            references: BTreeSet::new(),
            lifecycle: Lifecycle::default(),
            served_as: ServedAs::default(),
            span: making.block.header,
        };
        self.name_providers(making, &mut resource);
        let conditions = if failed {
            // What is missing would only be complained about twice.
            Ok(())
        } else {
            for (name, value) in self.inputs.schemas.derived(&resource) {
                if is_seen {
                    visible.insert(name.into(), Value::from_json(&value));
                }
                resource.body = resource.body.with(&[name.to_owned()], Expr::Value(value));
            }
            self.instance_conditions(making.block, &resource.address, &scope, &visible)
        };
        for diagnostic in self.evaluator.diagnostics.iter_mut().skip(before) {
            diagnostic.context.get_or_insert(making.block.header);
            diagnostic.address = Some(resource.address.to_string());
            // The same line is right for the other instances: which of them is wrong?
            if resource.address.instance.is_some() || !resource.address.module.is_root() {
                let message = format!("found in {}", resource.address);
                let patch = None;
                diagnostic.hints.push(Hint { message, patch });
            }
        }
        resource.references = std::mem::take(&mut self.evaluator.references);
        resource
            .references
            .extend(making.references.iter().cloned());
        let is_damaged = making.is_broken || failed || lifecycle.is_err() || conditions.is_err();
        resource.lifecycle = lifecycle.unwrap_or_default();
        if is_damaged {
            self.damaged.push(resource);
            return Err(Failed);
        }
        self.configuration.resources.push(resource);
        Ok(is_seen.then(|| (instance.key, Value::object(visible))))
    }

    /// Provider blocks that its blocks name, as the root calls them.
    fn name_providers(&mut self, making: &Making<'_>, resource: &mut Resource) {
        let fields = making.block.schema.map(|schema| schema.fields);
        for block in fields.unwrap_or_default() {
            let Shape::Block(inner) = &block.shape else {
                continue;
            };
            let named = inner.iter();
            for field in named.filter(|field| matches!(field.values, Values::Provider(_))) {
                let inside = resource.in_block(block.name, field.name);
                let inside = inside.and_then(|inside| inside.known()?.as_str().map(str::to_owned));
                let Some(inside) = inside.map(ProviderRef::from) else {
                    continue;
                };
                let unit = self.tree.units.get(self.unit);
                match unit.and_then(|unit| unit.providers.get(&inside)) {
                    Some(provider) => {
                        let name = Expr::Value(provider.to_string().into());
                        let blocks = Expr::object([(field.name.to_owned(), name)].into());
                        let path = [block.name.to_owned()];
                        let body = resource.body.clone();
                        resource.body = body.with(&path, Expr::list(vec![blocks]));
                    }
                    None => {
                        let place = format!("{}.{}", block.name, field.name);
                        let span = resource.span_of(&place);
                        let diagnostic = missing(self.tree, self.unit, &inside, span);
                        self.evaluator.diagnostics.push(diagnostic);
                    }
                }
            }
        }
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
}
