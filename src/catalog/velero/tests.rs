//! Cases of the catalog: files as Velero writes them, and what becomes of damaged, older and hostile ones.

use super::backup::{Phase, backup};
use super::catalog::{Bytes, Catalog, Extent, Held, Listing, Location, Wanted, point};
use super::directory::{File, directory, root, stamped};
use super::files::{Unreadable, operations, resource_list};
use super::findings::findings;
use super::ownership::{Installation, Owner, Rhythm};
use super::point::{Known, Lock, Point, Tarball};
use super::status::{State, standings};
use super::tar::{Broken, Reader};
use super::{contents::Contents, files};
use crate::world::query::BlobEntry;
use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

mod choice;

const NOW: &str = "2026-11-22T09:00:00Z";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zipped(value: &Json) -> bytes::Bytes {
    gzip(value.to_string().as_bytes()).into()
}

/// A tarball as another program writes it.
fn tarball(files: &[(&str, Json)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, value) in files {
        let text = value.to_string();
        let mut header = tar::Header::new_ustar();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        builder
            .append_data(&mut header, path, text.as_bytes())
            .unwrap();
    }
    gzip(&builder.into_inner().unwrap())
}

fn read(bytes: &[u8], parts: usize) -> Result<Contents, Broken> {
    let mut reader = Reader::default();
    for part in bytes.chunks(parts) {
        reader.push(part)?;
    }
    reader.finish()
}

/// A backup as it stands in a bucket.
#[derive(Clone)]
struct Stored {
    name: &'static str,
    labels: Json,
    annotations: Json,
    status: Json,
    spec: Json,
    files: BTreeMap<File, Json>,
    /// Bytes of the tarball; none: it is not there.
    tarball: Option<u64>,
    written: &'static str,
}

fn stored(name: &'static str, ended: &'static str) -> Stored {
    Stored {
        name,
        labels: json!({}),
        annotations: json!({}),
        status: json!({
            "phase": "Completed", "formatVersion": "1.1.0", "startTimestamp": ended, "completionTimestamp": ended,
            "expiration": "2026-12-21T01:00:00Z", "progress": {"totalItems": 100, "itemsBackedUp": 100},
        }),
        spec: json!({"defaultVolumesToFsBackup": true}),
        files: BTreeMap::new(),
        tarball: Some(1000),
        written: ended,
    }
}

impl Stored {
    fn of_schedule(mut self, schedule: &str) -> Self {
        self.labels["velero.io/schedule-name"] = schedule.into();
        self
    }
    fn status(mut self, member: &str, value: Json) -> Self {
        self.status[member] = value;
        self
    }
    fn with(mut self, file: File, value: Json) -> Self {
        self.files.insert(file, value);
        self
    }
    fn tarball(mut self, bytes: Option<u64>) -> Self {
        self.tarball = bytes;
        self
    }
    fn metadata(&self) -> Json {
        json!({
            "apiVersion": "velero.io/v1", "kind": "Backup",
            "metadata": {"name": self.name, "labels": self.labels, "annotations": self.annotations}, "spec": self.spec, "status": self.status,
        })
    }
    fn entries(&self) -> Vec<BlobEntry> {
        let entry = |file: String, size: u64| BlobEntry {
            key: format!("velero/backups/{}/{file}", self.name),
            size,
            etag: "e".to_owned(),
            modified: at(self.written),
        };
        let mut entries = vec![entry("velero-backup.json".to_owned(), 10)];
        entries.extend(
            self.tarball
                .map(|size| entry(format!("{}.tar.gz", self.name), size)),
        );
        for file in self.files.keys() {
            let suffix = match file {
                File::VolumeInfo => "-volumeinfo.json.gz",
                File::PodVolumeBackups => "-podvolumebackups.json.gz",
                File::ItemOperations => "-itemoperations.json.gz",
                File::Metadata | File::Tarball | File::ResourceList | File::Results => continue,
            };
            entries.push(entry(format!("{}{suffix}", self.name), 20));
        }
        entries
    }
    fn bytes(&self) -> Bytes {
        let files = self
            .files
            .iter()
            .map(|(file, value)| (*file, Ok(zipped(value))));
        let metadata = self.metadata().to_string().into_bytes();
        files
            .chain([(File::Metadata, Ok(metadata.into()))])
            .collect()
    }
    fn point(&self) -> Known<Point> {
        let listed = directory("velero/", self.entries());
        point(self.name, &listed.backups[self.name], &self.bytes())
    }
}

/// A catalog over these backups in one location, of this owner.
fn catalog(stored: &[Stored], owners: Vec<Owner>) -> Catalog {
    let entries = stored.iter().flat_map(Stored::entries).collect();
    Catalog {
        held: vec![Held {
            location: location("main"),
            listing: Ok(Listing {
                directory: directory("velero/", entries),
                roots: Ok(BTreeSet::from(["backups".to_owned(), "kopia".to_owned()])),
                repositories: Ok(BTreeSet::from(["shop".to_owned()])),
            }),
            points: BTreeMap::new(),
        }],
        owners,
        only: Vec::new(),
    }
}

fn installation() -> Installation {
    Installation {
        provider: None,
        namespace: "velero".to_owned(),
    }
}

fn location(name: &str) -> Location {
    Location {
        address: format!("velero_backup_storage_location.{name}")
            .parse()
            .unwrap(),
        name: name.to_owned(),
        installation: installation(),
        title: "bucket backups".to_owned(),
    }
}

fn owner(name: &str, rpo: Option<&str>) -> Owner {
    Owner {
        address: format!("velero_schedule.{name}").parse().unwrap(),
        installation: installation(),
        labels: Some((name.to_owned(), "default".to_owned())),
        schedules: vec![Rhythm {
            name: name.to_owned(),
            cron: Some("0 1 * * *".to_owned()),
            paused: false,
        }],
        rpo: rpo.map(|rpo| rpo.parse().unwrap()),
    }
}

/// Reads as a command does; names in the order in which they were read.
fn read_all(catalog: &mut Catalog, stored: &[Stored], extent: Extent) -> Vec<String> {
    let mut order = Vec::new();
    loop {
        let next = catalog.next(extent);
        if next.is_empty() {
            return order;
        }
        for wanted in next {
            let one = stored.iter().find(|one| one.name == wanted.name).unwrap();
            order.push(wanted.name.clone());
            catalog.put(wanted, one.point());
        }
    }
}

#[test]
fn names_and_places() {
    assert_eq!(root(""), "");
    assert_eq!(root("/a/b/"), "a/b/");
    let stamp = |name| stamped(name).map(|(stem, time)| format!("{stem} {time}"));
    assert_eq!(
        stamp("shop-daily-20261121010000"),
        Some("shop-daily 2026-11-21T01:00:00Z".to_owned())
    );
    for name in [
        "shop",
        "shop-2026112101000",
        "shop-20261321010000",
        "-20261121010000",
        "shop-2026112101000x",
    ] {
        assert_eq!(stamp(name), None, "{name}");
    }
}

#[test]
fn a_directory_is_read_from_names_and_sizes() {
    let entry = |key: &str, size| BlobEntry {
        key: key.to_owned(),
        size,
        etag: String::new(),
        modified: at(NOW),
    };
    let found = directory(
        "velero/",
        vec![
            entry("velero/backups/", 0),
            entry("velero/backups/a/velero-backup.json", 1),
            entry("velero/backups/a/a.tar.gz", 2),
            entry("velero/backups/a/a-logs.gz", 4),
            entry("velero/backups/a/b.tar.gz", 8),
            entry("velero/backups/lone", 16),
            entry("velero/restores/r/x", 32),
        ],
    );
    let files = &found.backups["a"];
    assert_eq!(files.bytes, 15);
    assert_eq!(
        files.known.keys().copied().collect::<Vec<_>>(),
        [File::Metadata, File::Tarball]
    );
    assert_eq!(found.strays, BTreeSet::from(["lone".to_owned()]));
    assert_eq!(found.backups.len(), 1);
}

#[test]
fn a_backup_object_is_read_leniently_but_not_as_another() {
    let check = |text: &str, expected: Result<&str, Unreadable>| {
        let found = backup("b", text.as_bytes()).map(|backup| backup.phase.to_string());
        assert_eq!(found, expected.map(str::to_owned), "{text}");
    };
    check(
        r#"{"metadata":{"name":"b"},"status":{"formatVersion":"1.1.0","phase":"Completed"}}"#,
        Ok("Completed"),
    );
    check(
        r#"{"metadata":{"name":"b","labels":null},"spec":null,"status":{"version":1,"errors":null,"phase":"New era"},"new":1}"#,
        Ok("New era"),
    );
    check(
        r#"{"metadata":{"name":"b"},"status":{"formatVersion":"1"}}"#,
        Ok("none"),
    );
    check(
        r#"{"metadata":{"name":"c"},"status":{}}"#,
        Err(Unreadable::OtherName("c".to_owned())),
    );
    check(
        r#"{"metadata":{"name":"b"},"status":{"formatVersion":"2.0.0"}}"#,
        Err(Unreadable::Format("2.0.0".to_owned())),
    );
    check(
        r#"{"metadata":{"name":"b"},"status":{}}"#,
        Err(Unreadable::Format(String::new())),
    );
    assert!(matches!(backup("b", b"{"), Err(Unreadable::Json(_))));
}

#[test]
fn small_files_are_empty_only_where_they_say_so() {
    assert_eq!(
        operations(&gzip(b"null")).unwrap(),
        files::Operations::default()
    );
    let list = json!([{"status": {"phase": "Completed"}}, {"status": {"phase": "InProgress"}}, {"status": null}, {"status": {"phase": "Failed"}}]);
    let expected = files::Operations {
        completed: 1,
        failed: 1,
        open: 2,
    };
    assert_eq!(operations(&zipped(&list)).unwrap(), expected);
    let whole = zipped(&json!({"v1/Pod": ["a/b"], "v1/Node": null}));
    assert_eq!(resource_list(&whole).unwrap()["v1/Pod"], ["a/b"]);
    // Cut anywhere it is no list, least of all an empty one.
    for end in 0..whole.len() {
        assert!(resource_list(&whole[..end]).is_err(), "{end}");
    }
    // A bomb is not unpacked.
    let bomb = gzip(&vec![b' '; usize::try_from(files::MOST).unwrap() + 1]);
    assert_eq!(resource_list(&bomb), Err(Unreadable::TooLarge));
}

fn pod(claim: &str, annotations: &Json) -> Json {
    json!({
        "metadata": {"name": "web", "namespace": "shop", "annotations": annotations},
        "spec": {"volumes": [
            {"name": "data", "persistentVolumeClaim": {"claimName": claim}},
            {"name": "tmp", "emptyDir": {}}, {"name": "scratch", "ephemeral": {"volumeClaimTemplate": {}}},
        ]},
    })
}

fn of_shop(annotations: &Json) -> Vec<u8> {
    let namespace = json!({"metadata": {"name": "shop", "uid": "u1", "creationTimestamp": "2026-01-02T03:04:05Z"}});
    let long = format!(
        "resources/configmaps/namespaces/shop/{}.json",
        "n".repeat(180)
    );
    tarball(&[
        ("metadata/version", json!("1.1.0")),
        ("resources/namespaces/cluster/shop.json", namespace.clone()),
        (
            "resources/namespaces/v1-preferredversion/cluster/shop.json",
            namespace,
        ),
        (
            "resources/pods/namespaces/shop/web.json",
            pod("data", annotations),
        ),
        (
            "resources/pods/v1-preferredversion/namespaces/shop/web.json",
            pod("data", annotations),
        ),
        (&long, json!({})),
    ])
}

#[test]
fn a_tarball_is_counted_once_however_its_parts_come() {
    let bytes = of_shop(&json!(null));
    let whole = read(&bytes, bytes.len()).unwrap();
    assert_eq!(whole.items(), 3);
    assert_eq!(whole.counts["configmaps"][&Some("shop".to_owned())], 1);
    assert_eq!(whole.namespaces["shop"].uid, "u1");
    assert_eq!(
        whole.namespaces["shop"].created,
        Some(at("2026-01-02T03:04:05Z"))
    );
    let claims: Vec<String> = whole
        .mounts
        .iter()
        .map(|mount| mount.claim.to_string())
        .collect();
    assert_eq!(claims, ["shop/data", "shop/web-scratch"]);
    for parts in [1, 7, 512, 1000] {
        assert_eq!(read(&bytes, parts).unwrap(), whole, "{parts}");
    }
}

#[test]
fn a_cut_or_damaged_tarball_is_an_error() {
    let bytes = of_shop(&json!(null));
    for end in 0..bytes.len() {
        assert!(read(&bytes[..end], 100).is_err(), "cut at {end}");
    }
    // Whole as a gzip file, but not as a tarball.
    let mut unzipped = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&bytes[..]), &mut unzipped)
        .unwrap();
    for end in [0, 512, 700, 1024, unzipped.len() - 1024] {
        let found = read(&gzip(&unzipped[..end]), 100);
        assert_eq!(
            found,
            Err(Broken::Tar("it ends before its end mark")),
            "{end}"
        );
    }
    let mut damaged = unzipped.clone();
    damaged[1] ^= 1;
    assert_eq!(
        read(&gzip(&damaged), 100),
        Err(Broken::Tar("a header in it is damaged"))
    );
    assert!(matches!(
        read(b"no gzip at all, but long enough", 5),
        Err(Broken::Gzip(_))
    ));
    let mut followed = bytes;
    followed.extend(b"more");
    assert!(read(&followed, 100).is_err());
}

#[test]
fn a_hostile_size_takes_no_memory() {
    let mut header = tar::Header::new_ustar();
    header
        .set_path("resources/pods/namespaces/shop/web.json")
        .unwrap();
    for (size, expected) in [
        (
            u64::MAX / 4,
            "an object in it is larger than any that a cluster stores",
        ),
        (1024, "it ends before its end mark"),
    ] {
        header.set_size(size);
        header.set_cksum();
        assert_eq!(
            read(&gzip(header.as_bytes()), 100),
            Err(Broken::Tar(expected))
        );
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..2000), parts in 1_usize..600) {
        let _ = read(&bytes, parts);
        let _ = read(&gzip(&bytes), parts);
        let _ = backup("b", &bytes);
        let _ = files::gzipped::<files::Results>(&gzip(&bytes));
    }
}

/// Validity, usability and what is told, of a backup as its small files tell, and with its tarball.
fn check_worth(stored: &Stored, tarball: Option<&[u8]>, expected: (&str, bool, &[&str])) {
    let point = stored.point().unwrap();
    let contents = tarball.map(|bytes| read(bytes, 100));
    let judgement = point.judge(match &contents {
        None => Tarball::NotRead,
        Some(Ok(contents)) => Tarball::Read(contents),
        Some(Err(broken)) => Tarball::Broken(broken),
    });
    let told: Vec<String> = judgement
        .shortfalls
        .iter()
        .map(ToString::to_string)
        .collect();
    let found = (judgement.validity.name(), judgement.is_usable());
    assert_eq!(
        (
            found.0,
            found.1,
            told.iter()
                .map(String::as_str)
                .collect::<Vec<_>>()
                .as_slice()
        ),
        expected
    );
}

fn info(more: Json) -> Json {
    let mut info = json!({
        "pvcName": "data", "pvcNamespace": "shop", "pvName": "pv-1", "backupMethod": "PodVolumeBackup", "result": "succeeded",
        "skipped": false,
        "pvbInfo": {"snapshotHandle": "s1", "volumeName": "data", "podName": "web", "podNamespace": "shop", "Phase": "Completed"},
    });
    if let (Json::Object(info), Json::Object(more)) = (&mut info, more) {
        info.extend(more);
    }
    json!([info])
}

fn copy(volume: &str, phase: &str, snapshot: &str) -> Json {
    json!({
        "spec": {"pod": {"namespace": "shop", "name": "web"}, "volume": volume},
        "status": {"phase": phase, "snapshotID": snapshot, "progress": {"totalBytes": 5}},
    })
}

fn daily() -> Stored {
    stored("shop-20261121010000", "2026-11-21T01:00:41Z").of_schedule("shop")
}

#[test]
fn what_a_backup_is_worth_without_its_tarball() {
    check_worth(&daily(), None, ("complete", true, &["tarball not read"]));
    check_worth(
        &daily().status("phase", json!("PartiallyFailed")),
        None,
        (
            "present",
            true,
            &["its phase is PartiallyFailed", "tarball not read"],
        ),
    );
    for phase in [
        "Failed",
        "FailedValidation",
        "Deleting",
        "Finalizing",
        "InProgress",
        "",
    ] {
        let stored = daily().status("phase", json!(phase));
        let judgement = stored.point().unwrap().judge(Tarball::NotRead);
        assert!(!judgement.is_usable(), "{phase}");
    }
    check_worth(
        &daily().tarball(None),
        None,
        ("present", false, &["its tarball is not in the bucket"]),
    );
    check_worth(
        &daily().tarball(Some(0)),
        None,
        ("present", false, &["its tarball is empty"]),
    );
    check_worth(
        &daily().with(
            File::ItemOperations,
            json!([{"status": {"phase": "InProgress"}}]),
        ),
        None,
        (
            "present",
            false,
            &[
                "0 of 1 operations of plugins failed, 1 did not end",
                "tarball not read",
            ],
        ),
    );
    // Two clocks: nobody can say which backup is the newest (R7).
    let mut late = daily();
    late.written = "2026-11-21T01:07:00Z";
    check_worth(
        &late,
        None,
        (
            "present",
            false,
            &[
                "clock doubtful: the store wrote it 6 min after Velero says it ended (a copied bucket looks like this too)",
                "tarball not read",
            ],
        ),
    );
}

#[test]
fn volumes_as_the_small_files_tell() {
    let with = |info: Json, copies: Json| {
        daily()
            .with(File::VolumeInfo, info)
            .with(File::PodVolumeBackups, copies)
    };
    let whole = json!([copy("data", "Completed", "s1")]);
    check_worth(
        &with(info(json!({})), whole.clone()),
        None,
        ("complete", true, &["tarball not read"]),
    );
    let missing = |info: Json, copies: Json, why: &str| {
        let why = format!("1 of 1 volumes not covered: shop/data ({why})");
        check_worth(
            &with(info, copies),
            None,
            ("complete", false, &[&why, "tarball not read"]),
        );
    };
    missing(
        info(json!({"skipped": true, "skippedReason": "no idea"})),
        json!(null),
        "skipped: no idea",
    );
    missing(
        info(json!({"backupMethod": null})),
        json!(null),
        "no method was chosen for it",
    );
    missing(
        info(json!({})),
        json!(null),
        "its PodVolumeBackup is not in the bucket",
    );
    missing(
        info(json!({})),
        json!([copy("data", "Failed", "")]),
        "its file-system backup is Failed",
    );
    missing(
        info(json!({})),
        json!([copy("data", "Completed", "")]),
        "its file-system backup names no snapshot",
    );
    missing(
        info(json!({"backupMethod": "CSISnapshot", "result": "failed"})),
        json!(null),
        "CSI snapshot failed",
    );
    // A file that is there and cannot be read is unknown, not empty.
    let mut bytes = daily().bytes();
    bytes.insert(File::VolumeInfo, Ok(bytes::Bytes::from_static(b"cut")));
    let listed = directory("velero/", daily().entries());
    let point = point(
        "shop-20261121010000",
        &listed.backups["shop-20261121010000"],
        &bytes,
    )
    .unwrap();
    let judgement = point.judge(Tarball::NotRead);
    assert!(judgement.is_unknown() && !judgement.is_usable());
}

/// With all cluster-scoped objects every disk of the cluster is in every backup: of another application, or of none.
#[test]
fn disks_of_others_that_came_along_are_not_missing() {
    let skipped = |more: Json| {
        let mut info = info(json!({"skipped": true, "skippedReason": "no idea"}));
        info[0]
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        info
    };
    let of = |namespaces: Json, info: Json| {
        let mut one = daily().with(File::VolumeInfo, info);
        one.spec["includedNamespaces"] = namespaces;
        one
    };
    let whole: (&str, bool, &[&str]) = ("complete", true, &["tarball not read"]);
    check_worth(&of(json!(["wiki"]), skipped(json!({}))), None, whole);
    let unbound = skipped(json!({"pvcName": "", "pvcNamespace": ""}));
    check_worth(&of(json!(["shop"]), unbound), None, whole);
    let missing: (&str, bool, &[&str]) = (
        "complete",
        false,
        &[
            "1 of 1 volumes not covered: shop/data (skipped: no idea)",
            "tarball not read",
        ],
    );
    for namespaces in [json!(["shop"]), json!(["*"]), json!(null), json!(["sh*"])] {
        check_worth(&of(namespaces, skipped(json!({}))), None, missing);
    }
}

/// By a policy, by an annotation of a Pod: in the words of Velero 1.18.1.
#[test]
fn what_somebody_left_out_is_not_missing() {
    for reason in [
        "matched action is 'skip' in chosen resource policies",
        "podvolume: opted out due to annotation in pod web-0;volumeSnapshot: no applicable volumesnapshotter found;",
    ] {
        let left_out = info(json!({"skipped": true, "skippedReason": reason}));
        check_worth(
            &daily().with(File::VolumeInfo, left_out),
            None,
            ("complete", true, &["tarball not read"]),
        );
    }
}

#[test]
fn only_a_tarball_tells_which_volumes_there_were() {
    let bytes = of_shop(&json!(null));
    let covered = daily().with(File::VolumeInfo, info(json!({}))).with(
        File::PodVolumeBackups,
        json!([
            copy("data", "Completed", "s1"),
            copy("scratch", "Completed", "s2")
        ]),
    );
    check_worth(&covered, Some(&bytes), ("data-covered", true, &[]));
    let half = daily().with(File::VolumeInfo, info(json!({}))).with(
        File::PodVolumeBackups,
        json!([copy("data", "Completed", "s1")]),
    );
    let why = "1 of 2 volumes not covered: shop/web-scratch (a Pod mounts it, and no file holds its data)";
    check_worth(&half, Some(&bytes), ("complete", false, &[why]));
    // Left out on purpose: by the Pod, or since nobody names it.
    let left_out = of_shop(&json!({"backup.velero.io/backup-volumes-excludes": "data, scratch"}));
    let mut quiet = daily();
    quiet.spec = json!({"defaultVolumesToFsBackup": true, "snapshotVolumes": false});
    check_worth(&quiet, Some(&left_out), ("data-covered", true, &[]));
    quiet.spec = json!({"snapshotVolumes": false});
    check_worth(&quiet, Some(&bytes), ("data-covered", true, &[]));
    let named = of_shop(&json!({"backup.velero.io/backup-volumes": "data"}));
    let why = "1 of 1 volumes not covered: shop/data (a Pod mounts it, and no file holds its data)";
    check_worth(&quiet, Some(&named), ("complete", false, &[why]));
    // Excluded from copies, but a snapshot would have taken it.
    check_worth(
        &daily(),
        Some(&left_out),
        (
            "complete",
            false,
            &[
                "2 of 2 volumes not covered: shop/data (a Pod mounts it, and no file holds its data), shop/web-scratch (a Pod mounts it, and no file holds its data)",
            ],
        ),
    );
    check_worth(
        &covered,
        Some(&bytes[..bytes.len() - 1]),
        (
            "present",
            false,
            &[
                "its tarball cannot be read to its end: it is no whole gzip file: corrupt gzip stream does not have a matching checksum",
            ],
        ),
    );
}

#[test]
fn data_that_nobody_can_decrypt_is_none() {
    let check = |opens: &[(&str, Known<bool>)], expected: (&str, bool, &[&str])| {
        let locks = opens.iter().map(|(namespace, opens)| Lock {
            namespace: (*namespace).to_owned(),
            opens: opens.clone(),
        });
        let locks: Vec<Lock> = locks.collect();
        let bytes = of_shop(&json!({"backup.velero.io/backup-volumes-excludes": "data, scratch"}));
        let mut stored = daily();
        stored.spec = json!({"defaultVolumesToFsBackup": true, "snapshotVolumes": false});
        let contents = read(&bytes, 1).unwrap();
        let judged = stored.point().unwrap().judge(Tarball::Read(&contents));
        let judged = judged.with_locks(&locks);
        let why: Vec<String> = judged.shortfalls.iter().map(ToString::to_string).collect();
        let told = (judged.validity.name(), judged.is_unknown(), why);
        let why: Vec<String> = expected.2.iter().map(|&why| why.to_owned()).collect();
        assert_eq!(told, (expected.0, expected.1, why));
    };
    check(&[("shop", Ok(true))], ("data-covered", false, &[]));
    let why = "the declared repository password does not open the volume data of shop, wiki";
    check(
        &[("shop", Ok(false)), ("blog", Ok(true)), ("wiki", Ok(false))],
        ("complete", false, &[why]),
    );
    let why =
        "whether the declared repository password opens the volume data of shop is unknown: 403";
    check(
        &[("shop", Err("403".to_owned()))],
        ("complete", true, &[why]),
    );
}

#[test]
fn labels_tell_whose_a_backup_is_and_names_do_not() {
    let owner = owner("shop", None);
    let check = |labels: Json, expected: bool| {
        let labels: BTreeMap<String, String> = serde_json::from_value(labels).unwrap();
        assert_eq!(owner.claims(&labels), expected, "{labels:?}");
    };
    check(json!({"velero.io/schedule-name": "shop"}), true);
    check(json!({"application": "shop", "profile": "default"}), true);
    check(json!({"application": "shop"}), false);
    check(json!({"application": "shop", "profile": "other"}), false);
    check(json!({"velero.io/schedule-name": "shop-2"}), false);
    check(json!({}), false);

    // One that is called as if it were the owner's is nobody's; one of any name that says so is its.
    let stored = [
        stored("shop-20261122010000", "2026-11-22T01:00:41Z"),
        daily(),
        stored("by-hand", "2026-11-22T08:00:00Z").of_schedule("shop"),
    ];
    let mut catalog = catalog(&stored, vec![owner.clone()]);
    let order = read_all(&mut catalog, &stored, Extent::Newest);
    assert_eq!(
        order,
        ["by-hand", "shop-20261122010000", "shop-20261121010000"]
    );
    let names: Vec<&str> = catalog
        .entries(&owner)
        .iter()
        .map(|entry| entry.point.backup.name.as_str())
        .collect();
    assert_eq!(names, ["by-hand", "shop-20261121010000"]);
    let unclaimed: Vec<&str> = catalog
        .unclaimed()
        .iter()
        .map(|entry| entry.point.backup.name.as_str())
        .collect();
    assert_eq!(unclaimed, ["shop-20261122010000"]);
}

#[test]
fn only_what_is_needed_is_read() {
    let day = |name, ended| stored(name, ended).of_schedule("shop");
    let good = || day("shop-20261120010000", "2026-11-20T01:00:41Z");
    let old = || day("shop-20261119010000", "2026-11-19T01:00:41Z");
    let check = |newest: Stored, expected: &[&str], usable: &str| {
        let stored = [newest, good(), old()];
        let mut catalog = catalog(&stored, vec![owner("shop", None)]);
        let order = read_all(&mut catalog, &stored, Extent::Newest);
        assert_eq!(order, expected);
        let owner = catalog.owners[0].clone();
        let found = catalog
            .entries(&owner)
            .into_iter()
            .find(|entry| entry.judgement.is_usable());
        assert_eq!(
            found
                .map(|entry| entry.point.backup.name.clone())
                .as_deref(),
            Some(usable)
        );
        assert_eq!(catalog.unread(), (vec![(&owner, 3 - expected.len())], 0));
    };
    let newest = || day("shop-20261121010000", "2026-11-21T01:00:41Z");
    check(newest(), &["shop-20261121010000"], "shop-20261121010000");
    // Unusable: the one before is read too, and no more.
    let failed = newest().status("phase", json!("Failed"));
    check(
        failed,
        &["shop-20261121010000", "shop-20261120010000"],
        "shop-20261120010000",
    );
    // Much smaller: read to compare, and suspicious only if it has few items.
    let small = || newest().tarball(Some(400));
    check(
        small(),
        &["shop-20261121010000", "shop-20261120010000"],
        "shop-20261121010000",
    );
    let empty = small().status("progress", json!({"totalItems": 49}));
    check(
        empty,
        &["shop-20261121010000", "shop-20261120010000"],
        "shop-20261120010000",
    );
    let half = small().status("progress", json!({"totalItems": 50}));
    check(
        half,
        &["shop-20261121010000", "shop-20261120010000"],
        "shop-20261121010000",
    );
}

/// Four files of the newest of each, whatever else is there (the budget of requests).
#[test]
fn a_thousand_backups_of_fifty_applications() {
    let mut backups = Vec::new();
    for application in 0..50 {
        for day in 1..=20 {
            let name: &'static str =
                Box::leak(format!("app{application}-202611{day:02}010000").into_boxed_str());
            let ended: &'static str =
                Box::leak(format!("2026-11-{day:02}T01:00:41Z").into_boxed_str());
            let one = stored(name, ended).of_schedule(&format!("app{application}"));
            backups.push(
                one.with(File::VolumeInfo, json!([]))
                    .with(File::PodVolumeBackups, json!(null))
                    .with(File::ItemOperations, json!([])),
            );
        }
    }
    let owners = (0..50)
        .map(|application| owner(&format!("app{application}"), Some("48h")))
        .collect();
    let mut catalog = catalog(&backups, owners);
    let order = read_all(&mut catalog, &backups, Extent::Newest);
    assert_eq!(order.len(), 50);
    assert!(order.iter().all(|name| name.ends_with("-20261120010000")));
    assert_eq!(File::JUDGED.len(), 4);
}

#[test]
fn objectives_against_what_is_there() {
    let check = |stored: &[Stored], rpo: Option<&str>, expected: State| {
        let mut catalog = catalog(stored, vec![owner("shop", rpo)]);
        read_all(&mut catalog, stored, Extent::Newest);
        let found = standings(&catalog, at(NOW));
        assert_eq!(found[0].state, expected);
        assert_eq!(found[0].next_run, Some(at("2026-11-23T01:00:00Z")));
    };
    let of = |name, ended| [stored(name, ended).of_schedule("shop")];
    let fresh = of("shop-20261122010000", "2026-11-22T01:00:00Z");
    check(&fresh, Some("8h"), State::Ok);
    check(&fresh, Some("7h59m59s"), State::Breached);
    check(&fresh, None, State::NoObjective);
    check(&[], Some("8h"), State::Breached);
    check(&[fresh_with_phase("Failed")], Some("8h"), State::Breached);
    // Clocks differ by some minutes; by more they tell nothing.
    let soon = of("shop-20261122090500", "2026-11-22T09:05:00Z");
    check(&soon, Some("8h"), State::Ok);
    let ahead = of("shop-20261122091000", "2026-11-22T09:10:00Z");
    let why = "backup shop-20261122091000 began 10 min in the future: the clock of this machine or that of the Velero server is wrong";
    check(&ahead, Some("8h"), State::Unknown(why.to_owned()));
    fn fresh_with_phase(phase: &str) -> Stored {
        stored("shop-20261122010000", "2026-11-22T01:00:00Z")
            .of_schedule("shop")
            .status("phase", json!(phase))
    }
}

/// What cannot be read is neither met nor breached.
#[test]
fn unknown_is_no_breach() {
    let mut catalog = catalog(&[daily()], vec![owner("shop", Some("1h"))]);
    let state = |catalog: &Catalog| standings(catalog, at(NOW)).remove(0).state;
    catalog.put(
        Wanted {
            location: 0,
            name: "shop-20261121010000".to_owned(),
        },
        Err("403".to_owned()),
    );
    assert_eq!(
        state(&catalog),
        State::Unknown("backup shop-20261121010000: 403".to_owned())
    );
    catalog.held[0].listing = Err("403".to_owned());
    let text = "velero_backup_storage_location.main: 403".to_owned();
    assert_eq!(state(&catalog), State::Unknown(text));
    catalog.held.clear();
    assert!(matches!(state(&catalog), State::Unknown(_)));
}

#[test]
fn what_is_wrong_in_a_bucket() {
    let waiting = stored("w", "2026-11-22T01:00:00Z").status("phase", json!("Finalizing"));
    let mut expired = daily().status("expiration", json!("2026-11-22T08:00:00Z"));
    expired.files.insert(File::PodVolumeBackups, json!([{
        "spec": {"pod": {"namespace": "wiki", "name": "web"}, "volume": "data"}, "status": {"phase": "Completed", "snapshotID": "s"},
    }]));
    let stored = [
        waiting,
        expired,
        stored("e", "2026-11-22T01:00:00Z").tarball(Some(0)),
        stored("n", "2026-11-22T01:00:00Z").tarball(None),
    ];
    let mut catalog = catalog(&stored, Vec::new());
    read_all(&mut catalog, &stored, Extent::All);
    let listing = catalog.held[0].listing.as_mut().unwrap();
    listing
        .directory
        .backups
        .insert("half".to_owned(), Default::default());
    listing.directory.strays.insert("lone".to_owned());
    listing.roots = Ok(BTreeSet::from([
        "backups".to_owned(),
        "pgbackrest".to_owned(),
    ]));
    let mut other = catalog.held[0].clone();
    other.location = location("second");
    other.points.clear();
    let other_listing = other.listing.as_mut().unwrap();
    other_listing.roots = Err("503".to_owned());
    other_listing
        .directory
        .backups
        .retain(|name, _| name == "w");
    other_listing.directory.strays.clear();
    catalog.held.push(other);
    catalog.put(
        Wanted {
            location: 0,
            name: "e".to_owned(),
        },
        Err("velero-backup.json is not there".to_owned()),
    );
    let found: Vec<String> = findings(&catalog, at(NOW))
        .iter()
        .map(|one| format!("{} {}: {}", one.location.name, one.what.code(), one.what))
        .collect();
    insta::assert_snapshot!(found.join("\n"), @r"
    main foreign-folder: Velero does not know pgbackrest/ here and makes the location Unavailable: give it a prefix of its own
    main empty-tarball: e: its tarball is empty
    main no-metadata: backups/half/ has no velero-backup.json: Velero does not see it. A backup that is being made looks like this too
    main no-tarball: n: its tarball is not there
    main stray-object: objects below backups/ that are in no backup: 1
    main unreadable-backup: e: velero-backup.json is not there
    main repository-missing: shop-20261121010000 has volume data of namespace wiki, and kopia/wiki/ is not there: the data cannot be restored
    main stuck-phase: w is Finalizing and was written last at 2026-11-22T01:00:00Z: no Velero goes on with it
    main expired: expired backups: 1, the first is shop-20261121010000; a Velero that may write here deletes them with their data
    second not-examined: the folders at its root are unknown: 503
    second same-name: w is in velero_backup_storage_location.main too: a cluster with both locations sees only one of them
    ");
    // One that waits no longer than plugins may take is not stuck.
    let early = at(NOW) - SignedDuration::from_hours(4);
    assert!(
        !findings(&catalog, early)
            .iter()
            .any(|one| one.what.code() == "stuck-phase")
    );
    assert!(Phase::Ending(String::new()).is_passing());
}
