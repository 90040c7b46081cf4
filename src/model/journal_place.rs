//! Where a journal is kept, as declared and as a plan remembers it. Must not know how it is written.

use super::expression::Expr;
use super::identity::ProviderRef;
use super::resource::Provider;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `journal { }`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JournalPlace {
    /// `path`, relative to the configuration.
    Directory(String),
    /// `bucket`, `prefix`, `provider`.
    Bucket {
        /// The bucket.
        bucket: String,
        /// What the keys of all its stacks begin with.
        prefix: String,
        /// The store.
        provider: ProviderRef,
    },
}

impl JournalPlace {
    /// Where the journal of a stack is, as `-journal` takes it.
    pub fn told(&self, stack: &str) -> String {
        match self {
            JournalPlace::Directory(path) => path.clone(),
            JournalPlace::Bucket { bucket, prefix, .. } => {
                format!("s3://{bucket}/{}", of_stack(prefix, stack))
            }
        }
    }
}

/// The same in a plan, with what leads there: apply and resume need no `*.hcl` (R44). A directory is its text alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum PlannedJournal {
    /// A directory, relative to where apply runs.
    Directory(String),
    /// Objects of a bucket.
    Bucket(JournalBucket),
}

/// A journal in a bucket.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JournalBucket {
    /// The bucket.
    pub bucket: String,
    /// What the keys of this stack begin with.
    pub prefix: String,
    /// The store.
    pub provider: ProviderRef,
    /// Its arguments: an object.
    pub connect: Expr,
}

impl PlannedJournal {
    /// The journal of a stack, with what leads there. None where its store is not declared, which `lang` has told.
    pub fn of(
        place: &JournalPlace,
        stack: &str,
        providers: &BTreeMap<ProviderRef, Provider>,
    ) -> Option<Self> {
        match place {
            JournalPlace::Directory(path) => Some(Self::Directory(path.clone())),
            JournalPlace::Bucket {
                bucket,
                prefix,
                provider,
            } => Some(Self::Bucket(JournalBucket {
                bucket: bucket.clone(),
                prefix: of_stack(prefix, stack),
                provider: provider.clone(),
                connect: providers.get(provider)?.arguments.clone(),
            })),
        }
    }
}

/// What the keys of a stack begin with.
fn of_stack(prefix: &str, stack: &str) -> String {
    match prefix.trim_matches('/') {
        "" => stack.to_owned(),
        prefix => format!("{prefix}/{stack}"),
    }
}

/// Bucket and prefix of `s3://BUCKET/PREFIX`; none where a text is none.
pub fn of_url(text: &str) -> Option<(&str, &str)> {
    let rest = text.strip_prefix("s3://")?;
    Some(rest.split_once('/').unwrap_or((rest, "")))
}
