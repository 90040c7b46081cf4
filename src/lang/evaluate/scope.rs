//! Names that are bound where an expression stands: loop variables, `each`, `count`, variables of a template file.

use crate::model::value::Value;
use std::sync::Arc;

/// What lies outside of a scope.
#[derive(Clone, Copy)]
enum Outside<'s> {
    /// The configuration.
    Configuration,
    /// Nothing: a template file sees its variables only.
    Nothing,
    /// Another scope.
    Scope(&'s Scope<'s>),
}

/// Names with their values; those inside hide those outside.
#[derive(Clone, Copy)]
pub struct Scope<'s> {
    names: &'s [(Arc<str>, Value)],
    outside: Outside<'s>,
}

impl<'s> Scope<'s> {
    /// Nothing bound: a local or an output.
    pub const CONFIGURATION: Scope<'static> = Scope {
        names: &[],
        outside: Outside::Configuration,
    };

    /// Names bound in the configuration: `each`, `count`.
    pub fn of(names: &'s [(Arc<str>, Value)]) -> Self {
        Scope {
            names,
            outside: Outside::Configuration,
        }
    }

    /// Names and nothing else.
    pub fn sealed(names: &'s [(Arc<str>, Value)]) -> Self {
        Scope {
            names,
            outside: Outside::Nothing,
        }
    }

    /// More names inside of this scope.
    pub fn inner(&'s self, names: &'s [(Arc<str>, Value)]) -> Self {
        Scope {
            names,
            outside: Outside::Scope(self),
        }
    }

    /// The value of a name.
    pub fn get(&self, name: &str) -> Option<&'s Value> {
        let mut scope: Scope<'s> = *self;
        loop {
            if let Some((_, value)) = scope.names.iter().find(|(bound, _)| bound.as_ref() == name) {
                return Some(value);
            }
            match scope.outside {
                Outside::Configuration | Outside::Nothing => return None,
                Outside::Scope(outside) => scope = *outside,
            }
        }
    }

    /// Whether `var`, `local` and resources can be seen.
    pub fn sees_configuration(&self) -> bool {
        let mut scope = *self;
        loop {
            match scope.outside {
                Outside::Configuration => return true,
                Outside::Nothing => return false,
                Outside::Scope(outside) => scope = *outside,
            }
        }
    }
}
