//! Snapshots of every text.

mod around;
mod plans;
mod runs;

use super as text_of;
use crate::plan::drift::Drifted;
use crate::render::fixture::{node, plan};
use crate::render::style::Dress;
use serde_json::{Value as Json, json};

/// The plan with this one node, as text.
fn text(members: Json) -> String {
    text_of::plan(&plan(json!({"nodes": [node(members)]})), Dress::default())
}

/// The drift of the plan with this one node, as text.
fn drift(members: Json) -> String {
    let found = Drifted {
        plan: plan(json!({"nodes": [node(members)]})),
        ignored: Vec::new(),
    };
    text_of::drift(&found, Dress::default())
}
