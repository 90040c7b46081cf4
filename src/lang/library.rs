//! Every directory that a configuration is made of: the root's, and those that `module` blocks name, each read and sorted
//! into blocks once, however often it is called. Nothing is downloaded (R38). Must not know what is evaluated.

use super::collect::Collector;
use super::evaluate::Evaluator;
use super::limits;
use super::module::{Module, Role};
use super::parse;
use super::sources::{BUILTIN, SourceError};
use super::syntax::{Body, Name};
use crate::diag::{Diagnostic, FileId, Patch, SourceMap, Span, has_errors, suggest};
use crate::model::advice::Advice;
use crate::model::schema::Schemas;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Files of Terraform's that are named where there are no others.
const SHOWN: usize = 5;

/// Which module of a library; the root is the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ModuleIndex(pub usize);

impl ModuleIndex {
    /// The root.
    pub const ROOT: ModuleIndex = ModuleIndex(0);
}

/// Modules by directory.
#[derive(Debug)]
pub struct Library {
    modules: Vec<Module>,
    /// Whether every file could be read: a block that seems to be missing may be in one that could not.
    pub is_whole: bool,
}

impl Library {
    /// A module of it.
    pub fn get(&self, index: ModuleIndex) -> Option<&Module> {
        self.modules.get(index.0)
    }
    /// Takes the root for a module where something is in it, and nothing that belongs to a root.
    pub fn look_at_a_module_alone(&mut self) {
        let root = self.modules.first_mut();
        let is_module = |root: &&mut Module| {
            root.settings.is_none()
                && root.providers.is_empty()
                && root.secrets.is_empty()
                && root.ignores.is_empty()
                && !(root.variables.is_empty()
                    && root.resources.is_empty()
                    && root.calls.is_empty()
                    && root.outputs.is_empty())
        };
        if let Some(module) = root.filter(is_module) {
            module.role = Role::Alone;
        }
    }
    /// All of them, the root first.
    pub fn modules(&self) -> &[Module] {
        &self.modules
    }
}

/// Reads a configuration.
pub struct Librarian<'l, 'a> {
    /// Evaluates constants, and has files, texts and mistakes.
    pub evaluator: &'l mut Evaluator<'a>,
    /// Resource and provider types.
    pub schemas: &'a dyn Schemas,
    /// Version of the program.
    pub version: &'a str,
    /// Bytes that files may still have.
    left: usize,
    /// Files that could not be read.
    unread: usize,
}

/// A directory to be read, and the call that named it.
struct Wanted {
    directory: Arc<str>,
    caller: Option<Span>,
}

impl<'l, 'a> Librarian<'l, 'a> {
    /// With nothing read.
    pub fn new(
        evaluator: &'l mut Evaluator<'a>,
        schemas: &'a dyn Schemas,
        version: &'a str,
    ) -> Self {
        Self {
            evaluator,
            schemas,
            version,
            left: limits::PROJECT_BYTES,
            unread: 0,
        }
    }

    /// The root module and every module that it leads to.
    pub fn read(mut self) -> Library {
        let root: Arc<str> = ".".into();
        let mut known = BTreeMap::from([(root.clone(), ModuleIndex::ROOT)]);
        let mut wanted = vec![Wanted {
            directory: root,
            caller: None,
        }];
        let mut modules: Vec<Module> = Vec::new();
        while let Some(next) = wanted.get(modules.len()) {
            let (directory, caller) = (next.directory.clone(), next.caller);
            let mut module = self.module(directory.clone(), caller);
            for call in module.calls.values_mut() {
                let Some(source) = &call.source else { continue };
                let Some(directory) = self.directory(&directory, source) else {
                    continue;
                };
                if known.len() >= limits::MODULES && !known.contains_key(&directory) {
                    let detail = format!(
                        "a configuration may be made of at most {} directories",
                        limits::MODULES
                    );
                    let found = Diagnostic::error("too-many-modules", "Too many modules", detail);
                    self.report(found.at(source.span));
                    continue;
                }
                let index = *known.entry(directory.clone()).or_insert_with(|| {
                    wanted.push(Wanted {
                        directory,
                        caller: Some(source.span),
                    });
                    ModuleIndex(wanted.len() - 1)
                });
                call.module = Some(index);
            }
            modules.push(module);
        }
        let has_root = modules.first().is_some_and(|root| root.is_whole);
        Library {
            modules,
            is_whole: self.unread == 0 && has_root,
        }
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.evaluator.diagnostics.push(diagnostic);
    }

    /// The directory that a `source` names, as seen from the root's.
    fn directory(&mut self, caller: &str, source: &Name) -> Option<Arc<str>> {
        let invalid = |detail: String| {
            Diagnostic::error("invalid-source", "Invalid module source", detail).at(source.span)
        };
        let text = source.text.as_ref();
        if text.starts_with(BUILTIN) {
            return self.builtin(source);
        }
        let is_relative =
            matches!(text, "." | "..") || text.starts_with("./") || text.starts_with("../");
        if !is_relative {
            let found = invalid(
                "a module is a directory, written ./NAME or ../NAME, or one that sk-dr brings along, builtin:NAME@1".to_owned(),
            );
            let is_word = text
                .chars()
                .all(|c| c.is_alphanumeric() || "-_/.".contains(c));
            self.report(if is_word && !text.starts_with('/') && !text.is_empty() {
                let patch = Patch {
                    span: source.span,
                    text: format!("\"./{text}\""),
                };
                found.fix("a directory beside this file is written with `./`", patch)
            } else {
                found.hint("nothing is downloaded: copy the module into the repository")
            });
            return None;
        }
        if caller.starts_with(BUILTIN) {
            self.report(invalid(
                "a module that sk-dr brings along has no directories beside it".to_owned(),
            ));
            return None;
        }
        Some(joined(caller, text).into())
    }

    fn builtin(&mut self, source: &Name) -> Option<Arc<str>> {
        let known = self.evaluator.sources.builtins();
        if known
            .iter()
            .any(|name| name.as_str() == source.text.as_ref())
        {
            return Some(source.text.clone());
        }
        let detail = format!("sk-dr brings no module `{}` along", source.text);
        let found = Diagnostic::error("invalid-source", "Invalid module source", detail);
        let found = found.at(source.span);
        // A module without its version is most likely meant in the newest.
        let versionless = |name: &&String| {
            name.rsplit_once('@')
                .is_some_and(|(name, _)| Some(name) == source.text.split('@').next())
        };
        let near = known.iter().rfind(versionless).map(String::as_str);
        let near =
            near.or_else(|| suggest::nearest(&source.text, known.iter().map(String::as_str)));
        self.report(match near {
            Some(near) => {
                let patch = Patch {
                    span: source.span,
                    text: format!("\"{near}\""),
                };
                found.fix(format!("did you mean `{near}`?"), patch)
            }
            None if known.is_empty() => found,
            None => found.hint(format!("there are {}", known.join(", "))),
        });
        None
    }

    fn module(&mut self, directory: Arc<str>, caller: Option<Span>) -> Module {
        let unread = self.unread;
        let bodies = self.bodies(&directory, caller);
        let is_whole = !bodies.is_empty() && self.unread == unread;
        let mut collector = Collector {
            evaluator: &mut *self.evaluator,
            schemas: self.schemas,
            version: self.version,
            module: Module {
                role: if caller.is_none() {
                    Role::Root
                } else {
                    Role::Called
                },
                directory,
                is_whole,
                ..Module::default()
            },
        };
        for body in bodies {
            collector.file(body);
        }
        collector.module
    }

    /// What a person may have meant: another directory, or files with another ending.
    fn no_configuration(&self, detail: &str) -> Diagnostic {
        let found = Diagnostic::error("no-configuration", "No configuration files", detail)
            .hint(format!("{} names another one", Advice::directory()));
        match self.evaluator.sources.foreign_files() {
            Ok(names) => names.iter().take(SHOWN).fold(found, |found, name| {
                let renamed = Advice::rename(name);
                found.hint(format!(
                    "{name} is one of Terraform's, and the language is the same: {renamed}"
                ))
            }),
            Err(_) => found,
        }
    }

    /// The trees of all files of a directory.
    fn bodies(&mut self, directory: &str, caller: Option<Span>) -> Vec<Body> {
        let names = match self.evaluator.sources.list(directory) {
            Ok(names) => names,
            Err(error) => {
                self.report(match caller {
                    None => {
                        let detail = format!("the configuration directory cannot be read: {error}");
                        Diagnostic::error("unreadable-file", "Unreadable directory", detail)
                    }
                    Some(span) if error == SourceError::Missing => {
                        let detail = format!("there is no directory {directory}");
                        Diagnostic::error("no-module", "No such module", detail).at(span)
                    }
                    Some(span) => {
                        let detail = format!("the directory {directory} cannot be read: {error}");
                        Diagnostic::error("unreadable-file", "Unreadable directory", detail)
                            .at(span)
                    }
                });
                return Vec::new();
            }
        };
        if names.is_empty() {
            self.report(match caller {
                None => {
                    let detail = "the directory has no *.hcl files";
                    self.no_configuration(detail)
                }
                Some(span) => {
                    let detail = format!("the directory {directory} has no *.hcl files");
                    Diagnostic::error("no-module", "No such module", detail).at(span)
                }
            });
        }
        let mut bodies = Vec::new();
        for name in names {
            let name = if directory == "." {
                name
            } else {
                format!("{directory}/{name}")
            };
            match self
                .evaluator
                .sources
                .read(&name, limits::FILE_BYTES.min(self.left))
            {
                Ok(bytes) => {
                    self.left -= bytes.len().min(self.left);
                    bodies.extend(self.body(&name, bytes));
                }
                Err(error) => {
                    self.unread += 1;
                    let found = unreadable(&name, &error, self.left);
                    self.report(found);
                }
            }
        }
        bodies
    }

    fn body(&mut self, name: &str, bytes: Vec<u8>) -> Option<Body> {
        let mut found = Vec::new();
        let texts = &mut self.evaluator.texts;
        let body = text(name, bytes, texts, &mut found).and_then(|file| {
            let source = texts.get(file)?.text.clone();
            Some(parse::file(&source, file, &mut found))
        });
        self.unread += usize::from(has_errors(&found));
        self.evaluator.diagnostics.append(&mut found);
        body
    }
}

/// A directory named from another one.
fn joined(from: &str, path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in from.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    if parts.is_empty() {
        ".".to_owned()
    } else {
        parts.join("/")
    }
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

#[cfg(test)]
mod tests {
    use super::joined;

    #[test]
    fn directories_are_named_from_the_root() {
        for (from, path, expected) in [
            (".", "./modules/a", "modules/a"),
            ("modules/a", "../b", "modules/b"),
            ("modules/a", "./../..//", "."),
            (".", "../x", "../x"),
            ("../x", "../../y/", "../../y"),
            ("a", "..", "."),
        ] {
            assert_eq!(joined(from, path), expected, "{from} {path}");
        }
    }
}
