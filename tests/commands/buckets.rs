//! Buckets of the sandbox, filled with backups as Velero writes them. Files beside the tarball are written by `flate2`,
//! tarballs by the crate `tar`: neither is what reads them in the program.

use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value as Json, json};
use sk_dr::sandbox::Sandbox;
use sk_dr::sandbox::faults::{Fault, Matching};
use sk_dr::sandbox::s3::store::{Conditions, Content};
use sk_dr::sandbox::server::Server;
use std::io::Write;

/// The buckets.
pub struct Buckets(pub Sandbox);

impl Buckets {
    /// Does what stands behind `@ store`; what there is to show.
    pub fn act(&self, rest: &str, body: &str) -> String {
        let words: Vec<&str> = rest.splitn(5, ' ').collect();
        match words.as_slice() {
            ["object", path] => self.put(path, body.trim_end().as_bytes().to_vec()),
            ["forbid", bucket] => {
                let all = Matching::new("", &format!("/{bucket}")).at(Server::S3);
                self.0.faults.always(all, Fault::Forbidden);
            }
            ["allow"] => self.0.faults.clear(),
            ["requests"] => return self.requests(),
            ["backup", root, name, schedule, rest @ ..] => {
                let more = rest.first().copied().unwrap_or("{}");
                self.backup(root, name, schedule, &serde_json::from_str(more).unwrap());
            }
            other => panic!("a store does nothing like {other:?}"),
        }
        String::new()
    }

    /// What was asked since somebody looked, without what the SDK adds.
    pub fn requests(&self) -> String {
        let log = self.0.log();
        self.0.clear_log();
        let asked = log.iter().filter(|entry| entry.server == Server::S3);
        asked
            .map(|entry| {
                let (path, query) = entry.target.split_once('?').unwrap_or((&entry.target, ""));
                let mut pairs = query.split('&');
                let prefix = pairs.find_map(|pair| pair.strip_prefix("prefix="));
                let prefix = prefix.map_or_else(String::new, |prefix| prefix.replace("%2F", "/"));
                match query.contains("list-type") {
                    true => format!("LIST {}/{prefix}\n", path.trim_end_matches('/')),
                    false => format!("{} {path}\n", entry.method),
                }
            })
            .collect()
    }

    fn put(&self, path: &str, bytes: Vec<u8>) {
        let (bucket, key) = path.split_once('/').unwrap();
        let now = self.0.now();
        self.0.with(|state| {
            state.s3.create_bucket(bucket, now);
            let content = Content::new(bytes);
            let put = state
                .s3
                .put((bucket, key), content, &Conditions::default(), now);
            put.unwrap();
        });
    }

    /// A backup of the namespace shop that ended now, with a Pod and the claim that it mounts. `more`: members of its
    /// status; `tarball`: `none`, `empty` or `cut`; `skipped`: why the claim was.
    fn backup(&self, root: &str, name: &str, schedule: &str, more: &Json) {
        let now = self.0.now();
        let file = |file: &str, bytes: Vec<u8>| {
            self.put(&format!("{root}backups/{name}/{file}"), bytes);
        };
        let started = now - SignedDuration::from_secs(38);
        let text = |at: Timestamp| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let mut status = json!({
            "version": 1, "formatVersion": "1.1.0", "phase": "Completed", "startTimestamp": text(started),
            "completionTimestamp": text(now), "expiration": text(now + SignedDuration::from_hours(720)),
            "progress": {"totalItems": 4, "itemsBackedUp": 4},
        });
        let own = ["tarball", "skipped", "errors_in"];
        for (member, value) in more.as_object().unwrap() {
            if !own.contains(&member.as_str()) {
                status[member] = value.clone();
            }
        }
        let labels = match schedule {
            "-" => json!({}),
            schedule => json!({"velero.io/schedule-name": schedule}),
        };
        let object = json!({
            "kind": "Backup", "apiVersion": "velero.io/v1",
            "metadata": {"name": name, "namespace": "velero", "labels": labels,
                "annotations": {"velero.io/source-cluster-k8s-gitversion": "v1.34.4"}},
            "spec": {"defaultVolumesToFsBackup": true, "includedNamespaces": ["shop"]}, "status": status,
        });
        file("velero-backup.json", object.to_string().into_bytes());
        let whole = tarball();
        match more["tarball"].as_str() {
            None => file(&format!("{name}.tar.gz"), whole),
            Some("empty") => file(&format!("{name}.tar.gz"), Vec::new()),
            Some("cut") => file(&format!("{name}.tar.gz"), whole[..whole.len() / 2].to_vec()),
            Some(_none) => {}
        }
        let (volumes, copies) = match more["skipped"].as_str() {
            Some(reason) => (
                json!([{"pvcName": "data", "pvcNamespace": "shop", "pvName": "pv-1", "skipped": true, "skippedReason": reason}]),
                Json::Null,
            ),
            None => (
                json!([{"pvcName": "data", "pvcNamespace": "shop", "pvName": "pv-1", "backupMethod": "PodVolumeBackup", "result": "succeeded",
                    "pvbInfo": {"snapshotHandle": "s-1", "podName": "web", "podNamespace": "shop", "volumeName": "data", "Phase": "Completed"}}]),
                json!([{"spec": {"pod": {"kind": "Pod", "namespace": "shop", "name": "web"}, "volume": "data"},
                    "status": {"phase": "Completed", "snapshotID": "s-1", "progress": {"totalBytes": 5_242_880}}}]),
            ),
        };
        let errors = match more["errors_in"].as_str() {
            Some(namespace) => json!({"namespaces": {namespace: ["no matches for kind \"Shop\""]}}),
            None => json!({}),
        };
        for (suffix, value) in [
            ("itemoperations.json.gz", json!([])),
            ("volumeinfo.json.gz", volumes),
            ("podvolumebackups.json.gz", copies),
            (
                "resource-list.json.gz",
                json!({"v1/Namespace": ["shop"], "v1/Pod": ["shop/web"], "v1/ConfigMap": ["shop/a", "shop/b"]}),
            ),
            ("results.gz", json!({"errors": errors, "warnings": {}})),
        ] {
            file(
                &format!("{name}-{suffix}"),
                gzip(value.to_string().as_bytes()),
            );
        }
        self.put(
            &format!("{root}kopia/shop/kopia.repository"),
            b"opaque".to_vec(),
        );
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn tarball() -> Vec<u8> {
    let namespace = json!({"metadata": {"name": "shop", "uid": "5a1f", "creationTimestamp": "2026-01-02T03:04:05Z"}});
    let pod = json!({"metadata": {"name": "web", "namespace": "shop"},
        "spec": {"volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]}});
    let mut builder = tar::Builder::new(Vec::new());
    let mut add = |path: String, value: &Json| {
        let text = value.to_string();
        let mut header = tar::Header::new_ustar();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        builder
            .append_data(&mut header, path, text.as_bytes())
            .unwrap();
    };
    for version in ["", "v1-preferredversion/"] {
        add(
            format!("resources/namespaces/{version}cluster/shop.json"),
            &namespace,
        );
        add(
            format!("resources/pods/{version}namespaces/shop/web.json"),
            &pod,
        );
        for name in ["a", "b"] {
            let path = format!("resources/configmaps/{version}namespaces/shop/{name}.json");
            add(
                path,
                &json!({"metadata": {"name": name, "namespace": "shop"}}),
            );
        }
    }
    gzip(&builder.into_inner().unwrap())
}
