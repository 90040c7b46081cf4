//! Each way in which a configuration may start a program, tried under `-safe`: a file that the program would make must not
//! appear. The same way without `-safe`, and with a program that was allowed, must make it.

use crate::children::Served;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

const HEAD: &str = "sk_dr { stack = \"safe\" }\n";

/// The ways, with the command that goes it. `PROGRAM` is what is to be started.
const WAYS: &[(&str, &str, &str)] = &[
    (
        "a secret",
        "secret \"s\" { command = [\"PROGRAM\"] }\nprovider \"kubernetes\" {\n  config_path = \"../kubeconfig\"\n  token = secret.s\n}\nresource \"kubernetes_namespace\" \"n\" {\n  metadata { name = \"n\" }\n}\n",
        "plan",
    ),
    (
        "a secret in a check of drift",
        "secret \"s\" { command = [\"PROGRAM\"] }\nprovider \"kubernetes\" {\n  config_path = \"../kubeconfig\"\n  token = secret.s\n}\nresource \"kubernetes_namespace\" \"n\" {\n  metadata { name = \"n\" }\n}\n",
        "drift",
    ),
    (
        "a credential plugin of the provider block",
        "provider \"kubernetes\" {\n  config_path = \"../kubeconfig\"\n  exec {\n    api_version = \"client.authentication.k8s.io/v1\"\n    command = \"PROGRAM\"\n  }\n}\nresource \"kubernetes_namespace\" \"n\" {\n  metadata { name = \"n\" }\n}\n",
        "plan",
    ),
    (
        "a credential plugin of a kubeconfig in the repository",
        "provider \"kubernetes\" { config_path = \"brought\" }\nresource \"kubernetes_namespace\" \"n\" {\n  metadata { name = \"n\" }\n}\n",
        "plan",
    ),
    (
        "a credential plugin of a cluster's kubeconfig",
        "resource \"kubernetes_cluster\" \"c\" {\n  name = \"c\"\n  command = [\"true\"]\n  kubeconfig = \"brought\"\n}\n",
        "plan",
    ),
    (
        "the command of a cluster",
        "resource \"kubernetes_cluster\" \"c\" {\n  name = \"c\"\n  command = [\"PROGRAM\"]\n  kubeconfig = \"kubeconfig\"\n  timeouts { create = \"1s\" }\n}\n",
        "apply -auto-approve",
    ),
];

fn program(path: &Path, marker: &Path) {
    let script = format!("#!/bin/sh\ntouch {}\necho token\n", marker.display());
    fs::write(path, script).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// Goes a way with a program; whether it was started, and what was said.
async fn go(served: &Served, (way, program, command): (&str, &Path, &str)) -> (bool, String) {
    let root = served.directory.path();
    let repository = root.join("repository");
    let _ = fs::remove_dir_all(&repository);
    fs::create_dir_all(repository.join(".git")).unwrap();
    let program = program.display().to_string();
    let brought = fs::read_to_string(root.join("kubeconfig")).unwrap();
    let exec = serde_json::json!({
        "exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": program, "interactiveMode": "Never"}
    });
    let mut brought: serde_json::Value = serde_json::from_str(&brought).unwrap();
    let server = brought["clusters"][0]["cluster"]["server"].to_string();
    brought["users"][0]["user"] = exec;
    fs::write(repository.join("brought"), brought.to_string()).unwrap();
    let main = format!("{HEAD}{}", way.replace("PROGRAM", &program));
    fs::write(repository.join("main.hcl"), main).unwrap();
    let allowed = root.join(".config/sk-dr");
    fs::create_dir_all(&allowed).unwrap();
    let allowed_program = root.join("allowed");
    let text = format!(
        "server {{ url = {server} }}\nprogram {{ command = [\"{}\"] }}\nfile {{ path = \"{}\" }}\n",
        allowed_program.display(),
        root.join("kubeconfig").display()
    );
    fs::write(allowed.join("safe.hcl"), text).unwrap();
    let marker = root.join("marker");
    let _ = fs::remove_file(&marker);
    let (_, said) = served.run(&format!("-chdir=repository {command}")).await;
    (marker.exists(), said)
}

#[tokio::test]
async fn no_way_leads_to_a_program_that_was_not_allowed() {
    let served = Served::empty();
    served.serve("kubeconfig").await;
    let root = served.directory.path();
    let marker = root.join("marker");
    let (allowed, other) = (root.join("allowed"), root.join("other"));
    program(&allowed, &marker);
    program(&other, &marker);
    for (what, way, command) in WAYS {
        let (started, said) = go(&served, (way, &other, command)).await;
        assert!(started, "{what} is no way at all:\n{said}");
        let guarded = format!("{command} -safe -repository=repository");
        let (started, said) = go(&served, (way, &other, &guarded)).await;
        assert!(!started, "{what} started a program under -safe:\n{said}");
        let words = format!(
            "-safe starts no program that is not allowed: {}",
            other.display()
        );
        let said: String = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            said.contains(&words),
            "{what}: nothing is said about it:\n{said}"
        );
        assert!(
            said.contains("program { command = ["),
            "{what}: not how to allow it:\n{said}"
        );
        let (started, said) = go(&served, (way, &allowed, &guarded)).await;
        assert!(started, "{what} did not start what was allowed:\n{said}");
    }
}
