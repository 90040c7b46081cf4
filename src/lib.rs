//! `sk-dr`: plan and apply for the disaster recovery of self-hosted Kubernetes.
//!
//! The map, in reading order. A folder may use only those above it; `tests/tidy.rs` checks the direction.
//!
//! | folder | is | may use |
//! |---|---|---|
//! | [`diag`] | spans, codes, severities, rendering to a terminal | - |
//! | [`model`] | nouns everything shares: value, address, expression, schema, time, cron, durations | `diag` |
//! | [`lang`] | HCL text to evaluated blocks: sources, expressions, functions, types | `diag`, `model` |
//! | [`world`] | the seam: queries, answers, operations, and the clients `kube/` and `local/` | `model` |
//! | [`catalog`] | backups, read from the buckets that hold them: pure parsers and judgements | `model`, `world`'s data |
//! | [`kinds`] | one folder per kind, pure | above |
//! | [`goal`] | which desired state a plan is for: converge or destroy, targets, exclusions | above |
//! | [`plan`] | (desired, live) to a plan, complete data | above |
//! | [`check`] | findings of a plan, with codes | above |
//! | [`render`] | text and JSON from values | above |
//! | [`journal`] | what a run did: records, lock, fence, inventory | above |
//! | [`apply`] | carry out a plan, resume it | above |
//! | [`sandbox`] | servers that behave like Kubernetes with Velero and like S3 | `model` |
//! | [`cli`] | one file per command; the only place that prints, reads the environment or exits | all |

pub mod apply;
pub mod catalog;
pub mod check;
pub mod cli;
pub mod diag;
pub mod goal;
pub mod journal;
pub mod kinds;
pub mod lang;
pub mod model;
pub mod plan;
pub mod render;
pub mod sandbox;
pub mod world;
