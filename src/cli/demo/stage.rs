//! Where the story is played: captions, commands as children of this program, and what others do to the cluster.

use crate::cli::process::{ColourFlag, Process, Trouble};
use crate::cli::sandbox::House;
use crate::lang::limits;
use crate::render::style::{Dress, Role};
use crate::sandbox::faults::{Matching, Moment};
use crate::sandbox::server::Server;
use crate::sandbox::state::ADMIN_TOKEN;
use crate::world::local::files::{self, Boundary};
use bytes::Bytes;
use http::{Method, Request, header};
use jiff::SignedDuration;
use rustix::process::{Pid, Signal};
use serde_json::Value as Json;
use std::io::BufRead;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::process::{Child, Command};

/// Variables of the user that would lead the children elsewhere than into the sandbox.
const OTHERWHERE: &[&str] = &["KUBE", "SKDR_", "TF_", "CI"];

/// How fast the sandbox's clock goes while a command runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    /// As that of the machine.
    Real,
    /// [`HURRY`] more at each [`LOOK`].
    Fast,
}

/// How often a command that is hurried is looked at.
const LOOK: Duration = Duration::from_millis(50);
/// What passes each time.
const HURRY: SignedDuration = SignedDuration::from_secs(2);

/// The stage.
pub(super) struct Stage<'a> {
    process: &'a mut Process,
    house: &'a House,
    directory: PathBuf,
    program: PathBuf,
    dress: Dress,
    scenes: u32,
    pace: Pace,
    environment: Vec<(&'static str, String)>,
}

impl<'a> Stage<'a> {
    /// In this directory, with children of this program.
    pub(super) fn new(
        process: &'a mut Process,
        house: &'a House,
        (directory, program): (PathBuf, PathBuf),
        colour: ColourFlag,
    ) -> Self {
        let dress = process.dress(colour);
        Self {
            process,
            house,
            directory,
            program,
            dress,
            scenes: 0,
            pace: Pace::Real,
            environment: Vec::new(),
        }
    }

    /// Its scenes come after so many others.
    pub(super) fn after(self, scenes: u32) -> Self {
        Self { scenes, ..self }
    }

    /// With a clock that goes so fast.
    pub(super) fn at(self, pace: Pace) -> Self {
        Self { pace, ..self }
    }

    /// Its children have these variables too.
    pub(super) fn with(self, variables: &[(&'static str, String)]) -> Self {
        Self {
            environment: variables.to_vec(),
            ..self
        }
    }

    /// How many scenes there were.
    pub(super) fn scenes(&self) -> u32 {
        self.scenes
    }

    /// A new scene under its caption, once the user has seen the one before.
    pub(super) fn scene(&mut self, caption: &str) {
        let watched = self.process.terminal.stdin && self.process.terminal.stdout;
        if watched && self.scenes > 0 {
            let words = self.faint("\n[Enter] ");
            self.process.stdout.print(&words);
            let mut line = String::new();
            // The end of the input, or an input that cannot be read: then nobody is waiting.
            let _ = self.process.stdin.read_line(&mut line);
        }
        self.scenes += 1;
        let caption = format!("{}. {caption}", self.scenes);
        let caption = self.dress.style.paint(Role::Note, &caption);
        self.process.stdout.print(&format!("\n{caption}\n\n"));
    }

    /// A file, as `cat` shows it.
    pub(super) fn file(&mut self, name: &str) -> Result<(), Trouble> {
        let text = files::read_text(
            &Boundary::Machine,
            &self.directory.join(name),
            limits::FILE_BYTES,
        )
        .map_err(|error| wrong(&format!("{name}: {error}")))?;
        self.prompt(&format!("cat {name}"));
        self.process.stdout.print(&text);
        Ok(())
    }

    /// A command of this program, with the exit code it must have.
    pub(super) async fn command(&mut self, line: &str, expected: i32) -> Result<(), Trouble> {
        self.prompt(line);
        let (asked, lines) = match line.split_once(" | head -") {
            Some((asked, lines)) => (asked, lines.parse().ok()),
            None => (line, None),
        };
        let mut child = self.start(asked, lines.map(|_: usize| Stdio::piped()))?;
        let told = child.stdout.take();
        let told = async {
            let mut text = String::new();
            if let Some(mut told) = told {
                told.read_to_string(&mut text).await?;
            }
            Ok::<_, std::io::Error>(text)
        };
        let (status, told) = tokio::join!(self.end_of(child), told);
        let (status, told) = (status?, told.map_err(|error| wrong(&error.to_string()))?);
        for line in told.lines().take(lines.unwrap_or(0)) {
            self.process.stdout.line(line);
        }
        if status.code() != Some(expected) {
            return Err(unexpected(line, status));
        }
        if expected != 0 {
            let words = self.faint(&format!("[exit code {expected}]"));
            self.process.stdout.line(&words);
        }
        Ok(())
    }

    /// A command that is killed by SIGKILL at the n-th request that matches, once the server has carried it out.
    pub(super) async fn killed(
        &mut self,
        line: &str,
        (matching, nth): (Matching, u64),
    ) -> Result<(), Trouble> {
        self.prompt(line);
        // Its number is not known before it runs, and no request comes before it is known: both are done by one thread.
        let victim = Arc::new(AtomicI32::new(0));
        let known = victim.clone();
        let kill = Arc::new(move |_: &Request<Bytes>| {
            if let Some(child) = Pid::from_raw(known.load(Ordering::SeqCst)) {
                // A child that is gone already fails the scene below.
                let _ = rustix::process::kill_process(child, Signal::KILL);
            }
        });
        let faults = &self.house.sandbox.faults;
        faults.kill_at(matching, nth, (Moment::After, kill));
        let child = self.start(line, None)?;
        let number = child.id().and_then(|number| i32::try_from(number).ok());
        victim.store(number.unwrap_or_default(), Ordering::SeqCst);
        let status = self.end_of(child).await?;
        faults.clear();
        if status.signal() != Some(Signal::KILL.as_raw()) {
            return Err(unexpected(line, status));
        }
        let words = self.faint("Killed");
        self.process.stdout.line(&words);
        Ok(())
    }

    /// Waits for a command, while the sandbox's clock goes as it should.
    async fn end_of(&self, mut child: Child) -> Result<ExitStatus, Trouble> {
        loop {
            tokio::select! {
                status = child.wait() => return status.map_err(|error| wrong(&error.to_string())),
                () = tokio::time::sleep(LOOK) => match self.pace {
                    Pace::Real => {}
                    Pace::Fast => self.house.sandbox.advance(HURRY),
                }
            }
        }
    }

    fn start(&self, line: &str, stdout: Option<Stdio>) -> Result<Child, Trouble> {
        let environment = self
            .process
            .environment
            .iter()
            .filter(|(name, _)| !OTHERWHERE.iter().any(|start| name.starts_with(start)));
        let (line, usual) = match line.strip_suffix(" >/dev/null") {
            Some(line) => (line, Stdio::null()),
            None => (line, Stdio::inherit()),
        };
        Command::new(&self.program)
            .args(line.split(' ').skip(1))
            .stdout(stdout.unwrap_or(usual))
            .current_dir(&self.directory)
            .env_clear()
            .envs(environment)
            .envs(self.environment.iter().cloned())
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| wrong(&format!("{}: {error}", self.program.display())))
    }

    /// Somebody else changes an object, by the request that `kubectl` would send.
    pub(super) fn edit(&mut self, path: &str, manager: &str, patch: &Json) -> Result<(), Trouble> {
        let target = format!("{path}?fieldManager={manager}");
        let request = Request::builder()
            .method(Method::PATCH)
            .uri(&target)
            .header(header::CONTENT_TYPE, "application/merge-patch+json")
            .header(header::AUTHORIZATION, format!("Bearer {ADMIN_TOKEN}"))
            .body(Bytes::from(patch.to_string()))
            .map_err(|error| wrong(&error.to_string()))?;
        self.answered(&request)?;
        self.process
            .stdout
            .print(&format!("PATCH {target}\n{patch}\n"));
        Ok(())
    }

    /// What the sandbox answers to a request that it must carry out.
    fn answered(&self, request: &Request<Bytes>) -> Result<Json, Trouble> {
        let answer = self.house.sandbox.answer(Server::Kubernetes, request);
        if !answer.status().is_success() {
            let what = format!("{} {}", request.method(), request.uri());
            return Err(wrong(&format!("{what}: {}", answer.status())));
        }
        serde_json::from_slice(answer.body()).map_err(|error| wrong(&error.to_string()))
    }

    /// Somebody makes an object.
    pub(super) fn create(&mut self, path: &str, object: &Json) -> Result<(), Trouble> {
        let request = request(Method::POST, path, object.to_string())?;
        self.answered(&request).map(|_| ())
    }

    /// Shows a part of an object that is live.
    pub(super) fn show(&mut self, path: &str, pointer: &str) -> Result<(), Trouble> {
        let object = self.answered(&request(Method::GET, path, String::new())?)?;
        let found = object
            .pointer(pointer)
            .ok_or_else(|| wrong(&format!("{path} has no {pointer}")))?;
        self.process.stdout.line(&format!("GET {path}: {found}"));
        Ok(())
    }

    /// The cluster is lost; an empty one is in its place.
    pub(super) fn lose(&mut self) {
        self.house.sandbox.wipe();
    }

    /// Time passes at once.
    pub(super) fn pass(&mut self, time: SignedDuration) {
        self.house.sandbox.advance(time);
    }

    /// Adds lines to a file after one of its lines, and shows them.
    pub(super) fn add(&mut self, name: &str, after: &str, lines: &str) -> Result<(), Trouble> {
        self.rewrite(name, [after, &format!("{after}{lines}")])?;
        self.process.stdout.print(&format!("{name}\n  {after}"));
        self.show_lines(Role::Add, "+", lines);
        self.process.stdout.line("");
        Ok(())
    }

    /// Puts one line of a file in another's place, and shows both.
    pub(super) fn replace(&mut self, name: &str, lines: [&str; 2]) -> Result<(), Trouble> {
        self.rewrite(name, lines)?;
        self.process.stdout.line(name);
        self.show_lines(Role::Remove, "-", lines[0]);
        self.show_lines(Role::Add, "+", lines[1]);
        self.process.stdout.line("");
        Ok(())
    }

    fn rewrite(&self, name: &str, [before, after]: [&str; 2]) -> Result<(), Trouble> {
        let path = self.directory.join(name);
        let text = files::read_text(&Boundary::Machine, &path, limits::FILE_BYTES)
            .map_err(|error| wrong(&format!("{name}: {error}")))?;
        let text = text.replacen(before, after, 1);
        files::replace(&Boundary::Machine, &path, text.as_bytes())
            .map_err(|error| wrong(&format!("{name}: {error}")))
    }

    fn show_lines(&mut self, role: Role, sign: &str, lines: &str) {
        for line in lines.lines() {
            let line = self.dress.style.paint(role, &format!("{sign} {line}"));
            self.process.stdout.line(&line);
        }
    }

    /// Counts from here on.
    pub(super) fn forget_requests(&self) {
        self.house.sandbox.clear_log();
    }

    /// Tells from the server's own log how many creates there were: as many as asked for, or some came twice.
    pub(super) fn count_creates(&mut self, part: &str) {
        let log = self.house.sandbox.log();
        let creates = log
            .iter()
            .filter(|entry| entry.method == "POST" && entry.target.contains(part));
        let asked = creates.clone().count();
        let done = creates.filter(|entry| entry.is_effect()).count();
        let words =
            format!("\nThe server's own log: {asked} creates were asked for, {done} were done.");
        let words = self.faint(&words);
        self.process.stdout.line(&words);
    }

    fn prompt(&mut self, line: &str) {
        let line = self.dress.style.paint(Role::Strong, &format!("$ {line}"));
        self.process.stdout.line(&line);
    }

    fn faint(&self, text: &str) -> String {
        self.dress.style.paint(Role::Faint, text)
    }
}

fn request(method: Method, path: &str, body: String) -> Result<Request<Bytes>, Trouble> {
    Request::builder()
        .method(method)
        .uri(path)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::AUTHORIZATION, format!("Bearer {ADMIN_TOKEN}"))
        .body(Bytes::from(body))
        .map_err(|error| wrong(&error.to_string()))
}

fn unexpected(line: &str, status: ExitStatus) -> Trouble {
    wrong(&format!("`{line}` ended with {status}"))
}

fn wrong(what: &str) -> Trouble {
    Trouble::error("The demo went wrong", format!("{what}."))
}
