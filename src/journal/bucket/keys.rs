//! Names of a journal's objects. Pure.

use crate::journal::document::{CLOSED, INVENTORY, RUNS, file_name};

/// Objects of one page of a listing.
pub(super) const PAGE: u16 = 1000;
/// The number after the last one: numbers count down from it in keys, so that the newest comes first.
const END: u32 = 99_999_999;

/// Names below a prefix.
pub(super) struct Keys {
    prefix: String,
}

impl Keys {
    /// Below this prefix, with one slash at its end and none at its beginning.
    pub(super) fn below(prefix: &str) -> Self {
        let prefix = prefix.trim_matches('/');
        let prefix = match prefix.is_empty() {
            true => String::new(),
            false => format!("{prefix}/"),
        };
        Self { prefix }
    }

    pub(super) fn prefix(&self) -> &str {
        &self.prefix
    }

    pub(super) fn owner(&self) -> String {
        format!("{}sk-dr-owner.json", self.prefix)
    }

    pub(super) fn numbers(&self) -> String {
        format!("{}seq/", self.prefix)
    }

    pub(super) fn number(&self, number: u32) -> String {
        format!("{}{}", self.numbers(), counted_down(number))
    }

    pub(super) fn run(&self, run: &str) -> String {
        format!("{}{RUNS}/{run}/", self.prefix)
    }

    pub(super) fn record(&self, run: &str, serial: u64) -> String {
        format!("{}{}", self.run(run), file_name(serial))
    }

    pub(super) fn carried(&self, run: &str) -> String {
        format!("{}plan.json", self.run(run))
    }

    pub(super) fn closed(&self, run: &str) -> String {
        format!("{}{CLOSED}", self.run(run))
    }

    pub(super) fn plan(&self, digest: &str) -> String {
        format!("{}plans/{digest}.json.gz", self.prefix)
    }

    pub(super) fn inventories(&self) -> String {
        format!("{}{INVENTORY}/", self.prefix)
    }

    pub(super) fn inventory(&self, number: u32) -> String {
        format!("{}{}", self.inventories(), counted_down(number))
    }
}

fn counted_down(number: u32) -> String {
    format!("{:08}.json", END.saturating_sub(number))
}

/// The number that a name stands for.
pub(super) fn number_of(name: &str) -> Option<u32> {
    let number = END.checked_sub(name.strip_suffix(".json")?.parse().ok()?)?;
    (counted_down(number) == name).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_comes_first() {
        let keys = Keys::below("/a/b/");
        assert_eq!(keys.number(1), "a/b/seq/99999998.json");
        assert!(keys.number(10) < keys.number(9));
        for number in [0, 1, 9, 10, 12_345_678, END] {
            let key = keys.number(number);
            let name = key.strip_prefix("a/b/seq/").unwrap();
            assert_eq!(number_of(name), Some(number));
        }
        for name in [
            "",
            "1.json",
            "99999998",
            "x9999998.json",
            "199999998.json",
            "+9999998.json",
        ] {
            assert_eq!(number_of(name), None, "{name}");
        }
        assert_eq!(Keys::below("").run("r"), "runs/r/");
    }
}
