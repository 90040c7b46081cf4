//! Lines of one level put together: marks, aligned names, what is hidden counted, nested blocks behind an empty line.
//! Must not know why a line is there.

use super::super::style::{Role, Style};
use super::value::{Assignment, assigned, quoted, spaces};
use crate::model::address::is_identifier;
use unicode_width::UnicodeWidthStr;

/// The sign in front of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mark {
    /// Made.
    Add,
    /// Changed in place.
    Change,
    /// Gone.
    Remove,
    /// Released: stays, no longer ours.
    Release,
    /// A new object is made, then the old one goes.
    CreateThenRemove,
    /// A new object is made, then the old one is released.
    CreateThenRelease,
    /// The old object goes, then a new one is made.
    RemoveThenCreate,
    /// The old object is released, then a new one is made.
    ReleaseThenCreate,
    /// As it is.
    Keep,
}

impl Mark {
    /// One column; three where two things are done.
    pub(crate) fn symbol(self, style: Style) -> String {
        let (first, second) = match self {
            Mark::Add => ((Role::Add, "+"), None),
            Mark::Change => ((Role::Change, "~"), None),
            Mark::Remove => ((Role::Remove, "-"), None),
            Mark::Release => ((Role::Release, "."), None),
            Mark::CreateThenRemove => ((Role::Add, "+"), Some((Role::Remove, "-"))),
            Mark::CreateThenRelease => ((Role::Add, "+"), Some((Role::Release, "."))),
            Mark::RemoveThenCreate => ((Role::Remove, "-"), Some((Role::Add, "+"))),
            Mark::ReleaseThenCreate => ((Role::Release, "."), Some((Role::Add, "+"))),
            Mark::Keep => return " ".to_owned(),
        };
        let first = style.paint(first.0, first.1);
        let sign = match second {
            None => first,
            Some((role, sign)) => format!("{first}/{}", style.paint(role, sign)),
        };
        match style {
            Style::Plain | Style::Colour => sign,
            Style::Tagged => format!("\u{0}{sign}"),
        }
    }

    /// The same at the margin of resources: what two things are done to stands out to the left, as in Terraform's text.
    pub(crate) fn in_margin(self, style: Style) -> String {
        let symbol = self.symbol(style);
        match self {
            Mark::CreateThenRemove
            | Mark::CreateThenRelease
            | Mark::RemoveThenCreate
            | Mark::ReleaseThenCreate => symbol,
            Mark::Add | Mark::Change | Mark::Remove | Mark::Release | Mark::Keep => {
                format!("  {symbol}")
            }
        }
    }
}

/// How names are written, and what they name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Naming {
    /// Attributes and blocks: bare.
    Attributes,
    /// Keys of a map: in quotes.
    Keys,
    /// Members of what a text holds: bare where the language allows it.
    Members,
}

/// Lines of one level before they are put together.
#[derive(Default)]
pub(crate) struct Parts {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) blocks: Vec<(Vec<String>, Option<String>)>,
    pub(crate) hidden_attributes: usize,
    pub(crate) hidden_blocks: usize,
}

pub(crate) struct Attribute {
    pub(crate) mark: Mark,
    pub(crate) name: String,
    pub(crate) value: Vec<String>,
    pub(crate) remark: Option<String>,
}

pub(crate) fn written(name: &str, naming: Naming) -> String {
    match naming {
        Naming::Attributes => name.to_owned(),
        Naming::Keys => quoted(name),
        Naming::Members if is_identifier(name) => name.to_owned(),
        Naming::Members => quoted(name),
    }
}

pub(crate) fn enclosed(
    body: Vec<String>,
    (open, close): (&str, &str),
    indent: usize,
) -> Vec<String> {
    let mut all = vec![open.to_owned()];
    all.extend(body);
    all.push(format!("{}{close}", spaces(indent + 2)));
    all
}

pub(crate) fn block(
    name: &str,
    body: Vec<String>,
    mark: Mark,
    indent: usize,
    style: Style,
) -> Vec<String> {
    let head = format!("{}{} {name} {{", spaces(indent), mark.symbol(style));
    if body.is_empty() {
        return vec![format!("{head}}}")];
    }
    let mut all = vec![head];
    all.extend(body);
    all.push(format!("{}}}", spaces(indent + 2)));
    all
}

/// `# (4 unchanged attributes hidden)`.
pub(crate) fn hidden(count: usize, what: &str, indent: usize, style: Style) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!(
        "{}{}",
        spaces(indent + 2),
        style.paint(
            Role::Faint,
            &format!("# ({count} unchanged {what}{plural} hidden)")
        )
    )
}

/// Attributes aligned, what is hidden counted, blocks behind an empty line.
pub(crate) fn layout(parts: Parts, naming: Naming, indent: usize, style: Style) -> Vec<String> {
    let width = parts
        .attributes
        .iter()
        .map(|attribute| attribute.name.width())
        .max()
        .unwrap_or(0);
    let mut all = Vec::new();
    for attribute in parts.attributes {
        let place = Assignment {
            mark: attribute.mark,
            indent,
            name: &attribute.name,
            width,
        };
        all.extend(remarked(
            assigned(&place, attribute.value, style),
            attribute.remark,
            style,
        ));
    }
    if parts.hidden_attributes > 0 {
        let what = match naming {
            Naming::Attributes | Naming::Members => "attribute",
            Naming::Keys => "element",
        };
        all.push(hidden(parts.hidden_attributes, what, indent, style));
    }
    for (lines, remark) in parts.blocks {
        if !all.is_empty() {
            all.push(String::new());
        }
        all.extend(remarked(lines, remark, style));
    }
    if parts.hidden_blocks > 0 {
        if !all.is_empty() {
            all.push(String::new());
        }
        all.push(hidden(parts.hidden_blocks, "block", indent, style));
    }
    all
}

pub(crate) fn remarked(
    mut lines: Vec<String>,
    remark: Option<String>,
    style: Style,
) -> Vec<String> {
    if let (Some(first), Some(remark)) = (lines.first_mut(), remark) {
        first.push_str("    ");
        first.push_str(&style.paint(Role::Faint, &format!("# {remark}")));
    }
    lines
}
