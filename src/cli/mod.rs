//! The edge: the only folder that prints, reads the environment or exits. One file per command.

pub mod planning;

use std::process::ExitCode;

/// Runs the program with the process's arguments and environment.
pub fn main() -> ExitCode {
    ExitCode::SUCCESS
}
