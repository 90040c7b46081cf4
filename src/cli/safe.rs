//! `-safe`: what a configuration that may be anybody's is allowed to make happen (R47). Finds and reads the file that
//! says so, which must lie where a request cannot change it.

use super::process::{Process, Trouble};
use crate::diag::render::{Rendering, render};
use crate::diag::{Diagnostic, Span, has_errors};
use crate::lang::constants::{ConstantBlock, constants};
use crate::lang::limits;
use crate::model::advice::Advice;
use crate::model::argument::{Arguments, Unusable};
use crate::model::server_address::ServerAddress;
use crate::model::value::Value;
use crate::world::guard::{Guard, Permissions, PermittedProgram, Proof};
use crate::world::local::files::{self, Boundary, FileError};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Names the file.
const VARIABLE: &str = "SKDR_SAFE_FILE";
/// Below the user's configuration directory.
const DEFAULT: &str = "sk-dr/safe.hcl";

/// What says where the repository of a request ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Said<'a> {
    /// `-repository`.
    pub(crate) flag: Option<&'a Path>,
    /// The directory in which the process was started, before `-chdir`.
    pub(crate) started_in: &'a Path,
}

/// From here on the process trusts the configuration no more than its operator said.
///
/// # Errors
/// Where the file cannot be read, is no such file, or lies in the repository; where it cannot be told where that ends.
pub(crate) fn enter(process: &mut Process, said: Said<'_>) -> Result<(), Trouble> {
    let mut permissions = Permissions {
        place: place(process, said.started_in),
        ..Permissions::default()
    };
    let text = text(process, &permissions)?;
    let repository = match &text {
        Some(text) => read(process, text, &mut permissions)?,
        None => None,
    };
    permissions.repository = bounds(process, said, repository.as_deref())?;
    if text.is_some() {
        lies_outside(&permissions)?;
    }
    process.guard = Guard::Safe(Arc::new(permissions));
    Ok(())
}

/// Where the repository ends, as its operator says: by the flag, else in the file, else by the directory in which the
/// process was started. Nothing in the repository is asked: a request can make a `.git`, a submodule or a link of any
/// directory.
fn bounds(process: &Process, said: Said<'_>, file: Option<&Path>) -> Result<PathBuf, Trouble> {
    let flag = said.flag.map(|flag| said.started_in.join(flag));
    let (named, by) = match (&flag, file) {
        (Some(flag), _) => (flag.as_path(), "-repository"),
        (None, Some(file)) => (file, "the file of permissions"),
        (None, None) => (said.started_in, "the working directory"),
    };
    let refused = |why: String| {
        let way = Advice::repository();
        let detail = format!("{why} Say where the repository of the request ends: {way}.");
        Trouble::error("Where does the repository end?", detail)
    };
    let shown = named.display();
    let root = files::directory_without_links(named)
        .map_err(|error| refused(format!("{shown}, named by {by}: {error}.")))?;
    let directory = files::directory_without_links(&process.directory);
    let directory = directory.unwrap_or_else(|_| process.directory.clone());
    if !directory.starts_with(&root) {
        return Err(refused(format!(
            "The configuration in {} lies outside of {shown}, which is taken for its repository because {by} says so.",
            directory.display()
        )));
    }
    let home = process.variable("HOME").map(Path::new);
    let home = home.and_then(|home| files::without_links(home).ok());
    let holds_home = home.is_some_and(|home| home.starts_with(&root));
    if holds_home || root == Path::new("/") {
        return Err(refused(format!(
            "{shown}, named by {by}, holds the home directory of whoever runs this: a request could read all of it."
        )));
    }
    Ok(root)
}

fn place(process: &Process, started_in: &Path) -> Option<PathBuf> {
    let named = process.variable(VARIABLE).map(PathBuf::from);
    let configured = || process.variable("XDG_CONFIG_HOME").map(PathBuf::from);
    let home = || {
        let home = process.variable("HOME")?;
        Some(Path::new(home).join(".config"))
    };
    let place = named.or_else(|| Some(configured().or_else(home)?.join(DEFAULT)))?;
    Some(started_in.join(place))
}

fn refused(place: &Path, why: &str) -> Trouble {
    let detail = format!("{}: {why}.", place.display());
    Trouble::error("Permissions not read", detail)
}

/// The text of the file; none where nobody wrote one.
fn text(process: &Process, permissions: &Permissions) -> Result<Option<String>, Trouble> {
    let Some(place) = &permissions.place else {
        return Ok(None);
    };
    match files::read_text(&Boundary::Machine, place, limits::FILE_BYTES) {
        Ok(text) => Ok(Some(text)),
        Err(FileError::Missing) if process.variable(VARIABLE).is_none() => Ok(None),
        Err(error) => Err(refused(place, &error.to_string())),
    }
}

/// Where the file is written and what it leads to: either would be enough to change it.
fn lies_outside(permissions: &Permissions) -> Result<(), Trouble> {
    let Some(place) = &permissions.place else {
        return Ok(());
    };
    let lies = |path: &Path| {
        files::without_links(path).is_ok_and(|path| path.starts_with(&permissions.repository))
    };
    if lies(place) || place.parent().is_some_and(lies) {
        let why = "what -safe allows must lie outside of the configuration's repository, where a request cannot change it";
        return Err(refused(place, why));
    }
    Ok(())
}

/// Reads the permissions, and the repository that the file names.
fn read(
    process: &mut Process,
    text: &str,
    permissions: &mut Permissions,
) -> Result<Option<PathBuf>, Trouble> {
    let mut repository = None;
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
            "file" => absolute(&block).map(|one| {
                permissions.files.insert(one);
            }),
            "repository" if repository.is_none() => absolute(&block).map(|one| {
                repository = Some(one);
            }),
            "repository" => {
                let detail = "`repository` stands here once";
                Err(mistake(detail.to_owned(), block.header))
            }
            other => {
                let detail = format!(
                    "there is no block `{other}`: there are program, server, file and repository"
                );
                Err(mistake(detail, block.header))
            }
        };
        found.diagnostics.extend(wrong.err());
    }
    if !has_errors(&found.diagnostics) {
        return Ok(repository);
    }
    let text = render(&found.diagnostics, &found.texts, Rendering::PLAIN);
    process.stderr.print(&text);
    let detail = "What -safe allows could not be read, as shown above.";
    Err(Trouble::error("Permissions not read", detail))
}

/// The `path` of a block, which must be absolute: a relative one would depend on where the program is started.
fn absolute(block: &ConstantBlock) -> Result<PathBuf, Diagnostic> {
    only(block, &["path"])?;
    let path = block
        .values
        .get("path")
        .and_then(|(value, _)| value.as_text())
        .map(|text| files::plain(Path::new(text.as_ref())));
    match path {
        Some(path) if path.is_absolute() => Ok(path),
        Some(_) | None => {
            let detail = format!(
                "`{}` needs `path`, an absolute one such as \"/srv/checkout\"",
                block.kind
            );
            Err(mistake(detail, block.header))
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use bolero::check;

    /// Parts of such a file, and of what it is not.
    const PIECES: &[&str] = &[
        "program",
        "server",
        "file",
        "repository",
        "hook",
        " {",
        "}",
        "\n",
        " command = ",
        " path = ",
        " url = ",
        " environment = ",
        "[",
        "]",
        ", ",
        "\"sh\"",
        "\"-c\"",
        "\"/srv/x\"",
        "\"x\"",
        "\"https://a.test:6443\"",
        "${",
        "file(\"/etc/passwd\")",
        "1",
        "null",
        "true",
        "# x\n",
        "\"${1}\"",
        "<<E\nsh\nE\n",
        "\"\\u0000\"",
        "for",
        "[\"sh\"]",
        "program { command = [\"sh\"] }\n",
    ];

    /// The text as a string of a configuration, which reads back as it is: what would be interpolated is not.
    fn quote(text: &str) -> String {
        let mut quoted = String::from("\"");
        let mut rest = text.chars().peekable();
        while let Some(character) = rest.next() {
            match character {
                '"' | '\\' => quoted.extend(['\\', character]),
                '$' | '%' if rest.peek() == Some(&'{') => quoted.push_str(&escaped(character)),
                control if control.is_control() => quoted.push_str(&escaped(control)),
                plain => quoted.push(plain),
            }
        }
        quoted.push('"');
        quoted
    }

    fn escaped(character: char) -> String {
        format!("\\u{:04x}", u32::from(character))
    }

    fn parsed(text: &str) -> Option<(Permissions, Option<PathBuf>)> {
        let (mut process, _, _) = crate::cli::tests::process(&[], Path::new("/"));
        let mut permissions = Permissions::default();
        let read = read(&mut process, text, &mut permissions);
        read.ok().map(|repository| (permissions, repository))
    }

    /// Whatever stands in the file: it is read or refused, and all that it allows stands in it, word for word.
    #[test]
    fn permissions_are_what_they_say() {
        check!()
            .with_iterations(2000)
            .with_type::<Vec<u8>>()
            .for_each(|pieces: &Vec<u8>| {
                let pieces = pieces.iter().map(|piece| usize::from(*piece));
                let text: String = pieces.map(|piece| PIECES[piece % PIECES.len()]).collect();
                let Some((permissions, repository)) = parsed(&text) else {
                    return;
                };
                let says = |word: &str| text.contains(word) || word == "1";
                for program in &permissions.programs {
                    assert!(!program.command.is_empty(), "{text}");
                    assert!(
                        program.command.iter().all(|word| says(word.trim())),
                        "{text}"
                    );
                    assert!(program.environment.iter().all(|name| says(name)), "{text}");
                }
                for path in permissions.files.iter().chain(&repository) {
                    assert!(path.is_absolute() && says(path.to_str().unwrap()), "{text}");
                }
                assert!(
                    permissions.servers.is_empty() || says("a.test:6443"),
                    "{text}"
                );
            });
    }

    /// What is written is what is read, whatever the words are.
    #[test]
    fn permissions_are_read_as_they_were_written() {
        check!()
            .with_iterations(500)
            .with_type::<(Vec<String>, String, String)>()
            .for_each(|(words, variable, name): &(Vec<String>, String, String)| {
                let mut command = vec!["program".to_owned()];
                command.extend(words.iter().cloned());
                let list: Vec<String> = command.iter().map(|word| quote(word)).collect();
                let path = format!("/x/{}", name.replace(['/', '.', '\0'], ""));
                let text = format!(
                    "program {{\n  command = [{}]\n  environment = [{}]\n}}\nfile {{ path = {} }}\n",
                    list.join(", "),
                    quote(variable),
                    quote(&path),
                );
                let (permissions, repository) = parsed(&text).unwrap_or_else(|| panic!("{text}"));
                let expected = PermittedProgram {
                    command,
                    environment: [variable.clone()].into(),
                };
                assert_eq!(permissions.programs, [expected]);
                let read: Vec<&Path> = permissions.files.iter().map(PathBuf::as_path).collect();
                assert_eq!(read, [files::plain(Path::new(&path))]);
                assert_eq!(repository, None);
            });
    }
}
