//! What Velero's own program renders is a directory of files that a real API server takes.

use crate::Place;
use crate::program::Stack;
use crate::servers::{Cluster, User};
use std::process::Command;

/// Rendered twice, the second time without a change, and applied with kubectl in the order of the files.
pub async fn the_programs_own_objects_are_taken_by_the_server(place: Place) {
    let stack = Stack::new(&place.directory.join("acme-prod"));
    let line = format!(
        "vendor velero 1.18.1 -velero={} -plugin=velero/velero-plugin-for-aws:v1.14.3 -node-agent",
        place.bin.join("velero").display()
    );
    stack.run(&line).await.expect(0).says("files written: 19");
    stack.run(&line).await.expect(0).says("already");

    let cluster = Cluster::start(&place.bin, &place.directory.join("cluster")).await;
    let rendered = stack.directory().join("vendor/velero-1.18.1");
    let mut files: Vec<_> = std::fs::read_dir(rendered)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "yaml"))
        .collect();
    files.sort();
    assert_eq!(files.len(), 18, "{files:?}");
    for file in files {
        let output = Command::new(place.bin.join("kubectl"))
            .arg("--kubeconfig")
            .arg(cluster.kubeconfig(User::Harness))
            .args(["create", "--validate=strict", "-f"])
            .arg(&file)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}: {output:?}", file.display());
    }
    let harness = cluster.requests(User::Harness).await;
    let deployment = harness
        .read("/apis/apps/v1/namespaces/velero/deployments/velero")
        .await;
    assert_eq!(
        deployment.pointer("/spec/template/spec/containers/0/image"),
        Some(&"velero/velero:v1.18.1".into())
    );
}
