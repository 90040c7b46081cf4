//! The client against a wire whose answers are written down: what each becomes, how often is tried, what is never told.

mod asking;
mod connecting;

use super::settings::Settings;
use super::{Client, settings};
use crate::world::Wire;
use crate::world::clock::Clock;
use crate::world::connecting::ConnectArguments;
use crate::world::guard::Guard;
use crate::world::query::{FailureClass, Why};
use crate::world::redactor::Redactor;
use crate::world::waiting::Waiting;
use crate::world::wire::{Again, Unsent};
use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use jiff::Timestamp;
use serde_json::{Value as Json, json};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCY";
const TOKEN: &str = "FwoGZXIvYXdzEBYaDHNlc3Npb24=";

struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(1_795_000_000).unwrap()
    }
}

/// What the wire does with one request.
enum Step {
    Answer(u16, &'static [(&'static str, &'static str)], String),
    /// The last one again and again.
    Always(u16, String),
    /// The answer quotes the request's Authorization.
    Quoting(u16),
    Silence,
    Broken,
    /// TLS ends with these words.
    Unsent(&'static str),
}

fn ok(headers: &'static [(&'static str, &'static str)], body: &str) -> Step {
    Step::Answer(200, headers, body.to_owned())
}

fn failing(status: u16, code: &str) -> Step {
    let message = format!("about {SECRET} and {TOKEN}");
    let body = format!(
        "<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
    );
    Step::Answer(status, &[], body)
}

/// A wire and what went over it: address and headers.
type Sent = Arc<Mutex<Vec<(String, HeaderMap)>>>;

fn wire(steps: Vec<Step>) -> (Wire, Sent) {
    let steps = Arc::new(Mutex::new(VecDeque::from(steps)));
    let sent = Sent::default();
    let seen = sent.clone();
    let wire = Wire::new(tower::service_fn(move |request: Request<Bytes>| {
        let headers = request.headers().clone();
        seen.lock()
            .unwrap()
            .push((request.uri().to_string(), headers.clone()));
        let step = {
            let mut steps = steps.lock().unwrap();
            match steps.pop_front() {
                Some(Step::Always(status, body)) => {
                    steps.push_front(Step::Always(status, body.clone()));
                    Some(Step::Answer(status, &[], body))
                }
                other => other,
            }
        };
        async move {
            let (status, headers, body) = match step {
                None => panic!("nobody expected a further request"),
                Some(Step::Silence) => std::future::pending().await,
                Some(Step::Broken) => return Err("connection reset".into()),
                Some(Step::Unsent(words)) => {
                    let unsent = Unsent {
                        class: FailureClass::Untrusted,
                        message: words.to_owned(),
                        again: Again::Never,
                    };
                    return Err(unsent.into());
                }
                Some(Step::Quoting(status)) => {
                    let quoted = headers["authorization"].to_str().unwrap();
                    let body = format!(
                        "<Error><Code>SignatureDoesNotMatch</Code><Message>{quoted}</Message></Error>"
                    );
                    (status, &[][..], body)
                }
                Some(Step::Answer(status, headers, body)) => (status, headers, body),
                Some(Step::Always(..)) => unreachable!("it became an answer"),
            };
            let mut response = Response::builder().status(status);
            for (name, value) in headers {
                response = response.header(*name, *value);
            }
            Ok(response.body(Bytes::from(body)).unwrap())
        }
    }));
    (wire, sent)
}

fn arguments(arguments: Json, environment: &[(&str, &str)]) -> ConnectArguments {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    ConnectArguments {
        arguments,
        environment: environment.iter().map(owned).collect(),
        directory: "/".into(),
        guard: Guard::Open,
        clock: Arc::new(Noon),
        waiting: Waiting::default(),
    }
}

fn read(given: Json, environment: &[(&str, &str)]) -> Result<Settings, Why> {
    settings::read(&arguments(given, environment))
}

fn client(steps: Vec<Step>) -> (Arc<Client>, Sent) {
    client_of(
        json!({"endpoint": "https://store.test:9000", "region": "here", "access_key": "AKIA", "secret_key": SECRET, "session_token": TOKEN}),
        steps,
    )
}

fn client_of(given: Json, steps: Vec<Step>) -> (Arc<Client>, Sent) {
    let (wire, sent) = wire(steps);
    let settings = read(given, &[]).ok().unwrap();
    let client = Client::new(wire, settings, Arc::new(Noon), (1, &Redactor::default()));
    (Arc::new(client), sent)
}
