//! A body whose arguments have found their fields, evaluated: as a closed expression for the plan, and as the value
//! that other expressions see, with a hole for each attribute that is known after apply (R30).

use super::stored::stored;
use crate::diag::{Diagnostic, Patch, Span, suggest};
use crate::lang::check::dynamic::DynamicPlan;
use crate::lang::check::shape::{BodyPlan, NestedPlan, inner_fields};
use crate::lang::evaluate::scope::Scope;
use crate::lang::evaluate::{Evaluated, Evaluator, Failed, first_unknown, unknown_name};
use crate::lang::limits;
use crate::lang::syntax::Expression;
use crate::lang::types::{self, Type};
use crate::model::address::Address;
use crate::model::expression::{Expr, Hole, HoleSource, HoleType};
use crate::model::number;
use crate::model::schema::{Field, Literal, Presence, Shape, Values};
use crate::model::text::quote;
use crate::model::value::{Data, Members, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What became of a body.
#[derive(Default)]
pub struct Decoded {
    /// Its known attributes.
    pub members: BTreeMap<String, Expr>,
    /// What others see of it; empty where nobody looks.
    pub visible: Members,
    /// Attributes made of sensitive values.
    pub sensitive: BTreeSet<Vec<String>>,
    /// Where the values stand.
    pub spans: BTreeMap<String, Span>,
    /// Whether an attribute could not be had.
    pub failed: bool,
}

impl Decoded {
    /// The body as one expression.
    pub fn into_expr(self) -> Expr {
        Expr::object(self.members)
    }
}

/// Whose body it is, as far as others look at it.
#[derive(Clone, Copy)]
pub enum Seen<'a> {
    /// Nobody looks.
    ByNobody,
    /// Others see it as this resource.
    As(&'a Address),
}

/// Evaluates a body.
pub fn body(
    evaluator: &mut Evaluator<'_>,
    plan: &BodyPlan<'_>,
    scope: &Scope<'_>,
    seen: Seen<'_>,
) -> Decoded {
    let mut decoder = Decoder {
        evaluator,
        seen,
        names: Vec::new(),
        way: String::new(),
        whole: Decoded::default(),
    };
    let (members, visible) = decoder.body(plan, scope);
    Decoded {
        members,
        visible,
        ..decoder.whole
    }
}

struct Decoder<'d, 'e> {
    evaluator: &'d mut Evaluator<'e>,
    seen: Seen<'d>,
    /// Member names on the way here.
    names: Vec<String>,
    /// The same as written in a reference: `metadata[0].`.
    way: String,
    whole: Decoded,
}

/// Nested blocks of one name.
#[derive(Default)]
struct Made {
    expressions: Vec<Expr>,
    values: Vec<Value>,
}

impl Decoder<'_, '_> {
    fn body(
        &mut self,
        plan: &BodyPlan<'_>,
        scope: &Scope<'_>,
    ) -> (BTreeMap<String, Expr>, Members) {
        let mut members = BTreeMap::new();
        let mut visible = Members::new();
        for (field, attribute) in &plan.arguments {
            self.names.push(field.name.to_owned());
            let span = attribute.value.span;
            self.whole.spans.entry(self.names.join(".")).or_insert(span);
            match self.attribute(field, &attribute.value, scope) {
                Ok(value) if value.is_null() => {}
                Ok(value) => {
                    if value.shape().sensitive {
                        self.whole.sensitive.insert(self.names.clone());
                    }
                    members.insert(field.name.to_owned(), value.to_expr());
                    if let Seen::As(_) = self.seen {
                        visible.insert(field.name.into(), value);
                    }
                }
                Err(Failed) => {
                    self.whole.failed = true;
                    members.insert(field.name.to_owned(), not_had());
                }
            }
            self.names.pop();
        }
        for (field, blocks) in &plan.blocks {
            let Made {
                expressions,
                values,
            } = self.blocks(field, blocks, scope);
            // A `dynamic` without elements declares nothing, as if it were not there.
            if expressions.is_empty() {
                continue;
            }
            members.insert(field.name.to_owned(), Expr::list(expressions));
            if let Seen::As(_) = self.seen {
                visible.insert(field.name.into(), Value::list(values));
            }
        }
        self.undeclared(plan, &mut members, &mut visible);
        (members, visible)
    }

    /// The value of an argument as its field takes it.
    fn attribute(
        &mut self,
        field: &Field,
        expression: &Expression,
        scope: &Scope<'_>,
    ) -> Evaluated {
        let span = expression.span;
        let value = self.evaluator.whole(expression, scope)?;
        let value = match self.argument(field, &value, span) {
            Ok(value) => value,
            Err(diagnostic) => return self.evaluator.fail(diagnostic.at(span)),
        };
        stored(self.evaluator, &value, span)?;
        Ok(value)
    }

    fn blocks(&mut self, field: &Field, blocks: &[NestedPlan<'_>], scope: &Scope<'_>) -> Made {
        self.names.push(field.name.to_owned());
        let mut made = Made::default();
        for block in blocks {
            match block {
                NestedPlan::Written(plan) => self.block(field, plan, scope, &mut made),
                NestedPlan::Dynamic(dynamic) => {
                    let done = self
                        .dynamic(field, dynamic, scope, &mut made)
                        .and_then(|()| self.right_number(field, dynamic.header, &made));
                    self.whole.failed |= done.is_err();
                }
            }
        }
        self.names.pop();
        made
    }

    fn block(&mut self, field: &Field, block: &BodyPlan<'_>, scope: &Scope<'_>, made: &mut Made) {
        let length = self.way.len();
        let at = made.expressions.len();
        self.way.push_str(&format!("{}[{at}].", field.name));
        let spans = &mut self.whole.spans;
        spans.entry(self.names.join(".")).or_insert(block.header);
        let (members, visible) = self.body(block, scope);
        self.way.truncate(length);
        made.expressions.push(Expr::object(members));
        made.values.push(Value::object(visible));
    }

    /// One block for each element.
    fn dynamic(
        &mut self,
        field: &Field,
        dynamic: &DynamicPlan<'_>,
        scope: &Scope<'_>,
        made: &mut Made,
    ) -> Result<(), Failed> {
        let span = dynamic.for_each.span;
        let collection = self.evaluator.whole(dynamic.for_each, scope)?;
        if collection.sensitive {
            let detail = "how many blocks there are is shown, and this value is sensitive";
            let diagnostic = Diagnostic::error("sensitive-value", "Sensitive value", detail);
            return self.evaluator.fail(
                diagnostic
                    .at(span)
                    .hint("if its keys are none, take the mark away with `nonsensitive`"),
            );
        }
        let what = format!("`for_each` of `dynamic \"{}\"`", field.name);
        let elements = self.evaluator.elements(&collection, span, &what)?;
        let weight = (elements.len() as u64).saturating_mul(limits::BLOCK_WEIGHT);
        self.evaluator.charge(weight, span)?;
        let names: [Arc<str>; 2] = ["key".into(), "value".into()];
        let [key_name, value_name] = &names;
        let before = self.evaluator.diagnostics.len();
        for (key, value) in elements {
            let members = [(key_name.clone(), key), (value_name.clone(), value)];
            let element = Value::object(Members::from(members));
            let bound = [(dynamic.iterator.clone(), element)];
            self.block(field, &dynamic.content, &scope.inner(&bound), made);
            let wrong = self.evaluator.diagnostics.len() - before;
            if wrong >= limits::WRONG_INSTANCES || self.evaluator.exhausted() {
                return Err(Failed);
            }
        }
        Ok(())
    }

    /// Only now it shows how many blocks there are.
    fn right_number(&mut self, field: &Field, header: Span, made: &Made) -> Result<(), Failed> {
        let name = field.name;
        let count = made.expressions.len();
        if matches!(field.shape, Shape::Block(_)) && count > 1 {
            let detail = format!("there can be one `{name}` block, this makes {count}");
            let diagnostic = Diagnostic::error("duplicate", "Declared twice", detail);
            return self.evaluator.fail(diagnostic.at(header));
        }
        if matches!(field.presence, Presence::Required) && count == 0 {
            let detail = format!("the block `{name}` is needed, and this makes none");
            let diagnostic = Diagnostic::error("missing-argument", "Missing argument", detail);
            return self.evaluator.fail(diagnostic.at(header));
        }
        Ok(())
    }

    /// What is not declared: defaults, and what others see in place of it.
    fn undeclared(
        &mut self,
        plan: &BodyPlan<'_>,
        members: &mut BTreeMap<String, Expr>,
        visible: &mut Members,
    ) {
        for field in plan.fields {
            if let (Presence::Default(literal), false) =
                (&field.presence, members.contains_key(field.name))
            {
                members.insert(field.name.to_owned(), literal_value(*literal).to_expr());
            }
            if matches!(field.presence, Presence::Required) && !members.contains_key(field.name) {
                members.insert(field.name.to_owned(), not_had());
            }
            let Seen::As(address) = self.seen else {
                continue;
            };
            if visible.contains_key(field.name) {
                continue;
            }
            let value = match &field.presence {
                Presence::Default(literal) => literal_value(*literal),
                Presence::Computed => Value::hole(Hole {
                    source: HoleSource::Resource {
                        address: address.clone(),
                        attribute: format!("{}{}", self.way, field.name),
                    },
                    hole_type: HoleType::String,
                }),
                Presence::Required | Presence::Optional if inner_fields(field).is_some() => {
                    Value::list(Vec::new())
                }
                Presence::Required | Presence::Optional => Value::NULL,
                Presence::Rejected(_) => continue,
            };
            visible.insert(field.name.into(), value);
        }
    }

    /// The value of an argument as its field takes it; null where it is as good as not declared.
    fn argument(&self, field: &Field, value: &Value, span: Span) -> Result<Value, Diagnostic> {
        let name = field.name;
        if value.is_null() {
            return match field.presence {
                Presence::Required => {
                    let detail = format!("`{name}` is required, this is null");
                    Err(Diagnostic::error(
                        "missing-argument",
                        "Missing argument",
                        detail,
                    ))
                }
                Presence::Optional
                | Presence::Default(_)
                | Presence::Computed
                | Presence::Rejected(_) => Ok(Value::NULL),
            };
        }
        let wanted = match field.shape {
            Shape::Text | Shape::Choice(_) | Shape::Duration | Shape::Cron => Type::Text,
            Shape::Bool => Type::Bool,
            Shape::Integer => Type::Number,
            Shape::TextList => Type::List(Box::new(Type::Text)),
            Shape::TextMap => Type::Map(Box::new(Type::Text)),
            Shape::Any | Shape::Block(_) | Shape::Blocks(_) => Type::Any,
        };
        allowed(field, value)?;
        let converted = types::convert(value, &wanted).map_err(|mismatch| {
            Diagnostic::error("wrong-type", "Wrong type", format!("`{name}`: {mismatch}"))
        })?;
        fits(field, converted, span)
    }
}

/// Refuses secrets and values known only later where a field cannot take them.
fn allowed(field: &Field, value: &Value) -> Result<(), Diagnostic> {
    let shape = value.shape();
    if !shape.unknown {
        return Ok(());
    }
    let name = field.name;
    let unknown = first_unknown(value).map(|unknown| unknown_name(&unknown.expression));
    let unknown = unknown.unwrap_or_default();
    if shape.secret && field.values != Values::SecretAllowed {
        let detail =
            format!("`{name}` takes no secret, and {unknown} is one: it would be stored or shown");
        return Err(Diagnostic::error("secret-used", "Secret not allowed here", detail)
            .hint("secrets may stand in provider arguments, in the environment of a cluster's command and in `data` of a `kubernetes_secret`"));
    }
    let later = |why: &str| {
        let detail = format!("`{name}` {why}, and {unknown} is known only after apply");
        Diagnostic::error("unknown-used", "Value known only after apply", detail)
            .hint("use something static instead: a literal, a variable, or the argument that names the same thing")
    };
    if field.values == Values::Static {
        return Err(later("must be known when the plan is made"));
    }
    match field.shape {
        // What comes later is a text: a server would refuse it where it wants something else.
        Shape::Bool => Err(later("is a bool")),
        Shape::Integer => Err(later("is a number")),
        Shape::Text
        | Shape::Choice(_)
        | Shape::Duration
        | Shape::Cron
        | Shape::TextList
        | Shape::TextMap
        | Shape::Any
        | Shape::Block(_)
        | Shape::Blocks(_) => Ok(()),
    }
}

/// What the type alone does not say: choices, whole numbers, nulls inside.
fn fits(field: &Field, value: Value, span: Span) -> Result<Value, Diagnostic> {
    let name = field.name;
    let wrong = |detail: String| Diagnostic::error("wrong-type", "Wrong type", detail);
    match (&field.shape, &value.data) {
        (Shape::Choice(choices), Data::Text(text)) if !choices.contains(&text.as_ref()) => {
            let known: Vec<String> = choices.iter().map(|choice| quote(choice)).collect();
            let detail = format!("`{name}` is one of {}", known.join(", "));
            let diagnostic = Diagnostic::error("invalid-choice", "Invalid value", detail);
            let meant = choices
                .iter()
                .copied()
                .find(|choice| choice.eq_ignore_ascii_case(text));
            Err(
                match meant.or_else(|| suggest::nearest(text, choices.iter().copied())) {
                    Some(meant) => {
                        let patch = Patch {
                            span,
                            text: quote(meant),
                        };
                        diagnostic.fix(format!("did you mean {}?", quote(meant)), patch)
                    }
                    None => diagnostic,
                },
            )
        }
        (Shape::Integer, Data::Number(number)) if number::to_integer(number).is_none() => Err(
            wrong(format!("`{name}` is a whole number of at most 64 bits")),
        ),
        (Shape::TextList, Data::List(list)) => match list.items.iter().position(Value::is_null) {
            Some(at) => Err(wrong(format!("`{name}[{at}]` is null: a list has no gaps"))
                .hint("`compact` leaves nulls and empty strings out")),
            None => Ok(value),
        },
        // A key whose value is null is not declared, as an argument is not.
        (Shape::TextMap, Data::Object(object)) if object.members.values().any(Value::is_null) => {
            let members = object
                .members
                .iter()
                .filter(|(_, member)| !member.is_null());
            let members = members
                .map(|(key, member)| (key.clone(), member.clone()))
                .collect();
            Ok(Value::object(members).marked(value.sensitive))
        }
        (_, _) => Ok(value),
    }
}

/// What stands for an argument that could not be had. The kind takes it for a value that is not known yet, and so goes
/// on to look at the others.
fn not_had() -> Expr {
    Expr::Hole(Box::new(Hole {
        source: HoleSource::Run,
        hole_type: HoleType::String,
    }))
}

fn literal_value(literal: Literal) -> Value {
    match literal {
        Literal::Text(text) => text.into(),
        Literal::Bool(value) => value.into(),
        Literal::Integer(value) => value.into(),
    }
}
