//! What a contract case is, and how one is run against any server. A case is data: requests and what must come back.
//!
//! In paths, bodies and expectations `$ns` is the case's own namespace and `$id` a name of its own; `bind` adds more.
//! An expectation is a part of the answer: members that it does not name do not matter, lists must match item by item.
//! Texts with a meaning: `$any` (there and not null), `$absent` (not there), `$starts TEXT`, `$has TEXT`.
//! A list that begins with `$unordered` may come in any order.

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Who sends a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// A user with all rights.
    Admin,
    /// A user that may only get and list.
    Reader,
    /// A user without any right.
    Nobody,
    /// A token that no user has.
    Stranger,
    /// No token.
    Anonymous,
}

/// A request.
#[derive(Clone, Debug)]
pub struct Call {
    pub who: Who,
    pub method: &'static str,
    pub path: String,
    pub content_type: &'static str,
    pub body: String,
}

/// An answer: JSON, or text as a JSON string.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub body: Value,
}

/// A server.
#[async_trait]
pub trait Server: Send + Sync {
    /// Sends a request.
    async fn send(&self, call: &Call) -> Reply;
    /// The server's time.
    async fn now(&self) -> Timestamp;
    /// Where Velero's buckets are.
    fn s3(&self) -> String;
    /// Lets so much time pass, by waiting or by moving a clock.
    async fn pass(&self, by: SignedDuration);
}

/// How often a step is tried.
#[derive(Clone, Copy, Debug)]
pub enum How {
    Once,
    /// Until it comes out right, for so many seconds.
    Within(i64),
    /// It must come out right all the time, for so many seconds.
    Throughout(i64),
}

/// A request and what must come back.
#[derive(Clone, Debug)]
pub struct Step {
    call: Call,
    how: How,
    status: u16,
    expected: Value,
    binds: Vec<(&'static str, &'static str)>,
}

/// A case.
pub struct Case {
    pub name: &'static str,
    pub steps: Vec<Step>,
}

pub const JSON: &str = "application/json";
pub const APPLY: &str = "application/apply-patch+yaml";
pub const MERGE: &str = "application/merge-patch+json";
pub const PATCH: &str = "application/json-patch+json";

impl Step {
    fn new(method: &'static str, path: &str, content_type: &'static str, body: &Value) -> Self {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let call = Call {
            who: Who::Admin,
            method,
            path: path.to_owned(),
            content_type,
            body,
        };
        Self {
            call,
            how: How::Once,
            status: 200,
            expected: json!({}),
            binds: Vec::new(),
        }
    }
    pub fn get(path: &str) -> Self {
        Self::new("GET", path, JSON, &Value::Null)
    }
    pub fn post(path: &str, body: Value) -> Self {
        Self::new("POST", path, JSON, &body).gives(201, json!({}))
    }
    pub fn put(path: &str, body: Value) -> Self {
        Self::new("PUT", path, JSON, &body)
    }
    pub fn apply(path: &str, body: Value) -> Self {
        Self::new("PATCH", path, APPLY, &body)
    }
    pub fn merge(path: &str, body: Value) -> Self {
        Self::new("PATCH", path, MERGE, &body)
    }
    pub fn patch(path: &str, body: Value) -> Self {
        Self::new("PATCH", path, PATCH, &body)
    }
    pub fn delete(path: &str, options: Value) -> Self {
        Self::new("DELETE", path, JSON, &options)
    }
    pub fn by(mut self, who: Who) -> Self {
        self.call.who = who;
        self
    }
    pub fn typed(mut self, content_type: &'static str) -> Self {
        self.call.content_type = content_type;
        self
    }
    pub fn gives(mut self, status: u16, expected: Value) -> Self {
        self.status = status;
        self.expected = expected;
        self
    }
    pub fn how(mut self, how: How) -> Self {
        self.how = how;
        self
    }
    pub fn bind(mut self, name: &'static str, pointer: &'static str) -> Self {
        self.binds.push((name, pointer));
        self
    }
}

/// Runs a case; the error says which step came out how.
pub async fn run(case: &Case, server: &dyn Server, id: &str) -> Result<(), String> {
    let mut names = BTreeMap::from([
        ("ns".to_owned(), id.to_owned()),
        ("id".to_owned(), id.to_owned()),
    ]);
    let minute = (server.now().await + SignedDuration::from_secs(70))
        .strftime("%M")
        .to_string();
    names.insert("minute".to_owned(), minute);
    names.insert("s3".to_owned(), server.s3());
    for (number, step) in case.steps.iter().enumerate() {
        step.run(server, &mut names)
            .await
            .map_err(|why| format!("{}: step {}: {why}", case.name, number + 1))?;
    }
    Ok(())
}

impl Step {
    async fn run(
        &self,
        server: &dyn Server,
        names: &mut BTreeMap<String, String>,
    ) -> Result<(), String> {
        let mut call = self.call.clone();
        call.path = fill(&call.path, names);
        call.body = fill(&call.body, names);
        let expected: Value =
            serde_json::from_str(&fill(&self.expected.to_string(), names)).unwrap();
        let (mut left, throughout) = match self.how {
            How::Once => (0, false),
            How::Within(seconds) => (seconds, false),
            How::Throughout(seconds) => (seconds, true),
        };
        loop {
            let reply = server.send(&call).await;
            let outcome = self.judge(&reply, &expected);
            match outcome {
                Ok(()) if throughout && left > 0 => {}
                Ok(()) => {
                    for (name, pointer) in &self.binds {
                        let value = reply
                            .body
                            .pointer(pointer)
                            .ok_or_else(|| format!("no {pointer} to bind"))?;
                        let text = value
                            .as_str()
                            .map_or_else(|| value.to_string(), str::to_owned);
                        names.insert((*name).to_owned(), text);
                    }
                    return Ok(());
                }
                Err(why) if throughout || left <= 0 => {
                    return Err(format!(
                        "{} {} {}: {why}\n  answer {} {}",
                        call.method, call.path, call.body, reply.status, reply.body
                    ));
                }
                Err(_) => {}
            }
            server.pass(SignedDuration::from_secs(1)).await;
            left -= 1;
        }
    }
    fn judge(&self, reply: &Reply, expected: &Value) -> Result<(), String> {
        if reply.status != self.status {
            return Err(format!(
                "status {} instead of {}",
                reply.status, self.status
            ));
        }
        differs(expected, Some(&reply.body), "").map_or(Ok(()), Err)
    }
}

fn fill(text: &str, names: &BTreeMap<String, String>) -> String {
    let mut filled = text.to_owned();
    for (name, value) in names.iter().rev() {
        filled = filled.replace(&format!("${name}"), value);
    }
    filled
}

/// Where an answer does not match an expectation.
fn differs(expected: &Value, found: Option<&Value>, path: &str) -> Option<String> {
    let wrong = || {
        Some(format!(
            "{path}: expected {expected}, found {}",
            found.unwrap_or(&Value::Null)
        ))
    };
    match (expected, found) {
        (Value::String(text), _) if text == "$absent" => found.and_then(|_| wrong()),
        (Value::String(text), Some(found)) if text == "$any" => {
            if found.is_null() {
                wrong()
            } else {
                None
            }
        }
        (Value::String(text), Some(Value::String(found))) if text.starts_with("$starts ") => {
            if found.starts_with(&text["$starts ".len()..]) {
                None
            } else {
                wrong()
            }
        }
        (Value::String(text), Some(Value::String(found))) if text.starts_with("$has ") => {
            if found.contains(&text["$has ".len()..]) {
                None
            } else {
                wrong()
            }
        }
        (Value::Object(members), Some(Value::Object(found))) => members
            .iter()
            .find_map(|(name, member)| differs(member, found.get(name), &format!("{path}/{name}"))),
        (Value::Array(items), Some(Value::Array(found)))
            if items.first() == Some(&json!("$unordered")) =>
        {
            let items = &items[1..];
            let missing = items.iter().any(|item| {
                found
                    .iter()
                    .all(|found| differs(item, Some(found), path).is_some())
            });
            if missing || items.len() != found.len() {
                wrong()
            } else {
                None
            }
        }
        (Value::Array(items), Some(Value::Array(found))) => {
            if items.len() != found.len() {
                return wrong();
            }
            let pairs = items.iter().zip(found).enumerate();
            pairs.into_iter().find_map(|(index, (item, found))| {
                differs(item, Some(found), &format!("{path}/{index}"))
            })
        }
        (expected, Some(found)) if expected == found => None,
        _ => wrong(),
    }
}
