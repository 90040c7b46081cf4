//! Whatever stands in a plan file, in a journal or in a server's answer: the program neither panics nor hangs, ends with
//! one of its exit codes, and says why where it is not 0. What is damaged here was made by the program first, so that most
//! of it gets far. Bounded; `cargo bolero test` goes on for as long as one likes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

#[path = "simulation/program.rs"]
mod program;

use bolero::check;
use bytes::Bytes;
use program::{Ended, run, run_over};
use serde_json::{Value, json};
use sk_dr::plan::document::Plan;
use sk_dr::plan::sense;
use sk_dr::sandbox::Sandbox;
use sk_dr::sandbox::faults::{Fault, Matching};
use sk_dr::sandbox::state::ADMIN_TOKEN;
use sk_dr::world::Wire;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;
use tower::ServiceExt;

const ITERATIONS: usize = 150;
/// On the virtual clock; a hang would be for ever.
const LIMIT: Duration = Duration::from_secs(7 * 24 * 3600);
const APPLY: &str = "apply -auto-approve -adopt=kubernetes_namespace.velero";

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new("fuzz", 1, "2026-11-22T00:00:17Z".parse().unwrap());
    sandbox.install_velero();
    sandbox.add_bucket("acme-backups");
    sandbox
}

fn paused<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async { tokio::time::timeout(LIMIT, work).await.expect("it hangs") })
}

/// A directory with the demo's configuration.
fn platform() -> (tempfile::TempDir, PathBuf) {
    let held = tempfile::tempdir().unwrap();
    let path = held.path().canonicalize().unwrap();
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/demo");
    for entry in fs::read_dir(fixture).unwrap() {
        let file = entry.unwrap().path();
        fs::copy(&file, path.join(file.file_name().unwrap())).unwrap();
    }
    (held, path)
}

/// One of its exit codes, and words where it is not 0.
fn holds(line: &str, ended: &Ended) {
    assert!(
        ended.code.is_some_and(|code| code <= 6),
        "{line}: {ended:?}"
    );
    let said = !ended.stderr.trim().is_empty() || !ended.stdout.trim().is_empty();
    assert!(
        ended.code == Some(0) || said,
        "{line} says nothing: {ended:?}"
    );
}

/// Reads instructions for damage off a list of bytes; at its end there is no more damage.
struct Dice<'a>(std::slice::Iter<'a, u8>);

impl Dice<'_> {
    fn next(&mut self) -> Option<usize> {
        self.0.next().map(|byte| usize::from(*byte))
    }
    fn below(&mut self, limit: usize) -> Option<usize> {
        let number = self.next()? * 256 + self.next()?;
        Some(number % limit.max(1))
    }
}

/// Bytes changed, lost, doubled, cut off.
fn damage_bytes(text: &[u8], dice: &mut Dice<'_>) -> Vec<u8> {
    let mut bytes = text.to_vec();
    while let (Some(what), Some(place)) = (dice.next(), dice.below(bytes.len())) {
        let until = (place + 1 + what / 8).min(bytes.len());
        match what % 5 {
            0 => bytes.truncate(place),
            1 => drop(bytes.drain(place.min(until)..until)),
            2 => bytes.insert(place, u8::try_from(what).unwrap()),
            3 => {
                let part = bytes.get(place..until).unwrap_or_default().to_vec();
                bytes.splice(place..place, part);
            }
            _ => {
                if let Some(byte) = bytes.get_mut(place) {
                    *byte ^= u8::try_from(what).unwrap() | 1;
                }
            }
        }
    }
    bytes
}

fn nodes(value: &Value) -> usize {
    1 + match value {
        Value::Array(members) => members.iter().map(nodes).sum(),
        Value::Object(members) => members.values().map(nodes).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

/// The n-th value in a depth-first walk.
fn node<'a>(value: &'a mut Value, number: &mut usize) -> Option<&'a mut Value> {
    if *number == 0 {
        return Some(value);
    }
    *number -= 1;
    match value {
        Value::Array(members) => members.iter_mut().find_map(|member| node(member, number)),
        Value::Object(members) => members.values_mut().find_map(|member| node(member, number)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

/// Values of a JSON replaced by others that are well-formed, and strange.
fn damage_json(value: &mut Value, dice: &mut Dice<'_>) {
    while let (Some(what), Some(mut place)) = (dice.next(), dice.below(nodes(value))) {
        let Some(node) = node(value, &mut place) else {
            continue;
        };
        *node = match what % 16 {
            0 => Value::Null,
            1 => json!(true),
            2 => json!(-1),
            3 => json!(u64::MAX),
            4 => json!(1e300),
            5 => json!(""),
            6 => json!("\u{0}\u{202e}\n\"'\\ü\u{1f980}"),
            7 => json!("x".repeat(5000)),
            8 => json!([]),
            9 => json!({}),
            10 => json!([null, [], {}, "", 0]),
            11 => json!({"": {"": null}}),
            12 => json!("9999-12-31T23:59:60Z"),
            13 => json!("-999999h"),
            14 => (0..100).fold(json!(0), |inner, _| json!([inner])),
            _ => {
                let taken = node.take();
                json!([taken.clone(), taken])
            }
        };
    }
}

/// A plan that the program made, as text.
fn genuine_plan() -> &'static str {
    static PLAN: OnceLock<String> = OnceLock::new();
    PLAN.get_or_init(|| {
        let (_held, directory) = platform();
        let line = "plan -adopt=kubernetes_namespace.velero -out=p";
        let ended = paused(async { run(&sandbox(), &directory, line).await });
        assert_eq!(ended.code, Some(0), "{ended:?}");
        fs::read_to_string(directory.join("p")).unwrap()
    })
}

/// Runs commands on a plan file in a world of its own.
fn with_plan(bytes: &[u8]) {
    let (_held, directory) = platform();
    fs::write(directory.join("p"), bytes).unwrap();
    paused(async {
        let sandbox = sandbox();
        for line in ["show p", "show -json p", "apply p", "runs"] {
            holds(line, &run(&sandbox, &directory, line).await);
        }
    });
}

#[test]
fn damaged_plan_files() {
    check!()
        .with_iterations(ITERATIONS)
        .with_type::<Vec<u8>>()
        .for_each(|bytes| {
            with_plan(&damage_bytes(
                genuine_plan().as_bytes(),
                &mut Dice(bytes.iter()),
            ));
        });
}

/// The digest is no signature: somebody may have computed it again (R37).
#[test]
fn strange_plans_with_a_right_digest() {
    check!()
        .with_iterations(ITERATIONS)
        .with_type::<Vec<u8>>()
        .for_each(|bytes| {
            let mut value: Value = serde_json::from_str(genuine_plan()).unwrap();
            // A few changes: of many, one is always such that the rest is not looked at.
            let few = bytes.get(..bytes.len().min(6)).unwrap_or_default();
            damage_json(&mut value, &mut Dice(few.iter()));
            if let Ok(mut plan) = serde_json::from_value::<Plan>(value.clone())
                && let Ok(digest) = plan.compute_digest()
            {
                plan.digest = digest;
                value = serde_json::to_value(plan).unwrap();
                FAR.fetch_add(1, Ordering::Relaxed);
            }
            with_plan(value.to_string().as_bytes());
        });
    let far = FAR.load(Ordering::Relaxed);
    assert!(
        far > ITERATIONS / 20,
        "only {far} strange plans could be read"
    );
}

static FAR: AtomicUsize = AtomicUsize::new(0);

/// What a step does outside: where, how, to what and with what.
fn effects(plan: &Plan) -> Vec<Value> {
    plan.steps
        .iter()
        .map(|step| {
            let mut op = serde_json::to_value(&step.op).unwrap();
            // Which fields of its body are looked at afterwards: the body says what is written.
            if let Some(op) = op.get_mut("kube").and_then(Value::as_object_mut) {
                op.remove("takes");
            }
            json!([step.id, step.node, op])
        })
        .collect()
}

/// Steps that no longer do what the nodes show, under a right digest: refused before anything is asked of a server, or what
/// they do outside is what it was.
#[test]
fn steps_that_disagree_with_their_nodes() {
    let genuine: Plan = serde_json::from_str(genuine_plan()).unwrap();
    assert_eq!(sense::check(&genuine), Ok(()));
    let whole = serde_json::to_value(&genuine.steps).unwrap();
    let refused = AtomicUsize::new(0);
    check!()
        .with_iterations(ITERATIONS * 10)
        .with_type::<Vec<u8>>()
        .for_each(|bytes| {
            let mut dice = Dice(bytes.iter());
            let mut steps = whole.clone();
            while let (Some(mut from), Some(mut to)) =
                (dice.below(nodes(&steps)), dice.below(nodes(&steps)))
            {
                // A value that stands elsewhere in the steps is of a form that is read; any other mostly is not.
                let taken = node(&mut steps, &mut from).cloned();
                if let (Some(taken), Some(place)) = (taken, node(&mut steps, &mut to)) {
                    *place = taken;
                }
            }
            let Ok(steps) = serde_json::from_value(steps) else {
                return;
            };
            let mut plan = Plan {
                steps,
                ..genuine.clone()
            };
            match sense::check(&plan) {
                Ok(()) => assert_eq!(effects(&plan), effects(&genuine)),
                Err(_) => {
                    refused.fetch_add(1, Ordering::Relaxed);
                    plan.digest = plan.compute_digest().unwrap();
                    let text = serde_json::to_string(&plan).unwrap();
                    let (_held, directory) = platform();
                    fs::write(directory.join("p"), text).unwrap();
                    if refused.load(Ordering::Relaxed) % 50 == 1 {
                        paused(async {
                            let sandbox = sandbox();
                            for line in ["show p", "apply p"] {
                                let ended = run(&sandbox, &directory, line).await;
                                assert_eq!(ended.code, Some(1), "{line}: {ended:?}");
                                let words = "the plan contradicts itself";
                                assert!(ended.stderr.contains(words), "{ended:?}");
                            }
                        });
                    }
                }
            }
        });
    assert!(refused.load(Ordering::Relaxed) > 0, "nothing was refused");
}

/// A journal with a run that is open: the answer to a create was lost and the server then went silent.
fn genuine_journal() -> &'static Vec<(PathBuf, Vec<u8>)> {
    static JOURNAL: OnceLock<Vec<(PathBuf, Vec<u8>)>> = OnceLock::new();
    JOURNAL.get_or_init(|| {
        let (_held, directory) = platform();
        paused(async {
            let sandbox = sandbox();
            let schedules = "/schedules";
            sandbox
                .faults
                .script(Matching::new("POST", schedules), 1, Fault::DropAfter);
            // The plan lists what is in Velero's namespace, and what bears the stack's label elsewhere.
            for nth in 2..200 {
                sandbox
                    .faults
                    .script(Matching::new("GET", schedules), nth + 1, Fault::DropBefore);
            }
            let ended = run(&sandbox, &directory, APPLY).await;
            assert_ne!(ended.code, Some(0), "{ended:?}");
        });
        let root = directory.join(".sk-dr");
        let mut files = Vec::new();
        let mut waiting = vec![root.clone()];
        while let Some(folder) = waiting.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    waiting.push(path);
                } else {
                    files.push((
                        path.strip_prefix(&root).unwrap().to_owned(),
                        fs::read(&path).unwrap(),
                    ));
                }
            }
        }
        files.sort();
        assert!(files.len() > 4, "{files:?}");
        files
    })
}

#[test]
fn damaged_journals() {
    check!()
        .with_iterations(ITERATIONS)
        .with_type::<Vec<u8>>()
        .for_each(|bytes| {
            let (_held, directory) = platform();
            let files = genuine_journal();
            let mut dice = Dice(bytes.iter());
            let chosen = dice.below(files.len()).unwrap_or_default();
            let textual = dice.next().unwrap_or_default() % 2 == 0;
            for (number, (name, text)) in files.iter().enumerate() {
                let path = directory.join(".sk-dr").join(name);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                let text = match serde_json::from_slice::<Value>(text) {
                    Ok(mut value) if number == chosen && !textual => {
                        damage_json(&mut value, &mut dice);
                        value.to_string().into_bytes()
                    }
                    Ok(_) | Err(_) if number == chosen => damage_bytes(text, &mut dice),
                    Ok(_) | Err(_) => text.clone(),
                };
                fs::write(path, text).unwrap();
            }
            paused(async {
                let sandbox = sandbox();
                for line in ["runs", APPLY, "resume", "plan"] {
                    holds(line, &run(&sandbox, &directory, line).await);
                }
            });
        });
}

/// A server whose every so many-th answer is damaged: status, headers, body.
fn damaged(sandbox: &Sandbox, bytes: &[u8]) -> Wire {
    let wire = sandbox.wire(ADMIN_TOKEN);
    let left = Arc::new(Mutex::new(bytes.to_vec()));
    Wire::new(tower::service_fn(move |request: http::Request<Bytes>| {
        let (wire, left) = (wire.clone(), left.clone());
        async move {
            let answer = wire.oneshot(request).await?;
            let few: Vec<u8> = {
                let mut left = left.lock().unwrap();
                let count = left.len().min(8);
                left.drain(..count).collect()
            };
            Ok(damaged_answer(answer, &mut Dice(few.iter())))
        }
    }))
}

fn damaged_answer(answer: http::Response<Bytes>, dice: &mut Dice<'_>) -> http::Response<Bytes> {
    let (mut parts, body) = answer.into_parts();
    let mut body = body.to_vec();
    match dice.next().map(|what| what % 8) {
        Some(0) => {
            let codes = [
                200, 201, 202, 204, 301, 400, 401, 403, 404, 409, 410, 422, 429, 500, 503, 999,
            ];
            let code = codes[dice.below(codes.len()).unwrap_or_default()];
            parts.status = http::StatusCode::from_u16(code).unwrap();
        }
        Some(1) => {
            let value = http::HeaderValue::from_bytes(&damage_bytes(b"86400", dice));
            parts
                .headers
                .extend(value.ok().map(|value| (http::header::RETRY_AFTER, value)));
            parts.status = http::StatusCode::TOO_MANY_REQUESTS;
        }
        Some(2 | 3) => body = damage_bytes(&body, dice),
        Some(_) => {
            if let Ok(mut value) = serde_json::from_slice(&body) {
                damage_json(&mut value, dice);
                body = value.to_string().into_bytes();
            }
        }
        None => {}
    }
    http::Response::from_parts(parts, Bytes::from(body))
}

#[test]
fn damaged_answers() {
    check!()
        .with_iterations(ITERATIONS)
        .with_max_len(400)
        .with_type::<Vec<u8>>()
        .for_each(|bytes| {
            let (_held, directory) = platform();
            paused(async {
                let sandbox = sandbox();
                // First a sound world, so that there is something to be answered.
                let (before, after) = bytes.split_at(bytes.len() / 2);
                holds(
                    APPLY,
                    &run_over(&sandbox, damaged(&sandbox, before), &directory, APPLY).await,
                );
                let wire = damaged(&sandbox, after);
                for line in ["plan", "drift", "resume", "destroy -auto-approve"] {
                    holds(
                        line,
                        &run_over(&sandbox, wire.clone(), &directory, line).await,
                    );
                }
            });
        });
}
