//! Holds the language against what OpenTofu answered: `tests/goldens/language.json`.

use super::value_beside;
use serde::Deserialize;
use serde_json::Value as Json;

#[derive(Deserialize)]
struct Case {
    r#do: String,
    input: Json,
    output: Option<String>,
}

/// What sk-dr answers on purpose where OpenTofu answers something else; `docs/functions.md` says why.
const DIFFERENT: &[(&str, &str, Option<&str>)] = &[
    ("yamldecode", "-0", Some("0")),
    ("yamldecode", ".inf: v\n", None),
    (
        "yamldecode",
        "\"\\e\\0\\a\\b\\v\\f\\r\\N\\_\\L\\P\\/\"",
        Some("\"\\u001b\\u0000\\u0007\\u0008\\u000b\\u000c\\r\u{85}\u{a0}\\u2028\\u2029/\""),
    ),
    ("yamldecode", "! 1", Some("1")),
    ("yamldecode", "! yes", Some("true")),
    (
        "yamldecode",
        "a: &anchor-with_chars.1 x\nb: *anchor-with_chars.1\n",
        Some("{\"a\":\"x\",\"b\":\"x\"}"),
    ),
    ("yamldecode", "a: |#comment\n  x\n", None),
    ("yamldecode", "a: |\n  \tx\n", Some("{\"a\":\"\\tx\\n\"}")),
    ("yamldecode", "--- |\nx\n", Some("\"x\\n\"")),
    (
        "yamldecode",
        "%YAML 1.2\n---\na: yes\n",
        Some("{\"a\":true}"),
    ),
    ("yamldecode", "%FOO bar\n---\na: 1\n", Some("{\"a\":1}")),
    ("yamldecode", "a: 1\u{2028}b: 2\n", None),
    ("yamldecode", "a: 1\u{85}b: 2\n", None),
    (
        "yamldecode",
        "a: \"\\ud83d\\ude00\"\n",
        Some("{\"a\":\"\u{1f600}\"}"),
    ),
    ("yamldecode", "\ta: 1\n", Some("{\"a\":1}")),
    ("yamldecode", "-\ta\n", Some("[\"a\"]")),
    ("yamlencode", "e\u{301}", Some("\"\\\"e\u{301}\\\"\\n\"")),
    (
        "fileset",
        r#"["files/tree","hel\\lo.txt"]"#,
        Some("[\"hello.txt\"]"),
    ),
    (
        "fileset",
        r#"["files/tree","{a\\,b,x}.txt"]"#,
        Some("[\"a,b.txt\"]"),
    ),
];

/// The files that `fileset` looks at; the goldens have two links besides.
const TREE: &[&str] = &[
    "beside.txt",
    "tree/hello.txt",
    "tree/hallo.txt",
    "tree/hello.md",
    "tree/world.txt",
    "tree/sp ace.txt",
    "tree/star*.txt",
    "tree/.hidden",
    "tree/été.txt",
    "tree/a,b.txt",
    "tree/b}race.txt",
    "tree/-dash.txt",
    "tree/]close.txt",
    "tree/sub/x.txt",
    "tree/sub/y.txt",
    "tree/sub/.dot",
    "tree/sub/deep/x.txt",
    "tree/sub/deep/deeper/z.txt",
    "tree/link.txt",
];

fn cases() -> Vec<Case> {
    serde_json::from_str(include_str!("../../../tests/goldens/language.json")).unwrap()
}

/// The input as a text, which most are.
fn input(case: &Case) -> String {
    case.input
        .as_str()
        .map_or_else(|| case.input.to_string(), str::to_owned)
}

fn found(case: &Case) -> Option<String> {
    let input = input(case);
    let mut file = input.clone();
    let expression = match case.r#do.as_str() {
        "yamldecode" => "yamldecode(file(\"case\"))".to_owned(),
        "yamlencode" => {
            file = case.input.to_string();
            "yamlencode(jsondecode(file(\"case\")))".to_owned()
        }
        "templatefile" => {
            "templatefile(\"case\", { x = \"x\", n = 2, m = { b = 1, a = 2 } })".to_owned()
        }
        "fileset" => {
            let part = |at: usize| Json::String(case.input[at].to_string()).to_string();
            format!("fileset(jsondecode({}), jsondecode({}))", part(0), part(1))
        }
        "expression" | "syntax" => input,
        other => panic!("what is {other}?"),
    };
    let tree: Vec<String> = TREE.iter().map(|name| format!("files/{name}")).collect();
    let mut files = vec![("case", file.as_str())];
    if case.r#do == "fileset" {
        files.extend(tree.iter().map(|name| (name.as_str(), "x")));
    }
    let value = value_beside(&files, "", &format!("jsonencode({expression}\n)")).ok()?;
    value.as_str().map(str::to_owned)
}

/// Directories behind links are not followed: they may lead in a circle.
fn expected(case: &Case) -> Option<String> {
    let output = case.output.clone()?;
    if case.r#do != "fileset" {
        return Some(output);
    }
    let names: Vec<String> = serde_json::from_str(&output).unwrap();
    let kept: Vec<String> = names
        .into_iter()
        .filter(|name| !name.starts_with("linkdir/"))
        .collect();
    Some(serde_json::to_string(&kept).unwrap())
}

/// Nothing where the answers are the same, or differ as they are meant to.
fn check(case: &Case) -> Option<String> {
    let (found, expected) = (found(case), expected(case));
    let input = input(case);
    let meant = DIFFERENT
        .iter()
        .find(|(what, text, _)| *what == case.r#do && *text == input);
    let expected = match meant {
        Some((_, _, ours)) if ours.map(str::to_owned) == expected => {
            return Some(format!("{} {input:?} differs no more", case.r#do));
        }
        Some((_, _, ours)) => ours.map(str::to_owned),
        None => expected,
    };
    let word = |answer: &Option<String>| answer.clone().unwrap_or_else(|| "a mistake".to_owned());
    (found != expected).then(|| {
        let what = format!("{} {input:?}", case.r#do);
        format!("{what}\n  is  {}\n  not {}", word(&found), word(&expected))
    })
}

#[test]
fn answers_as_opentofu_does() {
    let cases = cases();
    let wrong: Vec<String> = cases.iter().filter_map(check).collect();
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
    for (what, text, _) in DIFFERENT {
        let is_case = |case: &Case| case.r#do == *what && input(case) == *text;
        assert!(cases.iter().any(is_case), "{what} {text:?} is no case");
    }
}
