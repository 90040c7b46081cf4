//! The edge: the only folder that prints, reads the environment or exits. One file per command; [`run`] is the whole
//! program for a [`Process`], and [`main`] makes the real one.

mod again;
mod apply;
mod approval;
pub mod arguments;
mod backups;
mod builtin;
mod carry;
mod demo;
mod drift;
mod example;
pub mod exit;
mod follow;
mod import;
mod init;
mod journal;
mod live;
mod load;
mod making;
mod plan;
pub mod plan_file;
pub mod planning;
mod present;
mod printed;
pub mod process;
mod recovery;
mod reporter;
mod resume;
mod runs;
mod safe;
mod sandbox;
mod schema;
mod show;
mod sources;
mod spelling;
mod stream;
pub mod system;
#[cfg(test)]
mod tests;
mod typed;
mod unlock;
mod validate;
mod variables;
mod vendor;
mod version;

use crate::diag::Severity;
use crate::render::{json, text};
use crate::world::local::files;
use arguments::{Arguments, Asked, Command};
use exit::Exit;
use process::{ColourFlag, Form, Process, Trouble};
use safe::Said;
use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

/// Runs the program with the process's arguments and environment.
pub fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    match (system::process(), runtime) {
        (Ok(process), Ok(runtime)) => ExitCode::from(runtime.block_on(run(process))),
        (Err(error), _) | (_, Err(error)) => {
            process::Output::new(std::io::stderr())
                .line(&format!("Error: sk-dr could not start: {error}"));
            ExitCode::from(Exit::Error.code())
        }
    }
}

/// The whole program: reads the arguments, runs the command, prints, and returns the exit code.
pub async fn run(mut process: Process) -> u8 {
    let exit = match arguments::parse(&process.arguments) {
        Ok(Asked::Help(text)) => {
            process.stdout.print(&text);
            Exit::Done
        }
        Ok(Asked::Command { words, arguments }) => {
            process.arguments = words.into_iter().map(OsString::from).collect();
            if stream::is_wanted(&arguments.command) {
                stream::begin(&mut process);
            }
            let started_in = process.directory.clone();
            let entered = change_directory(&mut process, arguments.chdir.as_deref())
                .and_then(|()| guarded(&mut process, &arguments, &started_in));
            let done = match entered {
                Ok(()) => command(&mut process, arguments.command).await,
                Err(trouble) => {
                    if let Command::Drift(flags) = &arguments.command {
                        drift::tell_failure(&mut process, flags.format(), None, &trouble);
                    }
                    Err(trouble)
                }
            };
            match done {
                Ok(exit) => exit,
                Err(trouble) => process.complain(&trouble, ColourFlag::Auto),
            }
        }
        Err(trouble) => process.complain(&trouble, ColourFlag::Auto),
    };
    match process.stdout.failure().map(ToString::to_string) {
        None => exit.code(),
        Some(error) => {
            let trouble =
                Trouble::error("Output not written", format!("Standard output: {error}."));
            exit::combine([exit, process.complain(&trouble, ColourFlag::Auto)]).code()
        }
    }
}

/// `-chdir`: the process itself stays where it is, every path of ours is resolved against this one.
fn change_directory(process: &mut Process, to: Option<&Path>) -> Result<(), Trouble> {
    let Some(to) = to else { return Ok(()) };
    let there = process.directory.join(to);
    process.directory = files::directory_without_links(&there).ok().ok_or_else(|| {
        Trouble::error(
            "No such directory",
            format!("-chdir={}: there is no such directory.", to.display()),
        )
    })?;
    Ok(())
}

/// `-safe`, and where the repository ends that it does not trust.
fn guarded(process: &mut Process, arguments: &Arguments, started_in: &Path) -> Result<(), Trouble> {
    let flag = arguments.repository.as_deref();
    match (arguments.safe, flag) {
        (true, flag) => safe::enter(process, Said { flag, started_in }),
        (false, None) => Ok(()),
        (false, Some(_)) => {
            let detail = "`-repository` says where the repository ends that -safe does not trust; without -safe it has no effect.";
            Err(Trouble::error("Flag without effect", detail))
        }
    }
}

async fn command(process: &mut Process, command: Command) -> Result<Exit, Trouble> {
    match command {
        Command::Show(flags) => show::run(process, &flags),
        Command::Vendor(flags) => vendor::run(process, &flags).await,
        Command::Schema(flags) => schema::run(process, &flags),
        Command::Version(flags) => Ok(version::run(process, &flags)),
        Command::Validate(flags) => validate::run(process, &flags),
        Command::Plan(flags) => plan::run(process, &flags).await,
        Command::Apply(flags) => apply::run(process, &flags).await,
        Command::Destroy(flags) => apply::run(process, &flags.into()).await,
        Command::Drift(flags) => drift::run(process, &flags).await,
        Command::Backups(flags) => backups::run(process, &flags).await,
        Command::Status(flags) => backups::status::run(process, &flags).await,
        Command::Import(flags) => import::run(process, &flags).await,
        Command::Resume(flags) => resume::run(process, &flags).await,
        Command::Runs(flags) => runs::run(process, &flags).await,
        Command::Init(flags) => init::run(process, &flags).await,
        Command::Unlock(flags) => unlock::run(process, &flags).await,
        Command::Sandbox(flags) => sandbox::run(process, &flags).await,
        Command::Demo(flags) => demo::run(process, &flags).await,
        // Answered where the arguments are read.
        Command::Help => Ok(Exit::Done),
    }
}

impl Process {
    /// Prints why a command did not do what it should, and returns its code.
    pub(crate) fn complain(&mut self, trouble: &Trouble, flag: ColourFlag) -> Exit {
        if trouble.summary.is_empty() {
            return trouble.exit;
        }
        let (summary, detail) = (&trouble.summary, &trouble.detail);
        // That the stream itself cannot be written is no part of it.
        if self.stdout.form() == Form::Stream && self.stdout.failure().is_none() {
            stream::tell(self, &json::stream::words(Severity::Error, summary, detail));
        } else {
            let dress = self.error_dress(flag);
            self.stderr.print(&text::trouble(summary, detail, dress));
        }
        trouble.exit
    }
}
