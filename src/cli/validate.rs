//! `validate`: every diagnostic of a configuration. Asks no server.

use super::arguments::ValidateFlags;
use super::exit::Exit;
use super::load;
use super::process::{Process, Trouble};
use crate::diag::{has_errors, json};
use crate::lang::Missing;

/// Runs it.
///
/// # Errors
/// Where there is no configuration at all.
pub(crate) fn run(process: &mut Process, flags: &ValidateFlags) -> Result<Exit, Trouble> {
    let loaded = load::load(process, &flags.variables, Missing::LeaveOut);
    let is_valid = !has_errors(&loaded.diagnostics);
    if flags.json.json {
        process
            .stdout
            .line(&json::report(&loaded.diagnostics, loaded.sources()).to_string());
    } else {
        load::tell(process, &loaded, flags.colour.flag());
        if is_valid {
            process.stdout.line("Success! The configuration is valid.");
        }
    }
    Ok(if is_valid { Exit::Done } else { Exit::Error })
}
