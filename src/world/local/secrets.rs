//! Reads secrets where they are kept: environment, file, command. A value never reaches a message; a command's standard
//! output is the value, so only its standard error is shown.

use crate::model::secret::{SecretName, SecretSource};
use crate::world::Doors;
use crate::world::guard::Start;
use crate::world::query::{FailureClass, Why};
use crate::world::redactor::Redactor;
use crate::world::substitute::SecretValues;
use crate::world::words::Said;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;
use zeroize::{Zeroize, Zeroizing};

/// A command may ask a key server, or a person with a token.
const COMMAND_LIMIT: Duration = Duration::from_secs(60);
/// Characters of a command's standard error that are shown.
const SHOWN_STDERR: usize = 1024;

/// Values of these secrets.
///
/// # Errors
/// Where one cannot be read.
pub async fn read_all(doors: &Doors, names: BTreeSet<&SecretName>) -> Result<SecretValues, Why> {
    let mut values = SecretValues::new();
    for name in names {
        values.insert(name.clone(), read(doors, name).await?);
    }
    Ok(values)
}

/// What strikes out the secrets that the environment holds.
pub fn known(doors: &Doors) -> Redactor {
    let values: Vec<Zeroizing<String>> = doors
        .secrets
        .values()
        .filter_map(|source| match source {
            SecretSource::Env(variable) => doors.environment.get(variable),
            SecretSource::File(_) | SecretSource::Command(_) => None,
        })
        .map(|value| Zeroizing::new(value.clone()))
        .collect();
    Redactor::new(&values)
}

async fn read(doors: &Doors, name: &SecretName) -> Result<Zeroizing<String>, Why> {
    match source(doors, name)? {
        SecretSource::Env(variable) => match doors.environment.get(variable) {
            Some(value) => Ok(Zeroizing::new(value.clone())),
            None => Err(refuse(
                name,
                &format!("environment variable {variable} is not set"),
            )),
        },
        SecretSource::File(path) => {
            let path = resolve(doors, path);
            let bytes = std::fs::read(&path)
                .map_err(|error| refuse(name, &format!("{}: {error}", path.display())))?;
            text(name, bytes)
        }
        SecretSource::Command(words) => output(doors, name, words).await,
    }
}

/// Whether a secret is where it should be; its value is not looked at, and no program is run.
///
/// # Errors
/// Where it is not.
pub fn check(doors: &Doors, name: &SecretName) -> Result<(), Why> {
    match source(doors, name)? {
        SecretSource::Env(variable) => match doors.environment.get(variable) {
            Some(_) => Ok(()),
            None => Err(refuse(
                name,
                &format!("environment variable {variable} is not set"),
            )),
        },
        SecretSource::File(path) => {
            let path = resolve(doors, path);
            match std::fs::File::open(&path).and_then(|file| file.metadata()) {
                Ok(found) if found.is_dir() => {
                    Err(refuse(name, &format!("{} is a directory", path.display())))
                }
                Ok(_) => Ok(()),
                Err(error) => Err(refuse(name, &format!("{}: {error}", path.display()))),
            }
        }
        SecretSource::Command(words) => program(doors, name, words).map(|_| ()),
    }
}

fn source<'a>(doors: &'a Doors, name: &SecretName) -> Result<&'a SecretSource, Why> {
    doors
        .secrets
        .get(name)
        .ok_or_else(|| refuse(name, "there is no such secret block"))
}

fn program(doors: &Doors, name: &SecretName, words: &[String]) -> Result<PathBuf, Why> {
    let program = words.first().map_or("", String::as_str);
    super::find_program(program, &doors.environment, &doors.directory)
        .ok_or_else(|| refuse(name, &format!("program {program} is not there")))
}

async fn output(
    doors: &Doors,
    name: &SecretName,
    words: &[String],
) -> Result<Zeroizing<String>, Why> {
    let file = program(doors, name, words)?;
    let start = Start {
        words,
        file: &file,
        environment: &[],
    };
    doors
        .guard
        .start(start)
        .map_err(|message| refuse(name, &message))?;
    let title = words.first().map_or("", String::as_str);
    let child = Command::new(file)
        .args(words.get(1..).unwrap_or_default())
        .env_clear()
        .envs(super::handed_on(&doors.environment))
        .current_dir(&doors.directory)
        // Its own group: the Ctrl-C that asks for an orderly end must not cost the secret that the end needs.
        .process_group(0)
        .kill_on_drop(true)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| refuse(name, &format!("{title}: {error}")))?;
    match tokio::time::timeout(COMMAND_LIMIT, child.wait_with_output()).await {
        Err(_) => Err(refuse(
            name,
            &format!("{title} did not end within {} s", COMMAND_LIMIT.as_secs()),
        )),
        Ok(Err(error)) => Err(refuse(name, &format!("{title}: {error}"))),
        Ok(Ok(output)) if output.status.success() => text(name, output.stdout),
        Ok(Ok(mut output)) => {
            // What it printed before it failed may be the value, and stand in its error as well.
            let printed = Zeroizing::new(String::from_utf8_lossy(&output.stdout).into_owned());
            output.stdout.zeroize();
            let redactor = known(doors).and(&Redactor::new([&printed]));
            let said = Said::at_the_end(&output.stderr, &redactor).end_of(SHOWN_STDERR);
            Err(refuse(
                name,
                &format!("{title} failed, {}: {said}", output.status),
            ))
        }
    }
}

/// The value without one trailing newline.
fn text(name: &SecretName, bytes: Vec<u8>) -> Result<Zeroizing<String>, Why> {
    match String::from_utf8(bytes) {
        Ok(mut value) => {
            if value.ends_with('\n') {
                value.pop();
                if value.ends_with('\r') {
                    value.pop();
                }
            }
            Ok(Zeroizing::new(value))
        }
        Err(error) => {
            error.into_bytes().zeroize();
            Err(refuse(name, "its value is not UTF-8"))
        }
    }
}

fn resolve(doors: &Doors, path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), doors.environment.get("HOME")) {
        (Some(rest), Some(home)) => PathBuf::from(home).join(rest),
        (Some(_) | None, _) => doors.directory.join(path),
    }
}

fn refuse(name: &SecretName, message: &str) -> Why {
    Why {
        class: FailureClass::Value,
        message: format!("secret {}: {message}", name.0),
    }
}
