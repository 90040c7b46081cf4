//! Conditions: of `check` blocks, of resources, of variables. One that needs a value known only after apply cannot be
//! told here, and nothing evaluates it later: values of live objects are found after the language has done its work, and
//! apply decides nothing (R30).

use super::Builder;
use crate::diag::{Diagnostic, Span};
use crate::lang::coerce;
use crate::lang::evaluate::Failed;
use crate::lang::evaluate::scope::Scope;
use crate::lang::module::{Condition, ResourceBlock};
use crate::model::address::Address;
use crate::model::checks::{CheckResult, CheckSubject};
use crate::model::value::{Members, Value};
use std::sync::Arc;

/// Code of a diagnostic about a value that is known only after apply.
const LATER: &str = "unknown-used";

/// Whether a condition holds.
pub(super) enum Held {
    /// It does.
    Yes,
    /// It does not, with what the configuration says about it.
    No(String),
    /// It cannot be told, and why.
    Later(String),
}

impl Builder<'_, '_, '_> {
    /// Whether a condition holds. `what` names it in mistakes.
    pub(super) fn condition(
        &mut self,
        condition: &Condition,
        scope: &Scope<'_>,
        what: &str,
    ) -> Result<Held, Failed> {
        let before = self.evaluator.diagnostics.len();
        let span = condition.condition.span;
        let value = self.evaluator.whole(&condition.condition, scope);
        match value.and_then(|value| self.evaluator.truth(&value, span, what)) {
            Ok(true) => Ok(Held::Yes),
            Ok(false) => Ok(Held::No(self.message(condition, scope))),
            Err(Failed) => self.later(before).map(Held::Later).ok_or(Failed),
        }
    }

    /// Why a condition cannot be told, where that is all that was found.
    fn later(&mut self, before: usize) -> Option<String> {
        let found = self.evaluator.diagnostics.get(before..)?;
        if !found.iter().all(|one| one.code == LATER) {
            return None;
        }
        let found = self.evaluator.diagnostics.split_off(before);
        found.into_iter().next().map(|one| one.detail)
    }

    /// What is said about a condition that does not hold. That it does not must not be lost with a message that has no value.
    fn message(&mut self, condition: &Condition, scope: &Scope<'_>) -> String {
        let before = self.evaluator.diagnostics.len();
        let said = self.evaluator.whole(&condition.message, scope);
        let text = said
            .ok()
            .filter(|message| !message.shape().sensitive)
            .and_then(|message| coerce::text(&message));
        self.evaluator.diagnostics.truncate(before);
        text.map_or_else(
            || "The condition does not hold; what is said about it cannot be shown.".to_owned(),
            |text| text.to_string(),
        )
    }

    /// Every `check` block.
    pub(super) fn checks(&mut self) {
        let module = self.module;
        for (name, check) in &module.checks {
            let (mut problems, mut open) = (Vec::new(), Vec::new());
            let mut is_whole = true;
            for assertion in &check.assertions {
                let before = self.evaluator.diagnostics.len();
                match self.condition(
                    assertion,
                    &Scope::CONFIGURATION,
                    "the condition of an `assert`",
                ) {
                    Ok(Held::Yes) => {}
                    Ok(Held::No(message)) => problems.push(message),
                    Ok(Held::Later(why)) => open.push(why),
                    Err(Failed) => is_whole = false,
                }
                for found in self.evaluator.diagnostics.iter_mut().skip(before) {
                    found.context.get_or_insert(check.header);
                }
            }
            if is_whole {
                let subject = CheckSubject::Block(self.told(name));
                let result = CheckResult::new(subject, problems, open);
                self.configuration.checks.push(result);
            }
        }
    }

    /// The conditions of an instance. `seen` is what others see of it, and what it sees as `self` afterwards.
    pub(super) fn instance_conditions(
        &mut self,
        block: &ResourceBlock,
        address: &Address,
        scope: &Scope<'_>,
        seen: &Members,
    ) -> Result<(), Failed> {
        if block.preconditions.is_empty() && block.postconditions.is_empty() {
            return Ok(());
        }
        let itself: [(Arc<str>, Value); 1] =
            ["self".into()].map(|name| (name, Value::object(seen.clone())));
        let after = scope.inner(&itself);
        let before = block
            .preconditions
            .iter()
            .map(|one| (one, "precondition", scope));
        let behind = block
            .postconditions
            .iter()
            .map(|one| (one, "postcondition", &after));
        let mut open = Vec::new();
        let mut all = Ok(());
        for (condition, what, scope) in before.chain(behind) {
            let title = format!("the condition of a `{what}`");
            match self.condition(condition, scope, &title) {
                Ok(Held::Yes) => {}
                Ok(Held::No(message)) => {
                    self.report(broken(what, &message, condition.condition.span));
                    all = Err(Failed);
                }
                Ok(Held::Later(why)) => open.push(why),
                Err(Failed) => all = Err(Failed),
            }
        }
        if all.is_ok() {
            let subject = CheckSubject::Resource(address.clone());
            let result = CheckResult::new(subject, Vec::new(), open);
            self.configuration.checks.push(result);
        }
        all
    }
}

fn broken(what: &'static str, message: &str, span: Span) -> Diagnostic {
    let (code, summary) = match what {
        "precondition" => ("precondition-failed", "Resource precondition failed"),
        _ => ("postcondition-failed", "Resource postcondition failed"),
    };
    Diagnostic::error(code, summary, message).at(span)
}
