//! What has been evaluated so far: variables, locals, resources. Everything declared has its place from the start.

use crate::model::address::Address;
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

/// A local with the resources it came from, so that who uses it depends on them.
#[derive(Clone, Debug)]
pub struct Local {
    /// Its value.
    pub slot: Slot,
    /// Where it came from.
    pub references: Arc<BTreeSet<Address>>,
}

/// How a resource's instances are told apart.
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

/// Everything evaluated so far, by name.
#[derive(Debug, Default)]
pub struct Globals {
    /// `var`.
    pub variables: BTreeMap<Arc<str>, Slot>,
    /// `local`.
    pub locals: BTreeMap<Arc<str>, Local>,
    /// `secret`.
    pub secrets: BTreeSet<Arc<str>>,
    /// By type, then name.
    pub resources: BTreeMap<Arc<str>, BTreeMap<Arc<str>, ResourceSlot>>,
}
