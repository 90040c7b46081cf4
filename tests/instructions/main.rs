//! How many instructions a command takes at n resources and at 10 n, as callgrind counts them: wall time on a shared machine
//! says little, these counts are the same at every run. Each is held against the one in `counts.json` (5 % either way), and
//! ten times the resources may take at most twelve times the instructions that are not start-up. Knows the program by its
//! command line only.
//!
//! `SK_DR_UPDATE=1 cargo test --test instructions` writes the file. The counts are those of the test build on x86-64 Linux:
//! its slope is that of the release build, and CI need not build twice.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a test fails by panicking, and says what it left out"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const PROGRAM: &str = env!("CARGO_BIN_EXE_sk-dr");
const SMALL: u64 = 100;
const LARGE: u64 = 1_000;
/// Allowed on either side of a kept count.
const TOLERANCE_PERCENT: u64 = 5;
/// Instructions at ten times the size over those at the size, both without start-up.
const STEEPEST: u64 = 12;

/// The cluster is made by the same plan, so that there is nothing to ask.
const NO_CLUSTER_YET: &str = r#"
sk_dr {
  stack = "counts"
}

resource "kubernetes_cluster" "main" {
  name       = "main"
  engine     = "command"
  command    = ["true"]
  kubeconfig = "kubeconfig"
}

provider "kubernetes" {
  config_path = kubernetes_cluster.main.kubeconfig
}
"#;

fn instances(count: u64) -> String {
    format!(
        r#"
resource "velero_schedule" "shop" {{
  for_each            = toset([for number in range({count}) : tostring(number)])
  name                = "s${{each.key}}"
  schedule            = "${{tonumber(each.key) % 60}} 1 * * *"
  ttl                 = "720h"
  included_namespaces = ["shop-${{each.key}}"]
}}
"#
    )
}

fn blocks(count: u64) -> String {
    let block = |number: u64| {
        let minute = number % 60;
        format!(
            r#"
resource "velero_schedule" "s{number}" {{
  name                = "s{number}"
  schedule            = "{minute} 1 * * *"
  ttl                 = "720h"
  included_namespaces = ["shop-{number}"]
}}
"#
        )
    };
    (0..count).map(block).collect()
}

type Counts = BTreeMap<String, u64>;

#[test]
fn counts_are_as_kept_and_grow_in_a_line() {
    if !cfg!(all(target_arch = "x86_64", target_os = "linux")) {
        eprintln!("not run: the kept counts are those of x86-64 Linux");
        return;
    }
    if Command::new("valgrind")
        .arg("--version")
        .stdout(Stdio::null())
        .status()
        .is_err()
    {
        assert!(
            std::env::var_os("CI").is_none(),
            "valgrind is missing: CI must count"
        );
        eprintln!("not run: valgrind is missing; .ci/run installs it and counts");
        return;
    }
    let root = tempfile::tempdir().unwrap();
    let counted = count_all(root.path());
    check_slopes(&counted);
    let file = kept_file();
    if std::env::var_os("SK_DR_UPDATE").is_some_and(|value| value == "1") {
        let text = serde_json::to_string_pretty(&counted).unwrap();
        fs::write(&file, text + "\n").unwrap();
        return;
    }
    let kept: Counts = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    let strayed = strayed(&kept, &counted);
    assert!(
        strayed.is_empty(),
        "instruction counts have changed by more than {TOLERANCE_PERCENT} %; where that is meant: \
         SK_DR_UPDATE=1 cargo test --test instructions\n{}",
        strayed.join("\n")
    );
}

fn kept_file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/instructions/counts.json")
}

fn count_all(root: &Path) -> Counts {
    /// Resources of one shape, so many of them.
    type Resources = fn(u64) -> String;
    let shapes: [(&str, Resources); 2] =
        [("instances of one for_each", instances), ("blocks", blocks)];
    let mut counted = Counts::new();
    for (shape, text) in shapes {
        for size in [1, SMALL, LARGE] {
            let directory = root.join(format!("{size} {shape}"));
            fs::create_dir(&directory).unwrap();
            fs::write(
                directory.join("main.hcl"),
                format!("{NO_CLUSTER_YET}{}", text(size)),
            )
            .unwrap();
            for command in ["validate", "plan"] {
                counted.insert(
                    format!("{command}, {size} {shape}"),
                    count(&directory, command),
                );
            }
        }
    }
    counted
}

/// Instructions of one command in this directory.
fn count(directory: &Path, command: &str) -> u64 {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .args([PROGRAM, command])
        .current_dir(directory)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command}: {said}");
    let total = said
        .lines()
        .find_map(|line| line.split("Collected : ").nth(1))
        .unwrap_or_else(|| panic!("valgrind did not say what it collected: {said}"));
    total.trim().parse().unwrap()
}

fn check_slopes(counted: &Counts) {
    for (name, &small) in counted {
        let Some((command, shape)) = name.split_once(&format!(", {SMALL} ")) else {
            continue;
        };
        let of = |size: u64| counted[&format!("{command}, {size} {shape}")];
        let (start, large) = (of(1), of(LARGE));
        let slope = (large - start) as f64 / (small - start) as f64;
        assert!(
            slope <= STEEPEST as f64,
            "{name}: ten times as many take {slope:.1} times the instructions"
        );
    }
}

fn strayed(kept: &Counts, counted: &Counts) -> Vec<String> {
    let mut strayed = Vec::new();
    for name in kept.keys().chain(counted.keys()) {
        let (Some(&before), Some(&now)) = (kept.get(name), counted.get(name)) else {
            strayed.push(format!("  {name}: counted or kept, not both"));
            continue;
        };
        if before.abs_diff(now) * 100 > before * TOLERANCE_PERCENT {
            strayed.push(format!("  {name}: {before} kept, {now} counted"));
        }
    }
    strayed.sort();
    strayed.dedup();
    strayed
}

#[test]
fn a_count_that_strayed_and_a_steep_slope_are_found() {
    let counts = |list: &[(&str, u64)]| -> Counts {
        list.iter()
            .map(|(name, count)| ((*name).to_owned(), *count))
            .collect()
    };
    let kept = counts(&[("a", 1000), ("b", 1000), ("c", 1)]);
    let counted = counts(&[("a", 1050), ("b", 1051), ("d", 1)]);
    assert_eq!(
        strayed(&kept, &counted),
        [
            "  b: 1000 kept, 1051 counted",
            "  c: counted or kept, not both",
            "  d: counted or kept, not both"
        ]
    );
    let squared = counts(&[
        ("plan, 1 blocks", 10),
        ("plan, 100 blocks", 110),
        ("plan, 1000 blocks", 10_010),
    ]);
    assert!(std::panic::catch_unwind(|| check_slopes(&squared)).is_err());
}
