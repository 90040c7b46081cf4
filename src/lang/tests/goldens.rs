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
const DIFFERENT: &[(&str, &str, Option<&str>)] = &[];

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

fn found(case: &Case) -> Option<String> {
    let input = case.input.as_str().unwrap_or_default();
    let of_file = case
        .input
        .as_str()
        .map_or_else(|| case.input.to_string(), str::to_owned);
    let expression = match case.r#do.as_str() {
        "yamldecode" => "yamldecode(file(\"case\"))".to_owned(),
        "yamlencode" => "yamlencode(jsondecode(file(\"case\")))".to_owned(),
        "templatefile" => {
            "templatefile(\"case\", { x = \"x\", n = 2, m = { b = 1, a = 2 } })".to_owned()
        }
        "fileset" => {
            let part = |at: usize| Json::String(case.input[at].to_string()).to_string();
            format!("fileset(jsondecode({}), jsondecode({}))", part(0), part(1))
        }
        "expression" | "syntax" => input.to_owned(),
        other => panic!("what is {other}?"),
    };
    let of_file = if case.r#do == "yamlencode" {
        case.input.to_string()
    } else {
        of_file
    };
    let tree: Vec<String> = TREE.iter().map(|name| format!("files/{name}")).collect();
    let mut files = vec![("case", of_file.as_str())];
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
    let input = case
        .input
        .as_str()
        .map_or_else(|| case.input.to_string(), str::to_owned);
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
        let is_case = |case: &Case| case.r#do == *what && case.input.as_str() == Some(text);
        assert!(
            cases.iter().any(is_case) || *what == "fileset" || *what == "yamlencode",
            "{what} {text:?} is no case"
        );
    }
}
