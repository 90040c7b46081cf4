//! Connecting under `-safe`: what a configuration of a request may say, and what is its operator's alone (R47).

use super::super::{ConnectArguments, kubeconfig};
use super::connecting::{CANARY, arguments, home, kubeconfig_text};
use crate::model::server_address::ServerAddress;
use crate::world::guard::{Guard, Permissions, PermittedProgram, Proof};
use serde_json::{Value as Json, json};
use std::path::Path;

/// Kubeconfigs of the repository, each with something that is not for it to say.
fn brought_along(home: &Path) -> Vec<(&'static str, Json, Json)> {
    let server = "https://brought.test";
    let outside = home.join("password.yaml").display().to_string();
    let exec = |info: bool| {
        json!({ "exec": {
            "apiVersion": "client.authentication.k8s.io/v1", "command": "sh", "args": ["allowed"],
            "provideClusterInfo": info,
        } })
    };
    vec![
        (
            "insecure.yaml",
            json!({ "server": server, "insecure-skip-tls-verify": true }),
            json!({}),
        ),
        (
            "ca.yaml",
            json!({ "server": server, "certificate-authority-data": "eA==" }),
            json!({}),
        ),
        (
            "name.yaml",
            json!({ "server": server, "tls-server-name": "evil.test" }),
            json!({}),
        ),
        (
            "proxy.yaml",
            json!({ "server": server, "proxy-url": "http://evil.test" }),
            json!({}),
        ),
        (
            "token.yaml",
            json!({ "server": server }),
            json!({ "tokenFile": outside }),
        ),
        (
            "key.yaml",
            json!({ "server": server }),
            json!({ "client-key": outside }),
        ),
        ("info.yaml", json!({ "server": server }), exec(true)),
        ("plugin.yaml", json!({ "server": server }), exec(false)),
        (
            "query.yaml",
            json!({ "server": "https://evil.test?@brought.test" }),
            json!({}),
        ),
    ]
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
    std::fs::write(repository.join("brought.yaml"), brought.to_string()).unwrap();
    std::fs::write(repository.join("local.yaml"), local).unwrap();
    for (name, cluster, user) in brought_along(home.path()) {
        let whole = json!({
            "current-context": "x",
            "clusters": [{ "name": "x", "cluster": cluster }],
            "users": [{ "name": "x", "user": user }],
            "contexts": [{ "name": "x", "context": { "cluster": "x", "user": "x" } }],
        });
        std::fs::write(repository.join(name), whole.to_string()).unwrap();
    }
    std::os::unix::fs::symlink(repository.join("local.yaml"), home.path().join("link.yaml"))
        .unwrap();
    let own = Proof {
        cluster_ca_certificate: Some("-----BEGIN ours\n".to_owned()),
        ..Proof::default()
    };
    let permissions = Permissions {
        place: Some("safe.hcl".into()),
        repository: repository.canonicalize().unwrap(),
        files: ["eu.yaml", "us.yaml", "link.yaml"]
            .map(|name| home.path().join(name))
            .into(),
        programs: vec![PermittedProgram {
            command: vec!["sh".to_owned(), "allowed".to_owned()],
            environment: ["PROFILE".to_owned()].into(),
        }],
        servers: [
            ("https://allowed.test", Proof::default()),
            ("https://brought.test", Proof::default()),
            ("https://own.test", own),
        ]
        .map(|(url, proof)| (ServerAddress::parse(url).unwrap(), proof))
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
        "server https://allowed.test",
    );
    check_safe(
        json!({ "host": "ALLOWED.test:443" }),
        &[],
        "server https://allowed.test",
    );
    for given in [
        json!({ "host": "https://evil.test" }),
        json!({ "host": "evil.test", "token": CANARY }),
        json!({ "host": "https://evil.test", "config_path": "~/eu.yaml" }),
        json!({ "config_path": "local.yaml" }),
        json!({ "config_path": "../link.yaml" }),
        json!({ "config_paths": ["../eu.yaml", "local.yaml"] }),
    ] {
        check_safe(given, &[], no);
    }
    // What two parsers could read as two servers is none, whoever is allowed.
    for (host, why) in [
        ("http://evil.test?@allowed.test", "!host holds a query"),
        ("http://evil.test#@allowed.test", "!host holds a fragment"),
        (
            "https://canary-3f9a-token@allowed.test",
            "!host holds user info",
        ),
        ("https://evil.test\\@allowed.test", "!host is no address"),
    ] {
        check_safe(json!({ "host": host }), &[], why);
    }
    check_safe(json!({}), &[("KUBECONFIG", "local.yaml")], no);
    // Which of the operator's files is read is the operator's choice.
    let other = json!({ "config_path": "~/other.yaml" });
    check_safe(other, &[], "!-safe reads no file outside of the repository");
    let elsewhere = json!({ "config_path": "~/.kube/config" });
    check_safe(elsewhere.clone(), &[], "context home (https://home.test)");
    check_safe(
        elsewhere,
        &[("KUBECONFIG", "../us.yaml")],
        "!-safe reads no file",
    );
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
            "!auth-provider gcp is not supported",
        ),
    ] {
        check_safe(given, &path, expected);
    }
}

#[test]
#[allow(clippy::too_many_lines, reason = "a table")]
fn what_travels_with_the_operators_credentials_is_the_operators() {
    let operators = |mut given: Json| {
        given["config_path"] = json!("~/eu.yaml");
        given
    };
    let pem = |text: &str| format!("-----BEGIN {text}");
    for (given, expected) in [
        (
            operators(json!({ "insecure": false })),
            "context eu (https://eu.test)",
        ),
        (
            operators(json!({ "insecure": true })),
            "!takes no insecure for https://eu.test",
        ),
        (
            operators(json!({ "cluster_ca_certificate": pem("evil") })),
            "!takes no cluster_ca_certificate for https://eu.test",
        ),
        (
            operators(json!({ "tls_server_name": "evil.test" })),
            "!takes no tls_server_name for https://eu.test",
        ),
        (
            operators(json!({ "proxy_url": "http://evil.test" })),
            "!proxy_url is not supported",
        ),
        (
            json!({ "config_paths": ["~/eu.yaml", "~/us.yaml"], "config_context_auth_info": "us" }),
            "!takes no config_context_auth_info",
        ),
        (
            json!({ "config_paths": ["~/eu.yaml", "~/us.yaml"], "config_context_cluster": "us" }),
            "!takes no config_context_cluster",
        ),
        (
            json!({ "config_paths": ["~/eu.yaml", "~/us.yaml"], "config_context_auth_info": "eu" }),
            "context eu (https://eu.test)",
        ),
        (
            json!({ "host": "https://allowed.test", "insecure": true }),
            "!takes no insecure for https://allowed.test",
        ),
        (
            json!({ "host": "https://own.test", "cluster_ca_certificate": pem("ours") }),
            "server https://own.test",
        ),
        (
            json!({ "host": "https://own.test", "cluster_ca_certificate": pem("evil") }),
            "!takes no cluster_ca_certificate for https://own.test",
        ),
    ] {
        check_safe(given, &[], expected);
    }
    for (file, expected) in [
        (
            "insecure.yaml",
            "!takes no insecure for https://brought.test",
        ),
        (
            "ca.yaml",
            "!takes no cluster_ca_certificate for https://brought.test",
        ),
        (
            "name.yaml",
            "!takes no tls_server_name for https://brought.test",
        ),
        ("proxy.yaml", "!proxy_url is not supported"),
        (
            "token.yaml",
            "!reads no tokenFile for a kubeconfig of the repository",
        ),
        (
            "key.yaml",
            "!reads no client-key for a kubeconfig of the repository",
        ),
        ("info.yaml", "!leave provideClusterInfo out"),
        ("query.yaml", "!server of cluster x holds a query"),
        ("plugin.yaml", "context x (https://brought.test)"),
    ] {
        check_safe(
            json!({ "config_path": file }),
            &[("PATH", "/usr/bin:/bin")],
            expected,
        );
    }
}
