//! The plan document: the only truth, from which text and JSON are rendered and which apply carries out.
//! No secret and no hash of a secret stands in it (R32, R33).

use crate::model::address::Address;
use crate::model::condition::Wait;
use crate::model::expression::Expr;
use crate::model::identity::{Instance, Key, KubeResource, ProviderRef};
use crate::model::json_path::{JsonPath, Projection};
use crate::model::secret::{SecretName, SecretSource};
use crate::world::query::FailureClass;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Value of [`Plan::format`].
pub const FORMAT: &str = "sk-dr-plan";
/// Version written by this program; the reader takes this one only, since there is no older one yet.
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
    /// Absolute configuration directory: relative paths resolve against it.
    pub config_dir: String,
    /// `journal { path }` as declared, relative to the configuration directory: apply and resume need no `*.hcl` (R44).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub journal: Option<String>,
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
    /// Where orphans could not be looked for, and why.
    pub unswept: Vec<Unswept>,
    /// Restore points a recovery will use; empty for converge.
    #[serde(default)]
    pub pinned: Vec<Json>,
    /// Consents given with `-consent` and used.
    pub consents: Vec<String>,
    /// Findings of `check/`.
    pub findings: Vec<Finding>,
    /// Outputs after apply.
    pub outputs: BTreeMap<String, PlannedOutput>,
    /// False where anything is blocked: apply refuses it (R12).
    pub applyable: bool,
    /// sha256 in hex over the canonical JSON without `made_at` and `digest` (R37).
    pub digest: String,
}

/// What a plan is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Goal {
    /// Converge or destroy.
    pub mode: GoalMode,
    /// `-target`.
    #[serde(default)]
    pub target: Vec<Address>,
    /// `-exclude`.
    #[serde(default)]
    pub exclude: Vec<Address>,
}

/// Mode of a goal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GoalMode {
    /// Bring live to what is declared.
    Converge,
    /// Remove what is declared and ours.
    Destroy,
}

/// A provider in a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedProvider {
    /// Which real thing.
    pub instance: Instance,
    /// How to connect: an object of provider arguments.
    pub connect: Expr,
    /// For people: context and server as resolved at plan.
    pub title: String,
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
    /// It exists without a mark and `-adopt` names it.
    Adopted,
    /// It carries our mark and is not in the configuration.
    NotInConfiguration,
    /// `-destroy`.
    DestroyRequested,
    /// It was adopted, so it is released rather than deleted (R24).
    ReleasedBecauseAdopted,
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
    /// Attribute-shaped state now, `null` where absent or unknown.
    pub before: Json,
    /// Attribute-shaped state after; `Value(null)` where it goes.
    pub after: Expr,
    /// Attribute paths that are sensitive.
    #[serde(default)]
    pub sensitive: BTreeSet<Vec<String>>,
    /// Each difference.
    pub fields: Vec<FieldChange>,
    /// Standing.
    pub state: NodeState,
    /// What stops it.
    #[serde(default)]
    pub blockers: Vec<Blocker>,
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

/// Where orphans could not be looked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unswept {
    /// Provider.
    pub provider: ProviderRef,
    /// `schedules.velero.io`.
    pub resource: String,
    /// Why.
    pub reason: String,
    /// Class of the failure: a missing right on what was never used here is a note, anything else makes the plan fail.
    pub class: FailureClass,
    /// Whether the type is declared or was ever owned here.
    pub concerned: bool,
}

/// A finding of `check/`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Stable code.
    pub code: String,
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

/// Id of a step: `ADDR#n`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StepId(pub String);

impl fmt::Display for StepId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One effect.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Its id.
    pub id: StepId,
    /// Node it belongs to.
    pub node: Address,
    /// What is done.
    pub op: Op,
    /// Steps that must be done before.
    #[serde(default)]
    pub after: Vec<StepId>,
    /// What must still be true just before the first write (R35).
    pub ground: Ground,
    /// Facts beside the object that must hold (R35: repository empty, writer); none in this version's kinds.
    #[serde(default)]
    pub guards: Vec<Json>,
    /// What makes it done.
    #[serde(default)]
    pub wait: Option<Wait>,
    /// Ordered alternatives (R34); none in this version's kinds.
    #[serde(default)]
    pub alternatives: Vec<Json>,
    /// Computed attributes bound when it is done: attribute path in the language -> path in the object.
    #[serde(default)]
    pub binds: BTreeMap<String, JsonPath>,
}

/// What the approver saw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ground {
    /// No such object.
    Absent,
    /// No such object when its provider is first reached (R31).
    AbsentAtFirstTouch,
    /// This object, with these owned fields.
    Present {
        /// Its UID.
        uid: String,
        /// Whether it is being deleted.
        deleting: bool,
        /// sha256 of its owned fields.
        owned: String,
        /// Which fields those are.
        projection: Projection,
    },
}

/// One effect on the outside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// A write to a Kubernetes API.
    Kube(KubeOp),
    /// A program run by sk-dr.
    Local(LocalOp),
}

/// A write to a Kubernetes API.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KubeOp {
    /// Where.
    pub provider: ProviderRef,
    /// How.
    pub verb: KubeVerb,
    /// Resource type.
    pub resource: KubeResource,
    /// Namespace, where namespaced.
    pub namespace: Option<String>,
    /// Name.
    pub name: String,
    /// Body: the whole object for `create`; the fields taken for `apply`; `Value(null)` otherwise.
    pub body: Expr,
    /// `apply`: the paths it takes. `remove`: the paths it sets to null.
    #[serde(default)]
    pub takes: Vec<JsonPath>,
}

/// How an object is written; see `world/kube` for the exact requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KubeVerb {
    /// POST; an existing object is never adopted.
    Create,
    /// Server-side apply with force, bound to uid and resourceVersion of the read before.
    Apply,
    /// Merge patch of nulls at `takes`, bound likewise.
    Remove,
    /// DELETE with a uid precondition; orphaning dependents.
    Delete,
    /// Marks and our managedFields entries go; the object stays as it is.
    Release,
}

/// A program run by sk-dr.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocalOp {
    /// Program and arguments, no shell.
    pub command: Vec<Expr>,
    /// Variables added to its environment.
    #[serde(default)]
    pub environment: BTreeMap<String, Expr>,
    /// Kubeconfig that proves the cluster is there.
    pub kubeconfig: Expr,
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
    config_dir: &'a str,
    journal: &'a Option<String>,
    providers: &'a BTreeMap<ProviderRef, PlannedProvider>,
    secrets: &'a BTreeMap<SecretName, SecretSource>,
    nodes: &'a [Node],
    steps: &'a [Step],
    unchanged: &'a [Address],
    held_back: &'a [HeldBack],
    unswept: &'a [Unswept],
    pinned: &'a [Json],
    consents: &'a [String],
    findings: &'a [Finding],
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
            config_dir,
            journal,
            providers,
            secrets,
            nodes,
            steps,
            unchanged,
            held_back,
            unswept,
            pinned,
            consents,
            findings,
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
            config_dir,
            journal,
            providers,
            secrets,
            nodes,
            steps,
            unchanged,
            held_back,
            unswept,
            pinned,
            consents,
            findings,
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
