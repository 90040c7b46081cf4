//! `for` expressions, and what can be looped over.

use super::{Evaluated, Evaluator, Failed, Scope};
use crate::diag::{Diagnostic, Span};
use crate::lang::syntax::{For, Grouping};
use crate::model::number::Number;
use crate::model::value::{Data, Members, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

impl Evaluator<'_> {
    /// Key and value of each element of a collection.
    pub(in crate::lang) fn elements(
        &mut self,
        collection: &Value,
        span: Span,
        what: &str,
    ) -> Result<Vec<(Value, Value)>, Failed> {
        self.known(collection, span, what)?;
        let elements: Vec<(Value, Value)> = match &collection.data {
            Data::List(sequence) => {
                let numbered =
                    |(at, item): (usize, &Value)| (Number::from(at as u64).into(), item.clone());
                sequence.items.iter().enumerate().map(numbered).collect()
            }
            Data::Set(sequence) => sequence
                .items
                .iter()
                .map(|item| (item.clone(), item.clone()))
                .collect(),
            Data::Object(object) => object
                .members
                .iter()
                .map(|(key, value)| (Data::Text(key.clone()).into(), value.clone()))
                .collect(),
            Data::Null | Data::Unknown(_) | Data::Bool(_) | Data::Number(_) | Data::Text(_) => {
                let detail = format!(
                    "{what} needs a list, set or map, this is {}",
                    collection.title()
                );
                return self.fail(
                    Diagnostic::error("not-a-collection", "Not a collection", detail).at(span),
                );
            }
        };
        self.charge(elements.len() as u64, span)?;
        if collection.sensitive {
            return Ok(elements
                .into_iter()
                .map(|(key, value)| (key.marked(true), value.marked(true)))
                .collect());
        }
        Ok(elements)
    }

    pub(super) fn for_expression(
        &mut self,
        loop_: &For,
        span: Span,
        scope: &Scope<'_>,
    ) -> Evaluated {
        let collection = self.evaluate(&loop_.collection, scope)?;
        let elements = self.elements(&collection, loop_.collection.span, "`for`")?;
        let mut results = Results::new(loop_, collection.sensitive);
        for (key, value) in elements {
            self.step(span)?;
            match &loop_.key_name {
                Some(name) => {
                    let names = [(loop_.value_name.clone(), value), (name.clone(), key)];
                    self.one_result(&mut results, &scope.inner(&names))?;
                }
                None => {
                    let names = [(loop_.value_name.clone(), value)];
                    self.one_result(&mut results, &scope.inner(&names))?;
                }
            }
        }
        Ok(results.finish())
    }

    fn one_result(&mut self, results: &mut Results<'_>, scope: &Scope<'_>) -> Result<(), Failed> {
        if let Some(condition) = &results.loop_.condition {
            let value = self.evaluate(condition, scope)?;
            let holds = self.truth(&value, condition.span, "the condition of `for`")?;
            results.sensitive |= value.sensitive;
            if !holds {
                return Ok(());
            }
        }
        let Some(key) = &results.loop_.key else {
            let value = self.evaluate(&results.loop_.value, scope)?;
            results.items.push(value);
            return Ok(());
        };
        let key_value = self.evaluate(key, scope)?;
        let (name, sensitive) = self.key(&key_value, key.span)?;
        results.sensitive |= sensitive;
        let value = self.evaluate(&results.loop_.value, scope)?;
        match results.loop_.grouping {
            Grouping::Collect => results.groups.entry(name).or_default().push(value),
            Grouping::Unique => {
                if results.members.insert(name.clone(), value).is_some() {
                    let detail = format!(
                        "two elements have the key {}",
                        crate::model::text::quote(&name)
                    );
                    let diagnostic = Diagnostic::error("duplicate-key", "Duplicate key", detail)
                        .at(key.span)
                        .hint("`...` after the value collects the values of one key into a list");
                    return self.fail(diagnostic);
                }
            }
        }
        Ok(())
    }
}

struct Results<'l> {
    loop_: &'l For,
    sensitive: bool,
    items: Vec<Value>,
    members: Members,
    groups: BTreeMap<Arc<str>, Vec<Value>>,
}

impl<'l> Results<'l> {
    fn new(loop_: &'l For, sensitive: bool) -> Self {
        Self {
            loop_,
            sensitive,
            items: Vec::new(),
            members: Members::new(),
            groups: BTreeMap::new(),
        }
    }

    fn finish(self) -> Value {
        let value = match (&self.loop_.key, self.loop_.grouping) {
            (None, _) => Value::list(self.items),
            (Some(_), Grouping::Unique) => Value::object(self.members),
            (Some(_), Grouping::Collect) => Value::object(
                self.groups
                    .into_iter()
                    .map(|(key, values)| (key, Value::list(values)))
                    .collect(),
            ),
        };
        value.marked(self.sensitive)
    }
}
