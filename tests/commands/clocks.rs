//! Clocks that are wrong by thousands of years: no command panics, and a plan is applied twice within their last second.

use crate::place::Place;
use jiff::Timestamp;

const COMMANDS: &[&str] = &[
    "plan -adopt=kubernetes_namespace.velero -out=first.plan",
    "show first.plan",
    "apply first.plan",
    "apply first.plan",
    "plan -adopt=kubernetes_namespace.velero -out=next.plan",
    "apply next.plan",
    "apply next.plan",
    "apply -auto-approve",
    "plan -json",
    "drift",
    "drift -format=prometheus",
    "drift -format=junit",
    "drift -format=sarif",
    "import",
    "runs",
    "validate",
    "destroy -auto-approve",
];

/// What waits for a time after the write may wait in vain where the clocks differ by thousands of years: it fails, with
/// words and a code.
#[tokio::test(start_paused = true)]
async fn no_clock_ends_the_program() {
    for clock in [
        Timestamp::MAX,
        "9999-12-30T21:59:59Z".parse().unwrap(),
        "1970-01-01T00:00:00Z".parse().unwrap(),
        "1901-12-13T20:45:51Z".parse().unwrap(),
        Timestamp::MIN,
    ] {
        let mut place = Place::at(clock);
        place.act("copy fixtures/demo", "").await;
        for command in COMMANDS {
            let said = place.run(&format!("sk-dr {command}")).await;
            let told = format!("{}{}", said.stdout, said.stderr);
            assert!(
                said.code.is_some_and(|code| code <= 6),
                "{clock}: {command} {:?}\n{told}",
                said.code
            );
            assert!(!told.is_empty(), "{clock}: {command} says nothing");
        }
    }
}
