//! Everything that the program tells a person to type is typed: for each name in [`Told`] a scenario in
//! `tests/commands/advice/` provokes the sentence, takes what it tells out of what was printed, does it as it stands there,
//! and looks whether it does what was promised. Beside `@`, `|` and `$` of a story (see `script.rs`):
//!
//! | line | does |
//! |---|---|
//! | `take REGEX` | takes the first group, on one line, out of what was printed last; `TOLD` stands for it from here on |
//! | `block REGEX` | the same with its lines, each without the `#` before it |
//! | `fill OLD NEW` | puts what the sentence leaves open into what was taken |
//! | `exit CODE` | the last command ended so; without it, 0 |
//! | `says TEXT`, `not TEXT` | it printed that, or not; after `@ writes`, what was sent |

use crate::place::Place;
use crate::root;
use sk_dr::model::advice::Told;
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

/// What cannot end inside of this process, and the test that plays it as children.
const ELSEWHERE: &[(Told, &str)] = &[
    (Told::Sandbox, "what_the_demo_tells_goes_on_there"),
    (Told::DestroyDemo, "what_the_demo_tells_goes_on_there"),
    (Told::AdoptSandbox, "what_the_demo_tells_goes_on_there"),
    (Told::AllowProgram, "what_is_told_to_allow_allows"),
    (Told::AllowEnvironment, "what_is_told_to_allow_allows"),
    (Told::AllowFile, "what_is_told_to_allow_allows"),
    (Told::AllowServer, "what_is_told_to_allow_allows"),
    (Told::Wait, "what_is_told_to_wait_waits"),
    (Told::NodeAgent, "a_node_agent_is_rendered_as_told"),
    (Told::Overwrite, "what_is_told_of_rendering_renders"),
    (Told::Program, "what_is_told_of_rendering_renders"),
    (
        Told::AnotherPlace,
        "another_place_and_another_port_are_taken",
    ),
    (
        Told::AnotherPort,
        "another_place_and_another_port_are_taken",
    ),
    (
        Told::AnotherS3Port,
        "another_place_and_another_port_are_taken",
    ),
];

fn folder() -> PathBuf {
    root().join("tests/commands/advice")
}

/// `LeaveOut` is told in `leave_out.txt`.
fn file_name(told: Told) -> String {
    let mut name = String::new();
    for letter in format!("{told:?}").chars() {
        if letter.is_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.extend(letter.to_lowercase());
    }
    format!("{name}.txt")
}

/// A scenario under way.
struct Scene {
    place: Place,
    printed: String,
    code: Option<u8>,
    /// Whether the end of the last command was looked at.
    ended_as_told: bool,
    taken: String,
    /// How often something taken was used, and how often looked at what came of it.
    used: usize,
    looked: usize,
}

impl Scene {
    async fn line(&mut self, line: &str, body: &str) -> Result<(), String> {
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        if rest.contains("TOLD") || body.contains("TOLD") {
            self.used += 1;
        }
        let filled = rest.replace("TOLD", &self.taken);
        let body = body.replace("TOLD", &self.taken);
        match verb {
            "@" => {
                self.end()?;
                self.printed = self.place.act(&filled, &body).await;
                Ok(())
            }
            "$" => {
                self.end()?;
                let said = self.place.run(&filled).await;
                self.printed = said.raw;
                self.code = said.code;
                self.ended_as_told = said.code == Some(0);
                Ok(())
            }
            "take" => {
                let found = self.find(rest)?;
                let words: Vec<&str> = found.split_whitespace().collect();
                self.taken = words.join(" ");
                Ok(())
            }
            "block" => {
                let found = self.find(rest)?;
                let lines = found.lines().map(|line| {
                    let line = line.trim_start();
                    line.strip_prefix("#      ").unwrap_or(line)
                });
                self.taken = lines.collect::<Vec<_>>().join("\n");
                Ok(())
            }
            "fill" => {
                let (old, new) = rest.split_once(' ').ok_or("fill OLD NEW")?;
                if !self.taken.contains(old) {
                    return Err(format!("`{}` leaves no `{old}` open", self.taken));
                }
                self.taken = self.taken.replace(old, new);
                Ok(())
            }
            "exit" => {
                let wanted = if rest == "crashed" {
                    None
                } else {
                    rest.parse().ok()
                };
                self.ended_as_told = true;
                self.expect(self.code == wanted, &format!("ended with {:?}", self.code))
            }
            "says" => self.look(
                self.printed.contains(&filled),
                &format!("it does not say `{filled}`"),
            ),
            "not" => self.look(
                !self.printed.contains(&filled),
                &format!("it says `{filled}`"),
            ),
            _ => Err(format!("no such line: {line}")),
        }
    }

    /// A command that ended otherwise than with 0 has been said to.
    fn end(&mut self) -> Result<(), String> {
        let told = std::mem::replace(&mut self.ended_as_told, true);
        self.expect(told, &format!("ended with {:?}", self.code))
    }

    fn look(&mut self, holds: bool, otherwise: &str) -> Result<(), String> {
        // What was printed before anything was done proves nothing about it.
        if self.used > 0 {
            self.looked += 1;
        }
        self.expect(holds, otherwise)
    }

    fn expect(&self, holds: bool, otherwise: &str) -> Result<(), String> {
        match holds {
            true => Ok(()),
            false => Err(format!("{otherwise}\n{}", self.printed)),
        }
    }

    fn find(&self, pattern: &str) -> Result<String, String> {
        let wanted =
            regex::Regex::new(&format!("(?m){pattern}")).map_err(|error| error.to_string())?;
        let found = wanted.captures(&self.printed);
        let found =
            found.ok_or_else(|| format!("nothing like `{pattern}` in\n{}", self.printed))?;
        let group = found.get(1).ok_or("a group tells what is taken")?;
        Ok(group.as_str().to_owned())
    }
}

async fn play(text: &str) -> Result<(), String> {
    let mut scene = Scene {
        place: Place::new(),
        printed: String::new(),
        code: None,
        ended_as_told: true,
        taken: String::new(),
        used: 0,
        looked: 0,
    };
    let mut lines = text.lines().enumerate().peekable();
    while let Some((number, line)) = lines.next() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let mut body = String::new();
        while let Some((_, more)) = lines.next_if(|(_, line)| line.starts_with('|')) {
            body.push_str(more.strip_prefix("| ").unwrap_or_default());
            body.push('\n');
        }
        let done = scene.line(line, &body).await;
        done.map_err(|why| format!("line {}, {line}: {why}", number + 1))?;
    }
    scene.end()?;
    match (scene.used, scene.looked) {
        (0, _) => Err("nothing that was told is done".to_owned()),
        (_, 0) => Err("nobody looks at what came of it".to_owned()),
        (_, _) => Ok(()),
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_told_does_what_it_promises() {
    let mut failures = Vec::new();
    let mut expected = BTreeSet::new();
    for told in Told::ALL {
        if ELSEWHERE.iter().any(|(elsewhere, _)| elsewhere == told) {
            continue;
        }
        let name = file_name(*told);
        match fs::read_to_string(folder().join(&name)) {
            Ok(text) => {
                failures.extend(play(&text).await.err().map(|why| format!("{name}: {why}")))
            }
            Err(_) => failures.push(format!("{name}: {told:?} is told, and nobody plays it")),
        }
        expected.insert(name);
    }
    let found: BTreeSet<String> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let more: Vec<&String> = found.difference(&expected).collect();
    assert!(more.is_empty(), "nothing of that name is told: {more:?}");
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn what_is_played_elsewhere_is_played() {
    let elsewhere = fs::read_to_string(root().join("tests/commands/told.rs")).unwrap();
    for (told, test) in ELSEWHERE {
        let is_there = elsewhere.contains(&format!("async fn {test}()"));
        assert!(is_there, "{told:?} should be played by told::{test}");
    }
}
