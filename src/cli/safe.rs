//! `-safe`: what a configuration that may be anybody's is allowed to make happen (R47). Finds and reads the file that
//! says so, which must lie where a request cannot change it.

use super::process::{Process, Trouble};
use crate::diag::render::{Rendering, render};
use crate::diag::{Diagnostic, Span, has_errors};
use crate::lang::constants::{ConstantBlock, constants};
use crate::lang::limits;
use crate::model::argument::{Arguments, Unusable};
use crate::model::server_address::ServerAddress;
use crate::model::value::Value;
use crate::world::guard::{Guard, Permissions, PermittedProgram, Proof};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Names the file.
const VARIABLE: &str = "SKDR_SAFE_FILE";
/// Below the user's configuration directory.
const DEFAULT: &str = "sk-dr/safe.hcl";

/// From here on the process trusts the configuration no more than its operator said.
///
/// # Errors
/// Where the file cannot be read, is no such file, or lies in the repository.
pub(crate) fn enter(process: &mut Process) -> Result<(), Trouble> {
    let repository = repository(&process.directory);
    let mut permissions = Permissions {
        place: place(process),
        repository,
        ..Permissions::default()
    };
    if let Some(text) = text(process, &permissions)? {
        read(process, &text, &mut permissions)?;
    }
    process.guard = Guard::Safe(Arc::new(permissions));
    Ok(())
}

/// The directory that holds `.git`, here or above; without one the configuration's own.
fn repository(directory: &Path) -> PathBuf {
    let directory = directory
        .canonicalize()
        .unwrap_or_else(|_| directory.to_owned());
    let root = directory
        .ancestors()
        .find(|ancestor| ancestor.join(".git").exists());
    root.unwrap_or(&directory).to_owned()
}

fn place(process: &Process) -> Option<PathBuf> {
    let named = process.variable(VARIABLE).map(PathBuf::from);
    let configured = || process.variable("XDG_CONFIG_HOME").map(PathBuf::from);
    let home = || {
        let home = process.variable("HOME")?;
        Some(Path::new(home).join(".config"))
    };
    let place = named.or_else(|| Some(configured().or_else(home)?.join(DEFAULT)))?;
    Some(process.directory.join(place))
}

/// The text of the file; none where nobody wrote one.
fn text(process: &Process, permissions: &Permissions) -> Result<Option<String>, Trouble> {
    let Some(place) = &permissions.place else {
        return Ok(None);
    };
    let refused = |why: &str| {
        let detail = format!("{}: {why}", place.display());
        Err(Trouble::error("Permissions not read", detail))
    };
    let bytes = match std::fs::read(place) {
        Ok(bytes) => bytes,
        Err(error)
            if error.kind() == std::io::ErrorKind::NotFound
                && process.variable(VARIABLE).is_none() =>
        {
            return Ok(None);
        }
        Err(error) => return refused(&format!("{error}.")),
    };
    // Where it is written and what it leads to: either would be enough to change it.
    let lies = |path: &Path| {
        path.canonicalize()
            .is_ok_and(|path| path.starts_with(&permissions.repository))
    };
    if lies(place) || place.parent().is_some_and(lies) {
        return refused(
            "what -safe allows must lie outside of the configuration's repository, where a request cannot change it.",
        );
    }
    match String::from_utf8(bytes) {
        Ok(text) if text.len() <= limits::FILE_BYTES => Ok(Some(text)),
        Ok(_) => refused("the file is too large."),
        Err(_) => refused("the file is no UTF-8."),
    }
}

fn read(process: &mut Process, text: &str, permissions: &mut Permissions) -> Result<(), Trouble> {
    let name = permissions
        .place
        .as_ref()
        .map(|place| place.display().to_string());
    let mut found = constants(&name.unwrap_or_default(), text);
    for block in std::mem::take(&mut found.blocks) {
        let wrong = match block.kind.as_str() {
            "program" => program(&block).map(|one| permissions.programs.push(one)),
            "server" => server(&block).map(|(address, proof)| {
                permissions.servers.insert(address, proof);
            }),
            other => {
                let detail = format!("there is no block `{other}`: there are program and server");
                Err(mistake(detail, block.header))
            }
        };
        found.diagnostics.extend(wrong.err());
    }
    if !has_errors(&found.diagnostics) {
        return Ok(());
    }
    let text = render(&found.diagnostics, &found.texts, Rendering::PLAIN);
    process.stderr.print(&text);
    let detail = "What -safe allows could not be read, as shown above.";
    Err(Trouble::error("Permissions not read", detail))
}

fn program(block: &ConstantBlock) -> Result<PermittedProgram, Diagnostic> {
    only(block, &["command", "environment"])?;
    let command = match block.values.get("command") {
        Some((value, span)) => texts(value, *span)?,
        None => Vec::new(),
    };
    if command.is_empty() {
        let detail = "`program` needs `command`: a program and its arguments, each a string";
        return Err(mistake(detail.to_owned(), block.header));
    }
    let environment = match block.values.get("environment") {
        Some((value, span)) => texts(value, *span)?.into_iter().collect(),
        None => BTreeSet::new(),
    };
    Ok(PermittedProgram {
        command,
        environment,
    })
}

fn server(block: &ConstantBlock) -> Result<(ServerAddress, Proof), Diagnostic> {
    let proof = ["cluster_ca_certificate", "tls_server_name", "insecure"];
    only(block, &["url", proof[0], proof[1], proof[2]])?;
    let values = block.values.iter();
    let known =
        values.filter_map(|(name, (value, _))| Some((name.clone(), value.to_expr().into_known()?)));
    let given = known.collect::<serde_json::Map<_, _>>().into();
    let given = Arguments(&given);
    let wrong = |unusable: Unusable| {
        let place = block.values.get(&unusable.name);
        let span = place.map_or(block.header, |(_, span)| *span);
        mistake(format!("`{}` {}", unusable.name, unusable.why), span)
    };
    let Some(url) = given.text("url").known().map_err(wrong)? else {
        let detail = "`server` needs `url`, such as \"https://203.0.113.5:6443\"";
        return Err(mistake(detail.to_owned(), block.header));
    };
    let address = ServerAddress::parse(url).map_err(|error| {
        wrong(Unusable {
            name: "url".to_owned(),
            why: error.to_string(),
        })
    })?;
    let pem = given.pem(proof[0]).known().map_err(wrong)?;
    let name = given.text(proof[1]).known().map_err(wrong)?;
    let proof = Proof {
        cluster_ca_certificate: pem.map(str::to_owned),
        tls_server_name: name.map(str::to_owned),
        insecure: given.flag(proof[2]).known().map_err(wrong)?,
    };
    Ok((address, proof))
}

fn only(block: &ConstantBlock, known: &[&str]) -> Result<(), Diagnostic> {
    let mut values = block.values.iter();
    match values.find(|(name, _)| !known.contains(&name.as_str())) {
        None => Ok(()),
        Some((name, (_, span))) => {
            let detail = format!("`{}` has no argument `{name}`", block.kind);
            Err(mistake(detail, *span))
        }
    }
}

fn texts(value: &Value, span: Span) -> Result<Vec<String>, Diagnostic> {
    let items = value.as_items().unwrap_or_default().iter();
    let texts: Option<Vec<String>> = items
        .map(|item| item.as_text().map(|text| text.to_string()))
        .collect();
    match texts {
        Some(texts) if value.as_items().is_some() => Ok(texts),
        Some(_) | None => Err(mistake("a list of strings is needed".to_owned(), span)),
    }
}

fn mistake(detail: String, span: Span) -> Diagnostic {
    Diagnostic::error("invalid-permission", "Invalid permission", detail).at(span)
}
