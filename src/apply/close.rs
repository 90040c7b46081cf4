//! `runs close`: gives up an open run. What is in doubt is asked about and recorded; nothing is sent (R44).

use super::ending::end;
use super::footing::footed;
use super::judgement::{Bearing, Touch};
use super::outcome::{ApplyError, RunReport};
use super::outside::Outside;
use super::places::Places;
use super::providers::{check_known, first_touch, provider_of};
use super::resume::Resumed;
use super::settle::bindings;
use super::step::{History, Prepared, StepTask, bindings_of};
use super::writer::Writer;
use crate::journal::record::{Entry, Holder, RunOutcome};
use crate::journal::status::{RunState, StepStatus};
use crate::journal::store::Store;
use crate::model::expression::HoleSource;
use crate::model::identity::Instance;
use crate::plan::document::{Plan, Step};
use crate::plan::event::Event;
use crate::world::op::Op;
use crate::world::query::{FailureClass, Query, Why};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// Everything that closing needs.
pub struct Closing<'a> {
    /// The outside; only asked.
    pub outside: &'a dyn Outside,
    /// Where the journal is.
    pub store: &'a dyn Store,
    /// The run, taken over.
    pub resumed: Resumed,
    /// Hears what is found.
    pub events: &'a mut dyn FnMut(Event),
    /// Who closes.
    pub holder: Holder,
}

/// Closes a run as abandoned. What cannot be told stays in doubt in the report and in its journal.
///
/// # Errors
/// Where the journal cannot be written.
pub async fn close(closing: Closing<'_>) -> Result<RunReport, ApplyError> {
    let Closing {
        outside,
        store,
        resumed: Resumed {
            run,
            plan,
            mut state,
        },
        events,
        holder,
    } = closing;
    let events = std::cell::RefCell::new(events);
    let telling = move |event| (events.borrow_mut())(event);
    state.bindings.insert(HoleSource::Run, run.clone().into());
    let mut doubts = BTreeMap::new();
    let mut entries = Vec::new();
    for step in plan
        .steps
        .iter()
        .filter(|step| state.status(&step.id) == StepStatus::InDoubt)
    {
        match found(step, look(outside, &plan, &state, step, &telling).await) {
            Ok(entry) => entries.push(entry),
            Err(doubt) => {
                doubts.insert(step.id.clone(), doubt);
            }
        }
    }
    let writer = Writer { store, run, holder };
    writer
        .append(&plan, &mut state, entries, outside.now())?
        .await?;
    let ended = (Vec::new(), RunOutcome::Abandoned);
    let warnings = end(&writer, (&plan, &mut state), ended, outside.now()).await?;
    let mut report = RunReport::of(&writer.run, &plan, &state, &doubts);
    report.warnings = warnings;
    Ok(report)
}

/// What was found of a step in doubt, as its entry; or why nothing can be told.
fn found(step: &Step, prepared: Prepared) -> Result<Entry, String> {
    let failed = |class, message| Entry::StepFailed {
        step: step.id.clone(),
        class,
        message,
    };
    match prepared {
        Prepared::There(object) => Ok(Entry::StepDone {
            step: step.id.clone(),
            bindings: bindings(step, &object),
            uid: object
                .pointer("/metadata/uid")
                .and_then(Json::as_str)
                .map(str::to_owned),
        }),
        Prepared::Go(_) => Ok(failed(
            FailureClass::Unavailable,
            "nothing of it is there; the run was closed".to_owned(),
        )),
        Prepared::Failed(why) => Ok(failed(why.class, why.message)),
        Prepared::Unclear(why) => Err(why.message),
    }
}

async fn look(
    outside: &dyn Outside,
    plan: &Plan,
    state: &RunState,
    step: &Step,
    telling: &dyn Fn(Event),
) -> Prepared {
    if let Err(why) = reach(outside, plan, state, step).await {
        return Prepared::Unclear(why);
    }
    let places = Places::default();
    let task = StepTask {
        outside,
        plan,
        step: footed(step, state),
        bindings: bindings_of(&step.op, &state.bindings),
        touch: Touch::Again,
        bearing: plan
            .nodes
            .iter()
            .find(|node| node.address == step.node)
            .map_or(Bearing::Ours, |node| Bearing::of(node, step)),
        first: Vec::new(),
        telling,
        places: &places,
    };
    match &step.op {
        Op::Kube(_) => task.prepare(History::Started).await,
        Op::Await(_) => Prepared::Failed(Why {
            class: FailureClass::Unavailable,
            message: "it was still waited for when the run was closed".to_owned(),
        }),
        // A program is asked about once; waiting its whole limit is for those who want it done.
        Op::Local(op) => match super::step::kubeconfig_of(op, &state.bindings) {
            Err(why) => Prepared::Unclear(why),
            Ok(kubeconfig) => {
                match super::judgement::seen(&outside.answer(&Query::Cluster { kubeconfig }).await)
                {
                    Ok(super::judgement::Seen::Object(object)) => Prepared::There(object.clone()),
                    Ok(super::judgement::Seen::Nothing) => Prepared::Go(None),
                    Err(why) => Prepared::Unclear(why),
                }
            }
        },
    }
}

/// Connects the step's provider and makes sure that it is the same cluster.
pub(super) async fn reach(
    outside: &dyn Outside,
    plan: &Plan,
    state: &RunState,
    step: &Step,
) -> Result<(), Why> {
    let Some(provider) = provider_of(step) else {
        return Ok(());
    };
    let Some(planned) = plan.providers.get(provider) else {
        return Ok(());
    };
    match &planned.instance {
        Instance::Known { .. } | Instance::Store | Instance::Unknown { .. } => {
            let other = |error: ApplyError| Why {
                class: FailureClass::WrongIdentity,
                message: error.to_string(),
            };
            check_known(outside, plan, std::iter::once(step))
                .await
                .map(|_| ())
                .map_err(other)
        }
        Instance::MadeBy(_) | Instance::Lost { .. } => {
            let found = first_touch(outside, provider, planned, &state.bindings).await?;
            match state.identities.get(provider) {
                Some(recorded) if *recorded != found => {
                    let message = format!(
                        "provider `{provider}` was cluster {recorded}, now {found} answers"
                    );
                    Err(Why {
                        class: FailureClass::WrongIdentity,
                        message,
                    })
                }
                Some(_) | None => Ok(()),
            }
        }
    }
}
