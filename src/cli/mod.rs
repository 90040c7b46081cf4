//! The edge: the only folder that prints, reads the environment or exits. One file per command; [`run`] is the whole
//! program for a [`Process`], and [`main`] makes the real one.

mod approval;
pub mod arguments;
pub mod exit;
pub mod plan_file;
pub mod planning;
mod present;
pub mod process;
mod schema;
mod show;
mod spelling;
mod system;
#[cfg(test)]
mod tests;
mod version;

use arguments::{Asked, Command};
use exit::Exit;
use process::{ColourFlag, Process, Trouble};
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
        Ok(Asked::Command(arguments)) => {
            if let Some(directory) = &arguments.chdir {
                process.directory = process.directory.join(directory);
            }
            match command(&mut process, arguments.command).await {
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

async fn command(process: &mut Process, command: Command) -> Result<Exit, Trouble> {
    match command {
        Command::Show(flags) => show::run(process, &flags),
        Command::Schema(flags) => schema::run(process, &flags),
        Command::Version(flags) => Ok(version::run(process, &flags)),
        Command::Validate(_)
        | Command::Plan(_)
        | Command::Apply(_)
        | Command::Destroy(_)
        | Command::Drift(_)
        | Command::Resume(_)
        | Command::Runs(_)
        | Command::Unlock(_)
        | Command::Sandbox(_)
        | Command::Demo(_)
        | Command::Help => Err(Trouble::error(
            "Not available yet",
            "This command is not wired yet.",
        )),
    }
}

impl Process {
    /// Prints why a command did not do what it should, and returns its code.
    pub(crate) fn complain(&mut self, trouble: &Trouble, flag: ColourFlag) -> Exit {
        let dress = self.error_dress(flag);
        let text = crate::render::text::trouble(&trouble.summary, &trouble.detail, dress);
        self.stderr.print(&text);
        trouble.exit
    }
}
