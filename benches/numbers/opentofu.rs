//! OpenTofu at equal work: its built-in `terraform_data` with as many arguments as our schedules have, local state, no
//! provider to start and no network. Built from the Go module proxy by `benches/opentofu/build`.

use crate::PROGRAM;
use crate::measure::{Taken, median, once, ratio, row};
use crate::shapes::{blocks, counted, instances, stack};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Text of so many instances.
type Instances = fn(usize) -> String;

/// Shape, ours, theirs, and of how many. By key 5 000 are left out: OpenTofu 1.10.6, whose time grows with their square,
/// had not ended after 40 minutes of CPU.
const SHAPES: &[(&str, Instances, Instances, &[usize])] = &[
    ("for_each", instances, instances_of_data, &[100, 1_000]),
    ("count", counted, counted_data, &[100, 1_000, 5_000]),
];

/// Plans of so many instances by key and by number, validation of 10 000 blocks, and a plan as JSON.
pub fn beside_opentofu(root: &Path) {
    let tofu = build();
    let tofu = tofu.to_str().unwrap();
    for (shape, ours, theirs, counts) in SHAPES {
        for count in *counts {
            let runs = if *count > 100 { 1 } else { 3 };
            let what = format!("plan, {shape}, {count} instances");
            let here = stack(root, &format!("ours {what}"), &ours(*count));
            let there = initialized(root, &format!("theirs {what}"), &theirs(*count), tofu);
            let plan = [tofu, "plan", "-input=false", "-out=plan"];
            compare(
                &what,
                &median(runs, &there, &plan, 0),
                &median(5, &here, &[PROGRAM, "plan", "-out=plan"], 0),
            );
            compare(
                &format!("show -json of that plan, {shape}, {count} instances"),
                &median(runs, &there, &[tofu, "show", "-json", "plan"], 0),
                &median(5, &here, &[PROGRAM, "show", "-json", "plan"], 0),
            );
        }
    }
    let here = stack(root, "ours blocks", &blocks(10_000));
    let there = initialized(root, "theirs blocks", &blocks_of_data(10_000), tofu);
    compare(
        "validate, 10000 blocks",
        &once(&there, &[tofu, "validate"], 0),
        &median(5, &here, &[PROGRAM, "validate"], 0),
    );
}

fn compare(what: &str, theirs: &Taken, ours: &Taken) {
    row(&format!("OpenTofu: {what}"), theirs);
    row(&format!("sk-dr: {what}"), ours);
    ratio(&format!("OpenTofu over sk-dr: {what}"), theirs, ours);
}

fn build() -> PathBuf {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/opentofu/build");
    let output = Command::new(script)
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(output.status.success(), "benches/opentofu/build failed");
    PathBuf::from(String::from_utf8(output.stdout).unwrap().trim())
}

fn initialized(root: &Path, name: &str, text: &str, tofu: &str) -> PathBuf {
    let directory = root.join(name);
    fs::create_dir(&directory).unwrap();
    fs::write(directory.join("main.tf"), text).unwrap();
    once(&directory, &[tofu, "init", "-input=false"], 0);
    directory
}

const ARGUMENTS: &str = r#"
  input = {
    name                = "sKEY"
    schedule            = "1 1 * * *"
    ttl                 = "720h"
    included_namespaces = ["shop-KEY"]
    paused              = false
  }
"#;

fn arguments(key: &str) -> String {
    ARGUMENTS.replace("KEY", key)
}

fn instances_of_data(count: usize) -> String {
    // `range()` of OpenTofu ends at 1 024 values.
    let keys: Vec<String> = (0..count).map(|number| format!("\"{number}\"")).collect();
    format!(
        "locals {{\n  keys = [{}]\n}}\n\nresource \"terraform_data\" \"shop\" {{\n  for_each = toset(local.keys)\n{}}}\n",
        keys.join(", "),
        arguments("${each.key}")
    )
}

fn counted_data(count: usize) -> String {
    format!(
        "resource \"terraform_data\" \"shop\" {{\n  count = {count}\n{}}}\n",
        arguments("${count.index}")
    )
}

fn blocks_of_data(count: usize) -> String {
    let mut text = String::new();
    for number in 0..count {
        writeln!(
            text,
            "resource \"terraform_data\" \"s{number}\" {{\n{}}}\n",
            arguments(&number.to_string())
        )
        .unwrap();
    }
    text
}
