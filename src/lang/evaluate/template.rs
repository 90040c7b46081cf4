//! Templates: parts joined to a text, and `templatefile`. A part that is known only later makes a text that is joined
//! at apply.

use super::{Evaluated, Evaluator, Failed, Scope};
use crate::diag::{Diagnostic, FileId, Span};
use crate::lang::syntax::{Call, Part, Spread, TemplateFor, TemplateIf};
use crate::lang::{coerce, limits, parse};
use crate::model::expression::{Expr, HoleType};
use crate::model::value::{Data, Value};
use std::sync::Arc;

/// A file of `templatefile`.
pub struct Template {
    file: FileId,
    parts: Vec<Part>,
    /// What a use of it costs.
    weight: u64,
}

/// The first argument of a function of templates.
struct Given {
    text: Arc<str>,
    sensitive: bool,
}

/// A text in the making.
#[derive(Default)]
struct Joined {
    parts: Vec<Expr>,
    text: String,
    sensitive: bool,
}

impl Joined {
    fn later(&mut self, expression: Expr) {
        self.flush();
        match expression {
            Expr::Concat(mut parts) => self.parts.append(&mut parts),
            other @ (Expr::Value(_)
            | Expr::Object(_)
            | Expr::List(_)
            | Expr::Hole(_)
            | Expr::Secret(_)
            | Expr::Call { .. }) => {
                self.parts.push(other);
            }
        }
    }

    fn flush(&mut self) {
        if !self.text.is_empty() {
            self.parts
                .push(Expr::Value(std::mem::take(&mut self.text).into()));
        }
    }

    fn finish(mut self) -> Value {
        if self.parts.is_empty() {
            return Value::from(self.text).marked(self.sensitive);
        }
        self.flush();
        Value::unknown(Expr::Concat(self.parts), HoleType::String).marked(self.sensitive)
    }
}

impl Evaluator<'_> {
    pub(super) fn template(&mut self, parts: &[Part], span: Span, scope: &Scope<'_>) -> Evaluated {
        // "${x}" alone is x, whatever its type: an old habit of Terraform's users.
        if let [Part::Value(expression)] = parts {
            return self.evaluate(expression, scope);
        }
        let mut joined = Joined::default();
        self.parts(parts, span, scope, &mut joined)?;
        Ok(joined.finish())
    }

    fn parts(
        &mut self,
        parts: &[Part],
        span: Span,
        scope: &Scope<'_>,
        joined: &mut Joined,
    ) -> Result<(), Failed> {
        for part in parts {
            match part {
                Part::Text(text) => {
                    self.charge(1 + text.len() as u64 / 16, span)?;
                    joined.text.push_str(text);
                }
                Part::Value(expression) => {
                    let value = self.evaluate(expression, scope)?;
                    self.interpolate(&value, expression.span, joined)?;
                }
                Part::If(part) => self.template_if(part, span, scope, joined)?,
                Part::For(part) => self.template_for(part, span, scope, joined)?,
            }
        }
        Ok(())
    }

    fn interpolate(
        &mut self,
        value: &Value,
        span: Span,
        joined: &mut Joined,
    ) -> Result<(), Failed> {
        joined.sensitive |= value.sensitive;
        if let Data::Unknown(unknown) = &value.data {
            joined.later(unknown.expression.clone());
            return self.charge(joined.parts.len() as u64, span);
        }
        match coerce::text(value) {
            Some(text) => {
                self.charge(1 + text.len() as u64 / 16, span)?;
                joined.text.push_str(&text);
                Ok(())
            }
            None => {
                let detail = format!(
                    "only a string, number or bool can be put into a text, this is {}",
                    value.title()
                );
                let diagnostic =
                    Diagnostic::error("invalid-interpolation", "Invalid interpolation", detail)
                        .at(span);
                let diagnostic = if value.is_null() {
                    diagnostic.hint("coalesce(x, \"\") stands in for null")
                } else {
                    diagnostic.hint("`join` or `jsonencode` make a text of it")
                };
                self.fail(diagnostic)
            }
        }
    }

    fn template_if(
        &mut self,
        part: &TemplateIf,
        span: Span,
        scope: &Scope<'_>,
        joined: &mut Joined,
    ) -> Result<(), Failed> {
        let condition = self.evaluate(&part.condition, scope)?;
        joined.sensitive |= condition.sensitive;
        let holds = self.truth(
            &condition,
            part.condition.span,
            "the condition of `%{ if }`",
        )?;
        self.parts(
            if holds { &part.then } else { &part.otherwise },
            span,
            scope,
            joined,
        )
    }

    fn template_for(
        &mut self,
        part: &TemplateFor,
        span: Span,
        scope: &Scope<'_>,
        joined: &mut Joined,
    ) -> Result<(), Failed> {
        let collection = self.evaluate(&part.collection, scope)?;
        joined.sensitive |= collection.sensitive;
        for (key, value) in self.elements(&collection, part.collection.span, "`%{ for }`")? {
            self.step(part.collection.span)?;
            let mut names: Vec<(Arc<str>, Value)> = vec![(part.value_name.clone(), value)];
            if let Some(name) = &part.key_name {
                names.push((name.clone(), key));
            }
            self.parts(&part.body, span, &scope.inner(&names), joined)?;
        }
        Ok(())
    }

    /// `templatefile(path, variables)`.
    pub(super) fn template_file(
        &mut self,
        call: &Call,
        span: Span,
        scope: &Scope<'_>,
    ) -> Evaluated {
        let what = "`templatefile` takes a path and an object of variables";
        let (path, variables) = self.template_arguments(call, (span, what), scope)?;
        let place = call.arguments.first().map_or(span, |path| path.span);
        let template = self.read_template(&path.text, place)?;
        self.filled(&template, &variables, path.sensitive, span)
    }

    /// `templatestring(text, variables)`. What is wrong with a sensitive text is not shown beside it.
    pub(super) fn template_string(
        &mut self,
        call: &Call,
        span: Span,
        scope: &Scope<'_>,
    ) -> Evaluated {
        let what = "`templatestring` takes a text and an object of variables";
        let (given, variables) = self.template_arguments(call, (span, what), scope)?;
        // Each use is parsed: a text is no file that many share.
        self.charge(16 + given.text.len() as u64 / 4, span)?;
        let before = self.diagnostics.len();
        let result = self
            .parsed_template("templatestring", given.text)
            .and_then(|template| self.filled(&template, &variables, given.sensitive, span));
        if result.is_err() && given.sensitive && !self.exhausted() {
            self.diagnostics.truncate(before);
            let detail = "templatestring: the text is no template that these variables fill";
            return self.fail(
                Diagnostic::error("invalid-argument", "Invalid function argument", detail).at(span),
            );
        }
        result
    }

    /// A text and an object.
    fn template_arguments(
        &mut self,
        call: &Call,
        (span, what): (Span, &str),
        scope: &Scope<'_>,
    ) -> Result<(Given, Value), Failed> {
        let ([text, variables], Spread::None) = (call.arguments.as_slice(), call.spread) else {
            return self.fail(
                Diagnostic::error("wrong-arguments", "Wrong number of arguments", what).at(span),
            );
        };
        let function = format!("the function `{}`", call.name.text);
        let text_value = self.evaluate(text, scope)?;
        let value = self.evaluate(variables, scope)?;
        self.known(&text_value, text.span, &function)?;
        self.known(&value, variables.span, &function)?;
        match (coerce::text(&text_value), value.as_members()) {
            (Some(text), Some(_)) => {
                let sensitive = text_value.sensitive;
                Ok((Given { text, sensitive }, value))
            }
            (_, _) => self.fail(
                Diagnostic::error("invalid-argument", "Invalid function argument", what).at(span),
            ),
        }
    }

    /// A template with its names bound.
    fn filled(
        &mut self,
        template: &Template,
        variables: &Value,
        sensitive: bool,
        span: Span,
    ) -> Evaluated {
        if self.template_calls >= limits::TEMPLATE_CALLS {
            let detail = format!(
                "templates may call templates at most {} levels deep",
                limits::TEMPLATE_CALLS
            );
            return self.fail(Diagnostic::error("too-deep", "Nested too deep", detail).at(span));
        }
        self.charge(1 + template.weight, span)?;
        let members = variables.as_members().into_iter().flatten();
        let names: Vec<(Arc<str>, Value)> = members
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let whole = Span {
            file: template.file,
            start: 0,
            end: 0,
        };
        self.template_calls += 1;
        let result = self.template(&template.parts, whole, &Scope::sealed(&names));
        self.template_calls -= 1;
        result.map(|value| value.marked(variables.sensitive || sensitive))
    }

    /// Reads a template once, however often it is used.
    fn read_template(&mut self, name: &Arc<str>, span: Span) -> Result<Arc<Template>, Failed> {
        if let Some(template) = self.templates.get(name) {
            return Ok(template.clone());
        }
        let text = match self
            .sources
            .read(name, limits::FILE_BYTES)
            .map(String::from_utf8)
        {
            Ok(Ok(text)) => text,
            Ok(Err(_)) => return self.unreadable(name, "it is not UTF-8", span),
            Err(error) => return self.unreadable(name, &error.to_string(), span),
        };
        self.charge(1 + text.len() as u64 / 16, span)?;
        let template = self.parsed_template(name, text.into())?;
        self.templates.insert(name.clone(), template.clone());
        Ok(template)
    }

    /// A text as a template; `name` is shown where it is wrong.
    fn parsed_template(&mut self, name: &str, text: Arc<str>) -> Result<Arc<Template>, Failed> {
        // Editors of Windows put a mark before the first character, which is none of the text.
        let text = match text.strip_prefix('\u{feff}') {
            Some(rest) => rest.into(),
            None => text,
        };
        let file = self.texts.add(name.to_owned(), text.clone());
        let parts = parse::template(&text, file, &mut self.diagnostics).ok_or(Failed)?;
        let weight = text.len() as u64 / 64;
        Ok(Arc::new(Template {
            file,
            parts,
            weight,
        }))
    }

    fn unreadable<T>(&mut self, name: &str, reason: &str, span: Span) -> Result<T, Failed> {
        let detail = format!("{name} cannot be read: {reason}");
        self.fail(Diagnostic::error("unreadable-file", "Unreadable file", detail).at(span))
    }
}
