//! The rules of the house, as tests: which folder may use which, a `//!` on every file, limits on size, cited rules that exist.
#![allow(
    clippy::unwrap_used,
    reason = "a test program: what cannot be read ends it"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Reading order of `lib.rs`. A folder may use those before it, except where [`LESS`] says so.
const ORDER: &[&str] = &[
    "diag", "model", "lang", "world", "catalog", "kinds", "goal", "plan", "check", "render",
    "journal", "apply", "sandbox", "cli",
];

/// What a folder must not use although it stands above it.
const LESS: &[(&str, &[&str])] = &[
    ("world", &["diag", "lang"]),
    ("catalog", &["lang"]),
    ("kinds", &["lang"]),
    (
        "sandbox",
        &[
            "diag", "lang", "world", "catalog", "kinds", "goal", "plan", "check", "render",
            "journal", "apply",
        ],
    ),
];

fn sources() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut waiting = vec![root().join("src")];
    while let Some(directory) = waiting.pop() {
        for entry in fs::read_dir(&directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn name(path: &Path) -> String {
    path.strip_prefix(root())
        .unwrap()
        .to_string_lossy()
        .into_owned()
}

fn is_test_file(path: &Path) -> bool {
    let name = name(path);
    name.ends_with("/tests.rs") || name.contains("/tests/")
}

/// The file without its `#[cfg(test)]` module, which stands last. A declaration of such a module in a file of its own is
/// one line like any other.
fn product_part(text: &str) -> &str {
    let body = |(at, found): &(usize, &str)| {
        let rest = text[at + found.len()..].lines().next();
        rest.is_some_and(|name| name.ends_with('{'))
    };
    text.match_indices("#[cfg(test)]\nmod ")
        .find(body)
        .map_or(text, |(at, _)| &text[..at])
}

fn folder(path: &Path) -> Option<String> {
    let relative = path.strip_prefix(root().join("src")).ok()?;
    let first = relative
        .components()
        .next()?
        .as_os_str()
        .to_string_lossy()
        .into_owned();
    ORDER.contains(&first.as_str()).then_some(first)
}

fn allowed(folder: &str, used: &str) -> bool {
    if folder == used {
        return true;
    }
    if LESS
        .iter()
        .any(|(who, what)| *who == folder && what.contains(&used))
    {
        return false;
    }
    let at = |name: &str| ORDER.iter().position(|one| *one == name);
    at(used) < at(folder)
}

fn used_folders(text: &str) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    for (at, _) in text.match_indices("crate::") {
        let rest = &text[at + "crate::".len()..];
        let heads: Vec<&str> = match rest.strip_prefix('{') {
            Some(list) => list.split('}').next().unwrap_or("").split(',').collect(),
            None => vec![rest],
        };
        for head in heads {
            let word: String = head
                .trim()
                .chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect();
            if ORDER.contains(&word.as_str()) {
                used.insert(word);
            }
        }
    }
    used
}

#[test]
fn folders_use_only_what_stands_above_them() {
    let mut wrong = Vec::new();
    for path in sources() {
        let Some(folder) = folder(&path) else {
            continue;
        };
        if is_test_file(&path) {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        for used in used_folders(product_part(&text)) {
            if !allowed(&folder, &used) {
                wrong.push(format!("{} uses {used}", name(&path)));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "against the direction of lib.rs:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn the_pure_part_names_no_runtime_client_or_file_system() {
    let pure = [
        "diag", "model", "lang", "catalog", "kinds", "goal", "plan", "check", "render",
    ];
    let outside = [
        "tokio::",
        "kube::Client",
        "std::fs",
        "std::env",
        "std::process",
        "std::net",
        "axum::",
    ];
    let mut wrong = Vec::new();
    for path in sources() {
        let Some(folder) = folder(&path) else {
            continue;
        };
        if !pure.contains(&folder.as_str()) || is_test_file(&path) {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        for word in outside {
            if product_part(&text).contains(word) {
                wrong.push(format!("{} names {word}", name(&path)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Where files are opened (R43, R47): boundary, links, type, size and mode are decided there and nowhere else.
const OPENER: &str = "src/world/local/files/";

/// What opens, makes, removes or looks at files.
const OPENING: &[&str] = &[
    "std::fs",
    "tokio::fs",
    "rustix::fs",
    "fs::",
    "File::open",
    "File::create",
    "OpenOptions",
    "DirBuilder",
    "Kubeconfig::read",
    ".canonicalize(",
    ".exists()",
    ".try_exists(",
    ".is_dir()",
    ".is_file()",
    ".is_symlink()",
    ".read_dir(",
    ".read_link(",
    ".symlink_metadata(",
];

/// Words of another meaning, or a file that is open already: the fewest.
const OPENED_ELSEWHERE: &[(&str, &str, &str)] = &[
    (
        "src/journal/lock.rs",
        "std::fs::{File, TryLockError}",
        "a lock is held on a file that the opener opened",
    ),
    (
        "src/cli/sandbox.rs",
        "std::fs::{File, TryLockError}",
        "the same",
    ),
    (
        "src/world/local/program.rs",
        "std::fs::File",
        "output is read from a file that the opener made",
    ),
];

/// Lines of product files below a folder that hold one of these words, but for the places meant for it and those with a
/// reason of their own. A reason that nobody needs is wrong too.
fn strays(
    below: &str,
    (words, meant): (&[&str], &[&str]),
    reasons: &[(&str, &str, &str)],
) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut used = BTreeSet::new();
    for path in sources() {
        let name = name(&path);
        let is_meant = meant.iter().any(|place| name.starts_with(place));
        if is_test_file(&path) || !name.starts_with(below) || is_meant {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        for line in product_part(&text).lines().map(str::trim) {
            let known = reasons
                .iter()
                .find(|(file, words, _)| *file == name && line.contains(words));
            if let Some(known) = known {
                used.insert(known);
                continue;
            }
            if words.iter().any(|word| line.contains(word)) && !line.starts_with("//") {
                wrong.push(format!("{name}: {line}"));
            }
        }
    }
    let unused = reasons.iter().filter(|reason| !used.contains(reason));
    wrong.extend(
        unused.map(|(file, words, _)| format!("{file}: nobody needs a reason for {words}")),
    );
    wrong
}

#[test]
fn files_are_opened_in_one_place() {
    let wrong = strays("src/", (OPENING, &[OPENER]), OPENED_ELSEWHERE);
    assert!(
        wrong.is_empty(),
        "opened outside of {OPENER}:\n{}",
        wrong.join("\n")
    );
}

/// Where bytes of others become text that may be shown.
const WORDS: &[&str] = &["src/world/words.rs", "src/world/redactor/"];

/// Text of others that is shown to nobody: file, what the line holds, why.
const NOT_SHOWN: &[(&str, &str, &str)] = &[
    (
        "src/world/kube/credential_files.rs",
        "String::from_utf8(",
        "a kubeconfig: it is parsed, and what is wrong with it is said in words of ours",
    ),
    (
        "src/world/kube/guarded.rs",
        "String::from_utf8(bytes)",
        "a certificate: it is compared",
    ),
    (
        "src/world/kube/credentials.rs",
        "from_utf8",
        "credentials: they become what redaction looks for",
    ),
    (
        "src/world/local/secrets.rs",
        "String::from_utf8_lossy(&failed.printed.answer)",
        "the value of a secret, perhaps: it becomes what redaction looks for",
    ),
    (
        "src/world/local/secrets.rs",
        "String::from_utf8(std::mem::take(&mut *bytes))",
        "the value of a secret",
    ),
    (
        "src/world/local/files/mod.rs",
        "String::from_utf8(bytes)",
        "the text of a file, for whoever reads it",
    ),
];

/// What servers and programs say enters by one door, where it is limited, redacted as it came, and made printable.
#[test]
fn words_of_others_enter_in_one_place() {
    let wrong = strays("src/world/", (&["from_utf8"], WORDS), NOT_SHOWN);
    assert!(
        wrong.is_empty(),
        "made text outside of {}:\n{}",
        WORDS.join(" and "),
        wrong.join("\n")
    );
}

#[test]
fn every_file_says_what_it_is() {
    let silent: Vec<String> = sources()
        .iter()
        .filter(|path| !fs::read_to_string(path).unwrap().starts_with("//!"))
        .map(|p| name(p))
        .collect();
    assert!(
        silent.is_empty(),
        "without a //! on the first line:\n{}",
        silent.join("\n")
    );
}

/// A file that no module names is compiled by nobody and read by everybody: one came back so when its folder was renamed.
#[test]
fn every_file_is_part_of_the_program() {
    let beyond: Vec<String> = sources()
        .iter()
        .filter(|path| !is_declared(path))
        .map(|path| name(path))
        .collect();
    assert!(beyond.is_empty(), "in no module: {beyond:?}");
}

/// Whether the file is the root of the program, or one that stands above it says `mod`.
fn is_declared(path: &Path) -> bool {
    let folder = path.parent().unwrap();
    let stem = path.file_stem().unwrap().to_str().unwrap();
    let (above, module) = match stem {
        "lib" | "main" if folder == root().join("src") => return true,
        "mod" => (
            folder.parent().unwrap(),
            folder.file_name().unwrap().to_str().unwrap(),
        ),
        other => (folder, other),
    };
    let declares = |file: PathBuf| {
        let text = fs::read_to_string(file).unwrap_or_default();
        let is_one = |line: &str| {
            let line = line.trim().trim_start_matches("pub ");
            let line = line.rsplit_once(") ").map_or(line, |(_, rest)| rest);
            line.strip_prefix("mod ")
                .is_some_and(|rest| rest.trim_end_matches([';', '{', ' ']) == module)
        };
        text.lines().any(is_one)
    };
    let roots = [
        above.join("mod.rs"),
        above.join("lib.rs"),
        above.join("main.rs"),
    ];
    roots.into_iter().any(&declares) || declares(above.with_extension("rs"))
}

#[test]
fn files_stay_readable() {
    let long: Vec<String> = sources()
        .iter()
        .filter(|path| !is_test_file(path))
        .filter_map(|path| {
            let lines = product_part(&fs::read_to_string(path).unwrap())
                .lines()
                .count();
            (lines > 500).then(|| format!("{} has {lines} lines", name(path)))
        })
        .collect();
    assert!(
        long.is_empty(),
        "more than 500 lines, two ideas in one room?\n{}",
        long.join("\n")
    );
}

#[test]
fn every_folder_stands_in_the_maps() {
    let map = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    for folder in ORDER {
        assert!(
            root().join("src").join(folder).join("mod.rs").exists(),
            "{folder} has no mod.rs"
        );
        assert!(
            map.contains(&format!("| [`{folder}`]")),
            "{folder} is not in lib.rs"
        );
        assert!(
            readme.contains(&format!("`{folder}/`")),
            "{folder} is not in the README's map"
        );
    }
}

#[test]
fn cited_rules_exist() {
    let rules = fs::read_to_string(root().join("docs/rules.md")).unwrap();
    let mut missing: BTreeMap<String, String> = BTreeMap::new();
    for path in sources() {
        let text = fs::read_to_string(&path).unwrap();
        for (at, _) in text.match_indices('R') {
            let before = text[..at].chars().next_back();
            let number: String = text[at + 1..]
                .chars()
                .take_while(char::is_ascii_digit)
                .collect();
            let after = text[at + 1 + number.len()..].chars().next();
            let alone = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric() && c != '_');
            let is_rule = !number.is_empty() && number.len() <= 2 && alone(before) && alone(after);
            if is_rule && !rules.contains(&format!("**R{number}")) {
                missing.insert(format!("R{number}"), name(&path));
            }
        }
    }
    assert!(
        missing.is_empty(),
        "cited and not in docs/rules.md: {missing:?}"
    );
}

/// Everything in which a function or a test may stand.
fn all_code() -> String {
    let mut everything = String::new();
    let mut waiting = ["src", "tests", "benches", ".ci"]
        .map(|folder| root().join(folder))
        .to_vec();
    while let Some(directory) = waiting.pop() {
        let Ok(entries) = fs::read_dir(&directory) else {
            continue;
        };
        for path in entries.map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                waiting.push(path);
            } else {
                everything.push_str(&fs::read_to_string(&path).unwrap_or_default());
            }
        }
    }
    everything
}

#[test]
fn pages_name_tests_that_exist() {
    let everything = all_code();
    for name in ["docs/acceptance.md", "docs/traps.md"] {
        let page = fs::read_to_string(root().join(name)).unwrap();
        let mut checked = 0;
        let mut missing = Vec::new();
        for cited in page
            .split('`')
            .skip(1)
            .step_by(2)
            .filter(|cited| cited.contains("::") && !cited.contains(' '))
        {
            let test = cited.rsplit("::").next().unwrap();
            checked += 1;
            if !everything.contains(&format!("fn {test}"))
                && !everything.contains(&format!("\"{test}\""))
            {
                missing.push(cited);
            }
        }
        assert!(checked > 0, "{name} cites no test");
        assert!(
            missing.is_empty(),
            "{name} cites what does not exist: {missing:?}"
        );
    }
}

/// Commands and flags that stand in the text of the program and are told to nobody to be typed: file, words, why.
const NAMED: &[(&str, &str, &str)] = &[
    ("src/cli/apply.rs", "(\"-", "names a flag that was given"),
    ("src/cli/making.rs", "(\"-", "names a flag that was given"),
    (
        "src/cli/mod.rs",
        "-chdir={}: there is",
        "names a flag that was given",
    ),
    (
        "src/lang/given.rs",
        "-var {name}",
        "names a flag that was given",
    ),
    (
        "src/lang/given.rs",
        "-var gives a value",
        "names a flag that was given",
    ),
    (
        "src/plan/imports.rs",
        "-adopt names it",
        "names a flag that was given",
    ),
    (
        "src/plan/orphans.rs",
        "with -target or -exclude orphans",
        "names a flag that was given",
    ),
    (
        "src/cli/approval.rs",
        "With -input=false or -json",
        "names a flag that was given",
    ),
    (
        "src/cli/import/ground.rs",
        "leave out -kubeconfig and -context",
        "flags that were given are to be left out",
    ),
    (
        "src/cli/present.rs",
        "You didn't use the -out option",
        "Terraform's sentence, on which its wrappers wait",
    ),
    (
        "src/cli/safe.rs",
        "hat -safe allows",
        "says what -safe does",
    ),
    (
        "src/lang/sources.rs",
        "-safe reads only",
        "says what -safe does",
    ),
    ("src/world/guard.rs", "-safe s", "says what -safe does"),
    ("src/world/guard.rs", "-safe reads", "says what -safe does"),
    (
        "src/world/kube/credential_files.rs",
        "-safe reads no",
        "says what -safe does",
    ),
    (
        "src/world/guard.rs",
        "-safe does not start",
        "says what -safe does",
    ),
    (
        "src/cli/demo/mod.rs",
        "sk-dr ",
        "the demo types these itself",
    ),
    (
        "src/cli/demo/loss.rs",
        "sk-dr ",
        "the demo types these itself",
    ),
    (
        "src/cli/typed.rs",
        "-",
        "words of a command line, for an advice",
    ),
    (
        "src/kinds/kubernetes_annotations/schema.rs",
        "-force-conflicts",
        "the reference of an argument",
    ),
    (
        "src/kinds/kubernetes_manifest/schema.rs",
        "-force-conflicts",
        "the reference of an argument",
    ),
    (
        "src/kinds/velero_server/schema.rs",
        "sk-dr vendor velero",
        "the reference of a kind",
    ),
    (
        "src/check/coverage_ends.rs",
        "`sk-dr import` prints it",
        "a lint's cure is a constant",
    ),
    (
        "src/cli/mod.rs",
        "`-repository` says where",
        "says what a flag does",
    ),
    ("src/cli/safe.rs", "\"-repository\"", "names who said it"),
    (
        "src/world/local/files/mod.rs",
        "which -safe does not allow",
        "says what -safe does",
    ),
    (
        "src/world/kube/guarded.rs",
        "-safe ",
        "says what -safe does",
    ),
    (
        "src/world/guard.rs",
        "-safe takes no",
        "says what -safe does",
    ),
    (
        "src/cli/resume.rs",
        "-safe lets no journal",
        "says what -safe does",
    ),
    (
        "src/cli/spelling.rs",
        "leave `-lock-timeout` out",
        "a flag that was given is to be left out",
    ),
    (
        "src/render/drift/junit.rs",
        "sk-dr drift",
        "the name of a report",
    ),
    (
        "src/render/markdown/plan.rs",
        "## sk-dr plan for",
        "a heading",
    ),
];

/// What a person is told to type is made by `model::advice`, so that it is quoted as a shell needs it and is tried by a test.
#[test]
fn what_is_told_to_be_typed_is_advice() {
    let commands = "validate|plan|apply|destroy|show|import|drift|backups|status|resume|runs|unlock|vendor|schema|version|sandbox|demo|help";
    let flags = "adopt|all|auto-approve|chdir|consent|context|destroy|dir|exclude|expect|force|force-conflicts|help|input|journal|kubeconfig|location|lock-timeout|node-agent|out|parallelism|port|repository|safe|takeover|target|var|var-file|velero";
    let of_command = regex::Regex::new(&format!(r"sk-dr (?:-\S+ )*(?:{commands})\b")).unwrap();
    let of_flag = regex::Regex::new(&format!(r#"(?:^|[\s`("'])-(?:{flags})\b"#)).unwrap();
    let is_apart = |name: &str| {
        name == "src/model/advice.rs"
            || name == "src/model/command_line.rs"
            || name.starts_with("src/cli/arguments")
            || name.starts_with("src/sandbox/")
    };
    let mut wrong = Vec::new();
    let mut needed = BTreeSet::new();
    for path in sources() {
        let name = name(&path);
        if is_test_file(&path) || is_apart(&name) {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let lines = product_part(&text).lines().enumerate();
        let code = lines.filter(|(_, line)| !line.trim_start().starts_with("//"));
        for (number, line) in code {
            if !of_command.is_match(line) && !of_flag.is_match(line) {
                continue;
            }
            let named = NAMED
                .iter()
                .position(|(file, words, _)| *file == name && line.contains(words));
            match named {
                Some(exception) => {
                    needed.insert(exception);
                }
                // "sk-dr runs no program": a verb.
                None if line.contains("sk-dr runs no program") => {}
                None => wrong.push(format!("{name}:{}: {}", number + 1, line.trim())),
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "not made by model::advice:\n{}",
        wrong.join("\n")
    );
    let idle: Vec<_> = (0..NAMED.len())
        .filter(|at| !needed.contains(at))
        .map(|at| NAMED[at])
        .collect();
    assert!(idle.is_empty(), "exceptions that nothing needs: {idle:?}");
}

/// An advice that nobody gives would be tried for nothing.
#[test]
fn every_advice_is_given() {
    let advice = fs::read_to_string(root().join("src/model/advice.rs")).unwrap();
    let made = regex::Regex::new(r"(?m)^    pub fn (\w+)(?:<'a>)?\([^{]*-> Self \{").unwrap();
    let elsewhere: String = sources()
        .iter()
        .filter(|path| name(path) != "src/model/advice.rs")
        .map(|path| product_part(&fs::read_to_string(path).unwrap()).to_owned())
        .collect();
    let product = product_part(&advice);
    let beginning = product.find("impl Advice {").unwrap();
    let all: Vec<&str> = made
        .captures_iter(&product[beginning..])
        .map(|found| found.get(1).unwrap().as_str())
        .collect();
    assert!(all.len() > 20, "{all:?}");
    let idle: Vec<&&str> = all
        .iter()
        .filter(|constructor| !elsewhere.contains(&format!("Advice::{constructor}(")))
        .collect();
    assert!(idle.is_empty(), "nobody is told: {idle:?}");
}

#[test]
fn every_kind_has_the_same_rooms_and_its_page() {
    for kind in sk_dr::kinds::KINDS {
        let name = kind.schema().kind;
        for file in ["mod.rs", "schema.rs", "tests.rs"] {
            let path = root().join("src/kinds").join(name).join(file);
            assert!(path.exists(), "{} is missing", path.display());
        }
        assert!(
            root().join(format!("docs/reference/{name}.md")).exists(),
            "docs/reference/{name}.md is missing"
        );
    }
    let folders = fs::read_dir(root().join("src/kinds")).unwrap();
    // Providers have tables of arguments and no objects.
    let of_a_kind = |path: &PathBuf| path.is_dir() && !path.ends_with("providers");
    let count = folders
        .map(|entry| entry.unwrap().path())
        .filter(of_a_kind)
        .count();
    assert_eq!(
        count,
        sk_dr::kinds::KINDS.len(),
        "a folder in src/kinds that is not in the registry"
    );
}
