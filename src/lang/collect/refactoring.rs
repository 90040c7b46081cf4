//! `moved`, `removed` and `import`: what an object was called before, what is let go, what becomes ours.

use super::Collector;
use super::arguments::{block_mistake, leftover, missing, take, take_blocks};
use super::resource::target;
use crate::diag::{Diagnostic, Span};
use crate::lang::module::{ImportBlock, MovedBlock, RemovedBlock};
use crate::lang::syntax::{Attribute, Block, Expression, StepKind, Term};
use crate::model::address::{Address, Target};
use crate::model::resource::Fate;

impl Collector<'_, '_> {
    pub(super) fn moved(&mut self, mut block: Block) {
        let Some([]) = self.labels(&block, []) else {
            return;
        };
        let from = self.named(&mut block, "from");
        let to = self.named(&mut block, "to");
        leftover(
            &block,
            &["from", "to"],
            &[],
            &mut self.evaluator.diagnostics,
        );
        if let (Some(from), Some(to)) = (from, to) {
            self.module.moved.push(MovedBlock {
                header: block.header,
                from,
                to,
            });
        }
    }

    pub(super) fn removed(&mut self, mut block: Block) {
        let Some([]) = self.labels(&block, []) else {
            return;
        };
        let from = self.named(&mut block, "from");
        let mut lifecycles = take_blocks(&mut block.body, "lifecycle").into_iter();
        let mut destroy = None;
        if let Some(mut lifecycle) = lifecycles.next() {
            destroy = take(&mut lifecycle.body, "destroy");
            leftover(
                &lifecycle,
                &["destroy"],
                &[],
                &mut self.evaluator.diagnostics,
            );
            for second in lifecycles {
                self.duplicate("the `lifecycle` block", second.header, lifecycle.header);
            }
        }
        let destroy = self.constant_bool(destroy.as_ref()).unwrap_or(true);
        leftover(
            &block,
            &["from"],
            &["lifecycle"],
            &mut self.evaluator.diagnostics,
        );
        if let Some(from) = from {
            self.module.removed.push(RemovedBlock {
                header: block.header,
                from,
                fate: if destroy { Fate::Delete } else { Fate::Release },
            });
        }
    }

    pub(super) fn import(&mut self, mut block: Block) {
        let Some([]) = self.labels(&block, []) else {
            return;
        };
        let header = block.header;
        let repeat = self.repeat("import", &mut block.body, header);
        let to = take(&mut block.body, "to");
        let id = take(&mut block.body, "id");
        if let Some(attribute) = take(&mut block.body, "provider") {
            let detail = "the provider is that of the resource";
            let found = Diagnostic::error("rejected-argument", "Argument not supported", detail);
            self.report(found.at(attribute.name.span).within(header));
        }
        for attribute in &block.body.attributes {
            let known = ["for_each", "to", "id"];
            let name = &attribute.name;
            let found = super::unsupported_argument("import", &name.text, name.span, known);
            self.report(found.within(header));
        }
        block_mistake(&block.body, "import", &mut self.evaluator.diagnostics);
        for (attribute, name) in [(&to, "to"), (&id, "id")] {
            if attribute.is_none() {
                self.report(missing(name, "import", header));
            }
        }
        let (Some(to), Some(id)) = (to, id) else {
            return;
        };
        let span = to.value.span;
        match import_target(to.value) {
            Some((to, index)) => self.module.imports.push(ImportBlock {
                header,
                to: (to, span),
                index,
                id: id.value,
                repeat,
            }),
            None => self.report(wrong_name("to", span)),
        }
    }

    /// The resource or module that an argument names.
    fn named(&mut self, block: &mut Block, name: &str) -> Option<(Target, Span)> {
        let Some(Attribute { value, .. }) = take(&mut block.body, name) else {
            let what = block.kind.text.clone();
            self.report(missing(name, &what, block.header));
            return None;
        };
        let span = value.span;
        let found = target(&value).map(|target| (target, span));
        if found.is_none() {
            self.report(wrong_name(name, span));
        }
        found
    }
}

fn wrong_name(argument: &str, span: Span) -> Diagnostic {
    let detail = format!(
        "`{argument}` names a resource without quotes, such as velero_schedule.shop or module.backups.velero_schedule.application[\"shop\"]"
    );
    Diagnostic::error("invalid-reference", "Invalid reference", detail).at(span)
}

/// The resource that an import names, and its index where that has to be evaluated.
fn import_target(mut expression: Expression) -> Option<(Address, Option<Expression>)> {
    let mut index = None;
    if target(&expression).is_none()
        && let Term::Traversal(traversal) = &mut expression.term
        && let Some(last) = traversal.steps.pop()
    {
        let StepKind::Index(key) = last.kind else {
            return None;
        };
        index = Some(key);
    }
    match target(&expression)? {
        Target::Resource(address) if index.is_none() || address.instance.is_none() => {
            Some((address, index))
        }
        Target::Resource(_) | Target::Module(_) => None,
    }
}
