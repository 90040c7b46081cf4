//! HashiCorp's own Go types (terraform-json, of the Go module proxy) read what the commands write for programs.

use crate::directories::copy;
use crate::place::Place;
use crate::{UPDATE, root};
use std::fs;
use std::path::Path;
use std::process::Command;

/// Runs a command line; what it prints becomes a file.
async fn told(place: &mut Place, line: &str, into: &Path) {
    let said = place.run(line).await;
    assert_eq!(said.stderr, "", "{line}");
    fs::write(into, said.stdout).unwrap();
}

/// Plans, saves and shows.
async fn planned(place: &mut Place, flags: &str, into: &Path) {
    let said = place.run(&format!("sk-dr plan {flags} -out=a.plan")).await;
    assert!(matches!(said.code, Some(0 | 1)), "{}", said.stderr);
    told(place, "sk-dr show -json a.plan", into).await;
}

/// A resource of a module that is called for each of several names.
async fn in_module(place: &mut Place, directory: &Path) {
    let backup = "variable \"name\" {}\nresource \"velero_schedule\" \"hourly\" {\n  count = 1\n  name = var.name\n  schedule = \"@hourly\"\n}\n";
    let call = "module \"backup\" {\n  source = \"./backup\"\n  for_each = toset([\"files\"])\n  name = each.key\n}\n";
    fs::create_dir(place.directory().join("backup")).unwrap();
    fs::write(place.directory().join("backup/main.hcl"), backup).unwrap();
    fs::write(place.directory().join("backup.hcl"), call).unwrap();
    planned(place, "", &directory.join("9-module.plan.json")).await;
    let plan = "sk-dr plan -json";
    told(place, plan, &directory.join("9-module.stream.json")).await;
}

async fn write_all(directory: &Path) {
    let mut place = Place::new();
    copy(&root().join("fixtures/demo"), place.directory());
    let adopt = "-adopt=kubernetes_namespace.velero";
    planned(&mut place, "", &directory.join("1-blocked.plan.json")).await;
    planned(&mut place, adopt, &directory.join("2-create.plan.json")).await;
    let plan = format!("sk-dr plan -json {adopt}");
    told(&mut place, &plan, &directory.join("2-create.stream.json")).await;
    let apply = "sk-dr apply -json a.plan";
    told(&mut place, apply, &directory.join("3-apply.stream.json")).await;
    planned(&mut place, "", &directory.join("4-nothing.plan.json")).await;
    let shop = "/apis/velero.io/v1/namespaces/velero/schedules/shop-daily";
    let edit = format!("edit {shop} kubectl-edit {{\"spec\":{{\"paused\":true}}}}");
    place.act(&edit, "").await;
    let applications = place.directory().join("applications.hcl");
    let text = fs::read_to_string(&applications).unwrap();
    let without = text.replace("    wiki = { hour = 2, keep_days = 14 }\n", "");
    assert_ne!(text, without);
    fs::write(&applications, without).unwrap();
    let changed = directory.join("5-update-and-delete.plan.json");
    planned(&mut place, "", &changed).await;
    let destroy = directory.join("6-destroy.plan.json");
    planned(&mut place, "-destroy", &destroy).await;
    let valid = directory.join("7-good.validate.json");
    told(&mut place, "sk-dr validate -json", &valid).await;
    fs::write(
        &applications,
        text.replace("included_namespaces", "included_namespace"),
    )
    .unwrap();
    let wrong = directory.join("8-wrong.validate.json");
    told(&mut place, "sk-dr validate -json", &wrong).await;
    let plan = "sk-dr plan -json";
    told(&mut place, plan, &directory.join("8-wrong.stream.json")).await;
    fs::write(&applications, text).unwrap();
    in_module(&mut place, directory).await;
}

#[tokio::test(start_paused = true)]
#[ignore = "needs Go and its module proxy: cargo test --test commands -- --ignored"]
async fn terraform_json_reads_what_is_written() {
    let directory = tempfile::tempdir().unwrap();
    write_all(directory.path()).await;
    let output = Command::new("go")
        .args(["run", "-mod=readonly", "."])
        .arg(directory.path())
        .current_dir(root().join("tests/terraform_json"))
        .output()
        .expect("Go is needed");
    let understood = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{complaint}\n{understood}");
    let page = root().join("tests/terraform_json/understood.txt");
    if std::env::var_os(UPDATE).is_some() {
        fs::write(&page, &understood).unwrap();
    }
    let expected = fs::read_to_string(&page).unwrap();
    assert_eq!(understood, expected, "{UPDATE}=1 writes it anew");
}
