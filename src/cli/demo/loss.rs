//! The second half of the story: a cluster is lost, and comes back from its bucket. It is played in a directory and a
//! sandbox of its own, whose clock began a day ago, so that there are backups, and goes faster, since Velero looks at a
//! bucket once a minute only.

use super::super::example;
use super::super::process::{ColourFlag, Process, Trouble};
use super::super::sandbox::{Claim, House, Ports};
use super::stage::{Pace, Stage};
use crate::sandbox::Sandbox;
use crate::sandbox::faults::Matching;
use crate::sandbox::s3::{ACCESS_KEY, SECRET_KEY};
use jiff::SignedDuration;
use serde_json::{Value as Json, json};
use std::path::{Path, PathBuf};

/// Where it is played, within the directory of the demo.
const WITHIN: &str = "lost";
/// How long before the story its platform was made.
const BEFORE: SignedDuration = SignedDuration::from_hours(26);
/// How long Velero then backed it up.
const BACKED_UP_FOR: SignedDuration = SignedDuration::from_hours(25);

/// Plays it, after so many scenes.
///
/// # Errors
/// Where there is no place for it, or a scene ends otherwise than it should.
pub(super) async fn play(
    process: &mut Process,
    (directory, program): (&Path, PathBuf),
    (colour, scenes): (ColourFlag, u32),
) -> Result<(), Trouble> {
    let directory = directory.join(WITHIN);
    let claim = Claim::take(&directory)?;
    example::write_platform(&directory)
        .map_err(|error| super::no_place(&directory, &error.to_string()))?;
    let began = process.clock.now() - BEFORE;
    let sandbox = Sandbox::new("demo, lost", 1, began);
    sandbox.furnish_namespaces();
    sandbox.add_bucket(example::BUCKET);
    let house = House::open(sandbox, claim, Ports::free()).await?;
    let environment = [
        ("AWS_ACCESS_KEY_ID", ACCESS_KEY.to_owned()),
        ("AWS_SECRET_ACCESS_KEY", SECRET_KEY.to_owned()),
        ("SKDR_VAR_store", format!("http://{}", house.s3_address)),
        ("S3_CREDENTIALS", "of the demo".to_owned()),
        ("REPOSITORY_PASSWORD", "of the demo too".to_owned()),
    ];
    let mut stage = Stage::new(process, &house, (directory, program), colour)
        .after(scenes)
        .at(Pace::Fast)
        .with(&environment);
    let told = story(&mut stage).await;
    house.close().await?;
    told
}

async fn story(stage: &mut Stage<'_>) -> Result<(), Trouble> {
    stage.scene("The day before, on another platform: Velero's server, its bucket and two applications are declared and applied, and Velero makes its backups");
    stage
        .command("sk-dr apply -auto-approve >/dev/null", 0)
        .await?;
    for (path, object) in made() {
        stage.create(path, &object)?;
    }
    stage.pass(BACKED_UP_FOR);
    stage.command("sk-dr backups", 0).await?;

    stage.scene("What is done when the cluster is gone was reviewed on a quiet day");
    stage.file("recovery.hcl")?;

    stage.scene("The cluster is gone, and an empty one answers in its place. The plan reads the bucket alone: which backup each application comes back from, and what is lost");
    stage.lose();
    stage
        .command(
            "sk-dr plan -recover=total_loss -out=back.plan | head -44",
            0,
        )
        .await?;

    stage.scene("Applied to the empty cluster. The machine dies half-way (kill -9)");
    stage.forget_requests();
    let second_restore = (Matching::new("POST", "/restores"), 2);
    stage
        .killed("sk-dr apply back.plan", second_restore)
        .await?;

    stage.scene("Resume: what is in doubt is looked up, and the rest is done");
    stage.command("sk-dr resume", 0).await?;
    stage.count_creates("/restores");

    stage.scene("All of it is back, with its volumes. One step is left for a person to release: garbage collection");
    stage.show("/api/v1/namespaces/shop/configmaps/prices", "/data")?;
    stage.show(
        "/apis/apps/v1/namespaces/wiki/deployments/wiki",
        "/status/readyReplicas",
    )?;
    stage.command("sk-dr plan", 0).await
}

/// What the two applications are made of.
fn made() -> [(&'static str, Json); 6] {
    let namespace =
        |name: &str| json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
    let prices = json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "prices"}, "data": {"tea": "3"},
    });
    let claim = json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "orders"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    });
    let mount = json!({"name": "orders", "mountPath": "/orders"});
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "database-0"},
        "spec": {
            "containers": [{"name": "database", "image": "database:1", "volumeMounts": [mount]}],
            "volumes": [{"name": "orders", "persistentVolumeClaim": {"claimName": "orders"}}],
        },
    });
    let labels = json!({"app": "wiki"});
    let deployment = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "wiki"},
        "spec": {
            "replicas": 2, "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{"name": "wiki", "image": "wiki:1"}]},
            },
        },
    });
    [
        ("/api/v1/namespaces", namespace("shop")),
        ("/api/v1/namespaces/shop/configmaps", prices),
        ("/api/v1/namespaces/shop/persistentvolumeclaims", claim),
        ("/api/v1/namespaces/shop/pods", pod),
        ("/api/v1/namespaces", namespace("wiki")),
        ("/apis/apps/v1/namespaces/wiki/deployments", deployment),
    ]
}
