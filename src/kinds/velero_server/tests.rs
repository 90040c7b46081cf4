//! Cases of `velero_server`: the objects that it expands to, what is read back from them, and what is refused.

use super::guards;
use super::release::Release;
use crate::kinds::composite::LivePart;
use crate::kinds::testing::{check_differences, check_validate, kind, resource};
use crate::kinds::{Part, Writing, keys, needed, parts};
use crate::model::condition::Condition;
use crate::model::identity::Key;
use crate::model::json_path::JsonPath;
use serde_json::{Value as Json, json};

const KIND: &str = "velero_server";

type Edit = fn(&mut Json);

/// What `velero install --dry-run --use-node-agent` renders, shortened.
pub(crate) fn rendered() -> Vec<Json> {
    let labels = json!({"component": "velero"});
    let definition = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "backups.velero.io", "labels": labels},
        "spec": {
            "group": "velero.io", "scope": "Namespaced", "names": {"plural": "backups", "kind": "Backup"},
            "versions": [{"name": "v1", "served": true, "storage": true}],
        },
    });
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "velero"}, "spec": {}});
    let account = json!({
        "apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "velero", "namespace": "velero", "labels": labels},
    });
    let workload = |kind: &str, name: &str, args: Json, resources: Json| {
        let container = json!({
            "name": name, "image": "velero/velero:v1.18.1", "command": ["/velero"], "args": args, "resources": resources,
            "env": [{"name": "VELERO_SCRATCH_DIR", "value": "/scratch"}],
            "volumeMounts": [{"mountPath": "/scratch", "name": "scratch"}],
        });
        json!({
            "apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name, "namespace": "velero", "labels": labels},
            "spec": {
                "selector": {"matchLabels": {"name": name}},
                "template": {
                    "metadata": {"labels": {"name": name}},
                    "spec": {
                        "containers": [container], "serviceAccountName": "velero",
                        "volumes": [{"name": "scratch", "emptyDir": {}}],
                    },
                },
            },
        })
    };
    let amounts = json!({"limits": {"cpu": "1", "memory": "512Mi"}, "requests": {"cpu": "500m", "memory": "128Mi"}});
    let server = json!(["server", "--features=", "--uploader-type=kopia"]);
    vec![
        definition,
        namespace,
        account,
        workload("Deployment", "velero", server, amounts),
        workload(
            "DaemonSet",
            "node-agent",
            json!(["node-agent", "server", "--features="]),
            json!({}),
        ),
    ]
}

/// A body of a server of 1.18.1 with these members.
pub(crate) fn body(more: Json) -> Json {
    let mut base = json!({
        "version": "1.18.1", "manifests": rendered(), "repository_credentials": [{"repository_password": "p"}],
    });
    if let (Json::Object(base), Json::Object(more)) = (&mut base, more) {
        base.extend(more);
    }
    base
}

fn objects(parts: &[Part<'_>]) -> Vec<Json> {
    let objects = parts.iter();
    objects
        .map(|part| part.kind.object(&part.resource).into_known().unwrap())
        .collect()
}

fn names(objects: &[Json]) -> Vec<String> {
    let name = |object: &Json| {
        let kind = object["kind"].as_str().unwrap();
        format!("{kind}/{}", object["metadata"]["name"].as_str().unwrap())
    };
    objects.iter().map(name).collect()
}

fn find<'a>(objects: &'a [Json], kind: &str) -> &'a Json {
    objects
        .iter()
        .find(|object| object["kind"] == kind)
        .unwrap()
}

fn container(object: &Json) -> &Json {
    object.pointer("/spec/template/spec/containers/0").unwrap()
}

fn read(live: &[Json]) -> Json {
    let manifest = kind("kubernetes_manifest");
    let parts = live.iter();
    let parts: Vec<LivePart<'_>> = parts
        .map(|live| LivePart {
            kind: manifest,
            live,
        })
        .collect();
    kind(KIND).composite().unwrap().read(&parts)
}

#[test]
fn makes_its_secrets_before_what_runs() {
    let credentials = json!({"credentials": [{"name": "store", "key": "s3", "data": "k"}]});
    let declared = resource(KIND, body(credentials));
    let parts = parts(&declared);
    let objects = objects(&parts);
    let wanted = [
        "CustomResourceDefinition/backups.velero.io",
        "Namespace/velero",
        "ServiceAccount/velero",
        "Secret/store",
        "Secret/velero-repo-credentials",
        "Deployment/velero",
        "DaemonSet/node-agent",
    ];
    assert_eq!(names(&objects), wanted);
    assert_eq!(objects[3]["data"], json!({"s3": "aw=="}));
    assert_eq!(objects[4]["data"], json!({"repository-password": "cA=="}));
    for object in &objects[5..] {
        let pod = object.pointer("/spec/template/spec").unwrap();
        assert_eq!(
            pod["volumes"],
            json!([
                {"name": "scratch", "emptyDir": {}},
                {"name": "cloud-credentials", "secret": {"defaultMode": 292, "secretName": "store"}},
            ])
        );
        let container = container(object);
        let env: Vec<&str> = container["env"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|one| one["value"] == "/credentials/s3")
            .filter_map(|one| one["name"].as_str())
            .collect();
        let wanted = [
            "GOOGLE_APPLICATION_CREDENTIALS",
            "AWS_SHARED_CREDENTIALS_FILE",
            "AZURE_CREDENTIALS_FILE",
            "ALIBABA_CLOUD_CREDENTIALS_FILE",
        ];
        assert_eq!(env, wanted);
        assert_eq!(
            container["volumeMounts"][1],
            json!({"mountPath": "/credentials", "name": "cloud-credentials"})
        );
    }
    let waits: Vec<bool> = parts
        .iter()
        .map(|part| {
            part.kind
                .wait(Some(&part.resource), Writing::Create)
                .is_some()
        })
        .collect();
    assert_eq!(waits, [true, false, false, false, false, true, true]);
}

#[test]
fn without_anything_declared_over_them_the_objects_are_as_rendered() {
    let again = objects(&parts(&resource(KIND, body(json!({})))));
    let rendered = rendered();
    for object in again.iter().filter(|object| object["kind"] != "Secret") {
        assert_eq!(find(&rendered, object["kind"].as_str().unwrap()), object);
    }
}

#[test]
fn flags_and_amounts_are_put_over_what_is_rendered() {
    let declared = body(json!({
        "args": {"uploader-type": "kopia", "features": "EnableCSI", "disable-controllers": "gc,schedule"},
        "resources": [{"limits": {"memory": "1Gi"}}],
        "node_agent": [{"args": {"log-level": "debug"}, "resources": [{"requests": {"cpu": "100m"}}]}],
    }));
    let objects = objects(&parts(&resource(KIND, declared.clone())));
    let server = container(find(&objects, "Deployment"));
    assert_eq!(
        server["args"],
        json!([
            "server",
            "--features=EnableCSI",
            "--uploader-type=kopia",
            "--disable-controllers=gc,schedule"
        ])
    );
    assert_eq!(
        server["resources"],
        json!({"limits": {"memory": "1Gi"}, "requests": {"cpu": "500m", "memory": "128Mi"}})
    );
    let agent = container(find(&objects, "DaemonSet"));
    assert_eq!(
        agent["args"],
        json!(["node-agent", "server", "--features=", "--log-level=debug"])
    );
    assert_eq!(agent["resources"], json!({"requests": {"cpu": "100m"}}));
    check_differences(KIND, declared, &read(&objects), &[]);
}

#[test]
fn what_lives_is_read_in_its_own_words() {
    let live = objects(&parts(&resource(KIND, body(json!({})))));
    let with = |edit: Edit| {
        let mut live = live.clone();
        for object in live
            .iter_mut()
            .filter(|object| object["kind"] == "Deployment")
        {
            edit(
                object
                    .pointer_mut("/spec/template/spec/containers/0")
                    .unwrap(),
            );
        }
        read(&live)
    };
    let cases: [(Edit, &[&str]); 4] = [
        (
            |container| {
                container["image"] = "registry.example.org:5000/velero/velero:v1.17.2".into()
            },
            &["version: \"1.17.2\" -> \"1.18.1\" [version = \"1.18.1\"]"],
        ),
        (
            |container| {
                container["args"] = json!([
                    "server",
                    "--features",
                    "a",
                    "--uploader-type=kopia",
                    "--restore-only"
                ])
            },
            &[
                "args.features: \"a\" -> \"\" [args.features = \"\"]",
                "args.restore-only: \"true\" -> absent [args.restore-only removed]",
            ],
        ),
        (
            |container| container["resources"]["limits"]["cpu"] = "2".into(),
            &["resources.limits.cpu: \"2\" -> \"1\" [resources.limits.cpu = \"1\"]"],
        ),
        // The server writes an amount in another way.
        (
            |container| container["resources"]["limits"]["cpu"] = "1000m".into(),
            &[],
        ),
    ];
    for (edit, wanted) in cases {
        check_differences(KIND, body(json!({})), &with(edit), wanted);
    }
}

#[test]
fn values_of_secrets_are_not_told() {
    let declared = body(json!({"credentials": [{"data": "hush"}]}));
    let completed = kind(KIND)
        .composite()
        .unwrap()
        .completed(&resource(KIND, declared));
    let text = completed.known().unwrap().to_string();
    assert!(!text.contains("hush") && !text.contains("\"p\""), "{text}");
    assert!(!text.contains("manifests"), "{text}");
}

#[test]
fn whoever_makes_its_secrets_comes_first() {
    let secret = |name: &str| Key::Kube {
        resource: crate::kinds::kubernetes_secret::resource(),
        namespace: Some("velero".to_owned()),
        name: name.to_owned(),
    };
    let both = json!({"repository_credentials": [{}], "credentials": [{"name": "store"}]});
    let declared = resource(KIND, body(both));
    let needed = needed(&declared);
    for name in ["store", "velero-repo-credentials"] {
        assert!(needed.contains(&secret(name)), "{needed:?}");
    }
    let made = resource(KIND, body(json!({})));
    assert!(keys(&made).contains(&secret("velero-repo-credentials")));
    assert!(!crate::kinds::needed(&made).contains(&secret("velero-repo-credentials")));
}

#[test]
fn a_change_is_guarded_and_a_creation_is_not() {
    let declared = resource(KIND, body(json!({"repository_credentials": [{}]})));
    let whole = kind(KIND).key(&declared).unwrap();
    let parts = parts(&declared);
    let of = |kind: &str, writing: Writing| -> Vec<&str> {
        let part = parts
            .iter()
            .filter_map(|part| part.kind.key(&part.resource))
            .find(|key| matches!(key, Key::Kube { resource, .. } if resource.kind == kind));
        guards::of(Some(&declared), &whole, &part.unwrap(), writing)
            .iter()
            .map(|guard| match guard {
                crate::model::guard::Guard::Idle { .. } => "idle",
                crate::model::guard::Guard::Exists { .. } => "exists",
                crate::model::guard::Guard::Ready { .. } => "ready",
                crate::model::guard::Guard::Pinned { .. }
                | crate::model::guard::Guard::Synced(_)
                | crate::model::guard::Guard::Restored(_)
                | crate::model::guard::Guard::Serves { .. }
                | crate::model::guard::Guard::Answers { .. }
                | crate::model::guard::Guard::SoleWriter { .. } => "of a recovery",
            })
            .collect()
    };
    for (kind, writing, wanted) in [
        ("Deployment", Writing::Create, vec!["exists"]),
        ("Deployment", Writing::Update, vec!["exists", "idle"]),
        ("DaemonSet", Writing::Delete, vec!["idle"]),
        ("CustomResourceDefinition", Writing::Create, vec![]),
        ("CustomResourceDefinition", Writing::Update, vec!["idle"]),
        ("ServiceAccount", Writing::Delete, vec!["idle"]),
    ] {
        assert_eq!(of(kind, writing), wanted, "{kind} {writing:?}");
    }
}

#[test]
fn versions_follow_one_another() {
    let check = |declared: &str, runs: &str, wanted: &str| {
        let release = |text: &str| Release::parse(text).unwrap();
        let why = release(declared).cannot_follow(release(runs));
        let why = why.unwrap_or_else(|| "it can".to_owned());
        assert!(why.contains(wanted), "{declared} after {runs}: {why}");
    };
    check("1.18.1", "1.18.1", "it can");
    check("1.18.2", "1.18.1", "it can");
    check("1.19.0", "1.18.3", "it can");
    check("1.18.1", "1.17.0", "it can");
    check("1.18.1", "1.18.2", "does not go back");
    check("1.18.1", "1.19.0", "does not go back");
    check("1.20.0", "1.18.1", "one minor version after another");
    check("1.18.1", "1.16.2", "one minor version after another");
    check("2.0.0", "1.18.1", "one minor version after another");
    assert_eq!(Release::parse("1.18"), None);
    assert_eq!(Release::parse("1.18.1.2"), None);
    assert_eq!(Release::parse("v1.18.1"), None);
}

fn without(kind: &str) -> Json {
    let kept = rendered()
        .into_iter()
        .filter(|object| object["kind"] != kind);
    Json::Array(kept.collect())
}

fn edited(kind: &str, place: &str, value: Json) -> Json {
    let objects = rendered().into_iter().map(|mut object| {
        if object["kind"] == kind {
            JsonPath::dotted(place).set(&mut object, value.clone());
        }
        object
    });
    Json::Array(objects.collect())
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn refuses_what_is_no_server_of_this_version() {
    let location = json!([rendered(), [{"kind": "BackupStorageLocation", "metadata": {"name": "default", "namespace": "velero"}}]]);
    let location: Vec<Json> = location
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|list| list.as_array().unwrap().clone())
        .collect();
    let cases: Vec<(Json, Vec<&str>)> = vec![
        (json!({}), vec![]),
        (
            json!({"version": "1.17.2"}),
            vec![
                "error velero-too-old version: \"1.17.2\" restores no volume from a ReadOnly location, which a recovery needs; 1.18.1 is the oldest that does",
                "error other-version version: the image of velero is tagged with v1.18.1, not with v1.17.2",
                "error other-version version: the image of node-agent is tagged with v1.18.1, not with v1.17.2",
            ],
        ),
        (
            json!({"version": "v1.18.1"}),
            vec![
                "error invalid-version version: \"v1.18.1\" is no version of Velero: write it as `1.18.1`",
                "error other-version version: the image of velero is tagged with v1.18.1, not with vv1.18.1",
                "error other-version version: the image of node-agent is tagged with v1.18.1, not with vv1.18.1",
            ],
        ),
        (
            json!({"manifests": "vendor/velero-1.18.1"}),
            vec![
                "error invalid-manifest manifests: `manifests` is a list of objects, one of each rendered file",
            ],
        ),
        (
            json!({"manifests": without("Deployment")}),
            vec!["error invalid-manifest manifests: there is no Deployment `velero` among them"],
        ),
        (
            json!({"manifests": without("DaemonSet"), "node_agent": [{}]}),
            vec![
                "error no-node-agent node_agent: there is no DaemonSet `node-agent` among the manifests (`sk-dr vendor velero` renders one with `-node-agent -force`)",
            ],
        ),
        (
            json!({"manifests": location}),
            vec![
                "error invalid-manifest manifests: a BackupStorageLocation is no part of a server; locations are declared one by one, so that making a server alters none",
            ],
        ),
        (
            json!({"manifests": edited("ServiceAccount", "metadata.namespace", json!("backup"))}),
            vec![
                "error invalid-manifest manifests: ServiceAccount velero is in namespace backup, the server in velero",
            ],
        ),
        (
            json!({"manifests": edited("ServiceAccount", "kind", json!("Secret"))}),
            vec![
                "error secret-in-manifest manifests: values in a manifest are shown in plans and stored with them (write a `kubernetes_secret`, which shows and stores none)",
            ],
        ),
        (
            json!({"manifests": edited("ServiceAccount", "kind", json!("Strange"))}),
            vec![
                "error invalid-manifest manifests: a Strange is no part of a server; declare it as a `kubernetes_manifest`",
            ],
        ),
        (
            json!({"args": {"default-backup-tll": "720h", "namespace": "velero", "disable-controllers": "gc,schedules"}}),
            vec![
                "error invalid-flag args.default-backup-tll: there is no flag `default-backup-tll`, and with one that it does not know it does not start (did you mean `default-backup-ttl`?)",
                "error invalid-flag args.disable-controllers: there is no controller `schedules`, and the server does not start (did you mean `schedule`?)",
                "error invalid-flag args.namespace: `namespace` is not for `args`: the server runs where its Deployment is",
            ],
        ),
        (
            json!({"node_agent": [{"args": {"uploader-type": "kopia"}}]}),
            vec![
                "error invalid-flag node_agent.args.uploader-type: there is no flag `uploader-type`, and with one that it does not know it does not start",
            ],
        ),
    ];
    for (more, wanted) in cases {
        check_validate(KIND, body(more), &wanted);
    }
}

#[test]
fn a_sensitive_value_is_stored_in_no_plan() {
    let places = [
        ["credentials", "data"],
        ["repository_credentials", "repository_password"],
    ];
    for place in places {
        let mut declared = resource(KIND, body(json!({"credentials": [{"data": "d"}]})));
        let path = place.map(str::to_owned).to_vec();
        declared.sensitive.insert(path);
        let mut diagnostics = Vec::new();
        kind(KIND).validate(&declared, &mut diagnostics);
        let codes: Vec<&str> = diagnostics.iter().map(|one| one.code).collect();
        assert_eq!(codes, ["sensitive-stored"], "{place:?}");
        assert_eq!(
            diagnostics[0].span,
            declared.spans.get(&place.join(".")).copied()
        );
    }
}

#[test]
fn what_is_sensitive_is_so_in_every_object_that_it_may_stand_in() {
    let check = |attribute: &str, wanted: bool| {
        let mut declared = resource(KIND, body(json!({"args": {"log-level": "debug"}})));
        declared.sensitive.insert(vec![attribute.to_owned()]);
        let parts = parts(&declared);
        let server = parts.iter().find(|part| {
            let wait = part.kind.wait(Some(&part.resource), Writing::Update);
            wait.is_some_and(|wait| wait.condition == Condition::RolledOut)
        });
        let hidden = &server.unwrap().resource.sensitive;
        let is_hidden = hidden.contains(&vec!["manifest".to_owned()]);
        assert_eq!(is_hidden, wanted, "{attribute}");
    };
    check("args", true);
    check("manifests", true);
    check("repository_credentials", false);
}

#[test]
fn a_newer_version_has_flags_of_its_own() {
    let newer: Vec<Json> = rendered()
        .into_iter()
        .map(|mut object| {
            if let Some(container) = object.pointer_mut("/spec/template/spec/containers/0") {
                container["image"] = "velero/velero:v1.19.0".into();
            }
            object
        })
        .collect();
    let body = body(json!({"version": "1.19.0", "manifests": newer, "args": {"new-flag": "x"}}));
    check_validate(KIND, body, &[]);
}

#[test]
fn a_change_of_version_says_why_it_cannot_be() {
    let mut live = rendered();
    for object in live
        .iter_mut()
        .filter(|object| object["kind"] == "Deployment")
    {
        let container = object
            .pointer_mut("/spec/template/spec/containers/0")
            .unwrap();
        container["image"] = "velero/velero:v1.19.1".into();
    }
    let declared = resource(KIND, body(json!({})));
    let obstacle = kind(KIND)
        .composite()
        .unwrap()
        .obstacle(&declared, &read(&live));
    let obstacle = obstacle.unwrap();
    assert!(
        obstacle
            .text
            .starts_with("1.19.1 runs and 1.18.1 is declared")
    );
    assert_eq!(obstacle.cure, "Declare 1.19.1, or a later one.");
    assert_eq!(
        kind(KIND)
            .composite()
            .unwrap()
            .obstacle(&declared, &read(&rendered())),
        None
    );
}
