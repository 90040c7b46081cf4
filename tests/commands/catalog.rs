//! What the catalog of backups costs.

use crate::place::Place;

const MAIN: &str = r#"
sk_dr {
  stack = "acme-prod"
}
provider "kubernetes" {}
provider "s3" {
  endpoint = "https://s3.example.org"
  region   = "eu"
}
resource "velero_backup_storage_location" "main" {
  name          = "main"
  provider_name = "aws"
  bucket        = "acme-backups"
  prefix        = "velero"
  config = {
    region = "eu"
    s3Url  = "https://s3.example.org"
  }
}
resource "velero_application" "app" {
  for_each = toset([for number in range(50) : "app${number}"])
  rpo      = "26h"
  retention {
    daily = 20
  }
}
"#;

/// Pages of one LIST, two LISTs more, and four files of the newest backup of each application.
#[tokio::test(start_paused = true)]
async fn a_thousand_backups_cost_four_files_of_each_application() {
    let mut place = Place::new();
    place.act("env AWS_ACCESS_KEY_ID=sandbox", "").await;
    place
        .act("env AWS_SECRET_ACCESS_KEY=sandbox-secret-key", "")
        .await;
    place.act("write main.hcl", MAIN).await;
    for day in 1..=20 {
        for application in 0..50 {
            let schedule = format!("app{application}-default-daily");
            let backup = format!(
                "store backup acme-backups/velero/ {schedule}-202610{day:02}010000 {schedule}"
            );
            place.act(&backup, "").await;
        }
        place.act("pass 24h", "").await;
    }
    place.buckets().requests();
    let said = place.run("sk-dr status").await;
    assert_eq!(said.code, Some(0), "{}{}", said.stdout, said.stderr);
    assert_eq!(said.stdout.lines().count(), 51, "{}", said.stdout);
    let requests = place.buckets().requests();
    let backups = "LIST /acme-backups/velero/backups/";
    let pages = requests.lines().filter(|line| *line == backups).count();
    assert!((7..=8).contains(&pages), "7 000 objects in {pages} pages");
    assert_eq!(requests.lines().count(), pages + 4 * 50 + 2);
}
