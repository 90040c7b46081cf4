//! The configurations that are measured.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// The cluster is made by the same plan, so that there is nothing to ask.
pub const NO_CLUSTER_YET: &str = r#"
sk_dr {
  stack = "numbers"
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

/// So many schedules of one block.
pub fn instances(count: usize) -> String {
    format!(
        r#"resource "velero_schedule" "shop" {{
  for_each            = toset([for number in range({count}) : tostring(number)])
  name                = "s${{each.key}}"
  schedule            = "${{tonumber(each.key) % 60}} 1 * * *"
  ttl                 = "720h"
  included_namespaces = ["shop-${{each.key}}"]
  paused              = false
}}
"#
    )
}

/// So many schedules, each a block of five arguments as a person would write it.
pub fn blocks(count: usize) -> String {
    let mut text = String::new();
    for number in 0..count {
        let minute = number % 60;
        writeln!(
            text,
            r#"resource "velero_schedule" "s{number}" {{
  name                = "s{number}"
  schedule            = "{minute} 1 * * *"
  ttl                 = "720h"
  included_namespaces = ["shop-{number}"]
  paused              = false
}}
"#
        )
        .unwrap();
    }
    text
}

/// So many schedules by number.
pub fn counted(count: usize) -> String {
    format!(
        r#"resource "velero_schedule" "shop" {{
  count               = {count}
  name                = "s${{count.index}}"
  schedule            = "${{count.index % 60}} 1 * * *"
  ttl                 = "720h"
  included_namespaces = ["shop-${{count.index}}"]
  paused              = false
}}
"#
    )
}

/// A directory with a configuration whose cluster is made by the same plan.
pub fn stack(root: &Path, name: &str, resources: &str) -> PathBuf {
    let directory = root.join(name);
    fs::create_dir(&directory).unwrap();
    fs::write(
        directory.join("main.hcl"),
        format!("{NO_CLUSTER_YET}\n{resources}"),
    )
    .unwrap();
    directory
}
