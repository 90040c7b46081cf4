//! The `-json` stream of `plan`, `apply`, `destroy` and `resume`: messages, dated, on standard output. Must not know what
//! they say.

use super::arguments::Command;
use super::process::Process;
use crate::render::json::stream::{self, Message};

/// Whether a command tells what it does as a stream.
pub(crate) fn is_wanted(command: &Command) -> bool {
    match command {
        Command::Plan(flags) => flags.json.json,
        Command::Apply(flags) => flags.json.json,
        Command::Destroy(flags) => flags.json.json,
        Command::Resume(flags) => flags.json.json,
        Command::Validate(_)
        | Command::Show(_)
        | Command::Drift(_)
        | Command::Import(_)
        | Command::Backups(_)
        | Command::Status(_)
        | Command::Runs(_)
        | Command::Init(_)
        | Command::Unlock(_)
        | Command::Vendor(_)
        | Command::Schema(_)
        | Command::Version(_)
        | Command::Sandbox(_)
        | Command::Demo(_)
        | Command::Help => false,
    }
}

/// Begins it: from here on standard output carries messages, and standard error nothing.
pub(crate) fn begin(process: &mut Process) {
    process.stdout.begin_stream();
    tell(process, &stream::version(env!("CARGO_PKG_VERSION")));
}

/// Tells one.
pub(crate) fn tell(process: &mut Process, message: &Message) {
    let now = process.clock.now();
    process.stdout.line(&message.at(now).to_string());
}

/// Tells some.
pub(crate) fn tell_all(process: &mut Process, messages: &[Message]) {
    messages.iter().for_each(|message| tell(process, message));
}
