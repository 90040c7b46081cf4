//! `secret "name" { }`: exactly one of `env`, `file`, `command`. Its value is never read here (R32).

use super::Collector;
use super::arguments::{leftover, take};
use crate::diag::Diagnostic;
use crate::lang::coerce;
use crate::lang::module::SecretBlock;
use crate::lang::syntax::{Attribute, Block};
use crate::model::secret::SecretSource;

impl Collector<'_, '_> {
    pub(super) fn secret(&mut self, mut block: Block) {
        let Some([name]) = self.labels(&block, ["name"]) else {
            return;
        };
        let sources: Vec<Attribute> = ["env", "file", "command"]
            .into_iter()
            .filter_map(|source| take(&mut block.body, source))
            .collect();
        let kubernetes = block
            .body
            .blocks
            .iter()
            .position(|inner| inner.kind.text.as_ref() == "kubernetes");
        if let Some(inner) = kubernetes.map(|at| block.body.blocks.remove(at)) {
            let detail = "`kubernetes` is not available yet: use env, file or command";
            self.report(
                Diagnostic::error("not-available", "Not available yet", detail).at(inner.kind.span),
            );
        }
        leftover(
            &block,
            &["env", "file", "command"],
            &[],
            &mut self.evaluator.diagnostics,
        );
        let source = match sources.as_slice() {
            [source] => self.source(source),
            [] => {
                if kubernetes.is_none() {
                    let detail =
                        "a secret needs one of env, file and command: where its value is read";
                    self.report(
                        Diagnostic::error("missing-argument", "Missing argument", detail)
                            .at(block.header),
                    );
                }
                None
            }
            [_, second, ..] => {
                let detail = "a secret has exactly one of env, file and command";
                self.report(
                    Diagnostic::error("conflicting-arguments", "Conflicting arguments", detail)
                        .at(second.name.span),
                );
                None
            }
        };
        match self
            .module
            .secrets
            .get(&name.text)
            .map(|first| first.header)
        {
            Some(first) => self.duplicate(&format!("secret.{}", name.text), block.header, first),
            None => {
                self.module.secrets.insert(
                    name.text,
                    SecretBlock {
                        source,
                        header: block.header,
                    },
                );
            }
        }
    }

    fn source(&mut self, attribute: &Attribute) -> Option<SecretSource> {
        let wrong = |detail: &str| {
            Diagnostic::error("wrong-type", "Wrong type", detail).at(attribute.value.span)
        };
        match attribute.name.text.as_ref() {
            "env" => {
                let name = self.constant_text(attribute)?;
                if name.is_empty() || name.contains(['=', '\0']) {
                    self.report(wrong("`env` is the name of an environment variable"));
                    return None;
                }
                Some(SecretSource::Env(name.to_string()))
            }
            "file" => {
                let path = self.constant_text(attribute)?;
                if path.trim().is_empty() {
                    self.report(wrong("`file` is the path of a file, and this is empty"));
                    return None;
                }
                Some(SecretSource::File(path.to_string()))
            }
            _ => {
                let value = self.constant(&attribute.value)?;
                let words = value
                    .as_items()
                    .and_then(|items| items.iter().map(coerce::text).collect::<Option<Vec<_>>>());
                match words {
                    Some(words) if words.first().is_some_and(|word| !word.trim().is_empty()) => {
                        Some(SecretSource::Command(
                            words.iter().map(|word| word.to_string()).collect(),
                        ))
                    }
                    Some(_) | None => {
                        let diagnostic = wrong(
                            "`command` is a list of strings: a program and its arguments, no shell",
                        );
                        self.report(diagnostic.hint("such as [\"sops\", \"decrypt\", \"--extract\", \"[\\\"key\\\"]\", \"secrets.yaml\"]"));
                        None
                    }
                }
            }
        }
    }
}
