//! Waiting for what a step waits for: the same question again and again until the condition says ready, never, or the
//! limit passes. Must not know how a step is written.

use super::judgement::text;
use super::outside::Outside;
use super::places::Places;
use crate::model::condition::{Condition, Judgement, Wait, judge, written_at};
use crate::plan::document::Step;
use crate::plan::event::Event;
use crate::world::op::Ground;
use crate::world::query::{Answer, Fact, FailureClass, Query, Why};
use jiff::Timestamp;
use serde_json::Value as Json;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Short, because of many steps only some hold no place while they wait: with a whole second, ten places make ten schedules
/// a second.
const FIRST_DELAY: Duration = Duration::from_millis(100);
const LONGEST_DELAY: Duration = Duration::from_secs(5);
/// A wait whose reason does not change is told this often.
const TELL_AGAIN: Duration = Duration::from_secs(10);

/// What is waited on.
pub struct Subject<'a> {
    /// The step.
    pub step: &'a Step,
    /// The question about its object.
    pub query: &'a Query,
    /// The object as the write returned it, or as a probe found it; null where there is none.
    pub object: Json,
    /// Where it gives its place to others.
    pub places: &'a Places,
}

/// How long is waited between two questions: longer and longer.
pub struct Rhythm(Duration);

impl Default for Rhythm {
    fn default() -> Self {
        Self(FIRST_DELAY)
    }
}

impl Rhythm {
    /// Until the next question.
    pub fn next(&mut self) -> Duration {
        let now = self.0;
        self.0 = (now * 2).min(LONGEST_DELAY);
        now
    }
}

/// Waits until the condition holds; returns the object that fulfils it.
///
/// # Errors
/// [`FailureClass::Wait`] with the server's reason, at once where the condition never will hold, else at the limit.
pub async fn wait_for(
    outside: &dyn Outside,
    telling: &dyn Fn(Event),
    wait: &Wait,
    subject: Subject<'_>,
) -> Result<Json, Why> {
    let begun = Instant::now();
    let limit = Duration::from_secs(wait.limit_s);
    let written_at = written_at(&subject.object).unwrap_or_else(|| outside.now());
    let written_uid = match &subject.step.ground {
        Ground::Present { uid, .. } => uid.clone(),
        Ground::Absent
        | Ground::AbsentAtFirstTouch
        | Ground::AbsentOrKept
        | Ground::AnyAtFirstTouch
        | Ground::OfStep(_) => text(&subject.object, "/metadata/uid"),
    };
    let mut teller = Teller {
        telling,
        step: subject.step,
        begun,
        limit,
        last: None,
    };
    let mut rhythm = Rhythm::default();
    let mut resting = None;
    let mut stood = (begun, String::new());
    // What the write returned answers the first question, but for conditions that ask something else than it shows.
    let mut answer = match &wait.condition {
        Condition::Gone | Condition::ClusterAnswers => outside.answer(subject.query).await,
        Condition::NamespaceActive
        | Condition::LocationAvailable
        | Condition::ScheduleEnabled
        | Condition::Established
        | Condition::RolledOut
        | Condition::Fields(_)
        | Condition::Status(_)
        | Condition::RestoreEnded
        | Condition::BackupEnded => Answer::Present(Fact::Object(subject.object)),
    };
    loop {
        let pending = match weigh(&wait.condition, &answer, &written_uid, written_at) {
            Judgement::Ready => return Ok(object_of(answer)),
            Judgement::Failed(reason) => {
                return Err(Why {
                    class: FailureClass::Wait,
                    message: reason,
                });
            }
            Judgement::Pending(reason) => reason,
        };
        let is_told = matches!(answer, Answer::Present(_));
        if wait.condition.is_of_progress() && is_told && stood.1 != pending {
            stood = (Instant::now(), pending.clone());
        }
        let elapsed = stood.0.elapsed();
        if elapsed >= limit {
            let message = match wait.condition.is_of_progress() {
                true => format!("stuck: nothing moved for {}s: {pending}", wait.limit_s),
                false => format!("not done within {}s: {pending}", wait.limit_s),
            };
            return Err(Why {
                class: FailureClass::Wait,
                message,
            });
        }
        teller.tell(pending);
        resting.get_or_insert_with(|| subject.places.rest());
        sleep(rhythm.next().min(limit - elapsed)).await;
        answer = outside.answer(subject.query).await;
    }
}

/// Holds an answer against a condition. Unknown is pending, with its reason: a silent server proves nothing.
fn weigh(
    condition: &Condition,
    answer: &Answer,
    written_uid: &str,
    written_at: Timestamp,
) -> Judgement {
    match answer {
        Answer::Unknown(why) => Judgement::Pending(why.message.clone()),
        Answer::Absent => judge(condition, None, written_at),
        Answer::NotServed if *condition == Condition::Gone => Judgement::Ready,
        Answer::NotServed => Judgement::Pending("the API does not serve this type".to_owned()),
        // A cluster that answers is all that is asked for.
        Answer::Present(_) if *condition == Condition::ClusterAnswers => Judgement::Ready,
        Answer::Present(Fact::List(_) | Fact::Blobs(_) | Fact::Bytes(_)) => Judgement::Pending(
            "something else was answered where one object was asked for".to_owned(),
        ),
        Answer::Present(Fact::Object(object)) => {
            let now = text(object, "/metadata/uid");
            let other = !written_uid.is_empty() && !now.is_empty() && now != written_uid;
            match (condition, other) {
                (Condition::Gone, true) => Judgement::Ready,
                (_, true) => Judgement::Failed(format!(
                    "it was replaced meanwhile: its UID was {written_uid}, now it is {now}"
                )),
                (_, false) => judge(condition, Some(object), written_at),
            }
        }
    }
}

fn object_of(answer: Answer) -> Json {
    match answer {
        Answer::Present(Fact::Object(object)) => object,
        Answer::Present(Fact::List(_) | Fact::Blobs(_) | Fact::Bytes(_))
        | Answer::Absent
        | Answer::NotServed
        | Answer::Unknown(_) => Json::Null,
    }
}

/// Tells a reason when it changes, and now and then that it did not.
pub struct Teller<'a> {
    /// Where to.
    pub telling: &'a dyn Fn(Event),
    /// Whose wait.
    pub step: &'a Step,
    /// Since when.
    pub begun: Instant,
    /// Until when, at most.
    pub limit: Duration,
    /// What was told last, and when.
    pub last: Option<(String, Instant)>,
}

impl Teller<'_> {
    /// Tells, where there is something to tell.
    pub fn tell(&mut self, reason: String) {
        if self
            .last
            .as_ref()
            .is_some_and(|(told, at)| *told == reason && at.elapsed() < TELL_AGAIN)
        {
            return;
        }
        (self.telling)(Event::StepWaiting {
            step: self.step.id.clone(),
            address: self.step.node.clone(),
            text: reason.clone(),
            elapsed: self.begun.elapsed(),
            limit: self.limit,
        });
        self.last = Some((reason, Instant::now()));
    }
}
