//! The kill matrix: a child process, which is the whole program, gets SIGKILL before and after each journal write and each
//! effect of a configuration of 20 resources, and goes on from another directory. The world that comes out is always the
//! same, and no effect happens twice in the server's own log. The matrix is printed; a cell that observes nothing is red,
//! and a planted mistake per column turns it red.
//!
//! `cargo test --test kill -- create torn` plays the cells whose row and column contain these words, `-- planted` the
//! mistakes alone.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a test program: it prints, reads the environment and ends by a panic"
)]

mod bench;
mod cell;
mod child;
mod matrix;
mod orders;
mod planted;
mod report;
mod scenario;
mod world;

use matrix::{COLUMNS, Column, Must, ROWS, must};
use orders::Bug;
use scenario::{Point, Scenario};
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::Instant;

/// Stories at once. Most of their time they wait for the sandbox's controllers, which react like the real ones.
const LANES: usize = 12;

/// One point of one cell.
#[derive(Clone)]
pub struct Story {
    /// Which scenario.
    pub scenario: usize,
    /// What.
    pub point: Point,
    /// Where.
    pub column: Column,
    /// With which mistake.
    pub bug: Option<Bug>,
}

fn main() -> ExitCode {
    if let Ok(orders) = std::env::var(orders::VARIABLE) {
        return child::main(&orders);
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--list") {
        for test in ["kill_matrix", "planted_mistakes"] {
            println!("{test}: test");
        }
        return ExitCode::SUCCESS;
    }
    let words: Vec<&String> = arguments
        .iter()
        .filter(|argument| !argument.starts_with('-'))
        .collect();
    let begun = Instant::now();
    let root = std::env::temp_dir().join(format!("sk-dr-kill-{}", std::process::id()));
    let scenarios = runtime().block_on(scenarios(&root));
    let stories = stories(&scenarios[..2], &words);
    let count = stories.len();
    println!(
        "\nkill matrix: {count} stories on {} resources each",
        scenario::RESOURCES
    );
    let ends = play_all(&scenarios, stories, &root);
    let mut red = report::print(&ends, words.is_empty());
    println!("{count} stories in {:.0} s", begun.elapsed().as_secs_f64());
    if words.is_empty() || words.iter().any(|word| "planted".contains(word.as_str())) {
        let begun = Instant::now();
        let planted = planted::stories(&scenarios);
        let count = planted.len();
        let ends = play_all(&scenarios, planted, &root);
        red += planted::print(&ends);
        println!("{count} stories in {:.0} s", begun.elapsed().as_secs_f64());
    }
    // Stories left nothing but what failed.
    let _ = std::fs::remove_dir(&root);
    let word = if red == 0 { "ok" } else { "FAILED" };
    println!("\ntest result: {word}. {red} red\n");
    if red == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

async fn scenarios(root: &Path) -> Vec<Scenario> {
    vec![
        Scenario::fresh(root).await,
        Scenario::changed(root).await,
        Scenario::flat(root).await,
    ]
}

/// Every story: in the columns that are swept each step of the first scenario, and of the others too with `SK_DR_KILL=all`;
/// else one of each kind of step and type of object.
fn stories(scenarios: &[Scenario], words: &[&String]) -> Vec<Story> {
    let all = std::env::var("SK_DR_KILL").is_ok_and(|value| value == "all");
    let mut stories = Vec::new();
    for column in COLUMNS {
        for (number, scenario) in scenarios.iter().enumerate() {
            let mut seen = BTreeSet::new();
            let steps = scenario.steps.iter().filter(|point| {
                let kind = point
                    .path
                    .rsplit_once('/')
                    .map(|(collection, _)| collection);
                let is_swept = column.is_swept() && (number == 0 || all);
                is_swept || seen.insert((point.row, kind.map(str::to_owned)))
            });
            let writes = ROWS
                .iter()
                .filter(|row| row.write().is_some() && scenario.has(**row))
                .map(|row| Point::of_write(*row));
            stories.extend(steps.cloned().chain(writes).map(|point| Story {
                scenario: number,
                point,
                column: *column,
                bug: None,
            }));
        }
    }
    stories.retain(|story| {
        let name = format!("{} {}", story.point.row.name(), story.column.name());
        !matches!(must(story.point.row, story.column), Must::Never(_))
            && words.iter().all(|word| name.contains(word.as_str()))
    });
    stories
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

/// A story and what was wrong in it.
pub type End = (Story, Result<(), String>);

/// Plays stories, some at a time, each lane in a thread of its own: a sandbox that kills waits for the death.
fn play_all(scenarios: &[Scenario], stories: Vec<Story>, root: &Path) -> Vec<End> {
    let left = Mutex::new(stories.into_iter());
    let ends = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..LANES {
            scope.spawn(|| {
                loop {
                    let Some(story) = left.lock().unwrap().next() else {
                        return;
                    };
                    let play = || {
                        let scenario = &scenarios[story.scenario];
                        let told = (story.bug, root);
                        runtime().block_on(cell::play(scenario, &story.point, story.column, told))
                    };
                    let end = catch_unwind(AssertUnwindSafe(play))
                        .unwrap_or_else(|_| Err("the story itself broke".to_owned()));
                    ends.lock().unwrap().push((story, end));
                }
            });
        }
    });
    ends.into_inner().unwrap()
}
