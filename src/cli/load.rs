//! From the directory to a configuration, with every mistake found in one run. The one place that loads; used by every
//! command that reads `*.hcl`.

use super::arguments::VariableFlags;
use super::exit::Exit;
use super::process::{ColourFlag, Form, Process, Trouble};
use super::sources::{Directory, Reach};
use super::stream;
use crate::check::unknown_codes;
use crate::diag::render::{Rendering, Style as Colours, render};
use crate::diag::{self, Diagnostic, SourceMap, Span, has_errors};
use crate::lang::sources::Sources;
use crate::lang::{self, GivenVariables, Inputs, Loaded, Missing};
use crate::model::resource::{Configuration, Resource};
use crate::render::json;
use crate::render::style::Style;
use crate::{goal, kinds};

/// Prefix of environment variables that give a variable its value.
const VARIABLE_PREFIX: &str = "SKDR_VAR_";

/// A configuration and all that was found about it.
pub(crate) struct Found {
    /// As far as it could be evaluated.
    pub(crate) configuration: Configuration,
    /// Sorted by place.
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl Found {
    /// The texts.
    pub(crate) fn sources(&self) -> &SourceMap {
        &self.configuration.sources
    }
}

/// Loads the files of the directory and checks them; prints nothing.
pub(crate) fn load(process: &Process, flags: &VariableFlags, missing: Missing) -> Found {
    load_from(&directory(process, flags), process, flags, missing)
}

/// Loads these files and checks them; prints nothing.
pub(crate) fn load_from(
    sources: &dyn Sources,
    process: &Process,
    flags: &VariableFlags,
    missing: Missing,
) -> Found {
    let Loaded {
        configuration,
        damaged,
        mut diagnostics,
    } = lang::load(&Inputs {
        sources,
        schemas: &kinds::Registry,
        variables: variables(process, flags),
        missing,
        version: env!("CARGO_PKG_VERSION"),
    });
    let found = check(&configuration, &damaged);
    // What could not be evaluated would only be complained about twice.
    let anew = |found: &Diagnostic| {
        !diagnostics
            .iter()
            .any(|known| overlap(known.span, found.span))
    };
    let found: Vec<Diagnostic> = found.into_iter().filter(anew).collect();
    diagnostics.extend(found);
    let diagnostics = lang::in_order(diagnostics);
    Found {
        configuration,
        diagnostics,
    }
}

/// Loads for a command that needs a valid configuration; what is wrong is told on standard error.
///
/// # Errors
/// Where it is not valid.
pub(crate) fn valid(
    process: &mut Process,
    flags: &VariableFlags,
    colour: ColourFlag,
) -> Result<Configuration, Trouble> {
    let loaded = load(process, flags, Missing::Report);
    tell(process, &loaded, colour);
    if has_errors(&loaded.diagnostics) {
        return Err(Trouble::told(Exit::Error));
    }
    Ok(loaded.configuration)
}

/// Prints diagnostics on standard error, or tells them as messages of the stream.
pub(crate) fn tell(process: &mut Process, loaded: &Found, colour: ColourFlag) {
    if process.stdout.form() == Form::Stream {
        for diagnostic in &loaded.diagnostics {
            let one = diag::json::one(diagnostic, loaded.sources());
            let message = json::stream::diagnostic(diagnostic.severity, one);
            stream::tell(process, &message);
        }
        return;
    }
    let dress = process.error_dress(colour);
    let style = match dress.style {
        Style::Plain | Style::Tagged => Colours::Plain,
        Style::Colour => Colours::Coloured,
    };
    let rendering = Rendering {
        style,
        width: dress.width.unwrap_or(Rendering::PLAIN.width),
    };
    let text = render(&loaded.diagnostics, loaded.sources(), rendering);
    process.stderr.print(&text);
}

/// Values of variables: the environment, and the command line in its order.
fn variables(process: &Process, flags: &VariableFlags) -> GivenVariables {
    let environment = process.environment.iter().filter_map(|(name, text)| {
        let name = name.strip_prefix(VARIABLE_PREFIX)?;
        Some((name.to_owned(), text.clone()))
    });
    GivenVariables {
        environment: environment.collect(),
        line: flags.line.clone(),
    }
}

/// The directory of the process, and what the configuration in it may read.
pub(crate) fn directory(process: &Process, flags: &VariableFlags) -> Directory {
    let reach = Reach {
        boundary: process.guard.boundary(),
        named: flags.files().map(str::to_owned).collect(),
    };
    Directory::new(process.directory.clone(), reach)
}

fn overlap(one: Option<Span>, other: Option<Span>) -> bool {
    one.zip(other).is_some_and(|(one, other)| {
        one.file == other.file && one.start < other.end && other.start < one.end
    })
}

/// What the language cannot tell: mistakes that only a kind knows, two resources that are one object, sensitive values
/// that would have to be stored.
fn check(configuration: &Configuration, damaged: &[Resource]) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    for resource in configuration.resources.iter().chain(damaged) {
        // A kind quotes what it does not like; a value that nobody may see is wrong in itself.
        let kind = kinds::find(&resource.address.kind).filter(|_| resource.sensitive.is_empty());
        if let Some(kind) = kind {
            kind.validate(resource, &mut diagnostics);
        }
        for path in &resource.sensitive {
            let attribute = path.join(".");
            let mut found = sensitive(&attribute)
                .at(resource.span_of(&attribute))
                .within(resource.span);
            found.address = Some(resource.address.to_string());
            diagnostics.push(found);
        }
    }
    for (reference, provider) in &configuration.providers {
        kinds::providers::validate(reference, provider, &mut diagnostics);
    }
    diagnostics.extend(goal::duplicate_keys(configuration));
    diagnostics.extend(unknown_codes(configuration));
    diagnostics.extend(goal::imports::check(configuration));
    diagnostics.extend(goal::recovery::check(configuration, damaged));
    diagnostics
}

/// A sensitive value would have to stand in the plan, where it is not stored (R32).
fn sensitive(attribute: &str) -> Diagnostic {
    Diagnostic::error(
        "sensitive-value",
        "Sensitive value in a resource",
        format!("`{attribute}` is made of a sensitive value, which would be stored in the plan"),
    )
    .hint("use a `secret` block: it is read at the moment of use and stored nowhere")
}
