//! Clocks that are wrong by thousands of years: no command panics, and a plan is applied twice within their last second.

use crate::place::Place;
use jiff::Timestamp;

/// With the worst code that each may end with.
const COMMANDS: &[(&str, u8)] = &[
    ("plan -adopt=kubernetes_namespace.velero -out=first.plan", 0),
    ("apply first.plan", 0),
    ("plan -out=none.plan", 0),
    ("show none.plan", 0),
    ("apply none.plan", 0),
    ("apply none.plan", 0),
    ("apply -auto-approve", 0),
    ("plan -json", 0),
    ("drift", 2),
    ("drift -format=prometheus", 2),
    ("drift -format=junit", 2),
    ("drift -format=sarif", 2),
    ("import", 1),
    ("runs", 0),
    ("validate", 0),
    ("destroy -auto-approve", 6),
];

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
        for (command, expected) in COMMANDS {
            let said = place.run(&format!("sk-dr {command}")).await;
            assert!(
                said.code.is_some_and(|code| code <= *expected),
                "{clock}: {command} {:?}\n{}{}",
                said.code,
                said.stdout,
                said.stderr
            );
        }
    }
}
