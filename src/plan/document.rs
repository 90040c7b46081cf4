//! The plan document: the only truth, from which text and JSON are rendered and which apply carries out.
//! No secret and no hash of a secret stands in it (R32, R33).

mod pinned;
pub mod reading;
mod replace;
mod sight;
mod step;

use crate::goal::Goal;
use crate::model::address::Address;
use crate::model::checks::CheckResult;
use crate::model::expression::Expr;
use crate::model::identity::{Instance, Key, ProviderRef};
use crate::model::journal_place::PlannedJournal;
use crate::model::secret::{SecretName, SecretSource};
use jiff::Timestamp;
pub use pinned::{PassedOver, Pinned, PinnedDisk, PinnedFile, PinnedObject, PinnedVolume};
pub use replace::{Former, Parting, ReplaceOrder};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
pub use sight::{Compared, Sight, Unswept, Weight};
use std::collections::{BTreeMap, BTreeSet};
pub use step::{Step, StepId};

/// Value of [`Plan::format`].
pub const FORMAT: &str = "sk-dr-plan";
/// Version written by this program, and the only one that it reads. A plan whose members changed within a version is told
/// by its digest ([`reading`]).
pub const VERSION: u32 = 1;

/// A plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// [`FORMAT`].
    pub format: String,
    /// [`VERSION`].
    pub version: u32,
    /// Program and version that wrote it.
    pub tool: String,
    /// When; not part of the digest.
    pub made_at: Timestamp,
    /// Stack.
    pub stack: String,
    /// Converge or destroy, and what it was narrowed to.
    pub goal: Goal,
    /// The journal as declared: apply and resume need no `*.hcl` (R44). Like every relative path of a plan it is
    /// relative to the configuration, whose directory is that in which `apply` and `resume` run: a plan knows no directory
    /// of the machine that made it, so that two checkouts of one commit make one plan (R37).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub journal: Option<PlannedJournal>,
    /// Provider instances: which real thing each is, and how to connect.
    pub providers: BTreeMap<ProviderRef, PlannedProvider>,
    /// Where each secret used is read.
    pub secrets: BTreeMap<SecretName, SecretSource>,
    /// Every resource that is not unchanged, sorted by address.
    pub nodes: Vec<Node>,
    /// What apply does, in an order that respects `after`.
    pub steps: Vec<Step>,
    /// Addresses already as declared.
    pub unchanged: Vec<Address>,
    /// What needs a consent that was not given, or is protected: listed, not counted, not stopping the rest (R45).
    pub held_back: Vec<HeldBack>,
    /// What was not looked into, and why.
    pub unswept: Vec<Unswept>,
    /// Restore points a recovery will use; empty for converge.
    #[serde(default)]
    pub pinned: Vec<Pinned>,
    /// What a recovery does not bring back, one line each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_restored: Vec<String>,
    /// Consents given with `-consent` and used.
    pub consents: Vec<String>,
    /// Findings of `check/`.
    pub findings: Vec<Finding>,
    /// What the configuration claims about itself, and whether it holds as far as a plan can tell.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<CheckResult>,
    /// Outputs after apply.
    pub outputs: BTreeMap<String, PlannedOutput>,
    /// False where anything is blocked (R12) or may be hidden (R27): apply refuses it.
    pub applyable: bool,
    /// sha256 in hex over the canonical JSON without `made_at` and `digest` (R37).
    pub digest: String,
}

/// A provider in a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedProvider {
    /// Which real thing.
    pub instance: Instance,
    /// How to connect: an object of provider arguments.
    pub connect: Expr,
    /// For people: context and server as resolved at plan; empty where it came not so far.
    pub title: String,
    /// LISTs that it answered: nothing is claimed of a provider that answered none.
    #[serde(default)]
    pub answers: usize,
}

/// What happens to a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Made.
    Create,
    /// Changed in place. Also an adoption (`importing`) that changes fields or only the marks.
    Update,
    /// Deleted.
    Delete,
    /// Marks and field ownership go, the object stays.
    Forget,
    /// Another object takes its place; [`Node::former`] says which one goes and when.
    Replace,
    /// Nothing (a blocked or held-back node whose action is not known).
    NoOp,
}

/// Why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReasonCode {
    /// It does not exist.
    Absent,
    /// Its provider's cluster is made by this plan.
    ProviderDeferred,
    /// Fields differ.
    Differs,
    /// Only its mark differs: renamed, or the mark is damaged.
    Renamed,
    /// Only what the kind notes on the object differs.
    Recorded,
    /// It exists without a mark and `-adopt` names it.
    Adopted,
    /// It carries our mark and is not in the configuration.
    NotInConfiguration,
    /// `-destroy`.
    DestroyRequested,
    /// It was adopted, so it is released rather than deleted (R24).
    ReleasedBecauseAdopted,
    /// A `removed` block lets it go (R28).
    ReleasedByRemoved,
    /// Its natural key is another one, or another object has its place already (R29).
    Replaced,
    /// It cannot be told.
    Unknown,
}

/// Why, with words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// For programs.
    pub code: ReasonCode,
    /// For people: a fragment that follows "because".
    pub text: String,
}

/// Standing of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeState {
    /// Its steps run.
    Planned,
    /// Something stops it; see `blockers`.
    Blocked,
    /// A consent or `prevent_destroy` holds it back.
    HeldBack,
    /// Planned without having been looked at: its provider does not exist yet.
    Deferred,
}

/// A resource that is not unchanged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Node {
    /// Where it is declared, or was.
    pub address: Address,
    /// Under which address its mark knows it, where that differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_address: Option<Address>,
    /// Resource type.
    pub kind: String,
    /// Provider block.
    pub provider: Option<ProviderRef>,
    /// Natural key.
    pub key: Key,
    /// What happens.
    pub action: Action,
    /// True: it exists without our mark and becomes ours (R24); counted as import.
    #[serde(default)]
    pub importing: bool,
    /// Why.
    pub reason: Reason,
    /// Where it is replaced: what it is now, and how that goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub former: Option<Former>,
    /// Attribute-shaped state now, `null` where absent or unknown.
    pub before: Json,
    /// Attribute-shaped state after; `Value(null)` where it goes.
    pub after: Expr,
    /// Attribute paths that are sensitive.
    #[serde(default)]
    pub sensitive: BTreeSet<Vec<String>>,
    /// Each difference.
    pub fields: Vec<FieldChange>,
    /// Where it is several objects: those that something is done to, in the order in which it is done.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<NodePart>,
    /// Standing.
    pub state: NodeState,
    /// What stops it.
    #[serde(default)]
    pub blockers: Vec<Blocker>,
}

impl Node {
    /// Whether no value differs: only a mark is written, if anything.
    pub fn is_same(&self) -> bool {
        let is_same = |part: &NodePart| match part.action {
            Action::Update | Action::NoOp => part.fields.is_empty(),
            Action::Create | Action::Delete | Action::Forget | Action::Replace => false,
        };
        self.fields.is_empty() && self.parts.iter().all(is_same)
    }
}

/// One object of a node that is several.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NodePart {
    /// Resource type of the language: `velero_schedule`.
    pub kind: String,
    /// Natural key.
    pub key: Key,
    /// What happens to it.
    pub action: Action,
    /// True: it exists without our mark and becomes ours.
    #[serde(default)]
    pub importing: bool,
    /// Differences that those of the node do not explain, in attributes of the part's own kind.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldChange>,
    /// A remark shown behind its line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// One difference of a node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldChange {
    /// Attribute path: member names, no list indices (lists are atomic, except single blocks).
    pub path: Vec<String>,
    /// Attribute-shaped value now; absent: missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Json>,
    /// Value after; absent: removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Expr>,
    /// Field manager that wrote the live value, where it is not ours, and when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Manager>,
    /// A remark shown behind the line: "affects future backups only".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A field manager as managedFields tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manager {
    /// Its name.
    pub name: String,
    /// `Apply` or `Update`.
    pub operation: String,
    /// When it last wrote.
    pub time: Option<Timestamp>,
}

/// What stops a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blocker {
    /// Stable code: `unknown`, `not-served`, `needs-adopt`, `other-stack`, `copy`, `conflict`, `needs`, ...
    pub code: String,
    /// What stands in the way, full sentences.
    pub text: String,
    /// What to do.
    pub cure: String,
}

/// Held back (R45).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldBack {
    /// The node.
    pub address: Address,
    /// What would happen.
    pub action: Action,
    /// Why it is held back, a fragment.
    pub reason: String,
    /// What would be lost, one line each.
    pub losses: Vec<String>,
    /// `consent <hex>` that lifts it; none for `prevent_destroy`.
    pub consent: Option<String>,
}

/// How much is at stake.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingSeverity {
    /// Backups are lost, or are not made.
    Danger,
    /// Something will surprise somebody.
    #[default]
    Warning,
}

impl FindingSeverity {
    fn is_warning(&self) -> bool {
        *self == FindingSeverity::Warning
    }
}

/// Something that deserves a word and changes nothing of what the plan does: a lint's, or the planner's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Stable code.
    pub code: String,
    /// How much is at stake; a warning where it is not said.
    #[serde(default, skip_serializing_if = "FindingSeverity::is_warning")]
    pub severity: FindingSeverity,
    /// What it is about.
    pub address: Option<Address>,
    /// Fixed phrase.
    pub summary: String,
    /// Full sentences.
    pub detail: String,
}

/// An output in a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlannedOutput {
    /// Its value.
    pub value: Expr,
    /// Not shown.
    pub sensitive: bool,
}

/// What the digest covers: every member but `made_at` and `digest`, in the order of the format, maps sorted by key. A new
/// member of [`Plan`] has to be named here, or it does not compile.
#[derive(Serialize)]
struct Covered<'a> {
    format: &'a str,
    version: u32,
    tool: &'a str,
    stack: &'a str,
    goal: &'a Goal,
    journal: &'a Option<PlannedJournal>,
    providers: &'a BTreeMap<ProviderRef, PlannedProvider>,
    secrets: &'a BTreeMap<SecretName, SecretSource>,
    nodes: &'a [Node],
    steps: &'a [Step],
    unchanged: &'a [Address],
    held_back: &'a [HeldBack],
    unswept: &'a [Unswept],
    pinned: &'a [Pinned],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    not_restored: &'a [String],
    consents: &'a [String],
    findings: &'a [Finding],
    #[serde(skip_serializing_if = "<[CheckResult]>::is_empty")]
    checks: &'a [CheckResult],
    outputs: &'a BTreeMap<String, PlannedOutput>,
    applyable: bool,
}

/// Takes the JSON as it is written: a plan of 10 000 resources is 30 MB of text, which nobody needs at once.
struct Digesting(sha2::Sha256);

impl std::io::Write for Digesting {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        use sha2::Digest;
        self.0.update(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Plan {
    /// sha256 in hex over the compact JSON without `made_at` and `digest` (R37).
    ///
    /// # Errors
    /// Where a value cannot be written as JSON.
    pub fn compute_digest(&self) -> Result<String, serde_json::Error> {
        use sha2::Digest;
        use std::io::Write;
        let Plan {
            format,
            version,
            tool,
            made_at: _,
            stack,
            goal,
            journal,
            providers,
            secrets,
            nodes,
            steps,
            unchanged,
            held_back,
            unswept,
            pinned,
            not_restored,
            consents,
            findings,
            checks,
            outputs,
            applyable,
            digest: _,
        } = self;
        let covered = Covered {
            format,
            version: *version,
            tool,
            stack,
            goal,
            journal,
            providers,
            secrets,
            nodes,
            steps,
            unchanged,
            held_back,
            unswept,
            pinned,
            not_restored,
            consents,
            findings,
            checks,
            outputs,
            applyable: *applyable,
        };
        let mut writer = std::io::BufWriter::new(Digesting(sha2::Sha256::new()));
        serde_json::to_writer(&mut writer, &covered)?;
        writer.flush().map_err(serde_json::Error::io)?;
        let digesting = writer
            .into_inner()
            .map_err(|error| serde_json::Error::io(error.into_error()))?;
        Ok(hex::encode(digesting.0.finalize()))
    }
}
