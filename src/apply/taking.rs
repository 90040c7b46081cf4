//! Which write a step takes on ground that presupposes nothing: an object that is there is taken over by an apply of the
//! same body, one that is not is made. The plan says so by its ground. Pure. Must not know how a write is sent.

use crate::model::expression::Expr;
use crate::model::json_path::JsonPath;
use crate::plan::document::Step;
use crate::world::ReadVersion;
use crate::world::op::{Ground, KubeOp, KubeVerb, Op};
use serde_json::Value as Json;
use std::borrow::Cow;

/// The operation as it is sent after this read.
pub fn sent<'s>(step: &'s Step, read: Option<&ReadVersion>) -> Cow<'s, Op> {
    let (Op::Kube(op), Ground::AnyAtFirstTouch) = (&step.op, &step.ground) else {
        return Cow::Borrowed(&step.op);
    };
    match (op.verb, read) {
        (KubeVerb::Create, Some(_)) => Cow::Owned(Op::Kube(KubeOp {
            verb: KubeVerb::Apply,
            takes: leaves(&op.body),
            ..op.clone()
        })),
        (KubeVerb::Apply, None) => Cow::Owned(Op::Kube(KubeOp {
            verb: KubeVerb::Create,
            takes: Vec::new(),
            ..op.clone()
        })),
        (KubeVerb::Create, None)
        | (KubeVerb::Apply, Some(_))
        | (KubeVerb::Remove | KubeVerb::Delete | KubeVerb::Release, _) => Cow::Borrowed(&step.op),
    }
}

/// Places of everything in a body that is no object; lists are taken whole.
fn leaves(body: &Expr) -> Vec<JsonPath> {
    let mut found = Vec::new();
    let mut open = vec![(Vec::new(), body.clone())];
    while let Some((path, value)) = open.pop() {
        let is_object = matches!(value, Expr::Object(_) | Expr::Value(Json::Object(_)));
        if !is_object {
            found.push(JsonPath(path));
            continue;
        }
        for (name, member) in value.into_members() {
            let mut path = path.clone();
            path.push(name);
            open.push((path, member));
        }
    }
    found.sort();
    found
}
