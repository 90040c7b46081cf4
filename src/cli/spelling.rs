//! Flags as Terraform users type them: one dash or two, `-out=x` or `-out x`, `-json=false`. Rewritten to what clap
//! reads; a flag that clap does not know is answered here, with what was meant. Must not know what a flag does.

use super::process::Trouble;
use crate::diag::suggest::nearest;
use crate::model::advice::Advice;
use clap::{Arg, ArgAction, Command};

/// Flags that users of this program or of Terraform know and that this version does not have.
const LATER_FLAGS: &[&str] = &[
    "accept-partial",
    "compact-warnings",
    "concise",
    "confirm",
    "exclude-file",
    "generate-config-out",
    "json-into",
    "lock",
    "refresh",
    "refresh-only",
    "replace",
    "show-sensitive",
    "summary",
    "target-file",
];

/// Commands that change nothing: Terraform's wrappers hand a time for the lock to some of them.
const TAKES_NO_LOCK: &[&str] = &["plan", "drift", "import", "show", "validate"];

/// Commands of the same sort.
const LATER_COMMANDS: &[&str] = &[
    "bundle",
    "completions",
    "console",
    "doctor",
    "fmt",
    "graph",
    "output",
    "restore",
];

/// Arguments as clap reads them.
///
/// # Errors
/// For an unknown flag or command, and for a flag without its value.
pub(crate) fn rewrite(arguments: &[String], root: &Command) -> Result<Vec<String>, Trouble> {
    let mut rewritten = Vec::new();
    let mut commands = vec![root];
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        if argument == "--" {
            rewritten.push(argument.clone());
            rewritten.extend(rest.by_ref().cloned());
            break;
        }
        let current = *commands.last().unwrap_or(&root);
        let Some(flag) = flag_text(argument) else {
            match current.find_subcommand(argument) {
                Some(next) => commands.push(next),
                None if current.has_subcommands() && commands.len() == 1 => {
                    return Err(unknown_command(argument, current));
                }
                None => {}
            }
            rewritten.push(argument.clone());
            continue;
        };
        let (name, value) = match flag.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (flag, None),
        };
        match name {
            "h" | "help" => rewritten.push("--help".to_owned()),
            "v" | "version" if commands.len() == 1 => rewritten.push("version".to_owned()),
            _ => {
                let known = find(&commands, name).ok_or_else(|| unknown_flag(name, &commands))?;
                let value = match (value, takes_value(known)) {
                    (None, true) => Some(rest.next().cloned().ok_or_else(|| without_value(name))?),
                    (value, _) => value,
                };
                rewritten.extend(spelled(known, name, value)?);
            }
        }
    }
    Ok(rewritten)
}

/// The argument without its dashes, where it is a flag. A single dash is a file name.
fn flag_text(argument: &str) -> Option<&str> {
    let text = argument
        .strip_prefix("--")
        .or_else(|| argument.strip_prefix('-'))?;
    (!text.is_empty() && !text.starts_with(|c: char| c.is_ascii_digit())).then_some(text)
}

fn longs<'a>(commands: &[&'a Command]) -> Vec<(&'a Arg, &'a str)> {
    let arguments = commands.iter().flat_map(|command| command.get_arguments());
    arguments
        .filter_map(|argument| Some((argument, argument.get_long()?)))
        .collect()
}

fn find<'a>(commands: &[&'a Command], name: &str) -> Option<&'a Arg> {
    longs(commands)
        .into_iter()
        .find(|(_, long)| *long == name)
        .map(|(argument, _)| argument)
}

/// `--name=value`; a switch is there or not.
fn spelled(argument: &Arg, name: &str, value: Option<String>) -> Result<Option<String>, Trouble> {
    if !matches!(argument.get_action(), ArgAction::SetTrue) {
        return Ok(Some(value.map_or_else(
            || format!("--{name}"),
            |value| format!("--{name}={value}"),
        )));
    }
    match value.as_deref() {
        None | Some("true") => Ok(Some(format!("--{name}"))),
        Some("false") => Ok(None),
        Some(_) => Err(Trouble::error(
            "Invalid value",
            format!("`-{name}` is on or off: -{name}, -{name}=true or -{name}=false."),
        )),
    }
}

/// Whether `-flag x` takes the next argument. A switch takes a value only behind `=`.
fn takes_value(argument: &Arg) -> bool {
    matches!(argument.get_action(), ArgAction::Set | ArgAction::Append)
        && !argument.is_require_equals_set()
}

fn unknown_flag(name: &str, commands: &[&Command]) -> Trouble {
    let command = commands
        .last()
        .map_or("sk-dr", |command| command.get_name());
    if LATER_FLAGS.contains(&name) {
        return later(&format!("-{name}"));
    }
    if name == "lock-timeout" && TAKES_NO_LOCK.contains(&command) {
        let detail = format!(
            "`{command}` takes no lock, so there is nothing to wait for: leave `-lock-timeout` out."
        );
        return Trouble::error("Flag without effect", detail);
    }
    let detail = match nearest(name, longs(commands).into_iter().map(|(_, long)| long)) {
        Some(meant) => format!("`{command}` has no flag `-{name}`. Did you mean `-{meant}`?"),
        None => match owner(name, commands.first().copied()) {
            Some(owner) => format!("`{command}` has no flag `-{name}`; `{owner}` has."),
            None => {
                let of = (commands.len() > 1).then_some(command);
                format!(
                    "`{command}` has no flag `-{name}`. See `{}`.",
                    Advice::help(of)
                )
            }
        },
    };
    Trouble::error("Unknown flag", detail)
}

/// A command that has this flag: `-exclude` belongs to plan only.
fn owner<'a>(name: &str, root: Option<&'a Command>) -> Option<&'a str> {
    root?
        .get_subcommands()
        .find(|command| find(&[command], name).is_some())
        .map(|command| command.get_name())
}

fn unknown_command(name: &str, root: &Command) -> Trouble {
    if LATER_COMMANDS.contains(&name) {
        return later(name);
    }
    let known: Vec<&str> = root
        .get_subcommands()
        .map(|command| command.get_name())
        .collect();
    let detail = match nearest(name, known.iter().copied()) {
        Some(meant) => format!("sk-dr has no command `{name}`. Did you mean `{meant}`?"),
        None => format!(
            "sk-dr has no command `{name}`. It has: {}.",
            known.join(", ")
        ),
    };
    Trouble::error("Unknown command", detail)
}

fn later(what: &str) -> Trouble {
    Trouble::error(
        "Not available yet",
        format!("`{what}` is planned and not available yet in this version."),
    )
}

fn without_value(name: &str) -> Trouble {
    Trouble::error(
        "Flag without a value",
        format!("`-{name}` needs a value: -{name}=VALUE."),
    )
}
