//! The console blocks of the README and of `docs/` are played, each document in a place of its own, and what is printed is
//! what stands there. `<!-- @ ACT -->` does what `@ ACT` does in a story, and `<!-- @ file NAME -->` writes the block below
//! it to a file; neither is seen by a reader. A line `...` stands for any lines; under a command line without output
//! nothing is compared but how it ended.
//!
//! Why not trycmd: it starts each command as a child, so each document would need a server that listens, and on the clock
//! of the machine no output is the same twice. Here a document plays in the process of the test, on a clock that waits.

use crate::place::{Place, Said};
use crate::{UPDATE, root};
use std::fs;
use std::path::PathBuf;

/// A document as it was played, and whether anything in it was.
struct Played {
    text: String,
    commands: usize,
}

async fn play(text: &str) -> Played {
    let mut place = Place::new();
    let mut played = Played {
        text: String::new(),
        commands: 0,
    };
    let mut lines = text.lines().peekable();
    let mut file = None;
    while let Some(line) = lines.next() {
        played.text.push_str(&format!("{line}\n"));
        let act = line
            .strip_prefix("<!-- @ ")
            .and_then(|rest| rest.strip_suffix(" -->"));
        if let Some(act) = act {
            match act.strip_prefix("file ") {
                Some(name) => file = Some(name.to_owned()),
                None => {
                    place.act(act, "").await;
                }
            }
        }
        let Some(language) = line.strip_prefix("```") else {
            continue;
        };
        let mut block = Vec::new();
        while let Some(line) = lines.next_if(|line| !line.starts_with("```")) {
            block.push(line);
        }
        let end = lines.next().unwrap_or_default();
        match (language, file.take()) {
            ("console", None) => played.text.push_str(&console(&mut place, &block).await),
            (_, name) => {
                let body: String = block.iter().map(|line| format!("{line}\n")).collect();
                if let Some(name) = name {
                    place.act(&format!("write {name}"), &body).await;
                }
                played.text.push_str(&body);
            }
        }
        if language == "console" {
            played.commands += block.iter().filter(|line| line.starts_with("$ ")).count();
        }
        played.text.push_str(&format!("{end}\n"));
    }
    played
}

/// A block with what its commands print now, where that is not what stands there.
async fn console(place: &mut Place, block: &[&str]) -> String {
    let mut whole = String::new();
    let mut rest = block;
    while let Some((line, below)) = rest.split_first() {
        let command = line
            .strip_prefix("$ ")
            .expect("a block begins with a command line");
        let count = below
            .iter()
            .take_while(|line| !line.starts_with("$ "))
            .count();
        let (expected, after) = below.split_at(count);
        rest = after;
        let said = place.run(command).await;
        let printed = printed(&said);
        let printed: Vec<&str> = printed.lines().collect();
        let silent = expected.is_empty() && said.code == Some(0);
        let shown = if silent || matches(expected, &printed) {
            expected
        } else {
            &printed
        };
        whole.push_str(&format!("{line}\n"));
        shown
            .iter()
            .for_each(|line| whole.push_str(&format!("{line}\n")));
    }
    whole
}

fn printed(said: &Said) -> String {
    let mut text = format!("{}{}", said.stdout, said.stderr);
    match said.code {
        Some(0) => {}
        Some(code) => text.push_str(&format!("[exit code {code}]\n")),
        None => text.push_str("[crashed]\n"),
    }
    text
}

fn matches(expected: &[&str], printed: &[&str]) -> bool {
    match expected.split_first() {
        None => printed.is_empty(),
        Some((&"...", rest)) => {
            (0..=printed.len()).any(|skipped| matches(rest, &printed[skipped..]))
        }
        Some((first, rest)) => printed.split_first().is_some_and(|(line, below)| {
            line.trim_end() == first.trim_end() && matches(rest, below)
        }),
    }
}

fn documents() -> Vec<PathBuf> {
    let mut found = vec![root().join("README.md")];
    let mut waiting = vec![root().join("docs")];
    while let Some(directory) = waiting.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

#[tokio::test(start_paused = true)]
async fn console_blocks_print_what_stands_there() {
    let (mut commands, mut failures) = (0, Vec::new());
    for path in documents() {
        let text = fs::read_to_string(&path).unwrap();
        let played = play(&text).await;
        commands += played.commands;
        if played.text == text {
            continue;
        }
        if std::env::var_os(UPDATE).is_some() {
            fs::write(&path, &played.text).unwrap();
            continue;
        }
        let difference = similar::TextDiff::from_lines(&text, &played.text);
        failures.push(format!("{}\n{}", path.display(), difference.unified_diff()));
    }
    assert!(commands >= 10, "{commands} commands in all documents");
    assert!(
        failures.is_empty(),
        "{UPDATE}=1 cargo test --test commands documents writes them anew\n{}",
        failures.join("\n")
    );
}
