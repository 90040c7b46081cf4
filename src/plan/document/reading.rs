//! A plan out of its text. What is damaged is told apart from what another version wrote: the digest covers the text as it
//! was written, so a text that fits its digest is whole, whether or not its members are those of this program (R37). Must
//! not know where the text comes from, or whether the plan makes sense.

use super::{FORMAT, Plan, VERSION};
use serde::Deserialize;
use serde_json::Value as Json;
use sha2::Digest;

/// Why a text is no plan of this program.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unread {
    /// No JSON at all.
    #[error("it is no JSON")]
    NoJson,
    /// JSON that begins as an object and has no end.
    #[error("it ends too early")]
    Early,
    /// JSON that says nothing of being a plan.
    #[error("it is JSON of another sort")]
    AnotherSort,
    /// What `show -json` prints.
    #[error("it is the output of `show -json`, which can only be looked at")]
    Shown,
    /// A plan in another format.
    #[error("{tool} wrote it in plan format {version}; this program reads {VERSION}")]
    AnotherVersion {
        /// Program and version, as it says.
        tool: String,
        /// Version of the format.
        version: String,
    },
    /// A whole plan whose members are not those of this program.
    #[error("it is whole, and was made by another version of sk-dr ({tool}): {difference}")]
    AnotherBuild {
        /// Program and version, as it says.
        tool: String,
        /// What differs.
        difference: String,
    },
    /// A plan that is not as it was written.
    #[error("it is damaged: {0}")]
    Damaged(String),
}

/// What tells a plan of ours from everything else. The plan itself is read from the bytes and not from a tree of JSON,
/// on whose way to a plan `-0` would become `0`, and of a member that stands twice the first would be lost in silence.
#[derive(Deserialize)]
struct Head {
    format: Option<Json>,
    format_version: Option<Json>,
    version: Option<Json>,
    tool: Option<Json>,
    digest: Option<Json>,
}

/// Reads a plan as it was written, whatever it says.
///
/// # Errors
/// Where it is none, of another version, or damaged.
pub fn read(bytes: &[u8]) -> Result<Plan, Unread> {
    let plan = decode(bytes)?;
    match plan.compute_digest() {
        Ok(digest) if digest == plan.digest => Ok(plan),
        Ok(_) | Err(_) if plan.digest == digest_as_written(bytes) => Err(Unread::AnotherBuild {
            tool: plan.tool,
            difference: "this program would write it otherwise".to_owned(),
        }),
        Ok(_) | Err(_) => Err(Unread::Damaged(
            "its digest does not fit its content: it was changed after it was written".to_owned(),
        )),
    }
}

/// The same without a look at its digest, where that is held against what a journal says.
///
/// # Errors
/// Where it is none, of another version, or damaged.
pub fn decode(bytes: &[u8]) -> Result<Plan, Unread> {
    let head: Head = serde_json::from_slice(bytes).map_err(|error| {
        if error.is_eof() && bytes.starts_with(b"{") {
            Unread::Early
        } else if error.is_data() {
            Unread::AnotherSort
        } else {
            Unread::NoJson
        }
    })?;
    if head.format_version.is_some() {
        return Err(Unread::Shown);
    }
    if head.format.as_ref().and_then(Json::as_str) != Some(FORMAT) {
        return Err(Unread::AnotherSort);
    }
    let tool = head.tool.as_ref().and_then(Json::as_str);
    let tool = tool.unwrap_or("another program").to_owned();
    if head.version.as_ref().and_then(Json::as_u64) != Some(u64::from(VERSION)) {
        let version = head.version.map(|version| version.to_string());
        let version = version.unwrap_or_else(|| "none".to_owned());
        return Err(Unread::AnotherVersion { tool, version });
    }
    serde_json::from_slice(bytes).map_err(|error| {
        let said = head.digest.as_ref().and_then(Json::as_str);
        let difference = error.to_string();
        if said == Some(&digest_as_written(bytes)) {
            Unread::AnotherBuild { tool, difference }
        } else {
            Unread::Damaged(difference)
        }
    })
}

/// The digest of an object's text without the members that no digest covers, blanks between its tokens left out: what
/// [`Plan::compute_digest`] says of the plan that was written so.
fn digest_as_written(object: &[u8]) -> String {
    let is = |member: &[u8], name: &str| member.starts_with(format!("\"{name}\":").as_bytes());
    let mut members = members(object);
    members.retain(|member| !is(member, "made_at") && !is(member, "digest"));
    // A plan without one leaves it out, and its digest covers none.
    if !members.iter().any(|member| is(member, "journal"))
        && let Some(goal) = members.iter().position(|member| is(member, "goal"))
    {
        members.insert(goal + 1, b"\"journal\":null".to_vec());
    }
    let mut hash = sha2::Sha256::new();
    hash.update(b"{");
    hash.update(members.join(&b','));
    hash.update(b"}");
    hex::encode(hash.finalize())
}

/// The members of an object, each as `"name":value` without blanks between tokens.
fn members(object: &[u8]) -> Vec<Vec<u8>> {
    let mut members = vec![Vec::new()];
    let (mut depth, mut in_text, mut is_escaped) = (0_usize, false, false);
    for byte in object {
        let is_open = matches!(byte, b'{' | b'[') && !in_text;
        let is_close = matches!(byte, b'}' | b']') && !in_text;
        let is_between = depth == 1 && *byte == b',' && !in_text;
        let is_blank = byte.is_ascii_whitespace() && !in_text;
        let is_edge = (depth == 0 && is_open) || (depth == 1 && is_close);
        depth = depth
            .saturating_add(usize::from(is_open))
            .saturating_sub(usize::from(is_close));
        if *byte == b'"' && !is_escaped {
            in_text = !in_text;
        }
        is_escaped = in_text && *byte == b'\\' && !is_escaped;
        if is_between {
            members.push(Vec::new());
        } else if !is_blank
            && !is_edge
            && let Some(member) = members.last_mut()
        {
            member.push(*byte);
        }
    }
    members
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::fixture::{node, plan, step};
    use serde_json::json;

    fn written() -> String {
        let mut whole =
            plan(json!({"nodes": [node(json!({}))], "steps": [step("velero_schedule.shop", 1)]}));
        whole.stack = "a \"b\\\" , {c: [d".to_owned();
        whole.digest = whole.compute_digest().unwrap();
        serde_json::to_string_pretty(&whole).unwrap()
    }

    /// A plan as another build would have sealed it.
    fn sealed_anew(text: &str) -> String {
        let said = read_digest(text);
        text.replace(&said, &digest_as_written(text.as_bytes()))
    }

    fn read_digest(text: &str) -> String {
        let whole: Json = serde_json::from_str(text).unwrap();
        whole["digest"].as_str().unwrap().to_owned()
    }

    /// What is said of a change to a written plan: as somebody edits it, and as another build seals it.
    fn check(change: fn(String) -> String, edited: &str, sealed: &str) {
        let text = change(written());
        let said = read(text.as_bytes()).unwrap_err().to_string();
        assert!(said.contains(edited), "{said}");
        let said = read(sealed_anew(&text).as_bytes()).unwrap_err().to_string();
        assert!(said.contains(sealed), "{said}");
    }

    #[test]
    fn another_build_is_told_from_damage() {
        let text = written();
        assert_eq!(digest_as_written(text.as_bytes()), read_digest(&text));
        assert!(read(text.as_bytes()).is_ok());
        let another = "was made by another version of sk-dr (sk-dr ";
        check(
            |text| text.replacen("\"goal\"", "\"newer\": 1,\n  \"goal\"", 1),
            "it is damaged: unknown field `newer`",
            another,
        );
        check(
            |text| text.replacen("\"applyable\"", "\"may_apply\"", 1),
            "it is damaged: unknown field `may_apply`",
            another,
        );
        check(
            |text| text.replacen("\"version\": 1", "\"version\": 7", 1),
            "in plan format 7; this program reads 1",
            "in plan format 7; this program reads 1",
        );
        // A member that this program writes and that one did not.
        let without = sealed_anew(&text.replacen("\"pinned\": [],", "", 1));
        let said = read(without.as_bytes()).unwrap_err().to_string();
        assert!(said.contains("would write it otherwise"), "{said}");
    }
}
