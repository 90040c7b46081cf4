//! The contract cases, one list for both sides: the real servers and the sandbox. Prints each case with what came of it
//! on either side, then how each behaviour of the sandbox is known.

use crate::Place;
use crate::contract::case::{Case, Server};
use crate::contract::http::{self, Http};
use crate::contract::sandbox::{InProcess, sandbox};
use crate::contract::{Order, backup_files, cases, outcomes, restores, s3, s3_story, velero_cases};
use crate::servers::{Cluster, User};
use crate::velero::{Moto, Velero, install_crds};
use serde_json::json;
use sk_dr::sandbox::behaviours::{self, BEHAVIOURS, Evidence, FILES, RESTORES};
use sk_dr::sandbox::s3::{ACCESS_KEY, SECRET_KEY};

/// The Kubernetes API: every case on kube-apiserver and on the sandbox.
pub async fn kubernetes_api_on_both_sides(place: Place) {
    let cluster = Cluster::start(&place.bin, &place.directory.join("cluster")).await;
    install_crds(&cluster, &place.bin).await;
    let server = server(&cluster, None).await;
    compare(&cases::cases(), &server, "kube-apiserver").await;
}

/// Velero: every case on the real server and on the sandbox.
pub async fn velero_on_both_sides(place: Place) {
    let cluster = Cluster::start(&place.bin, &place.directory.join("cluster")).await;
    let moto = Moto::start(&place.bin, &place.directory, "contract").await;
    install_crds(&cluster, &place.bin).await;
    let _velero = Velero::start(&place.bin, &cluster).await;
    let server = server(&cluster, Some(moto.address())).await;
    compare(&velero_cases::cases(), &server, "Velero").await;
}

/// S3: moto says of a bucket's life what the sandbox says of it, word for word.
pub async fn buckets_on_both_sides(place: Place) {
    let moto = Moto::start(&place.bin, &place.directory, "contract").await;
    let client = s3::client(
        s3::over_http(),
        &moto.address(),
        ("test-access-key", "test"),
    );
    let theirs = s3_story::tell(&client, "story").await;
    let keys = (ACCESS_KEY, SECRET_KEY);
    let client = s3::client(sandbox().s3_wire(), "http://s3.sandbox", keys);
    let ours = s3_story::tell(&client, "story").await;
    println!("{} requests and answers are the same", ours.lines().count());
    let differences = similar::TextDiff::from_lines(&theirs, &ours);
    let differences = differences.unified_diff().context_radius(0).to_string();
    assert!(differences.is_empty(), "moto, sandbox:\n{differences}");
}

/// What a backup leaves in the bucket: the files, what they hold, the members of what they hold; then what becomes of it,
/// and of others, by synchronisation and garbage collection.
pub async fn files_of_a_backup_on_both_sides(place: Place) {
    // The sandbox gives a namespace no ConfigMap of its own.
    let directory = place.directory.join("cluster");
    let cluster = Cluster::start_without(&place.bin, &directory, "root-ca-cert-publisher").await;
    let moto = Moto::start(&place.bin, &place.directory, "contract").await;
    install_crds(&cluster, &place.bin).await;
    let _velero = Velero::start(&place.bin, &cluster).await;
    let server = server(&cluster, Some(moto.address())).await;
    let client = s3::client(
        s3::over_http(),
        &moto.address(),
        ("test-access-key", "test"),
    );
    let theirs = backup_files::tell(&server, &client).await;
    let (here, our_client) = backup_files::sandbox_that_collects();
    let ours = backup_files::tell(&here, &our_client).await;
    let differences = similar::TextDiff::from_lines(&theirs, &ours);
    let differences = differences.unified_diff().context_radius(0).to_string();
    assert!(differences.is_empty(), "Velero, sandbox:\n{differences}");
    backup_files::synchronise(&here, &our_client).await;
    backup_files::synchronise(&server, &client).await;
}

/// What restores make in the cluster and leave in the bucket.
pub async fn restores_on_both_sides(place: Place) {
    let cluster = Cluster::start(&place.bin, &place.directory.join("cluster")).await;
    let moto = Moto::start(&place.bin, &place.directory, "contract").await;
    install_crds(&cluster, &place.bin).await;
    let _velero = Velero::start(&place.bin, &cluster).await;
    let server = server(&cluster, Some(moto.address())).await;
    let client = s3::client(
        s3::over_http(),
        &moto.address(),
        ("test-access-key", "test"),
    );
    let (here, our_client) = restores::here();
    let ours = restores::tell(&here, &our_client).await;
    let theirs = restores::tell(&server, &client).await;
    let differences = similar::TextDiff::from_lines(&theirs, &ours);
    let differences = differences.unified_diff().context_radius(0).to_string();
    assert!(differences.is_empty(), "Velero, sandbox:\n{differences}");
}

async fn server(cluster: &Cluster, velero: Option<String>) -> Http {
    let rights = json!([{"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list"]}]);
    cluster.grant(User::Reader, "contract-reader", rights).await;
    let tokens = vec![
        User::Operator.token(),
        User::Reader.token(),
        User::Weak.token(),
    ];
    http::real(&cluster.server(), tokens, velero)
}

/// Runs cases on both sides at once and prints them side by side. Every case runs on both: there is no list of exceptions.
async fn compare(cases: &[Case], real: &dyn Server, title: &str) {
    let here = InProcess(sandbox());
    let theirs = outcomes(cases, real, Order::Together).await;
    let ours = outcomes(cases, &here, Order::Sequential).await;
    let mut text = String::new();
    let mut failures = Vec::new();
    let mut both = Vec::new();
    for ((name, theirs), (_, ours)) in theirs.into_iter().zip(ours) {
        let word = |outcome: &Result<(), String>| if outcome.is_ok() { "ok" } else { "FAILED" };
        text += &format!(
            "contract case {name:<34} {title} {}, sandbox {}\n",
            word(&theirs),
            word(&ours)
        );
        if theirs.is_ok() && ours.is_ok() {
            both.push(name);
        }
        failures.extend(theirs.err().map(|why| format!("on {title}: {why}")));
        failures.extend(ours.err().map(|why| format!("on the sandbox: {why}")));
    }
    let held = BEHAVIOURS.iter().filter(|behaviour| {
        matches!(behaviour.evidence, Evidence::Case(name) if cases.iter().any(|case| case.name == name))
    });
    let held = held.count();
    text += &format!("{held} behaviours of the sandbox are held to {title} by these cases\n");
    if title == "Velero" {
        text += "how each behaviour of the sandbox is known:\n";
        let kubernetes = cases::cases();
        text += &behaviours::table(|name| {
            // Those of the Kubernetes API and of a backup's files are run by other cases of this file.
            both.contains(&name)
                || name == FILES
                || name == RESTORES
                || kubernetes.iter().any(|case| case.name == name)
        });
    }
    println!("{text}");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
