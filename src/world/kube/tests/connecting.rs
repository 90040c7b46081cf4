//! Which API the arguments name, in which order, and what is said where they name none.

use super::super::{ConnectArguments, KubeWires, Wires, kubeconfig};
use crate::world::clock::Clock;
use crate::world::guard::Guard;
use crate::world::query::FailureClass;
use crate::world::waiting::Waiting;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::path::Path;

pub(super) const CANARY: &str = "canary-3f9a-token";

pub(super) fn kubeconfig_text(name: &str, server: &str) -> String {
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
pub(super) fn home() -> tempfile::TempDir {
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
        &kubeconfig_text("us", "https://US.test:443/base/"),
    );
    write(
        "password.yaml",
        &kubeconfig_text("password", "https://user:canary-3f9a-token@us.test/base"),
    );
    write("nowhere.yaml", &kubeconfig_text("nowhere", ""));
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

pub(super) fn arguments(
    home: &Path,
    arguments: Json,
    variables: &[(&str, &str)],
) -> ConnectArguments {
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
        clock: std::sync::Arc::new(Noon),
        waiting: Waiting::default(),
    }
}

/// Always the same moment.
struct Noon;

impl Clock for Noon {
    fn now(&self) -> jiff::Timestamp {
        "2026-11-22T12:00:00Z".parse().unwrap()
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
            assert_eq!(why.class, FailureClass::Value, "{why:?}");
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
        "!missing.yaml: there is no such file",
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
    check(
        json!({ "config_path": 5 }),
        &[],
        "!config_path must be a string",
    );
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

/// A variable of CI that nobody set makes an argument empty: `~/.kube/config` would be taken for it, and everything made
/// in whatever cluster that names.
#[test]
fn what_is_set_and_unusable_falls_back_to_nothing() {
    let every = [
        ("KUBECONFIG", "us.yaml"),
        ("KUBE_CONFIG_PATH", "us.yaml"),
        ("KUBE_HOST", "https://us.test"),
        ("KUBE_CTX", "us"),
        ("KUBE_TOKEN", CANARY),
    ];
    for name in [
        "config_path",
        "config_context",
        "config_context_cluster",
        "config_context_auth_info",
        "host",
        "token",
        "username",
        "password",
        "client_certificate",
        "client_key",
        "cluster_ca_certificate",
        "tls_server_name",
        "proxy_url",
    ] {
        let said = format!("!{name} is set and empty");
        for variables in [&[] as &[(&str, &str)], &every] {
            check(json!({ name: "" }), variables, &said);
        }
        let said = format!("!{name} must be a string");
        check(json!({ name: [CANARY] }), &every, &said);
    }
    let empty = "!config_paths is set and empty";
    check(json!({ "config_paths": [] }), &every, empty);
    check(
        json!({ "config_paths": ["eu.yaml", ""] }),
        &every,
        "!config_paths [1] is set and empty",
    );
    check(
        json!({ "config_paths": "eu.yaml" }),
        &every,
        "!config_paths must be a list",
    );
    check(
        json!({ "insecure": "true" }),
        &every,
        "!insecure must be true or false",
    );
    check(
        json!({ "exec": [{ "command": "" }] }),
        &[],
        "!exec: command is set and empty",
    );
    // What a kubeconfig says is set as well, and KUBE_HOST is about another cluster.
    for (file, said) in [
        ("nowhere.yaml", "!server of cluster nowhere is no address"),
        (
            "password.yaml",
            "!server of cluster password holds user info",
        ),
    ] {
        check(json!({ "config_path": file }), &every[2..3], said);
    }
}

/// As kubectl and Terraform's provider have it: whoever unsets a variable for one command writes `NAME= command`. What is
/// not empty is meant.
#[test]
fn an_empty_variable_is_none_and_an_unusable_one_an_error() {
    let home = "context home (https://home.test)";
    for name in ["KUBECONFIG", "KUBE_CONFIG_PATH", "KUBE_HOST", "KUBE_CTX"] {
        check(json!({}), &[(name, "")], home);
    }
    for (name, value, said) in [
        ("KUBECONFIG", ":", "!KUBECONFIG names no file"),
        ("KUBE_CONFIG_PATHS", ":", "!KUBE_CONFIG_PATHS names no file"),
        ("KUBE_HOST", "http://a?@b", "!KUBE_HOST holds a query"),
        (
            "KUBE_INSECURE",
            "yes",
            "!KUBE_INSECURE must be true or false",
        ),
        ("KUBE_CTX", " ", "!there is no context  "),
        ("KUBE_CTX_AUTH_INFO", "x", "!there is no user x"),
        (
            "KUBE_CLIENT_CERT_DATA",
            CANARY,
            "!KUBE_CLIENT_CERT_DATA must be PEM",
        ),
    ] {
        check(json!({}), &[(name, value)], said);
    }
}

#[test]
fn a_credential_is_whole_and_the_only_one() {
    let user = |given: Json, variables: &[(&str, &str)]| {
        let home = home();
        kubeconfig::resolve(&arguments(home.path(), given, variables))
            .map(|resolved| {
                let user = resolved.kubeconfig.auth_infos[0].auth_info.clone().unwrap();
                let written = serde_json::to_value(user).unwrap();
                let members = written.as_object().unwrap().iter();
                let told = members.filter(|(_, value)| !value.is_null());
                told.map(|(name, _)| name.clone())
                    .collect::<Vec<_>>()
                    .join(" ")
            })
            .unwrap_or_else(|why| why.message)
    };
    let other = [("KUBE_USER", "u"), ("KUBE_PASSWORD", "p")];
    assert_eq!(user(json!({}), &other), "password username");
    // These two were meant for another cluster, and would win over the token.
    assert_eq!(user(json!({ "token": "t" }), &other), "token");
    assert_eq!(
        user(json!({ "username": "x" }), &other),
        "password username"
    );
    for (given, said) in [
        (json!({ "username": "x" }), "password is missing"),
        (
            json!({ "client_key": "-----BEGIN X" }),
            "client_certificate is missing",
        ),
        (
            json!({ "token": "t", "exec": [{ "command": "x" }] }),
            "token and exec exclude each other",
        ),
        (
            json!({ "token": "t", "username": "u", "password": "p" }),
            "token and username exclude each other",
        ),
    ] {
        let found = user(given.clone(), &[]);
        assert!(found.contains(said), "{given}: {found}");
    }
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
    check_plugin("echo \"{ [ $TOKEN\"", "printed no ExecCredential").await;
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
