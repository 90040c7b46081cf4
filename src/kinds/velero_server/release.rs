//! Versions of Velero, as far as one may follow another.

use std::fmt;

/// The oldest that is taken: before it, a file-system restore from a ReadOnly location is refused (Velero #9626), which is
/// what a recovery needs.
pub(super) const FLOOR: Release = Release([1, 18, 1]);

/// Major, minor, patch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Release([u64; 3]);

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.0;
        write!(f, "{major}.{minor}.{patch}")
    }
}

impl Release {
    /// `1.18.1`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.split('.').map(|number| number.parse().ok());
        let release = Release([numbers.next()??, numbers.next()??, numbers.next()??]);
        numbers.next().is_none().then_some(release)
    }
    /// The minor version after this one, for people.
    pub(super) fn next(self) -> String {
        let [major, minor] = self.minor();
        format!("{major}.{}", minor + 1)
    }
    /// Major and minor.
    pub(super) fn minor(self) -> [u64; 2] {
        let [major, minor, _] = self.0;
        [major, minor]
    }
    /// Why this one cannot take the place of another that runs; `None`: it can.
    pub(super) fn cannot_follow(self, runs: Self) -> Option<String> {
        let ([major, minor], [runs_major, runs_minor]) = (self.minor(), runs.minor());
        if self < runs {
            return Some("a Velero does not go back: what the newer one has written, into the bucket too, the older one may not read".to_owned());
        }
        let is_next = major == runs_major && minor <= runs_minor + 1;
        (!is_next).then(|| {
            "Velero is upgraded one minor version after another; its own instructions take no other way".to_owned()
        })
    }
}
