//! A tunnel, a load balancer, a DNS name: while a run goes on, another cluster stands behind the address. Nothing is
//! written there, and the exit code says whether something was written before.

use crate::place::Place;

/// Writes that a cluster took, dry-runs aside.
fn is_write(line: &&str) -> bool {
    !line.starts_with("GET") && !line.contains(" dry-run ")
}

/// Applies while the first such request loses its connection and another cluster stands there from then on.
async fn check((method, target): (&str, &str), expected: u8, (words, taken): (&str, usize)) {
    let mut place = Place::new();
    place.act("copy fixtures/demo", "").await;
    let planned = place
        .run("sk-dr plan -adopt=kubernetes_namespace.velero -out=plan")
        .await;
    assert_eq!(
        planned.code,
        Some(0),
        "{}{}",
        planned.stdout,
        planned.stderr
    );
    place.act("writes", "").await;
    place.changes_at(method, target);
    let said = place.run("sk-dr apply plan").await;
    let text = format!("{}{}", said.stdout, said.stderr);
    assert_eq!(said.code, Some(expected), "{text}");
    assert!(text.contains(words), "{text}");
    let writes = place.act("writes", "").await;
    let done = writes
        .lines()
        .filter(is_write)
        .filter(|line| line.ends_with(" 200") || line.ends_with(" 201"));
    assert_eq!(done.count(), taken, "{writes}");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_written_to_another_cluster() {
    let found_out = "another cluster answers now";
    // Before anything was written.
    check(("GET", "/namespaces/velero"), 3, ("", 0)).await;
    check(("GET", "/backupstoragelocations/main"), 6, (found_out, 1)).await;
    // The write itself got no answer, and cannot be asked about any more.
    check(("PATCH", "/namespaces/velero"), 6, (found_out, 0)).await;
    check(("POST", "/backupstoragelocations"), 6, (found_out, 1)).await;
}
