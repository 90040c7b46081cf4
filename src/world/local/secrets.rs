//! Reads secrets where they are kept: environment, file, command. A value never reaches a message; a command's standard
//! output is the value, so only its standard error is shown.

use super::answering::{self, Question};
use crate::model::secret::{SecretName, SecretSource};
use crate::world::Doors;
use crate::world::guard::Start;
use crate::world::local::files;
use crate::world::query::{FailureClass, Why};
use crate::world::redactor::Redactor;
use crate::world::substitute::SecretValues;
use std::collections::BTreeSet;
use std::path::PathBuf;
use zeroize::{Zeroize, Zeroizing};

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
        SecretSource::Env(variable) => {
            variable_of(doors, name, variable).map(|value| Zeroizing::new(value.clone()))
        }
        SecretSource::File(path) => {
            let path = super::resolve(&doors.environment, &doors.directory, path);
            let boundary = doors.guard.file(&path).map_err(|why| refuse(name, &why))?;
            let bytes = files::read(&boundary, &path, files::CREDENTIAL_BYTES)
                .map_err(|error| refuse(name, &format!("{}: {error}", path.display())))?;
            text(name, Zeroizing::new(bytes))
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
        SecretSource::Env(variable) => variable_of(doors, name, variable).map(|_| ()),
        SecretSource::File(path) => {
            let path = super::resolve(&doors.environment, &doors.directory, path);
            let boundary = doors.guard.file(&path).map_err(|why| refuse(name, &why))?;
            match files::length(&boundary, &path, files::CREDENTIAL_BYTES) {
                Ok(0) => Err(refuse(name, &format!("{} is empty", path.display()))),
                Ok(_) => Ok(()),
                Err(error) => Err(refuse(name, &format!("{}: {error}", path.display()))),
            }
        }
        SecretSource::Command(words) => program(doors, name, words).map(|_| ()),
    }
}

/// A variable of CI that is declared and has no value is there and empty.
fn variable_of<'a>(doors: &'a Doors, name: &SecretName, variable: &str) -> Result<&'a String, Why> {
    let wrong = |what: &str| refuse(name, &format!("environment variable {variable} is {what}"));
    match doors.environment.get(variable) {
        None => Err(wrong("not set")),
        Some(value) if value.is_empty() => Err(wrong("set and empty")),
        Some(value) => Ok(value),
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
    let question = Question {
        file,
        words: words.to_vec(),
        environment: super::handed_on(&doors.environment),
        directory: doors.directory.clone(),
        title: format!("secret {}", name.0),
    };
    match answering::ask(&question, &doors.waiting).await {
        Ok(mut printed) => text(name, std::mem::take(&mut printed.answer)),
        Err(failed) => {
            // What it printed before it failed may be the value, and stand in its error as well.
            let answer = String::from_utf8_lossy(&failed.printed.answer).into_owned();
            let redactor = known(doors).and(&Redactor::new([&Zeroizing::new(answer)]));
            Err(refuse(name, &failed.told(title, &redactor)))
        }
    }
}

/// The value without one trailing newline. An empty one is none: a password that is not there would be written, or sent,
/// as if it were meant.
fn text(name: &SecretName, mut bytes: Zeroizing<Vec<u8>>) -> Result<Zeroizing<String>, Why> {
    if bytes.ends_with(b"\n") {
        bytes.pop();
        if bytes.ends_with(b"\r") {
            bytes.pop();
        }
    }
    if bytes.is_empty() {
        return Err(refuse(name, "its value is empty"));
    }
    match String::from_utf8(std::mem::take(&mut *bytes)) {
        Ok(value) => Ok(Zeroizing::new(value)),
        Err(error) => {
            error.into_bytes().zeroize();
            Err(refuse(name, "its value is not UTF-8"))
        }
    }
}

fn refuse(name: &SecretName, message: &str) -> Why {
    Why {
        class: FailureClass::Value,
        message: format!("secret {}: {message}", name.0),
    }
}
