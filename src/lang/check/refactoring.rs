//! `moved`, `removed` and `import` against what is declared: what something is moved or imported to must be there, what
//! it is moved or removed from must be gone.

use super::order;
use crate::diag::{Diagnostic, Patch, Span, suggest};
use crate::lang::library::Library;
use crate::lang::module::{Module, Repeat, ResourceName};
use crate::model::address::{InstanceKey, Target};
use std::collections::{BTreeMap, BTreeSet};

/// What a name stands for.
enum Found {
    /// Something declared.
    Declared,
    /// Nothing; names that may have been meant.
    Missing(Vec<String>),
    /// An instance of what has none, or none of that form.
    NoInstance,
    /// A module on the way could not be read.
    Unknown,
}

/// Checks the blocks of a module.
pub fn check(module: &Module, library: &Library, diagnostics: &mut Vec<Diagnostic>) {
    let mut checker = Checker::new(module, library, diagnostics);
    checker.moved();
    for removed in &module.removed {
        let (from, span) = &removed.from;
        checker.gone(from, *span, removed.header);
    }
    for import in &module.imports {
        let (to, span) = &import.to;
        let repeat = match &import.repeat {
            Repeat::Count(expression) => Some(expression.span),
            Repeat::Once | Repeat::ForEach(_) => None,
        };
        if let Some(span) = repeat {
            let detail = "an import is repeated with `for_each`";
            let found = Diagnostic::error("unsupported-argument", "Unsupported argument", detail);
            checker
                .diagnostics
                .push(found.at(span).within(import.header));
        }
        // Whether an index that is to be evaluated names an instance shows later.
        checker.there(&Target::from(to.clone()), *span, import.header);
    }
}

/// Holds names against what is declared.
pub(super) struct Checker<'c> {
    module: &'c Module,
    library: &'c Library,
    diagnostics: &'c mut Vec<Diagnostic>,
}

impl<'c> Checker<'c> {
    /// Of a module.
    pub(super) fn new(
        module: &'c Module,
        library: &'c Library,
        diagnostics: &'c mut Vec<Diagnostic>,
    ) -> Self {
        Self {
            module,
            library,
            diagnostics,
        }
    }

    fn moved(&mut self) {
        let mut ways: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut ends: BTreeSet<&Target> = BTreeSet::new();
        let starts: BTreeSet<&Target> = self.module.moved.iter().map(|one| &one.from.0).collect();
        for moved in &self.module.moved {
            let ((from, from_span), (to, to_span)) = (&moved.from, &moved.to);
            let kinds_differ = match (from, to) {
                (Target::Resource(from), Target::Resource(to)) => from.kind != to.kind,
                (Target::Module(_), Target::Module(_)) => false,
                (Target::Resource(_), Target::Module(_))
                | (Target::Module(_), Target::Resource(_)) => true,
            };
            if kinds_differ {
                let detail = format!("`{from}` cannot become `{to}`, which is something else");
                let found = Diagnostic::error("invalid-move", "Invalid move", detail).at(*to_span);
                self.report(moved.header, found);
                continue;
            }
            if ways.contains_key(&from.to_string()) {
                let detail = format!("`{from}` is moved by another block already");
                let found = Diagnostic::error("duplicate", "Declared twice", detail).at(*from_span);
                self.report(moved.header, found);
                continue;
            }
            if !ends.insert(to) {
                let detail = format!("something else is moved to `{to}` already");
                let found = Diagnostic::error("duplicate", "Declared twice", detail).at(*to_span);
                self.report(moved.header, found);
                continue;
            }
            ways.insert(from.to_string(), BTreeSet::from([to.to_string()]));
            // `a` that became `a["x"]` is still declared, as another instance.
            if !has_instance(to) {
                self.gone(from, *from_span, moved.header);
            }
            // What was moved twice has two blocks, of which the first leads to the second.
            if !starts.contains(to) {
                self.there(to, *to_span, moved.header);
            }
        }
        for circle in order::sort(&ways).circles {
            let start = circle.first().cloned().unwrap_or_default();
            let span = self
                .module
                .moved
                .iter()
                .find(|moved| moved.from.0.to_string() == start)
                .map(|moved| moved.header);
            let detail = format!("these are moved in a circle: {}", circle.join(" -> "));
            self.diagnostics
                .push(Diagnostic::error("cycle", "Cycle", detail).at(span));
        }
    }

    fn report(&mut self, header: Span, found: Diagnostic) {
        self.diagnostics.push(found.within(header));
    }

    fn gone(&mut self, target: &Target, span: Span, header: Span) {
        // Which instances there are is not known before they are evaluated.
        if has_instance(target) {
            return;
        }
        match self.find(target) {
            Found::Declared => {
                let detail = format!("`{target}` is still declared");
                let found = Diagnostic::error("still-declared", "Still declared", detail);
                let found = found.at(span).within(header);
                self.diagnostics
                    .push(found.hint("leave out its block, or this one"));
            }
            Found::Missing(_) | Found::NoInstance | Found::Unknown => {}
        }
    }

    /// Whether a name stands for something declared.
    pub(super) fn there(&mut self, target: &Target, span: Span, header: Span) {
        match self.find(target) {
            Found::Declared | Found::Unknown => {}
            Found::NoInstance => {
                let detail = format!("`{target}` has no instances of that form");
                let found = Diagnostic::error("invalid-index", "Invalid index", detail).at(span);
                self.report(header, found);
            }
            Found::Missing(known) => {
                let what = match target {
                    Target::Resource(_) => "resource",
                    Target::Module(_) => "module",
                };
                let wrong = target.to_string();
                let detail = format!("there is no {what} `{wrong}`");
                let found = Diagnostic::error("undeclared", "Undeclared name", detail);
                let found = found.at(span).within(header);
                let near = suggest::nearest(&wrong, known.iter().map(String::as_str));
                self.diagnostics.push(match near {
                    Some(near) => {
                        let patch = Patch {
                            span,
                            text: near.to_owned(),
                        };
                        found.fix(format!("did you mean `{near}`?"), patch)
                    }
                    None => found,
                });
            }
        }
    }

    fn find(&self, target: &Target) -> Found {
        let mut module = self.module;
        let mut way = String::new();
        let path = match target {
            Target::Module(path) => path,
            Target::Resource(address) => &address.module,
        };
        for step in &path.0 {
            let Some(call) = module.calls.get(step.name.as_str()) else {
                let calls = module.calls.keys();
                return Found::Missing(calls.map(|name| format!("{way}module.{name}")).collect());
            };
            if !fits(step.instance.as_ref(), &call.repeat) {
                return Found::NoInstance;
            }
            let Some(next) = call.module.and_then(|index| self.library.get(index)) else {
                return Found::Unknown;
            };
            module = next;
            way.push_str(&format!("module.{}.", step.name));
        }
        let Target::Resource(address) = target else {
            return Found::Declared;
        };
        let name = ResourceName {
            kind: address.kind.as_str().into(),
            name: address.name.as_str().into(),
        };
        match module.resources.get(&name) {
            Some(block) if fits(address.instance.as_ref(), &block.repeat) => Found::Declared,
            Some(_) => Found::NoInstance,
            None if !module.is_whole => Found::Unknown,
            None => {
                let names = module.resources.keys();
                Found::Missing(
                    names
                        .map(|name| format!("{way}{}", name.address()))
                        .collect(),
                )
            }
        }
    }
}

fn has_instance(target: &Target) -> bool {
    let (module, instance) = match target {
        Target::Module(module) => (module, None),
        Target::Resource(address) => (&address.module, address.instance.as_ref()),
    };
    instance.is_some() || module.0.iter().any(|step| step.instance.is_some())
}

/// Whether something that is repeated so may have such an instance.
fn fits(instance: Option<&InstanceKey>, repeat: &Repeat) -> bool {
    match (instance, repeat) {
        (None, _)
        | (Some(InstanceKey::Index(_)), Repeat::Count(_))
        | (Some(InstanceKey::Name(_)), Repeat::ForEach(_)) => true,
        (Some(InstanceKey::Index(_) | InstanceKey::Name(_)), _) => false,
    }
}
