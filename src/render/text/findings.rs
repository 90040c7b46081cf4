//! Findings as people read them: those of one code under one heading, a few in full and the others named, so that a
//! thousand schedules with one fault are one warning.

use super::super::style::clean;
use crate::plan::document::{Finding, FindingSeverity};

/// Findings of one code that are told in full.
const IN_FULL: usize = 3;
/// Addresses named of those that are not.
const NAMED: usize = 5;

/// Findings by code, in the order of the first of each.
pub(crate) fn groups(findings: &[Finding]) -> Vec<Vec<&Finding>> {
    let mut groups: Vec<Vec<&Finding>> = Vec::new();
    for finding in findings {
        let same = |group: &&mut Vec<&Finding>| {
            group
                .first()
                .is_some_and(|first| first.code == finding.code && first.summary == finding.summary)
        };
        match groups.iter_mut().find(same) {
            Some(group) => group.push(finding),
            None => groups.push(vec![finding]),
        }
    }
    groups
}

/// What all of a group are.
pub(crate) fn heading(group: &[&Finding]) -> String {
    let first = group.first();
    first.map_or_else(String::new, |finding| match finding.severity {
        FindingSeverity::Danger => format!("{} [{}, danger]", finding.summary, finding.code),
        FindingSeverity::Warning => format!("{} [{}]", finding.summary, finding.code),
    })
}

/// What is said of a group, one text to be wrapped for each.
pub(crate) fn texts(group: &[&Finding]) -> Vec<String> {
    let mut full: Vec<&Finding> = Vec::new();
    let mut left: Vec<&Finding> = Vec::new();
    for finding in group {
        // Two that differ by nothing but their subject need not be read twice.
        let is_told = full
            .iter()
            .any(|told| told.detail == finding.detail && told.address != finding.address);
        if is_told || full.len() == IN_FULL {
            left.push(finding);
        } else {
            full.push(finding);
        }
    }
    let mut texts: Vec<String> = full.into_iter().map(text).collect();
    if !left.is_empty() {
        let named: Vec<String> = left
            .iter()
            .take(NAMED)
            .filter_map(|finding| Some(finding.address.as_ref()?.to_string()))
            .collect();
        let warnings = if left.len() == 1 {
            "warning"
        } else {
            "warnings"
        };
        let more = if left.len() > NAMED { ", ..." } else { "" };
        let named = if named.is_empty() {
            String::new()
        } else {
            format!(": {}{more}", named.join(", "))
        };
        texts.push(format!(
            "(and {} more similar {warnings}{named})",
            left.len()
        ));
    }
    texts
}

fn text(finding: &Finding) -> String {
    match &finding.address {
        // A sentence that begins with its subject needs no heading of the same words.
        Some(address) if !finding.detail.starts_with(&address.to_string()) => {
            format!("{address}: {}", clean(&finding.detail))
        }
        Some(_) | None => clean(&finding.detail),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(code: &str, name: &str, detail: &str) -> Finding {
        Finding {
            code: code.to_owned(),
            severity: FindingSeverity::Warning,
            address: Some(
                format!("velero_schedule.{name}")
                    .parse()
                    .expect("an address"),
            ),
            summary: "Same".to_owned(),
            detail: detail.to_owned(),
        }
    }

    #[test]
    fn those_of_one_code_are_told_together() {
        let mut findings: Vec<Finding> = ["a", "b", "c", "d", "e", "f", "g"]
            .map(|name| finding("one", name, "It is so."))
            .to_vec();
        findings.insert(1, finding("two", "x", "It differs."));
        findings.push(finding("one", "z", "It is otherwise."));
        findings[1].severity = FindingSeverity::Danger;
        let told: Vec<String> = groups(&findings)
            .iter()
            .flat_map(|group| std::iter::once(heading(group)).chain(texts(group)))
            .collect();
        assert_eq!(
            told,
            [
                "Same [one]",
                "velero_schedule.a: It is so.",
                "velero_schedule.z: It is otherwise.",
                "(and 6 more similar warnings: velero_schedule.b, velero_schedule.c, velero_schedule.d, velero_schedule.e, velero_schedule.f, ...)",
                "Same [two, danger]",
                "velero_schedule.x: It differs.",
            ]
        );
    }

    #[test]
    fn three_are_told_in_full() {
        let findings = ["a", "b", "c", "d"].map(|name| finding("one", name, name));
        let group: Vec<&Finding> = findings.iter().collect();
        let texts = texts(&group);
        assert_eq!(texts.len(), 4);
        assert_eq!(texts[3], "(and 1 more similar warning: velero_schedule.d)");
    }
}
