//! Fills holes with bound values, where the engine itself must know what a step writes: to see whether its effect is
//! there, and to find a kubeconfig. Secrets are not read here (R32); what goes out is filled by the clients.

use crate::model::expression::{Bindings, Expr, HoleSource};
use crate::world::query::{FailureClass, Why};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value as Json;

/// The value of an expression.
///
/// # Errors
/// Where a hole is not bound, or it holds a secret or a function, whose values are not known here.
pub fn fill(expr: &Expr, bindings: &Bindings) -> Result<Json, Why> {
    match expr {
        Expr::Value(value) => Ok(value.clone()),
        Expr::Object(members) => {
            let filled = members
                .iter()
                .map(|(name, member)| Ok((name.clone(), fill(member, bindings)?)));
            filled.collect::<Result<_, Why>>().map(Json::Object)
        }
        Expr::List(members) => members
            .iter()
            .map(|member| fill(member, bindings))
            .collect::<Result<_, Why>>()
            .map(Json::Array),
        Expr::Hole(hole) => bindings
            .get(&hole.source)
            .cloned()
            .ok_or_else(|| unbound(&hole.source)),
        Expr::Secret(name) => Err(no_value(format!(
            "the secret `{}` is not read here",
            name.0
        ))),
        Expr::Concat(parts) => {
            let mut text = String::new();
            for part in parts {
                match fill(part, bindings)? {
                    Json::String(part) => text.push_str(&part),
                    part @ (Json::Bool(_) | Json::Number(_)) => text.push_str(&part.to_string()),
                    Json::Null | Json::Array(_) | Json::Object(_) => {
                        return Err(no_value("a part of a text is no text".to_owned()));
                    }
                }
            }
            Ok(Json::String(text))
        }
        Expr::Call {
            function,
            arguments,
        } if function == "base64encode" && arguments.len() == 1 => {
            let text = arguments
                .iter()
                .map(|argument| fill_text(argument, bindings));
            let text = text.collect::<Result<String, Why>>()?;
            Ok(STANDARD.encode(text).into())
        }
        Expr::Call { function, .. } => Err(no_value(format!(
            "the function `{function}` is not applied here"
        ))),
    }
}

/// The value of an expression that must be a text.
///
/// # Errors
/// As [`fill`], and where it is no text.
pub fn fill_text(expr: &Expr, bindings: &Bindings) -> Result<String, Why> {
    match fill(expr, bindings)? {
        Json::String(text) => Ok(text),
        other @ (Json::Null
        | Json::Bool(_)
        | Json::Number(_)
        | Json::Array(_)
        | Json::Object(_)) => Err(no_value(format!("{other} is no text"))),
    }
}

fn unbound(source: &HoleSource) -> Why {
    no_value(match source {
        HoleSource::Resource { address, attribute } => {
            format!("`{address}.{attribute}` is not known yet")
        }
        HoleSource::ProviderIdentity(provider) => {
            format!("the identity of provider `{provider}` is not known yet")
        }
        HoleSource::Run => "the run has no id yet".to_owned(),
    })
}

fn no_value(message: String) -> Why {
    Why {
        class: FailureClass::Value,
        message,
    }
}
