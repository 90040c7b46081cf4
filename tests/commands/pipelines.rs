//! The pipelines of `docs/ci/`: the shell of each step is taken from its file and run, in the order and on the conditions
//! that stand there, against the sandbox. `gh` and `glab` are stand-ins that note what they are asked for.

use crate::children::Served;
use crate::root;
use serde_yaml_ng::Value as Yaml;
use sk_dr::sandbox::kubernetes::access::Right;
use sk_dr::sandbox::state::ADMIN_TOKEN;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use tokio::process::Command;

/// Notes its arguments, the files and the input that it is given; answers a question from a file named after its path.
const STAND_IN: &str = r#"#!/bin/sh
asks=yes path=
for argument; do
  case $argument in
    --method) asks= ;;
    repos/*|projects/*|user) path=${argument%%\?*} ;;
    *=@*) { echo "$argument"; cat "${argument#*=@}"; } >> "$CALLS.bodies" ;;
    -) cat >> "$CALLS.bodies" ;;
  esac
done
[ -n "$asks" ] || echo "${0##*/} $*" >> "$CALLS"
answer=$ANSWERS/$(echo "$path" | tr -c 'A-Za-z0-9\n' _)
[ -z "$asks" ] || { [ -e "$answer" ] && cat "$answer" || echo '[]'; }
"#;

const CONFIGURATION: &str = r#"
sk_dr {
  stack = "acme-prod"
}
provider "kubernetes" {}
resource "velero_schedule" "shop" {
  name     = "shop"
  schedule = "0 1 * * *"
}
"#;

const SHOP: &str = "schedules.velero.io/velero/shop";

/// A machine that pipelines run on.
struct Runner {
    served: Served,
    work: PathBuf,
    temporary: PathBuf,
    /// What `${{ }}` and `$NAME` stand for.
    known: BTreeMap<String, String>,
}

impl Runner {
    async fn new() -> Self {
        let served = Served::new().await;
        let reads = vec![Right::new(&["get", "list"], &["*"])];
        served
            .sandbox
            .with(|state| state.access.grant("reads", "reader", reads));
        let directory = served.directory.path().canonicalize().unwrap();
        let (work, temporary) = (directory.join("work"), directory.join("temporary"));
        for one in [
            work.join(".git"),
            temporary.join("answers"),
            temporary.join("bin"),
        ] {
            fs::create_dir_all(one).unwrap();
        }
        fs::write(work.join("main.hcl"), CONFIGURATION).unwrap();
        for name in ["gh", "glab"] {
            let path = temporary.join("bin").join(name);
            fs::write(&path, STAND_IN).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
        }
        let writes = fs::read_to_string(directory.join("kubeconfig")).unwrap();
        let reads = writes.replace(ADMIN_TOKEN, "reads");
        assert_ne!(writes, reads);
        let mut known = BTreeMap::new();
        for (name, text) in [("READ", reads), ("WRITE", writes)] {
            let file = temporary.join(name);
            fs::write(&file, &text).unwrap();
            known.insert(format!("secrets.SK_DR_KUBECONFIG_{name}"), text);
            let file = file.display().to_string();
            known.insert(format!("SK_DR_KUBECONFIG_{name}"), file);
        }
        for (name, value) in [
            ("github.token", "a-token"),
            ("github.event.pull_request.number", "7"),
            ("github.server_url", "https://github.example"),
            ("github.repository", "acme/dr"),
            ("github.run_id", "99"),
        ] {
            known.insert(name.to_owned(), value.to_owned());
        }
        Self {
            served,
            work,
            temporary,
            known,
        }
    }

    /// What a stand-in answers to a question.
    fn answer(&self, path: &str, answer: &serde_json::Value) {
        let name = path.replace(|c: char| !c.is_ascii_alphanumeric(), "_");
        let file = self.temporary.join("answers").join(name);
        fs::write(file, answer.to_string()).unwrap();
    }

    /// What was asked to be changed since this was asked last, and with which words.
    fn calls(&self) -> (Vec<String>, String) {
        let take = |name: &str| {
            let path = self.temporary.join(name);
            let text = fs::read_to_string(&path).unwrap_or_default();
            let _ = fs::remove_file(path);
            text
        };
        let calls = take("calls").lines().map(str::to_owned).collect();
        (calls, take("calls.bodies"))
    }

    /// Runs one script.
    async fn shell(
        &self,
        options: &[&str],
        script: &str,
        environment: &BTreeMap<String, String>,
    ) -> (i32, String) {
        let program = PathBuf::from(env!("CARGO_BIN_EXE_sk-dr"));
        let path = [
            self.temporary.join("bin").display().to_string(),
            program.parent().unwrap().display().to_string(),
            "/usr/bin:/bin".to_owned(),
        ];
        let file = self.temporary.join("script.sh");
        fs::write(&file, script).unwrap();
        let output = Command::new("bash")
            .args(options)
            .arg(&file)
            .current_dir(&self.work)
            .env_clear()
            .env("PATH", path.join(":"))
            .env("HOME", &self.temporary)
            .env("CI", "true")
            .env("CALLS", self.temporary.join("calls"))
            .env("ANSWERS", self.temporary.join("answers"))
            .envs(environment)
            .kill_on_drop(true)
            .output()
            .await
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let told = text(&output.stdout) + &text(&output.stderr);
        (output.status.code().unwrap_or(-1), told)
    }

    /// The value of a text with `${{ NAME }}` in it.
    fn resolved(&self, text: &str) -> String {
        let mut parts = text.split("${{");
        let mut whole = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (name, rest) = part.split_once("}}").unwrap();
            let value = self.known.get(name.trim());
            whole += value.unwrap_or_else(|| panic!("{name} is not known here"));
            whole += rest;
        }
        whole
    }

    /// Runs a workflow of GitHub as GitHub does: its code, and what was printed.
    async fn github(&mut self, name: &str) -> (i32, String) {
        let text = fs::read_to_string(root().join("docs/ci/github").join(name)).unwrap();
        let workflow: Yaml = serde_yaml_ng::from_str(&text).unwrap();
        let mut environment: BTreeMap<String, String> =
            [("GITHUB_REPOSITORY", "acme/dr"), ("GITHUB_SHA", "0123abcd")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into();
        let temporary = self.temporary.display().to_string();
        environment.insert("RUNNER_TEMP".to_owned(), temporary.clone());
        environment.extend(self.pairs(&workflow["env"]));
        let (mut code, mut told) = (0, String::new());
        let jobs = workflow["jobs"].as_mapping().unwrap();
        let steps = jobs
            .values()
            .flat_map(|job| job["steps"].as_sequence().unwrap());
        for step in steps.filter(|step| step["name"] != "Install sk-dr") {
            let Some(script) = step["run"].as_str() else {
                continue;
            };
            if !self.is_due(step["if"].as_str(), code) {
                continue;
            }
            let mut inner = environment.clone();
            inner.extend(self.pairs(&step["env"]));
            for file in ["GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"] {
                let _ = fs::remove_file(self.temporary.join(file));
                inner.insert(file.to_owned(), format!("{temporary}/{file}"));
            }
            let (ended, said) = self.shell(&["-e"], script, &inner).await;
            told += &said;
            code = if code == 0 { ended } else { code };
            environment.extend(self.written("GITHUB_ENV"));
            let id = step["id"].as_str().unwrap_or_default();
            for (name, value) in self.written("GITHUB_OUTPUT") {
                let name = format!("steps.{id}.outputs.{name}");
                self.known.insert(name, value);
            }
        }
        (code, told)
    }

    fn is_due(&self, condition: Option<&str>, code: i32) -> bool {
        match condition {
            None => code == 0,
            Some("${{ !cancelled() }}" | "${{ always() }}") => true,
            Some("${{ failure() && steps.reviewed.outputs.pull }}") => {
                code != 0 && self.known.contains_key("steps.reviewed.outputs.pull")
            }
            Some(other) => panic!("{other} is not known here"),
        }
    }

    fn pairs(&self, mapping: &Yaml) -> Vec<(String, String)> {
        let pairs = mapping.as_mapping().into_iter().flatten();
        pairs
            .map(|(name, value)| {
                let (name, value) = (name.as_str().unwrap(), value.as_str().unwrap());
                (name.to_owned(), self.resolved(value))
            })
            .collect()
    }

    fn written(&self, file: &str) -> Vec<(String, String)> {
        let text = fs::read_to_string(self.temporary.join(file)).unwrap_or_default();
        text.lines()
            .filter_map(|line| line.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }

    /// Runs a job of GitLab as its runner does.
    async fn gitlab(&self, job: &str) -> (i32, String) {
        let text = fs::read_to_string(root().join("docs/ci/gitlab/sk-dr.yml")).unwrap();
        let pipeline: Yaml = serde_yaml_ng::from_str(&text).unwrap();
        let mut environment: BTreeMap<String, String> = [
            ("CI_PROJECT_ID", "5"),
            ("CI_MERGE_REQUEST_IID", "7"),
            ("CI_COMMIT_SHA", "0123abcd"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        let names = ["SK_DR_KUBECONFIG_READ", "SK_DR_KUBECONFIG_WRITE"];
        for name in names {
            environment.insert(name.to_owned(), self.known[name].clone());
        }
        for variables in [&pipeline["variables"], &pipeline[job]["variables"]] {
            for (name, value) in variables.as_mapping().into_iter().flatten() {
                let value = value.as_str().unwrap();
                let value = match value.strip_prefix('$') {
                    Some(name) => self.known[name].clone(),
                    None => value.to_owned(),
                };
                environment.insert(name.as_str().unwrap().to_owned(), value);
            }
        }
        let lines = pipeline[job]["script"].as_sequence().unwrap();
        let lines: Vec<&str> = lines.iter().map(|line| line.as_str().unwrap()).collect();
        let options = ["-e", "-o", "pipefail"];
        self.shell(&options, &lines.join("\n"), &environment).await
    }

    /// Whether the schedule is there, and whether somebody paused it.
    fn paused(&self) -> Option<bool> {
        let object = self
            .served
            .sandbox
            .with(|state| state.objects.get(SHOP).cloned())?;
        Some(object["spec"]["paused"] == true)
    }

    fn pause(&self, paused: bool) {
        self.served.sandbox.with(|state| {
            let mut object = state.objects[SHOP].clone();
            object["spec"]["paused"] = paused.into();
            state.store(SHOP, object);
        });
    }
}

/// The comment in a body that a stand-in was given.
fn comment(bodies: &str, field: &str) -> String {
    let (_, comment) = bodies
        .split_once(&format!("{field}=@comment.md\n"))
        .unwrap();
    comment.to_owned()
}

#[tokio::test]
async fn github_plans_comments_and_applies_what_was_reviewed() {
    let mut runner = Runner::new().await;
    let comments = "repos/acme/dr/issues/7/comments";
    let (code, told) = runner.github("sk-dr-plan.yml").await;
    assert_eq!(code, 0, "{told}");
    let (calls, bodies) = runner.calls();
    let post = format!("gh api --silent --method POST {comments} --field body=@comment.md");
    assert_eq!(calls, [post], "{told}");
    let body = comment(&bodies, "body");
    assert!(body.starts_with("<!-- sk-dr:plan:acme-prod -->"), "{body}");

    // Somebody else's comment with the same words is not ours.
    let bot = serde_json::json!({"login": "github-actions[bot]"});
    let ours = serde_json::json!({"id": 42, "user": bot, "body": body});
    let theirs = serde_json::json!({"id": 41, "user": {"login": "mallory"}, "body": body});
    runner.answer(comments, &serde_json::json!([theirs, ours]));
    assert_eq!(runner.github("sk-dr-plan.yml").await.0, 0);
    let patch =
        "gh api --silent --method PATCH repos/acme/dr/issues/comments/42 --field body=@comment.md";
    assert_eq!(runner.calls().0, [patch]);

    // Nobody reviewed it: nothing is done.
    let (code, told) = runner.github("sk-dr-apply.yml").await;
    assert_eq!(code, 1, "{told}");
    assert!(told.contains("nobody reviewed its plan"), "{told}");
    assert_eq!(runner.paused(), None);
    let pulls = serde_json::json!([{"number": 7, "merged_at": "2026-11-21T09:00:00Z"}]);
    runner.answer("repos/acme/dr/commits/0123abcd/pulls", &pulls);

    // Another plan than the reviewed one: nothing is done, and the request is told.
    let configuration = runner.work.join("main.hcl");
    fs::write(
        &configuration,
        CONFIGURATION.replace("0 1 * * *", "0 2 * * *"),
    )
    .unwrap();
    let (code, told) = runner.github("sk-dr-apply.yml").await;
    assert_eq!(code, 3, "{told}");
    assert_eq!(runner.paused(), None);
    let (calls, _) = runner.calls();
    assert!(
        calls[0].contains(&format!(
            "--method POST {comments} --raw-field body=The plan of this"
        )),
        "{calls:?}"
    );

    fs::write(&configuration, CONFIGURATION).unwrap();
    let (code, told) = runner.github("sk-dr-apply.yml").await;
    assert_eq!(code, 0, "{told}");
    assert_eq!(runner.paused(), Some(false), "{told}");
    assert_eq!(runner.calls().0, [""; 0]);
}

#[tokio::test]
async fn github_keeps_one_issue_of_drift() {
    let mut runner = Runner::new().await;
    let (code, told) = apply(&runner).await;
    assert_eq!(code, 0, "{told}");
    assert_eq!(runner.github("sk-dr-drift.yml").await.0, 0);
    assert_eq!(
        runner.calls().0,
        [""; 0],
        "no drift and no issue: nothing to do"
    );

    runner.pause(true);
    let (code, told) = runner.github("sk-dr-drift.yml").await;
    assert_eq!(code, 0, "drift has its issue, the check is good: {told}");
    let (calls, bodies) = runner.calls();
    assert_eq!(
        calls,
        ["gh api --silent --method POST repos/acme/dr/issues --input -"]
    );
    let issue: serde_json::Value = serde_json::from_str(&bodies).unwrap();
    assert_eq!(issue["labels"], serde_json::json!(["drift"]));
    let body = issue["body"].as_str().unwrap();
    assert!(body.contains("velero_schedule.shop"), "{body}");

    let open = serde_json::json!([{"number": 12, "body": body}, {"number": 11, "body": null}]);
    runner.answer("repos/acme/dr/issues", &open);
    assert_eq!(runner.github("sk-dr-drift.yml").await.0, 0);
    let patch = "gh api --silent --method PATCH repos/acme/dr/issues/12 --input -";
    let (calls, bodies) = runner.calls();
    assert_eq!(calls, [patch]);
    assert!(!bodies.contains("\"state\""), "{bodies}");

    runner.pause(false);
    assert_eq!(runner.github("sk-dr-drift.yml").await.0, 0);
    let (calls, bodies) = runner.calls();
    assert_eq!(calls, [patch]);
    assert!(bodies.contains("\"state\": \"closed\""), "{bodies}");

    // A check that cannot look is no drift, and closes nothing.
    runner.known.insert(
        "secrets.SK_DR_KUBECONFIG_READ".to_owned(),
        "none".to_owned(),
    );
    assert_eq!(runner.github("sk-dr-drift.yml").await.0, 1);
    assert_eq!(runner.calls().0, [""; 0]);
}

async fn apply(runner: &Runner) -> (i32, String) {
    let environment = [(
        "KUBECONFIG".to_owned(),
        runner.known["SK_DR_KUBECONFIG_WRITE"].clone(),
    )];
    runner
        .shell(&["-e"], "sk-dr apply -auto-approve", &environment.into())
        .await
}

#[tokio::test]
async fn gitlab_plans_comments_and_applies_what_was_reviewed() {
    let runner = Runner::new().await;
    runner.answer("user", &serde_json::json!({"username": "dr-bot"}));
    let notes = "projects/5/merge_requests/7/notes";
    let (code, told) = runner.gitlab("sk-dr plan").await;
    assert_eq!(code, 0, "{told}");
    let (calls, bodies) = runner.calls();
    let post = format!("glab api --silent --method POST {notes} --field body=@comment.md");
    assert_eq!(calls, [post], "{told}");
    let counts = fs::read_to_string(runner.work.join("counts.json")).unwrap();
    let counts: serde_json::Value = serde_json::from_str(&counts).unwrap();
    assert_eq!(
        counts,
        serde_json::json!({"create": 1, "update": 0, "delete": 0})
    );

    let (code, told) = runner.gitlab("sk-dr apply").await;
    assert_eq!(code, 1, "{told}");
    assert_eq!(runner.paused(), None);
    let body = comment(&bodies, "body");
    let note = |id, author: &str| serde_json::json!({"id": id, "author": {"username": author}, "body": body});
    runner.answer(
        notes,
        &serde_json::json!([note(41, "mallory"), note(42, "dr-bot")]),
    );
    assert_eq!(runner.gitlab("sk-dr plan").await.0, 0);
    let put = format!("glab api --silent --method PUT {notes}/42 --field body=@comment.md");
    assert_eq!(runner.calls().0, [put]);

    let merged = serde_json::json!([{"iid": 7, "state": "merged"}]);
    let commit = "projects/5/repository/commits/0123abcd/merge_requests";
    runner.answer(commit, &merged);
    let configuration = runner.work.join("main.hcl");
    fs::write(
        &configuration,
        CONFIGURATION.replace("0 1 * * *", "0 2 * * *"),
    )
    .unwrap();
    let (code, told) = runner.gitlab("sk-dr apply").await;
    assert_eq!(code, 3, "{told}");
    assert_eq!(runner.paused(), None);
    fs::write(&configuration, CONFIGURATION).unwrap();
    let (code, told) = runner.gitlab("sk-dr apply").await;
    assert_eq!(code, 0, "{told}");
    assert_eq!(runner.paused(), Some(false), "{told}");
}

#[tokio::test]
async fn gitlab_keeps_one_issue_of_drift() {
    let runner = Runner::new().await;
    assert_eq!(apply(&runner).await.0, 0);
    assert_eq!(runner.gitlab("sk-dr drift").await.0, 0);
    assert_eq!(runner.calls().0, [""; 0]);
    runner.pause(true);
    let (code, told) = runner.gitlab("sk-dr drift").await;
    assert_eq!(code, 0, "{told}");
    let (calls, bodies) = runner.calls();
    let fields = "--field title=@title.txt --field description=@body.md";
    let post =
        format!("glab api --silent --method POST projects/5/issues {fields} --field labels=drift");
    assert_eq!(calls, [post]);
    let (_, body) = bodies.split_once("description=@body.md\n").unwrap();
    let open = serde_json::json!([{"iid": 12, "description": body}]);
    runner.answer("projects/5/issues", &open);
    assert_eq!(runner.gitlab("sk-dr drift").await.0, 0);
    let put = format!("glab api --silent --method PUT projects/5/issues/12 {fields}");
    assert_eq!(runner.calls().0, std::slice::from_ref(&put));
    runner.pause(false);
    assert_eq!(runner.gitlab("sk-dr drift").await.0, 0);
    assert_eq!(
        runner.calls().0,
        [format!("{put} --field state_event=close")]
    );
}
