//! Findings of a plan: what is allowed and still deserves a word. One file per check, all in the list below.
//! A finding never changes what a plan does.

mod bucket_not_examined;
mod location_moves;

use crate::plan::document::{Finding, Plan};

/// A check.
pub type Check = fn(&Plan) -> Vec<Finding>;

/// Every check.
pub const CHECKS: &[Check] = &[bucket_not_examined::check, location_moves::check];

/// All findings of a plan, in the order of the checks.
pub fn findings(plan: &Plan) -> Vec<Finding> {
    CHECKS.iter().flat_map(|check| check(plan)).collect()
}
