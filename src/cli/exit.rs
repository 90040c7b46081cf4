//! Exit codes (R46). Must not know how a command came to its result.

use crate::plan::document::Plan;
use crate::plan::pinning::BREACHED;
use crate::render::text::{Counts, Drift};

/// How a command ended, for the shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// 0: done, or no changes.
    Done,
    /// 1: an error; for `plan` and `drift` anything unknown or blocked: a broken check is not drift.
    Error,
    /// 2: changes, with `-detailed-exitcode`; drift.
    Changes,
    /// 3: the plan is stale, or this is another cluster.
    Stale,
    /// 4: somebody holds the lock, or a recovery or run is open.
    Locked,
    /// 5: an objective is breached.
    Breached,
    /// 6: some effect, and not all done.
    Partial,
}

impl Exit {
    /// All, in order of their codes.
    pub const ALL: [Exit; 7] = [
        Exit::Done,
        Exit::Error,
        Exit::Changes,
        Exit::Stale,
        Exit::Locked,
        Exit::Breached,
        Exit::Partial,
    ];

    /// The number.
    pub const fn code(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::Error => 1,
            Exit::Changes => 2,
            Exit::Stale => 3,
            Exit::Locked => 4,
            Exit::Breached => 5,
            Exit::Partial => 6,
        }
    }

    /// The code that the engine names; a number that is none of ours is an error.
    pub fn of_code(code: u8) -> Exit {
        Self::ALL
            .into_iter()
            .find(|exit| exit.code() == code)
            .unwrap_or(Exit::Error)
    }

    /// What a wrapper should take it for where several hold; lower wins.
    const fn rank(self) -> u8 {
        match self {
            Exit::Error => 0,
            Exit::Partial => 1,
            Exit::Locked => 2,
            Exit::Stale => 3,
            Exit::Breached => 4,
            Exit::Changes => 5,
            Exit::Done => 6,
        }
    }
}

/// One code where several hold: 1, 4, 3, 5, 2, 0 for `plan`, `drift` and `status`.
pub fn combine(exits: impl IntoIterator<Item = Exit>) -> Exit {
    exits
        .into_iter()
        .min_by_key(|exit| exit.rank())
        .unwrap_or(Exit::Done)
}

/// Whether `plan` tells changes by its exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// `-detailed-exitcode`.
    Detailed,
    /// Without it.
    Coarse,
}

/// Of a plan. What is held back is no change: apply would do nothing about it, and a nightly job would apply for ever.
pub fn of_plan(plan: &Plan, detail: Detail) -> Exit {
    let blocked = if plan.applyable && !plan.is_blind() {
        Exit::Done
    } else {
        Exit::Error
    };
    let changes = match detail {
        Detail::Detailed if Counts::of(plan) != Counts::default() => Exit::Changes,
        Detail::Detailed | Detail::Coarse => Exit::Done,
    };
    let is_breached = plan.findings.iter().any(|one| one.code == BREACHED);
    let objectives = if is_breached {
        Exit::Breached
    } else {
        Exit::Done
    };
    combine([blocked, changes, objectives])
}

/// Of a drift. Here what is held back counts: it is there and not declared.
pub fn of_drift(plan: &Plan) -> Exit {
    let drift = Drift::of(plan);
    let unknown = if plan.applyable && drift.unknown == 0 && !plan.is_blind() {
        Exit::Done
    } else {
        Exit::Error
    };
    combine([
        unknown,
        if drift.is_there() {
            Exit::Changes
        } else {
            Exit::Done
        },
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::fixture::{node, plan};
    use serde_json::{Value as Json, json};

    #[test]
    fn codes_are_what_scripts_were_told() {
        assert_eq!(Exit::ALL.map(Exit::code), [0, 1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn precedence() {
        use Exit::{Breached, Changes, Done, Error, Locked, Stale};
        let order = [Error, Locked, Stale, Breached, Changes, Done];
        for (at, first) in order.iter().enumerate() {
            for second in order.iter().skip(at) {
                assert_eq!(
                    combine([*first, *second]),
                    *first,
                    "{first:?} before {second:?}"
                );
                assert_eq!(
                    combine([*second, *first]),
                    *first,
                    "{first:?} before {second:?}"
                );
            }
        }
        assert_eq!(combine([]), Done);
    }

    /// (plan, plan -detailed-exitcode, drift) of a plan with these members.
    fn check(members: Json, expected: (u8, u8, u8)) {
        let plan = plan(members);
        let found = (
            of_plan(&plan, Detail::Coarse),
            of_plan(&plan, Detail::Detailed),
            of_drift(&plan),
        );
        assert_eq!((found.0.code(), found.1.code(), found.2.code()), expected);
    }

    #[test]
    fn of_plans() {
        check(json!({}), (0, 0, 0));
        check(
            json!({"nodes": [node(json!({"action": "create"}))]}),
            (0, 2, 2),
        );
        check(
            json!({"nodes": [node(json!({"importing": true}))]}),
            (0, 2, 2),
        );
        let blocked = node(json!({"action": "no_op", "state": "blocked"}));
        check(
            json!({"applyable": false, "nodes": [blocked.clone()]}),
            (1, 1, 1),
        );
        check(
            json!({"applyable": false, "nodes": [blocked, node(json!({"action": "create"}))]}),
            (1, 1, 1),
        );
        let held = json!({"address": "velero_schedule.shop", "action": "delete", "reason": "", "losses": [], "consent": null});
        check(json!({"held_back": [held]}), (0, 0, 2));
        let breach =
            json!({"code": "objective-breached", "address": null, "summary": "", "detail": ""});
        check(json!({"findings": [breach]}), (5, 5, 0));
        let unswept = |weight| json!({"unswept": [{"provider": "kubernetes", "resource": "x", "reason": "", "class": "forbidden", "weight": weight}]});
        check(unswept("note"), (0, 0, 0));
        check(unswept("error"), (1, 1, 1));
    }
}
