//! `recovery "NAME" { }`: what a recovery is made of (R17). Everything in it is constant: it has to be known when there is
//! no cluster to ask. What cannot be honoured yet is a mistake, never a silent argument.

use super::Collector;
use super::arguments::{leftover, missing, take, take_blocks};
use super::resource::{provider_reference, target};
use crate::diag::{Diagnostic, Span};
use crate::lang::coerce;
use crate::lang::module::RecoveryBlock;
use crate::lang::syntax::{Attribute, Block, Body, Name, Term};
use crate::model::address::{Address, Target};
use crate::model::duration::GoDuration;
use crate::model::identity::ProviderRef;
use crate::model::recovery::{At, Mode, Recovery, VolumeUse};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

const ARGUMENTS: &[&str] = &[
    "mode",
    "lost",
    "at",
    "scope",
    "fresh",
    "quiesce",
    "may_exist",
    "description",
];
const BLOCKS: &[&str] = &["point", "objective", "volume"];
/// Arguments that come later, with what is to be done until then.
const LATER_ARGUMENTS: [(&str, &str); 1] = [(
    "existing",
    "a recovery restores into what is not there, so there is nothing that exists",
)];
/// Blocks that come later.
const LATER_BLOCKS: [(&str, &str); 2] = [
    (
        "into",
        "a recovery restores under the names that were backed up",
    ),
    (
        "isolate",
        "a recovery restores under the names that were backed up",
    ),
];

/// What was read of a block, apart from its label and its points.
struct Written {
    mode: Option<Mode>,
    at: Option<At>,
    lost: Vec<(ProviderRef, Span)>,
    scope: Vec<(Target, Span)>,
    fresh: Vec<(Target, Span)>,
    quiesce: Vec<(Target, Span)>,
    may_exist: BTreeSet<String>,
    description: Option<String>,
    rpo: Option<GoDuration>,
}

/// The points that are named one by one.
#[derive(Default)]
struct Points {
    named: BTreeMap<Address, String>,
    moments: BTreeMap<Address, Timestamp>,
    spans: Vec<(Address, Span)>,
}

impl Collector<'_, '_> {
    pub(super) fn recovery(&mut self, mut block: Block) {
        let Some([name]) = self.labels(&block, ["name"]) else {
            return;
        };
        let header = block.header;
        let before = self.evaluator.diagnostics.len();
        let mut spans: BTreeMap<String, Span> = block
            .body
            .attributes
            .iter()
            .map(|attribute| (attribute.name.text.to_string(), attribute.value.span))
            .collect();
        self.come_later(&mut block.body, header);
        let points = self.points(&mut block.body);
        let volumes = self.volumes(&mut block.body);
        let written = self.written(&mut block);
        leftover(&block, ARGUMENTS, BLOCKS, &mut self.evaluator.diagnostics);
        let known = self.module.recoveries.get(&name.text);
        if let Some(first) = known.map(|first| first.header) {
            return self.duplicate(&format!("recovery.{}", name.text), header, first);
        }
        for (address, span) in &points.spans {
            spans.insert(Recovery::point_span(address), *span);
        }
        let is_whole = self.evaluator.diagnostics.len() == before;
        let lost = written.lost.iter().map(|(provider, _)| provider.clone());
        let named = |targets: &[(Target, Span)]| {
            let targets = targets.iter().map(|(target, _)| target.clone());
            targets.collect::<Vec<_>>()
        };
        let recovery = Recovery {
            name: name.text.to_string(),
            mode: written.mode.unwrap_or(Mode::Rebuild),
            scope: named(&written.scope),
            lost: lost.collect(),
            at: written.at.unwrap_or(At::Latest),
            points: points.named,
            moments: points.moments,
            fresh: named(&written.fresh),
            quiesce: named(&written.quiesce),
            may_exist: written.may_exist,
            volumes,
            rpo: written.rpo,
            description: written.description,
            span: header,
            spans,
        };
        let of_points = points.spans.into_iter();
        let of_points = of_points.map(|(address, span)| (Target::Resource(address), span));
        let targets = written.scope.into_iter().chain(written.fresh);
        let targets = targets.chain(written.quiesce);
        let block = RecoveryBlock {
            recovery: is_whole.then_some(recovery),
            header,
            lost: written.lost,
            targets: targets.chain(of_points).collect(),
        };
        self.module.recoveries.insert(name.text, block);
    }

    fn written(&mut self, block: &mut Block) -> Written {
        let header = block.header;
        let body = &mut block.body;
        let [
            mode,
            lost,
            at,
            scope,
            fresh,
            quiesce,
            may_exist,
            description,
        ] = [
            take(body, "mode"),
            take(body, "lost"),
            take(body, "at"),
            take(body, "scope"),
            take(body, "fresh"),
            take(body, "quiesce"),
            take(body, "may_exist"),
            take(body, "description"),
        ];
        for (attribute, name) in [(&mode, "mode"), (&lost, "lost")] {
            if attribute.is_none() {
                self.report(missing(name, "recovery", header));
            }
        }
        Written {
            mode: mode.and_then(|attribute| self.mode(&attribute)),
            at: at.and_then(|attribute| self.at(&attribute)),
            lost: lost.map_or_else(Vec::new, |attribute| self.lost(&attribute)),
            scope: self.targets(scope.as_ref()),
            fresh: self.targets(fresh.as_ref()),
            quiesce: self.targets(quiesce.as_ref()),
            may_exist: may_exist.map_or_else(BTreeSet::new, |one| self.namespaces(&one)),
            description: description
                .and_then(|attribute| self.constant_text(&attribute))
                .map(|text| text.to_string()),
            rpo: self.objective(body),
        }
    }

    fn come_later(&mut self, body: &mut Body, header: Span) {
        for (name, until_then) in LATER_ARGUMENTS {
            if let Some(attribute) = take(body, name) {
                let detail = format!("`{name}` comes later: {until_then}");
                self.later(&detail, attribute.name.span, header);
            }
        }
        for (name, until_then) in LATER_BLOCKS {
            for block in take_blocks(body, name) {
                let detail = format!("`{name}` comes later: {until_then}");
                self.later(&detail, block.header, header);
            }
        }
    }

    fn later(&mut self, detail: &str, span: Span, header: Span) {
        let found = Diagnostic::error("not-available", "Not available yet", detail);
        self.report(found.at(span).within(header));
    }

    fn mode(&mut self, attribute: &Attribute) -> Option<Mode> {
        let span = attribute.value.span;
        let text = self.constant_text(attribute)?;
        match text.as_ref() {
            "rebuild" => return Some(Mode::Rebuild),
            "in_place" | "clone" | "migrate" | "drill" => {
                let detail = format!(
                    "`mode = \"{text}\"` comes later: today a recovery is a \"rebuild\", the same platform again in place of what is gone"
                );
                let found = Diagnostic::error("not-available", "Not available yet", detail);
                self.report(found.at(span));
            }
            other => self.wrong_recovery(
                span,
                &format!("there is no mode \"{other}\": write mode = \"rebuild\""),
            ),
        }
        None
    }

    fn at(&mut self, attribute: &Attribute) -> Option<At> {
        let text = self.constant_text(attribute)?;
        match text.as_ref() {
            "latest" => Some(At::Latest),
            "consistent" => {
                let detail = "`at = \"consistent\"` comes later: it takes databases back to the moment of their files, and no database has a restore point of its own yet";
                let found = Diagnostic::error("not-available", "Not available yet", detail);
                self.report(found.at(attribute.value.span));
                None
            }
            _moment => self.moment(attribute).map(At::Time),
        }
    }

    fn moment(&mut self, attribute: &Attribute) -> Option<Timestamp> {
        let text = self.constant_text(attribute)?;
        let moment = text.parse().ok();
        if moment.is_none() {
            let detail = "`at` is \"latest\", or a moment with its offset, such as \"2026-11-21T01:00:00Z\" or \"2026-11-21T02:00:00+01:00\"";
            self.wrong_recovery(attribute.value.span, detail);
        }
        moment
    }

    fn lost(&mut self, attribute: &Attribute) -> Vec<(ProviderRef, Span)> {
        const WRONG: &str =
            "`lost` is a list of provider blocks without quotes: [kubernetes], [kubernetes.eu]";
        let Term::List(items) = &attribute.value.term else {
            self.wrong_recovery(attribute.value.span, WRONG);
            return Vec::new();
        };
        let mut lost = Vec::new();
        for item in items {
            match provider_reference(item) {
                Some(provider) => lost.push((provider, item.span)),
                None => self.wrong_recovery(item.span, WRONG),
            }
        }
        if items.is_empty() {
            let detail = "`lost` names nothing: a rebuild says which cluster is gone, such as lost = [kubernetes]";
            self.wrong_recovery(attribute.value.span, detail);
        }
        lost
    }

    fn targets(&mut self, attribute: Option<&Attribute>) -> Vec<(Target, Span)> {
        let Some(attribute) = attribute else {
            return Vec::new();
        };
        let name = &attribute.name.text;
        let wrong = format!(
            "`{name}` is a list of resources and modules without quotes: [velero_application.shop, module.wiki]"
        );
        let Term::List(items) = &attribute.value.term else {
            self.wrong_recovery(attribute.value.span, &wrong);
            return Vec::new();
        };
        if items.is_empty() {
            let detail = format!("`{name}` names nothing: leave it out");
            self.wrong_recovery(attribute.value.span, &detail);
        }
        let mut targets = Vec::new();
        for item in items {
            match target(item) {
                Some(target) => targets.push((target, item.span)),
                None => self.wrong_recovery(item.span, &wrong),
            }
        }
        targets
    }

    fn namespaces(&mut self, attribute: &Attribute) -> BTreeSet<String> {
        let Some(value) = self.constant(&attribute.value) else {
            return BTreeSet::new();
        };
        let texts = value
            .as_items()
            .and_then(|items| items.iter().map(coerce::text).collect::<Option<Vec<_>>>())
            .filter(|texts| texts.iter().all(|text| !text.is_empty()));
        let Some(texts) = texts else {
            let detail = "`may_exist` is a list of names of namespaces: [\"monitoring\"]";
            self.wrong_recovery(attribute.value.span, detail);
            return BTreeSet::new();
        };
        texts.iter().map(|text| text.to_string()).collect()
    }

    fn objective(&mut self, body: &mut Body) -> Option<GoDuration> {
        let mut objectives = take_blocks(body, "objective").into_iter();
        let mut objective = objectives.next()?;
        for second in objectives {
            self.duplicate("the `objective` block", second.header, objective.header);
        }
        if let Some(attribute) = take(&mut objective.body, "rto") {
            let detail = "`rto` comes later: nothing has been measured yet that says how long a recovery takes";
            self.later(detail, attribute.name.span, objective.header);
        }
        let rpo = take(&mut objective.body, "rpo");
        leftover(&objective, &["rpo"], &[], &mut self.evaluator.diagnostics);
        let rpo = rpo?;
        let text = self.constant_text(&rpo)?;
        match text.parse::<GoDuration>() {
            Ok(rpo) if !rpo.is_negative() && rpo != GoDuration::ZERO => Some(rpo),
            Ok(_) => {
                self.wrong_recovery(rpo.value.span, "`rpo` is longer than nothing: \"26h\"");
                None
            }
            Err(why) => {
                self.wrong_recovery(rpo.value.span, &why.to_string());
                None
            }
        }
    }

    fn points(&mut self, body: &mut Body) -> Points {
        let mut points = Points::default();
        for block in take_blocks(body, "point") {
            self.point(block, &mut points);
        }
        points
    }

    fn point(&mut self, mut block: Block, points: &mut Points) {
        let header = block.header;
        let address = match block.labels.as_slice() {
            [label] => label
                .text
                .parse::<Address>()
                .ok()
                .map(|address| (address, label.span)),
            [] | [_, _, ..] => None,
        };
        let (name, at) = (take(&mut block.body, "name"), take(&mut block.body, "at"));
        leftover(
            &block,
            &["name", "at"],
            &[],
            &mut self.evaluator.diagnostics,
        );
        let Some((address, span)) = address else {
            let detail = "this block is written point \"ADDRESS\" { }, such as point \"velero_application.shop\" { }";
            return self.wrong_recovery(header, detail);
        };
        let known = points.spans.iter().find(|(known, _)| *known == address);
        if let Some((_, first)) = known {
            let (title, first) = (format!("the point of {address}"), *first);
            return self.duplicate(&title, span, first);
        }
        points.spans.push((address.clone(), span));
        match (name, at) {
            (Some(name), None) => {
                let text = self.constant_text(&name);
                let text = text.map(|text| text.trim().to_owned());
                match text.filter(|text| !text.is_empty()) {
                    Some(text) => {
                        points.named.insert(address, text);
                    }
                    None => self.wrong_recovery(name.value.span, "`name` is the name of a backup"),
                }
            }
            (None, Some(at)) => {
                if let Some(moment) = self.moment(&at) {
                    points.moments.insert(address, moment);
                }
            }
            (Some(_), Some(_)) | (None, None) => {
                let detail = "a point has either `name`, the name of a backup, or `at`, a moment";
                self.wrong_recovery(header, detail);
            }
        }
    }

    fn volumes(&mut self, body: &mut Body) -> BTreeMap<String, VolumeUse> {
        let mut volumes = BTreeMap::new();
        let mut headers: BTreeMap<String, Span> = BTreeMap::new();
        for mut block in take_blocks(body, "volume") {
            let header = block.header;
            let used = take(&mut block.body, "use");
            leftover(&block, &["use"], &[], &mut self.evaluator.diagnostics);
            let Some(claim) = claim(&block.labels) else {
                let detail = "this block is written volume \"NAMESPACE/CLAIM\" { use = \"adopt\" }";
                self.wrong_recovery(header, detail);
                continue;
            };
            if let Some(first) = headers.insert(claim.clone(), header) {
                self.duplicate(&format!("the volume {claim}"), header, first);
            }
            match used {
                Some(used) => {
                    volumes.extend(self.volume_use(&used).map(|used| (claim, used)));
                }
                None => self.report(missing("use", "volume", header)),
            }
        }
        volumes
    }

    fn volume_use(&mut self, attribute: &Attribute) -> Option<VolumeUse> {
        let span = attribute.value.span;
        let text = self.constant_text(attribute)?;
        match text.as_ref() {
            "adopt" => return Some(VolumeUse::Adopt),
            "empty" => self.later(
                "`use = \"empty\"` comes later: Velero restores the PersistentVolume of a claim with it, so the claim would be bound to the old disk again. Leave the application out with `scope`",
                span,
                attribute.name.span,
            ),
            other => self.wrong_recovery(
                span,
                &format!("there is no use \"{other}\" of a volume: write use = \"adopt\""),
            ),
        }
        None
    }

    fn wrong_recovery(&mut self, span: Span, detail: &str) {
        self.report(Diagnostic::error("invalid-recovery", "Invalid recovery", detail).at(span));
    }
}

/// `NAMESPACE/CLAIM`.
fn claim(labels: &[Name]) -> Option<String> {
    let [label] = labels else { return None };
    let (namespace, name) = label.text.split_once('/')?;
    let is_name = |text: &str| !text.is_empty() && !text.contains(['/', ' ']);
    (is_name(namespace) && is_name(name)).then(|| label.text.to_string())
}
