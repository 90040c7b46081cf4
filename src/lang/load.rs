//! The door of the language: from files to a configuration, with every mistake found on the way. Runs on a thread of
//! its own, whose stack is as deep as the limits allow expressions to be.

use super::build::Builder;
use super::check;
use super::collect::Collector;
use super::evaluate::Evaluator;
use super::evaluate::globals::Globals;
use super::given::GivenVariables;
use super::limits;
use super::module::Module;
use super::parse;
use super::sources::{SourceError, Sources};
use super::syntax::Body;
use crate::diag::{Diagnostic, FileId, SourceMap, Span, has_errors};
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
    let mut texts = SourceMap::default();
    let mut diagnostics = Vec::new();
    let bodies = read(inputs.sources, &mut texts, &mut diagnostics);
    let unreadable = has_errors(&diagnostics);
    let mut evaluator = Evaluator::new(inputs.sources, Globals::default(), texts.clone());
    let module = collect(inputs, bodies, &texts, &mut evaluator);
    diagnostics.append(&mut evaluator.diagnostics);
    let mut found = Vec::new();
    let checked = check::check(&module, inputs.schemas, &mut found);
    evaluator.refuted = found.iter().filter_map(|found| found.span).collect();
    evaluator.refuted.sort();
    diagnostics.append(&mut found);
    let (mut configuration, damaged) =
        Builder::new(&mut evaluator, &module, &checked, inputs).build();
    diagnostics.append(&mut evaluator.diagnostics);
    if unreadable {
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

fn collect<'a>(
    inputs: &Inputs<'a>,
    bodies: Vec<Body>,
    texts: &SourceMap,
    evaluator: &mut Evaluator<'a>,
) -> Module {
    let mut collector = Collector {
        evaluator,
        schemas: inputs.schemas,
        texts,
        version: inputs.version,
        module: Module::default(),
    };
    for body in bodies {
        collector.file(body);
    }
    collector.module
}

/// The trees of all files.
fn read(
    sources: &dyn Sources,
    texts: &mut SourceMap,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Body> {
    let names = match sources.list() {
        Ok(names) => names,
        Err(error) => {
            let detail = format!("the configuration directory cannot be read: {error}");
            diagnostics.push(Diagnostic::error(
                "unreadable-file",
                "Unreadable directory",
                detail,
            ));
            return Vec::new();
        }
    };
    if names.is_empty() {
        let detail = "the directory has no *.hcl files";
        diagnostics.push(
            Diagnostic::error("no-configuration", "No configuration files", detail)
                .hint("-chdir=DIRECTORY names another one"),
        );
    }
    let mut left = limits::PROJECT_BYTES;
    let mut bodies = Vec::new();
    for name in names {
        match sources.read(&name, limits::FILE_BYTES.min(left)) {
            Ok(bytes) => {
                left -= bytes.len().min(left);
                if let Some(file) = text(&name, bytes, texts, diagnostics)
                    && let Some(source) = texts.get(file)
                {
                    bodies.push(parse::file(&source.text.clone(), file, diagnostics));
                }
            }
            Err(error) => diagnostics.push(unreadable(&name, &error, left)),
        }
    }
    bodies
}

fn unreadable(name: &str, error: &SourceError, left: usize) -> Diagnostic {
    let is_large = matches!(error, SourceError::TooLarge(_));
    let detail = if is_large && left < limits::FILE_BYTES {
        let all = limits::PROJECT_BYTES >> 20;
        format!("{name}: all files together are larger than {all} MiB")
    } else {
        format!("{name} cannot be read: {error}")
    };
    let diagnostic = Diagnostic::error("unreadable-file", "Unreadable file", detail);
    if is_large {
        diagnostic.hint("wide data belongs in a file of its own: jsondecode(file(\"data.json\"))")
    } else {
        diagnostic
    }
}

/// Adds a file's text; where its bytes are no UTF-8, with the first wrong ones replaced, so that they can be shown.
pub(super) fn text(
    name: &str,
    bytes: Vec<u8>,
    texts: &mut SourceMap,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<FileId> {
    match String::from_utf8(bytes) {
        Ok(text) => Some(texts.add(name.to_owned(), text.into())),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let byte = error.as_bytes().get(at).copied().unwrap_or(0);
            let shown = String::from_utf8_lossy(error.as_bytes()).into_owned();
            let file = texts.add(name.to_owned(), shown.into());
            let span = Span {
                file,
                start: at,
                end: at + '\u{fffd}'.len_utf8(),
            };
            let detail = format!("the byte 0x{byte:02x} here is no UTF-8");
            diagnostics.push(
                Diagnostic::error("invalid-utf8", "Invalid UTF-8", detail)
                    .at(span)
                    .hint("save the file as UTF-8; bytes of other kinds are read with filebase64(...)"),
            );
            None
        }
    }
}
