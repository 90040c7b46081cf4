//! Closed expressions to values at the moment of use (R30, R32): holes from bindings, secrets from where they are kept.
//! What comes out may hold secrets, so it has no `Debug`, is wiped when dropped, and knows what to strike out of messages.

pub use super::redactor::Redactor;

use super::query::{FailureClass, Why};
use crate::model::expression::{Bindings, Expr, Hole, HoleSource, HoleType};
use crate::model::secret::SecretName;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use zeroize::{Zeroize, Zeroizing};

/// Values of secrets.
pub type SecretValues = BTreeMap<SecretName, Zeroizing<String>>;

/// A value that may hold secrets.
pub struct Exposed {
    value: Json,
    redactor: Redactor,
}

impl Exposed {
    /// The value.
    pub fn value(&self) -> &Json {
        &self.value
    }
    /// What strikes its secrets out of a text.
    pub fn redactor(&self) -> &Redactor {
        &self.redactor
    }
}

impl Drop for Exposed {
    fn drop(&mut self) {
        wipe(&mut self.value);
    }
}

/// The value of an expression.
///
/// # Errors
/// Where a hole is not bound, a secret was not read, or texts are joined with something that is none.
pub fn substitute(
    expr: &Expr,
    bindings: &Bindings,
    secrets: &SecretValues,
) -> Result<Exposed, Why> {
    let used = expr
        .secrets()
        .into_iter()
        .filter_map(|name| secrets.get(name));
    Ok(Exposed {
        redactor: Redactor::new(used),
        value: fill(expr, bindings, secrets)?,
    })
}

fn fill(expr: &Expr, bindings: &Bindings, secrets: &SecretValues) -> Result<Json, Why> {
    match expr {
        Expr::Value(value) => Ok(value.clone()),
        Expr::Object(members) => {
            let filled = members
                .iter()
                .map(|(name, member)| Ok((name.clone(), fill(member, bindings, secrets)?)));
            Ok(Json::Object(filled.collect::<Result<_, Why>>()?))
        }
        Expr::List(members) => Ok(Json::Array(
            members
                .iter()
                .map(|member| fill(member, bindings, secrets))
                .collect::<Result<_, Why>>()?,
        )),
        Expr::Hole(hole) => bound(hole, bindings),
        Expr::Secret(name) => match secrets.get(name) {
            Some(value) => Ok(Json::String(value.as_str().to_owned())),
            None => Err(refuse(format!("secret {} was not read", name.0))),
        },
        Expr::Concat(parts) => {
            let mut text = Zeroizing::new(String::new());
            for part in parts {
                append(&mut text, fill(part, bindings, secrets)?)?;
            }
            Ok(Json::String(text.as_str().to_owned()))
        }
        Expr::Call {
            function,
            arguments,
        } => match (function.as_str(), arguments.as_slice()) {
            ("base64encode", [argument]) => {
                let mut text = Zeroizing::new(String::new());
                append(&mut text, fill(argument, bindings, secrets)?)?;
                Ok(Json::String(STANDARD.encode(text.as_bytes())))
            }
            _ => Err(refuse(format!(
                "function {function} on a value known after apply is not available in this version"
            ))),
        },
    }
}

fn append(text: &mut String, part: Json) -> Result<(), Why> {
    match part {
        Json::String(mut part) => {
            text.push_str(&part);
            part.zeroize();
            Ok(())
        }
        scalar @ (Json::Number(_) | Json::Bool(_)) => {
            text.push_str(&scalar.to_string());
            Ok(())
        }
        Json::Null | Json::Array(_) | Json::Object(_) => {
            Err(refuse("a text is joined with null, a list or an object"))
        }
    }
}

fn bound(hole: &Hole, bindings: &Bindings) -> Result<Json, Why> {
    let value = bindings
        .get(&hole.source)
        .ok_or_else(|| refuse(format!("{} is not known yet", title(&hole.source))))?;
    let fits = match hole.hole_type {
        HoleType::String => value.is_string(),
        HoleType::Number => value.is_number(),
        HoleType::Bool => value.is_boolean(),
    };
    if fits {
        Ok(value.clone())
    } else {
        Err(refuse(format!(
            "{} is bound to a value of another type",
            title(&hole.source)
        )))
    }
}

fn title(source: &HoleSource) -> String {
    match source {
        HoleSource::Resource { address, attribute } => format!("{address}.{attribute}"),
        HoleSource::ProviderIdentity(provider) => format!("the identity of provider {provider}"),
        HoleSource::Run => "the run's id".to_owned(),
    }
}

fn refuse(message: impl Into<String>) -> Why {
    Why {
        class: FailureClass::Value,
        message: message.into(),
    }
}

fn wipe(value: &mut Json) {
    match value {
        Json::String(text) => text.zeroize(),
        Json::Array(members) => members.iter_mut().for_each(wipe),
        Json::Object(members) => members.values_mut().for_each(wipe),
        Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
}
