//! Saved plans: written whole or not at all, for the user's eyes only; read with their digest checked. A plan file is
//! our own JSON, so that it can be read in ten years without us (R37: the digest finds damage, it is no signature).

use super::process::Trouble;
use crate::model::advice::Advice;
use crate::plan::document::Plan;
use crate::plan::document::reading::{self, Unread};
use crate::plan::sense;
use crate::world::local::files::{self, Boundary, DOCUMENT_BYTES};
use std::path::Path;

/// Writes a plan with mode 0600. A path in the repository of a request must not lead out of it.
///
/// # Errors
/// Where the file cannot be written; an older file of that name is then as it was.
pub fn write(boundary: &Boundary, path: &Path, plan: &Plan) -> Result<(), Trouble> {
    let fail = |what: &str| {
        Trouble::error(
            "Plan file not written",
            format!("{}: {what}", path.display()),
        )
    };
    let text = text(plan).map_err(|error| fail(&error.to_string()))?;
    files::replace(&boundary.of_named(path), path, &text).map_err(|error| fail(&error.to_string()))
}

fn text(plan: &Plan) -> Result<Vec<u8>, serde_json::Error> {
    let mut text = serde_json::to_vec_pretty(plan)?;
    text.push(b'\n');
    Ok(text)
}

/// Reads a plan.
///
/// # Errors
/// Where it cannot be read, is no plan, of another version, or damaged.
pub fn read(boundary: &Boundary, path: &Path) -> Result<Plan, Trouble> {
    let bytes = files::read(&boundary.of_named(path), path, DOCUMENT_BYTES).map_err(|error| {
        let detail = format!("{}: {error}.", path.display());
        Trouble::error("Plan file not read", detail)
    })?;
    parse(&bytes).map_err(|(summary, detail)| {
        Trouble::error(summary, format!("{}: {detail}", path.display()))
    })
}

type Fault = (&'static str, String);

/// A plan that is whole and makes sense. Whoever can write the file can compute a digest: what is shown and what is carried
/// out must say the same (R37).
fn parse(bytes: &[u8]) -> Result<Plan, Fault> {
    let plan = decode(bytes)?;
    sense::check(&plan).map_err(|error| ("Plan refused", format!("{error}. Nothing was done.")))?;
    Ok(plan)
}

/// A plan as it was written, whatever it says.
fn decode(bytes: &[u8]) -> Result<Plan, Fault> {
    let not_a_plan = |why: &str| {
        (
            "Not a plan file",
            format!("{why} Plans are written by `{}`.", Advice::save()),
        )
    };
    if bytes.starts_with(b"PK") {
        return Err(not_a_plan(
            "this is a zip archive, perhaps a plan of Terraform.",
        ));
    }
    reading::read(bytes).map_err(|unread| match unread {
        Unread::NoJson => not_a_plan("this is no JSON."),
        Unread::AnotherSort => not_a_plan("this is JSON of another sort."),
        Unread::Shown => {
            not_a_plan("this is the output of `show -json`, which can only be looked at.")
        }
        another @ (Unread::AnotherVersion { .. } | Unread::AnotherBuild { .. }) => {
            ("Plan of another version", format!("{another}. Plan again."))
        }
        damaged @ (Unread::Early | Unread::Damaged(_)) => {
            ("Damaged plan file", format!("{damaged}. Plan again."))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::any::{config, expressions, json, texts};
    use crate::model::expression::Expr;
    use crate::model::journal_place::PlannedJournal;
    use crate::plan::document::PlannedOutput;
    use crate::render::fixture::{node, plan, step};
    use crate::world::op::Op;
    use proptest::prelude::*;
    use serde_json::{Value as Json, json};
    use std::os::unix::fs::PermissionsExt;

    fn sealed() -> Plan {
        let mut sealed = plan(json!({}));
        sealed.digest = sealed.compute_digest().unwrap();
        sealed
    }

    #[test]
    fn reads_what_it_writes_and_keeps_it_private() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x.plan");
        std::fs::write(&path, "older").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        write(&Boundary::Machine, &path, &sealed()).unwrap();
        assert_eq!(read(&Boundary::Machine, &path).unwrap(), sealed());
        assert_eq!(
            std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert_eq!(
            std::fs::read_dir(directory.path()).unwrap().count(),
            1,
            "no temporary file stays"
        );
        let nowhere = directory.path().join("no/x.plan");
        let nowhere = write(&Boundary::Machine, &nowhere, &sealed()).unwrap_err();
        assert_eq!(nowhere.summary, "Plan file not written");
    }

    proptest! {
        #![proptest_config(config(256))]

        #[test]
        fn any_plan_is_read_as_it_was_written(
            before in json(), after in expressions(), value in expressions(), words in texts(),
        ) {
            let mut whole = plan(json!({"nodes": [node(json!({}))], "steps": [step("velero_schedule.shop", 1)]}));
            whole.stack = words.clone();
            whole.journal = Some(PlannedJournal::Directory(words.clone()));
            let deep = ["spec", "template", "spec"].map(str::to_owned);
            let Op::Kube(op) = &mut whole.steps[0].op else { unreachable!() };
            op.body = Expr::Value(Json::Null).with(&deep, after.clone());
            whole.nodes[0].before = before;
            whole.nodes[0].after = Expr::Value(Json::Null).with(&deep, after);
            whole.nodes[0].reason.text = words;
            whole.outputs.insert("x".to_owned(), PlannedOutput { value, sensitive: false });
            whole.digest = whole.compute_digest().unwrap();
            let read = decode(&text(&whole).unwrap()).unwrap();
            assert_eq!(read, whole);
            // What `show -json` tells of it is JSON that says the same.
            let shown = crate::render::json::plan(&whole).unwrap();
            assert_eq!(serde_json::from_str::<Json>(&shown.to_string()).unwrap(), shown);
        }
    }

    /// Bytes that are no plan, and the words of the refusal.
    fn check(bytes: &[u8], summary: &str, part: &str) {
        let (found, detail) = parse(bytes).unwrap_err();
        assert!(
            found == summary && detail.contains(part),
            "{found}: {detail}"
        );
    }

    #[test]
    fn refuses_what_is_no_whole_plan() {
        let whole = serde_json::to_string(&sealed()).unwrap();
        check(b"PK\x03\x04", "Not a plan file", "Terraform");
        check(b"resource {}", "Not a plan file", "no JSON");
        check(b"{}", "Not a plan file", "another sort");
        check(
            br#"{"format_version": "1.2"}"#,
            "Not a plan file",
            "show -json",
        );
        check(
            br#"{"format": "sk-dr-plan", "version": 7, "tool": "sk-dr 9.0"}"#,
            "Plan of another version",
            "sk-dr 9.0 wrote it in plan format 7",
        );
        check(
            &whole.as_bytes()[..whole.len() - 9],
            "Damaged plan file",
            "too early",
        );
        check(
            whole.replace("acme", "evil").as_bytes(),
            "Damaged plan file",
            "digest",
        );
        check(
            whole.replace("\"stack\"", "\"stock\"").as_bytes(),
            "Damaged plan file",
            "stock",
        );
        // Whoever can write the file can compute the digest again.
        let mut forged = plan(json!({
            "nodes": [node(json!({"action": "delete"}))], "steps": [step("velero_schedule.other", 1)],
        }));
        forged.digest = forged.compute_digest().unwrap();
        let forged = serde_json::to_string(&forged).unwrap();
        check(forged.as_bytes(), "Plan refused", "contradicts itself");
        // The moment of planning is no part of the digest.
        assert!(parse(whole.replace("2026-11-21", "2026-11-22").as_bytes()).is_ok());
    }
}
