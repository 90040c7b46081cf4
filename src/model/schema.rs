//! The schema of a kind, as one table that drives decoding, "did you mean", `schema -json`, the reference pages,
//! manifests and comparison. Must not know how a value is written in HCL or sent to a server.

use super::resource::Resource;
use serde_json::Value as Json;

/// Schema of a kind.
#[derive(Debug)]
pub struct Schema {
    /// Resource type: `velero_schedule`.
    pub kind: &'static str,
    /// Provider type its resources are under: `kubernetes`; `None`: the kind needs no provider.
    pub provider: Option<&'static str>,
    /// One sentence.
    pub summary: &'static str,
    /// A complete HCL example.
    pub example: &'static str,
    /// Its arguments, nested blocks and computed attributes.
    pub fields: &'static [Field],
}

/// One argument, nested block or computed attribute.
#[derive(Debug)]
pub struct Field {
    /// Name in HCL.
    pub name: &'static str,
    /// What may stand there.
    pub shape: Shape,
    /// Whether it must.
    pub presence: Presence,
    /// What values it takes.
    pub values: Values,
    /// Where it lives in the object, dotted, from the object's root or, inside a block, from the block's own place.
    /// Empty: nowhere in the object (`timeouts`).
    pub place: &'static str,
    /// How declared and live are held against each other.
    pub compare: Compare,
    /// One or two sentences for the reference page.
    pub doc: &'static str,
}

/// What may stand in a field.
#[derive(Debug)]
pub enum Shape {
    /// A text.
    Text,
    /// One of these texts.
    Choice(&'static [&'static str]),
    /// A Go duration: `1h30m`.
    Duration,
    /// A cron expression as robfig/cron v3 reads it.
    Cron,
    /// A boolean.
    Bool,
    /// A whole number.
    Integer,
    /// A list of texts.
    TextList,
    /// A map of texts.
    TextMap,
    /// Any value: texts, numbers, booleans, lists and objects of them.
    Any,
    /// A nested block, at most one.
    Block(&'static [Field]),
    /// Nested blocks, any number.
    Blocks(&'static [Field]),
}

/// Whether a field must be there.
#[derive(Debug)]
pub enum Presence {
    /// It must.
    Required,
    /// It may; absent is what the server makes of it.
    Optional,
    /// It may; absent means this.
    Default(Literal),
    /// Never written by a user; known after apply (a text).
    Computed,
    /// Never written by a user, with the reason shown when somebody does.
    Rejected(&'static str),
}

/// A default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Literal {
    /// A text.
    Text(&'static str),
    /// A boolean.
    Bool(bool),
    /// A whole number.
    Integer(i64),
}

/// What values a field takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Values {
    /// Known or known after apply; no secrets.
    Any,
    /// Known at plan: part of a natural key.
    Static,
    /// Secrets too.
    SecretAllowed,
    /// A provider block of this type, named without quotes as `provider` names one. The body holds its name as the root
    /// calls it.
    Provider(&'static str),
}

/// How declared and live values are held against each other. In each, null = absent = `[]` = `{}` unless said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compare {
    /// Not compared: keys, timeouts, computed attributes. On a block: not as a whole, its members one by one.
    Never,
    /// Same JSON.
    Exact,
    /// Names in any order.
    NameSet,
    /// Names in any order; `["*"]` is the same as absent.
    IncludeSet,
    /// Members in order.
    Ordered,
    /// The whole map; an empty text differs from a missing key.
    MapExact,
    /// Only the declared keys and those our field manager owns.
    MapOwnedKeys,
    /// By value; zero is absent.
    DurationZeroAbsent,
    /// By value; zero is a value (it disables).
    Duration,
    /// Absent differs from false.
    TriState,
    /// Absent is false.
    FalseAbsent,
    /// Absent is this text.
    AbsentIs(&'static str),
    /// The same text in any case.
    AnyCase,
    /// `aws` is `velero.io/aws`.
    PluginName,
    /// Without outer slashes.
    Prefix,
    /// Declared text against live base64.
    Base64,
}

impl Field {
    /// A field with the commonest settings: optional, any value, no place, compared exactly.
    pub const fn new(name: &'static str, shape: Shape, doc: &'static str) -> Self {
        Self {
            name,
            shape,
            presence: Presence::Optional,
            values: Values::Any,
            place: "",
            compare: Compare::Exact,
            doc,
        }
    }
    /// It must be there.
    #[must_use]
    pub const fn required(mut self) -> Self {
        self.presence = Presence::Required;
        self
    }
    /// Absent means this.
    #[must_use]
    pub const fn default(mut self, literal: Literal) -> Self {
        self.presence = Presence::Default(literal);
        self
    }
    /// Known after apply.
    #[must_use]
    pub const fn computed(mut self) -> Self {
        self.presence = Presence::Computed;
        self.compare = Compare::Never;
        self
    }
    /// Refused, with the reason.
    #[must_use]
    pub const fn rejected(mut self, why: &'static str) -> Self {
        self.presence = Presence::Rejected(why);
        self.compare = Compare::Never;
        self
    }
    /// Where it lives in the object.
    #[must_use]
    pub const fn at(mut self, place: &'static str) -> Self {
        self.place = place;
        self
    }
    /// How it is compared.
    #[must_use]
    pub const fn compare(mut self, compare: Compare) -> Self {
        self.compare = compare;
        self
    }
    /// Which values it takes.
    #[must_use]
    pub const fn values(mut self, values: Values) -> Self {
        self.values = values;
        self
    }
}

/// The schemas that a configuration may use; implemented by the registry of kinds.
pub trait Schemas: Sync {
    /// Schema of a resource type.
    fn schema(&self, kind: &str) -> Option<&'static Schema>;
    /// All resource types, sorted.
    fn kinds(&self) -> Vec<&'static str>;
    /// Arguments of a provider type; `None`: no such provider.
    fn provider(&self, provider: &str) -> Option<&'static [Field]>;
    /// All provider types, sorted.
    fn providers(&self) -> Vec<&'static str>;
    /// Attributes of a resource that follow from its declaration alone.
    fn derived(&self, _resource: &Resource) -> Vec<(&'static str, Json)> {
        Vec::new()
    }
}
