//! `fixtures/every-kind`: one resource of every kind, applied on the sandbox and on real servers. It is read here, so that
//! a kind without a file of its own fails on both sides.

use std::fs;
use std::path::Path;

/// The bucket of its locations.
pub const BUCKET: &str = "backups";

/// Where a copy expects the kubeconfig of a cluster that is there.
pub const KUBECONFIG: &str = "kubeconfig.there";

/// The store that its location names, where nobody asks it.
pub const STORE: &str = "https://s3.example.org";

/// Puts a copy into a directory, with the address of the store that is there.
pub fn copy(to: &Path, store: &str) {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/every-kind");
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(&from).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap().replace(STORE, store);
        fs::write(to.join(path.file_name().unwrap()), text).unwrap();
    }
    for kind in kinds() {
        let text = fs::read_to_string(from.join(format!("{kind}.hcl"))).unwrap_or_default();
        assert!(
            text.contains(&format!("resource \"{kind}\" ")),
            "fixtures/every-kind/{kind}.hcl is missing, or declares no {kind}"
        );
    }
}

/// Fails unless a plan says of every kind that one of it will be created.
pub fn creates_every_kind(plan: &str) {
    for kind in kinds() {
        let is_created = |line: &str| {
            line.trim_start().starts_with(&format!("# {kind}."))
                && line.ends_with(" will be created")
        };
        assert!(plan.lines().any(is_created), "no {kind} is created\n{plan}");
    }
}

fn kinds() -> impl Iterator<Item = &'static str> {
    sk_dr::kinds::KINDS.iter().map(|kind| kind.schema().kind)
}
