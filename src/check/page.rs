//! `docs/lints.md`, from the list of lints: what a lint says cannot be said in two places.

use super::{LINTS, Severity, Sight};
use std::fmt::Write;

const HEAD: &str = "# Lints

What a configuration may say and still deserves a word. A lint never changes what a plan does, nor an exit code: it is a
warning after the summary of `plan` and `drift`, with its code in brackets; `validate` shows those that need no server at
their place in the text. `show -markdown` has them in a table, `show -json` under `sk_dr.findings`, `-json` and
`validate -json` among the diagnostics, each with its code.

What has been looked at and is meant as it is, is allowed by name, with the reason for whoever reads it next:

```hcl
sk_dr {
  stack = \"acme-prod\"

  allow_lint \"default-ttl\" {
    reason    = \"scratch namespaces, nobody misses them after a month\"
    resources = [\"velero_schedule.scratch\"] # everywhere where it is not set
  }
}
```

*Danger*: backups are lost, or are not made; said beside the code. *Warning*: something will surprise somebody.
";

/// The page.
pub fn page() -> String {
    let mut page = HEAD.to_owned();
    for lint in LINTS {
        let severity = match lint.severity {
            Severity::Danger => "Danger",
            Severity::Warning => "Warning",
        };
        let shown = match lint.sight {
            Sight::Declared => "`validate`, `plan`, `drift`",
            Sight::Live => "`plan`, `drift`",
        };
        // Writing to a `String` cannot fail.
        let _ = write!(
            page,
            "\n## `{}`\n\n{} ({severity}; {shown}).\n\n{}\n\n**Cure.** {}\n",
            lint.code, lint.summary, lint.cause, lint.cure
        );
        if !lint.blind.is_empty() {
            let _ = write!(page, "\n**Not seen.** {}\n", lint.blind);
        }
    }
    page
}
