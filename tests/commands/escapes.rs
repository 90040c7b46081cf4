//! Names and messages of a cluster that mean harm to a terminal: no command prints one of their escapes.

use crate::place::Place;

/// Moves the cursor, retitles the window, hides, reorders.
const HOSTILE: &str = "\\u001b[2J\\u001b]0;owned\\u0007\\u001b[8m\\u202e\\u009b31m\\u200b";

const COMMANDS: &[&str] = &[
    "plan",
    "plan -json",
    "plan -out=plan",
    "show plan",
    "show -json plan",
    "drift",
    "drift -format=markdown",
    "drift -format=github-issue",
    "drift -format=sarif",
    "import",
    "import velero_schedule kubernetes_config_map",
    "apply -auto-approve",
    "apply -auto-approve -json",
    "runs",
    "destroy -auto-approve",
];

fn hostile(kind: &str, name: &str, rest: &str) -> String {
    let owner = format!(
        "{{\"apiVersion\": \"v1\", \"kind\": \"Job\", \"name\": \"{HOSTILE}\", \"uid\": \"1\", \"controller\": true}}"
    );
    let owners = if name == "made" {
        format!(", \"ownerReferences\": [{owner}]")
    } else {
        String::new()
    };
    format!(
        "{{{kind}, \"metadata\": {{\"name\": \"{name}\", \"namespace\": \"velero\", \"annotations\": {{\"meta.helm.sh/release-name\": \"{HOSTILE}\"}}{owners}}}, {rest}}}"
    )
}

/// Whether a terminal acts upon it; `\e` is how a place shows an escape.
fn acts(character: char) -> bool {
    match character {
        '\n' | '\t' => false,
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' => true,
        other => other.is_control(),
    }
}

#[tokio::test(start_paused = true)]
async fn no_command_prints_what_a_terminal_acts_upon() {
    let mut place = Place::new();
    place.act("copy fixtures/demo", "").await;
    let schedules = "/apis/velero.io/v1/namespaces/velero/schedules";
    let kind = "\"apiVersion\": \"velero.io/v1\", \"kind\": \"Schedule\"";
    let spec = format!(
        "\"spec\": {{\"schedule\": \"0 1 * * *\", \"template\": {{\"storageLocation\": \"{HOSTILE}\", \"includedNamespaces\": [\"{HOSTILE}\"]}}}}"
    );
    for name in ["made", "free"] {
        let object = hostile(kind, name, &spec);
        place.act(&format!("create {schedules} {object}"), "").await;
    }
    let maps = "/api/v1/namespaces/velero/configmaps";
    let data = format!("\"data\": {{\"text\": \"{HOSTILE}\"}}");
    let map = hostile(
        "\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\"",
        "made",
        &data,
    );
    place.act(&format!("create {maps} {map}"), "").await;
    let mut told = String::new();
    for command in COMMANDS {
        let said = place.run(&format!("sk-dr {command}")).await;
        let text = format!("{}{}", said.stdout, said.stderr);
        assert!(said.code.is_some(), "{command}");
        assert!(!text.contains("\\e"), "{command}: {text}");
        assert!(!text.contains(acts), "{command}: {text:?}");
        told.push_str(&text);
    }
    assert!(
        told.contains("owned"),
        "nothing of it was shown at all: {told}"
    );
}
