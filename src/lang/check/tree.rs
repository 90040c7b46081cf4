//! The modules as they are called from each other: a directory that is called twice stands here twice. From it the order
//! in which everything is evaluated, across modules. Must not know how often a call is repeated.

use super::blocks::Checked;
use super::order::{Needs, Node};
use super::providers;
use crate::diag::{Diagnostic, Span};
use crate::lang::library::{Library, ModuleIndex};
use crate::lang::limits;
use crate::lang::module::{CallBlock, Module, Role};
use crate::model::identity::ProviderRef;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Which place of a tree; the root is the first.
pub type UnitIndex = usize;

/// A module where it is called.
#[derive(Debug)]
pub struct Unit {
    /// What is declared in it.
    pub module: ModuleIndex,
    /// Who calls it, and the name of the call.
    pub caller: Option<(UnitIndex, Arc<str>)>,
    /// The modules it calls, where they could be had.
    pub calls: BTreeMap<Arc<str>, UnitIndex>,
    /// The root's providers by the names they have here.
    pub providers: BTreeMap<ProviderRef, ProviderRef>,
}

/// Something of a module where it is called.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Where.
    pub unit: UnitIndex,
    /// What.
    pub node: Node,
}

/// All of them.
#[derive(Debug)]
pub struct Tree<'m> {
    library: &'m Library,
    /// The root first, each behind its caller.
    pub units: Vec<Unit>,
}

impl<'m> Tree<'m> {
    /// Follows every call.
    pub fn grow(library: &'m Library, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let root = library.get(ModuleIndex::ROOT);
        let providers: Vec<ProviderRef> = match root {
            Some(module) if module.role == Role::Alone => given_by_caller(module, library),
            Some(root) => root.providers.keys().cloned().collect(),
            None => Vec::new(),
        };
        let root = Unit {
            module: ModuleIndex::ROOT,
            caller: None,
            calls: BTreeMap::new(),
            providers: providers
                .into_iter()
                .map(|provider| (provider.clone(), provider))
                .collect(),
        };
        let mut tree = Self {
            library,
            units: vec![root],
        };
        let mut at = 0;
        while at < tree.units.len() {
            tree.follow(at, diagnostics);
            at += 1;
        }
        tree
    }

    fn follow(&mut self, at: UnitIndex, diagnostics: &mut Vec<Diagnostic>) {
        let Some(module) = self.module(at) else {
            return;
        };
        for (name, call) in &module.calls {
            let (Some(index), Some(source)) = (call.module, &call.source) else {
                continue;
            };
            let found = if let Some(circle) = self.circle(at, index) {
                let detail = format!("these modules call each other: {}", circle.join(" -> "));
                Diagnostic::error("cycle", "Cycle", detail)
            } else if self.units.len() > limits::CALLS {
                let detail = format!(
                    "modules may be called from at most {} places, places in called modules counted each time",
                    limits::CALLS
                );
                Diagnostic::error("too-many-modules", "Too many modules", detail)
            } else {
                let providers = self.inherited(at, call, diagnostics);
                let next = self.units.len();
                self.units.push(Unit {
                    module: index,
                    caller: Some((at, name.clone())),
                    calls: BTreeMap::new(),
                    providers,
                });
                if let Some(unit) = self.units.get_mut(at) {
                    unit.calls.insert(name.clone(), next);
                }
                continue;
            };
            diagnostics.push(found.at(source.span).within(call.header));
        }
    }

    /// The default providers flow in; others only where the call names them (R38).
    fn inherited(
        &self,
        at: UnitIndex,
        call: &CallBlock,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> BTreeMap<ProviderRef, ProviderRef> {
        let Some(unit) = self.units.get(at) else {
            return BTreeMap::new();
        };
        let defaults = unit.providers.iter();
        let defaults = defaults.filter(|(inside, _)| inside.alias.is_none());
        let mut all: BTreeMap<ProviderRef, ProviderRef> = defaults
            .map(|(inside, root)| (inside.clone(), root.clone()))
            .collect();
        for (inside, outside, span) in &call.providers {
            if inside.provider != outside.provider {
                let detail = format!("`{inside}` cannot be `{outside}`, which is of another type");
                let found = Diagnostic::error("invalid-provider", "Invalid provider", detail);
                diagnostics.push(found.at(*span).within(call.header));
                continue;
            }
            match unit.providers.get(outside) {
                Some(root) => {
                    all.insert(inside.clone(), root.clone());
                }
                None => {
                    let found = providers::missing(self, at, outside, *span);
                    diagnostics.push(found.within(call.header));
                }
            }
        }
        all
    }

    /// The directories from the one called back to itself, where it is among the callers.
    fn circle(&self, at: UnitIndex, called: ModuleIndex) -> Option<Vec<String>> {
        let mut way = vec![called];
        let mut here = Some(at);
        while let Some(unit) = here.and_then(|at| self.units.get(at)) {
            way.push(unit.module);
            if unit.module == called {
                let directory = |index: &ModuleIndex| {
                    let module = self.library.get(*index);
                    module.map_or_else(String::new, |module| module.directory.to_string())
                };
                return Some(way.iter().rev().map(directory).collect());
            }
            here = unit.caller.as_ref().map(|(caller, _)| *caller);
        }
        None
    }

    /// What is declared at a place of the tree.
    pub fn module(&self, at: UnitIndex) -> Option<&'m Module> {
        self.library.get(self.units.get(at)?.module)
    }

    /// The calls that lead to a place, `module.a.` with a dot behind; empty for the root.
    pub fn prefix(&self, at: UnitIndex) -> String {
        let mut names = Vec::new();
        let mut here = at;
        while let Some((caller, name)) = self.units.get(here).and_then(|unit| unit.caller.as_ref())
        {
            names.push(format!("module.{name}."));
            here = *caller;
        }
        names.into_iter().rev().collect()
    }

    /// The name of a place, as a circle is told.
    pub fn title(&self, place: &Place) -> String {
        format!("{}{}", self.prefix(place.unit), place.node)
    }

    /// Where a place is declared.
    pub fn span(&self, place: &Place) -> Option<Span> {
        let module = self.module(place.unit)?;
        match &place.node {
            Node::Given(name) | Node::Variable(name) => {
                module.variables.get(name).map(|block| block.header)
            }
            Node::Local(name) => module.locals.get(name).map(|local| local.name.span),
            Node::Provider(reference) => module.providers.get(reference).map(|block| block.header),
            Node::Call(name)
            | Node::CallOutput(name, _)
            | Node::CallOutputs(name)
            | Node::CallDone(name) => module.calls.get(name).map(|call| call.header),
            Node::Resource(name) => module.resources.get(name).map(|block| block.header),
            Node::Output(name) => module.outputs.get(name).map(|output| output.header),
        }
    }

    /// What everything needs, across modules, from what each module's nodes need in it.
    pub fn needs(&self, checked: &BTreeMap<ModuleIndex, Checked<'m>>) -> Needs<Place> {
        let mut all = Needs::new();
        for (at, unit) in self.units.iter().enumerate() {
            let Some(here) = checked.get(&unit.module) else {
                continue;
            };
            for (node, needs) in &here.needs {
                let mut places = self.places(at, needs);
                match node {
                    Node::CallDone(call) => places.extend(self.inside(at, call)),
                    Node::Given(name) => places.extend(self.argument(at, name, checked)),
                    Node::Resource(name) => {
                        let wanted = here.wanted.get(name);
                        let root = wanted.and_then(|(inside, _)| unit.providers.get(inside));
                        places.extend(root.map(|root| Place {
                            unit: 0,
                            node: Node::Provider(root.clone()),
                        }));
                    }
                    Node::Variable(_)
                    | Node::Local(_)
                    | Node::Provider(_)
                    | Node::Call(_)
                    | Node::Output(_)
                    | Node::CallOutput(..)
                    | Node::CallOutputs(_) => {}
                }
                // Before anything in a module, how often it is called.
                places.extend(unit.caller.iter().map(|(caller, call)| Place {
                    unit: *caller,
                    node: Node::Call(call.clone()),
                }));
                all.insert(
                    Place {
                        unit: at,
                        node: node.clone(),
                    },
                    places,
                );
            }
        }
        all
    }

    /// Nodes of a module as places of the tree; an output of a call stands in the called module.
    fn places(&self, at: UnitIndex, nodes: &BTreeSet<Node>) -> BTreeSet<Place> {
        let called = |call: &Arc<str>| self.units.get(at)?.calls.get(call).copied();
        let mut places = BTreeSet::new();
        for node in nodes {
            match node {
                Node::CallOutput(call, output) => {
                    places.extend(called(call).map(|unit| Place {
                        unit,
                        node: Node::Output(output.clone()),
                    }));
                }
                Node::CallOutputs(call) => {
                    let unit = called(call);
                    let module = unit.and_then(|unit| Some((unit, self.module(unit)?)));
                    places.extend(module.into_iter().flat_map(|(unit, module)| {
                        module.outputs.keys().map(move |output| Place {
                            unit,
                            node: Node::Output(output.clone()),
                        })
                    }));
                }
                Node::Given(_)
                | Node::Variable(_)
                | Node::Local(_)
                | Node::Provider(_)
                | Node::Call(_)
                | Node::Resource(_)
                | Node::Output(_)
                | Node::CallDone(_) => {
                    places.insert(Place {
                        unit: at,
                        node: node.clone(),
                    });
                }
            }
        }
        places
    }

    /// Everything in a called module.
    fn inside(&self, at: UnitIndex, call: &Arc<str>) -> Vec<Place> {
        let unit = self.units.get(at).and_then(|unit| unit.calls.get(call));
        let Some((unit, module)) = unit.and_then(|unit| Some((*unit, self.module(*unit)?))) else {
            return Vec::new();
        };
        let resources = module.resources.keys().cloned().map(Node::Resource);
        let outputs = module.outputs.keys().cloned().map(Node::Output);
        let calls = module.calls.keys().cloned().map(Node::CallDone);
        resources
            .chain(outputs)
            .chain(calls)
            .map(|node| Place { unit, node })
            .collect()
    }

    /// What a variable is given as: an argument of the call, which is evaluated where the call stands.
    fn argument(
        &self,
        at: UnitIndex,
        variable: &Arc<str>,
        checked: &BTreeMap<ModuleIndex, Checked<'m>>,
    ) -> BTreeSet<Place> {
        let caller = self.units.get(at).and_then(|unit| unit.caller.as_ref());
        let needs = caller.and_then(|(caller, call)| {
            let checked = checked.get(&self.units.get(*caller)?.module)?;
            Some((*caller, checked.arguments.get(call)?.get(variable)?))
        });
        needs
            .map(|(caller, needs)| self.places(caller, needs))
            .unwrap_or_default()
    }
}

/// The providers that whoever calls a module has to give it: the default ones of every type in it and in what it calls,
/// and those that it names.
fn given_by_caller(module: &Module, library: &Library) -> Vec<ProviderRef> {
    let resources = library.modules().iter();
    let resources = resources.flat_map(|module| module.resources.values());
    let default = resources.filter_map(|resource| {
        Some(ProviderRef {
            provider: resource.schema?.provider?.to_owned(),
            alias: None,
        })
    });
    let named = module.resources.values();
    let named = named.filter_map(|resource| Some(resource.provider.as_ref()?.0.clone()));
    let handed_on = module.calls.values().flat_map(|call| &call.providers);
    let handed_on = handed_on.map(|(_, outside, _)| outside.clone());
    default.chain(named).chain(handed_on).collect()
}
