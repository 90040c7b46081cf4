//! How much a configuration may ask for, in one place. Hostile or mistaken input ends with a diagnostic, not with a
//! full memory or a lost stack.

/// Bytes of one file.
pub const FILE_BYTES: usize = 16 << 20;
/// Bytes of all files.
pub const PROJECT_BYTES: usize = 64 << 20;
/// Levels of brackets, braces and interpolations. The parser beneath stops at 64 of its own levels.
pub const NESTING: usize = 60;
/// Keys of one object literal: the parser beneath compares each with all before it.
pub const OBJECT_KEYS: usize = 1000;
/// `[*]` in one traversal: each is a level of recursion.
pub const SPLATS: usize = 16;
/// Steps of one evaluation: a visited expression, a function call, an element looped over.
pub const STEPS: u64 = 10_000_000;
/// Weight of all values produced (see [`crate::model::value::Shape`]), long texts by their length.
pub const WEIGHT: u64 = 40_000_000;
/// Weight of one nested block that `dynamic` makes, beside what stands in it: an object in the plan and one that others
/// see, about a kilobyte.
pub const BLOCK_WEIGHT: u64 = 200;
/// Levels of containers in one value.
pub const DEPTH: u16 = 200;
/// Levels of containers in one value of a plan. Whoever reads it stops at 128 levels of JSON, of which the resource
/// around the value needs some.
pub const STORED_DEPTH: u16 = 80;
/// Calls of `templatefile` inside `templatefile`.
pub const TEMPLATE_CALLS: usize = 16;
/// Directories that a configuration is made of.
pub const MODULES: usize = 200;
/// Places from which modules are called.
pub const CALLS: usize = 1000;
/// Instances of all called modules together.
pub const MODULE_INSTANCES: usize = 10_000;
/// Instances of one resource.
pub const INSTANCES: usize = 100_000;
/// Values of one file for variables that there are not, which are named one by one.
pub const UNUSED_VALUES: usize = 10;
/// Instances of one resource that are reported as wrong before the rest is left alone.
pub const WRONG_INSTANCES: usize = 10;
/// Syntax errors shown of one file.
pub const SYNTAX_ERRORS: usize = 20;
/// Stack of the thread that parses and evaluates.
pub const STACK_BYTES: usize = 64 << 20;
/// Mistakes that are shown. Who has more has one cause, or more than anybody reads.
pub const DIAGNOSTICS: usize = 200;
/// Mistakes after which nobody looks for names that may have been meant: each search walks through all names.
pub const SUGGESTIONS: usize = 30;
