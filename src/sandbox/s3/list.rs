//! One page of a listing: keys in order below a prefix, rolled up at a delimiter, going on after a token. Pure.

use super::store::{Content, Version};

/// Most entries of one page, as S3 has it.
pub const MOST: usize = 1000;

/// Which page.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    /// Keys that begin so.
    pub prefix: &'a str,
    /// Keys that hold this after the prefix are one entry up to there; empty: none is.
    pub delimiter: &'a str,
    /// Keys after this one.
    pub start_after: &'a str,
    /// Entries after this one: the last of the page before.
    pub after: &'a str,
    /// Most entries.
    pub limit: usize,
}

/// A listing.
#[derive(Debug, Default)]
pub struct Listed<'a> {
    /// Objects.
    pub objects: Vec<(&'a str, &'a Version, &'a Content)>,
    /// What keys were rolled up to.
    pub prefixes: Vec<&'a str>,
    /// The last entry, where there are more.
    pub next: Option<&'a str>,
}

/// One version in a listing of versions.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    /// Key.
    pub key: &'a str,
    /// The version.
    pub version: &'a Version,
    /// Whether it is the newest of its key.
    pub is_latest: bool,
}

impl<'a> Shown<'a> {
    /// All versions of a key, of which the newest comes last, newest first.
    pub fn all_of(key: &'a str, versions: &'a [Version]) -> impl Iterator<Item = Self> {
        let newest = versions.len().saturating_sub(1);
        let numbered = versions.iter().enumerate().rev();
        numbered.map(move |(at, version)| Self {
            key,
            version,
            is_latest: at == newest,
        })
    }
}

impl Page<'_> {
    /// The common prefix that a key is rolled up to.
    fn rolled<'a>(&self, key: &'a str) -> Option<&'a str> {
        if self.delimiter.is_empty() {
            return None;
        }
        let rest = key.get(self.prefix.len()..)?;
        let end = self.prefix.len() + rest.find(self.delimiter)? + self.delimiter.len();
        key.get(..end)
    }
    /// The page of these objects, which come in order.
    pub fn of<'a>(
        &self,
        objects: impl Iterator<Item = (&'a str, &'a Version, &'a Content)>,
    ) -> Listed<'a> {
        let mut listed = Listed::default();
        let mut last = None;
        for (key, version, content) in objects {
            if !key.starts_with(self.prefix) || key <= self.start_after {
                continue;
            }
            let rolled = self.rolled(key);
            let entry = rolled.unwrap_or(key);
            // Entries come in order, so what was told on the page before, or just now, is not after it.
            if entry <= self.after || last == Some(entry) {
                continue;
            }
            if listed.objects.len() + listed.prefixes.len() == self.limit {
                listed.next = last;
                return listed;
            }
            last = Some(entry);
            match rolled {
                Some(prefix) => listed.prefixes.push(prefix),
                None => listed.objects.push((key, version, content)),
            }
        }
        listed
    }
}

#[cfg(test)]
mod tests {
    use super::super::store::{Content, Store};
    use super::*;
    use jiff::Timestamp;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    /// All pages, each entry as its text.
    fn paged(store: &Store, page: Page<'_>) -> Vec<String> {
        let mut all = Vec::new();
        let mut after = String::new();
        loop {
            let page = Page {
                after: &after,
                ..page
            };
            let listed = store.list("b", &page).unwrap();
            let objects = listed.objects.iter().map(|(key, _, _)| *key);
            let mut entries: Vec<&str> = objects.chain(listed.prefixes.iter().copied()).collect();
            entries.sort_unstable();
            assert!(entries.len() <= page.limit);
            all.extend(entries.into_iter().map(str::to_owned));
            match listed.next {
                None => return all,
                Some(next) => after = next.to_owned(),
            }
        }
    }

    proptest! {
        /// Pages of any size tell each entry once, in order: the keys below the prefix, cut after the first delimiter.
        #[test]
        fn pages_are_the_whole(
            keys in proptest::collection::btree_set("[ab/!]{1,5}", 0..30),
            prefix in "[ab/]{0,2}",
            delimiter in "/?",
            start_after in "[ab/]{0,2}",
            limit in 1_usize..8,
        ) {
            let mut store = Store::default();
            store.create_bucket("b", Timestamp::UNIX_EPOCH);
            for key in &keys {
                let place = ("b", key.as_str());
                store.put(place, Content::new("x"), &Default::default(), Timestamp::UNIX_EPOCH).unwrap();
            }
            let page = Page { prefix: &prefix, delimiter: &delimiter, start_after: &start_after, after: "", limit };
            let expected: BTreeSet<String> = keys
                .iter()
                .filter(|key| key.starts_with(&prefix) && **key > start_after)
                .map(|key| match key[prefix.len()..].split_once('/') {
                    Some((first, _)) if !delimiter.is_empty() => format!("{prefix}{first}/"),
                    Some(_) | None => key.clone(),
                })
                .collect();
            prop_assert_eq!(paged(&store, page), expected.into_iter().collect::<Vec<_>>());
        }
    }
}
