//! `journal { }` of the `sk_dr` block: a directory or a bucket, in literals, because it is looked for before anything else
//! is (R43).

use super::Collector;
use super::arguments::{leftover, take, take_blocks};
use crate::diag::{Diagnostic, Span};
use crate::lang::module::DeclaredJournal;
use crate::lang::syntax::{Attribute, Block};
use crate::model::identity::ProviderRef;
use crate::model::journal_place::JournalPlace;
use std::sync::Arc;

impl Collector<'_, '_> {
    pub(super) fn journal(&mut self, block: &mut Block) -> Option<DeclaredJournal> {
        let mut journals = take_blocks(&mut block.body, "journal").into_iter();
        let mut journal = journals.next()?;
        for second in journals {
            self.duplicate("the `journal` block", second.header, journal.header);
        }
        if let Some(attribute) = take(&mut journal.body, "on_loss") {
            let detail = "there is one journal and no copy of it: where it is lost for longer than a few minutes the run stops \
                 before its next effect and stays open";
            self.unusable_journal(attribute.name.span, detail);
        }
        let path = take(&mut journal.body, "path");
        let bucket = take(&mut journal.body, "bucket");
        let prefix = take(&mut journal.body, "prefix");
        let provider = take(&mut journal.body, "provider");
        let names = ["path", "bucket", "prefix", "provider"];
        leftover(&journal, &names, &[], &mut self.evaluator.diagnostics);
        let header = journal.header;
        match (path, bucket) {
            (Some(path), None) => {
                for other in [&prefix, &provider].into_iter().flatten() {
                    let name = &other.name.text;
                    self.unusable_journal(
                        other.name.span,
                        &format!("`{name}` belongs to `bucket`, and this journal is a directory"),
                    );
                }
                self.journal_directory(&path)
            }
            (None, Some(bucket)) => self.journal_bucket(&bucket, (prefix, provider), header),
            (Some(_), Some(bucket)) => {
                let detail =
                    "a journal is one place: `path` for a directory, or `bucket` and `provider`";
                self.unusable_journal(bucket.name.span, detail);
                None
            }
            (None, None) => {
                let detail = "it names no place: `path` for a directory, or `bucket` and `provider`; leave the block out for .sk-dr \
                     beside the configuration";
                self.unusable_journal(header, detail);
                None
            }
        }
    }

    fn journal_directory(&mut self, path: &Attribute) -> Option<DeclaredJournal> {
        let text = self.constant_text(path)?;
        if text.trim().is_empty() {
            let detail = "`path` is empty; leave the block out for .sk-dr beside the configuration";
            self.unusable_journal(path.value.span, detail);
        }
        Some(DeclaredJournal {
            place: JournalPlace::Directory(text.to_string()),
            span: path.value.span,
        })
    }

    fn journal_bucket(
        &mut self,
        bucket: &Attribute,
        (prefix, provider): (Option<Attribute>, Option<Attribute>),
        header: Span,
    ) -> Option<DeclaredJournal> {
        let name = self.constant_text(bucket)?;
        let of_a_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c);
        if !(3..=63).contains(&name.len()) || !name.chars().all(of_a_name) {
            let detail = "this is no name of a bucket: 3 to 63 of a-z, 0-9, `-` and `.`";
            self.unusable_journal(bucket.value.span, detail);
        }
        let text = match &prefix {
            None => Arc::from(""),
            Some(attribute) => {
                let text = self.constant_text(attribute)?;
                self.check_prefix(attribute.value.span, &text);
                text
            }
        };
        let named = match &provider {
            None => None,
            Some(attribute) => Some(self.provider_reference(attribute)?),
        };
        let (provider, span) = named.unwrap_or_else(|| {
            let plain = ProviderRef {
                provider: "s3".to_owned(),
                alias: None,
            };
            (plain, header)
        });
        if provider.provider != "s3" {
            self.unusable_journal(span, "a bucket is in a store: provider = s3, or s3.NAME");
            return None;
        }
        Some(DeclaredJournal {
            place: JournalPlace::Bucket {
                bucket: name.to_string(),
                prefix: text.trim_matches('/').to_owned(),
                provider,
            },
            span,
        })
    }

    /// Keys are shown, typed and put together.
    fn check_prefix(&mut self, span: Span, prefix: &str) {
        let of_a_part = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        let is_part = |part: &str| {
            !part.is_empty() && part != "." && part != ".." && part.chars().all(of_a_part)
        };
        let trimmed = prefix.trim_matches('/');
        if !trimmed.is_empty() && !trimmed.split('/').all(is_part) {
            let detail =
                "a prefix has parts of a-z, A-Z, 0-9, `-`, `_` and `.`, with one `/` between them";
            self.unusable_journal(span, detail);
        }
    }

    fn unusable_journal(&mut self, span: Span, detail: &str) {
        let found = Diagnostic::error("unusable-argument", "Unusable argument", detail);
        self.report(found.at(span));
    }
}
