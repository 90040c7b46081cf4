//! What a person says to a run that stopped, beyond that it goes on (R6). Must not know what comes of it.

use super::address::Address;
use super::command_line::CommandLine;

/// What is said with `resume`.
#[derive(Clone, Copy, Debug)]
pub enum Instruction<'a> {
    /// Nothing.
    Nothing,
    /// It is restored, or backed up, once more.
    Retry(&'a Address),
    /// What its restore brought is enough, for this reason.
    Restore(&'a Address, &'a str),
    /// Types that are not served may stay away, for this reason.
    Kubernetes(&'a str),
}

impl Instruction<'_> {
    /// The line with the flags that say it.
    pub(super) fn on(self, line: CommandLine) -> CommandLine {
        match self {
            Instruction::Nothing => line,
            Instruction::Retry(address) => line.flag("retry", address),
            Instruction::Restore(address, reason) => {
                line.flag("accept-restore", address).flag("reason", reason)
            }
            Instruction::Kubernetes(reason) => {
                line.word("-accept-kubernetes").flag("reason", reason)
            }
        }
    }
}
