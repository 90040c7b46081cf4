//! Programs that steps start: how they end, what they are handed, and what outlives what.

use super::*;

/// Runs a shell script in an empty directory; `done`, or class and words of what came of it.
async fn check_program(script: &str, limit: Duration, expected: (&str, &str)) {
    let directory = tempfile::tempdir().unwrap();
    let (world, _) = world_with(
        directory.path(),
        &[("token", SecretSource::Env("CANARY".to_owned()))],
    );
    let environment = BTreeMap::from([
        ("TOKEN".to_owned(), Expr::Secret(secret("token"))),
        ("NUMBER".to_owned(), Expr::Value(json!(7))),
    ]);
    let command = vec![text("sh"), text("-c"), text(script)];
    let op = Op::Local(LocalOp {
        command,
        environment,
        kubeconfig: text("kubeconfig"),
    });
    let bound = Bound {
        limit: Some(limit),
        ..Bound::default()
    };
    let (seen, message) = match world.perform(&op, &bound).await {
        Effect::Done(object) => ("done".to_owned(), object.to_string()),
        Effect::Refused(why) => (format!("refused {:?}", why.class), why.message),
        Effect::InDoubt(why) => (format!("in doubt {:?}", why.class), why.message),
    };
    assert_eq!(seen, expected.0, "{message}");
    assert!(message.contains(expected.1), "{message}");
    assert!(!message.contains("line two"), "a secret in: {message}");
}

#[tokio::test]
async fn programs_end_well_or_say_how() {
    let limit = Duration::from_secs(60);
    check_program(
        "test \"$TOKEN\" = \"$CANARY\" && test $NUMBER = 7",
        limit,
        ("done", "null"),
    )
    .await;
    check_program(
        "exit 3",
        limit,
        ("refused Program", "sh exited with 3, without output"),
    )
    .await;
    check_program(
        "echo out; echo err >&2; exit 3",
        limit,
        ("refused Program", "its output ends:\nout\nerr"),
    )
    .await;
    check_program(
        "echo \"x$TOKEN\"; exit 3",
        limit,
        ("refused Program", "x(sensitive value)"),
    )
    .await;
    check_program(
        "kill -9 $$",
        limit,
        ("refused Program", "sh was ended by signal: 9"),
    )
    .await;
    // Standard input is empty, and only the end of a long output is kept.
    check_program(
        "cat; seq 100000; exit 1",
        limit,
        ("refused Program", "\n100000"),
    )
    .await;
    // A server left running holds the output open; the program itself has ended.
    check_program("sleep 30 & exit 0", limit, ("done", "null")).await;
    let overdue = (
        "in doubt Wait",
        "did not end within 0 s and was ended; its output ends:\nbegun",
    );
    check_program(
        "echo begun; sleep 600 & wait",
        Duration::from_millis(300),
        overdue,
    )
    .await;
}

#[tokio::test]
async fn what_cannot_run_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let (world, _) = world_with(
        directory.path(),
        &[("token", SecretSource::Env("CANARY".to_owned()))],
    );
    for (command, class, words) in [
        (
            vec![text("no-such-program")],
            FailureClass::Program,
            "no-such-program: no such program",
        ),
        (vec![], FailureClass::Program, "the command is empty"),
        (
            vec![text("sh"), Expr::Secret(secret("token"))],
            FailureClass::Value,
            "would show in the process list",
        ),
        (
            vec![text("sh"), Expr::Value(json!(null))],
            FailureClass::Value,
            "take texts, numbers and booleans only",
        ),
        (
            vec![hole("uid", HoleType::String)],
            FailureClass::Value,
            "is not known yet",
        ),
    ] {
        let op = Op::Local(LocalOp {
            command,
            environment: BTreeMap::new(),
            kubeconfig: text("k"),
        });
        let Effect::Refused(why) = world.perform(&op, &Bound::default()).await else {
            panic!("{words}")
        };
        assert_eq!(why.class, class);
        assert!(why.message.contains(words), "{}", why.message);
        assert!(matches!(
            world.dry_run(&op, &Bound::default()).await,
            DryRun::Skipped(_)
        ));
    }
}

/// What a dropped run leaves behind is what a killed `sk-dr` leaves behind: a program in its own group, still writing.
#[tokio::test]
async fn a_program_outlives_the_run_that_started_it() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().to_owned();
    let made = std::process::Command::new("mkfifo")
        .args([path.join("to"), path.join("from")])
        .status()
        .unwrap();
    assert!(made.success());
    let (world, _) = world_with(&path, &[]);
    // One line: two would be read as one where the second writer comes before the first reader has seen the end.
    let script = "echo $(cut -d' ' -f5 /proc/$$/stat) $$ > from; read word < to; echo still writing; echo $word > from";
    let command = vec![text("sh"), text("-c"), text(script)];
    let op = Op::Local(LocalOp {
        command,
        environment: BTreeMap::new(),
        kubeconfig: text("k"),
    });
    let run = tokio::spawn(async move { world.perform(&op, &Bound::default()).await });
    let read = |path: std::path::PathBuf| {
        tokio::task::spawn_blocking(move || std::fs::read_to_string(path).unwrap())
    };
    let line = read(path.join("from")).await.unwrap();
    let (group, process) = line.trim().split_once(' ').unwrap();
    assert_eq!(group, process, "its own process group");
    run.abort();
    assert!(run.await.unwrap_err().is_cancelled());
    std::fs::write(path.join("to"), "alive\n").unwrap();
    assert_eq!(read(path.join("from")).await.unwrap(), "alive\n");
}
