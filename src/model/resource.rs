//! The desired state as declared: what `lang` makes of the configuration and everything below reads.
//! Bodies are attribute-shaped [`Expr`]s; how they became so is not known here.

use super::address::{Address, Target};
use super::checks::CheckResult;
use super::expression::Expr;
use super::identity::{KubeResource, ProviderRef};
use super::ignore::IgnoreRule;
use super::journal_place::JournalPlace;
use super::recovery::Recovery;
use super::secret::{SecretName, SecretSource};
use crate::diag::{SourceMap, Span};
use std::collections::{BTreeMap, BTreeSet};

/// The `sk_dr {}` block.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Stack name, `[a-z0-9-]{1,63}`.
    pub stack: String,
    /// `journal { }`.
    pub journal: Option<JournalPlace>,
    /// `allow_lint`, in the order of the text.
    pub allowed_lints: Vec<AllowedLint>,
}

/// A finding that has been looked at and is meant as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedLint {
    /// Code of the lint.
    pub code: String,
    /// Why.
    pub reason: String,
    /// Where; everywhere where none is named.
    pub resources: Vec<Address>,
    /// The code in the text.
    pub span: Span,
}

/// A `provider` block.
#[derive(Clone, Debug)]
pub struct Provider {
    /// Its arguments: an object.
    pub arguments: Expr,
    /// Resources that its arguments refer to: a reference to a cluster that this plan makes defers the provider (R31).
    pub references: BTreeSet<Address>,
    /// The block's header.
    pub span: Span,
    /// Where each argument's value stands, by its name.
    pub spans: BTreeMap<String, Span>,
}

/// `lifecycle {}`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lifecycle {
    /// A delete is held back.
    pub prevent_destroy: bool,
    /// What a comparison leaves out.
    pub ignore_changes: IgnoreChanges,
}

/// `ignore_changes`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum IgnoreChanges {
    /// Nothing is ignored.
    #[default]
    Nothing,
    /// `ignore_changes = all`.
    All,
    /// These attribute paths: `labels["x"]`, `metadata[0].labels`, `ttl`; stored as member names without list indices.
    Paths(Vec<Vec<String>>),
}

/// Which type of an API a resource is, for kinds of which each resource says so itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ServedAs {
    /// Nobody asked: the kind has one type, every server has it, or no server answers yet.
    #[default]
    Unasked,
    /// This one.
    Type(KubeResource),
    /// The API does not serve it: its name for people.
    Nothing(String),
    /// It cannot be told, and why.
    Unknown(String),
}

/// One resource instance, evaluated and checked against its schema.
#[derive(Clone, Debug)]
pub struct Resource {
    /// Its address.
    pub address: Address,
    /// The provider block it is under; `None` for kinds without one.
    pub provider: Option<ProviderRef>,
    /// An object of all known attributes: declared ones, and defaults of the schema. Undeclared attributes without a
    /// default are missing. A nested block is a list of objects, also when at most one is allowed.
    pub body: Expr,
    /// Attribute paths (member names) whose value is sensitive.
    pub sensitive: BTreeSet<Vec<String>>,
    /// Resources it refers to or names in `depends_on`; an address without instance means all instances.
    pub references: BTreeSet<Address>,
    /// `lifecycle {}`.
    pub lifecycle: Lifecycle,
    /// Its type, where it says so itself and that was asked.
    pub served_as: ServedAs,
    /// The block's header line.
    pub span: Span,
    /// Where each attribute's value stands, by member names joined with dots: `metadata.name`, `hook.pre.exec.command`.
    pub spans: BTreeMap<String, Span>,
}

impl Resource {
    /// A top-level attribute that is a known text.
    pub fn text(&self, attribute: &str) -> Option<String> {
        self.body
            .member(attribute)?
            .known()?
            .as_str()
            .map(str::to_owned)
    }
    /// Member of the first (only) block of that name.
    pub fn in_block(&self, block: &str, attribute: &str) -> Option<Expr> {
        match self.body.member(block)? {
            Expr::Value(serde_json::Value::Array(blocks)) => {
                blocks.first()?.get(attribute).cloned().map(Expr::Value)
            }
            Expr::List(blocks) => blocks.first()?.member(attribute),
            Expr::Value(_)
            | Expr::Object(_)
            | Expr::Hole(_)
            | Expr::Secret(_)
            | Expr::Concat(_)
            | Expr::Call { .. } => None,
        }
    }
    /// Where an attribute's value stands, else the block's header.
    pub fn span_of(&self, attribute: &str) -> Span {
        self.spans.get(attribute).copied().unwrap_or(self.span)
    }
}

/// An `output` block.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// Its value.
    pub value: Expr,
    /// Shown as `(sensitive value)`.
    pub sensitive: bool,
    /// `description`.
    pub description: Option<String>,
}

/// A `moved` block. An object keeps its identity under any address (R21), so it changes words and no decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// What it was called.
    pub from: Target,
    /// What it is called.
    pub to: Target,
}

/// A `removed` block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removed {
    /// What is not declared any more.
    pub from: Target,
    /// What becomes of its objects.
    pub fate: Fate,
}

/// What becomes of an object that is not declared any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is deleted, where it may be.
    Delete,
    /// Our mark and field ownership go, it stays (R28).
    Release,
}

/// An `import` block, one for each instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// The resource instance that it becomes.
    pub to: Address,
    /// Its natural key as a Terraform user writes it: `namespace/name` or `name`.
    pub id: String,
    /// The block's header.
    pub header: Span,
    /// Where the key stands.
    pub id_span: Span,
}

/// A whole configuration, evaluated.
#[derive(Clone, Debug, Default)]
pub struct Configuration {
    /// The `sk_dr` block.
    pub settings: Settings,
    /// Provider blocks.
    pub providers: BTreeMap<ProviderRef, Provider>,
    /// Secret blocks.
    pub secrets: BTreeMap<SecretName, SecretSource>,
    /// Resource instances, sorted by address.
    pub resources: Vec<Resource>,
    /// What it claims about itself, in order of evaluation. What does not hold and is no `check` block is a mistake.
    pub checks: Vec<CheckResult>,
    /// Rules of `drift` blocks, by name.
    pub ignores: Vec<IgnoreRule>,
    /// `recovery` blocks, by name.
    pub recoveries: BTreeMap<String, Recovery>,
    /// Output blocks.
    pub outputs: BTreeMap<String, Output>,
    /// `moved` blocks.
    pub moves: Vec<Move>,
    /// `removed` blocks.
    pub removed: Vec<Removed>,
    /// `import` blocks.
    pub imports: Vec<Import>,
    /// The texts, for diagnostics.
    pub sources: SourceMap,
}
