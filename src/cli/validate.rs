//! `validate`: every diagnostic of a configuration, or of a module without whoever calls it. Asks no server.

use super::arguments::ValidateFlags;
use super::exit::Exit;
use super::load;
use super::process::{Process, Trouble};
use crate::check;
use crate::diag::{has_errors, json};
use crate::lang::{self, Missing};

/// Runs it.
///
/// # Errors
/// Where there is no configuration at all.
pub(crate) fn run(process: &mut Process, flags: &ValidateFlags) -> Result<Exit, Trouble> {
    let mut loaded = load::load(process, &flags.variables, Missing::LeaveToCaller);
    let is_valid = !has_errors(&loaded.diagnostics);
    // Of what could not be evaluated nothing is known, and a lint would say so.
    if is_valid {
        let found = check::diagnostics(&loaded.configuration);
        loaded.diagnostics = lang::in_order(loaded.diagnostics.into_iter().chain(found).collect());
    }
    if flags.json.json {
        process
            .stdout
            .line(&json::report(&loaded.diagnostics, loaded.sources()).to_string());
    } else {
        load::tell(process, &loaded, flags.colour.flag());
        if is_valid {
            // Only a module may name no stack.
            let what = match loaded.configuration.settings.stack.as_str() {
                "" => "module",
                _stack => "configuration",
            };
            let but = match loaded.diagnostics.is_empty() {
                true => "",
                false => ", but there were some validation warnings as shown above",
            };
            process
                .stdout
                .line(&format!("Success! The {what} is valid{but}."));
        }
    }
    Ok(if is_valid { Exit::Done } else { Exit::Error })
}
