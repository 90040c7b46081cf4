//! `version`.

use super::arguments::VersionFlags;
use super::exit::Exit;
use super::process::Process;
use serde_json::json;

/// Version of this program.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Runs it.
pub(crate) fn run(process: &mut Process, flags: &VersionFlags) -> Exit {
    let platform = format!("{}_{}", std::env::consts::OS, std::env::consts::ARCH);
    if flags.json.json {
        process
            .stdout
            .line(&json!({"version": VERSION, "platform": platform}).to_string());
    } else {
        process
            .stdout
            .line(&format!("sk-dr v{VERSION}\non {platform}"));
    }
    Exit::Done
}
