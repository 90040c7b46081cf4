//! One resource of a plan: its header lines and its block. The phrase of the first line ends the line, because tools
//! list resources per action by it. Must not know the rest of the plan.

use super::super::style::{Dress, Role, Style, clean, clean_line, wrap};
use super::super::view::{Sensitive, View};
use super::body::{Change, changed, changed_at, whole};
use super::layout::{Mark, block, remarked};
use crate::model::address::Address;
use crate::model::identity::Key;
use crate::model::text::quote;
use crate::plan::document::{
    Action, FieldChange, Manager, Node, NodePart, Parting, ReasonCode, ReplaceOrder,
};

/// What is said of a node in the first line, and the sign in front of its block.
struct Saying {
    phrase: String,
    mark: Mark,
    destroys: bool,
}

/// Header and block of a node that is done.
pub(crate) fn planned(node: &Node, dress: Dress) -> Vec<String> {
    let saying = saying(node);
    let mut all = vec![first_line(&subject(node), &saying, dress.style)];
    all.extend(second_lines(node, dress));
    all.extend(body(node, saying.mark, dress.style));
    all
}

/// What is said of a node that is done, and all its lines.
pub(crate) fn phrased(node: &Node, dress: Dress) -> (String, Vec<String>) {
    (saying(node).phrase, planned(node, dress))
}

/// The block alone, as for a node that is blocked and whose change is known; empty where it is not.
pub(crate) fn body(node: &Node, mark: Mark, style: Style) -> Vec<String> {
    let sensitive = Sensitive::new(&node.sensitive);
    let before = View::of_json(&node.before, &mut Vec::new(), sensitive);
    let after = View::of_expr(&node.after, &mut Vec::new(), sensitive);
    let inner = match node.action {
        Action::Create => whole_of(&after, Mark::Add, style),
        Action::Delete => whole_of(&before, Mark::Remove, style),
        Action::Forget => whole_of(&before, Mark::Keep, style),
        Action::Update | Action::Replace | Action::NoOp => {
            let differences = changes(&node.fields, sensitive, Side::Planned);
            let mut inner = changed(&before, &after, &differences, style);
            inner.extend(parts(&node.parts, sensitive, Side::Planned, style));
            inner
        }
    };
    enclose(&node.address, mark, inner, style)
}

/// The objects of a node of which its own attributes do not tell all: made, gone, or different by themselves.
pub(crate) fn parts(
    parts: &[NodePart],
    sensitive: Sensitive<'_>,
    side: Side,
    style: Style,
) -> Vec<String> {
    let mut all = Vec::new();
    for part in parts {
        let mark = match (part.action, side) {
            (Action::Create, Side::Planned) | (Action::Delete, Side::Drifted) => Mark::Add,
            (Action::Create, Side::Drifted) | (Action::Delete, Side::Planned) => Mark::Remove,
            (Action::Forget, _) => Mark::Release,
            // Parts are made and go each by itself.
            (Action::Replace, _) => Mark::Change,
            (Action::Update | Action::NoOp, _) if !part.fields.is_empty() => Mark::Change,
            (Action::NoOp, _) if part.note.is_some() => Mark::Keep,
            (Action::Update | Action::NoOp, _) => continue,
        };
        let nothing = View::Null;
        let differences = changes(&part.fields, sensitive, side);
        let body = changed_at(&nothing, &nothing, &differences, 10, style);
        // A remark says what the change does; seen the other way round it would say the opposite of what happened.
        let remark = match (side, part.action) {
            (Side::Planned, _) | (Side::Drifted, Action::NoOp) => part.note.as_deref().map(clean),
            (
                Side::Drifted,
                Action::Create | Action::Update | Action::Delete | Action::Forget | Action::Replace,
            ) => None,
        };
        let name = part_title(part);
        all.push(String::new());
        if body.is_empty() {
            let line = format!("      {} {name}", mark.symbol(style));
            all.extend(remarked(vec![line], remark, style));
        } else {
            all.extend(remarked(block(&name, body, mark, 6, style), remark, style));
        }
    }
    all
}

/// What a change does, where it is still to be done.
fn planned_note(field: &FieldChange, side: Side) -> Option<&str> {
    match side {
        Side::Planned => field.note.as_deref(),
        Side::Drifted => None,
    }
}

/// `schedule "nextcloud-default-daily"`.
pub(crate) fn part_title(part: &NodePart) -> String {
    match &part.key {
        Key::Kube { resource, name, .. } => {
            format!("{} {}", resource.kind.to_lowercase(), quote(&clean(name)))
        }
        Key::Cluster { .. } | Key::Composite { .. } => {
            format!("{} {}", part.kind, quote(&clean(&part.key.to_string())))
        }
    }
}

/// `resource "kind" "name" { ... }` around a body.
pub(crate) fn enclose(
    address: &Address,
    mark: Mark,
    inner: Vec<String>,
    style: Style,
) -> Vec<String> {
    let head = format!(
        "{} resource {} {} {{",
        mark.in_margin(style),
        quote(&address.kind),
        quote(&address.name)
    );
    if inner.is_empty() {
        return vec![format!("{head}}}")];
    }
    let mut all = vec![head];
    all.extend(inner);
    all.push("    }".to_owned());
    all
}

/// All members of a value with one mark.
pub(crate) fn whole_of(view: &View<'_>, mark: Mark, style: Style) -> Vec<String> {
    view.members()
        .map(|members| whole(members, mark, 6, style))
        .unwrap_or_default()
}

/// Which way a difference is read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// From live to declared: what apply does.
    Planned,
    /// From declared to live: what happened outside.
    Drifted,
}

/// The differences of a node, ready to be shown.
pub(crate) fn changes<'a>(
    fields: &'a [FieldChange],
    sensitive: Sensitive<'_>,
    side: Side,
) -> Vec<Change<'a>> {
    fields
        .iter()
        .map(|field| {
            let path: Vec<&'a str> = field.path.iter().map(String::as_str).collect();
            let live = field.before.as_ref().map_or(View::Null, |json| {
                View::of_json(json, &mut path.clone(), sensitive)
            });
            let declared = field.after.as_ref().map_or(View::Null, |expr| {
                View::of_expr(expr, &mut path.clone(), sensitive)
            });
            let (before, after) = match side {
                Side::Planned => (live, declared),
                Side::Drifted => (declared, live),
            };
            Change {
                path,
                before,
                after,
                remark: remark(field, side),
            }
        })
        .collect()
}

fn remark(field: &FieldChange, side: Side) -> Option<String> {
    let parts: Vec<String> = field
        .by
        .iter()
        .map(manager)
        .chain(planned_note(field, side).map(clean_line))
        .collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// `by kubectl-edit, 2026-11-20 16:02:11 UTC`.
pub(crate) fn manager(manager: &Manager) -> String {
    match manager.time {
        None => format!("by {}", clean_line(&manager.name)),
        Some(time) => format!(
            "by {}, {}",
            clean_line(&manager.name),
            time.strftime("%Y-%m-%d %H:%M:%S UTC")
        ),
    }
}

/// `  # ADDR will be created`, the address standing out.
fn first_line(subject: &str, saying: &Saying, style: Style) -> String {
    let phrase = if saying.destroys {
        style.paint(Role::Remove, &saying.phrase)
    } else {
        saying.phrase.clone()
    };
    format!(
        "  {} {phrase}",
        style.paint(Role::Strong, &format!("# {subject}"))
    )
}

/// A node that only changes its address is named by the old one: `OLD has moved to NEW`.
fn subject(node: &Node) -> String {
    match moved_only(node) {
        Some(previous) => previous.to_string(),
        None => node.address.to_string(),
    }
}

/// The address that this node had, where that is all that changes.
pub(crate) fn moved_only(node: &Node) -> Option<&Address> {
    node.previous_address
        .as_ref()
        .filter(|_| node.action == Action::Update && node.is_same() && !node.importing)
}

fn saying(node: &Node) -> Saying {
    let say = |phrase: &str, mark| Saying {
        phrase: phrase.to_owned(),
        mark,
        destroys: false,
    };
    match node.action {
        Action::Create => say("will be created", Mark::Add),
        Action::Delete => Saying {
            destroys: true,
            ..say("will be destroyed", Mark::Remove)
        },
        Action::Forget => say("will be released", Mark::Release),
        Action::Replace => Saying {
            destroys: true,
            ..say("must be replaced", replace_mark(node))
        },
        Action::Update | Action::NoOp if node.importing => say(
            "will be adopted",
            if node.is_same() {
                Mark::Keep
            } else {
                Mark::Change
            },
        ),
        Action::Update => match moved_only(node) {
            Some(_) => say(&format!("has moved to {}", node.address), Mark::Keep),
            None => say("will be updated in-place", Mark::Change),
        },
        Action::NoOp => say("stays as it is", Mark::Keep),
    }
}

/// The sign of a replacement.
pub(crate) fn replace_mark(node: &Node) -> Mark {
    let former = node.former.as_ref();
    match former.map(|former| (former.order, former.parting)) {
        Some((ReplaceOrder::CreateFirst, Parting::Delete)) => Mark::CreateThenRemove,
        Some((ReplaceOrder::CreateFirst, Parting::Release)) => Mark::CreateThenRelease,
        Some((ReplaceOrder::RemoveFirst, Parting::Delete)) => Mark::RemoveThenCreate,
        Some((ReplaceOrder::RemoveFirst, Parting::Release)) => Mark::ReleaseThenCreate,
        None => Mark::Change,
    }
}

/// `# (imported from "velero/shop")`, `# (moved from ADDR)`, `# (because ...)`.
fn second_lines(node: &Node, dress: Dress) -> Vec<String> {
    let mut all = Vec::new();
    if node.importing {
        all.push(format!(
            "  # (imported from {})",
            quote(&clean(&node.key.to_string()))
        ));
    }
    if let Some(previous) = node
        .previous_address
        .as_ref()
        .filter(|_| moved_only(node).is_none())
    {
        all.push(format!("  # (moved from {previous})"));
    }
    let is_moved = node.reason.code == ReasonCode::Renamed && node.previous_address.is_some();
    if is_telling(node) && !is_moved && !node.reason.text.is_empty() {
        all.extend(remark_lines(
            &format!("(because {})", clean(&node.reason.text)),
            dress.width,
        ));
    }
    all
}

/// Whether the reason says more than the header.
fn is_telling(node: &Node) -> bool {
    match node.reason.code {
        // The attribute that forces it says why.
        ReasonCode::Replaced => node.action != Action::Replace,
        ReasonCode::Absent
        | ReasonCode::Differs
        | ReasonCode::DestroyRequested
        | ReasonCode::Adopted => false,
        ReasonCode::ProviderDeferred
        | ReasonCode::Renamed
        | ReasonCode::Recorded
        | ReasonCode::NotInConfiguration
        | ReasonCode::ReleasedBecauseAdopted
        | ReasonCode::ReleasedByRemoved
        | ReasonCode::Unknown => true,
    }
}

/// Prose behind `  # `, continued behind `  #  `.
pub(crate) fn remark_lines(text: &str, width: Option<usize>) -> Vec<String> {
    let mut all = continued_lines(text, width);
    all.first_mut()
        .into_iter()
        .for_each(|first| *first = first.replacen("  #  ", "  # ", 1));
    all
}

/// Prose behind `  #  `.
pub(crate) fn continued_lines(text: &str, width: Option<usize>) -> Vec<String> {
    wrap(text, width.map(|width| width.saturating_sub(5)))
        .iter()
        .map(|line| format!("  #  {line}"))
        .collect()
}
