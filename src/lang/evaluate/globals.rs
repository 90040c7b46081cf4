//! What has been evaluated so far in one module: variables, locals, resources, outputs of the modules it calls.
//! Everything declared has its place from the start.

use crate::model::address::{Address, InstanceKey, ModulePath};
use crate::model::value::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A value that may not be there.
#[derive(Clone, Debug)]
pub enum Slot {
    /// It is.
    Ready(Value),
    /// A mistake was found on the way and is reported already.
    Failed,
}

/// A value with the resources it came from, so that who uses it depends on them.
#[derive(Clone, Debug)]
pub struct Traced {
    /// The value.
    pub slot: Slot,
    /// Where it came from.
    pub references: Arc<BTreeSet<Address>>,
}

/// How the instances of a resource or module are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repetition {
    /// There is one.
    Single,
    /// `count`: a list.
    Count,
    /// `for_each`: a map.
    ForEach,
}

/// A resource as other expressions see it.
#[derive(Clone, Debug)]
pub struct ResourceSlot {
    /// An object, a list of objects or a map of objects.
    pub slot: Slot,
    /// Which of them.
    pub repetition: Repetition,
}

/// Outputs by name, as far as they are evaluated.
pub type Outputs = BTreeMap<Arc<str>, Traced>;

/// A called module as other expressions see it.
#[derive(Debug)]
pub struct CallSlot {
    /// How its instances are told apart.
    pub repetition: Repetition,
    /// Outputs of each instance; `None`: how often it is called could not be had.
    pub instances: Option<BTreeMap<Option<InstanceKey>, Outputs>>,
}

/// Everything evaluated so far in an instance of a module, by name.
#[derive(Debug, Default)]
pub struct Globals {
    /// The calls that lead here.
    pub module: ModulePath,
    /// `path.module`.
    pub directory: Arc<str>,
    /// `var`.
    pub variables: BTreeMap<Arc<str>, Traced>,
    /// `local`.
    pub locals: BTreeMap<Arc<str>, Traced>,
    /// `secret`.
    pub secrets: BTreeSet<Arc<str>>,
    /// By type, then name.
    pub resources: BTreeMap<Arc<str>, BTreeMap<Arc<str>, ResourceSlot>>,
    /// `module`.
    pub calls: BTreeMap<Arc<str>, CallSlot>,
}
