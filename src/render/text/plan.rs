//! A whole plan as text: where it looked, what it does, what it does not do, the sum, what else is worth knowing.
//! Must not know how the plan was made or where the text goes.

use super::super::style::{Dress, Role, Style, clean, wrap};
use super::blocked::{blocked, held_back};
use super::findings;
use super::layout::Mark;
use super::node::{planned, replace_mark};
use super::outputs;
use super::recovery;
use super::sight::{self, Nothing};
use super::summary::{self, is_done};
use crate::goal::Goal;
use crate::model::identity::Instance;
use crate::plan::document::{Action, Node, Plan, PlannedProvider, Unswept};
use std::collections::BTreeSet;

/// The plan as text, ending in a newline. Hints about what to type next are the caller's: they are not the plan.
pub fn plan(plan: &Plan, dress: Dress) -> String {
    let mut all = providers(plan, dress.style);
    all.extend(recovery::head(plan, dress));
    all.extend(narrowed(&plan.goal, dress.width));
    if plan.nodes.is_empty() && plan.held_back.is_empty() {
        all.extend(nothing(plan, dress));
    } else {
        all.extend(actions(plan, dress));
        all.extend(stopped(plan, dress));
        all.extend(summary::lines(plan, dress.style));
        all.extend(outputs::changes(&plan.outputs, dress.style));
    }
    all.extend(warnings(plan, dress));
    all.push(String::new());
    all.join("\n")
}

/// One line per provider: context and server, and which cluster that is (R21).
pub(crate) fn providers(plan: &Plan, style: Style) -> Vec<String> {
    let mut all: Vec<String> = plan
        .providers
        .iter()
        .map(|(name, provider)| {
            format!(
                "{} {}",
                style.paint(Role::Strong, &format!("Provider {name}:")),
                place(provider)
            )
        })
        .collect();
    if !all.is_empty() {
        all.push(String::new());
    }
    all
}

/// Which server and cluster a provider is, as the end of a sentence.
pub(crate) fn place(provider: &PlannedProvider) -> String {
    let title = clean(&provider.title);
    match &provider.instance {
        Instance::Known { kube_system_uid } => {
            format!("{title}, cluster {}", clean(kube_system_uid))
        }
        Instance::MadeBy(address) => {
            format!("the cluster that {address} makes; nothing was asked of it")
        }
        Instance::Lost {
            identity: Some(uid),
            ..
        } => format!(
            "lost, last known as cluster {}; nothing was asked of it",
            clean(uid)
        ),
        Instance::Lost { identity: None, .. } => {
            "lost, and no record says which cluster it was; nothing was asked of it".to_owned()
        }
        Instance::Store => title,
        // Why, and what to do, is said once, with what it blocks.
        Instance::Unknown { .. } if title.is_empty() => "not reached".to_owned(),
        Instance::Unknown { .. } => format!("{title}, not reached"),
    }
}

fn narrowed(goal: &Goal, width: Option<usize>) -> Vec<String> {
    let list = |flag: &str, addresses: &[crate::model::address::Target]| {
        addresses
            .iter()
            .map(|address| format!("-{flag}={address}"))
            .collect::<Vec<_>>()
    };
    let words: Vec<String> = list("target", &goal.target)
        .into_iter()
        .chain(list("exclude", &goal.exclude))
        .collect();
    if words.is_empty() {
        return Vec::new();
    }
    let sentence = format!(
        "Narrowed by {}: the rest was not compared and is left as it is, and orphans are not deleted.",
        words.join(" ")
    );
    let mut all = wrap(&sentence, width);
    all.push(String::new());
    all
}

fn nothing(plan: &Plan, dress: Dress) -> Vec<String> {
    let Nothing {
        head,
        sentence,
        detail,
    } = sight::nothing(plan);
    let first = match head {
        Some(head) => format!("{} {sentence}", dress.style.paint(Role::Good, head)),
        None => dress.style.paint(Role::Error, sentence),
    };
    let mut all = vec![first, String::new()];
    all.extend(wrap(detail, dress.width));
    all.extend(blind(plan, dress));
    all
}

/// Providers of which nothing was seen, under their heading.
fn blind(plan: &Plan, dress: Dress) -> Vec<String> {
    let mut all = sight::unreached(plan, dress);
    if !all.is_empty() {
        all.pop();
        all.splice(
            0..0,
            [
                String::new(),
                "Not reached, so this plan cannot be applied:".to_owned(),
                String::new(),
            ],
        );
    }
    all
}

fn actions(plan: &Plan, dress: Dress) -> Vec<String> {
    let done: Vec<&Node> = plan.nodes.iter().filter(|node| is_done(node)).collect();
    if done.is_empty() {
        return Vec::new();
    }
    let mut all = legend(&done, dress.style);
    all.extend([
        format!(
            "{} will perform the following actions:",
            dress.speaker.name()
        ),
        String::new(),
    ]);
    for node in done {
        all.extend(planned(node, dress));
        all.push(String::new());
    }
    all
}

/// The symbols in use, and only those.
fn legend(nodes: &[&Node], style: Style) -> Vec<String> {
    let marks: BTreeSet<(Mark, &str)> = nodes
        .iter()
        .filter_map(|node| match node.action {
            Action::Create => Some((Mark::Add, "create")),
            Action::Update if !node.is_same() => Some((Mark::Change, "update in-place")),
            Action::Delete => Some((Mark::Remove, "destroy")),
            Action::Forget => Some((Mark::Release, "release: the object stays, without our mark")),
            Action::Replace => Some(replacing(node)),
            Action::Update | Action::NoOp => None,
        })
        .collect();
    if marks.is_empty() {
        return Vec::new();
    }
    let mut all = vec!["Resource actions are indicated with the following symbols:".to_owned()];
    all.extend(
        marks
            .iter()
            .map(|(mark, words)| format!("{} {words}", mark.in_margin(style))),
    );
    all.push(String::new());
    all
}

fn replacing(node: &Node) -> (Mark, &'static str) {
    let mark = replace_mark(node);
    let words = match mark {
        Mark::CreateThenRelease => "create replacement and then release what it replaces",
        Mark::RemoveThenCreate => "destroy and then create replacement",
        Mark::ReleaseThenCreate => "release and then create replacement",
        Mark::CreateThenRemove
        | Mark::Add
        | Mark::Change
        | Mark::Remove
        | Mark::Release
        | Mark::Keep => "create replacement and then destroy",
    };
    (mark, words)
}

/// What is blocked, then what is held back, each under its heading.
fn stopped(plan: &Plan, dress: Dress) -> Vec<String> {
    let mut all: Vec<String> = blind(plan, dress).into_iter().skip(1).collect();
    if !all.is_empty() {
        all.push(String::new());
    }
    let stuck: Vec<&Node> = plan.stuck().collect();
    if !stuck.is_empty() {
        all.extend([
            "Blocked, so this plan cannot be applied:".to_owned(),
            String::new(),
        ]);
    }
    for node in stuck {
        all.extend(blocked(node, dress));
        all.push(String::new());
    }
    if !plan.held_back.is_empty() {
        all.extend([
            "Held back, so this plan does not do it:".to_owned(),
            String::new(),
        ]);
    }
    for held in &plan.held_back {
        all.extend(held_back(held, plan.goal.mode, dress));
        all.push(String::new());
    }
    all
}

/// Findings, and where orphans could not be looked for. Each block begins with `Warning:`, because tools that compare
/// plans leave out everything from there on.
pub(crate) fn warnings(plan: &Plan, dress: Dress) -> Vec<String> {
    let mut all = Vec::new();
    for similar in findings::groups(&plan.findings) {
        all.extend(warning(&findings::heading(&similar), dress.style));
        let width = dress.width.map(|width| width.saturating_sub(2));
        for text in findings::texts(&similar) {
            all.extend(wrap(&text, width).iter().map(|line| format!("  {line}")));
        }
    }
    // A provider of which nothing was seen has its own heading.
    let unswept: Vec<&Unswept> = plan
        .unswept
        .iter()
        .filter(|place| !(place.hides() && place.resource.is_none()))
        .collect();
    if !unswept.is_empty() {
        all.extend(warning("Not swept for orphans", dress.style));
        all.extend(unswept.iter().map(|place| {
            let reason = clean(&place.reason).replace('\n', " ");
            format!("  {}: {reason}", place.place())
        }));
    }
    all
}

fn warning(summary: &str, style: Style) -> Vec<String> {
    vec![
        String::new(),
        format!(
            "{} {}",
            style.paint(Role::Warning, "Warning:"),
            clean(summary)
        ),
    ]
}

/// Why a command did not do what it should: `Error: SUMMARY`, an empty line, the detail; ends in a newline.
pub fn trouble(summary: &str, detail: &str, dress: Dress) -> String {
    let head = format!(
        "{} {}",
        dress.style.paint(Role::Error, "Error:"),
        clean(summary)
    );
    if detail.is_empty() {
        return format!("{head}\n");
    }
    format!(
        "{head}\n\n{}\n",
        wrap(&clean(detail), dress.width).join("\n")
    )
}
