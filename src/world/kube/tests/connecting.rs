//! Which API the arguments name, in which order, and what is said where they name none.

use super::super::{ConnectArguments, KubeWires, Wires, kubeconfig};
use crate::world::guard::{Guard, Permissions, PermittedProgram};
use crate::world::query::FailureClass;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::path::Path;

const CANARY: &str = "canary-3f9a-token";

fn kubeconfig_text(name: &str, server: &str) -> String {
    json!({
        "apiVersion": "v1", "kind": "Config", "current-context": name,
        "clusters": [{ "name": name, "cluster": { "server": server } }],
        "users": [{ "name": name, "user": { "token": CANARY } }],
        "contexts": [
            { "name": name, "context": { "cluster": name, "user": name } },
            { "name": format!("{name}-lost"), "context": { "cluster": "nowhere", "user": name } },
        ],
    })
    .to_string()
}

/// A home with `~/.kube/config`, and beside it `eu.yaml`, `us.yaml` and files that are none.
fn home() -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| std::fs::write(home.path().join(path), text).unwrap();
    std::fs::create_dir(home.path().join(".kube")).unwrap();
    write(
        ".kube/config",
        &kubeconfig_text("home", "https://home.test"),
    );
    write("eu.yaml", &kubeconfig_text("eu", "https://eu.test"));
    write(
        "us.yaml",
        &kubeconfig_text("us", "https://user:canary-3f9a-token@us.test/base"),
    );
    write(
        "damaged.yaml",
        &format!("users:\n- name: x\n  user: {{ token: {CANARY}\n"),
    );
    write(
        "none.yaml",
        "{ \"apiVersion\": \"v1\", \"kind\": \"Config\" }",
    );
    home
}

fn arguments(home: &Path, arguments: Json, variables: &[(&str, &str)]) -> ConnectArguments {
    let mut environment: BTreeMap<String, String> = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    environment
        .entry("HOME".to_owned())
        .or_insert_with(|| home.display().to_string());
    ConnectArguments {
        arguments,
        environment,
        directory: home.to_owned(),
        guard: Guard::Open,
    }
}

/// Title, or a part of the message where it begins with `!`.
fn check(given: Json, variables: &[(&str, &str)], expected: &str) {
    let home = home();
    let result = kubeconfig::resolve(&arguments(home.path(), given.clone(), variables));
    match (result, expected.strip_prefix('!')) {
        (Ok(resolved), None) => assert_eq!(resolved.title, expected, "{given} {variables:?}"),
        (Err(why), Some(part)) => {
            assert!(
                why.message.contains(part),
                "{given} {variables:?}: {}",
                why.message
            );
            assert_eq!(why.class, FailureClass::Unauthenticated);
            assert!(
                !why.message.contains(CANARY),
                "a secret in: {}",
                why.message
            );
        }
        (Ok(resolved), Some(_)) => panic!("{given} {variables:?}: {}", resolved.title),
        (Err(why), None) => panic!("{given} {variables:?}: {}", why.message),
    }
}

#[test]
fn places_are_taken_in_order() {
    let eu = "context eu (https://eu.test)";
    check(json!({}), &[], "context home (https://home.test)");
    check(json!({}), &[("KUBECONFIG", "eu.yaml")], eu);
    check(
        json!({}),
        &[("KUBECONFIG", "missing.yaml::eu.yaml:us.yaml")],
        eu,
    );
    check(
        json!({}),
        &[("KUBECONFIG", "us.yaml"), ("KUBE_CONFIG_PATH", "eu.yaml")],
        eu,
    );
    check(
        json!({}),
        &[
            ("KUBECONFIG", "us.yaml"),
            ("KUBE_CONFIG_PATHS", "eu.yaml:us.yaml"),
        ],
        eu,
    );
    check(
        json!({}),
        &[("KUBECONFIG", "us.yaml"), ("KUBE_HOST", "https://eu.test")],
        "server https://eu.test",
    );
    check(
        json!({ "config_path": "eu.yaml" }),
        &[("KUBE_CONFIG_PATH", "us.yaml"), ("KUBECONFIG", "us.yaml")],
        eu,
    );
    check(
        json!({ "config_path": "~/eu.yaml", "config_context": null }),
        &[],
        eu,
    );
    check(json!({ "config_paths": ["eu.yaml", "us.yaml"] }), &[], eu);
    check(
        json!({ "host": "eu.test" }),
        &[("KUBECONFIG", "us.yaml")],
        "server https://eu.test",
    );
    // A KUBE_HOST that is about another cluster does not lead a declared kubeconfig astray; an argument does.
    check(
        json!({ "config_path": "eu.yaml" }),
        &[("KUBE_HOST", "https://us.test")],
        eu,
    );
    check(
        json!({ "config_path": "eu.yaml", "host": "https://x.test" }),
        &[],
        "context eu (https://x.test)",
    );
    check(
        json!({ "config_paths": ["eu.yaml", "us.yaml"], "config_context": "us" }),
        &[],
        "context us (https://us.test/base)",
    );
    check(
        json!({ "config_paths": ["eu.yaml", "us.yaml"] }),
        &[("KUBE_CTX", "us")],
        "context us (https://us.test/base)",
    );
    check(
        json!({ "config_paths": ["eu.yaml", "us.yaml"], "config_context_cluster": "us" }),
        &[],
        "context eu (https://us.test/base)",
    );
}

#[test]
#[allow(clippy::too_many_lines, reason = "a table")]
fn what_names_no_api_is_said() {
    check(
        json!({}),
        &[("HOME", "/nonexistent")],
        "!nothing names a Kubernetes API",
    );
    check(
        json!({}),
        &[("KUBECONFIG", "a.yaml:b.yaml")],
        "!KUBECONFIG names no file that exists: a.yaml:b.yaml",
    );
    check(
        json!({ "config_path": "missing.yaml" }),
        &[],
        "!missing.yaml: No such file",
    );
    check(
        json!({ "config_path": "damaged.yaml" }),
        &[],
        "!damaged.yaml: not a kubeconfig: line ",
    );
    check(
        json!({ "config_path": "none.yaml" }),
        &[],
        "!there is no current context",
    );
    check(
        json!({ "config_path": "eu.yaml", "config_context": "x" }),
        &[],
        "!no context x (there are: eu, eu-lost)",
    );
    check(
        json!({ "config_path": "eu.yaml", "config_context": "eu-lost" }),
        &[],
        "!there is no cluster nowhere",
    );
    check(
        json!({ "config_path": "eu.yaml", "config_paths": ["us.yaml"] }),
        &[],
        "!exclude each other",
    );
    check(json!({ "config_path": 5 }), &[], "!config_path is no text");
    check(
        json!({ "config_path": "~/x" }),
        &[("HOME", "")],
        "!needs HOME",
    );
    check(
        json!({ "host": "x", "proxy_url": "http://canary-3f9a-token@proxy" }),
        &[],
        "!proxy_url is not supported",
    );
    check(
        json!({ "host": "x", "cluster_ca_certificate": CANARY }),
        &[],
        "!cluster_ca_certificate must be PEM",
    );
    check(
        json!({ "host": "x", "client_key": CANARY }),
        &[],
        "!client_key must be PEM",
    );
    check(
        json!({ "host": "x", "exec": [{ "args": [CANARY] }] }),
        &[],
        "!exec has no command",
    );
    let exec = json!([{ "command": "aws-iam", "args": [CANARY], "env": { "TOKEN": CANARY } }]);
    check(
        json!({ "host": "x", "exec": exec }),
        &[("PATH", "/bin")],
        "!credential plugin aws-iam is not there",
    );
}

/// Connects for real, up to the words about a credential plugin that fails.
async fn check_plugin(script: &str, expected: &str) {
    let home = home();
    let plugin = home.path().join("plugin");
    std::fs::write(&plugin, format!("#!/bin/sh\n{script}\n")).unwrap();
    let mode: std::fs::Permissions = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&plugin, mode).unwrap();
    let exec = json!([{ "command": "./plugin", "env": { "TOKEN": CANARY } }]);
    let given = arguments(
        home.path(),
        json!({ "host": "http://127.0.0.1:9", "exec": exec }),
        &[("PATH", "/usr/bin:/bin")],
    );
    match KubeWires.connect(&given).await {
        Ok(connected) => assert_eq!(connected.title, expected),
        Err(why) => {
            assert!(why.message.contains(expected), "{}", why.message);
            assert!(
                !why.message.contains(CANARY),
                "a secret in: {}",
                why.message
            );
        }
    }
}

#[tokio::test]
async fn a_credential_plugin_shows_its_errors_and_nothing_else() {
    check_plugin(
        "echo \"$TOKEN\"; echo 'log in first' >&2; exit 3",
        "exit status: 3: log in first",
    )
    .await;
    check_plugin("echo \"{ [ $TOKEN\"", "output is no ExecCredential").await;
    let credential = r#"echo "{\"kind\":\"ExecCredential\",\"status\":{\"token\":\"$TOKEN\"}}""#;
    check_plugin(credential, "server http://127.0.0.1:9").await;
}

#[tokio::test]
async fn a_refused_connection_is_known_to_have_sent_nothing() {
    let home = home();
    let given = arguments(
        home.path(),
        json!({ "host": "http://127.0.0.1:1", "token": CANARY }),
        &[],
    );
    let connected = KubeWires.connect(&given).await.ok().unwrap();
    let request = http::Request::get("/version")
        .body(bytes::Bytes::new())
        .unwrap();
    let error = tower::ServiceExt::oneshot(connected.wire, request)
        .await
        .unwrap_err();
    let unsent = error
        .downcast_ref::<super::super::Unsent>()
        .expect("marked as not sent");
    assert_eq!(unsent.again, super::super::Again::Later);
    assert!(!unsent.message.contains(CANARY));
}

/// The same under `-safe`, where the configuration lies in `repository` below the home.
fn check_safe(given: Json, variables: &[(&str, &str)], expected: &str) {
    let home = home();
    let repository = home.path().join("repository");
    std::fs::create_dir(&repository).unwrap();
    let brought = json!({
        "current-context": "x",
        "clusters": [{ "name": "x", "cluster": { "server": "https://brought.test" } }],
        "users": [{ "name": "x", "user": { "auth-provider": { "name": "gcp", "config": { "cmd-path": "sh", "cmd-args": "-c x" } } } }],
        "contexts": [{ "name": "x", "context": { "cluster": "x", "user": "x" } }],
    });
    let local = kubeconfig_text("local", "https://local.test");
    for (name, text) in [("brought.yaml", brought.to_string()), ("local.yaml", local)] {
        std::fs::write(repository.join(name), text).unwrap();
    }
    std::os::unix::fs::symlink(repository.join("local.yaml"), home.path().join("link.yaml"))
        .unwrap();
    let permissions = Permissions {
        place: Some("safe.hcl".into()),
        repository: repository.canonicalize().unwrap(),
        programs: vec![PermittedProgram {
            command: vec!["sh".to_owned(), "allowed".to_owned()],
            environment: ["PROFILE".to_owned()].into(),
        }],
        servers: [
            "https://allowed.test".to_owned(),
            "https://brought.test".to_owned(),
        ]
        .into(),
    };
    let arguments = ConnectArguments {
        directory: repository,
        guard: Guard::Safe(std::sync::Arc::new(permissions)),
        ..arguments(home.path(), given.clone(), variables)
    };
    match (kubeconfig::resolve(&arguments), expected.strip_prefix('!')) {
        (Ok(resolved), None) => assert_eq!(resolved.title, expected, "{given} {variables:?}"),
        (Err(why), Some(part)) => {
            assert!(why.message.contains(part), "{given}: {}", why.message);
            assert!(
                !why.message.contains(CANARY),
                "a secret in: {}",
                why.message
            );
        }
        (Ok(resolved), Some(_)) => panic!("{given} {variables:?}: {}", resolved.title),
        (Err(why), None) => panic!("{given} {variables:?}: {}", why.message),
    }
}

#[test]
fn a_guarded_configuration_leads_to_servers_of_its_operator_only() {
    let no = "!-safe sends credentials to no server that only the configuration names: ";
    check_safe(json!({}), &[], "context home (https://home.test)");
    check_safe(
        json!({ "config_path": "~/eu.yaml" }),
        &[],
        "context eu (https://eu.test)",
    );
    check_safe(
        json!({ "config_path": "../eu.yaml" }),
        &[],
        "context eu (https://eu.test)",
    );
    check_safe(
        json!({}),
        &[("KUBE_HOST", "https://x.test")],
        "server https://x.test",
    );
    check_safe(
        json!({ "host": "https://allowed.test/" }),
        &[],
        "server https://allowed.test/",
    );
    for given in [
        json!({ "host": "https://evil.test" }),
        json!({ "host": "evil.test", "token": CANARY }),
        json!({ "host": "https://evil.test", "config_path": "~/eu.yaml" }),
        json!({ "host": "https://canary-3f9a-token@allowed.test" }),
        json!({ "config_path": "local.yaml" }),
        json!({ "config_path": "../link.yaml" }),
        json!({ "config_paths": ["../eu.yaml", "local.yaml"] }),
    ] {
        let expected = if given["host"]
            .as_str()
            .is_some_and(|host| host.contains('@'))
        {
            // Without its user this server is allowed.
            "server https://allowed.test"
        } else {
            no
        };
        check_safe(given, &[], expected);
    }
    check_safe(json!({}), &[("KUBECONFIG", "local.yaml")], no);
}

#[test]
fn a_guarded_configuration_starts_no_plugin() {
    let path = [("PATH", "/usr/bin:/bin")];
    let exec = |exec: Json| json!({ "config_path": "~/eu.yaml", "exec": [exec] });
    for (given, expected) in [
        (
            exec(json!({ "command": "sh", "args": ["-c", "x"] })),
            "!write into safe.hcl:\n  program { command = [\"sh\", \"-c\", \"x\"] }",
        ),
        (
            exec(json!({ "command": "sh", "args": ["allowed"] })),
            "context eu (https://eu.test)",
        ),
        (
            exec(json!({ "command": "sh", "args": ["allowed"], "env": { "PROFILE": "x" } })),
            "context eu (https://eu.test)",
        ),
        (
            exec(json!({ "command": "sh", "args": ["allowed"], "env": { "LD_PRELOAD": CANARY } })),
            "!the configuration sets LD_PRELOAD for it",
        ),
        (
            json!({ "config_path": "brought.yaml" }),
            "!program { command = [\"sh\", \"-c\", \"x\"] }",
        ),
    ] {
        check_safe(given, &path, expected);
    }
}
