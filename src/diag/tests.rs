//! What a mistake looks like.

use super::render::{Rendering, Style, render};
use super::*;

const TEXT: &str = "resource \"velero_schedule\" \"shop\" {\n  schedule = \"0 1 * * *\"\n  tll      = \"720h\"\n}\n";

fn example() -> (Vec<Diagnostic>, SourceMap) {
    let mut sources = SourceMap::default();
    let file = sources.add("apps.hcl".into(), TEXT.into());
    let start = TEXT.find("tll").unwrap();
    let span = Span {
        file,
        start,
        end: start + 3,
    };
    let header = Span {
        file,
        start: 0,
        end: 33,
    };
    let diagnostic = Diagnostic::error(
        "unsupported-argument",
        "Unsupported argument",
        "`velero_schedule` has no argument `tll`",
    )
    .at(span)
    .within(header)
    .fix(
        "did you mean `ttl`?",
        Patch {
            span,
            text: "ttl".into(),
        },
    );
    (vec![diagnostic], sources)
}

#[test]
fn a_mistake_is_shown_where_it_is() {
    let (diagnostics, sources) = example();
    let expected = "\
Error: Unsupported argument
 --> apps.hcl:3:3
  |
1 | resource \"velero_schedule\" \"shop\" {
2 |   schedule = \"0 1 * * *\"
3 |   tll      = \"720h\"
  |   ^^^ `velero_schedule` has no argument `tll`
  |
help: did you mean `ttl`?
  |
3 -   tll      = \"720h\"
3 +   ttl      = \"720h\"
  |

";
    assert_eq!(render(&diagnostics, &sources, Rendering::PLAIN), expected);
    let coloured = render(
        &diagnostics,
        &sources,
        Rendering {
            style: Style::Coloured,
            width: 100,
        },
    );
    assert!(coloured.contains("\u{1b}["));
}

#[test]
fn a_mistake_without_a_place_says_it_all_the_same() {
    let diagnostic = Diagnostic::error(
        "missing-settings",
        "Missing settings",
        "there is no `sk_dr` block",
    )
    .hint("add one");
    let text = render(&[diagnostic], &SourceMap::default(), Rendering::PLAIN);
    assert!(
        text.contains("Error: Missing settings")
            && text.contains("there is no `sk_dr` block")
            && text.contains("help: add one"),
        "{text}"
    );
}

/// What is a warning can be looked up and allowed by its code.
#[test]
fn a_warning_says_its_code() {
    for (stake, heading) in [
        (None, "Warning: Backups expire [default-ttl]\n"),
        (
            Some("danger"),
            "Warning: Backups expire [default-ttl, danger]\n",
        ),
    ] {
        let mut diagnostic = Diagnostic::warning("default-ttl", "Backups expire", "by default");
        diagnostic.stake = stake;
        let sources = SourceMap::default();
        let one = json::one(&diagnostic, &sources);
        assert_eq!(one["sk_dr"]["severity"].as_str(), stake);
        let text = render(&[diagnostic], &sources, Rendering::PLAIN);
        assert!(text.starts_with(heading), "{text}");
    }
}

#[test]
fn programs_get_terraforms_form() {
    let (diagnostics, sources) = example();
    let report = json::report(&diagnostics, &sources);
    assert_eq!(report["valid"], false);
    assert_eq!(report["error_count"], 1);
    let one = &report["diagnostics"][0];
    assert_eq!(one["code"], "unsupported-argument");
    assert_eq!(
        one["range"]["start"],
        serde_json::json!({"line": 3, "column": 3, "byte": 63})
    );
    assert_eq!(one["snippet"]["code"], "  tll      = \"720h\"");
    assert_eq!(
        one["snippet"]["context"],
        "resource \"velero_schedule\" \"shop\""
    );
    assert_eq!(one["snippet"]["highlight_start_offset"], 2);
    assert_eq!(one["snippet"]["highlight_end_offset"], 5);
}

#[test]
fn a_giant_text_costs_nothing() {
    let mut sources = SourceMap::default();
    let long_line = format!("a = \"{}\"", "x".repeat(4 << 20));
    let many_lines = "b = 1\n".repeat(1 << 20);
    let one = sources.add("long.hcl".into(), long_line.into());
    let many = sources.add("many.hcl".into(), many_lines.into());
    for (file, at) in [(one, 2 << 20), (many, 6_000_000)] {
        let diagnostic = Diagnostic::error("x", "X", "here").at(Span {
            file,
            start: at,
            end: at + 1,
        });
        assert!(render(&[diagnostic], &sources, Rendering::PLAIN).len() < 20_000);
    }
    let beyond = Diagnostic::error("x", "X", "here").at(Span {
        file: FileId(9),
        start: 5,
        end: 3,
    });
    assert!(render(&[beyond], &sources, Rendering::PLAIN).contains("here"));
}
