//! Secrets: read where they are kept, when they are used, and repeated by nobody.

use super::*;

/// Connects with the secret as token: arrives as `Ok`, or is refused with words that hold no canary.
async fn check_secret(source: SecretSource, expected: Result<&str, &str>) {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("token"), format!("{CANARY}\n")).unwrap();
    std::fs::write(directory.path().join("crlf"), "token\r\n").unwrap();
    std::fs::write(directory.path().join("two"), "token\n\n").unwrap();
    std::fs::write(directory.path().join("binary"), [0xff, 0xfe]).unwrap();
    let (world, wires) = world_with(directory.path(), &[("token", source)]);
    let arguments = Expr::Object([("token".to_owned(), Expr::Secret(secret("token")))].into());
    let connected = world
        .connect(&kubernetes(), &arguments, &Bindings::new())
        .await;
    match (connected, expected) {
        (Ok(title), Ok(value)) => {
            assert_eq!(title, "context fake (https://fake.test)");
            assert_eq!(
                wires.connected.lock().unwrap()[0].arguments,
                json!({ "token": value })
            );
            world.check_secret(&secret("token")).unwrap();
        }
        (Err(why), Err(words)) => {
            assert!(
                why.message.starts_with("secret token: ") && why.message.contains(words),
                "{}",
                why.message
            );
            assert!(
                !why.message.contains("5be1"),
                "a secret in: {}",
                why.message
            );
            assert_eq!(why.class, FailureClass::Value);
        }
        (connected, expected) => panic!("{connected:?} instead of {expected:?}"),
    }
}

#[tokio::test]
async fn secrets_are_read_where_they_are_kept() {
    let command = |words: &[&str]| {
        SecretSource::Command(words.iter().map(|word| (*word).to_owned()).collect())
    };
    check_secret(SecretSource::Env("CANARY".to_owned()), Ok(CANARY)).await;
    check_secret(
        SecretSource::Env("MISSING".to_owned()),
        Err("environment variable MISSING is not set"),
    )
    .await;
    check_secret(SecretSource::File("token".to_owned()), Ok(CANARY)).await;
    check_secret(SecretSource::File("crlf".to_owned()), Ok("token")).await;
    check_secret(SecretSource::File("two".to_owned()), Ok("token\n")).await;
    check_secret(
        SecretSource::File("missing".to_owned()),
        Err("missing: there is no such file"),
    )
    .await;
    check_secret(SecretSource::File("binary".to_owned()), Err("not UTF-8")).await;
    check_secret(command(&["cat", "token"]), Ok(CANARY)).await;
    check_secret(
        command(&["no-such-program"]),
        Err("program no-such-program is not there"),
    )
    .await;
    check_secret(
        command(&["sh", "-c", "cat token; echo locked >&2; exit 4"]),
        Err("exit status: 4: locked"),
    )
    .await;
    check_secret(command(&[]), Err("is not there")).await;
}

#[tokio::test]
async fn checking_a_secret_runs_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let touch = SecretSource::Command(
        ["sh", "-c", "touch ran"]
            .iter()
            .map(|word| (*word).to_owned())
            .collect(),
    );
    let folder = SecretSource::File(".".to_owned());
    let (world, _) = world_with(directory.path(), &[("touch", touch), ("folder", folder)]);
    world.check_secret(&secret("touch")).unwrap();
    assert!(!directory.path().join("ran").exists());
    assert!(
        world
            .check_secret(&secret("folder"))
            .unwrap_err()
            .message
            .contains("is a directory")
    );
    assert!(
        world
            .check_secret(&secret("none"))
            .unwrap_err()
            .message
            .contains("no such secret block")
    );
}

#[tokio::test]
async fn a_refused_connection_does_not_repeat_its_secret() {
    let directory = tempfile::tempdir().unwrap();
    let (world, _) = world_with(
        directory.path(),
        &[("token", SecretSource::Env("CANARY".to_owned()))],
    );
    let arguments = Expr::Object([("refuse".to_owned(), Expr::Secret(secret("token")))].into());
    let why = world
        .connect(&kubernetes(), &arguments, &Bindings::new())
        .await
        .unwrap_err();
    assert_eq!(why.message, "cannot use \"(sensitive value)\"");
}
