//! The door of the language: from files to a configuration, with every mistake found on the way. Runs on a thread of
//! its own, whose stack is as deep as the limits allow expressions to be.

use super::build;
use super::check;
use super::check::tree::Tree;
use super::evaluate::Evaluator;
use super::evaluate::globals::Globals;
use super::given::GivenVariables;
use super::library::Librarian;
use super::limits;
use super::sources::Sources;
use crate::diag::{Diagnostic, SourceMap};
use crate::model::resource::{Configuration, Resource};
use crate::model::schema::Schemas;
use std::collections::BTreeSet;

/// Everything that a configuration is made of.
pub struct Inputs<'a> {
    /// Its files.
    pub sources: &'a dyn Sources,
    /// Resource and provider types.
    pub schemas: &'a dyn Schemas,
    /// Values of variables.
    pub variables: GivenVariables,
    /// What is done about a variable that has no value.
    pub missing: Missing,
    /// Version of the program.
    pub version: &'a str,
}

/// What is done about a variable without a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// It is a mistake.
    Report,
    /// What needs it is not evaluated: a configuration is valid whatever its values will be.
    LeaveOut,
    /// The same; and a directory in which nothing belongs to a root is a module, whose caller names the stack and gives it
    /// its providers. Only for who evaluates nothing further: what has no stack owns nothing.
    LeaveToCaller,
}

/// A configuration and all that was found about it.
pub struct Loaded {
    /// As far as it could be evaluated.
    pub configuration: Configuration,
    /// Resources that are declared with a mistake, or with a value that was not given: what could not be had is a hole,
    /// the rest can still be checked.
    pub damaged: Vec<Resource>,
    /// What is wrong, in order of place.
    pub diagnostics: Vec<Diagnostic>,
}

/// Loads a configuration.
pub fn load(inputs: &Inputs<'_>) -> Loaded {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .name("language".to_owned())
            .stack_size(limits::STACK_BYTES);
        let failed = |why: String| Loaded {
            configuration: Configuration::default(),
            damaged: Vec::new(),
            diagnostics: vec![Diagnostic::error(
                "internal",
                "The configuration could not be read",
                why,
            )],
        };
        match thread.spawn_scoped(scope, || run(inputs)) {
            Err(error) => failed(format!("no thread could be started: {error}")),
            Ok(handle) => handle.join().unwrap_or_else(|_| {
                failed(
                    "this is a mistake of sk-dr, not of the configuration; please report it"
                        .to_owned(),
                )
            }),
        }
    })
}

fn run(inputs: &Inputs<'_>) -> Loaded {
    let mut evaluator = Evaluator::new(inputs.sources, Globals::default(), SourceMap::default());
    let mut library = Librarian::new(&mut evaluator, inputs.schemas, inputs.version).read();
    if inputs.missing == Missing::LeaveToCaller {
        library.look_at_a_module_alone();
    }
    let mut diagnostics = std::mem::take(&mut evaluator.diagnostics);
    let mut found = Vec::new();
    let tree = Tree::grow(&library, &mut found);
    let findings = check::check(&library, &tree, inputs.schemas, &mut found);
    evaluator.refuted = found.iter().filter_map(|found| found.span).collect();
    evaluator.refuted.sort();
    diagnostics.append(&mut found);
    let (mut configuration, damaged) = build::build(&mut evaluator, inputs, &tree, &findings);
    diagnostics.append(&mut evaluator.diagnostics);
    if !library.is_whole {
        // The block that declares it may be the one that could not be read.
        let blames = ["undeclared", "no-provider", "missing-block"];
        diagnostics.retain(|diagnostic| !blames.contains(&diagnostic.code));
    }
    configuration.sources = std::mem::take(&mut evaluator.texts);
    Loaded {
        configuration,
        damaged,
        diagnostics: in_order(diagnostics),
    }
}

/// By place, each once, since instances of a resource fail alike; and no more than anybody reads.
pub fn in_order(mut diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    const MORE: &str = "too-many-mistakes";
    let place = |diagnostic: &Diagnostic| {
        diagnostic
            .span
            .map(|span| (span.file, span.start, span.end))
    };
    let mut is_cut = false;
    let mut seen = BTreeSet::new();
    diagnostics.sort_by_key(place);
    diagnostics.retain(|diagnostic| {
        is_cut |= diagnostic.code == MORE;
        diagnostic.code != MORE
            && seen.insert((
                place(diagnostic),
                diagnostic.code,
                diagnostic.detail.clone(),
            ))
    });
    if is_cut || diagnostics.len() > limits::DIAGNOSTICS {
        diagnostics.truncate(limits::DIAGNOSTICS);
        let detail = format!("only the first {} mistakes are shown", limits::DIAGNOSTICS);
        diagnostics.push(Diagnostic::error(MORE, "Too many mistakes", detail));
    }
    diagnostics
}
