//! Backups, read from the buckets that hold them and from nowhere else: no cluster is asked. Pure: parsers and judgements
//! over answers. Must not know clients, kinds, the configuration, or how any of it is shown.

pub mod velero;
