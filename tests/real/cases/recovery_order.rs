//! A loss with what belongs to the whole cluster, and with a controller that acts on others: the one comes back first, the
//! other last, and neither CronJobs nor controllers work before everything is there.

use super::total_loss::{is_back, lost_with};
use crate::Place;
use crate::process::until;
use crate::requests::Requests;
use crate::site::Site;
use serde_json::{Value as Json, json};
use std::time::Duration;

const MORE: &str = r#"
resource "velero_application" "base" {
  namespaces         = ["ingress"]
  storage_location   = velero_backup_storage_location.main.name
  default_exclusions = false
  retention {
    daily = 7
  }
  restore {
    order = -1
  }
}
resource "velero_application" "argocd" {
  storage_location = velero_backup_storage_location.main.name
  retention {
    daily = 7
  }
}
"#;

const ROLE: &str = "/apis/rbac.authorization.k8s.io/v1/clusterroles/cooks";
const DEFINITIONS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const RECIPES: &str = "/apis/example.org/v1/namespaces/wiki/recipes";
const ARGO: &str = "/apis/apps/v1/namespaces/argocd/deployments/argocd-server";
const HOOKS: &str = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";
const CRON_JOBS: &str = "/apis/batch/v1/cronjobs";

/// Objects of a type that only the lost cluster knew, in an application: planned without what defines them nothing is
/// restored; with stage *infra* they come back, the controller after everything else, and the CronJobs awake at last.
pub async fn the_whole_cluster_first_and_controllers_last(place: Place) {
    let (mut site, stack, before) = lost_with(&place, (MORE, &["base", "argocd"]), make).await;
    let without = "plan -recover=total_loss -exclude=velero_application.base -exclude=velero_application.argocd -out=without.plan";
    stack.run(without).await.expect(0);
    stack
        .run("plan -recover=total_loss -out=recovery.plan")
        .await
        .expect(0)
        .says("5 infra");
    site.rebuild().await;
    let limit = Duration::from_secs(600);
    let elsewhere = stack.copy_to(&place.directory.join("elsewhere"));
    let refused = elsewhere.run_within(limit, "apply without.plan").await;
    refused
        .expect(6)
        .says("the cluster does not serve what the backups hold: example.org/v1 Recipe");
    let harness = site.harness().await;
    let wiki = harness.get("/api/v1/namespaces/wiki").await;
    assert_eq!(wiki.status, 404, "nothing was restored");
    site.lose();
    site.rebuild().await;
    let apply = stack.run_within(limit, "apply recovery.plan");
    let (apply, ()) = tokio::join!(apply, sleeps_until_the_end(&site));
    apply.expect(0);
    is_back(&site, &before).await;
    is_there(&site.harness().await).await;
    let next = stack.run("plan").await.expect(0);
    next.says("Plan: 0 to add, 0 to change, 0 to destroy.");
}

/// What these two applications are made of, and what the shop has of a type of its own.
async fn make(harness: Requests) {
    for name in ["ingress", "argocd"] {
        harness.make_namespace(name, json!({})).await;
    }
    let definition = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "recipes.example.org"},
        "spec": {
            "group": "example.org", "scope": "Namespaced",
            "names": {"kind": "Recipe", "listKind": "RecipeList", "plural": "recipes", "singular": "recipe"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {
                "type": "object", "x-kubernetes-preserve-unknown-fields": true}}}],
        },
    });
    harness.post(DEFINITIONS, &definition).await.ok();
    until("the type is served", Duration::from_secs(30), || async {
        (harness.get(RECIPES).await.status == 200).then_some(())
    })
    .await;
    let recipe = json!({"apiVersion": "example.org/v1", "kind": "Recipe", "metadata": {"name": "tea"}, "steps": ["boil"]});
    harness.post(RECIPES, &recipe).await.ok();
    let role = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "cooks"},
        "rules": [{"apiGroups": ["example.org"], "resources": ["recipes"], "verbs": ["get"]}]});
    let roles = "/apis/rbac.authorization.k8s.io/v1/clusterroles";
    harness.post(roles, &role).await.ok();
    before_a_service(&harness).await;
    for (namespace, name, image) in [
        ("ingress", "ingress", "ingress:1"),
        ("argocd", "argocd-server", "quay.io/argoproj/argocd:v3.1.0"),
    ] {
        let template = json!({"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": name, "image": image}]}});
        let deployment = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name},
            "spec": {"selector": {"matchLabels": {"app": name}}, "template": template}});
        let path = format!("/apis/apps/v1/namespaces/{namespace}/deployments");
        harness.post(&path, &deployment).await.ok();
    }
}

/// A webhook of a Service in namespace `ingress`, behind which somebody answers as far as the API says so.
async fn before_a_service(harness: &Requests) {
    let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "hook"}, "spec": {"ports": [{"port": 443}]}});
    harness
        .post("/api/v1/namespaces/ingress/services", &service)
        .await
        .ok();
    let slice = json!({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
        "metadata": {"name": "hook-by-hand", "labels": {"kubernetes.io/service-name": "hook"}},
        "endpoints": [{"addresses": ["10.9.9.9"], "conditions": {"ready": true}}]});
    let slices = "/apis/discovery.k8s.io/v1/namespaces/ingress/endpointslices";
    harness.post(slices, &slice).await.ok();
    let hook = json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
    "metadata": {"name": "cooks"}, "webhooks": [{
        "name": "cooks.example.org", "admissionReviewVersions": ["v1"], "sideEffects": "None", "failurePolicy": "Fail",
        "clientConfig": {"service": {"namespace": "ingress", "name": "hook"}},
        "rules": [{"apiGroups": ["example.org"], "apiVersions": ["v1"], "operations": ["DELETE"], "resources": ["recipes"]}],
    }]});
    harness.post(HOOKS, &hook).await.ok();
}

/// Looks again and again: as long as an application is missing there is no Argo CD, and no CronJob is awake.
async fn sleeps_until_the_end(site: &Site) {
    let harness = site.harness().await;
    let all = "both applications are recorded as done";
    until(all, Duration::from_secs(500), || async {
        let argo = harness.get(ARGO).await.status;
        let jobs = harness.get(CRON_JOBS).await.body;
        let hook = harness.get(&format!("{HOOKS}/cooks")).await.status;
        // Read last: what was seen before it was seen while not all was done.
        let done = done(&harness).await;
        if done >= 3 {
            return Some(());
        }
        assert_eq!((argo, hook), (404, 404), "{done} are done");
        for job in jobs["items"].as_array().into_iter().flatten() {
            assert_eq!(job["spec"]["suspend"], true, "{job:#}");
        }
        None
    })
    .await;
}

/// Applications that the record says are back.
async fn done(harness: &Requests) -> usize {
    let record = "/api/v1/namespaces/velero/configmaps/sk-dr-recovery";
    let record = harness.get(record).await.body;
    let data = record["data"].as_object().cloned().unwrap_or_default();
    data.keys().filter(|key| key.starts_with("done.")).count()
}

async fn is_there(harness: &Requests) {
    let recipe = harness.read(&format!("{RECIPES}/tea")).await;
    assert_eq!(recipe["steps"], json!(["boil"]));
    harness.read(ROLE).await;
    harness.read(ARGO).await;
    let hook = harness.read(&format!("{HOOKS}/cooks")).await;
    let rules = &hook["webhooks"][0]["rules"][0]["resources"];
    assert_eq!(rules, &json!(["recipes"]), "{hook:#}");
    let jobs: Json = harness.read(CRON_JOBS).await;
    let jobs = jobs["items"].as_array().unwrap();
    assert_eq!(jobs.len(), 2);
    for job in jobs {
        assert_eq!(job["spec"]["suspend"], false, "{job:#}");
    }
}
