//! `show PLAN`: a saved plan as text, JSON or markdown. Reads the file, asks no server.

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
    let plan = plan_file::read(
        &process.guard.boundary(),
        &process.directory.join(&flags.plan),
    )?;
    if flags.json.json {
        let json = render::json::plan(&plan)
            .map_err(|error| Trouble::error("Plan not shown", error.to_string()))?;
        process.stdout.line(&json.to_string());
    } else if flags.markdown {
        let file = flags.plan.display().to_string();
        let text = render::markdown::plan(&plan, &file, flags.budget);
        process.stdout.print(&text);
    } else {
        let dress = process.spoken_dress(flags.colour.flag(), flags.compat.compat)?;
        process.stdout.print(&render::text::plan(&plan, dress));
    }
    Ok(Exit::Done)
}
