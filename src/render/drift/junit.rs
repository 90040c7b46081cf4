//! JUnit's XML, as CI systems show it: a case per resource, a failure for drift, an error for what cannot be told, skipped
//! for what a rule bears.

use super::super::style::{Dress, clean, clean_line};
use super::super::text::parts::{Standing, drifted, held_alone, ignored_text, rule_text, standing};
use super::super::text::reason;
use super::happened;
use crate::model::address::Address;
use crate::plan::document::Unswept;
use crate::plan::drift::Drifted;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// How a case ended.
pub(super) enum Ending {
    Passed,
    Skipped { message: String },
    Failed { message: String, body: String },
    Error { message: String },
}

/// The report, ending in a newline.
pub fn junit(found: &Drifted) -> String {
    report(&found.plan.stack, found.plan.made_at, &cases(found))
}

/// A class, a name, and how it ended.
pub(super) type Case = (String, String, Ending);

/// A report of these cases.
pub(super) fn report(stack: &str, at: Timestamp, cases: &[Case]) -> String {
    let count =
        |wanted: fn(&Ending) -> bool| cases.iter().filter(|(_, _, ending)| wanted(ending)).count();
    let counts = format!(
        "tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\"",
        cases.len(),
        count(|ending| matches!(ending, Ending::Failed { .. })),
        count(|ending| matches!(ending, Ending::Error { .. })),
        count(|ending| matches!(ending, Ending::Skipped { .. })),
    );
    let mut all = vec![
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>".to_owned(),
        format!("<testsuites name=\"sk-dr drift\" {counts}>"),
        format!(
            "  <testsuite name={} {counts} timestamp=\"{}\">",
            attribute(stack),
            at.strftime("%Y-%m-%dT%H:%M:%S")
        ),
    ];
    for (class, name, ending) in cases {
        all.extend(case(class, name, ending));
    }
    all.extend(
        ["  </testsuite>", "</testsuites>", ""]
            .into_iter()
            .map(str::to_owned),
    );
    all.join("\n")
}

fn cases(found: &Drifted) -> Vec<Case> {
    let plan = &found.plan;
    let mut resources: BTreeMap<&Address, Ending> = BTreeMap::new();
    resources.extend(
        plan.unchanged
            .iter()
            .map(|address| (address, Ending::Passed)),
    );
    for one in &found.ignored {
        let word = format!("{} ({})", ignored_text(one), rule_text(one));
        match resources.get_mut(&one.address) {
            Some(Ending::Skipped { message }) => message.push_str(&format!("; {word}")),
            Some(Ending::Passed | Ending::Failed { .. } | Ending::Error { .. }) | None => {
                let message = format!("ignored: {word}");
                resources.insert(&one.address, Ending::Skipped { message });
            }
        }
    }
    resources.extend(held_alone(plan).map(|held| {
        let message = "is not in configuration".to_owned();
        let body = String::new();
        (&held.address, Ending::Failed { message, body })
    }));
    // Last: what drifts besides what is ignored is a failure.
    resources.extend(plan.nodes.iter().map(|node| {
        let message = happened(node);
        let ending = match standing(node) {
            Standing::Unknown => Ending::Error { message },
            Standing::Changed | Standing::Missing | Standing::Undeclared => Ending::Failed {
                message,
                body: drifted(node, Dress::default()).join("\n"),
            },
        };
        (&node.address, ending)
    }));
    let of_resources = resources
        .into_iter()
        .map(|(address, ending)| (address.kind.clone(), address.to_string(), ending));
    let of_sweeps = plan
        .unswept
        .iter()
        .filter(|place| place.hides())
        .map(|place: &Unswept| {
            let message = format!("not looked at: {}. {}", reason(place), place.next);
            ("sweep".to_owned(), place.place(), Ending::Error { message })
        });
    of_resources.chain(of_sweeps).collect()
}

fn case(class: &str, name: &str, ending: &Ending) -> Vec<String> {
    let head = format!(
        "    <testcase classname={} name={}",
        attribute(class),
        attribute(name)
    );
    let inner = match ending {
        Ending::Passed => return vec![format!("{head}/>")],
        Ending::Skipped { message } => {
            format!("      <skipped message={}/>", attribute(message))
        }
        Ending::Failed { message, body } => format!(
            "      <failure type=\"drift\" message={}>{}</failure>",
            attribute(message),
            text(body)
        ),
        Ending::Error { message } => format!(
            "      <error type=\"unknown\" message={}/>",
            attribute(message)
        ),
    };
    vec![format!("{head}>"), inner, "    </testcase>".to_owned()]
}

/// An attribute's value in its quotes, in one line: a line break in it would be read as a space.
fn attribute(value: &str) -> String {
    format!("\"{}\"", text(&clean_line(value)).replace('"', "&quot;"))
}

/// Text as XML 1.0 may hold it.
fn text(value: &str) -> String {
    clean(value)
        .replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
