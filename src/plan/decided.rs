//! What was decided for everything, and the plan that it becomes once the lints have looked at it.

use super::document::{
    FORMAT, Finding, HeldBack, Node, NodeState, Plan, PlannedOutput, PlannedProvider, Step, VERSION,
};
use super::found::Objects;
use super::input::Input;
use super::readiness::{self, Unready};
use super::{Refusal, checks, confirmations, full_bucket, orphans, secrets, unguarded, unswept};
use crate::goal::GoalMode;
use crate::model::address::Address;
use crate::model::expression::Expr;
use crate::model::identity::ProviderRef;
use crate::model::journal_place::PlannedJournal;
use crate::model::resource::{Configuration, Output};
use crate::model::secret::{SecretName, SecretSource};
use std::collections::{BTreeMap, BTreeSet};

/// All that is decided. It is no plan yet: a plan carries its findings, so that every rendering has them, and lints look
/// at what was decided.
pub struct Decided<'a> {
    pub(super) input: &'a Input<'a>,
    pub(super) objects: Objects<'a>,
    pub(super) scope: BTreeSet<Address>,
    pub(super) nodes: Vec<Node>,
    pub(super) steps: Vec<Step>,
    pub(super) unchanged: Vec<Address>,
    pub(super) held_back: Vec<HeldBack>,
    pub(super) findings: Vec<Finding>,
    pub(super) unready: Vec<Unready>,
}

impl Decided<'_> {
    /// What is declared.
    pub fn configuration(&self) -> &Configuration {
        self.input.configuration
    }

    /// Whether it converges or destroys.
    pub fn mode(&self) -> GoalMode {
        self.input.goal.mode
    }

    /// The resources that it is about, where it was narrowed to a part of the configuration.
    pub fn narrowed_to(&self) -> Option<&BTreeSet<Address>> {
        orphans::is_narrowed(self.input.goal).then_some(&self.scope)
    }

    /// Whether somebody looked what backups are in the bucket of a location.
    pub fn looked_into(&self, location: &Address) -> bool {
        let mut nodes = self.nodes.iter();
        let node = nodes.find(|node| node.address == *location);
        node.is_some_and(|node| full_bucket::found(self.input, node).is_some())
    }

    /// What is live.
    pub fn objects(&self) -> &Objects<'_> {
        &self.objects
    }

    /// Every resource that is not unchanged, sorted by address.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The plan, with what lints found and its digest.
    ///
    /// # Errors
    /// Where the plan cannot be written as JSON.
    pub fn seal(self, found: Vec<Finding>) -> Result<Plan, Refusal> {
        let input = self.input;
        let mut findings = self.findings;
        findings.extend(found);
        findings.extend(readiness::findings(&self.unready));
        let recovering = input.recovery.into_iter();
        findings.extend(recovering.flat_map(|recovering| recovering.findings.clone()));
        let mut plan = Plan {
            format: FORMAT.to_owned(),
            version: VERSION,
            tool: format!("sk-dr {}", env!("CARGO_PKG_VERSION")),
            made_at: input.made_at,
            stack: input.configuration.settings.stack.clone(),
            goal: input.goal.clone(),
            providers: planned_providers(input),
            secrets: BTreeMap::new(),
            applyable: !self
                .nodes
                .iter()
                .any(|node| node.state == NodeState::Blocked),
            nodes: self.nodes,
            steps: self.steps,
            unchanged: self.unchanged,
            held_back: self.held_back,
            unswept: unswept::unswept(input, &self.scope),
            journal: planned_journal(input),
            pinned: input
                .recovery
                .map(|recovering| recovering.pins.clone())
                .unwrap_or_default(),
            not_restored: input
                .recovery
                .map(|recovering| recovering.not_restored.clone())
                .unwrap_or_default(),
            consents: input.consents.to_vec(),
            findings,
            checks: checks::results(input),
            outputs: outputs(input),
            digest: String::new(),
        };
        plan.applyable &= !plan.is_blind();
        plan.secrets = sources(input, &plan);
        plan.findings.extend(noticed(input, &plan));
        plan.digest = plan
            .compute_digest()
            .map_err(|error| Refusal::Unwritable(error.to_string()))?;
        Ok(plan)
    }
}

/// What was noticed on the way and stops nothing.
fn noticed(input: &Input<'_>, plan: &Plan) -> Vec<Finding> {
    let mut findings = confirmations::findings(input, plan);
    findings.extend(secrets::findings(input));
    findings.extend(unguarded::findings(input, plan));
    findings.extend(checks::findings(&plan.checks));
    findings
}

fn planned_journal(input: &Input<'_>) -> Option<PlannedJournal> {
    let Configuration {
        settings,
        providers,
        ..
    } = input.configuration;
    PlannedJournal::of(settings.journal.as_ref()?, &settings.stack, providers)
}

fn planned_providers(input: &Input<'_>) -> BTreeMap<ProviderRef, PlannedProvider> {
    let arguments = |provider: &ProviderRef| {
        let declared = input.configuration.providers.get(provider);
        declared.map_or_else(
            || Expr::object(BTreeMap::new()),
            |block| block.arguments.clone(),
        )
    };
    input
        .providers
        .iter()
        .map(|(provider, found)| {
            let planned = PlannedProvider {
                instance: found.instance.clone(),
                connect: arguments(provider),
                title: found.title.clone(),
                answers: unswept::answers(input, provider),
            };
            (provider.clone(), planned)
        })
        .collect()
}

/// Sources of the secrets that the plan's expressions name; never a value.
fn sources(input: &Input<'_>, plan: &Plan) -> BTreeMap<SecretName, SecretSource> {
    let in_steps = plan
        .steps
        .iter()
        .flat_map(|step| step.op.expressions())
        .flat_map(Expr::secrets);
    let in_providers = plan
        .providers
        .values()
        .flat_map(|provider| provider.connect.secrets());
    let in_journal = match &plan.journal {
        Some(PlannedJournal::Bucket(bucket)) => bucket.connect.secrets(),
        Some(PlannedJournal::Directory(_)) | None => BTreeSet::new(),
    };
    in_steps
        .chain(in_providers)
        .chain(in_journal)
        .filter_map(|name| Some((name.clone(), input.configuration.secrets.get(name)?.clone())))
        .collect()
}

fn outputs(input: &Input<'_>) -> BTreeMap<String, PlannedOutput> {
    let shown = |output: &Output| PlannedOutput {
        // A sensitive value is not stored in a plan (R32).
        value: if output.sensitive {
            Expr::Value(serde_json::Value::Null)
        } else {
            output.value.clone()
        },
        sensitive: output.sensitive,
    };
    match input.goal.mode {
        GoalMode::Destroy => BTreeMap::new(),
        GoalMode::Converge | GoalMode::Recover => input
            .configuration
            .outputs
            .iter()
            .map(|(name, output)| (name.clone(), shown(output)))
            .collect(),
    }
}
