//! Programs of a plan: what they are started with, and what their end means. Must not know what they do.

use super::guard::Start;
use super::local::program::{self, Ended, Program};
use super::op::LocalOp;
use super::query::{Effect, FailureClass, Why};
use super::{Bound, PROGRAM_LIMIT, World, local};
use crate::model::expression::Expr;
use serde_json::Value as Json;
use std::collections::BTreeMap;

impl World {
    pub(super) async fn run(&self, op: &LocalOp, bound: &Bound) -> Effect {
        let refuse = |class, message: String| Effect::Refused(Why { class, message });
        if op.command.iter().any(|word| !word.secrets().is_empty()) {
            let message =
                "a secret in a command would show in the process list; hand it over by environment"
                    .to_owned();
            return refuse(FailureClass::Value, message);
        }
        let command = Expr::list(op.command.clone());
        let environment = Expr::object(op.environment.clone());
        let exposed = match (
            self.expose(&command, &bound.bindings).await,
            self.expose(&environment, &bound.bindings).await,
        ) {
            (Ok(command), Ok(environment)) => (command, environment),
            (Err(why), _) | (_, Err(why)) => return Effect::Refused(why),
        };
        let (Some(words), Some(declared)) =
            (texts(exposed.0.value()), variables(exposed.1.value()))
        else {
            return refuse(
                FailureClass::Value,
                "command and environment take texts, numbers and booleans only".to_owned(),
            );
        };
        let set: Vec<String> = declared.keys().cloned().collect();
        let mut environment = local::handed_on(&self.doors.environment);
        environment.extend(declared);
        let directory = self.doors.directory.clone();
        let name = words.first().map_or("", String::as_str);
        if let Some(file) = local::find_program(name, &environment, &directory) {
            let start = Start {
                words: &words,
                file: &file,
                environment: &set,
            };
            if let Err(message) = self.doors.guard.start(start) {
                return refuse(FailureClass::Program, message);
            }
        }
        let program = Program {
            words,
            environment,
            directory,
            limit: bound.limit.unwrap_or(PROGRAM_LIMIT),
        };
        match program::run(&program, &exposed.1.redactor().and(&self.known)).await {
            Ended::Well => Effect::Done(Json::Null),
            Ended::NotStarted(message) | Ended::Failed(message) => {
                refuse(FailureClass::Program, message)
            }
            Ended::Overdue(message) => Effect::InDoubt(Why {
                class: FailureClass::Wait,
                message,
            }),
        }
    }
}

fn text(value: &Json) -> Option<String> {
    match value {
        Json::String(text) => Some(text.clone()),
        scalar @ (Json::Number(_) | Json::Bool(_)) => Some(scalar.to_string()),
        Json::Null | Json::Array(_) | Json::Object(_) => None,
    }
}

fn texts(list: &Json) -> Option<Vec<String>> {
    list.as_array()?.iter().map(text).collect()
}

fn variables(map: &Json) -> Option<BTreeMap<String, String>> {
    map.as_object()?
        .iter()
        .map(|(name, value)| Some((name.clone(), text(value)?)))
        .collect()
}
