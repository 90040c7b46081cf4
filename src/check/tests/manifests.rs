//! Lints that look into manifests, each with what it finds and what it leaves alone.

use super::super::manifests::{SERVERS, objects};
use super::super::scene::Scene;
use super::{Setting, check_live, configuration, live, location, schedule, with};
use crate::kinds::testing::{kind, resource};
use crate::model::identity::{Key, ProviderRef};
use crate::plan::found::Objects;
use crate::world::query::{Answer, Fact, Query};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

const MANIFEST: &str = "kubernetes_manifest";

type Declared = (&'static str, &'static str, Json);

/// LISTs of the types and namespaces of live objects.
pub(super) fn add_lists(
    setting: &Setting,
    provider: &ProviderRef,
    answers: &mut BTreeMap<Query, Answer>,
) {
    let found = setting.live.iter().filter(|(kind, _)| *kind == MANIFEST);
    let mut lists: BTreeMap<Query, Vec<Json>> = BTreeMap::new();
    for (_, object) in found {
        let declared = resource(MANIFEST, json!({"manifest": object}));
        let Some(Key::Kube {
            resource,
            namespace,
            ..
        }) = kind(MANIFEST).key(&declared)
        else {
            panic!("no object: {object}");
        };
        let query = Query::List {
            provider: provider.clone(),
            resource,
            namespace,
        };
        lists.entry(query).or_default().push(object.clone());
    }
    let present = |(query, list)| (query, Answer::Present(Fact::List(list)));
    answers.extend(lists.into_iter().map(present));
}

/// A declared manifest.
fn manifest(name: &'static str, object: Json) -> Declared {
    (MANIFEST, name, json!({"manifest": object}))
}

fn object(api_version: &str, kind: &str, metadata: Json, spec: Json) -> Json {
    let metadata = with(json!({"name": "main", "namespace": "shop"}), metadata);
    json!({"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec})
}

/// A StatefulSet that runs PostgreSQL on a claim of its own, its pods and container with more.
fn database(pod: Json, container: Json) -> Json {
    let container = with(
        json!({"name": "db", "image": "docker.io/library/postgres:17", "volumeMounts": [{"name": "data", "mountPath": "/var/lib/postgresql/data"}]}),
        container,
    );
    let metadata = with(json!({"labels": {"app": "db"}}), pod);
    let template = json!({"metadata": metadata, "spec": {"containers": [container]}});
    let claims = json!([{"metadata": {"name": "data"}}]);
    object(
        "apps/v1",
        "StatefulSet",
        json!({}),
        json!({"template": template, "volumeClaimTemplates": claims}),
    )
}

const COPIED: &str = "velero_schedule.shop hook: StatefulSet shop/main runs PostgreSQL on its volume \"data\", and no hook before the backup selects it.";

fn check_database(schedule_says: Json, object: Json, wanted: &[&str]) {
    let files = json!({"default_volumes_to_fs_backup": true});
    let declared = vec![
        manifest("db", object),
        schedule("shop", with(files, schedule_says)),
    ];
    check_live("database-without-hook", declared, Vec::new(), wanted);
}

#[test]
fn database_without_hook() {
    let bare = || database(json!({}), json!({}));
    check_database(json!({}), bare(), &[COPIED]);
    let claim = json!({"name": "data", "persistentVolumeClaim": {"claimName": "db"}});
    let empty = json!({"name": "data", "emptyDir": {}});
    let deployment = |volume: Json, image: &str| {
        let container =
            json!({"image": image, "volumeMounts": [{"name": "data", "mountPath": "/data"}]});
        let template = json!({"spec": {"volumes": [volume], "containers": [container]}});
        object(
            "apps/v1",
            "Deployment",
            json!({}),
            json!({"template": template}),
        )
    };
    let said = |engine: &str| {
        format!(
            "velero_schedule.shop hook: Deployment shop/main runs {engine} on its volume \"data\", and no hook before the backup selects it."
        )
    };
    for (image, engine) in [
        ("bitnami/postgresql:17", "PostgreSQL"),
        ("mariadb", "MariaDB"),
        ("mysql:8.4@sha256:00", "MySQL"),
        ("mongo:8", "MongoDB"),
        (
            "docker.elastic.co/elasticsearch/elasticsearch:9.0.0",
            "Elasticsearch",
        ),
    ] {
        check_database(
            json!({}),
            deployment(claim.clone(), image),
            &[&said(engine)],
        );
    }
    for image in ["valkey/valkey:8", "shop/postgres-exporter:1", "<hole>"] {
        check_database(json!({}), deployment(claim.clone(), image), &[]);
    }
    check_database(json!({}), deployment(empty, "postgres:17"), &[]);
}

#[test]
fn a_database_is_one_that_serves() {
    for (container, is_found) in [
        (json!({"args": ["-c", "max_connections=200"]}), true),
        (
            json!({"command": ["/usr/local/bin/docker-entrypoint.sh", "postgres"]}),
            true,
        ),
        (json!({"command": ["pg_dump", "-h", "elsewhere"]}), false),
        (json!({"args": ["/bin/sh", "-c", "sleep 1d"]}), false),
        (json!({"args": ["<hole>"]}), false),
        (
            json!({"volumeMounts": [{"name": "other", "mountPath": "/x"}]}),
            false,
        ),
    ] {
        let wanted: &[&str] = if is_found { &[COPIED] } else { &[] };
        check_database(json!({}), database(json!({}), container), wanted);
    }
    let waits = json!([{"name": "wait", "image": "postgres:17", "command": ["pg_isready"], "volumeMounts": [{"name": "data"}]}]);
    let spec = json!({"initContainers": waits, "containers": [{"image": "shop"}], "volumes": [{"name": "data", "persistentVolumeClaim": {}}]});
    let template = json!({"template": {"spec": spec}});
    check_database(
        json!({}),
        object("apps/v1", "Deployment", json!({}), template.clone()),
        &[],
    );
    let job = json!({"template": {"spec": {"containers": waits, "volumes": [{"name": "data", "persistentVolumeClaim": {}}]}}});
    check_database(json!({}), object("batch/v1", "Job", json!({}), job), &[]);
}

#[test]
fn a_database_is_copied_where_files_are() {
    let pod = |annotation: &str, value: &str| {
        database(json!({"annotations": {annotation: value}}), json!({}))
    };
    let bare = || database(json!({}), json!({}));
    for says in [
        json!({"paused": true}),
        json!({"included_namespaces": ["wiki"]}),
        json!({"included_namespaces": "<hole>"}),
        json!({"excluded_namespaces": ["sh*"]}),
        json!({"included_resources": ["schedules.velero.io"]}),
        json!({"excluded_resources": ["po"]}),
        json!({"label_selector": [{"match_labels": {"app": "web"}}]}),
        json!({"label_selector": [{"match_labels": {"app": "<hole>"}}]}),
        json!({"default_volumes_to_fs_backup": false, "snapshot_volumes": true}),
        json!({"default_volumes_to_fs_backup": null}),
        json!({"default_volumes_to_fs_backup": "<hole>"}),
        json!({"resource_policy": [{"name": "policy"}]}),
    ] {
        check_database(says, bare(), &[]);
    }
    for says in [
        json!({"included_namespaces": null}),
        json!({"label_selector": [{"match_labels": {"app": "db"}}]}),
        json!({"or_label_selector": [{"match_labels": {"app": "web"}}, {"match_labels": {"app": "db"}}]}),
    ] {
        check_database(says, bare(), &[COPIED]);
    }
    let left_out = "backup.velero.io/backup-volumes-excludes";
    check_database(json!({}), pod(left_out, "cache, data"), &[]);
    check_database(json!({}), pod(left_out, "<hole>"), &[]);
    check_database(json!({}), pod(left_out, "cache"), &[COPIED]);
    let chosen = || json!({"default_volumes_to_fs_backup": null});
    let choice = "backup.velero.io/backup-volumes";
    check_database(chosen(), pod(choice, "data"), &[COPIED]);
    check_database(chosen(), pod(choice, "cache"), &[]);
    let hidden = json!({"labels": {"app": "db", "velero.io/exclude-from-backup": "true"}});
    check_database(json!({}), database(hidden, json!({})), &[]);
}

#[test]
fn a_hook_selects_a_database() {
    let pre = json!([{"exec": [{"command": ["/bin/dump"]}]}]);
    let hook = |more: Json| json!({"hook": [with(json!({"name": "dump", "pre": pre}), more)]});
    let selector = |one: Json| hook(json!({"label_selector": [one]}));
    let expression = |key: &str, operator: &str, values: Json| {
        selector(
            json!({"match_expression": [{"key": key, "operator": operator, "values": values}]}),
        )
    };
    let bare = || database(json!({}), json!({}));
    for says in [
        hook(json!({})),
        hook(json!({"included_namespaces": ["shop"]})),
        hook(json!({"included_namespaces": "<hole>"})),
        hook(json!({"included_resources": ["pods"]})),
        hook(json!({"pre": "<hole>"})),
        json!({"hook": "<hole>"}),
        selector(json!({"match_labels": {"app": "db"}})),
        selector(json!({"match_labels": {"app": "<hole>"}})),
        expression("app", "In", json!(["db", "web"])),
        expression("app", "In", json!(["<hole>"])),
        expression("app", "Exists", json!([])),
        expression("tier", "DoesNotExist", json!([])),
        expression("tier", "NotIn", json!(["web"])),
    ] {
        check_database(says, bare(), &[]);
    }
    for says in [
        hook(json!({"pre": []})),
        hook(json!({"pre": [], "post": pre})),
        hook(json!({"included_namespaces": ["wiki"]})),
        hook(json!({"excluded_namespaces": ["shop"]})),
        hook(json!({"included_resources": ["deployments"]})),
        selector(json!({"match_labels": {"app": "web"}})),
        selector(json!({"match_labels": {"app": "db", "tier": "<hole>"}})),
        expression("app", "NotIn", json!(["db"])),
        expression("app", "In", json!(["web"])),
        expression("tier", "Exists", json!([])),
    ] {
        check_database(says, bare(), &[COPIED]);
    }
    for annotations in [
        json!({"pre.hook.backup.velero.io/command": "[\"/bin/dump\"]"}),
        json!({"hook.backup.velero.io/command": "/bin/dump"}),
        json!({"pre.hook.backup.velero.io/command": "<hole>"}),
        json!("<hole>"),
    ] {
        check_database(
            json!({}),
            database(json!({"annotations": annotations}), json!({})),
            &[],
        );
    }
    let after = json!({"annotations": {"post.hook.backup.velero.io/command": "/bin/clean"}});
    check_database(json!({}), database(after, json!({})), &[COPIED]);
}

#[test]
fn a_database_of_an_application_is_dumped_by_a_ready_hook() {
    let check = |more: Json, wanted: &[&str]| {
        let body = json!({"name": "shop", "retention": [{"daily": 7, "monthly": 1}]});
        let declared = vec![
            manifest("db", database(json!({}), json!({}))),
            ("velero_application", "shop", with(body, more)),
        ];
        let setting = Setting {
            declared,
            ..Setting::default()
        };
        let said = super::diagnostics(&configuration(&setting));
        let said: Vec<&str> = said
            .iter()
            .filter(|one| one.code == "database-without-hook" && one.stake == Some("danger"))
            .map(|one| one.detail.as_str())
            .collect();
        assert_eq!(said, wanted);
    };
    check(
        json!({}),
        &[
            "StatefulSet shop/main runs PostgreSQL on its volume \"data\", and no hook before the backup selects it.",
        ],
    );
    let dump =
        json!([{"use": "postgres", "match_labels": {"app": "db"}, "path": "/backup/all.sql"}]);
    check(json!({"ready_hook": dump}), &[]);
    check(json!({"volumes": "snapshot"}), &[]);
    check(json!({"volumes": "none"}), &[]);
}

#[test]
fn a_database_that_is_only_live() {
    let files = json!({"default_volumes_to_fs_backup": true});
    let check = |metadata: Json, wanted: &[&str]| {
        let mut found = database(json!({}), json!({}));
        found["metadata"] = with(found["metadata"].take(), metadata);
        check_live(
            "database-without-hook",
            vec![schedule("shop", files.clone())],
            vec![(MANIFEST, found)],
            wanted,
        );
    };
    check(json!({}), &[COPIED]);
    // What an operator makes it backs up in its own way.
    let owner = json!({"ownerReferences": [{"kind": "PostgresCluster", "name": "shop"}]});
    check(owner, &[]);
    // Another stack looks after it, or it is about to go.
    check(json!({"labels": {"sk-dr.io/stack": "other"}}), &[]);
    let annotated = json!({"annotations": {"pre.hook.backup.velero.io/command": "/bin/dump"}});
    // What the manifest does not say is as it is live.
    check_live(
        "database-without-hook",
        vec![
            manifest("db", database(json!({}), json!({}))),
            schedule("shop", files),
        ],
        vec![(MANIFEST, database(annotated, json!({})))],
        &[],
    );
}

#[test]
fn load_balancer_name() {
    let name = "load-balancer.hetzner.cloud/name";
    let service = |annotations: Json, spec: Json| {
        let spec = with(json!({"type": "LoadBalancer"}), spec);
        object("v1", "Service", json!({"annotations": annotations}), spec)
    };
    let said = "kubernetes_manifest.web manifest: Service shop/main says no name for its load balancer, which has one made of its UID.";
    let check = |object: Json, live: Vec<(&'static str, Json)>, wanted: &[&str]| {
        let declared = vec![manifest("web", object), location("main", json!({}))];
        check_live("load-balancer-name", declared, live, wanted);
    };
    check(service(json!({}), json!({})), Vec::new(), &[said]);
    check(service(json!({name: ""}), json!({})), Vec::new(), &[said]);
    for object in [
        service(json!({name: "shop"}), json!({})),
        service(json!({name: "<hole>"}), json!({})),
        service(json!("<hole>"), json!({})),
        service(json!({}), json!({"type": "ClusterIP"})),
        service(json!({}), json!({"type": "<hole>"})),
        service(json!({}), json!({"loadBalancerClass": "tailscale"})),
        service(json!({"metallb.io/address-pool": "public"}), json!({})),
    ] {
        check(object, Vec::new(), &[]);
    }
    let live = |annotations: Json| {
        let mut live = service(annotations, json!({}));
        live["metadata"]["uid"] = json!("0a-1b");
        vec![(MANIFEST, live)]
    };
    check(
        service(json!({}), json!({})),
        live(json!({})),
        &[
            "kubernetes_manifest.web manifest: Service shop/main says no name for its load balancer, which has a0a1b.",
        ],
    );
    check(
        service(json!({}), json!({})),
        live(json!({name: "by-hand"})),
        &[],
    );
    // Not known to be at Hetzner, but for its own annotation.
    let elsewhere = |annotations: Json, wanted: &[&str]| {
        let declared = vec![manifest("web", service(annotations, json!({})))];
        check_live("load-balancer-name", declared, Vec::new(), wanted);
    };
    elsewhere(json!({}), &[]);
    elsewhere(
        json!({"load-balancer.hetzner.cloud/location": "fsn1"}),
        &[said],
    );
    // Live only: where backups are made of it.
    let found = |more: Json, wanted: &[&str]| {
        let declared = vec![location("main", json!({})), schedule("shop", more)];
        check_live("load-balancer-name", declared, live(json!({})), wanted);
    };
    found(
        json!({}),
        &["- : Service shop/main says no name for its load balancer, which has a0a1b."],
    );
    found(json!({"included_namespaces": ["wiki"]}), &[]);
}

fn deployment(image: &str) -> Json {
    let pods = json!({"spec": {"containers": [{"image": image}]}});
    object(
        "apps/v1",
        "Deployment",
        json!({}),
        json!({"template": pods}),
    )
}

/// What a registry is reached by.
fn registry(api_version: &str, kind: &str, spec: Json) -> Declared {
    let tools = json!({"name": "registry", "namespace": "tools"});
    manifest("registry", object(api_version, kind, tools, spec))
}

fn ingress(host: &str) -> Declared {
    registry(
        "networking.k8s.io/v1",
        "Ingress",
        json!({"rules": [{"host": host}]}),
    )
}

fn service(spec: Json) -> Declared {
    registry("v1", "Service", spec)
}

fn check_image(registry: Declared, image: &str, wanted: &[&str]) {
    let declared = vec![registry, manifest("web", deployment(image))];
    check_live("registry-inside", declared, Vec::new(), wanted);
}

#[test]
fn registry_inside() {
    for (registry, image, whose) in [
        (
            ingress("registry.example.org"),
            "registry.example.org/shop:1",
            "registry.example.org is Ingress tools/registry of the same cluster",
        ),
        (
            ingress("*.example.org"),
            "Registry.example.org:443/shop",
            "registry.example.org is Ingress tools/registry of the same cluster",
        ),
        (
            registry(
                "gateway.networking.k8s.io/v1",
                "HTTPRoute",
                json!({"hostnames": ["registry.example.org"]}),
            ),
            "registry.example.org/shop",
            "registry.example.org is HTTPRoute tools/registry of the same cluster",
        ),
        (
            service(json!({})),
            "registry.tools:5000/shop",
            "registry.tools is Service tools/registry of the same cluster",
        ),
        (
            service(json!({})),
            "registry.tools.svc.cluster.example:5000/shop",
            "registry.tools.svc.cluster.example is Service tools/registry of the same cluster",
        ),
        (
            service(json!({"clusterIP": "10.43.0.9"})),
            "10.43.0.9:5000/shop",
            "10.43.0.9 is Service tools/registry of the same cluster",
        ),
        (
            service(json!({"externalIPs": ["192.0.2.7"]})),
            "192.0.2.7/shop",
            "192.0.2.7 is Service tools/registry of the same cluster",
        ),
        (
            service(json!({})),
            "harbor.harbor.svc.cluster.local/shop",
            "harbor.harbor.svc.cluster.local is a name that only the cluster knows",
        ),
        (
            service(json!({})),
            "localhost:32000/shop",
            "localhost is the node that it runs on",
        ),
    ] {
        let said = format!(
            "kubernetes_manifest.web manifest: Deployment shop/main runs {image}: {whose}."
        );
        check_image(registry, image, &[&said]);
    }
}

#[test]
fn a_registry_elsewhere() {
    for (registry, image) in [
        (ingress("registry.example.org"), "shop:1"),
        (ingress("registry.example.org"), "ghcr.io/example/shop:1"),
        (ingress("registry.example.org"), "<hole>"),
        (ingress("<hole>"), "registry.example.org/shop"),
        (ingress("*.example.org"), "a.registry.example.org/shop"),
        (ingress("*.example.org"), "example.org/shop"),
        (
            service(json!({"clusterIP": "None"})),
            "registry.example.org/shop",
        ),
        (service(json!({})), "registry.other:5000/shop"),
        (service(json!({})), "a.b.svc.example.org/shop"),
        (service(json!({})), "registry:5000/shop"),
    ] {
        check_image(registry, image, &[]);
    }
}

#[test]
fn an_image_is_looked_for_wherever_pods_are_declared() {
    let image = "registry.tools.svc/shop";
    let whose = "registry.tools.svc is a name that only the cluster knows.";
    let init =
        json!({"spec": {"initContainers": [{"image": image}], "containers": [{"image": "web"}]}});
    let pods = json!({"spec": {"containers": [{"image": image}]}});
    let cron = json!({"jobTemplate": {"spec": {"template": pods}}});
    let volume = json!({"volumes": [{"name": "data", "image": {"reference": image}}]});
    for (api_version, kind, spec) in [
        ("apps/v1", "DaemonSet", json!({"template": init})),
        ("batch/v1", "CronJob", cron),
        ("batch/v1", "Job", json!({"template": pods})),
        ("v1", "Pod", pods["spec"].clone()),
        ("v1", "Pod", volume),
    ] {
        let workload = object(api_version, kind, json!({}), spec);
        let said =
            format!("kubernetes_manifest.web manifest: {kind} shop/main runs {image}: {whose}");
        let declared = vec![manifest("web", workload)];
        check_live("registry-inside", declared, Vec::new(), &[&said]);
    }
}

#[test]
fn an_image_of_what_is_only_live() {
    let pods = json!({"spec": {"containers": [{"image": "registry.example.org/shop"}]}});
    let workload = object(
        "apps/v1",
        "Deployment",
        json!({}),
        json!({"template": pods}),
    );
    let metadata = json!({"namespace": "tools", "name": "registry"});
    let rules = json!({"rules": [{"host": "registry.example.org"}]});
    let ingress = object("networking.k8s.io/v1", "Ingress", metadata.clone(), rules);
    let addresses = json!({"loadBalancer": {"ingress": [{"hostname": "registry.example.org"}]}});
    let mut service = object("v1", "Service", metadata, json!({}));
    service["status"] = addresses;
    for (served_by, title) in [(ingress, "Ingress"), (service, "Service")] {
        let live = vec![(MANIFEST, served_by), (MANIFEST, workload.clone())];
        let said = format!(
            "- : Deployment shop/main runs registry.example.org/shop: registry.example.org is {title} tools/registry of the same cluster."
        );
        check_live(
            "registry-inside",
            vec![schedule("shop", json!({}))],
            live.clone(),
            &[&said],
        );
        check_live("registry-inside", Vec::new(), live, &[]);
    }
}

#[test]
fn another_cluster_is_another() {
    let database = manifest("db", database(json!({}), json!({})));
    let files = json!({"default_volumes_to_fs_backup": true});
    let setting = Setting {
        declared: vec![database, schedule("shop", files)],
        ..Setting::default()
    };
    let mut configuration = configuration(&setting);
    let checked = |configuration: &crate::model::resource::Configuration| {
        let codes = super::diagnostics(configuration).into_iter();
        let codes = codes.filter(|one| one.code == "database-without-hook");
        codes.count()
    };
    assert_eq!(checked(&configuration), 1);
    for resource in &mut configuration.resources {
        if resource.address.kind == MANIFEST {
            resource.provider = Some(ProviderRef {
                provider: "kubernetes".to_owned(),
                alias: Some("other".to_owned()),
            });
        }
    }
    assert_eq!(checked(&configuration), 0);
}

/// Annotations on what a chart makes are declared by themselves.
#[test]
fn annotations_are_added_to_what_others_make() {
    let annotating = |kind: &str, attribute: &str, key: &str, value: &str| {
        let metadata = json!([{"name": "main", "namespace": "shop"}]);
        let api_version = if kind == "Service" { "v1" } else { "apps/v1" };
        let body = json!({"api_version": api_version, "kind": kind, "metadata": metadata, attribute: {key: value}});
        ("kubernetes_annotations", "main", body)
    };
    let service = object("v1", "Service", json!({}), json!({"type": "LoadBalancer"}));
    let name = "load-balancer.hetzner.cloud/name";
    for (attribute, count) in [("annotations", 0), ("template_annotations", 1)] {
        let declared = vec![
            annotating("Service", attribute, name, "shop"),
            location("main", json!({})),
            schedule("shop", json!({})),
        ];
        let setting = Setting {
            declared,
            live: vec![(MANIFEST, service.clone())],
            ..Setting::default()
        };
        assert_eq!(super::found("load-balancer-name", &setting).len(), count);
    }
    let check = |files: Json, key: &str, value: &str, wanted: &[&str]| {
        let declared = vec![
            annotating("StatefulSet", "template_annotations", key, value),
            schedule("shop", json!({"default_volumes_to_fs_backup": files})),
        ];
        let live = vec![(MANIFEST, database(json!({}), json!({})))];
        check_live("database-without-hook", declared, live, wanted);
    };
    let hook = "pre.hook.backup.velero.io/command";
    check(json!(true), hook, "/bin/dump", &[]);
    check(json!(true), "other", "x", &[COPIED]);
    let chosen = "backup.velero.io/backup-volumes";
    check(Json::Null, chosen, "data", &[COPIED]);
    check(Json::Null, chosen, "cache", &[]);
}

/// That lint is of every kind; a manifest says itself of which type it is.
#[test]
fn a_manifest_has_a_foreign_owner() {
    let helm = json!({"annotations": {"meta.helm.sh/release-name": "web"}});
    let declared = object("v1", "Service", json!({}), json!({"type": "ClusterIP"}));
    let found = object("v1", "Service", helm, json!({"type": "ClusterIP"}));
    check_live(
        "foreign-owner",
        vec![manifest("web", declared)],
        vec![(MANIFEST, found)],
        &[
            "kubernetes_manifest.web : The live object is in the hands of Helm release \"web\" too. Helm keeps what is annotated `helm.sh/resource-policy: keep`: annotate it, then take it out of the chart's values.",
        ],
    );
}

#[test]
fn what_is_declared_stands_before_what_is_live() {
    let declared = object(
        "apps/v1",
        "Deployment",
        json!({"labels": {"a": "new"}}),
        json!({}),
    );
    let found = object(
        "apps/v1",
        "Deployment",
        json!({"labels": {"a": "old", "b": "old"}}),
        json!({}),
    );
    let setting = Setting {
        declared: vec![manifest("web", declared)],
        live: vec![(MANIFEST, found)],
        ..Setting::default()
    };
    let configuration = configuration(&setting);
    let live = live(&setting);
    let live = Objects::of(&live);
    let scene = Scene::planned(&configuration, &live, Vec::new());
    let all = objects(&scene, SERVERS);
    let [one] = all.as_slice() else {
        panic!("{} objects", all.len());
    };
    let label = |key: &str| {
        let value = one.at(&["metadata", "labels", key]);
        value.and_then(super::super::view::View::text)
    };
    assert_eq!(
        (label("a"), label("b"), label("c")),
        (Some("new"), Some("old"), None)
    );
}

/// Velero restores everything else: its own images must be there before anything of the cluster is.
#[test]
fn a_server_is_made_of_manifests() {
    let image = "registry.tools.svc:5000/velero/velero:v1.18.1";
    let container = json!({"name": "velero", "image": image, "args": ["server"]});
    let labels = json!({"name": "velero"});
    let template = json!({"metadata": {"labels": labels}, "spec": {"containers": [container]}});
    let deployment = object(
        "apps/v1",
        "Deployment",
        json!({"name": "velero", "namespace": "velero"}),
        json!({"selector": {"matchLabels": labels}, "template": template}),
    );
    let body = json!({"version": "1.18.1", "manifests": [deployment], "repository_credentials": [{"repository_password": "p"}]});
    check_live(
        "registry-inside",
        vec![("velero_server", "main", body)],
        Vec::new(),
        &[
            "velero_server.main manifest: Deployment velero/velero runs registry.tools.svc:5000/velero/velero:v1.18.1: registry.tools.svc is a name that only the cluster knows.",
        ],
    );
}
