//! From the parser's tree to ours: spans get their file, numbers their exact value, trim markers their effect.
//! With its parts the only one beside [`super::parse`] that knows the parser.

mod texts;

use self::texts::Form;
use super::limits;
use super::syntax::{
    Attribute, Binary, BinaryOperator, Block, Body, Call, Conditional, Expression, For, Grouping,
    Name, Part, Spread, Step, StepKind, TemplateFor, TemplateIf, Term, Traversal, UnaryOperator,
};
use crate::diag::{Diagnostic, FileId, Span};
use crate::model::number::{self, NumberError};
use crate::model::value::Value;
use hcl_edit::expr as hcl;
use hcl_edit::structure as hcl_body;
use hcl_edit::template as hcl_template;
use std::ops::Range;

/// Converts trees whose spans start at `base` of `file`.
pub struct Converter<'a> {
    /// The file.
    pub file: FileId,
    /// Where the parsed piece starts in it.
    pub base: usize,
    /// The parsed piece.
    pub source: &'a str,
    /// Where mistakes go that only show now.
    pub diagnostics: &'a mut Vec<Diagnostic>,
}

impl Converter<'_> {
    fn span(&self, range: Option<Range<usize>>) -> Span {
        let range = range.unwrap_or(0..0);
        Span {
            file: self.file,
            start: self.base + range.start,
            end: self.base + range.end,
        }
    }

    /// Whether a heredoc begins with `<<-`.
    fn is_flush(&self, heredoc: Span) -> bool {
        let start = heredoc.start.saturating_sub(self.base);
        let written = self.source.get(start..).unwrap_or_default();
        written.starts_with("<<-")
    }

    fn name(&self, ident: &(impl hcl_edit::Span + AsRef<str>)) -> Name {
        Name {
            text: ident.as_ref().into(),
            span: self.span(ident.span()),
        }
    }

    /// A body.
    pub fn body(&mut self, body: &hcl_body::Body) -> Body {
        let mut converted = Body::default();
        for structure in body {
            match structure {
                hcl_body::Structure::Attribute(attribute) => {
                    let name = self.ident(&attribute.key);
                    let value = self.expression(&attribute.value);
                    converted.attributes.push(Attribute { name, value });
                }
                hcl_body::Structure::Block(block) => {
                    let block = self.block(block);
                    converted.blocks.push(block);
                }
            }
        }
        converted
    }

    fn ident(&self, ident: &hcl_edit::Decorated<hcl_edit::Ident>) -> Name {
        use hcl_edit::Span as _;
        Name {
            text: ident.as_str().into(),
            span: self.span(ident.span()),
        }
    }

    fn block(&mut self, block: &hcl_body::Block) -> Block {
        let kind = self.ident(&block.ident);
        let mut labels = Vec::new();
        for label in &block.labels {
            labels.push(match label {
                hcl_body::BlockLabel::Ident(ident) => self.ident(ident),
                hcl_body::BlockLabel::String(text) => self.name(&LabelText(text)),
            });
        }
        let end = labels.last().map_or(kind.span.end, |label| label.span.end);
        Block {
            header: Span { end, ..kind.span },
            body: self.body(&block.body),
            kind,
            labels,
        }
    }

    /// An expression.
    pub fn expression(&mut self, expression: &hcl::Expression) -> Expression {
        use hcl_edit::Span as _;
        let span = self.span(expression.span());
        let term = match expression {
            hcl::Expression::Null(_) => Term::Literal(Value::NULL),
            hcl::Expression::Bool(value) => Term::Literal((*value.value()).into()),
            hcl::Expression::Number(value) => Term::Literal(self.number(value, span)),
            hcl::Expression::String(text) => Term::Literal(text.value().as_str().into()),
            hcl::Expression::Array(items) => {
                Term::List(items.iter().map(|item| self.expression(item)).collect())
            }
            hcl::Expression::Object(members) => Term::Object(
                members
                    .iter()
                    .map(|(key, value)| (self.key(key), self.expression(value.expr())))
                    .collect(),
            ),
            hcl::Expression::StringTemplate(template) => self.text(template, Form::Quoted),
            hcl::Expression::HeredocTemplate(heredoc) => {
                let form = if self.is_flush(span) {
                    Form::Flush
                } else {
                    Form::Lines
                };
                self.text(&heredoc.template, form)
            }
            hcl::Expression::Parenthesis(inner) => {
                return Expression {
                    span,
                    ..self.expression(inner.inner())
                };
            }
            hcl::Expression::Variable(name) => Term::Variable(name.as_str().into()),
            hcl::Expression::Conditional(conditional) => Term::Conditional(Box::new(Conditional {
                condition: self.expression(&conditional.cond_expr),
                then: self.expression(&conditional.true_expr),
                otherwise: self.expression(&conditional.false_expr),
            })),
            hcl::Expression::FuncCall(call) => Term::Call(Box::new(self.call(call))),
            hcl::Expression::Traversal(traversal) => self.traversal(traversal),
            hcl::Expression::UnaryOp(unary) => {
                let operator = match unary.operator.value() {
                    hcl::UnaryOperator::Neg => UnaryOperator::Negate,
                    hcl::UnaryOperator::Not => UnaryOperator::Not,
                };
                Term::Unary(operator, Box::new(self.expression(&unary.expr)))
            }
            hcl::Expression::BinaryOp(binary) => Term::Binary(Box::new(Binary {
                operator: binary_operator(*binary.operator.value()),
                left: self.expression(&binary.lhs_expr),
                right: self.expression(&binary.rhs_expr),
            })),
            hcl::Expression::ForExpr(expression) => {
                Term::For(Box::new(self.for_expression(expression)))
            }
        };
        Expression { term, span }
    }

    fn number(&mut self, value: &hcl_edit::Formatted<hcl_edit::Number>, span: Span) -> Value {
        // What was written, not what the parser made of it: it keeps long numbers as floats.
        let written = value
            .as_repr()
            .map(|text| text.split_whitespace().collect::<String>());
        match number::parse(&written.unwrap_or_else(|| value.value().to_string())) {
            Ok(number) => number.into(),
            Err(
                error @ (NumberError::Syntax | NumberError::TooLarge | NumberError::DivisionByZero),
            ) => {
                self.diagnostics.push(
                    Diagnostic::error("invalid-number", "Invalid number", error.to_string())
                        .at(span),
                );
                Value::NULL
            }
        }
    }

    fn key(&mut self, key: &hcl::ObjectKey) -> Expression {
        use hcl_edit::Span as _;
        match key {
            hcl::ObjectKey::Ident(ident) => Expression {
                term: Term::Literal(ident.as_str().into()),
                span: self.span(ident.span()),
            },
            hcl::ObjectKey::Expression(expression) => self.expression(expression),
        }
    }

    fn call(&mut self, call: &hcl::FuncCall) -> Call {
        let mut name = self.ident(&call.name.name);
        if !call.name.namespace.is_empty() {
            let spaces: String = call
                .name
                .namespace
                .iter()
                .map(|space| format!("{}::", space.as_str()))
                .collect();
            name.text = format!("{spaces}{}", name.text).into();
        }
        Call {
            name,
            arguments: call
                .args
                .iter()
                .map(|argument| self.expression(argument))
                .collect(),
            spread: if call.args.expand_final() {
                Spread::Last
            } else {
                Spread::None
            },
        }
    }

    fn traversal(&mut self, traversal: &hcl::Traversal) -> Term {
        use hcl_edit::Span as _;
        let root = self.expression(&traversal.expr);
        let mut splats = 0;
        let mut steps = Vec::with_capacity(traversal.operators.len());
        for operator in &traversal.operators {
            let span = self.span(operator.span());
            let kind = match operator.value() {
                hcl::TraversalOperator::GetAttr(name) => StepKind::Attribute(name.as_str().into()),
                hcl::TraversalOperator::Index(index) => StepKind::Index(self.expression(index)),
                hcl::TraversalOperator::LegacyIndex(index) => {
                    let value = number::Number::from(*index.value()).into();
                    StepKind::Index(Expression {
                        term: Term::Literal(value),
                        span,
                    })
                }
                hcl::TraversalOperator::AttrSplat(_) => StepKind::AttributeSplat,
                hcl::TraversalOperator::FullSplat(_) => StepKind::FullSplat,
            };
            splats += usize::from(matches!(
                kind,
                StepKind::AttributeSplat | StepKind::FullSplat
            ));
            if splats > limits::SPLATS {
                let detail = format!("a traversal may have at most {} splats", limits::SPLATS);
                self.diagnostics
                    .push(Diagnostic::error("too-many-splats", "Too many splats", detail).at(span));
                break;
            }
            steps.push(Step { kind, span });
        }
        Term::Traversal(Box::new(Traversal { root, steps }))
    }

    fn for_expression(&mut self, expression: &hcl::ForExpr) -> For {
        For {
            key_name: expression
                .intro
                .key_var
                .as_ref()
                .map(|name| name.as_str().into()),
            value_name: expression.intro.value_var.as_str().into(),
            collection: self.expression(&expression.intro.collection_expr),
            key: expression.key_expr.as_ref().map(|key| self.expression(key)),
            value: self.expression(&expression.value_expr),
            grouping: if expression.grouping {
                Grouping::Collect
            } else {
                Grouping::Unique
            },
            condition: expression
                .cond
                .as_ref()
                .map(|condition| self.expression(&condition.expr)),
        }
    }

    /// The parts of a template, whichever way it is written: all are read by this one.
    fn template(&mut self, template: &hcl_template::Template, form: Form) -> Vec<Part> {
        let mut mistakes = Vec::new();
        let mut texts = texts::texts(template, self.source, form, &mut mistakes).into_iter();
        for mistake in mistakes {
            let span = self.span(Some(mistake.place));
            self.diagnostics
                .push(Diagnostic::error("syntax", "Syntax error", mistake.detail).at(span));
        }
        let mut parts = self.parts(template, &mut texts);
        // A text of which `~` has left nothing is still a text: beside it "${x}" is no longer x itself.
        if let ([Part::Value(_)], true) = (parts.as_slice(), template.len() > 1) {
            parts.push(Part::Text("".into()));
        }
        parts
    }

    fn text(&mut self, template: &hcl_template::Template, form: Form) -> Term {
        let parts = self.template(template, form);
        match parts.as_slice() {
            [] => Term::Literal("".into()),
            [Part::Text(text)] => Term::Literal(Value::from(text.as_ref())),
            [_] | [_, ..] => Term::Template(parts),
        }
    }

    /// The parts of a text that is a template from its first byte: a file of `templatefile`.
    pub fn file_template(&mut self, template: &hcl_template::Template) -> Vec<Part> {
        self.template(template, Form::Lines)
    }

    fn parts(
        &mut self,
        template: &hcl_template::Template,
        texts: &mut std::vec::IntoIter<String>,
    ) -> Vec<Part> {
        let mut parts = Vec::with_capacity(template.len());
        for element in template {
            match element {
                hcl_template::Element::Literal(_) => {
                    let text = texts.next().unwrap_or_default();
                    if !text.is_empty() {
                        parts.push(Part::Text(text.into()));
                    }
                }
                hcl_template::Element::Interpolation(interpolation) => {
                    let value = self.expression(&interpolation.expr);
                    parts.push(Part::Value(value));
                }
                hcl_template::Element::Directive(directive) => {
                    let part = self.directive(directive, texts);
                    parts.push(part);
                }
            }
        }
        parts
    }

    fn directive(
        &mut self,
        directive: &hcl_template::Directive,
        texts: &mut std::vec::IntoIter<String>,
    ) -> Part {
        match directive {
            hcl_template::Directive::If(directive) => Part::If(Box::new(TemplateIf {
                condition: self.expression(&directive.if_expr.cond_expr),
                then: self.parts(&directive.if_expr.template, texts),
                otherwise: match &directive.else_expr {
                    Some(otherwise) => self.parts(&otherwise.template, texts),
                    None => Vec::new(),
                },
            })),
            hcl_template::Directive::For(directive) => Part::For(Box::new(TemplateFor {
                key_name: directive
                    .for_expr
                    .key_var
                    .as_ref()
                    .map(|name| name.as_str().into()),
                value_name: directive.for_expr.value_var.as_str().into(),
                collection: self.expression(&directive.for_expr.collection_expr),
                body: self.parts(&directive.for_expr.template, texts),
            })),
        }
    }
}

struct LabelText<'a>(&'a hcl_edit::Decorated<String>);

impl AsRef<str> for LabelText<'_> {
    fn as_ref(&self) -> &str {
        self.0.value()
    }
}

impl hcl_edit::Span for LabelText<'_> {
    fn span(&self) -> Option<Range<usize>> {
        hcl_edit::Span::span(self.0)
    }
}

fn binary_operator(operator: hcl::BinaryOperator) -> BinaryOperator {
    match operator {
        hcl::BinaryOperator::Eq => BinaryOperator::Equal,
        hcl::BinaryOperator::NotEq => BinaryOperator::NotEqual,
        hcl::BinaryOperator::Less => BinaryOperator::Less,
        hcl::BinaryOperator::LessEq => BinaryOperator::LessOrEqual,
        hcl::BinaryOperator::Greater => BinaryOperator::Greater,
        hcl::BinaryOperator::GreaterEq => BinaryOperator::GreaterOrEqual,
        hcl::BinaryOperator::Plus => BinaryOperator::Add,
        hcl::BinaryOperator::Minus => BinaryOperator::Subtract,
        hcl::BinaryOperator::Mul => BinaryOperator::Multiply,
        hcl::BinaryOperator::Div => BinaryOperator::Divide,
        hcl::BinaryOperator::Mod => BinaryOperator::Remainder,
        hcl::BinaryOperator::And => BinaryOperator::And,
        hcl::BinaryOperator::Or => BinaryOperator::Or,
    }
}
