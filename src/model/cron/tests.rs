//! Holds the port against what robfig/cron v3.0.1 answered: `tests/goldens/cron.json`.

use super::Cron;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    expression: String,
    #[serde(default)]
    error: String,
    #[serde(default)]
    runs: Vec<Runs>,
}

#[derive(Deserialize)]
struct Runs {
    after: Timestamp,
    zone: String,
    next: Vec<Timestamp>,
}

fn cases() -> Vec<Case> {
    serde_json::from_str(include_str!("../../../tests/goldens/cron.json")).unwrap()
}

fn check(case: &Case) {
    let expression = &case.expression;
    let cron: Cron = match expression.parse() {
        Ok(cron) => {
            assert_eq!(case.error, "", "{expression:?} is refused by robfig");
            cron
        }
        Err(why) => return assert_eq!(why.to_string(), case.error, "{expression:?}"),
    };
    for runs in &case.runs {
        let zone = TimeZone::get(&runs.zone).unwrap();
        let mut at = runs.after;
        let mut next = Vec::new();
        while next.len() < 5 {
            let Some(run) = cron.next(at, &zone) else {
                break;
            };
            next.push(run);
            at = run;
        }
        assert_eq!(
            next, runs.next,
            "{expression:?} after {} in {}",
            runs.after, runs.zone
        );
    }
    let fires = case.runs.iter().any(|runs| !runs.next.is_empty());
    assert_eq!(
        cron.never_fires().is_none(),
        fires,
        "{expression:?}: {:?}",
        cron.never_fires()
    );
}

#[test]
fn answers_as_robfig_does() {
    let cases = cases();
    assert!(cases.len() >= 60, "{}", cases.len());
    assert!(cases.iter().filter(|case| !case.error.is_empty()).count() >= 30);
    cases.iter().for_each(check);
}

#[test]
fn says_why_it_never_fires() {
    for (expression, why) in [
        ("0 0 30 2 *", Some("30 February does not exist")),
        ("0 0 31 4,6 *", Some("31 April or June does not exist")),
        (", * * * *", Some("its minute field names no value")),
        ("0 0 , * *", Some("its day-of-month field names no value")),
        ("0 0 29 2 *", None),
        ("0 0 30 2 1", None),
    ] {
        let cron: Cron = expression.parse().unwrap();
        assert_eq!(cron.never_fires().as_deref(), why, "{expression}");
    }
}
