//! Where a journal in a bucket is. Pure.

use crate::model::expression::Expr;
use crate::model::identity::ProviderRef;
use std::fmt;

/// A bucket, the prefix that is the journal's alone, and how the store is reached.
#[derive(Clone, Debug, PartialEq)]
pub struct BucketPlace {
    /// The store.
    pub provider: ProviderRef,
    /// Its arguments: an object.
    pub connect: Expr,
    /// The bucket.
    pub bucket: String,
    /// What the keys begin with; slashes at its ends do not count.
    pub prefix: String,
}

impl fmt::Display for BucketPlace {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "s3://{}", self.bucket)?;
        match self.prefix.trim_matches('/') {
            "" => Ok(()),
            prefix => write!(out, "/{prefix}"),
        }
    }
}
