//! A store that is not AWS, and no word on checksums.

use super::scene::{LOCATION, Scene};
use super::{Hit, Lint, Severity, Sight};
use crate::model::expression::Expr;
use crate::model::object_store::Store;

pub(super) const LINT: Lint = Lint {
    code: "checksum-algorithm",
    severity: Severity::Warning,
    sight: Sight::Declared,
    summary: "Checksums may not suit the store",
    cause: "velero-plugin-for-aws adds CRC32 checksums to uploads unless told otherwise. Stores that only speak like S3 \
            refuse such uploads, or keep other bytes than were sent.",
    cure: "Add `checksumAlgorithm = \"\"` to `config`.",
    blind: "A store that understands these checksums is not known: allow it there.",
    check,
};

fn check(scene: &Scene<'_>) -> Vec<Hit> {
    scene
        .of(LOCATION)
        .filter_map(|location| {
            let provider = location.text("provider_name")?;
            let url = location.setting("s3Url")?;
            let config = location.resource.body.member("config")?;
            let is_aws = matches!(Store::of(Some(&url), None), Store::Aws(_));
            // A map that is not known as a whole may hold the key.
            let says = match &config {
                Expr::Value(_) | Expr::Object(_) => config.member("checksumAlgorithm").is_some(),
                Expr::List(_)
                | Expr::Hole(_)
                | Expr::Secret(_)
                | Expr::Concat(_)
                | Expr::Call { .. } => true,
            };
            let concerned = matches!(provider.as_str(), "aws" | "velero.io/aws");
            (concerned && !is_aws && !says).then(|| {
                let detail =
                    format!("{url} is not AWS, and the plugin will send CRC32 checksums to it.");
                location.hit("config", detail)
            })
        })
        .collect()
}
