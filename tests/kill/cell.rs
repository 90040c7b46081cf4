//! One point of one cell: the program is disturbed there, goes on, and what came of it is held against what must be.

use crate::bench::{Bench, Life, Trap};
use crate::matrix::{Column, Must, Row, must};
use crate::orders::{Bug, Kill, Moment, Orders, Write};
use crate::scenario::{Point, Scenario};
use crate::world;
use sk_dr::journal::record::RunOutcome;
use sk_dr::journal::runs::Standing;
use sk_dr::sandbox::faults;
use sk_dr::sandbox::log::Entry;
use std::path::Path;

/// What `resume` says where no run is open.
const NOTHING_OPEN: &str = "run is open: there is nothing to go on with";

/// How a point is disturbed.
#[derive(Default)]
struct Script {
    /// At a write of the first life.
    first: Option<Kill>,
    /// At the server, in the first life.
    trap: Option<Trap>,
    /// By the program that makes the cluster.
    deed: Option<&'static str>,
    /// At a write of each life that follows.
    again: Vec<Kill>,
    /// At the server, in the second life: when it asks which cluster this is.
    asking: bool,
}

/// Plays it; tells what is wrong.
///
/// # Errors
/// What was observed, where it is not what must be.
pub async fn play(
    scenario: &Scenario,
    point: &Point,
    column: Column,
    (bug, root): (Option<Bug>, &Path),
) -> Result<(), String> {
    let bench = Bench::open(scenario, root).await;
    let played = Play {
        scenario,
        bench: &bench,
        point,
        must: must(point.row, column),
        bug,
    }
    .play(column)
    .await;
    match played {
        Ok(()) => {
            bench.close();
            Ok(())
        }
        Err(why) if bug.is_some() => {
            bench.close();
            Err(why)
        }
        Err(why) => Err(format!("{why}\n    kept in {}", bench.place().display())),
    }
}

struct Play<'a> {
    scenario: &'a Scenario,
    bench: &'a Bench,
    point: &'a Point,
    must: Must,
    bug: Option<Bug>,
}

/// Lives of one story, and how many requests the server had seen when the first of them ended.
struct Story {
    first: Life,
    last: Life,
    mark: usize,
}

impl Play<'_> {
    async fn play(&self, column: Column) -> Result<(), String> {
        let story = self.live(script(self.scenario, self.point, column)).await?;
        self.check_specific(&story)?;
        self.check_always(column).await
    }

    async fn live(&self, script: Script) -> Result<Story, String> {
        if let Some(deed) = script.deed {
            self.bench.deed(deed);
        }
        if let Some(trap) = script.trap {
            self.bench.trap(trap, self.point);
        }
        let dies = !matches!(self.must, Must::FindByItself | Must::FindOwnConflict);
        let first = self.apply(script.first).await?;
        let mark = self.bench.log().len();
        let (first, dead) = if dies {
            (died(first)?, true)
        } else {
            (ended(first, 0)?, false)
        };
        self.bench.disarm();
        if script.asking {
            self.bench.trap_identity();
        }
        if script.asking {
            died(self.go_on(None).await?)?;
        }
        for kill in script.again {
            died(self.go_on(Some(kill)).await?)?;
        }
        let last = match (dead, self.must) {
            (false, _) | (true, Must::NothingLeft) => ended(self.resume(None).await?, 1)?,
            (true, _) => ended(self.go_on(None).await?, 0)?,
        };
        Ok(Story { first, last, mark })
    }

    async fn apply(&self, kill: Option<Kill>) -> Result<Life, String> {
        let arguments: Vec<&str> = self.scenario.apply.iter().map(String::as_str).collect();
        let orders = Orders {
            kill,
            bug: self.bug,
        };
        self.bench
            .run(&self.bench.home(), &arguments, &orders)
            .await
    }

    /// From another directory, where there is no configuration (R44).
    async fn resume(&self, kill: Option<Kill>) -> Result<Life, String> {
        let journal = format!("-journal={}", self.bench.journal().display());
        let orders = Orders {
            kill,
            bug: self.bug,
        };
        self.bench
            .run(&self.bench.elsewhere(), &["resume", &journal], &orders)
            .await
    }

    /// The next life: resumes, or applies again where no run is open.
    async fn go_on(&self, kill: Option<Kill>) -> Result<Life, String> {
        if self.must != Must::ApplyAgain {
            return self.resume(kill).await;
        }
        ended(self.resume(None).await?, 1)?;
        self.apply(kill).await
    }

    fn check_specific(&self, story: &Story) -> Result<(), String> {
        let log = self.bench.log();
        let (before, after) = log.split_at(story.mark);
        let sent = |log: &[Entry]| log.iter().filter(|entry| self.is_its_write(entry)).count();
        let asked = after
            .iter()
            .filter(|entry| entry.method == "GET" && world::subject(entry) == self.point.path)
            .count();
        let is_program = self.point.row == Row::Program;
        match self.must {
            Must::BeginFresh => {
                same("writes sent before the kill", 0, sent(before))?;
                self.doubts_nothing(&story.last)?;
            }
            Must::AskThenDo => {
                self.doubts(&story.last, "nothing was done, doing it again")?;
                let first = after.iter().find(|entry| {
                    world::subject(entry) == self.point.path || self.is_its_write(entry)
                });
                same(
                    "first request of the resumed run about it",
                    "GET",
                    first.map_or("none", |entry| &entry.method),
                )?;
            }
            Must::AskThenFind => {
                self.doubts(&story.last, "the effect is there")?;
                same("writes sent after the kill", 0, sent(after))?;
                if !is_program && asked == 0 {
                    return Err("the resumed run did not ask".to_owned());
                }
            }
            Must::FindByItself => {
                self.doubts(&story.first, "the effect is there")?;
                if !is_program {
                    self.check_sent_once(before)?;
                }
            }
            Must::FindOwnConflict => says(&story.last, NOTHING_OPEN)?,
            Must::LeaveAlone => {
                // The next step of the same object asks about it too.
                let asked = if self.point.is_last { asked } else { 0 };
                same("requests about it after the kill", 0, asked + sent(after))?;
                self.doubts_nothing(&story.last)?;
            }
            Must::ApplyAgain | Must::GoOn => {}
            Must::OnlyClose => {
                same(
                    "writes after the kill",
                    0,
                    after.iter().filter(|entry| world::is_write(entry)).count(),
                )?;
            }
            Must::NothingLeft => says(&story.last, NOTHING_OPEN)?,
            Must::StartOnce | Must::StartOnceMore => {
                self.doubts(&story.last, "nothing came of it, doing it again")?;
            }
            Must::Never(_) => return Err("this cell cannot be played".to_owned()),
        }
        self.check_program()
    }

    /// Refused copies count too: whoever sends again without asking is only lucky that the server refuses.
    fn check_sent_once(&self, log: &[Entry]) -> Result<(), String> {
        let mut after = log
            .iter()
            .skip_while(|entry| !(self.is_its_write(entry) && entry.is_effect()));
        after.next().ok_or("it never had its effect")?;
        let again = after.filter(|entry| self.is_its_write(entry)).count();
        same("writes sent after the effect", 0, again)
    }

    fn check_program(&self) -> Result<(), String> {
        if self.scenario.kubeconfig == "kubeconfig.made" {
            let starts = if self.must == Must::StartOnceMore {
                2
            } else {
                1
            };
            same(
                "starts and deeds of the program",
                (starts, 1),
                self.bench.program(),
            )?;
        }
        Ok(())
    }

    /// It said of this step that it was in doubt, and what was found.
    fn doubts(&self, life: &Life, finding: &str) -> Result<(), String> {
        if self.doubt_lines(life).any(|line| line.contains(finding)) {
            Ok(())
        } else {
            Err(format!("it should find `{finding}` in doubt:\n{life}"))
        }
    }

    fn doubts_nothing(&self, life: &Life) -> Result<(), String> {
        match self.doubt_lines(life).next() {
            None => Ok(()),
            Some(line) => Err(format!("it should not doubt: {line}\n{life}")),
        }
    }

    fn doubt_lines<'a>(&self, life: &'a Life) -> impl Iterator<Item = &'a str> {
        let address = self
            .point
            .step
            .rsplit_once('#')
            .map_or("", |(address, _)| address);
        let head = format!("{address}: ");
        life.text
            .lines()
            .filter(move |line| line.starts_with(&head) && line.contains("in doubt"))
    }

    /// Whether the request is this step's write.
    fn is_its_write(&self, entry: &Entry) -> bool {
        entry.method == self.point.matching.method
            && entry.content_type == self.point.content_type
            && world::is_write(entry)
            && world::subject(entry) == self.point.path
            && !self.point.path.is_empty()
    }

    async fn check_always(&self, column: Column) -> Result<(), String> {
        let expected = &self.scenario.baseline;
        let mut effects = world::effects(&self.bench.log());
        if column == Column::Twice && self.point.row == Row::Delete {
            // The API answers 200 to the second DELETE while the object still goes: no second effect.
            effects
                .entry(self.point.path.clone())
                .and_modify(|count| *count -= 1);
        }
        none("effects", world::differences(&expected.effects, &effects))?;
        none(
            "the world",
            world::differences(&expected.world, &self.bench.world()),
        )?;
        same(
            "the inventory",
            &expected.inventory,
            &self.bench.inventory().await?,
        )?;
        let mut closed = 0;
        for run in self.bench.runs().await? {
            match run.standing {
                Standing::Closed(RunOutcome::Complete) => closed += 1,
                Standing::NeverOpened => {}
                Standing::Open | Standing::Closed(_) | Standing::Damaged(_) => {
                    return Err(format!("run {} is {:?}", run.run, run.standing));
                }
            }
        }
        same("complete runs", 1, closed)?;
        let plan = self
            .bench
            .run(
                &self.bench.home(),
                &["plan", "-detailed-exitcode"],
                &Orders::default(),
            )
            .await?;
        says(&ended(plan, 0)?, "No changes.")
    }
}

fn died(life: Life) -> Result<Life, String> {
    if life.signal == Some(9) {
        Ok(life)
    } else {
        Err(format!("the kill point was not reached:\n{life}"))
    }
}

fn ended(life: Life, code: i32) -> Result<Life, String> {
    if life.code == Some(code) {
        Ok(life)
    } else {
        Err(format!("exit {code} was expected:\n{life}"))
    }
}

fn says(life: &Life, words: &str) -> Result<(), String> {
    if life.text.contains(words) {
        Ok(())
    } else {
        Err(format!("it should say `{words}`:\n{life}"))
    }
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, expected: T, found: T) -> Result<(), String> {
    if expected == found {
        Ok(())
    } else {
        Err(format!("{what}: expected {expected:?}, found {found:?}"))
    }
}

fn none(what: &str, lines: Vec<String>) -> Result<(), String> {
    if lines.is_empty() {
        Ok(())
    } else {
        Err(format!("{what} differ:\n    {}", lines.join("\n    ")))
    }
}

fn script(scenario: &Scenario, point: &Point, column: Column) -> Script {
    let at = |write: Write, moment: Moment| Some(Kill { write, moment });
    let step = || point.step.clone();
    let is_program = point.row == Row::Program;
    let mut script = Script::default();
    let record = point.row.write().unwrap_or_else(|| Write::Done(step()));
    match column {
        Column::BeforeIntent => script.first = at(Write::Started(step()), Moment::Before),
        Column::TornIntent => script.first = at(Write::Started(step()), Moment::Torn),
        Column::AfterIntent => script.first = at(Write::Started(step()), Moment::After),
        Column::BeforeEffect if is_program => script.deed = Some("kill-before"),
        Column::BeforeEffect => script.trap = Some(Trap::Kill(faults::Moment::Before)),
        Column::AfterEffect if is_program => script.deed = Some("kill-after"),
        Column::AfterEffect => script.trap = Some(Trap::Kill(faults::Moment::After)),
        Column::AnswerLost if is_program => script.deed = Some("never-end"),
        Column::AnswerLost => script.trap = Some(Trap::Lose),
        Column::WhileAsking if is_program => {
            script.deed = Some("kill-after");
            script.asking = true;
        }
        Column::WhileAsking => script.trap = Some(Trap::LoseThenKill),
        Column::Twice => script.trap = Some(Trap::Double),
        Column::BeforeRecord => script.first = at(record, Moment::Before),
        Column::TornRecord => script.first = at(record, Moment::Torn),
        Column::AfterRecord => script.first = at(record, Moment::After),
        Column::KilledAgain => {
            script.first = at(record.clone(), Moment::Before);
            script.again = at(record, Moment::Torn).into_iter().collect();
        }
    }
    // A run is taken over only where one was killed.
    if point.row == Row::TakeOver {
        script.again.splice(0..0, script.first.take());
        let begun = scenario
            .steps
            .iter()
            .find(|point| point.row == Row::Create)
            .map(|point| point.step.clone());
        script.first = at(Write::Started(begun.unwrap_or_default()), Moment::After);
    }
    script
}
