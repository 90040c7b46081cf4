//! `vendor` against a program that answers as Velero's own did.

use super::super::tests::process;
use crate::world::guard::{Guard, Permissions, PermittedProgram};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

const STUBS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/cli/vendor/stub");
const LINE: &str = "vendor velero 1.18.1 -plugin=velero/velero-plugin-for-aws:v1.14.3 -node-agent";

/// Exit code and both streams.
async fn run(line: &str, directory: &Path, guard: Guard) -> (u8, String) {
    let words: Vec<&str> = line.split_whitespace().collect();
    let (mut process, out, err) = process(&words, directory);
    let own = [
        ("PATH", format!("{STUBS}:/usr/bin:/bin")),
        ("TMPDIR", directory.display().to_string()),
        ("AWS_PROFILE", "somebody".to_owned()),
    ];
    process
        .environment
        .extend(own.map(|(name, value)| (name.to_owned(), value)));
    process.guard = guard;
    let code = super::super::run(process).await;
    (code, out.text() + &err.text())
}

type Files = BTreeMap<String, String>;

fn files(directory: &Path) -> Files {
    let entries = fs::read_dir(directory.join("vendor/velero-1.18.1")).unwrap();
    entries
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect()
}

#[tokio::test]
async fn what_velero_prints_is_a_directory_with_an_index() {
    let place = tempfile::tempdir().unwrap();
    let (code, said) = run(LINE, place.path(), Guard::Open).await;
    insta::assert_snapshot!(said, @r"
    Velero 1.18.1 is rendered in vendor/velero-1.18.1; files written: 8.

    Images, to be had from a registry outside of the cluster:
      velero/velero-plugin-for-aws:v1.14.3
      velero/velero:v1.18.1
    ");
    assert_eq!(code, 0);
    let written = files(place.path());
    let index: Json = serde_json::from_str(&written["vendor.json"]).unwrap();
    let files = index["files"].as_object().unwrap();
    let listed: Vec<&str> = files.keys().map(String::as_str).collect();
    insta::assert_snapshot!(listed.join("\n"), @r"
    01-customresourcedefinition-deletebackuprequests.velero.io.yaml
    02-customresourcedefinition-serverstatusrequests.velero.io.yaml
    03-namespace-velero.yaml
    04-clusterrolebinding-velero.yaml
    05-serviceaccount-velero.yaml
    06-deployment-velero.yaml
    07-daemonset-node-agent.yaml
    ");
    for (name, digest) in files {
        assert_eq!(
            digest,
            &json!(hex::encode(Sha256::digest(&written[name]))),
            "{name}"
        );
    }
    let mut head = index.clone();
    head["files"] = Json::Null;
    let images = [
        "velero/velero-plugin-for-aws:v1.14.3",
        "velero/velero:v1.18.1",
    ];
    assert_eq!(
        head,
        json!({"format_version": "1.0", "name": "velero", "version": "1.18.1", "images": images, "files": null})
    );
    insta::assert_snapshot!(written["05-serviceaccount-velero.yaml"], @r"
    apiVersion: v1
    kind: ServiceAccount
    metadata:
      labels:
        component: velero
      name: velero
      namespace: velero
    ");
    let recorded: Json =
        serde_json::from_str(&fs::read_to_string(format!("{STUBS}/install.json")).unwrap())
            .unwrap();
    let mut deployment: Json =
        serde_yaml_ng::from_str(&written["06-deployment-velero.yaml"]).unwrap();
    // Nothing is changed but the two times that are not there.
    deployment["metadata"]["creationTimestamp"] = Json::Null;
    deployment["spec"]["template"]["metadata"]["creationTimestamp"] = Json::Null;
    assert!(
        recorded["items"].as_array().unwrap().contains(&deployment),
        "{deployment:#}"
    );
    let left: Vec<_> = fs::read_dir(place.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["vendor"], "the program's home is left");
}

/// Runs it once more: what it says; the directory is then `whole`, or as it was where it refuses.
async fn again(place: &Path, flags: &str, expected: &str, whole: Option<&Files>) {
    let before = files(place);
    let (code, said) = run(&format!("{LINE}{flags}"), place, Guard::Open).await;
    assert!(said.contains(expected), "{expected}: {said}");
    assert_eq!(code, u8::from(whole.is_none()), "{expected}");
    assert_eq!(&files(place), whole.unwrap_or(&before), "{expected}");
}

#[tokio::test]
async fn nothing_of_others_is_written_over() {
    let place = tempfile::tempdir().unwrap();
    let place = place.path();
    let file = |name: &str| place.join("vendor/velero-1.18.1").join(name);
    let deployment = file("06-deployment-velero.yaml");
    let (_, first) = run(LINE, place, Guard::Open).await;
    assert!(first.contains("files written: 8"), "{first}");
    let rendered = files(place);
    let whole = Some(&rendered);
    again(place, "", "in vendor/velero-1.18.1 already", whole).await;

    fs::remove_file(&deployment).unwrap();
    again(place, "", "files written: 1", whole).await;

    fs::write(&deployment, "mine").unwrap();
    let differs = "06-deployment-velero.yaml is not what is rendered now";
    again(place, "", differs, None).await;
    again(place, " -force", "files written: 1", whole).await;

    let older = json!({"files": {"09-old.yaml": ""}});
    fs::write(file("09-old.yaml"), "old").unwrap();
    fs::write(file("vendor.json"), older.to_string()).unwrap();
    again(place, "", "is not what is rendered now", None).await;
    again(place, " -force", "files written: 2", whole).await;

    fs::write(file("mine.yaml"), "mine").unwrap();
    let foreign = "mine.yaml is none of the files";
    again(place, " -force", foreign, None).await;

    fs::remove_file(file("mine.yaml")).unwrap();
    fs::remove_file(&deployment).unwrap();
    std::os::unix::fs::symlink("/etc/hostname", &deployment).unwrap();
    let link = "06-deployment-velero.yaml is none of the files";
    again(place, " -force", link, None).await;
}

#[tokio::test]
async fn programs_that_will_not_do() {
    let velero = format!("{STUBS}/velero");
    let talkative = format!("{STUBS}/talkative");
    let safe = |commands: &[&str]| {
        let programs = commands.iter().map(|line| PermittedProgram {
            command: line.split_whitespace().map(str::to_owned).collect(),
            ..PermittedProgram::default()
        });
        Guard::Safe(Arc::new(Permissions {
            programs: programs.collect(),
            repository: "/nowhere".into(),
            ..Permissions::default()
        }))
    };
    let cases = [
        (
            LINE.to_owned(),
            safe(&[]),
            "-safe starts no program that is not allowed: velero version",
        ),
        (
            LINE.to_owned(),
            safe(&["velero version --client-only"]),
            "-safe starts no program that is not allowed: velero install",
        ),
        (
            format!("{LINE} -velero=no/such"),
            Guard::Open,
            "There is no program no/such",
        ),
        (
            "vendor velero 1.17.0".to_owned(),
            Guard::Open,
            "says: Client: Version: v1.18.1",
        ),
        (
            format!("vendor velero 1.18.1 -velero={velero} -plugin=x"),
            Guard::Open,
            "An error occurred: unknown: install",
        ),
        (
            format!("vendor velero 1.18.1 -velero={talkative}"),
            Guard::Open,
            "this is no JSON",
        ),
        (
            "vendor velero ../../x".to_owned(),
            Guard::Open,
            "expected three numbers",
        ),
        ("vendor velero".to_owned(), Guard::Open, "VERSION"),
    ];
    for (line, guard, expected) in cases {
        let place = tempfile::tempdir().unwrap();
        let (code, said) = run(&line, place.path(), guard).await;
        assert!(said.contains(expected), "{line}: {said}");
        assert_eq!(code, 1, "{line}");
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0, "{line}");
    }
}

#[test]
fn lists_that_are_none() {
    let image = "velero/velero:v1.18.1";
    let deployment = |name: &str, image: &str| json!({"kind": "Deployment", "metadata": {"name": name}, "spec": {"template": {"spec": {"containers": [{"image": image}]}}}});
    let kept = |list: Json| {
        super::bundle::bundle("1.18.1", &list.to_string())
            .map(|bundle| bundle.files.into_keys().collect::<Vec<_>>().join(" "))
    };
    let cases = [
        (
            json!({"items": [{"kind": "Secret", "metadata": {"name": "cloud-credentials"}}, {"kind": "BackupStorageLocation", "metadata": {"name": "default"}}, {"kind": "VolumeSnapshotLocation", "metadata": {"name": "default"}}, deployment("velero", image)]}),
            Ok("01-deployment-velero.yaml vendor.json"),
        ),
        (
            json!({"items": [deployment("velero", "velero/velero:latest")]}),
            Err("no image in it has the tag v1.18.1"),
        ),
        (
            json!({"items": [deployment("../x", image)]}),
            Err("Deployment ../x in it can name no file"),
        ),
        (
            json!({"items": [{"kind": "Deployment"}]}),
            Err("object 1 in it has no kind or no name"),
        ),
        (json!({}), Err("there is no list of objects in it")),
    ];
    for (list, expected) in cases {
        assert_eq!(
            kept(list),
            expected.map(str::to_owned).map_err(str::to_owned)
        );
    }
}
