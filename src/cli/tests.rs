//! The program as a user's shell sees it: arguments in, bytes and exit code out.

use super::arguments::{Arguments, Asked, Command, parse};
use super::process::{Captured, ColourFlag, Interrupts, LocalStores, Output, Process, Terminal};
use crate::render::fixture::{node, plan};
use crate::render::style::Style;
use crate::world::clock::Clock;
use crate::world::guard::Guard;
use crate::world::kube::{ConnectArguments, Connected, Wires};
use crate::world::local::files::Boundary;
use crate::world::query::{FailureClass, Why};
use crate::world::s3::StoreWires;
use async_trait::async_trait;
use serde_json::json;
use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;
use tokio::sync::mpsc::UnboundedReceiver;

struct Frozen;

impl Clock for Frozen {
    fn now(&self) -> jiff::Timestamp {
        "2026-11-21T09:00:00Z".parse().unwrap()
    }
}

struct NoCluster;

#[async_trait]
impl Wires for NoCluster {
    async fn connect(&self, _: &ConnectArguments) -> Result<Connected, Why> {
        Err(Why {
            class: FailureClass::Unreachable,
            message: "no cluster in this test".to_owned(),
        })
    }
}

impl Interrupts for NoCluster {
    fn listen(&self) -> UnboundedReceiver<()> {
        tokio::sync::mpsc::unbounded_channel().1
    }
}

/// A process with these arguments in this directory, and what it writes.
pub(super) fn process(arguments: &[&str], directory: &Path) -> (Process, Captured, Captured) {
    let (stdout, out) = Output::captured();
    let (stderr, err) = Output::captured();
    let process = Process {
        waiting: crate::world::waiting::Waiting::default(),
        arguments: arguments.iter().map(OsString::from).collect(),
        environment: [("SKDR_IN_AUTOMATION".to_owned(), "1".to_owned())].into(),
        directory: directory.to_owned(),
        stdin: Box::new(std::io::empty()),
        stdout,
        stderr,
        terminal: Terminal::default(),
        clock: Arc::new(Frozen),
        wires: Arc::new(NoCluster),
        s3: Arc::new(StoreWires),
        stores: Arc::new(LocalStores),
        interrupts: Arc::new(NoCluster),
        guard: Guard::Open,
    };
    (process, out, err)
}

/// Exit code, standard output, standard error.
async fn run(arguments: &[&str], directory: &Path) -> (u8, String, String) {
    let (process, out, err) = process(arguments, directory);
    let code = super::run(process).await;
    (code, out.text(), err.text())
}

fn parsed(arguments: &[&str]) -> Result<Arguments, String> {
    match parse(&arguments.iter().map(OsString::from).collect::<Vec<_>>()) {
        Ok(Asked::Command { arguments, .. }) => Ok(*arguments),
        Ok(Asked::Help(text)) => Err(text),
        Err(trouble) => Err(format!("{}: {}", trouble.summary, trouble.detail)),
    }
}

#[test]
fn flags_take_one_dash_or_two_and_values_either_way() {
    for arguments in [
        &[
            "-chdir=x",
            "plan",
            "-out=a b",
            "-detailed-exitcode",
            "-var",
            "n=-1=2",
            "-target=a.b",
            "-input=false",
        ][..],
        &[
            "--chdir",
            "x",
            "plan",
            "--out",
            "a b",
            "--detailed-exitcode=true",
            "--var=n=-1=2",
            "-target",
            "a.b",
            "-input=false",
        ][..],
    ] {
        let parsed = parsed(arguments).unwrap();
        assert_eq!(parsed.chdir.as_deref(), Some(Path::new("x")));
        let Command::Plan(flags) = parsed.command else {
            panic!("{arguments:?} is no plan")
        };
        assert_eq!(flags.out.as_deref(), Some(Path::new("a b")));
        assert!(flags.detailed_exitcode && !flags.destroy && !flags.input && !flags.json.json);
        let given = crate::lang::OnLine::Value {
            name: "n".to_owned(),
            text: "-1=2".to_owned(),
        };
        assert_eq!(flags.variables.line, [given]);
        assert_eq!(flags.scope.target.len(), 1);
        assert_eq!(flags.questions.parallelism, 10);
    }
}

#[test]
fn destroy_is_apply_with_destroy() {
    let line = [
        "destroy",
        "-auto-approve",
        "-lock-timeout=2m",
        "-exclude=a.b",
    ];
    let Command::Destroy(flags) = parsed(&line).unwrap().command else {
        panic!()
    };
    let flags = super::arguments::ApplyFlags::from(flags);
    assert!(flags.destroy && flags.approval.auto_approve && flags.plan.is_none());
    assert_eq!(flags.run.lock_timeout.as_secs(), 120);
    assert_eq!(flags.exclude, ["a.b".parse().unwrap()]);
}

#[test]
fn positions_and_subcommands() {
    let Command::Apply(flags) = parsed(&["apply", "-expect=ab", "x.plan"]).unwrap().command else {
        panic!()
    };
    assert_eq!(
        (flags.plan.as_deref(), flags.expect.as_deref()),
        (Some(Path::new("x.plan")), Some("ab"))
    );
    let Command::Resume(flags) = parsed(&["resume", "-takeover=57", "run-1"])
        .unwrap()
        .command
    else {
        panic!()
    };
    assert_eq!(
        (flags.id.as_deref(), flags.takeover),
        (Some("run-1"), Some(57))
    );
    let Command::Runs(flags) = parsed(&["runs", "close", "run-1", "-journal=j"])
        .unwrap()
        .command
    else {
        panic!()
    };
    let Some(super::arguments::RunsAction::Close(close)) = flags.action else {
        panic!()
    };
    assert_eq!(
        (close.id.as_str(), close.journal.journal.as_deref()),
        ("run-1", Some(Path::new("j")))
    );
    assert!(matches!(
        parsed(&["-version"]).unwrap().command,
        Command::Version(_)
    ));
}

/// Arguments that are refused, with a part of the words.
fn refused(arguments: &[&str], part: &str) {
    let words = parsed(arguments).unwrap_err();
    assert!(words.contains(part), "{arguments:?}: {words}");
}

#[test]
fn refusals_say_what_was_meant() {
    refused(&["apply", "-auto-aprove"], "Did you mean `-auto-approve`?");
    refused(&["paln"], "Did you mean `plan`?");
    refused(&["frobnicate"], "It has: validate, plan, apply");
    refused(
        &["apply", "-exclude=a.b"],
        "`apply` has no flag `-exclude`; `plan` has.",
    );
    refused(&["plan", "-recover"], "`-recover` needs a value");
    refused(
        &["plan", "-recover=x", "-point=a.b"],
        "expected ADDR=BACKUP",
    );
    refused(&["doctor"], "`doctor` is planned and not available yet");
    refused(&["plan", "-out"], "`-out` needs a value");
    refused(&["plan", "-destroy=maybe"], "`-destroy` is on or off");
    refused(&["plan", "-target=nonsense"], "there is no dot");
    refused(&["plan", "-var=x"], "expected NAME=VALUE");
    refused(&["apply", "-lock-timeout=soon"], "expected a duration");
    refused(&["apply", "-parallelism=0"], "0 is not in");
    refused(&["show"], "Invalid arguments");
    refused(&["plan", "-help"], "-detailed-exitcode");
    refused(&["-h"], "Commands:");
    refused(&["help"], "Commands:");
    refused(&[], "Commands:");
    assert!(!parsed(&["plan", "-help"]).unwrap_err().contains("--"));
}

#[test]
fn help_of_a_command_is_its_own() {
    for (typed, same) in [
        (&["help", "apply"][..], &["apply", "-help"][..]),
        (&["help", "runs", "close"], &["runs", "close", "-help"]),
    ] {
        assert_eq!(parsed(typed).unwrap_err(), parsed(same).unwrap_err());
    }
    refused(&["help", "aply"], "Did you mean `apply`?");
    refused(&["help", "doctor"], "not available yet");
}

#[test]
fn what_was_typed_is_told_again() {
    let check = |typed: &str, expected: &str| {
        let words: Vec<&str> = typed.split(' ').collect();
        let (mut process, ..) = process(&words, Path::new("/"));
        let Ok(Asked::Command { words, .. }) = parse(&process.arguments) else {
            panic!("{typed} is no command");
        };
        process.arguments = words.into_iter().map(OsString::from).collect();
        assert_eq!(super::typed::again(&process).to_string(), expected);
    };
    check("plan -destroy", "sk-dr plan -destroy");
    check(
        "--chdir=x plan -target a.b --out p",
        "sk-dr -chdir=x plan -target=a.b -out=p",
    );
    check("plan -var a=hidden", "sk-dr plan -var=a=...");
    check("apply -auto-approve -adopt=a.b", "sk-dr plan -adopt=a.b");
    check("apply -destroy -input=false", "sk-dr destroy");
    check("-safe destroy -journal=j", "sk-dr -safe destroy -journal=j");
    check(
        "plan -safe -chdir=s -repository=.",
        "sk-dr plan -safe -chdir=s -repository=.",
    );
}

#[tokio::test]
async fn show_prints_a_saved_plan() {
    let directory = tempfile::tempdir().unwrap();
    let address = "kubernetes_cluster.main";
    let mut saved = plan(json!({
        "nodes": [node(json!({
            "address": address, "kind": "kubernetes_cluster", "provider": null, "key": {"cluster": {"name": "main"}}, "action": "create",
            "after": {"value": {"name": "main", "command": ["true"], "kubeconfig": "kubeconfig"}},
        }))],
        "steps": [{
            "id": format!("{address}#1"), "node": address, "ground": "absent",
            "op": {"local": {"command": [{"value": "true"}], "kubeconfig": {"value": "kubeconfig"}}},
        }],
    }));
    saved.digest = saved.compute_digest().unwrap();
    let path = directory.path().join("x.plan");
    super::plan_file::write(&Boundary::Machine, &path, &saved).unwrap();
    let (code, out, err) = run(&["show", "x.plan"], directory.path()).await;
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(
        out.contains("# kubernetes_cluster.main will be created\n"),
        "{out}"
    );
    let (code, out, _) = run(&["show", "-json", "x.plan"], directory.path()).await;
    assert_eq!(code, 0);
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&out).unwrap()["format_version"],
        "1.2"
    );
    let (code, out, err) = run(&["show", "y.plan"], directory.path()).await;
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(
        err.starts_with("Error: Plan file not read\n\n") && err.contains("there is no such file"),
        "{err}"
    );
}

#[tokio::test]
async fn answers_that_need_nothing() {
    let here = Path::new("/");
    let (code, out, _) = run(&["version"], here).await;
    assert!(code == 0 && out.starts_with("sk-dr v"));
    let (code, out, _) = run(&["schema"], here).await;
    assert!(code == 0 && out.contains("velero_schedule"), "{out}");
    let (code, out, _) = run(&["schema", "velero_schedule"], here).await;
    assert!(
        code == 0 && out.contains("  schedule (cron, required): "),
        "{out}"
    );
    let (code, out, _) = run(&["schema", "-json"], here).await;
    let schemas: serde_json::Value = serde_json::from_str(&out).unwrap();
    let path = "/provider_schemas/kubernetes/resource_schemas/velero_schedule/block/attributes/schedule/required";
    assert_eq!((code, schemas.pointer(path)), (0, Some(&json!(true))));
    let (code, _, err) = run(&["schema", "velero_shedule"], here).await;
    assert!(
        code == 1 && err.contains("Did you mean `velero_schedule`?"),
        "{err}"
    );
}

#[test]
fn colour_and_width_only_where_somebody_looks() {
    let check = |environment: &[(&str, &str)],
                 is_terminal: bool,
                 flag: ColourFlag,
                 expected: (Style, Option<usize>)| {
        let (mut process, _, _) = process(&[], Path::new("/"));
        process.environment = environment
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        process.terminal = Terminal {
            stdout: is_terminal,
            width: Some(90),
            ..Terminal::default()
        };
        let dress = process.dress(flag);
        assert_eq!(
            (dress.style, dress.width),
            expected,
            "{environment:?} terminal {is_terminal} {flag:?}"
        );
    };
    use ColourFlag::{Auto, Never};
    use Style::{Colour, Plain};
    check(&[], true, Auto, (Colour, Some(90)));
    check(&[], false, Auto, (Plain, None));
    check(&[("NO_COLOR", "1")], true, Auto, (Plain, Some(90)));
    check(&[("NO_COLOR", "")], true, Auto, (Colour, Some(90)));
    check(&[("TERM", "dumb")], true, Auto, (Plain, Some(90)));
    check(&[("CLICOLOR", "0")], true, Auto, (Plain, Some(90)));
    check(&[("CLICOLOR_FORCE", "1")], false, Auto, (Colour, None));
    check(
        &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")],
        false,
        Auto,
        (Plain, None),
    );
    check(&[("CLICOLOR_FORCE", "1")], true, Never, (Plain, Some(90)));
    check(&[("COLUMNS", "60")], true, Auto, (Colour, Some(60)));
    check(&[("COLUMNS", "60")], false, Auto, (Plain, None));
}

struct Closed(std::io::ErrorKind);

impl std::io::Write for Closed {
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        Err(self.0.into())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_reader_that_goes_away_is_no_failure_and_a_full_disk_is() {
    for (kind, expected) in [
        (std::io::ErrorKind::BrokenPipe, 0),
        (std::io::ErrorKind::StorageFull, 1),
    ] {
        let (mut process, _, _) = process(&["version"], Path::new("/"));
        process.stdout = Output::new(Closed(kind));
        assert_eq!(super::run(process).await, expected, "{kind:?}");
    }
}

/// Answer typed, and whether that approves.
fn approves(typed: &'static str, flags: &[&str]) -> bool {
    let Command::Destroy(parsed) = parsed(&[&["destroy"], flags].concat()).unwrap().command else {
        panic!()
    };
    let (mut process, out, _) = process(&[], Path::new("/"));
    process.stdin = Box::new(typed.as_bytes());
    let answer = super::approval::check(parsed.approval).and_then(|()| {
        super::approval::ask(
            &mut process,
            parsed.approval,
            crate::goal::GoalMode::Destroy,
        )
    });
    assert_eq!(
        out.text().is_empty(),
        !flags.is_empty(),
        "asked only without flags"
    );
    answer.is_ok()
}

#[test]
fn only_yes_is_yes() {
    assert!(approves("yes\n", &[]) && approves("yes", &[]) && approves("yes\r\n", &[]));
    for no in ["", "\n", "y\n", "YES\n", " yes\n", "yes please\n", "no\n"] {
        assert!(!approves(no, &[]), "{no:?}");
    }
    assert!(approves("", &["-auto-approve"]) && approves("", &["-auto-approve", "-input=false"]));
    assert!(!approves("yes\n", &["-input=false"]));
}
