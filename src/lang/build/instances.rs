//! `for_each` and `count` of resources and modules: how many instances there are, and what is bound in each.

use super::Builder;
use crate::diag::{Diagnostic, Span};
use crate::lang::coerce;
use crate::lang::evaluate::Failed;
use crate::lang::evaluate::scope::Scope;
use crate::lang::limits;
use crate::lang::module::Repeat;
use crate::lang::syntax::Expression;
use crate::model::address::InstanceKey;
use crate::model::number;
use crate::model::value::{Data, Members, Value};
use std::sync::Arc;

/// One instance to be made: its key, and what `each` or `count` is in it.
pub(super) struct Instance {
    pub(super) key: Option<InstanceKey>,
    pub(super) names: Vec<(Arc<str>, Value)>,
}

impl Builder<'_, '_, '_> {
    /// The instances that a resource or module has, in order.
    pub(super) fn instances(&mut self, repeat: &Repeat) -> Result<Vec<Instance>, Failed> {
        match repeat {
            Repeat::Once => Ok(vec![Instance {
                key: None,
                names: Vec::new(),
            }]),
            Repeat::Count(expression) => self.counted(expression),
            Repeat::ForEach(expression) => self.each(expression),
        }
    }

    fn counted(&mut self, expression: &Expression) -> Result<Vec<Instance>, Failed> {
        let span = expression.span;
        let value = self.evaluator.whole(expression, &Scope::CONFIGURATION)?;
        self.evaluator.known(&value, span, "`count`")?;
        self.not_sensitive(&value, span, "count")?;
        let count = coerce::number(&value).and_then(|number| number::to_integer(&number));
        let count = count.and_then(|count| u64::try_from(count).ok());
        let Some(count) = count else {
            let detail = if matches!(value.data, Data::Number(_)) {
                "`count` is a whole number, zero or more".to_owned()
            } else {
                format!("`count` is a whole number, this is {}", value.title())
            };
            return self
                .evaluator
                .fail(Diagnostic::error("invalid-count", "Invalid count", detail).at(span));
        };
        self.not_too_many(usize::try_from(count).unwrap_or(usize::MAX), span)?;
        let name: Arc<str> = "count".into();
        let index: Arc<str> = "index".into();
        let one = |at: u64| {
            let number = number::Number::from(at).into();
            let value = Value::object(Members::from([(index.clone(), number)]));
            Instance {
                key: Some(InstanceKey::Index(at)),
                names: vec![(name.clone(), value)],
            }
        };
        Ok((0..count).map(one).collect())
    }

    fn each(&mut self, expression: &Expression) -> Result<Vec<Instance>, Failed> {
        let span = expression.span;
        let value = self.evaluator.whole(expression, &Scope::CONFIGURATION)?;
        self.evaluator.known(&value, span, "`for_each`")?;
        self.not_sensitive(&value, span, "for_each")?;
        let elements: Vec<(Arc<str>, Value)> = match &value.data {
            Data::Object(object) => object
                .members
                .iter()
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect(),
            Data::Set(sequence) => {
                for item in &sequence.items {
                    self.evaluator.known(item, span, "a key of `for_each`")?;
                    self.not_sensitive(item, span, "for_each")?;
                }
                let text = |item: &Value| item.as_text().map(|text| (text.clone(), item.clone()));
                match sequence.items.iter().map(text).collect::<Option<Vec<_>>>() {
                    Some(elements) => elements,
                    None => {
                        let detail =
                            "`for_each` takes a set of strings, this set holds something else";
                        let diagnostic =
                            Diagnostic::error("invalid-for-each", "Invalid for_each", detail);
                        return self.evaluator.fail(diagnostic.at(span));
                    }
                }
            }
            Data::List(_) => {
                let detail = "`for_each` takes a map or a set of strings, this is a list";
                let diagnostic =
                    Diagnostic::error("invalid-for-each", "Invalid for_each", detail).at(span);
                return self
                    .evaluator
                    .fail(diagnostic.hint("`toset(...)` makes a set of a list of strings"));
            }
            Data::Null | Data::Unknown(_) | Data::Bool(_) | Data::Number(_) | Data::Text(_) => {
                let detail = format!(
                    "`for_each` takes a map or a set of strings, this is {}",
                    value.title()
                );
                let diagnostic =
                    Diagnostic::error("invalid-for-each", "Invalid for_each", detail).at(span);
                return self.evaluator.fail(diagnostic);
            }
        };
        self.not_too_many(elements.len(), span)?;
        let names: [Arc<str>; 3] = ["each".into(), "key".into(), "value".into()];
        let [each, key_name, value_name] = &names;
        let one = |(key, value): (Arc<str>, Value)| {
            let instance = InstanceKey::Name(key.to_string());
            let members = [
                (key_name.clone(), Data::Text(key).into()),
                (value_name.clone(), value),
            ];
            Instance {
                key: Some(instance),
                names: vec![(each.clone(), Value::object(Members::from(members)))],
            }
        };
        Ok(elements.into_iter().map(one).collect())
    }

    /// Keys and numbers of instances stand in addresses, which are shown everywhere.
    fn not_sensitive(&mut self, value: &Value, span: Span, argument: &str) -> Result<(), Failed> {
        if !value.sensitive {
            return Ok(());
        }
        let detail = format!("`{argument}` is shown in addresses, and this value is sensitive");
        let diagnostic = Diagnostic::error("sensitive-value", "Sensitive value", detail).at(span);
        self.evaluator
            .fail(diagnostic.hint("if its keys are none, take the mark away with `nonsensitive`"))
    }

    fn not_too_many(&mut self, count: usize, span: Span) -> Result<(), Failed> {
        if count <= limits::INSTANCES {
            return Ok(());
        }
        let detail = format!(
            "a resource or module has at most {} instances, these are {count}",
            limits::INSTANCES
        );
        self.evaluator
            .fail(Diagnostic::error("too-many-instances", "Too many instances", detail).at(span))
    }
}
