//! `checks` of the plan JSON: per subject its status, and per instance what does not hold.

use crate::model::address::{Address, InstanceKey};
use crate::model::checks::{CheckResult, CheckStatus, CheckSubject};
use serde_json::{Value as Json, json};

/// The member `checks`: one entry for each subject, instances of one resource together.
pub(super) fn checks(results: &[CheckResult]) -> Json {
    let mut sorted: Vec<&CheckResult> = results.iter().collect();
    sorted.sort_by(|left, right| left.subject.cmp(&right.subject));
    sorted
        .chunk_by(|left, right| whole(&left.subject) == whole(&right.subject))
        .filter_map(|instances| Some(entry(instances.first()?, instances)))
        .collect()
}

/// The subject without its instance.
fn whole(subject: &CheckSubject) -> CheckSubject {
    match subject {
        CheckSubject::Resource(address) => CheckSubject::Resource(Address {
            instance: None,
            ..address.clone()
        }),
        CheckSubject::Block(_) | CheckSubject::Variable(_) => subject.clone(),
    }
}

fn entry(first: &CheckResult, instances: &[&CheckResult]) -> Json {
    let worst = [CheckStatus::Fail, CheckStatus::Unknown]
        .into_iter()
        .find(|status| instances.iter().any(|one| one.status == *status));
    let all: Vec<Json> = instances.iter().map(|one| instance(one)).collect();
    json!({
        "address": address(&whole(&first.subject)),
        "status": word(worst.unwrap_or(CheckStatus::Pass)),
        "instances": all
    })
}

fn address(subject: &CheckSubject) -> Json {
    match subject {
        CheckSubject::Block(name) => {
            json!({"kind": "check", "name": name, "to_display": title(subject)})
        }
        CheckSubject::Variable(name) => {
            json!({"kind": "var", "name": name, "to_display": title(subject)})
        }
        CheckSubject::Resource(address) => json!({
            "kind": "resource", "mode": "managed", "type": address.kind, "name": address.name,
            "to_display": title(subject)
        }),
    }
}

fn title(subject: &CheckSubject) -> String {
    match subject {
        CheckSubject::Block(name) => format!("check.{name}"),
        CheckSubject::Variable(name) => format!("var.{name}"),
        CheckSubject::Resource(address) => address.to_string(),
    }
}

fn instance(one: &CheckResult) -> Json {
    let mut address = json!({"to_display": title(&one.subject)});
    if let CheckSubject::Resource(Address {
        instance: Some(key),
        ..
    }) = &one.subject
    {
        address["instance_key"] = match key {
            InstanceKey::Index(index) => json!(index),
            InstanceKey::Name(name) => json!(name),
        };
    }
    let mut instance = json!({"address": address, "status": word(one.status)});
    if !one.problems.is_empty() {
        let problem = |message: &String| json!({"message": message});
        instance["problems"] = one.problems.iter().map(problem).collect();
    }
    instance
}

fn word(status: CheckStatus) -> &'static str {
    match status {
        CheckStatus::Pass => "pass",
        CheckStatus::Fail => "fail",
        CheckStatus::Unknown => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instances_stand_together_under_the_worst() {
        let resource = |text: &str| CheckSubject::Resource(text.parse().unwrap());
        let result = |subject, problems: &[&str], open: &[&str]| {
            let texts = |texts: &[&str]| texts.iter().map(ToString::to_string).collect();
            CheckResult::new(subject, texts(problems), texts(open))
        };
        let results = [
            result(resource("a.b[\"y\"]"), &[], &["later"]),
            result(CheckSubject::Block("c".to_owned()), &["No."], &["later"]),
            result(CheckSubject::Variable("v".to_owned()), &[], &[]),
            result(resource("a.b[\"x\"]"), &[], &[]),
        ];
        assert_eq!(
            checks(&results),
            json!([
                {
                    "address": {"kind": "check", "name": "c", "to_display": "check.c"}, "status": "fail",
                    "instances": [{"address": {"to_display": "check.c"}, "status": "fail", "problems": [{"message": "No."}]}]
                },
                {
                    "address": {"kind": "resource", "mode": "managed", "type": "a", "name": "b", "to_display": "a.b"},
                    "status": "unknown",
                    "instances": [
                        {"address": {"to_display": "a.b[\"x\"]", "instance_key": "x"}, "status": "pass"},
                        {"address": {"to_display": "a.b[\"y\"]", "instance_key": "y"}, "status": "unknown"}
                    ]
                },
                {
                    "address": {"kind": "var", "name": "v", "to_display": "var.v"}, "status": "pass",
                    "instances": [{"address": {"to_display": "var.v"}, "status": "pass"}]
                }
            ])
        );
    }
}
