//! `show PLAN`: a saved plan as text or JSON. Reads the file, asks no server.

use super::arguments::ShowFlags;
use super::exit::Exit;
use super::plan_file;
use super::process::{Process, Trouble};
use crate::render;

/// Runs it.
///
/// # Errors
/// Where the file is no plan of ours.
pub(crate) fn run(process: &mut Process, flags: &ShowFlags) -> Result<Exit, Trouble> {
    let plan = plan_file::read(&process.directory.join(&flags.plan))?;
    if flags.json.json {
        let json = render::json::plan(&plan)
            .map_err(|error| Trouble::error("Plan not shown", error.to_string()))?;
        process.stdout.line(&json.to_string());
    } else {
        let dress = process.dress(flags.colour.flag());
        process.stdout.print(&render::text::plan(&plan, dress));
    }
    Ok(Exit::Done)
}
