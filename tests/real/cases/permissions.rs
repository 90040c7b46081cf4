//! The roles of `docs/permissions.md`, taken from the page: with each of them its command works, and no right in it is
//! there that was not used.

use crate::Place;
use crate::process::until;
use crate::program::Stack;
use crate::requests::Requests;
use crate::servers::{AuditEntry, Cluster, User};
use crate::velero::{LOCATIONS, SCHEDULES, StandIn};
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

const RBAC: &str = "/apis/rbac.authorization.k8s.io/v1";
const SNAPSHOTS: &str = "/apis/velero.io/v1/namespaces/velero/volumesnapshotlocations";

/// One of each type that the page speaks of.
const RESOURCES: &str = r#"
resource "kubernetes_namespace" "shop" {
  metadata {
    name   = "shop"
    labels = { team = "shop" }
  }
}

resource "velero_backup_storage_location" "main" {
  name          = "main"
  provider_name = "aws"
  bucket        = "backups"
  config        = { region = "us-east-1" }
}

resource "velero_volume_snapshot_location" "main" {
  name          = "main"
  provider_name = "aws"
  config        = { region = "us-east-1" }
}

resource "velero_schedule" "shop" {
  name                = "shop-daily"
  schedule            = "0 1 * * *"
  storage_location    = velero_backup_storage_location.main.name
  included_namespaces = [kubernetes_namespace.shop.metadata[0].name]
}
"#;

/// `drift` finds what changed and writes nothing; what it may not do is refused by the server.
pub async fn drift_works_with_the_role_of_its_page(place: Place) {
    let (cluster, _velero) = cluster(&place).await;
    applied(&place, &cluster, User::Operator)
        .run("apply -auto-approve")
        .await
        .expect(0);
    edit(&cluster).await;
    let roles = give(&cluster, User::Reader, &["drift"]).await;
    let stack = applied(&place, &cluster, User::Reader);
    let mark = cluster.audit_mark().await;
    stack
        .run("drift")
        .await
        .expect(2)
        .says("Drift: 4 changed, 0 missing, 0 not in configuration.")
        .does_not_say("Not swept")
        .does_not_say("Not confirmed");
    let empty = Stack::new(&place.directory.join("empty"));
    let kubeconfig = cluster.kubeconfig(User::Reader);
    empty
        .run(&format!(
            "import -namespace=velero -kubeconfig={}",
            kubeconfig.display()
        ))
        .await
        .expect(0)
        .says("Left out");
    let sent = cluster.audit_since(mark, User::Reader).await;
    assert_eq!(used(&sent), granted(&roles));

    let mark = cluster.audit_mark().await;
    stack
        .run("plan")
        .await
        .expect(0)
        .says("Not confirmed by the server");
    stack.run("apply -auto-approve").await.expect(1);
    let sent = cluster.audit_since(mark, User::Reader).await;
    assert!(sent.iter().any(|entry| entry.status == 403), "{sent:?}");
    assert!(!sent.iter().any(AuditEntry::is_effect), "{sent:?}");
}

/// `plan` has its updates confirmed, and stores nothing.
pub async fn plan_works_with_the_role_of_its_page(place: Place) {
    let (cluster, _velero) = cluster(&place).await;
    applied(&place, &cluster, User::Operator)
        .run("apply -auto-approve")
        .await
        .expect(0);
    edit(&cluster).await;
    let roles = give(&cluster, User::Planner, &["plan"]).await;
    let mark = cluster.audit_mark().await;
    applied(&place, &cluster, User::Planner)
        .run("plan -detailed-exitcode")
        .await
        .expect(2)
        .says("Plan: 0 to add, 4 to change, 0 to destroy.")
        .does_not_say("Not swept")
        .does_not_say("Not confirmed");
    let sent = cluster.audit_since(mark, User::Planner).await;
    assert!(!sent.iter().any(AuditEntry::is_effect), "{sent:?}");
    assert_eq!(used(&sent), granted(&roles));
}

/// `apply` makes, changes and removes; the namespace goes once its losses could be counted.
pub async fn apply_works_with_the_role_of_its_page(place: Place) {
    let (cluster, _velero) = cluster(&place).await;
    let mut roles = give(&cluster, User::Applier, &["apply"]).await;
    let stack = applied(&place, &cluster, User::Applier);
    let mark = cluster.audit_mark().await;
    stack
        .run("apply -auto-approve")
        .await
        .expect(0)
        .says("Resources: 4 added, 0 changed, 0 destroyed.");
    edit(&cluster).await;
    stack
        .run("apply -auto-approve")
        .await
        .expect(0)
        .says("Resources: 0 added, 4 changed, 0 destroyed.");
    let refused = stack.run("plan -destroy").await;
    assert!(!refused.text().contains("-consent="), "{refused}");

    roles.extend(
        give(
            &cluster,
            User::Applier,
            &["a namespace that is to be deleted"],
        )
        .await,
    );
    let asked = stack.run("plan -destroy").await.expect(0);
    let (_, after) = asked.stdout.split_once("-consent=").unwrap();
    let consent: String = after.chars().take_while(char::is_ascii_hexdigit).collect();
    stack
        .run(&format!("plan -destroy -consent={consent} -out=gone.plan"))
        .await
        .expect(0);
    stack
        .run("apply gone.plan")
        .await
        .expect(0)
        .says("4 destroyed");
    let sent = cluster.audit_since(mark, User::Applier).await;
    assert_eq!(used(&sent), granted(&roles));
}

async fn cluster(place: &Place) -> (Cluster, StandIn) {
    let cluster = Cluster::start(&place.bin, &place.directory.join("cluster")).await;
    let velero = StandIn::start(&place.bin, &cluster).await;
    (cluster, velero)
}

/// The one stack of a case, as this user.
fn applied(place: &Place, cluster: &Cluster, user: User) -> Stack {
    let directory = place.directory.join("stack");
    Stack::with(&directory, "rights", &cluster.kubeconfig(user), RESOURCES)
}

/// Changes each object by hand.
async fn edit(cluster: &Cluster) {
    let harness = cluster.requests(User::Harness).await;
    let region = json!({"spec": {"config": {"region": "eu-west-1"}}});
    for (path, change) in [
        (
            "/api/v1/namespaces/shop".to_owned(),
            json!({"metadata": {"labels": {"team": "wiki"}}}),
        ),
        (format!("{LOCATIONS}/main"), region.clone()),
        (format!("{SNAPSHOTS}/main"), region),
        (
            format!("{SCHEDULES}/shop-daily"),
            json!({"spec": {"paused": true}}),
        ),
    ] {
        harness.merge(&path, "kubectl-edit", &change).await.ok();
    }
}

/// Makes the roles of these sections, bound to a user, and returns them once they count.
async fn give(cluster: &Cluster, user: User, sections: &[&str]) -> Vec<Json> {
    let harness = cluster.requests(User::Harness).await;
    let roles: Vec<Json> = sections.iter().flat_map(|section| page(section)).collect();
    assert!(!roles.is_empty(), "{sections:?}");
    for role in &roles {
        let binding = json!({"apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": format!("{}Binding", role["kind"].as_str().unwrap()),
            "metadata": role["metadata"],
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": role["kind"], "name": role["metadata"]["name"]},
            "subjects": [{"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": user.name()}]});
        for object in [role, &binding] {
            harness.post(&collection(object), object).await.ok();
        }
    }
    for role in &roles {
        for rule in role["rules"].as_array().unwrap() {
            counts(&harness, user, role, rule).await;
        }
    }
    roles
}

/// The authorizer reads roles through a watch: a right counts a moment after it was granted.
async fn counts(harness: &Requests, user: User, role: &Json, rule: &Json) {
    let last = |field: &str| rule[field].as_array().and_then(|all| all.last()).cloned();
    let review = json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": {
        "user": user.name(),
        "resourceAttributes": {"group": last("apiGroups"), "resource": last("resources"), "verb": last("verbs"),
            "namespace": role["metadata"]["namespace"]}}});
    let path = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
    until("the right counts", Duration::from_secs(10), || async {
        let answer = harness.post(path, &review).await.ok();
        (answer["status"]["allowed"] == true).then_some(())
    })
    .await;
}

fn collection(object: &Json) -> String {
    let plural = format!("{}s", object["kind"].as_str().unwrap().to_lowercase());
    match object["metadata"]["namespace"].as_str() {
        Some(namespace) => format!("{RBAC}/namespaces/{namespace}/{plural}"),
        None => format!("{RBAC}/{plural}"),
    }
}

/// YAML documents of a section of the page.
fn page(section: &str) -> Vec<Json> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/permissions.md");
    let text = std::fs::read_to_string(path).unwrap();
    let sections = text.split("\n## ");
    let found = sections
        .filter_map(|part| part.split_once('\n'))
        .find(|(title, _)| *title == section);
    let (_, body) = found.unwrap_or_else(|| panic!("the page has no section {section:?}"));
    let yaml = body
        .split("```yaml\n")
        .skip(1)
        .filter_map(|part| part.split_once("```"));
    yaml.flat_map(|(yaml, _)| yaml.split("---\n"))
        .map(|document| serde_yaml_ng::from_str(document).unwrap())
        .collect()
}

/// Rights of roles: verb and type.
fn granted(roles: &[Json]) -> BTreeSet<String> {
    let texts = |list: &Json| -> Vec<String> {
        let list = list.as_array().unwrap().iter();
        list.map(|text| text.as_str().unwrap().to_owned()).collect()
    };
    let rules = roles
        .iter()
        .flat_map(|role| role["rules"].as_array().unwrap());
    let mut rights = BTreeSet::new();
    for rule in rules {
        for group in texts(&rule["apiGroups"]) {
            for resource in texts(&rule["resources"]) {
                let verbs = texts(&rule["verbs"]).into_iter();
                rights.extend(verbs.map(|verb| right(&verb, &group, &resource)));
            }
        }
    }
    rights
}

/// Rights that requests asked for and had.
fn used(sent: &[AuditEntry]) -> BTreeSet<String> {
    let allowed = sent.iter().filter(|entry| entry.status != 403);
    allowed
        .filter_map(|entry| {
            let path = entry.uri.split('?').next()?;
            let (group, rest) = match path.strip_prefix("/api/v1/") {
                Some(rest) => ("", rest),
                None => {
                    let (group, rest) = path.strip_prefix("/apis/")?.split_once('/')?;
                    (group, rest.split_once('/')?.1)
                }
            };
            let parts: Vec<&str> = rest.split('/').collect();
            let resource = match parts.as_slice() {
                ["namespaces", _, resource, ..] | [resource, ..] => resource,
                [] => return None,
            };
            Some(right(&entry.verb, group, resource))
        })
        .collect()
}

fn right(verb: &str, group: &str, resource: &str) -> String {
    format!("{verb} {resource}.{group}")
        .trim_end_matches('.')
        .to_owned()
}
