//! Credential plugins: found where the handed PATH leads, given their whole environment, started only where that is
//! allowed (R47). Must not know which server they are for.

use super::ConnectArguments;
use super::kubeconfig::refuse;
use crate::world::guard::Start;
use crate::world::local;
use crate::world::query::Why;
use kube::config::ExecConfig;
use serde_json::{Value as Json, json};
use std::collections::HashMap;

/// The `exec` block of a provider as a kubeconfig writes it.
///
/// # Errors
/// Where it names no command.
pub(super) fn exec_block(exec: &Json) -> Result<Json, Why> {
    let command = exec
        .get("command")
        .and_then(Json::as_str)
        .ok_or_else(|| refuse("exec has no command"))?;
    let environment: Vec<Json> = exec
        .get("env")
        .and_then(Json::as_object)
        .into_iter()
        .flatten()
        .map(|(name, value)| json!({ "name": name, "value": value }))
        .collect();
    Ok(json!({
        "apiVersion": exec.get("api_version").and_then(Json::as_str).unwrap_or("client.authentication.k8s.io/v1"),
        "command": command,
        "args": exec.get("args").filter(|arguments| arguments.is_array()).cloned().unwrap_or_else(|| json!([])),
        "env": environment,
        "interactiveMode": "Never",
    }))
}

/// Finds a credential plugin and hands it its environment. kube says only "not found" about a missing plugin, without its name; and it would look in the process's PATH.
pub(super) fn find_plugin(arguments: &ConnectArguments, exec: &mut ExecConfig) -> Result<(), Why> {
    let command = exec.command.clone().unwrap_or_default();
    let Some(program) = local::find_program(&command, &arguments.environment, &arguments.directory)
    else {
        let hint = exec
            .install_hint
            .as_deref()
            .map(|hint| format!("\n{}", hint.trim()))
            .unwrap_or_default();
        return Err(refuse(format!(
            "credential plugin {command} is not there: no such program on PATH{hint}"
        )));
    };
    exec.command = Some(program.display().to_string());
    let mut environment = local::handed_on(&arguments.environment);
    let mut set = Vec::new();
    for variable in exec.env.take().unwrap_or_default() {
        if let (Some(name), Some(value)) = (variable.get("name"), variable.get("value")) {
            environment.insert(name.clone(), value.clone());
            set.push(name.clone());
        }
    }
    let words: Vec<String> = [command]
        .into_iter()
        .chain(exec.args.iter().flatten().cloned())
        .collect();
    let start = Start {
        words: &words,
        file: &program,
        environment: &set,
    };
    arguments.guard.start(start).map_err(refuse)?;
    let variable =
        |(name, value)| HashMap::from([("name".to_owned(), name), ("value".to_owned(), value)]);
    exec.env = Some(environment.into_iter().map(variable).collect());
    // kube lets a plugin inherit the process's environment below these.
    let kept_back = local::kept_back(&arguments.environment);
    exec.drop_env.get_or_insert_default().extend(kept_back);
    Ok(())
}

/// The older kind of plugin: its command stands in its settings, its arguments in one text.
pub(super) fn auth_provider(
    arguments: &ConnectArguments,
    settings: &HashMap<String, String>,
) -> Result<(), Why> {
    let Some(command) = settings.get("cmd-path") else {
        return Ok(());
    };
    let given = settings.get("cmd-args").map_or("", String::as_str);
    let words: Vec<String> = [command.as_str()]
        .into_iter()
        .chain(given.split_whitespace())
        .map(str::to_owned)
        .collect();
    let found = local::find_program(command, &arguments.environment, &arguments.directory);
    let start = Start {
        words: &words,
        file: &found.unwrap_or_default(),
        environment: &[],
    };
    arguments.guard.start(start).map_err(refuse)
}
