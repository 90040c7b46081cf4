//! A place in an object as HCL writes a reference to it: `spec.replicas`, `metadata.labels["a.b/c"]`, `ports[0].port`.
//! Pure.

use serde_json::Value as Json;

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Segment {
    /// A member of an object.
    Member(String),
    /// An item of a list, from 0.
    Item(usize),
}

/// A path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FieldPath(pub Vec<Segment>);

/// Why a text is no path: what stands where, as a fragment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoPath(String);

impl std::str::FromStr for FieldPath {
    type Err = NoPath;

    fn from_str(text: &str) -> Result<Self, NoPath> {
        let mut segments = Vec::new();
        let mut rest = text;
        loop {
            rest = match rest.strip_prefix('[') {
                Some(inside) => {
                    let (segment, after) = bracket(inside)?;
                    segments.push(segment);
                    after
                }
                None => {
                    let end = rest.find(['.', '[']).unwrap_or(rest.len());
                    let (name, after) = rest.split_at(end);
                    segments.push(member(name)?);
                    after
                }
            };
            rest = match rest.strip_prefix('.') {
                Some(after) if after.is_empty() || after.starts_with(['.', '[']) => {
                    return Err(NoPath("a name is missing behind a `.`".to_owned()));
                }
                Some(after) => after,
                None if rest.is_empty() => return Ok(Self(segments)),
                None if rest.starts_with('[') => rest,
                None => return Err(NoPath("behind `]` comes `.`, `[` or the end".to_owned())),
            };
        }
    }
}

/// A name without quotes.
fn member(name: &str) -> Result<Segment, NoPath> {
    if name.is_empty() {
        return Err(NoPath("a name is missing".to_owned()));
    }
    if name == "*" {
        return Err(NoPath(
            "`*` is no name; a list is named as a whole".to_owned(),
        ));
    }
    match name.parse::<usize>() {
        Ok(item) => Ok(Segment::Item(item)),
        Err(_) => Ok(Segment::Member(name.to_owned())),
    }
}

/// What stands behind a `[`, and what follows its `]`.
fn bracket(inside: &str) -> Result<(Segment, &str), NoPath> {
    if let Some(quoted) = inside.strip_prefix('"') {
        let (name, after) = quoted
            .split_once("\"]")
            .ok_or_else(|| NoPath("a `[\"` has no `\"]`".to_owned()))?;
        return Ok((Segment::Member(name.to_owned()), after));
    }
    let (index, after) = inside
        .split_once(']')
        .ok_or_else(|| NoPath("a `[` has no `]`".to_owned()))?;
    match index.parse::<usize>() {
        Ok(index) => Ok((Segment::Item(index), after)),
        Err(_) => Err(NoPath(format!(
            "`[{index}]` is neither a number nor a name in quotes"
        ))),
    }
}

impl FieldPath {
    /// Value there.
    pub fn get<'a>(&self, root: &'a Json) -> Option<&'a Json> {
        self.0
            .iter()
            .try_fold(root, |value, segment| match segment {
                Segment::Member(name) => value.get(name),
                Segment::Item(index) => value.get(index),
            })
    }

    /// Its names, where it leads into no list.
    pub fn members(&self) -> Option<Vec<String>> {
        self.0
            .iter()
            .map(|segment| match segment {
                Segment::Member(name) => Some(name.clone()),
                Segment::Item(_) => None,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(text: &str, wanted: Result<Json, &str>) {
        let object = json!({"spec": {"ports": [{"port": 1}]}, "a": {"b.c/d": "x"}});
        let found = text.parse::<FieldPath>().map_err(|why| why.to_string());
        let value = found.map(|path| path.get(&object).cloned().unwrap_or_default());
        assert_eq!(value, wanted.map_err(str::to_owned), "{text}");
    }

    #[test]
    fn reads_as_references_are_written() {
        check("spec.ports[0].port", Ok(json!(1)));
        check("spec.ports.0.port", Ok(json!(1)));
        check(r#"a["b.c/d"]"#, Ok(json!("x")));
        check("spec.nothing", Ok(json!(null)));
        check("", Err("a name is missing"));
        check("a..b", Err("a name is missing behind a `.`"));
        check("a.", Err("a name is missing behind a `.`"));
        check("a[", Err("a `[` has no `]`"));
        check("a[\"b]", Err("a `[\"` has no `\"]`"));
        check(
            "a[x]",
            Err("`[x]` is neither a number nor a name in quotes"),
        );
        check("a[0]b", Err("behind `]` comes `.`, `[` or the end"));
        check("a.*", Err("`*` is no name; a list is named as a whole"));
    }
}
