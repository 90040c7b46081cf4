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
use rustix::process::{Pid, Signal};
use serde_json::Value as Json;
use std::io::BufRead;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use tokio::process::Command;

/// Variables of the user that would lead the children elsewhere than into the sandbox.
const OTHERWHERE: &[&str] = &["KUBE", "SKDR_", "TF_", "CI"];

/// The stage.
pub(super) struct Stage<'a> {
    process: &'a mut Process,
    house: &'a House,
    directory: PathBuf,
    program: PathBuf,
    dress: Dress,
    scenes: u32,
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
        }
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
        let mut child = self.start(line)?;
        let status = child
            .wait()
            .await
            .map_err(|error| wrong(&error.to_string()))?;
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
        let mut child = self.start(line)?;
        let number = child.id().and_then(|number| i32::try_from(number).ok());
        victim.store(number.unwrap_or_default(), Ordering::SeqCst);
        let status = child
            .wait()
            .await
            .map_err(|error| wrong(&error.to_string()))?;
        faults.clear();
        if status.signal() != Some(Signal::KILL.as_raw()) {
            return Err(unexpected(line, status));
        }
        let words = self.faint("Killed");
        self.process.stdout.line(&words);
        Ok(())
    }

    fn start(&self, line: &str) -> Result<tokio::process::Child, Trouble> {
        let environment = self
            .process
            .environment
            .iter()
            .filter(|(name, _)| !OTHERWHERE.iter().any(|start| name.starts_with(start)));
        let (line, stdout) = match line.strip_suffix(" >/dev/null") {
            Some(line) => (line, Stdio::null()),
            None => (line, Stdio::inherit()),
        };
        Command::new(&self.program)
            .args(line.split(' ').skip(1))
            .stdout(stdout)
            .current_dir(&self.directory)
            .env_clear()
            .envs(environment)
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
        let answer = self.house.sandbox.answer(Server::Kubernetes, &request);
        if !answer.status().is_success() {
            return Err(wrong(&format!("PATCH {target}: {}", answer.status())));
        }
        self.process
            .stdout
            .print(&format!("PATCH {target}\n{patch}\n"));
        Ok(())
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

fn unexpected(line: &str, status: ExitStatus) -> Trouble {
    wrong(&format!("`{line}` ended with {status}"))
}

fn wrong(what: &str) -> Trouble {
    Trouble::error("The demo went wrong", format!("{what}."))
}
