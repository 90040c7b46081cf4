//! The blocks of a configuration, sorted by what they declare, before anything in them is evaluated.

use super::library::ModuleIndex;
use super::syntax::{Attribute, Body, Expression, Name};
use super::types::Type;
use crate::diag::Span;
use crate::model::address::{Address, Target};
use crate::model::identity::ProviderRef;
use crate::model::ignore::IgnoreRule;
use crate::model::journal_place::JournalPlace;
use crate::model::recovery::Recovery;
use crate::model::resource::{AllowedLint, Fate, IgnoreChanges};
use crate::model::schema::Schema;
use crate::model::secret::SecretSource;
use crate::model::value::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a module is to the configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    /// The directory that the program was started for.
    #[default]
    Root,
    /// That too, but nothing in it belongs to a root: a module, looked at without whoever calls it.
    Alone,
    /// Some `module` block names its directory.
    Called,
}

/// Everything declared in one directory.
#[derive(Debug, Default)]
pub struct Module {
    /// What it is to the configuration.
    pub role: Role,
    /// Its directory as seen from the root's: `.`, `modules/app`, `builtin:application-files@1`.
    pub directory: Arc<str>,
    /// Whether there are files, and all of them could be read.
    pub is_whole: bool,
    /// `sk_dr`.
    pub settings: Option<SettingsBlock>,
    /// `provider`.
    pub providers: BTreeMap<ProviderRef, ProviderBlock>,
    /// `variable`.
    pub variables: BTreeMap<Arc<str>, VariableBlock>,
    /// Arguments of `locals`.
    pub locals: BTreeMap<Arc<str>, Attribute>,
    /// `output`.
    pub outputs: BTreeMap<Arc<str>, OutputBlock>,
    /// `secret`.
    pub secrets: BTreeMap<Arc<str>, SecretBlock>,
    /// `check`.
    pub checks: BTreeMap<Arc<str>, CheckBlock>,
    /// `resource`.
    pub resources: BTreeMap<ResourceName, ResourceBlock>,
    /// `ignore` in `drift`.
    pub ignores: BTreeMap<Arc<str>, IgnoreBlock>,
    /// `recovery`.
    pub recoveries: BTreeMap<Arc<str>, RecoveryBlock>,
    /// `module`.
    pub calls: BTreeMap<Arc<str>, CallBlock>,
    /// `moved`.
    pub moved: Vec<MovedBlock>,
    /// `removed`.
    pub removed: Vec<RemovedBlock>,
    /// `import`.
    pub imports: Vec<ImportBlock>,
}

/// `drift { ignore "NAME" { } }`.
#[derive(Debug)]
pub struct IgnoreBlock {
    /// The rule, where it is a good one.
    pub rule: Option<IgnoreRule>,
    /// The header.
    pub header: Span,
}

/// `recovery "NAME" { }`.
#[derive(Debug)]
pub struct RecoveryBlock {
    /// What it declares, where it is a good one.
    pub recovery: Option<Recovery>,
    /// The header.
    pub header: Span,
    /// Providers that it calls lost.
    pub lost: Vec<(ProviderRef, Span)>,
    /// Everything else that it names.
    pub targets: Vec<(Target, Span)>,
}

/// Type and name of a resource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ResourceName {
    /// Its type.
    pub kind: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
}

impl ResourceName {
    /// The address of all its instances.
    pub fn address(&self) -> Address {
        Address::new(self.kind.as_ref(), self.name.as_ref())
    }
}

/// `journal { }`.
#[derive(Clone, Debug)]
pub struct DeclaredJournal {
    /// Where it is.
    pub place: JournalPlace,
    /// Where that stands in the text: of a bucket, its provider.
    pub span: Span,
}

/// `sk_dr { }`.
#[derive(Debug)]
pub struct SettingsBlock {
    /// `stack`, where it is a good name.
    pub stack: Option<String>,
    /// `journal { }`.
    pub journal: Option<DeclaredJournal>,
    /// `allow_lint`.
    pub allowed_lints: Vec<AllowedLint>,
    /// The header.
    pub header: Span,
}

/// `provider "kubernetes" { }`.
#[derive(Debug)]
pub struct ProviderBlock {
    /// Everything but `alias`.
    pub body: Body,
    /// The header.
    pub header: Span,
}

/// `variable "name" { }`.
#[derive(Debug)]
pub struct VariableBlock {
    /// The header.
    pub header: Span,
    /// Its type.
    pub variable_type: Type,
    /// Whether `type` is given: without, a `-var` is a plain text.
    pub typed: bool,
    /// Its default, converted.
    pub default: Option<Value>,
    /// Whether null may be given.
    pub nullable: bool,
    /// Whether it is not shown.
    pub sensitive: bool,
    /// What its value must fulfil.
    pub validations: Vec<Condition>,
    /// A mistake in the block makes its value unusable.
    pub broken: bool,
}

/// `validation { }`, `assert { }`, `precondition { }`, `postcondition { }`.
#[derive(Debug)]
pub struct Condition {
    /// What must be true.
    pub condition: Expression,
    /// What is said where it is not.
    pub message: Expression,
}

/// `check "name" { }`.
#[derive(Debug)]
pub struct CheckBlock {
    /// The header.
    pub header: Span,
    /// What it claims.
    pub assertions: Vec<Condition>,
}

/// `output "name" { }`.
#[derive(Debug)]
pub struct OutputBlock {
    /// The header.
    pub header: Span,
    /// Its value.
    pub value: Expression,
    /// Whether it is not shown.
    pub sensitive: bool,
    /// What it is.
    pub description: Option<String>,
}

/// `secret "name" { }`.
#[derive(Debug)]
pub struct SecretBlock {
    /// Where it is read; `None`: a mistake in the block.
    pub source: Option<SecretSource>,
    /// The header.
    pub header: Span,
}

/// `resource "type" "name" { }`.
#[derive(Debug)]
pub struct ResourceBlock {
    /// Its type, with its place.
    pub kind: Name,
    /// The header.
    pub header: Span,
    /// Its schema; `None`: no such type.
    pub schema: Option<&'static Schema>,
    /// `for_each` or `count`.
    pub repeat: Repeat,
    /// `provider`.
    pub provider: Option<(ProviderRef, Span)>,
    /// `depends_on`.
    pub depends_on: Vec<(Target, Span)>,
    /// `lifecycle { prevent_destroy }`.
    pub prevent_destroy: Option<Expression>,
    /// `lifecycle { precondition { } }`.
    pub preconditions: Vec<Condition>,
    /// `lifecycle { postcondition { } }`.
    pub postconditions: Vec<Condition>,
    /// `lifecycle { ignore_changes }`.
    pub ignore_changes: IgnoreChanges,
    /// Everything else.
    pub body: Body,
}

/// How often a resource is declared.
#[derive(Debug)]
pub enum Repeat {
    /// Once.
    Once,
    /// `count`.
    Count(Expression),
    /// `for_each`.
    ForEach(Expression),
}

/// `module "name" { }`.
#[derive(Debug)]
pub struct CallBlock {
    /// The header.
    pub header: Span,
    /// `source`, with its place; `None`: a mistake in it.
    pub source: Option<Name>,
    /// The module that it names; `None`: it could not be had.
    pub module: Option<ModuleIndex>,
    /// `for_each` or `count`.
    pub repeat: Repeat,
    /// `providers`: what the module calls it, and what it is here.
    pub providers: Vec<(ProviderRef, ProviderRef, Span)>,
    /// `depends_on`.
    pub depends_on: Vec<(Target, Span)>,
    /// Values of the module's variables.
    pub arguments: Vec<Attribute>,
}

/// `moved { }`.
#[derive(Debug)]
pub struct MovedBlock {
    /// The header.
    pub header: Span,
    /// What it was called, as this module names it.
    pub from: (Target, Span),
    /// What it is called.
    pub to: (Target, Span),
}

/// `removed { }`.
#[derive(Debug)]
pub struct RemovedBlock {
    /// The header.
    pub header: Span,
    /// What is not declared any more, as this module names it.
    pub from: (Target, Span),
    /// What becomes of its objects.
    pub fate: Fate,
}

/// `import { }`.
#[derive(Debug)]
pub struct ImportBlock {
    /// The header.
    pub header: Span,
    /// The resource, as this module names it.
    pub to: (Address, Span),
    /// Its instance, where that is no literal.
    pub index: Option<Expression>,
    /// The natural key of the object.
    pub id: Expression,
    /// `for_each`.
    pub repeat: Repeat,
}
