//! Calls of modules: how many instances each has, what is handed in and out, and which of them evaluation is in.

use super::Builder;
use super::instances::Instance;
use crate::diag::Diagnostic;
use crate::lang::evaluate::globals::{CallSlot, Globals, Repetition, ResourceSlot, Slot, Traced};
use crate::lang::evaluate::scope::Scope;
use crate::lang::evaluate::{Evaluated, Failed};
use crate::lang::limits;
use crate::lang::module::{CallBlock, OutputBlock, Repeat};
use crate::model::address::{Address, InstanceKey, ModulePath, Target};
use crate::model::value::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// An instance of a module.
pub(super) struct ModuleInstance {
    /// Everything evaluated in it; empty while evaluation is in it.
    globals: Globals,
    /// The instance that calls it, the name of the call, and which of its instances this is.
    caller: Option<(usize, Arc<str>, Option<InstanceKey>)>,
    /// What `each` and `count` are in the arguments of the call.
    names: Vec<(Arc<str>, Value)>,
    /// What everything in it depends on: `for_each`, `count`, `depends_on` of its call and of those around it.
    pub(super) references: Arc<BTreeSet<Address>>,
}

impl Builder<'_, '_, '_> {
    /// The root: called by nobody, once.
    pub(super) fn root(&mut self) {
        let mut globals = self.empty(0, ModulePath::ROOT);
        globals.secrets = self.module.secrets.keys().cloned().collect();
        self.instances.push(ModuleInstance {
            globals,
            caller: None,
            names: Vec::new(),
            references: Arc::default(),
        });
        if let Some(instances) = self.by_unit.first_mut() {
            instances.push(0);
        }
    }

    pub(super) fn is_root(&self) -> bool {
        self.unit == 0
    }

    /// Goes to where a module is an instance.
    pub(super) fn enter(&mut self, unit: usize, instance: usize) {
        self.unit = unit;
        self.instance = instance;
        if let Some(module) = self.tree.module(unit) {
            self.module = module;
        }
        let checked = self.tree.units.get(unit);
        if let Some(checked) = checked.and_then(|unit| self.findings.modules.get(&unit.module)) {
            self.checked = checked;
        }
        self.exchange(instance);
    }

    /// Puts away what was evaluated there.
    pub(super) fn leave(&mut self) {
        self.exchange(self.instance);
    }

    fn exchange(&mut self, instance: usize) {
        if let Some(instance) = self.instances.get_mut(instance) {
            std::mem::swap(&mut self.evaluator.globals, &mut instance.globals);
        }
    }

    /// What everything here depends on because of the calls that lead here.
    pub(super) fn inherited(&self) -> Arc<BTreeSet<Address>> {
        let here = self.instances.get(self.instance);
        here.map_or_else(Arc::default, |here| here.references.clone())
    }

    /// Gives everything its place; what is never reached, since it is in a circle, has failed.
    fn empty(&self, unit: usize, module: ModulePath) -> Globals {
        let mut globals = Globals {
            module,
            ..Globals::default()
        };
        let Some(declared) = self.tree.module(unit) else {
            return globals;
        };
        globals.directory = declared.directory.clone();
        let failed = Traced {
            slot: Slot::Failed,
            references: Arc::default(),
        };
        let all = |names: Vec<&Arc<str>>| -> BTreeMap<Arc<str>, Traced> {
            names
                .into_iter()
                .map(|name| (name.clone(), failed.clone()))
                .collect()
        };
        globals.variables = all(declared.variables.keys().collect());
        globals.locals = all(declared.locals.keys().collect());
        for (name, resource) in &declared.resources {
            let slot = ResourceSlot {
                slot: Slot::Failed,
                repetition: repetition(&resource.repeat),
            };
            let names = globals.resources.entry(name.kind.clone()).or_default();
            names.insert(name.name.clone(), slot);
        }
        for (name, call) in &declared.calls {
            let slot = CallSlot {
                repetition: repetition(&call.repeat),
                instances: None,
            };
            globals.calls.insert(name.clone(), slot);
        }
        globals
    }

    /// Makes the instances of a call.
    pub(super) fn call(&mut self, name: &Arc<str>) {
        let tree = self.tree;
        let (Some(call), Some(unit)) = (
            self.module.calls.get(name),
            tree.units
                .get(self.unit)
                .and_then(|unit| unit.calls.get(name)),
        ) else {
            return;
        };
        self.evaluator.references.clear();
        let before = self.evaluator.diagnostics.len();
        let instances = self
            .instances(&call.repeat)
            .and_then(|instances| self.not_too_many_calls(call, instances));
        let path = self.evaluator.globals.module.clone();
        for diagnostic in self.evaluator.diagnostics.iter_mut().skip(before) {
            diagnostic.context.get_or_insert(call.header);
            diagnostic
                .address
                .get_or_insert_with(|| path.inner(name, None).to_string());
        }
        let Ok(instances) = instances else { return };
        let mut references = std::mem::take(&mut self.evaluator.references);
        references.extend(self.inherited().iter().cloned());
        references.extend(self.targets(&call.depends_on));
        let references = Arc::new(references);
        let module = self.tree.units.get(*unit).and_then(|unit| {
            let index = unit.module;
            self.findings.modules.contains_key(&index).then_some(index)
        });
        if module.is_none() {
            return;
        }
        let outputs = self.tree.module(*unit).map(|module| module.outputs.keys());
        let failed = Traced {
            slot: Slot::Failed,
            references: Arc::default(),
        };
        let outputs: BTreeMap<Arc<str>, Traced> = outputs
            .into_iter()
            .flatten()
            .map(|output| (output.clone(), failed.clone()))
            .collect();
        let mut slots = BTreeMap::new();
        for instance in instances {
            let globals = self.empty(*unit, path.inner(name, instance.key.clone()));
            slots.insert(instance.key.clone(), outputs.clone());
            let at = self.instances.len();
            self.instances.push(ModuleInstance {
                globals,
                caller: Some((self.instance, name.clone(), instance.key)),
                names: instance.names,
                references: references.clone(),
            });
            if let Some(all) = self.by_unit.get_mut(*unit) {
                all.push(at);
            }
        }
        if let Some(slot) = self.evaluator.globals.calls.get_mut(name) {
            slot.instances = Some(slots);
        }
    }

    fn not_too_many_calls(
        &mut self,
        call: &CallBlock,
        instances: Vec<Instance>,
    ) -> Result<Vec<Instance>, Failed> {
        if self.instances.len() + instances.len() <= limits::MODULE_INSTANCES {
            return Ok(instances);
        }
        let detail = format!(
            "all modules together have at most {} instances",
            limits::MODULE_INSTANCES
        );
        let found = Diagnostic::error("too-many-instances", "Too many instances", detail);
        self.evaluator.fail(found.at(call.header))
    }

    /// The addresses that `depends_on` names, as seen from the root; of a module everything in it, which is evaluated
    /// before.
    pub(super) fn targets<S>(&self, depends_on: &[(Target, S)]) -> BTreeSet<Address> {
        let module = &self.evaluator.globals.module;
        let mut all = BTreeSet::new();
        for (target, _) in depends_on {
            match target {
                Target::Resource(address) => {
                    all.insert(address.within(module));
                }
                Target::Module(_) => {
                    let target = target.within(module);
                    let resources = self.configuration.resources.iter();
                    all.extend(
                        resources
                            .map(|resource| &resource.address)
                            .filter(|address| target.covers(address))
                            .cloned(),
                    );
                }
            }
        }
        all
    }

    /// The value of an argument of the call that led here, evaluated where the call stands; `None`: there is none.
    pub(super) fn argument(&mut self, variable: &str) -> Option<Evaluated> {
        let (unit, instance) = (self.unit, self.instance);
        let (caller, name, names) = self.instances.get(instance).and_then(|here| {
            let (caller, name, _) = here.caller.as_ref()?;
            Some((*caller, name.clone(), here.names.clone()))
        })?;
        let (caller_unit, _) = self.tree.units.get(unit)?.caller.as_ref()?;
        let call = self.tree.module(*caller_unit)?.calls.get(&name)?;
        let argument = call
            .arguments
            .iter()
            .find(|attribute| attribute.name.text.as_ref() == variable)?;
        self.leave();
        self.enter(*caller_unit, caller);
        let before = self.evaluator.diagnostics.len();
        self.evaluator.references.clear();
        let value = self.evaluator.whole(&argument.value, &Scope::of(&names));
        for diagnostic in self.evaluator.diagnostics.iter_mut().skip(before) {
            diagnostic.context.get_or_insert(call.header);
        }
        self.leave();
        self.enter(unit, instance);
        Some(value)
    }

    /// Where an argument of the call that led here stands.
    pub(super) fn argument_span(&self, variable: &str) -> Option<crate::diag::Span> {
        let (caller, name) = self.tree.units.get(self.unit)?.caller.as_ref()?;
        let call = self.tree.module(*caller)?.calls.get(name)?;
        let mut arguments = call.arguments.iter();
        let argument = arguments.find(|attribute| attribute.name.text.as_ref() == variable)?;
        Some(argument.value.span)
    }

    /// Gives an output to the module's caller.
    pub(super) fn hand_out(&mut self, name: &Arc<str>, output: &OutputBlock, value: Evaluated) {
        let references = Arc::new(std::mem::take(&mut self.evaluator.references));
        let slot = match value {
            Ok(value) => Slot::Ready(value.marked(output.sensitive)),
            Err(Failed) => Slot::Failed,
        };
        let caller = self.instances.get(self.instance);
        let Some((caller, call, key)) = caller.and_then(|here| here.caller.clone()) else {
            return;
        };
        let calls = self
            .instances
            .get_mut(caller)
            .map(|caller| &mut caller.globals.calls);
        let instances = calls
            .and_then(|calls| calls.get_mut(&call))
            .and_then(|call| call.instances.as_mut());
        if let Some(outputs) = instances.and_then(|instances| instances.get_mut(&key)) {
            outputs.insert(name.clone(), Traced { slot, references });
        }
    }
}

fn repetition(repeat: &Repeat) -> Repetition {
    match repeat {
        Repeat::Once => Repetition::Single,
        Repeat::Count(_) => Repetition::Count,
        Repeat::ForEach(_) => Repetition::ForEach,
    }
}
