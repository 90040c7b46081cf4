//! Flags of a recovery, on the commands that plan one.

use crate::model::address::Address;
use crate::model::recovery::At;
use clap::Args;
use std::str::FromStr;

/// Which recovery, and what is said in place of its block.
#[derive(Clone, Debug, Default, Args)]
pub struct RecoveryFlags {
    /// Recover, as the `recovery` block of this name says
    #[arg(long, value_name = "NAME", conflicts_with = "destroy")]
    pub recover: Option<String>,
    /// Only backups that ended at this moment or before, or latest; in place of what the block says
    #[arg(long, value_name = "TIME", value_parser = at)]
    pub at: Option<At>,
    /// This backup for this application; may be repeated
    #[arg(long, value_name = "ADDR=BACKUP", value_parser = point)]
    pub point: Vec<(Address, String)>,
}

impl RecoveryFlags {
    /// A flag that was given without the one that says what is recovered.
    pub fn idle(&self) -> Option<&'static str> {
        match (&self.recover, self.at, self.point.is_empty()) {
            (None, Some(_), _) => Some("-at"),
            (None, None, false) => Some("-point"),
            (Some(_), _, _) | (None, None, true) => None,
        }
    }
}

fn at(text: &str) -> Result<At, String> {
    match text {
        "latest" => Ok(At::Latest),
        _moment => text.parse().map(At::Time).map_err(|_| {
            "expected latest or a moment with its offset, such as 2026-11-21T01:00:00Z".to_owned()
        }),
    }
}

fn point(text: &str) -> Result<(Address, String), String> {
    const EXPECTED: &str = "expected ADDR=BACKUP";
    let (address, backup) = text.rsplit_once('=').ok_or(EXPECTED)?;
    let address: Address = address
        .parse()
        .map_err(|error: <Address as FromStr>::Err| error.to_string())?;
    match backup {
        "" => Err(EXPECTED.to_owned()),
        name => Ok((address, name.to_owned())),
    }
}
