//! Values of variables as they are given: by the environment, by files, on the command line, each over those before.
//! Reads what files say; must not know what is declared beyond which names there are and which of them are sensitive.

use super::library::text;
use super::module::VariableBlock;
use super::parse;
use super::sources::{SourceError, Sources};
use super::syntax::{Attribute, Body};
use super::{limits, sources};
use crate::diag::{Diagnostic, FileId, SourceMap, Span, has_errors, suggest};
use crate::model::advice::Advice;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What the caller gives. Files that are read without being named come between the two.
#[derive(Clone, Debug, Default)]
pub struct GivenVariables {
    /// `SKDR_VAR_name`: may name variables of other configurations.
    pub environment: BTreeMap<String, String>,
    /// The command line, in its order.
    pub line: Vec<OnLine>,
}

/// What the command line gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OnLine {
    /// `-var NAME=TEXT`.
    Value {
        /// The variable.
        name: String,
        /// Its value.
        text: String,
    },
    /// `-var-file=PATH`, relative to the configuration directory.
    File(String),
}

/// The value of one variable.
#[derive(Debug)]
pub enum Given {
    /// A text: of the environment or of `-var`.
    Text {
        /// Where it comes from: `-var name`.
        title: String,
        /// The text.
        text: String,
    },
    /// An argument of a file.
    Argument {
        /// The file's name.
        title: String,
        /// The argument.
        attribute: Attribute,
    },
}

impl Given {
    /// Where it comes from, for messages.
    pub fn title(&self) -> &str {
        match self {
            Given::Text { title, .. } | Given::Argument { title, .. } => title,
        }
    }
}

type Variables = BTreeMap<Arc<str>, VariableBlock>;

/// Reads and sorts all that is given.
pub struct Gatherer<'g> {
    /// The files.
    pub sources: &'g dyn Sources,
    /// What is declared.
    pub variables: &'g Variables,
    /// Texts of the files, for diagnostics.
    pub texts: &'g mut SourceMap,
    /// Mistakes.
    pub diagnostics: &'g mut Vec<Diagnostic>,
}

impl Gatherer<'_> {
    /// The value of each declared variable that has one: environment, then `*.auto.vars.hcl` by name, then the command line.
    pub fn gather(&mut self, given: &GivenVariables) -> BTreeMap<Arc<str>, Given> {
        let mut values = BTreeMap::new();
        for (name, text) in &given.environment {
            if self.variables.contains_key(name.as_str()) {
                let title = format!("SKDR_VAR_{name}");
                let text = text.clone();
                values.insert(name.as_str().into(), Given::Text { title, text });
            }
        }
        for file in self.automatic() {
            self.file(&file, &mut values);
        }
        for item in &given.line {
            match item {
                OnLine::Value { name, text } => {
                    self.expect(name);
                    let title = format!("-var {name}");
                    let text = text.clone();
                    values.insert(name.as_str().into(), Given::Text { title, text });
                }
                OnLine::File(path) => self.file(path, &mut values),
            }
        }
        values
    }

    /// Files that need not be named. Terraform's are passed by, and that is said: their values would be missed in silence.
    fn automatic(&mut self) -> Vec<String> {
        let files = match self.sources.variable_files() {
            Ok(files) => files,
            Err(error) => {
                let detail = format!("the configuration directory cannot be read: {error}");
                self.diagnostics.push(Diagnostic::error(
                    "unreadable-file",
                    "Unreadable directory",
                    detail,
                ));
                return Vec::new();
            }
        };
        let (ours, others): (Vec<String>, Vec<String>) = files
            .into_iter()
            .partition(|name| name.ends_with(sources::AUTOMATIC));
        for name in others {
            let detail = format!("{name} is not read: its values count for Terraform only");
            self.diagnostics.push(
                Diagnostic::warning("file-not-read", "Variable file not read", detail).hint(
                    format!(
                        "name it NAME.auto.vars.hcl, or give it with {}",
                        Advice::variable_file(&name)
                    ),
                ),
            );
        }
        ours
    }

    fn expect(&mut self, name: &str) {
        if self.variables.contains_key(name) {
            return;
        }
        let detail = format!("-var gives a value to `{name}`, and there is no such variable");
        let diagnostic = Diagnostic::error("undeclared", "Undeclared variable", detail);
        let near = self.near(name);
        self.diagnostics.push(match near {
            Some(near) => diagnostic.hint(format!("did you mean `{near}`?")),
            None => diagnostic,
        });
    }

    fn near(&self, name: &str) -> Option<String> {
        suggest::nearest(name, self.variables.keys().map(AsRef::as_ref)).map(str::to_owned)
    }

    fn file(&mut self, path: &str, values: &mut BTreeMap<Arc<str>, Given>) {
        let bytes = match self.sources.read(path, limits::FILE_BYTES) {
            Ok(bytes) => bytes,
            Err(error) => return self.unreadable(path, &error),
        };
        let Some(file) = text(path, bytes, self.texts, self.diagnostics) else {
            return;
        };
        let Some(body) = self.body(path, file) else {
            return;
        };
        self.cover(file, &body);
        for block in &body.blocks {
            let detail = "a file of values holds NAME = VALUE, no blocks";
            self.diagnostics.push(
                Diagnostic::error("unsupported-block", "Unsupported block", detail)
                    .at(block.header),
            );
        }
        let mut seen = BTreeSet::new();
        let mut unused = 0;
        for attribute in body.attributes {
            let name = attribute.name.text.clone();
            if !seen.insert(name.clone()) {
                let detail = "this value is already given in this file";
                let diagnostic =
                    Diagnostic::error("duplicate-argument", "Duplicate argument", detail);
                self.diagnostics.push(diagnostic.at(attribute.name.span));
            }
            if self.variables.contains_key(&name) {
                let title = path.to_owned();
                values.insert(name, Given::Argument { title, attribute });
            } else {
                unused += 1;
                if unused <= limits::UNUSED_VALUES {
                    self.undeclared(&attribute);
                }
            }
        }
        if unused > limits::UNUSED_VALUES {
            let more = unused - limits::UNUSED_VALUES;
            let detail = format!("{path} has {more} more values for variables that there are not");
            self.diagnostics.push(Diagnostic::warning(
                "undeclared",
                "Undeclared variable",
                detail,
            ));
        }
    }

    /// What the file says. A mistake in one that may hold sensitive values is told without the line it stands in.
    fn body(&mut self, path: &str, file: FileId) -> Option<Body> {
        let source = self.texts.get(file)?.text.clone();
        let mut found = Vec::new();
        let body = parse::file(&source, file, &mut found);
        if !has_errors(&found) {
            self.diagnostics.append(&mut found);
            return Some(body);
        }
        if self.variables.values().any(|variable| variable.sensitive) {
            self.texts.replace(file, "".into());
            for one in &mut found {
                let start = one.span.map_or(0, |span| span.start);
                let before = source.get(..start).unwrap_or_default();
                let line = before.matches('\n').count() + 1;
                one.detail = format!("{path}:{line}: {}", one.detail);
                (one.span, one.context) = (None, None);
                one.hints.clear();
            }
        }
        self.diagnostics.append(&mut found);
        None
    }

    /// Takes values out of the text that diagnostics show: those of sensitive variables, and of names that are not
    /// declared, since one may be a sensitive name misspelled.
    fn cover(&mut self, file: FileId, body: &Body) {
        let hidden = |attribute: &&Attribute| {
            let declared = self.variables.get(&attribute.name.text);
            declared.is_none_or(|variable| variable.sensitive)
        };
        let spans: Vec<Span> = body
            .attributes
            .iter()
            .filter(hidden)
            .map(|attribute| attribute.value.span)
            .collect();
        let Some(source) = self.texts.get(file).filter(|_| !spans.is_empty()) else {
            return;
        };
        let covered = covered(&source.text, &spans);
        self.texts.replace(file, covered.into());
    }

    fn undeclared(&mut self, attribute: &Attribute) {
        let name = &attribute.name;
        let detail = format!(
            "there is no variable `{}`, so this value is not used",
            name.text
        );
        let diagnostic = Diagnostic::warning("undeclared", "Undeclared variable", detail);
        let diagnostic = diagnostic.at(name.span);
        let near = self.near(&name.text);
        self.diagnostics.push(match near {
            Some(near) => diagnostic.hint(format!("did you mean `{near}`?")),
            None => diagnostic,
        });
    }

    fn unreadable(&mut self, path: &str, error: &SourceError) {
        let detail = format!("{path} cannot be read: {error}");
        self.diagnostics.push(Diagnostic::error(
            "unreadable-file",
            "Unreadable variable file",
            detail,
        ));
    }
}

/// The text with one star in place of each span: as many bytes and lines as before, and nothing of what was there.
fn covered(text: &str, spans: &[Span]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for span in spans {
        let hidden = bytes.get_mut(span.start..span.end).unwrap_or_default();
        for (at, byte) in hidden.iter_mut().enumerate() {
            *byte = match (at, *byte) {
                (_, b'\n') => b'\n',
                (0, _) => b'*',
                _ => b' ',
            };
        }
    }
    String::from_utf8(bytes).unwrap_or_default()
}
