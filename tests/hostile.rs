//! Hostile and mistaken input: each ends with diagnostics, within seconds, on a stack that lasts. A case is a
//! configuration and the codes that must be found, in order, without repetition; a case without codes must be valid.

use sk_dr::diag::Severity;
use sk_dr::diag::render::{Rendering, render};
use sk_dr::kinds::Registry;
use sk_dr::lang::sources::MemorySources;
use sk_dr::lang::{GivenVariables, Inputs, Loaded, Missing, load};
use std::sync::mpsc;
use std::time::Duration;

/// Longest time for one case: what hangs would go on for ever. Debug builds on a busy machine are slow.
const LIMIT: Duration = Duration::from_secs(120);

const HEAD: &str = "sk_dr { stack = \"t\" }\nprovider \"kubernetes\" {}\n";

fn load_bytes(files: Vec<(String, Vec<u8>)>) -> Loaded {
    load(&Inputs {
        sources: &MemorySources {
            files: files.into_iter().collect(),
        },
        schemas: &Registry,
        variables: GivenVariables::default(),
        missing: Missing::Report,
        version: "0.1.0",
    })
}

/// Loads on another thread, renders what was found, and holds the codes against the expected ones.
fn check_files(what: &str, files: Vec<(String, Vec<u8>)>, expected: &[&str]) {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let loaded = load_bytes(files);
        let shown = render(
            &loaded.diagnostics,
            &loaded.configuration.sources,
            Rendering::PLAIN,
        );
        let json = sk_dr::diag::json::report(&loaded.diagnostics, &loaded.configuration.sources);
        let mut codes: Vec<&'static str> = loaded.diagnostics.iter().map(|one| one.code).collect();
        codes.dedup();
        let errors = loaded
            .diagnostics
            .iter()
            .filter(|one| one.severity == Severity::Error)
            .count();
        assert_eq!(json["error_count"], errors);
        let _ = sender.send((codes, shown));
    });
    let answer = receiver.recv_timeout(LIMIT);
    assert!(answer.is_ok(), "{what}: no answer, or a panic");
    let (codes, shown) = answer.unwrap_or_default();
    let start: String = shown.chars().take(2000).collect();
    assert_eq!(codes, expected, "{what}:\n{start}");
}

fn check(what: &str, text: impl Into<Vec<u8>>, expected: &[&str]) {
    check_files(what, vec![("main.hcl".to_owned(), text.into())], expected);
}

/// The same behind a good head.
fn check_behind(what: &str, text: &str, expected: &[&str]) {
    check(what, format!("{HEAD}{text}"), expected);
}

fn repeated(start: &str, part: &str, times: usize, end: &str) -> String {
    let mut text = String::with_capacity(start.len() + part.len() * times + end.len());
    text.push_str(start);
    for _ in 0..times {
        text.push_str(part);
    }
    text.push_str(end);
    text
}

const MANY: usize = 100_000;

#[test]
fn what_never_ends() {
    for (text, codes) in [
        ("locals {\n  a = \"x\n}\n", &["unterminated-string"][..]),
        (
            "locals {\n  a = \"x${1 + \"y\n}\n",
            &["unterminated-string"],
        ),
        ("locals {\n  a = \"x${1\n", &["unbalanced"]),
        ("locals {\n  a = <<EOT\nx\n}\n", &["unterminated-heredoc"]),
        (
            "locals {\n  a = <<EOT\nx\n  EOTX\n}\n",
            &["unterminated-heredoc"],
        ),
        ("locals {\n  a = <<\nx\n}\n", &["invalid-heredoc"]),
        ("locals {\n  a = <<EOT", &["invalid-heredoc"]),
        ("locals {\n  a = <<EOT\n", &["unterminated-heredoc"]),
        ("/* x\nlocals {}\n", &["unterminated-comment"]),
        ("locals {\n  a = [1, 2\n", &["unbalanced"]),
        ("locals {\n  a = (1\n}\n", &["unbalanced"]),
        ("locals {\n  a = 1\n", &["unbalanced"]),
        ("locals {\n  a = \"%{ if true }x\"\n}\n", &["syntax"]),
        ("locals {\n  a = \"\\", &["unterminated-string"]),
        ("}\n", &["unbalanced"]),
        ("locals {\n  a =\n}\n", &["syntax"]),
        ("locals {\n  a = foo.\n}\n", &["syntax"]),
        ("locals {\n  a = 'x'\n}\n", &["invalid-character"]),
        ("locals {\n  a = 1;\n}\n", &["invalid-character"]),
        ("locals {\n  a = 1\n  a = 2\n}\n", &["duplicate-argument"]),
        ("locals {\n  a = { b = 1, b = 2 }\n}\n", &["duplicate-key"]),
        ("locals {\n  a = [for x in]\n}\n", &["syntax"]),
        ("locals \"x {}\n", &["unterminated-string"]),
        ("resource\n", &["syntax"]),
    ] {
        check_behind(text, text, codes);
    }
}

#[test]
fn bytes() {
    let good = format!("{HEAD}locals {{\n  a = <<EOT\nx\nEOT\n}}\n");
    check("a byte order mark", format!("\u{feff}{good}"), &[]);
    check("CRLF", good.replace('\n', "\r\n"), &[]);
    check(
        "both",
        format!("\u{feff}{}", good.replace('\n', "\r\n")),
        &[],
    );
    check("CR alone", good.replace('\n', "\r"), &["invalid-heredoc"]);
    check(
        "NUL",
        format!("{HEAD}locals {{\n  a = \0\n}}\n"),
        &["invalid-character"],
    );
    check(
        "NUL in a text",
        format!("{HEAD}locals {{\n  a = \"\0\"\n}}\n"),
        &[],
    );
    check("a lone mark", "\u{feff}", &["missing-block"]);
    check("nothing", "", &["missing-block"]);
    let mut wrong = good.clone().into_bytes();
    wrong.extend_from_slice(b"# \xff\xfe\n");
    check("invalid UTF-8", wrong, &["invalid-utf8"]);
    check(
        "UTF-16",
        good.encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect::<Vec<_>>(),
        &["invalid-character"],
    );
    check("only zeroes", vec![0u8; 1 << 20], &["invalid-character"]);
    check("only newlines", vec![b'\n'; 4 << 20], &["missing-block"]);
    check(
        "a word of a megabyte",
        format!("{HEAD}locals {{\n  a = {}\n}}\n", "x".repeat(1 << 20)),
        &["undeclared"],
    );
    check(
        "right to left",
        format!("{HEAD}locals {{\n  a = \u{202e}x\n}}\n"),
        &["invalid-character"],
    );
}

#[test]
fn nesting() {
    let nested = |open: &str, close: &str, times: usize| {
        format!(
            "locals {{\n  a = {}1{}\n}}\n",
            open.repeat(times),
            close.repeat(times)
        )
    };
    for (open, close) in [
        ("(", ")"),
        ("[", "]"),
        ("{ a = ", " }"),
        ("{ (", ") = 1 }"),
        ("\"${", "}\""),
        ("\"%{ if true }${", "}%{ endif }\""),
        ("upper(", ")"),
        ("x[", "]"),
        ("[for x in ", " : x]"),
        ("{for x in ", " : x => x}"),
        ("!", ""),
        ("-", ""),
        ("true ? 1 : ", ""),
        ("(true ? ", " : 1)"),
        ("([{a = upper(", ")}])"),
    ] {
        check_behind(open, &nested(open, close, MANY), &["too-deep"]);
        check_behind(
            &format!("{open} not closed"),
            &nested(open, "", MANY),
            if close.is_empty() {
                &["too-deep"]
            } else {
                &["too-deep", "unbalanced"][..1]
            },
        );
    }
    // As deep as may be, in every mixture: reading must not start again at each level.
    for (open, close) in [
        ("(", ")"),
        ("[", "]"),
        ("{ a = ", " }"),
        ("\"${", "}\""),
        ("upper(", ")"),
        ("[for x in ", " : x]"),
        ("([{a = [", "]}])"),
        ("{(", ") = 1}"),
    ] {
        let times = 56 / open.matches(['(', '[', '{', '"']).count().max(1);
        let text = format!(
            "{HEAD}locals {{\n  a = can({}1{})\n}}\n",
            open.repeat(times),
            close.repeat(times)
        );
        check(&format!("{open} {times} times"), text, &[]);
    }
    check_behind(
        "blocks",
        &format!("{}{}", "a {\n".repeat(MANY), "}\n".repeat(MANY)),
        &["too-deep"],
    );
}

#[test]
fn chains() {
    check_behind(
        "a sum",
        &repeated("locals {\n  a = 1", " + 1", MANY, "\n}\n"),
        &["too-deep"],
    );
    check_behind(
        "a comparison",
        &repeated("locals {\n  a = 1", " && true", MANY, "\n}\n"),
        &["too-deep"],
    );
    check_behind(
        "attributes",
        &repeated("locals {\n  b = {}\n  a = local.b", ".a", MANY, "\n}\n"),
        &["unknown-attribute"],
    );
    check_behind(
        "attributes of a resource",
        &repeated(
            "resource \"kubernetes_namespace\" \"n\" {\n  metadata { name = \"n\" }\n}\nlocals {\n  a = kubernetes_namespace.n",
            ".metadata[0]",
            MANY,
            "\n}\n",
        ),
        &["unknown-attribute"],
    );
    check_behind(
        "indices",
        &repeated("locals {\n  b = []\n  a = local.b", "[0]", MANY, "\n}\n"),
        &["invalid-index"],
    );
    check_behind(
        "splats",
        &repeated("locals {\n  b = []\n  a = local.b", "[*]", MANY, "\n}\n"),
        &["too-many-splats"],
    );
    check_behind(
        "old splats",
        &repeated("locals {\n  b = []\n  a = local.b", ".*.a", MANY, "\n}\n"),
        &["too-many-splats"],
    );
    check_behind(
        "calls",
        &repeated("locals {\n  a = concat(", "[],", MANY, "[])\n}\n"),
        &[],
    );
    check_behind(
        "a list",
        &repeated("locals {\n  a = [", "1,", MANY, "1]\n}\n"),
        &[],
    );
    check_behind(
        "a template",
        &repeated("locals {\n  a = \"", "${1}", MANY, "\"\n}\n"),
        &[],
    );
    let mut locals = String::from("locals {\n  a0 = 1\n");
    for at in 1..20_000 {
        locals.push_str(&format!("  a{at} = local.a{}\n", at - 1));
    }
    check_behind("locals one after the other", &format!("{locals}}}\n"), &[]);
}

#[test]
fn wide_objects() {
    for part in [
        "k = 1\n",
        "k = 1, ",
        "\"k\" = 1, ",
        "(\"k\") = 1, ",
        "k : 1, ",
        "\"${\"k\"}\" = 1, ",
    ] {
        let mut text = String::from("locals {\n  a = {\n");
        for at in 0..MANY {
            text.push_str(&part.replacen('k', &format!("k{at}"), 1));
        }
        text.push_str("}\n}\n");
        check_behind(part, &text, &["too-many-keys"]);
    }
    let members = |count: usize| {
        (0..count)
            .map(|at| format!("k{at} = {at}\n"))
            .collect::<String>()
    };
    check_behind(
        "as wide as may be",
        &format!("locals {{\n  a = {{\n{}}}\n}}\n", members(1000)),
        &[],
    );
    check_behind(
        "attributes of a body",
        &format!("locals {{\n{}}}\n", members(MANY)),
        &[],
    );
    let json: String = (0..MANY).map(|at| format!("\"k{at}\":{at},")).collect();
    let files = vec![
        (
            "main.hcl".to_owned(),
            format!("{HEAD}locals {{\n  a = jsondecode(file(\"d.json\"))\n  b = local.a.k77\n}}\n")
                .into_bytes(),
        ),
        (
            "d.json".to_owned(),
            format!("{{{}\"z\":1}}", json).into_bytes(),
        ),
    ];
    check_files("wide data in a file", files, &[]);
}

#[test]
fn large_files() {
    let large = |size: usize| vec![b'#'; size];
    check("64 MiB", large(64 << 20), &["unreadable-file"]);
    check(
        "16 MiB",
        [HEAD.as_bytes(), &large((16 << 20) - HEAD.len())].concat(),
        &[],
    );
    let files = (0..6)
        .map(|at| (format!("f{at}.hcl"), large(15 << 20)))
        .collect();
    check_files("90 MiB in six files", files, &["unreadable-file"]);
    check("brackets", repeated(HEAD, "[", 4 << 20, ""), &["too-deep"]);
    check(
        "quotes",
        repeated(HEAD, "\"\n", 1 << 20, ""),
        &["unterminated-string"],
    );
    check(
        "heredocs",
        repeated(HEAD, "a = <<A\n", 1 << 19, ""),
        &["unterminated-heredoc"],
    );
    check(
        "comments",
        repeated(HEAD, "/*", 1 << 20, ""),
        &["unterminated-comment"],
    );
}

#[test]
fn many_blocks_and_many_mistakes() {
    let blocks: String = (0..10_000)
        .map(|at| format!("variable \"v{at}\" {{\n  default = {at}\n}}\n"))
        .collect();
    check_behind("10 000 blocks", &blocks, &[]);
    let wrong: String = (0..20_000)
        .map(|at| format!("  l{at} = var.vv{at}\n"))
        .collect();
    check_behind(
        "20 000 wrong names",
        &format!("{blocks}locals {{\n{wrong}}}\n"),
        &["undeclared", "too-many-mistakes"],
    );
    let twice =
        "resource \"kubernetes_namespace\" \"a\" {\n  metadata { name = \"a\" }\n}\n".repeat(2000);
    check_behind(
        "one address 2 000 times",
        &twice,
        &["duplicate", "too-many-mistakes"],
    );
    check_behind(
        "20 000 broken lines",
        &"locals { a = ]\n".repeat(20_000),
        &["unbalanced"],
    );
    let circle: String = (0..5000)
        .map(|at| format!("  c{at} = local.c{}\n", (at + 1) % 5000))
        .collect();
    check_behind(
        "a circle of 5 000",
        &format!("locals {{\n{circle}}}\n"),
        &["cycle"],
    );
}

#[test]
fn endless_evaluation() {
    let tens = "range(10)";
    let loops = format!(
        "locals {{\n  a = {}1{}\n}}\n",
        (0..9)
            .map(|at| format!("[for x{at} in {tens} : "))
            .collect::<String>(),
        "]".repeat(9)
    );
    check_behind("loops in loops", &loops, &["budget-exhausted"]);
    let double = |form: &str, levels: usize, last: &str| {
        let mut text = String::from("locals {\n  a0 = [\"0123456789abcdef\"]\n");
        for at in 1..levels {
            text.push_str(&format!(
                "  a{at} = {}\n",
                form.replace("X", &format!("local.a{}", at - 1))
            ));
        }
        text.push_str(&format!(
            "}}\n{}\n",
            last.replace("X", &format!("local.a{}", levels - 1))
        ));
        text
    };
    for (form, levels, last, codes) in DOUBLING {
        check_behind(
            &format!("{form} {last}"),
            &double(form, *levels, last),
            codes,
        );
    }
}

/// Each local is made of the one before it, X: form, levels, what is done with the last, codes.
const DOUBLING: &[(&str, usize, &str, &[&str])] = &[
    ("\"${X}${X}\"", 64, "", &["invalid-interpolation"]),
    ("[\"${X[0]}${X[0]}\"]", 64, "", &["budget-exhausted"]),
    ("concat(X, X)", 64, "", &["budget-exhausted"]),
    ("[join(\"\", X, X)]", 64, "", &["budget-exhausted"]),
    ("[X, X]", 64, "", &[]),
    (
        "[X, X]",
        64,
        "output \"o\" { value = X }",
        &["budget-exhausted"],
    ),
    (
        "[X, X]",
        64,
        "output \"o\" { value = jsonencode(X) }",
        &["budget-exhausted"],
    ),
    (
        "[X, X]",
        64,
        "output \"o\" { value = flatten(X) }",
        &["budget-exhausted"],
    ),
    (
        "[X, X]",
        64,
        "output \"o\" { value = X == [X] }",
        &["budget-exhausted"],
    ),
    (
        "[X, X]",
        64,
        "output \"o\" { value = toset([X, X]) }",
        &["budget-exhausted"],
    ),
    ("[X]", 300, "", &["too-deep"]),
    ("{ a = X }", 300, "", &["too-deep"]),
    (
        "[replace(X[0], \"/./\", \"$0$0\")]",
        64,
        "",
        &["budget-exhausted"],
    ),
    (
        "[indent(1000000, \"${X[0]}\\n\")]",
        64,
        "",
        &["budget-exhausted"],
    ),
];

const FUNCTIONS: &[(&str, &str)] = &[
    ("1 / 0", "division-by-zero"),
    (
        "setproduct(range(1000), range(1000), range(1000))",
        "budget-exhausted",
    ),
    ("range(1000000000)", "budget-exhausted"),
    ("pow(10, 1000000)", "invalid-argument"),
    ("pow(10, 999) * pow(10, 999)", "invalid-number"),
    ("1e400", "invalid-number"),
    ("tonumber(\"1e999999999\")", "invalid-argument"),
    ("format(\"%1000000000d\", 1)", "invalid-argument"),
    ("regex(\"(a{1000}){1000}\", \"a\")", "invalid-argument"),
    (
        "regex(\"((((a*)*)*)*)*b\", join(\"\", [for x in range(100000) : \"a\"]))",
        "invalid-argument",
    ),
    (
        "jsondecode(join(\"\", [for x in range(100000) : \"[\"]))",
        "invalid-argument",
    ),
    (
        "yamldecode(join(\"\", [for x in range(100000) : \"[\"]))",
        "invalid-argument",
    ),
    (
        "yamldecode(\"a: &a [x,x,x,x,x,x,x,x,x]\\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c]\\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d]\\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e]\\ng: [*f,*f,*f,*f,*f,*f,*f,*f]\\n\")",
        "invalid-argument",
    ),
    ("cidrsubnet(\"::/0\", 128, pow(2, 200))", "invalid-argument"),
    (
        "chunklist(range(100000), 1)[99999][0] + try(nothing, 1)",
        "undeclared",
    ),
    (
        "substr(\"a\", -9223372036854775808, 9223372036854775807) == 1",
        "",
    ),
    ("element([1], -9223372036854775808) + 0", ""),
    ("slice([1], 0, 99999999999999999999)", "invalid-argument"),
    (
        "timeadd(\"9999-12-31T23:59:59Z\", \"9999999h\")",
        "invalid-argument",
    ),
    (
        "formatdate(\"YYYY\", \"\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}T\")",
        "invalid-argument",
    ),
];

#[test]
fn endless_functions() {
    for (expression, code) in FUNCTIONS {
        let text = format!("locals {{\n  a = {expression}\n}}\n");
        let codes: &[&str] = if code.is_empty() { &[] } else { &[code] };
        check_behind(expression, &text, codes);
    }
}

#[test]
fn templates_that_call_themselves() {
    let with = |template: &str| {
        vec![
            (
                "main.hcl".to_owned(),
                format!("{HEAD}locals {{\n  a = templatefile(\"t\", {{}})\n}}\n").into_bytes(),
            ),
            ("t".to_owned(), template.as_bytes().to_vec()),
        ]
    };
    check_files("itself", with("${templatefile(\"t\", {})}"), &["too-deep"]);
    check_files(
        "itself, often",
        with("%{ for x in range(9) }${try(templatefile(\"t\", {}), \"\")}%{ endfor }"),
        &["budget-exhausted"],
    );
    check_files("deep", with(&"${[".repeat(MANY)), &["too-deep"]);
    check_files(
        "wide",
        with(&repeated("${ {", "a = 1, ", MANY, "}.a}")),
        &["too-many-keys"],
    );
    check_files("not closed", with("a ${ b"), &["unbalanced"]);
    check_files("no end", with("%{ if true }a"), &["syntax"]);
    check_files("text alone", with("a $ % { } \" \\ ' ` \u{0}"), &[]);
}

#[test]
fn instances() {
    check_behind(
        "too many",
        "resource \"kubernetes_namespace\" \"a\" {\n  count = 1000000\n  metadata { name = \"n${count.index}\" }\n}\n",
        &["too-many-instances"],
    );
    check_behind(
        "all wrong",
        "resource \"velero_schedule\" \"a\" {\n  count = 50000\n  name = \"n${count.index}\"\n  schedule = [count.index]\n}\n",
        &["wrong-type"],
    );
    check_behind(
        "names that are missing in each",
        "locals {\n  m = {for x in range(10000) : \"k${x}\" => x}\n}\nresource \"velero_schedule\" \"a\" {\n  count = 3000\n  name = try(local.m[\"none\"], \"n${count.index}\")\n  schedule = \"0 1 * * *\"\n}\n",
        &[],
    );
}

/// Files that are none, or cannot be read. `validate -json` says so and ends with 1.
#[test]
fn what_is_no_file() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let validate = |directory: &std::path::Path| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_sk-dr"))
            .arg(format!("-chdir={}", directory.display()))
            .args(["validate", "-json"])
            .output()
            .unwrap();
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        (output.status.code(), report)
    };
    let check = |what: &str, expected: &str, make: &dyn Fn(&std::path::Path)| {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("main.hcl"), HEAD).unwrap();
        make(directory.path());
        let (code, report) = validate(directory.path());
        let said = report["diagnostics"].to_string();
        let is_valid = expected.is_empty();
        assert_eq!(code, Some(i32::from(!is_valid)), "{what}: {said}");
        assert_eq!(report["valid"], is_valid, "{what}");
        assert!(said.contains(expected), "{what}: {said}");
    };
    let main = |directory: &std::path::Path, text: &str| {
        std::fs::write(directory.join("main.hcl"), format!("{HEAD}{text}")).unwrap();
    };
    check("nothing else", "", &|_| {});
    check(
        "a link to itself",
        "loop.hcl cannot be read",
        &|directory| {
            symlink("loop.hcl", directory.join("loop.hcl")).unwrap();
        },
    );
    check("a link to nothing", "there is no such file", &|directory| {
        symlink("nowhere", directory.join("x.hcl")).unwrap();
    });
    check(
        "a directory",
        "it is a directory, not a file",
        &|directory| {
            std::fs::create_dir(directory.join("x.hcl")).unwrap();
        },
    );
    check("a pipe", "it is a named pipe, not a file", &|directory| {
        let made = std::process::Command::new("mkfifo")
            .arg(directory.join("x.hcl"))
            .status();
        assert!(made.unwrap().success());
    });
    check("a circle of directories", "", &|directory| {
        std::fs::create_dir(directory.join("a")).unwrap();
        symlink("..", directory.join("a/up")).unwrap();
        main(directory, "locals {\n  a = fileset(\".\", \"**\")\n}\n");
    });
    check("a device that never ends", "not a file", &|directory| {
        main(directory, "locals {\n  a = file(\"/dev/zero\")\n}\n");
    });
    check("no right to read", "", &|directory| {
        let path = directory.join("x.hcl");
        std::fs::write(&path, "locals {}\n").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o0)).unwrap();
        // The superuser reads everything; for everybody else the case is that of a link to itself.
        if std::fs::read(&path).is_err() {
            std::fs::remove_file(&path).unwrap();
        }
    });
}

const SCHEDULE: &str =
    "resource \"velero_schedule\" \"a\" {\n  name = \"a\"\n  schedule = \"0 1 * * *\"\n";

/// Blocks that make blocks: an end by what they weigh, not by the memory of the machine.
#[test]
fn dynamic_blocks() {
    let inner = "dynamic \"match_expression\" {\n for_each = EACH\n content {\n key = \"k\"\n operator = \"Exists\"\n }\n }\n";
    let outer = |each: &str, content: &str| {
        format!(
            "{SCHEDULE}dynamic \"or_label_selector\" {{\n for_each = {each}\n content {{\n {content} }}\n}}\n}}\n"
        )
    };
    for (what, text, codes) in [
        (
            "a thousand thousands",
            outer("range(1000)", &inner.replace("EACH", "range(1000)")),
            &["budget-exhausted"][..],
        ),
        (
            "empty blocks",
            outer("setproduct(range(1000), range(1000))", ""),
            &["budget-exhausted"],
        ),
        (
            "a product",
            outer("setproduct(range(1000), range(1000), range(1000))", ""),
            &["budget-exhausted"],
        ),
        (
            "itself",
            outer("or_label_selector.value", ""),
            &["undeclared"],
        ),
        (
            "each element wrong",
            outer(
                "range(1000)",
                &inner.replace("EACH", "or_label_selector.value"),
            ),
            &["not-a-collection"],
        ),
        (
            "in many instances",
            outer("range(100)", &inner.replace("EACH", "range(100)"))
                .replace("name = \"a\"", "count = 1000\n  name = count.index"),
            &["budget-exhausted"],
        ),
        (
            "a hundred",
            outer("range(10)", &inner.replace("EACH", "range(10)")),
            &[],
        ),
    ] {
        check_behind(what, &text, codes);
    }
    let deep = format!(
        "{SCHEDULE}{}{}}}\n",
        "dynamic \"or_label_selector\" {\n for_each = []\n content {\n".repeat(MANY),
        "}\n}\n".repeat(MANY)
    );
    check_behind("dynamic in dynamic", &deep, &["too-deep"]);
}

#[test]
fn files_of_values() {
    let main = format!("{HEAD}variable \"x\" {{\n  type = any\n  default = 1\n}}\n");
    let beside = |what: &str, values: Vec<u8>, codes: &[&str]| {
        let files = [
            ("main.hcl".to_owned(), main.clone().into_bytes()),
            ("v.auto.vars.hcl".to_owned(), values),
        ];
        check_files(what, files.into(), codes);
    };
    let many: String = (0..MANY / 10).map(|at| format!("a{at} = 1\n")).collect();
    beside(
        "many names that are not declared",
        many.into_bytes(),
        &["undeclared"],
    );
    beside(
        "a deep value",
        format!("x = {}", "[".repeat(MANY)).into_bytes(),
        &["too-deep"],
    );
    beside("a large file", vec![b'#'; 17 << 20], &["unreadable-file"]);
    beside("no text", vec![0xff; 100], &["invalid-utf8"]);
    beside(
        "an endless value",
        b"x = [for a in range(1000) : [for b in range(1000) : [for c in range(1000) : c]]]\n"
            .to_vec(),
        &["budget-exhausted"],
    );
}
