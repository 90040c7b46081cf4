//! What a Backup leaves in the bucket, told so that two servers can be compared: keys, members of objects, paths in the
//! tarball, and whole texts where nothing in them is a time or drawn.

use super::case::{Case, How, Server, Step, run};
use super::s3;
use super::sandbox::{InProcess, sandbox};
use super::velero_cases::{available, location};
use aws_sdk_s3::Client;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use sk_dr::sandbox::behaviours::FILES;
use sk_dr::sandbox::s3::{ACCESS_KEY, SECRET_KEY};
use sk_dr::sandbox::state::Controller;
use std::io::{Read, Write};

/// Names the location, its prefix, the backup, and begins the namespace's name.
const ID: &str = "files";

fn in_namespace(plural: &str, kind: &str, mut object: Value) -> Step {
    object["apiVersion"] = json!("v1");
    object["kind"] = json!(kind);
    Step::post(&format!("/api/v1/namespaces/$id-app/{plural}"), object)
}

fn case() -> Case {
    let backups = "/apis/velero.io/v1/namespaces/velero/backups";
    let completed = json!({"status": {"phase": "Completed"}});
    let app = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "$id-app"}});
    let labels = json!({"velero.io/exclude-from-backup": "true"});
    Case {
        name: FILES,
        steps: vec![
            location("$id", "contract", json!({})),
            available(30),
            Step::post("/api/v1/namespaces", app),
            in_namespace(
                "configmaps",
                "ConfigMap",
                json!({"metadata": {"name": "settings", "labels": {"a": "b"}}, "data": {"k": "v"}}),
            ),
            in_namespace(
                "configmaps",
                "ConfigMap",
                json!({"metadata": {"name": "not", "labels": labels}}),
            ),
            in_namespace(
                "secrets",
                "Secret",
                json!({"metadata": {"name": "s"}, "data": {"k": "dg=="}}),
            ),
            Step::post(
                "/apis/velero.io/v1/namespaces/$id-app/schedules",
                json!({
                    "apiVersion": "velero.io/v1", "kind": "Schedule", "metadata": {"name": "not-run"},
                    "spec": {"schedule": "0 1 1 1 *", "template": {}},
                }),
            ),
            Step::post(
                backups,
                json!({
                    "apiVersion": "velero.io/v1", "kind": "Backup", "metadata": {"name": "$id", "labels": {"own": "label"}},
                    // A real cluster makes an account in each namespace.
                    "spec": {"storageLocation": "$id", "includedNamespaces": ["$id-app"], "excludedResources": ["serviceaccounts"]},
                }),
            ),
            Step::get(&format!("{backups}/$id"))
                .gives(200, completed)
                .how(How::Within(60)),
        ],
    }
}

/// A sandbox whose Velero deletes what has expired, and a client of its buckets.
pub fn sandbox_that_collects() -> (InProcess, Client) {
    let sandbox = sandbox();
    sandbox.with(|state| {
        if let Some(velero) = &mut state.velero {
            velero.disabled.remove(&Controller::Gc);
        }
    });
    let keys = (ACCESS_KEY, SECRET_KEY);
    let client = s3::client(sandbox.s3_wire(), "http://s3.sandbox", keys);
    (InProcess(sandbox), client)
}

/// Makes a backup and tells what it left.
pub async fn tell(server: &dyn Server, client: &Client) -> String {
    run(&case(), server, ID).await.unwrap();
    let listed = client.list_objects_v2().bucket("contract").send().await;
    let listed = listed.unwrap();
    let keys = listed.contents().iter().filter_map(|object| object.key());
    let mut told = String::new();
    for key in keys {
        told += &format!("{key}\n");
        let got = client.get_object().bucket("contract").key(key).send().await;
        let got = got.unwrap();
        told += &format!("  type {}\n", got.content_type().unwrap_or("-"));
        let body = got.body.collect().await.unwrap().into_bytes();
        for line in content(key, &body) {
            told += &format!("  {line}\n");
        }
    }
    told
}

fn content(key: &str, body: &[u8]) -> Vec<String> {
    if key.ends_with("velero-backup.json") {
        return members("", &serde_json::from_slice(body).unwrap());
    }
    if key.ends_with(".tar.gz") {
        return tarball(body);
    }
    if key.ends_with("-logs.gz") {
        let text = unzipped(body);
        let first = text.lines().next().unwrap_or_default();
        return vec![format!("a log: {}", first.starts_with("time=\""))];
    }
    vec![format!("{:?}", unzipped(body))]
}

fn unzipped(body: &[u8]) -> String {
    let mut text = String::new();
    GzDecoder::new(body).read_to_string(&mut text).unwrap();
    text
}

fn tarball(body: &[u8]) -> Vec<String> {
    let mut archive = tar::Archive::new(GzDecoder::new(body));
    let mut told: Vec<String> = archive
        .entries()
        .unwrap()
        .map(|entry| {
            let mut entry = entry.unwrap();
            let path = entry.path().unwrap().display().to_string();
            let head = format!(
                "{path} {:?} {:o}",
                entry.header().entry_type(),
                entry.header().mode().unwrap()
            );
            let mut text = String::new();
            entry.read_to_string(&mut text).unwrap();
            match serde_json::from_str::<Value>(&text) {
                Ok(object) if object.is_object() => {
                    let members: Vec<&String> = object.as_object().unwrap().keys().collect();
                    let written: Vec<String> =
                        members.iter().map(|member| member.to_string()).collect();
                    format!("{head} {} {}", object["kind"], written.join(" "))
                }
                Ok(_) | Err(_) => format!("{head} {text:?}"),
            }
        })
        .collect();
    told.sort();
    told
}

/// Paths of all members of an object, with values where they are neither times nor drawn.
fn members(at: &str, value: &Value) -> Vec<String> {
    let drawn = [
        "/metadata/uid",
        "/metadata/resourceVersion",
        "/metadata/generation",
        // A flag of the server.
        "/metadata/annotations/velero.io/resource-timeout",
    ];
    match value {
        Value::Object(map) if at.ends_with("/managedFields") => vec![format!("{at} {}", map.len())],
        Value::Object(map) => {
            let below = map
                .iter()
                .flat_map(|(name, value)| members(&format!("{at}/{name}"), value));
            below.collect()
        }
        Value::Array(_) if at.ends_with("/managedFields") => vec![at.to_owned()],
        Value::String(text) if text.parse::<jiff::Timestamp>().is_ok() => {
            vec![format!("{at} a time")]
        }
        _ if drawn.contains(&at) => vec![at.to_owned()],
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            vec![format!("{at} {value}")]
        }
    }
}

/// Where the location keeps its backups.
fn place(name: &str) -> String {
    format!("{ID}/backups/{name}/velero-backup.json")
}

/// Puts the backup that was made into the bucket once more, under another name, with another status.
async fn put_another(client: &Client, (name, phase, expiration): (&str, &str, &str)) {
    let got = client.get_object().bucket("contract").key(place(ID));
    let body = got.send().await.unwrap().body.collect().await.unwrap();
    let mut backup: Value = serde_json::from_slice(&body.into_bytes()).unwrap();
    backup["metadata"]["name"] = json!(name);
    backup["status"]["phase"] = json!(phase);
    backup["status"]["expiration"] = json!(expiration);
    let put = client.put_object().bucket("contract").key(place(name));
    let put = put.body(backup.to_string().into_bytes().into());
    put.send().await.unwrap();
}

/// Lists a volume of the backup `d-other`, as another location of another cluster left it.
async fn put_volumes(client: &Client) {
    let owner = json!({"apiVersion": "velero.io/v1", "kind": "Backup", "name": "d-other", "uid": "old", "controller": true});
    let list = json!([{
        "apiVersion": "velero.io/v1", "kind": "PodVolumeBackup",
        "metadata": {
            "name": "d-other-vol", "namespace": "elsewhere", "ownerReferences": [owner],
            "labels": {"velero.io/backup-name": "d-other", "velero.io/backup-uid": "old"},
        },
        "spec": {
            "backupStorageLocation": "old", "node": "n", "volume": "data", "repoIdentifier": "", "uploaderType": "kopia",
            "pod": {"kind": "Pod", "name": "p", "namespace": "files-app", "uid": "u"},
        },
        "status": {"phase": "Completed", "snapshotID": "abc"},
    }]);
    let mut zipped = GzEncoder::new(Vec::new(), Compression::default());
    zipped.write_all(list.to_string().as_bytes()).unwrap();
    let key = format!("{ID}/backups/d-other/d-other-podvolumebackups.json.gz");
    let put = client.put_object().bucket("contract").key(key);
    let put = put.body(zipped.finish().unwrap().into());
    put.send().await.unwrap();
}

/// Names of the backups that are in the bucket.
async fn in_bucket(client: &Client) -> Vec<String> {
    let list = client.list_objects_v2().bucket("contract");
    let list = list.prefix(format!("{ID}/backups/")).delimiter("/");
    let list = list.send().await.unwrap();
    let prefixes = list.common_prefixes().iter();
    let names = prefixes.filter_map(|prefix| prefix.prefix()?.split('/').nth(2));
    names.map(str::to_owned).collect()
}

fn get(path: &str, status: u16, expected: Value) -> Step {
    Step::get(path)
        .gives(status, expected)
        .how(How::Within(150))
}

/// What synchronisation and garbage collection do with what is in the bucket. The server collects what has expired, and
/// a backup was made by [`tell`].
pub async fn synchronise(server: &dyn Server, client: &Client) {
    let (future, past) = ("2090-01-01T00:00:00Z", "2020-01-01T00:00:00Z");
    for backup in [
        ("a-expired", "Completed", past),
        ("b-expired-unfinished", "Finalizing", past),
        ("c-unfinished", "Finalizing", future),
        ("d-other", "Completed", future),
        ("e-failed", "Failed", future),
    ] {
        put_another(client, backup).await;
    }
    put_volumes(client).await;
    let lonely = client.put_object().bucket("contract");
    let lonely = lonely.key(format!("{ID}/backups/f-lonely/f-lonely-logs.gz"));
    lonely.send().await.unwrap();
    let one = |name: &str| format!("/apis/velero.io/v1/namespaces/velero/backups/{name}");
    let brought = json!({
        "metadata": {"namespace": "velero", "labels": {"own": "label", "velero.io/storage-location": "$id"}, "annotations": "$any"},
        "spec": {"storageLocation": "$id", "includedNamespaces": ["$id-app"]},
        "status": {"phase": "Completed", "expiration": future, "completionTimestamp": "$any"},
    });
    let comes = vec![
        get(&one("d-other"), 200, brought).bind("other", "/metadata/uid"),
        get(
            "/apis/velero.io/v1/namespaces/velero/podvolumebackups/d-other-vol",
            200,
            json!({
                "metadata": {
                    "labels": {"velero.io/backup-name": "d-other", "velero.io/backup-uid": "$other"},
                    "ownerReferences": [{"name": "d-other", "uid": "$other"}],
                },
                "spec": {"backupStorageLocation": "$id", "volume": "data"},
                "status": {"phase": "Completed", "snapshotID": "abc"},
            }),
        ),
        get(
            &one("e-failed"),
            200,
            json!({"status": {"phase": "Failed"}}),
        ),
        // All that came, came at once.
        Step::get(&one("c-unfinished")).gives(404, json!({})),
        Step::get(&one("f-lonely")).gives(404, json!({})),
        get(&one("a-expired"), 404, json!({})),
        get(&one("b-expired-unfinished"), 404, json!({})),
    ];
    steps("what_comes", comes, server).await;
    let left = ["c-unfinished", "d-other", "e-failed", "f-lonely", ID];
    assert_eq!(in_bucket(client).await, left);

    // What goes from the bucket goes from the cluster, unless it failed; what goes from the cluster comes again.
    let volumes = format!("{ID}/backups/d-other/d-other-podvolumebackups.json.gz");
    for key in [place("d-other"), volumes, place("e-failed")] {
        let delete = client.delete_object().bucket("contract").key(key);
        delete.send().await.unwrap();
    }
    let goes = vec![
        Step::delete(&one("$id"), Value::Null),
        get(&one("d-other"), 404, json!({})),
        Step::get(&one("e-failed")),
        get(&one("$id"), 200, json!({"status": {"phase": "Completed"}})),
    ];
    steps("what_goes", goes, server).await;

    let strange = client.put_object().bucket("contract");
    let strange = strange.key(format!("{ID}/pgbackrest/archive.info"));
    strange.send().await.unwrap();
    let location = "/apis/velero.io/v1/namespaces/velero/backupstoragelocations/$id";
    let message = "BackupStorageLocation \"$id\" is unavailable: Backup store contains invalid top-level directories: [pgbackrest]";
    let status = json!({"status": {"phase": "Unavailable", "message": message}});
    steps("strangers", vec![get(location, 200, status)], server).await;
}

async fn steps(name: &'static str, steps: Vec<Step>, server: &dyn Server) {
    run(&Case { name, steps }, server, ID).await.unwrap();
}
