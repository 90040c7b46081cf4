//! Parts of texts that other renderings put elsewhere: one resource, the words of an action, what is under a sum.

pub(crate) use super::blocked::{blocked, consent_flags, would};
pub(crate) use super::drift::{
    Standing, change_texts, held_alone, ignored_text, phrase, resource as drifted, rule_text,
    standing, sum_words,
};
pub(crate) use super::event::plural;
pub(crate) use super::node::phrased as planned;
pub(crate) use super::outputs::lines as output_changes;
pub(crate) use super::plan::place;
pub(crate) use super::summary::done_by_word;
