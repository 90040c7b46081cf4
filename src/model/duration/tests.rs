//! Holds the port against what Go answered: `tests/goldens/durations.json`.

use super::GoDuration;
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    text: String,
    #[serde(default)]
    error: String,
    nanoseconds: i64,
    #[serde(default)]
    printed: String,
}

fn check(case: &Case) {
    let text = &case.text;
    match text.parse::<GoDuration>() {
        Ok(duration) => {
            assert_eq!(case.error, "", "{text:?} is refused by Go");
            assert_eq!(duration.nanoseconds(), case.nanoseconds, "{text:?}");
            assert_eq!(duration.to_string(), case.printed, "{text:?}");
        }
        Err(why) => assert_eq!(why.to_string(), case.error, "{text:?}"),
    }
}

#[test]
fn answers_as_go_does() {
    let cases: Vec<Case> =
        serde_json::from_str(include_str!("../../../tests/goldens/durations.json")).unwrap();
    assert!(cases.len() >= 40, "{}", cases.len());
    cases.iter().for_each(check);
}

#[test]
fn compares_by_value_and_rounds_limits_up() {
    let parse = |text: &str| text.parse::<GoDuration>().unwrap();
    assert_eq!(parse("24h"), parse("1440m"));
    assert_ne!(parse("24h"), parse("1441m"));
    assert_eq!(parse("1.5s").seconds_rounded_up(), 2);
    assert_eq!(parse("2m").seconds_rounded_up(), 120);
    assert_eq!(parse("-1s").seconds_rounded_up(), 0);
}
