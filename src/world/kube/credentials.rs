//! What is a credential in a user of a kubeconfig, in a header, in the output of a plugin: so that it can be struck out of
//! what servers and programs say (R32). Must not know where that is shown.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::HeaderValue;
use kube::config::AuthInfo;
use serde_json::Value as Json;
use zeroize::Zeroizing;

/// What nobody may see of a user, the environment of its plugin included.
pub(super) fn of_user(user: &AuthInfo) -> Vec<Zeroizing<String>> {
    // Written out, since the texts themselves are wrapped in a type of another crate.
    let written = serde_json::to_value(user).unwrap_or_default();
    let text = |name: &str| Some(written.get(name)?.as_str()?.trim().to_owned());
    let mut found: Vec<Zeroizing<String>> = ["token", "password", "client-key-data"]
        .into_iter()
        .filter_map(text)
        .map(Zeroizing::new)
        .collect();
    let key = text("client-key-data").and_then(|key| STANDARD.decode(key).ok());
    found.extend(key.map(|key| Zeroizing::new(String::from_utf8_lossy(&key).into_owned())));
    let environment = user.exec.iter().filter_map(|exec| exec.env.as_ref());
    let values = environment
        .flatten()
        .filter_map(|variable| variable.get("value"));
    // Shorter ones are switches, and words of every message.
    let values = values.filter(|value| value.len() >= 8);
    found.extend(values.map(|value| Zeroizing::new(value.clone())));
    found
}

/// The secrets of an `Authorization` header.
pub(super) fn of_header(header: Option<&HeaderValue>) -> Vec<Zeroizing<String>> {
    let text = header.and_then(|value| std::str::from_utf8(value.as_bytes()).ok());
    let Some((scheme, secret)) = text.and_then(|text| text.split_once(' ')) else {
        return Vec::new();
    };
    let mut found = vec![Zeroizing::new(secret.trim().to_owned())];
    if scheme.eq_ignore_ascii_case("basic") {
        let pair = STANDARD.decode(secret.trim()).unwrap_or_default();
        let pair = Zeroizing::new(String::from_utf8_lossy(&pair).into_owned());
        let password = pair
            .split_once(':')
            .map(|(_, password)| password.to_owned());
        found.extend(password.map(Zeroizing::new));
    }
    found
}

/// What a plugin that failed had printed may be a credential, which it then repeats in its error: each line, and each text
/// in what is JSON.
pub(super) fn of_output(stdout: &[u8]) -> Vec<Zeroizing<String>> {
    let whole = String::from_utf8_lossy(stdout).into_owned();
    let mut found = Vec::new();
    let mut waiting: Vec<Json> = serde_json::from_str(&whole).into_iter().collect();
    while let Some(value) = waiting.pop() {
        match value {
            Json::String(text) => found.push(Zeroizing::new(text)),
            Json::Array(members) => waiting.extend(members),
            Json::Object(members) => waiting.extend(members.into_iter().map(|(_, member)| member)),
            Json::Null | Json::Bool(_) | Json::Number(_) => {}
        }
    }
    // `kind` and `apiVersion` are no secrets, and words of the message.
    found.retain(|text| text.len() >= 8 && !text.starts_with("client.authentication.k8s.io/"));
    found.retain(|text| text.as_str() != "ExecCredential");
    found.push(Zeroizing::new(whole));
    found
}
