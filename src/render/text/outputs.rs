//! Outputs. There is no state (DESIGN: a state file is one more thing to lose), so what an output was before is not
//! known: a plan shows those that are only known after apply, apply shows all.

use super::super::style::Style;
use super::super::view::{Sensitive, View};
use super::layout::Mark;
use super::literal;
use super::value::{self, Assignment, assigned};
use crate::plan::document::PlannedOutput;
use std::collections::{BTreeMap, BTreeSet};
use unicode_width::UnicodeWidthStr;

/// `Changes to Outputs:`; empty where all are known.
pub(crate) fn changes(outputs: &BTreeMap<String, PlannedOutput>, style: Style) -> Vec<String> {
    let mut all = lines(outputs, style);
    if !all.is_empty() {
        all.splice(0..0, [String::new(), "Changes to Outputs:".to_owned()]);
    }
    all
}

/// Outputs that are known after apply.
pub(crate) fn lines(outputs: &BTreeMap<String, PlannedOutput>, style: Style) -> Vec<String> {
    let open: BTreeMap<&String, &PlannedOutput> = outputs
        .iter()
        .filter(|(_, output)| output.value.known().is_none())
        .collect();
    let mut all = Vec::new();
    let width = open.keys().map(|name| name.width()).max().unwrap_or(0);
    for (name, output) in open {
        let value = value::lines(&view(output), Mark::Add, 2, style);
        all.extend(assigned(
            &Assignment {
                mark: Mark::Add,
                indent: 2,
                name,
                width,
            },
            value,
            style,
        ));
    }
    all
}

/// `Outputs:` at the end of an apply, ending in a newline; empty without outputs. Holes must have been filled in before.
pub fn outputs(outputs: &BTreeMap<String, PlannedOutput>) -> String {
    if outputs.is_empty() {
        return String::new();
    }
    let mut all = vec!["Outputs:".to_owned(), String::new()];
    for (name, output) in outputs {
        let value = match output.sensitive {
            true => vec!["<sensitive>".to_owned()],
            false => literal::lines(&view(output), 0),
        };
        all.push(format!("{name} = {}", value.join("\n")));
    }
    all.push(String::new());
    all.join("\n")
}

fn view(output: &PlannedOutput) -> View<'_> {
    let nothing = BTreeSet::new();
    match output.sensitive {
        true => View::Hidden,
        false => View::of_expr(&output.value, &mut Vec::new(), Sensitive::new(&nothing)),
    }
}
