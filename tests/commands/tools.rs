//! What tools around plans read, held against what the commands print: the patterns of tfcmt, Atlantis and dflook as they
//! stand in their sources, and GitLab's filter for merge requests as its documentation gives it.

use crate::place::{Place, Said};
use regex::Regex;
use serde_json::{Value as Json, json};

/// suzuki-shunsuke/tfcmt, pkg/terraform/parser.go, NewPlanParser and NewApplyParser; matched line by line.
const TFCMT_PASS: &str = r"^(Plan: \d|No changes.)";
const TFCMT_FAIL: &str = r"^([│|] )?(Error: )";
const TFCMT_WARNING: &str = r"^([│|] )?(Warning: )";
const TFCMT_HAS_DESTROY: &str = r"([1-9][0-9]* to destroy.)";
const TFCMT_CREATE: &str = r"^ *# (.*) will be created$";
const TFCMT_UPDATE: &str = r"^ *# (.*) will be updated in-place$";
const TFCMT_DELETE: &str = r"^ *# (.*) will be destroyed$";
const TFCMT_MOVE: &str = r"^ *# (.*?) has moved to (.*?)$";
const TFCMT_IMPORTED_FROM: &str = r"^ *# \(imported from (.*?)\)$";
const TFCMT_ACTIONS: &str = r"^Terraform will perform the following actions:$";
const TFCMT_OUTSIDE: &str = r"^Note: Objects have changed outside of Terraform$";
const TFCMT_OUTSIDE_END: &str = r"^Unless you have made equivalent changes to your configuration";
const TFCMT_APPLY: &str = r"^(Apply complete!)";

/// runatlantis/atlantis, server/events/models/models.go; searched in the whole text.
const ATLANTIS_OUTSIDE: &str = "Note: Objects have changed outside of Terraform";
const ATLANTIS_PLAN: &str =
    r"Plan: (?:(\d+) to import, )?(\d+) to add, (\d+) to change, (\d+) to destroy.";
const ATLANTIS_NOTHING: &str =
    r"No changes. (Infrastructure is up-to-date|Your infrastructure matches the configuration).";
const ATLANTIS_DIFF: &str =
    r"(?m)^( +)([-+~]\s)(.*)(\s=\s|\s->\s|<<|\{|\(known after apply\)| {2,}[^ ]+:.*)(.*)";

/// dflook/terraform-github-actions, image/src/plan_summary and image/src/github_pr_comment/cmp.py; matched line by line.
const DFLOOK_MOVED: &str = r"^  # \S+ has moved to \S+$";
const DFLOOK_COUNT: &str = r"(\d+) to (\w+)";
const DFLOOK_SUMMARY: &str = r"^Plan: \d+ to add, \d+ to change, \d+ to destroy";
const DFLOOK_HIDDEN: &str = r"^\s+# \(\d+ unchanged attributes hidden\)";

/// Log scrapers.
const DESTROYED: &str = r"^Destroy complete! Resources: (\d+) destroyed";

/// What the pattern finds in each line of the text: its first group, else the whole.
fn found(text: &str, pattern: &str) -> Vec<String> {
    let pattern = Regex::new(pattern).unwrap();
    let one = |line| {
        let captures = pattern.captures(line)?;
        let group = captures.get(1).or_else(|| captures.get(0))?;
        Some(group.as_str().to_owned())
    };
    text.lines().filter_map(one).collect()
}

#[track_caller]
fn check(text: &str, pattern: &str, expected: &[&str]) {
    assert_eq!(found(text, pattern), expected, "{pattern} in\n{text}");
}

async fn printed(place: &mut Place, command: &str, code: u8) -> String {
    let Said {
        stdout,
        stderr,
        code: ended,
        raw: _,
    } = place.run(command).await;
    assert_eq!(ended, Some(code), "{command}\n{stdout}{stderr}");
    stdout
}

/// A cluster that the demo's configuration was applied to, and then a change of every sort.
async fn changed() -> Place {
    let mut place = Place::new();
    place.act("copy fixtures/demo", "").await;
    let adopt = "sk-dr apply -auto-approve -adopt=kubernetes_namespace.velero";
    printed(&mut place, adopt, 0).await;
    let configuration = r#"
resource "velero_schedule" "daily" {
  for_each         = { shop = "0 7 * * *", notes = "0 4 * * *" }
  name             = "${each.key}-daily"
  schedule         = each.value
  storage_location = velero_backup_storage_location.main.name
}
resource "velero_schedule" "monthly" {
  name                = "shop-monthly"
  namespace           = kubernetes_namespace.velero.metadata[0].name
  schedule            = "0 3 1 * *"
  ttl                 = "${24 * 31 * 6}h"
  storage_location    = velero_backup_storage_location.main.name
  included_namespaces = ["shop"]
}
"#;
    place.act("write applications.hcl", configuration).await;
    place
}

#[tokio::test(start_paused = true)]
async fn tfcmt_lists_every_action() {
    let mut place = changed().await;
    let text = printed(&mut place, "sk-dr plan -compat=terraform", 0).await;
    check(&text, TFCMT_PASS, &["Plan: 1"]);
    check(&text, TFCMT_FAIL, &[]);
    check(&text, TFCMT_HAS_DESTROY, &["1 to destroy."]);
    check(&text, TFCMT_CREATE, &["velero_schedule.daily[\"notes\"]"]);
    check(&text, TFCMT_UPDATE, &["velero_schedule.daily[\"shop\"]"]);
    assert_eq!(found(&text, TFCMT_DELETE).len(), 1, "{text}");
    check(&text, TFCMT_MOVE, &["velero_schedule.shop_monthly"]);
    check(
        &text,
        TFCMT_ACTIONS,
        &["Terraform will perform the following actions:"],
    );
    // The block of changes ends at the rule before the hints.
    assert_eq!(
        text.lines()
            .filter(|line| line.starts_with("─────"))
            .count(),
        1
    );
    // Nothing of this where nobody asked for it.
    let text = printed(&mut place, "sk-dr plan", 0).await;
    assert!(!text.contains("Terraform"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn tfcmt_and_atlantis_read_the_rest() {
    let mut place = Place::new();
    place.act("copy fixtures/demo", "").await;
    let adopting = "-adopt=kubernetes_namespace.velero -compat=terraform";
    let text = printed(&mut place, &format!("sk-dr plan {adopting}"), 0).await;
    check(&text, TFCMT_IMPORTED_FROM, &["\"velero\""]);
    check(&text, TFCMT_WARNING, &["Warning: "]);
    let sum = Regex::new(ATLANTIS_PLAN).unwrap();
    let counts = sum.captures(&text).unwrap();
    assert_eq!(
        [&counts[1], &counts[2], &counts[3], &counts[4]],
        ["1", "4", "1", "0"]
    );
    assert!(Regex::new(ATLANTIS_DIFF).unwrap().find_iter(&text).count() > 30);

    let text = printed(
        &mut place,
        &format!("sk-dr apply -auto-approve {adopting}"),
        0,
    )
    .await;
    check(&text, TFCMT_APPLY, &["Apply complete!"]);
    let text = printed(&mut place, "sk-dr plan", 0).await;
    check(&text, TFCMT_PASS, &["No changes."]);
    assert_eq!(
        Regex::new(ATLANTIS_NOTHING)
            .unwrap()
            .find_iter(&text)
            .count(),
        1
    );

    let shop = "/apis/velero.io/v1/namespaces/velero/schedules/shop-daily";
    place
        .act(
            &format!("edit {shop} kubectl-edit {{\"spec\":{{\"paused\":true}}}}"),
            "",
        )
        .await;
    let text = printed(&mut place, "sk-dr drift -compat=terraform", 2).await;
    check(&text, TFCMT_OUTSIDE, &[ATLANTIS_OUTSIDE]);
    check(&text, ATLANTIS_OUTSIDE, &[ATLANTIS_OUTSIDE]);
    assert_eq!(found(&text, TFCMT_OUTSIDE_END).len(), 1);

    let text = printed(&mut place, "sk-dr destroy -auto-approve", 0).await;
    check(&text, DESTROYED, &["4"]);
}

#[tokio::test(start_paused = true)]
async fn dflook_counts_and_compares() {
    let mut place = changed().await;
    let text = printed(&mut place, "sk-dr plan", 0).await;
    check(
        &text,
        DFLOOK_MOVED,
        &["  # velero_schedule.shop_monthly has moved to velero_schedule.monthly"],
    );
    assert_eq!(found(&text, DFLOOK_SUMMARY).len(), 1);
    let sum = text.lines().find(|line| line.starts_with("Plan:")).unwrap();
    let counts: Vec<(String, String)> = Regex::new(DFLOOK_COUNT)
        .unwrap()
        .captures_iter(sum)
        .map(|found| (found[2].to_owned(), found[1].to_owned()))
        .collect();
    let expected = [("add", "1"), ("change", "2"), ("destroy", "1")];
    assert_eq!(
        counts,
        expected.map(|(word, count)| (word.to_owned(), count.to_owned()))
    );
    assert!(!found(&text, DFLOOK_HIDDEN).is_empty());
    // It approves an apply only where the text is the same: what stands above the warnings has no clock in it.
    place.act("pass 3h", "").await;
    let later = printed(&mut place, "sk-dr plan", 0).await;
    assert_eq!(text, later);
}

/// docs.gitlab.com, "Integrate Terraform or OpenTofu plans into merge requests":
/// `([.resource_changes[]?.change.actions?]|flatten)|{"create":(map(select(.=="create"))|length), ...}`.
fn gitlab_counts(plan: &Json) -> Json {
    let changes = plan["resource_changes"].as_array().unwrap();
    let actions: Vec<&Json> = changes
        .iter()
        .flat_map(|change| change["change"]["actions"].as_array().unwrap())
        .collect();
    let count = |word: &str| actions.iter().filter(|action| **action == word).count();
    json!({"create": count("create"), "update": count("update"), "delete": count("delete")})
}

#[tokio::test(start_paused = true)]
async fn gitlab_counts_what_is_done() {
    let mut place = changed().await;
    printed(&mut place, "sk-dr plan -out=p", 0).await;
    let text = printed(&mut place, "sk-dr show -json p", 0).await;
    let plan: Json = serde_json::from_str(&text).unwrap();
    assert_eq!(
        gitlab_counts(&plan),
        json!({"create": 1, "update": 2, "delete": 1})
    );
}
