//! Cases of the kind.
