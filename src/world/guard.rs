//! What a configuration may make happen on this machine and to whom its credentials go (R47): everything, or only what
//! its operator allowed in a file that the configuration cannot change. Must not know how that file is written.

use super::local::files::{self, Boundary};
use crate::model::advice::Advice;
use crate::model::server_address::ServerAddress;
use crate::model::text::quote;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Whether a configuration is trusted.
#[derive(Clone, Debug, Default)]
pub enum Guard {
    /// It is ours.
    #[default]
    Open,
    /// It may be anybody's: `-safe`.
    Safe(Arc<Permissions>),
}

/// What the operator allows.
#[derive(Clone, Debug, Default)]
pub struct Permissions {
    /// The file that says so, or where it would be looked for; `None`: there is no such place.
    pub place: Option<PathBuf>,
    /// Root of the repository, absolute and without links: what lies in it may be changed by a request.
    pub repository: PathBuf,
    /// Files outside of it that a configuration may name, absolute and without `..`: kubeconfigs, files of secrets.
    pub files: BTreeSet<PathBuf>,
    /// Programs that may be started.
    pub programs: Vec<PermittedProgram>,
    /// API servers that may be asked, each with what a configuration may say about how it proves who it is.
    pub servers: BTreeMap<ServerAddress, Proof>,
}

/// How a server proves who it is. Whoever chooses that chooses who gets the credentials.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proof {
    /// PEM text of the authority that signs its certificate.
    pub cluster_ca_certificate: Option<String>,
    /// The name in its certificate.
    pub tls_server_name: Option<String>,
    /// Not at all.
    pub insecure: Option<bool>,
}

/// A program that may be started.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PermittedProgram {
    /// Program and arguments, exactly.
    pub command: Vec<String>,
    /// Variables that the configuration may set for it.
    pub environment: BTreeSet<String>,
}

/// A program that is to be started.
#[derive(Clone, Copy, Debug)]
pub struct Start<'a> {
    /// Program and arguments as they were written.
    pub words: &'a [String],
    /// The file that the program was found to be.
    pub file: &'a Path,
    /// Variables that the configuration sets for it.
    pub environment: &'a [String],
}

impl Guard {
    /// Whether a program may be started.
    ///
    /// # Errors
    /// Where not: which program, and how to allow it.
    pub fn start(&self, start: Start<'_>) -> Result<(), String> {
        match self {
            Guard::Open => Ok(()),
            Guard::Safe(permissions) => permissions.start(start),
        }
    }

    /// Whether credentials may go to a server that the configuration names.
    ///
    /// # Errors
    /// Where not: which server, and how to allow it.
    pub fn ask(&self, server: &ServerAddress) -> Result<(), String> {
        match self {
            Guard::Open => Ok(()),
            Guard::Safe(permissions) => permissions.ask(server),
        }
    }

    /// Whether the configuration may say how a server proves who it is.
    ///
    /// # Errors
    /// Where not: what, and how to allow it.
    pub fn trust(&self, server: &ServerAddress, wanted: &Proof) -> Result<(), String> {
        match self {
            Guard::Open => Ok(()),
            Guard::Safe(permissions) => permissions.trust(server, wanted),
        }
    }

    /// Whether the configuration is trusted.
    pub fn is_open(&self) -> bool {
        match self {
            Guard::Open => true,
            Guard::Safe(_) => false,
        }
    }

    /// How far what the configuration names may reach.
    pub fn boundary(&self) -> Boundary {
        match self {
            Guard::Open => Boundary::Machine,
            Guard::Safe(permissions) => Boundary::Below(permissions.repository.clone()),
        }
    }

    /// How far a path leads that the configuration names: in its repository, or to a file that the operator named too.
    ///
    /// # Errors
    /// Where it is neither, by its name alone, so that nothing is learned about what is there: which file, and how to
    /// allow it.
    pub fn file(&self, path: &Path) -> Result<Boundary, String> {
        match self {
            Guard::Open => Ok(Boundary::Machine),
            Guard::Safe(permissions) => permissions.reading(path),
        }
    }

    /// Whether a file is out of reach of the configuration's repository.
    pub fn is_outside(&self, file: &Path) -> bool {
        match self {
            Guard::Open => true,
            Guard::Safe(permissions) => permissions.is_outside(file),
        }
    }
}

impl Permissions {
    /// What cannot be resolved is taken for a file of the repository.
    fn is_outside(&self, file: &Path) -> bool {
        files::without_links(file).is_ok_and(|file| !file.starts_with(&self.repository))
    }

    fn reading(&self, path: &Path) -> Result<Boundary, String> {
        let inside = Boundary::Below(self.repository.clone());
        let boundary = inside.of_named(path);
        if boundary == inside || self.files.contains(&files::plain(path)) {
            return Ok(boundary);
        }
        Err(format!(
            "-safe reads no file outside of the repository that only the configuration names: {path}\nTo allow it, write into {file}:\n  {allowed}",
            path = path.display(),
            file = self.file(),
            allowed = Advice::allow_file(&path.display().to_string()),
        ))
    }

    fn start(&self, start: Start<'_>) -> Result<(), String> {
        let shown = start.words.join(" ");
        let Some(permitted) = self.programs.iter().find(|one| one.command == start.words) else {
            return Err(format!(
                "-safe starts no program that is not allowed: {shown}\nTo allow it, write into {}:\n  {}",
                self.file(),
                Advice::allow_program(start.words)
            ));
        };
        if !self.is_outside(start.file) {
            return Err(format!(
                "-safe does not start {shown}: {} lies in the repository, so its own text is not what was allowed; keep it outside",
                start.file.display()
            ));
        }
        let set = start.environment.iter();
        match set
            .into_iter()
            .find(|name| !permitted.environment.contains(*name))
        {
            None => Ok(()),
            Some(name) => Err(format!(
                "-safe does not start {shown}: the configuration sets {name} for it\nTo allow that, write beside its command in {}:\n  {}",
                self.file(),
                Advice::allow_environment(name)
            )),
        }
    }

    fn ask(&self, server: &ServerAddress) -> Result<(), String> {
        if self.servers.contains_key(server) {
            return Ok(());
        }
        Err(format!(
            "-safe sends credentials to no server that only the configuration names: {server}\nTo allow it, write into {}:\n  {}",
            self.file(),
            Advice::allow_server(&server.to_string())
        ))
    }

    fn trust(&self, server: &ServerAddress, wanted: &Proof) -> Result<(), String> {
        let nothing = Proof::default();
        let allowed = self.servers.get(server).unwrap_or(&nothing);
        let Proof {
            cluster_ca_certificate,
            tls_server_name,
            insecure,
        } = wanted;
        let same_pem = |pem: &String| {
            let allowed = allowed.cluster_ca_certificate.as_deref();
            allowed.is_some_and(|allowed| pem_lines(allowed).eq(pem_lines(pem)))
        };
        let refused = if cluster_ca_certificate
            .as_ref()
            .is_some_and(|pem| !same_pem(pem))
        {
            Some((
                "cluster_ca_certificate",
                "its PEM text, between <<EOT and EOT".to_owned(),
            ))
        } else if tls_server_name.is_some() && *tls_server_name != allowed.tls_server_name {
            let name = tls_server_name.as_deref().unwrap_or_default();
            Some(("tls_server_name", quote(name)))
        } else if *insecure == Some(true) && allowed.insecure != Some(true) {
            Some(("insecure", "true".to_owned()))
        } else {
            None
        };
        match refused {
            None => Ok(()),
            Some((name, value)) => Err(format!(
                "-safe takes no {name} for {server} from a configuration: it decides who gets the credentials\nTo allow it, write into {}, in the block of that server:\n  server {{\n    url = {}\n    {name} = {value}\n  }}",
                self.file(),
                quote(&server.to_string())
            )),
        }
    }

    fn file(&self) -> String {
        match &self.place {
            Some(place) => place.display().to_string(),
            None => "a file outside of the repository, named by SKDR_SAFE_FILE".to_owned(),
        }
    }
}

/// Two texts of one certificate differ in how they are indented and where they end.
fn pem_lines(pem: &str) -> impl Iterator<Item = &str> {
    pem.lines().map(str::trim).filter(|line| !line.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A program that stands outside, allowed with one argument and one variable.
    fn check(words: &[&str], file: &str, environment: &[&str], expected: &str) {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().canonicalize().unwrap();
        let repository = root.join("repository");
        std::fs::create_dir_all(&repository).unwrap();
        for name in ["tool", "repository/tool"] {
            std::fs::write(root.join(name), "").unwrap();
        }
        std::os::unix::fs::symlink(repository.join("tool"), root.join("link")).unwrap();
        let texts =
            |texts: &[&str]| -> Vec<String> { texts.iter().map(ToString::to_string).collect() };
        let guard = Guard::Safe(Arc::new(Permissions {
            place: Some("safe.hcl".into()),
            repository,
            files: BTreeSet::new(),
            programs: vec![PermittedProgram {
                command: texts(&["tool", "x"]),
                environment: ["PROFILE".to_owned()].into(),
            }],
            servers: BTreeMap::new(),
        }));
        let start = Start {
            words: &texts(words),
            file: &root.join(file),
            environment: &texts(environment),
        };
        let found = guard.start(start).err().unwrap_or_default();
        assert!(
            found.contains(expected) && found.is_empty() == expected.is_empty(),
            "{words:?} {file} {environment:?}: {found}"
        );
        assert_eq!(Guard::Open.start(start), Ok(()));
    }

    #[test]
    fn starts_exactly_what_is_allowed() {
        check(&["tool", "x"], "tool", &[], "");
        check(&["tool", "x"], "tool", &["PROFILE"], "");
        check(&["tool"], "tool", &[], "program { command = [\"tool\"] }");
        check(
            &["tool", "x", "y"],
            "tool",
            &[],
            "To allow it, write into safe.hcl:",
        );
        check(
            &["tool", "x"],
            "repository/tool",
            &[],
            "lies in the repository",
        );
        check(&["tool", "x"], "link", &[], "lies in the repository");
        check(&["tool", "x"], "missing", &[], "lies in the repository");
        check(
            &["tool", "x"],
            "tool",
            &["PROFILE", "LD_PRELOAD"],
            "environment = [\"LD_PRELOAD\"]",
        );
    }

    #[test]
    fn asks_the_servers_that_are_named() {
        let address = |text: &str| ServerAddress::parse(text).unwrap();
        let guard = Guard::Safe(Arc::new(Permissions {
            servers: [address("https://a.test:6443"), address("https://b.test")]
                .map(|server| (server, Proof::default()))
                .into(),
            ..Permissions::default()
        }));
        for (server, allowed) in [
            ("https://a.test:6443", true),
            ("https://A.test:6443/", true),
            ("https://b.test:443", true),
            ("https://a.test", false),
            ("https://a.test:6443/below", false),
            ("http://a.test:6443", false),
            ("https://a.test.evil.test:6443", false),
        ] {
            let server = address(server);
            assert_eq!(guard.ask(&server).is_ok(), allowed, "{server}");
            assert!(Guard::Open.ask(&server).is_ok());
        }
    }

    #[test]
    fn who_a_server_is_its_operator_says() {
        let server = ServerAddress::parse("https://a.test").unwrap();
        let proof = |pem: Option<&str>, name: Option<&str>, insecure: Option<bool>| Proof {
            cluster_ca_certificate: pem.map(str::to_owned),
            tls_server_name: name.map(str::to_owned),
            insecure,
        };
        let guard = |allowed: Proof| {
            Guard::Safe(Arc::new(Permissions {
                servers: [(server.clone(), allowed)].into(),
                ..Permissions::default()
            }))
        };
        let allowed = guard(proof(Some(" -----BEGIN X\nab\n"), Some("kube"), None));
        for (wanted, refused) in [
            (proof(None, None, None), ""),
            (proof(None, None, Some(false)), ""),
            (proof(Some("-----BEGIN X\n\n  ab"), Some("kube"), None), ""),
            (
                proof(Some("-----BEGIN X\nac"), None, None),
                "no cluster_ca_certificate for",
            ),
            (
                proof(None, Some("evil"), None),
                "tls_server_name = \"evil\"",
            ),
            (proof(None, None, Some(true)), "insecure = true"),
        ] {
            let found = allowed.trust(&server, &wanted).err().unwrap_or_default();
            assert!(found.contains(refused), "{wanted:?}: {found}");
            assert_eq!(found.is_empty(), refused.is_empty(), "{wanted:?}: {found}");
            assert_eq!(Guard::Open.trust(&server, &wanted), Ok(()));
        }
        let insecure = guard(proof(None, None, Some(true)));
        assert_eq!(
            insecure.trust(&server, &proof(None, None, Some(true))),
            Ok(())
        );
    }
}
