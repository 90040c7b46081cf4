//! A check that came to no result, in each format: a watcher that sees nothing takes it for silence, not for a failure.
//! Must not know what went wrong, only the words for it.

use super::super::markdown::{self, code_of_name, prose};
use super::super::style::clean;
use super::junit::{Ending, report};
use super::prometheus::escaped;
use jiff::Timestamp;
use serde_json::{Value as Json, json};

/// Why a check came to no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The stack; none where it failed before that was known.
    pub stack: Option<String>,
    /// When.
    pub at: Timestamp,
    /// A fixed phrase.
    pub summary: String,
    /// Full sentences; what to do last.
    pub detail: String,
    /// The exit code.
    pub exit: u8,
}

impl Failure {
    /// For programs: `another_cluster`.
    pub fn reason(&self) -> String {
        let letter = |c: char| match c.is_ascii_alphanumeric() {
            true => c.to_ascii_lowercase(),
            false => '_',
        };
        self.summary.chars().map(letter).collect()
    }

    fn stack(&self) -> &str {
        self.stack.as_deref().unwrap_or("")
    }

    fn title(&self) -> String {
        match &self.stack {
            Some(stack) => format!("Drift in {stack}: the check failed"),
            None => "Drift: the check failed".to_owned(),
        }
    }

    /// As the JSON of a drift: what Terraform's readers look at says that it failed.
    pub fn json(&self) -> Json {
        json!({
            "format_version": "1.2",
            "terraform_version": concat!("sk-dr ", env!("CARGO_PKG_VERSION")),
            "timestamp": self.at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            "applyable": false,
            "complete": false,
            "errored": true,
            "resource_changes": [],
            "sk_dr_drift": {
                "outcome": "failed", "stack": self.stack, "reason": self.reason(), "exit": self.exit,
                "summary": clean(&self.summary), "detail": clean(&self.detail)
            }
        })
    }

    /// As a comment.
    pub fn markdown(&self) -> String {
        let subject = match &self.stack {
            Some(stack) => format!(" in {}", code_of_name(stack)),
            None => String::new(),
        };
        format!(
            "{}\n## Drift{subject}: the check failed\n\n**{}**\n\n{}\n\nChecked at {}.\n",
            markdown::drift_marker(self.stack()),
            prose(&self.summary),
            prose(&self.detail),
            self.at.strftime("%Y-%m-%d %H:%M:%S UTC")
        )
    }

    /// As a report with one case, which ended in an error.
    pub fn junit(&self) -> String {
        let message = format!("{}: {}", self.summary, self.detail);
        let case = (
            "check".to_owned(),
            "drift".to_owned(),
            Ending::Error { message },
        );
        report(self.stack(), self.at, &[case])
    }

    /// As a log of a run that failed. It has no results, which is not the same as none: an empty list would close what
    /// earlier runs found.
    pub fn sarif(&self) -> Json {
        let text = format!("{}: {}", clean(&self.summary), clean(&self.detail));
        json!({
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [{
                "tool": {"driver": {"name": "sk-dr", "version": env!("CARGO_PKG_VERSION")}},
                "automationDetails": {"id": format!("sk-dr/drift/{}/", self.stack())},
                "invocations": [{
                    "executionSuccessful": false,
                    "exitCode": self.exit,
                    "endTimeUtc": self.at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
                    "toolExecutionNotifications": [{"level": "error", "message": {"text": text}}]
                }],
                "results": null
            }]
        })
    }

    /// As metrics: the check is not complete, with the reason, and when it was made.
    pub fn prometheus(&self) -> String {
        let stack = escaped(self.stack());
        format!(
            "{}sk_dr_drift_complete{{stack=\"{stack}\",reason=\"{}\"}} 0\n{}sk_dr_drift_last_run_timestamp_seconds{{stack=\"{stack}\"}} {}\n",
            super::prometheus::COMPLETE,
            escaped(&self.reason()),
            super::prometheus::LAST_RUN,
            self.at.as_second()
        )
    }

    /// As an issue that is neither opened nor closed: nothing is proven.
    pub fn issue(&self) -> Json {
        json!({
            "title": self.title(),
            "body": self.markdown(),
            "marker": markdown::drift_marker(self.stack()),
            "error": {"reason": self.reason(), "exit": self.exit}
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure() -> Failure {
        Failure {
            stack: Some("acme".to_owned()),
            at: "2026-11-21T09:00:00Z".parse().unwrap(),
            summary: "Another cluster".to_owned(),
            detail: "It is <another> one, \"eu\".".to_owned(),
            exit: 3,
        }
    }

    #[test]
    fn every_format_says_what_happened() {
        let failed = failure();
        let texts = [
            failed.json().to_string(),
            failed.markdown(),
            failed.junit(),
            failed.sarif().to_string(),
            failed.prometheus(),
            failed.issue().to_string(),
        ];
        for text in texts {
            let is_told = text.contains("Another cluster") || text.contains("another_cluster");
            assert!(is_told && text.contains("acme"), "{text}");
        }
        insta::assert_snapshot!(failed.prometheus(), @r#"
        # HELP sk_dr_drift_complete 1 where everything could be told, else 0 with the reason.
        # TYPE sk_dr_drift_complete gauge
        sk_dr_drift_complete{stack="acme",reason="another_cluster"} 0
        # HELP sk_dr_drift_last_run_timestamp_seconds When the last check was made.
        # TYPE sk_dr_drift_last_run_timestamp_seconds gauge
        sk_dr_drift_last_run_timestamp_seconds{stack="acme"} 1795251600
        "#);
        assert_eq!(failed.json()["errored"], true);
        assert_eq!(failed.issue().get("state"), None);
        assert_eq!(failed.sarif()["runs"][0]["results"], Json::Null);
        let junit = failed.junit();
        assert!(
            junit.contains("errors=\"1\"") && junit.contains("&lt;another&gt;"),
            "{junit}"
        );
    }
}
