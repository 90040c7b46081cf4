//! `-safe` against a repository that somebody hostile wrote: one shape for each file, link or argument that a request can
//! choose. No program starts, nothing outside is read or changed, nobody hostile is asked, and the refusal says why.

use crate::children::{Served, command};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use std::collections::BTreeMap;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::PathBuf;
use std::time::Duration;

/// Stands in every file outside of the repository, and in no output.
const CANARY: &str = "canary-7d1e-outside";
/// Longest that a shape may take: a pipe or a device without an end would take for ever.
const LIMIT: Duration = Duration::from_secs(30);

const HEAD: &str = "sk_dr { stack = \"hostile\" }\n";
const RESOURCE: &str =
    "resource \"kubernetes_namespace\" \"n\" {\n  metadata { name = \"n\" }\n}\n";

/// A namespace in the operator's own cluster.
const NAMESPACE: &str = "provider \"kubernetes\" {}\nresource \"kubernetes_namespace\" \"n\" {\n  metadata { name = \"n\" }\n}\n";

/// What a shape is made in.
struct Ground<'a> {
    root: PathBuf,
    served: &'a Served,
    /// Address of the API that the operator allowed.
    allowed: String,
    /// A listener that nobody may ask.
    hostile: TcpListener,
}

impl<'a> Ground<'a> {
    fn new(served: &'a Served, number: usize) -> Self {
        let root = served.directory.path().join(format!("shape-{number}"));
        let ground = Self {
            allowed: allowed(served),
            hostile: TcpListener::bind("127.0.0.1:0").unwrap(),
            root,
            served,
        };
        for directory in [
            "repository/.git",
            "home/.kube",
            "home/.config/sk-dr",
            "outside/module",
        ] {
            fs::create_dir_all(ground.root.join(directory)).unwrap();
        }
        let own = fs::read_to_string(served.directory.path().join("kubeconfig")).unwrap();
        let permissions = format!("server {{ url = \"{}\" }}\n", ground.allowed);
        for (name, text) in [
            ("outside/secret", CANARY.to_owned()),
            ("outside/vars.hcl", format!("x = \"{CANARY}\"\n")),
            (
                "outside/module/main.hcl",
                format!("output \"x\" {{ value = \"{CANARY}\" }}\n"),
            ),
            (
                "outside/kubeconfig",
                own.replace("\"s\"", &format!("\"{CANARY}\"")),
            ),
            ("home/.kube/config", own),
            ("home/.config/sk-dr/safe.hcl", permissions),
            ("repository/.git/config", format!("token = {CANARY}\n")),
            ("repository/main.hcl", HEAD.to_owned()),
        ] {
            fs::write(ground.root.join(name), text).unwrap();
        }
        let evil = ground.root.join("outside/evil");
        let script = format!(
            "#!/bin/sh\ntouch {}\n",
            ground.root.join("marker").display()
        );
        fs::write(&evil, script).unwrap();
        fs::set_permissions(&evil, fs::Permissions::from_mode(0o755)).unwrap();
        ground
    }

    fn repository(&self) -> PathBuf {
        self.root.join("repository")
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.repository().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, self.filled(text)).unwrap();
    }

    /// The configuration, below its settings.
    fn main(&self, text: &str) {
        self.write("main.hcl", &format!("{HEAD}{text}"));
    }

    fn link(&self, name: &str, target: &str) {
        let path = self.repository().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let _ = fs::remove_file(&path);
        symlink(self.filled(target), path).unwrap();
    }

    fn pipe(&self, name: &str) {
        let path = self.repository().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        mknodat(CWD, path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    }

    /// A hole, of which no byte takes room.
    fn huge(&self, name: &str) {
        let file = fs::File::create(self.repository().join(name)).unwrap();
        file.set_len(1 << 40).unwrap();
    }

    /// A kubeconfig of the request's own.
    fn kubeconfig(&self, name: &str, server: &str, cluster: &str, user: &str) {
        let text = format!(
            "{{\"current-context\": \"x\", \"contexts\": [{{\"name\": \"x\", \"context\": {{\"cluster\": \"x\", \"user\": \"x\"}}}}],\n\
             \"clusters\": [{{\"name\": \"x\", \"cluster\": {{\"server\": \"{server}\"{cluster}}}}}],\n\
             \"users\": [{{\"name\": \"x\", \"user\": {{{user}}}}}]}}"
        );
        self.write(name, &text);
    }

    fn filled(&self, text: &str) -> String {
        let hostile = self.hostile.local_addr().unwrap().to_string();
        text.replace("ROOT", &self.root.display().to_string())
            .replace("EVIL", &hostile)
            .replace("ALLOWED", self.allowed.trim_start_matches("http://"))
    }

    /// All that is outside, in names, bytes and modes.
    fn outside(&self) -> BTreeMap<PathBuf, (u32, Vec<u8>)> {
        let mut found = BTreeMap::new();
        let mut waiting = vec![self.root.join("outside"), self.root.join("home")];
        while let Some(path) = waiting.pop() {
            let about = fs::symlink_metadata(&path).unwrap();
            let bytes = if about.is_dir() {
                waiting.extend(fs::read_dir(&path).unwrap().map(|one| one.unwrap().path()));
                Vec::new()
            } else {
                fs::read(&path).unwrap()
            };
            found.insert(path, (about.mode(), bytes));
        }
        found
    }

    /// Files of the repository that hold what stands outside, but for those of the version control.
    fn copies(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut waiting = vec![self.repository()];
        while let Some(directory) = waiting.pop() {
            for entry in fs::read_dir(directory).unwrap() {
                let path = entry.unwrap().path();
                let about = fs::symlink_metadata(&path).unwrap();
                if about.is_dir() && path.file_name().unwrap() != ".git" {
                    waiting.push(path);
                } else if about.is_file() && about.len() < 1 << 20 {
                    let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
                    found.extend(text.contains(CANARY).then_some(path));
                }
            }
        }
        found
    }

    /// Runs the program as its operator would, in the repository: its code and what it said.
    async fn run(&self, line: &str) -> (Option<i32>, String) {
        let mut child = command(&self.repository(), &self.filled(line));
        child
            .env("HOME", self.root.join("home"))
            .env("TMPDIR", self.served.directory.path());
        let output = tokio::time::timeout(LIMIT, child.output()).await;
        let output = output
            .unwrap_or_else(|_| panic!("sk-dr {line} did not end"))
            .unwrap();
        let said = format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        (output.status.code(), said)
    }
}

fn allowed(served: &Served) -> String {
    let own = fs::read_to_string(served.directory.path().join("kubeconfig")).unwrap();
    let own: serde_json::Value = serde_json::from_str(&own).unwrap();
    own["clusters"][0]["cluster"]["server"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// A name, what the request commits or the plan's author chooses, the operator's command, words of the refusal.
type Shape = (&'static str, fn(&Ground<'_>), &'static str, &'static str);

const READS_NOT: &str = "-safe reads only files of the configuration's repository";
const READS_NO_FILE: &str =
    "-safe reads no file outside of the repository that only the configuration names";
const LEADS_OUT: &str = "it leads out of the repository";
const BROUGHT: &str = "for a kubeconfig of the repository outside of it";
const SENDS_NOT: &str = "-safe sends credentials to no server that only the configuration names";
const STARTS_NOT: &str = "-safe starts no program that is not allowed";

/// Files of the language.
const LANGUAGE: &[Shape] = &[
    (
        "main.hcl is a link",
        |g| g.link("main.hcl", "../outside/vars.hcl"),
        "validate -safe",
        READS_NOT,
    ),
    (
        "a file is an absolute link",
        |g| g.link("x.hcl", "ROOT/outside/vars.hcl"),
        "validate -safe",
        READS_NOT,
    ),
    (
        "a file is a link to the token of the checkout",
        |g| g.link("x.hcl", ".git/config"),
        "validate -safe",
        READS_NOT,
    ),
    (
        "a file is a device without an end",
        |g| g.link("x.hcl", "/dev/zero"),
        "validate -safe",
        READS_NOT,
    ),
    (
        "a file is a pipe",
        |g| g.pipe("x.hcl"),
        "validate -safe",
        "a named pipe, not a file",
    ),
    (
        "a file is a directory",
        |g| g.write("x.hcl/y", ""),
        "validate -safe",
        "a directory, not a file",
    ),
    (
        "a file is huge",
        |g| g.huge("x.hcl"),
        "validate -safe",
        "larger than",
    ),
    (
        "a module is a link",
        |g| {
            g.link("m", "../outside/module");
            g.main("module \"m\" { source = \"./m\" }\noutput \"x\" { value = module.m.x }\n");
        },
        "validate -safe",
        READS_NOT,
    ),
    (
        "a module lies outside",
        |g| g.main("module \"m\" { source = \"../outside/module\" }\n"),
        "validate -safe",
        READS_NOT,
    ),
    (
        "file of a link",
        |g| {
            g.link("l", "../outside/secret");
            g.main("output \"x\" { value = file(\"l\") }\n");
        },
        "plan -safe",
        READS_NOT,
    ),
    (
        "file through a linked directory",
        |g| {
            g.link("l", "..");
            g.main("output \"x\" { value = file(\"l/outside/secret\") }\n");
        },
        "plan -safe",
        READS_NOT,
    ),
    (
        "file above",
        |g| g.main("output \"x\" { value = file(\"../outside/secret\") }\n"),
        "plan -safe",
        READS_NOT,
    ),
    (
        "file of an absolute path",
        |g| g.main("output \"x\" { value = file(\"ROOT/outside/secret\") }\n"),
        "plan -safe",
        READS_NOT,
    ),
    (
        "file of the version control",
        |g| g.main("output \"x\" { value = file(\".git/config\") }\n"),
        "plan -safe",
        READS_NOT,
    ),
    (
        "file of a link into the version control",
        |g| {
            g.link("l", "x/../.git/config");
            g.write("x/y", "");
            g.main("output \"x\" { value = file(\"l\") }\n");
        },
        "plan -safe",
        READS_NOT,
    ),
    (
        "file of a submodule's link to its version control",
        |g| {
            g.write("sub/.git", "gitdir: ../.git/modules/sub");
            g.main("output \"x\" { value = file(\"sub/.git\") }\n");
        },
        "plan -safe",
        READS_NOT,
    ),
    (
        "file of a pipe",
        |g| {
            g.pipe("p");
            g.main("output \"x\" { value = file(\"p\") }\n");
        },
        "plan -safe",
        "a named pipe, not a file",
    ),
    (
        "file of a device",
        |g| {
            g.link("l", "/dev/zero");
            g.main("output \"x\" { value = file(\"l\") }\n");
        },
        "plan -safe",
        READS_NOT,
    ),
    (
        "file of what is huge",
        |g| {
            g.huge("h");
            g.main("output \"x\" { value = file(\"h\") }\n");
        },
        "plan -safe",
        "larger than",
    ),
    (
        "file of links in a circle",
        |g| {
            g.link("a", "b");
            g.link("b", "a");
            g.main("output \"x\" { value = file(\"a\") }\n");
        },
        "plan -safe",
        "symbolic links",
    ),
    (
        "templatefile of a link",
        |g| {
            g.link("l", "../outside/secret");
            g.main("output \"x\" { value = templatefile(\"l\", {}) }\n");
        },
        "plan -safe",
        READS_NOT,
    ),
    (
        "filebase64 of a link",
        |g| {
            g.link("l", "../outside/secret");
            g.main("output \"x\" { value = filebase64(\"l\") }\n");
        },
        "plan -safe",
        READS_NOT,
    ),
    (
        "filesha256 of a link",
        |g| {
            g.link("l", "../outside/secret");
            g.main("output \"x\" { value = filesha256(\"l\") }\n");
        },
        "plan -safe",
        READS_NOT,
    ),
    (
        "fileexists of what is outside",
        |g| g.main("output \"x\" { value = fileexists(\"../outside/secret\") }\n"),
        "plan -safe",
        READS_NOT,
    ),
    (
        "fileset above",
        |g| g.main("output \"x\" { value = fileset(\"..\", \"**\") }\n"),
        "plan -safe",
        READS_NOT,
    ),
    (
        "fileset of a link",
        |g| {
            g.link("l", "../outside");
            g.main("output \"x\" { value = fileset(\"l\", \"*\") }\n");
        },
        "plan -safe",
        READS_NOT,
    ),
    (
        "fileset of the version control",
        |g| g.main("output \"x\" { value = fileset(\".git\", \"*\") }\n"),
        "plan -safe",
        READS_NOT,
    ),
    (
        "variables are a link",
        |g| {
            g.link("x.auto.vars.hcl", "../outside/vars.hcl");
            g.main("variable \"x\" {}\noutput \"x\" { value = var.x }\n");
        },
        "plan -safe",
        READS_NOT,
    ),
    (
        "variables are a pipe",
        |g| g.pipe("x.auto.vars.hcl"),
        "plan -safe",
        "a named pipe, not a file",
    ),
    (
        "the operator's -var-file is a link of the request",
        |g| {
            g.link("x.vars.hcl", "../outside/vars.hcl");
            g.main("variable \"x\" {}\noutput \"x\" { value = var.x }\n");
        },
        "plan -safe -var-file=x.vars.hcl",
        READS_NOT,
    ),
];

/// Where the repository ends.
const BOUNDARY: &[Shape] = &[
    (
        "the stack is a link",
        |g| g.link("stack", "../outside/module"),
        "-chdir=stack validate -safe",
        "lies outside of",
    ),
    (
        "the stack is a submodule, and what is above it is the request's",
        |g| {
            g.kubeconfig("kubeconfig", "http://EVIL", "", "\"token\": \"x\"");
            g.write("stack/.git", "gitdir: ../.git/modules/stack");
            g.write("stack/main.hcl", &format!("{HEAD}provider \"kubernetes\" {{ config_path = \"../kubeconfig\" }}\n{RESOURCE}"));
        },
        "-chdir=stack plan -safe",
        SENDS_NOT,
    ),
    (
        "a checkout without a version control",
        |g| {
            fs::remove_dir_all(g.repository().join(".git")).unwrap();
            g.kubeconfig("kubeconfig", "http://EVIL", "", "\"token\": \"x\"");
            g.write("stack/main.hcl", &format!("{HEAD}provider \"kubernetes\" {{ config_path = \"../kubeconfig\" }}\n{RESOURCE}"));
        },
        "-chdir=stack plan -safe",
        SENDS_NOT,
    ),
    (
        "a version control of the stack's own",
        |g| {
            g.write("stack/.git/config", "");
            g.write("secret", "x");
            g.write(
                "stack/main.hcl",
                &format!("{HEAD}output \"x\" {{ value = file(\"../../outside/secret\") }}\n"),
            );
        },
        "-chdir=stack plan -safe",
        READS_NOT,
    ),
    (
        "permissions that the request wrote",
        |g| g.write("safe.hcl", "server { url = \"http://EVIL\" }\n"),
        "-chdir=. plan -safe -repository=.",
        "",
    ),
    (
        "a repository that holds the home directory",
        |_| {},
        "-chdir=. plan -safe -repository=ROOT",
        "holds the home directory",
    ),
    (
        "a repository that is not there",
        |_| {},
        "plan -safe -repository=nowhere",
        "there is no such file",
    ),
];

/// The journal, and what else is written.
const WRITING: &[Shape] = &[
    (
        "the journal is a link",
        |g| {
            g.main(NAMESPACE);
            g.link(".sk-dr", "../outside");
        },
        "apply -safe -auto-approve",
        LEADS_OUT,
    ),
    (
        "the lock is a link",
        |g| {
            g.main(NAMESPACE);
            g.link(".sk-dr/lock", "../../outside/secret");
        },
        "apply -safe -auto-approve",
        "it is a link, not a file",
    ),
    (
        "the lock is a pipe",
        |g| {
            g.main(NAMESPACE);
            g.pipe(".sk-dr/lock");
        },
        "apply -safe -auto-approve",
        "it is a named pipe, not a file",
    ),
    (
        "the runs are a link",
        |g| {
            g.main(NAMESPACE);
            g.link(".sk-dr/runs", "../../outside");
        },
        "apply -safe -auto-approve",
        "it is a link, not a directory",
    ),
    (
        "the inventory is a link",
        |g| {
            g.main(NAMESPACE);
            g.link(".sk-dr/inventory", "../../outside");
        },
        "plan -safe",
        "it is a link, not a directory",
    ),
    (
        "an inventory is a link",
        |g| {
            g.main(NAMESPACE);
            g.link(".sk-dr/inventory/00000001.json", "../../../outside/secret");
        },
        "plan -safe",
        "it is a link, not a file",
    ),
    (
        "an inventory is a pipe",
        |g| {
            g.main(NAMESPACE);
            g.pipe(".sk-dr/inventory/00000001.json");
        },
        "plan -safe",
        "it is a named pipe, not a file",
    ),
    (
        "the ignore file is a link that leads nowhere",
        |g| {
            g.main(NAMESPACE);
            g.link(".sk-dr/.gitignore", "../../outside/new");
            g.pipe(".sk-dr/lock");
        },
        "apply -safe -auto-approve",
        "it is a named pipe",
    ),
    (
        "everybody may write the journal",
        |g| {
            g.main(NAMESPACE);
            g.write(".sk-dr/x", "");
            fs::set_permissions(
                g.repository().join(".sk-dr"),
                fs::Permissions::from_mode(0o777),
            )
            .unwrap();
        },
        "plan -safe",
        "others than its owner may write there",
    ),
    (
        "the journal is declared outside",
        declared_outside,
        "plan -safe",
        LEADS_OUT,
    ),
    (
        "the same, for apply",
        declared_outside,
        "apply -safe -auto-approve",
        LEADS_OUT,
    ),
    (
        "the same, for drift",
        declared_outside,
        "drift -safe",
        LEADS_OUT,
    ),
    (
        "the same, for runs",
        declared_outside,
        "runs -safe",
        LEADS_OUT,
    ),
    (
        "the same, for runs close",
        declared_outside,
        "runs close x -safe",
        LEADS_OUT,
    ),
    (
        "the same, for resume",
        declared_outside,
        "resume -safe",
        LEADS_OUT,
    ),
    (
        "the same, for unlock",
        declared_outside,
        "unlock 1 -safe",
        LEADS_OUT,
    ),
    (
        "the journal is declared through a link",
        |g| {
            g.link("j", "../outside");
            g.write("main.hcl", &format!("sk_dr {{\n  stack = \"hostile\"\n  journal {{ path = \"j/x\" }}\n}}\n{NAMESPACE}"));
        },
        "apply -safe -auto-approve",
        LEADS_OUT,
    ),
    (
        "the journal is declared in the version control",
        |g| {
            g.write("main.hcl", &format!("sk_dr {{\n  stack = \"hostile\"\n  journal {{ path = \".git/j\" }}\n}}\n{NAMESPACE}"));
        },
        "plan -safe",
        LEADS_OUT,
    ),
    (
        "the operator's -journal is a link of the request",
        |g| {
            g.main(NAMESPACE);
            g.link("j", "../outside");
        },
        "plan -safe -journal=j",
        LEADS_OUT,
    ),
    (
        "the directory of -out is a link",
        |g| g.link("plans", "../outside"),
        "plan -safe -out=plans/x.plan",
        LEADS_OUT,
    ),
    (
        "the plan to be applied is a pipe",
        |g| g.pipe("x.plan"),
        "apply -safe x.plan",
        "it is a named pipe, not a file",
    ),
    (
        "the plan to be shown is a link",
        |g| g.link("x.plan", "../outside/secret"),
        "show -safe x.plan",
        LEADS_OUT,
    ),
    (
        "the directory of import -out is a link",
        |g| {
            g.main("provider \"kubernetes\" {}\n");
            g.link("l", "../outside");
        },
        "import -safe -out=l/x.hcl -kind=kubernetes_namespace",
        LEADS_OUT,
    ),
];

fn declared_outside(ground: &Ground<'_>) {
    let settings =
        "sk_dr {\n  stack = \"hostile\"\n  journal { path = \"../outside/journal\" }\n}\n";
    ground.write("main.hcl", &format!("{settings}{NAMESPACE}"));
}

/// A provider that reads this kubeconfig of the repository.
fn connects(ground: &Ground<'_>, path: &str) {
    ground.main(&format!(
        "provider \"kubernetes\" {{ config_path = \"{path}\" }}\n{RESOURCE}"
    ));
}

/// A provider with these arguments.
fn provider(ground: &Ground<'_>, arguments: &str) {
    ground.main(&format!(
        "provider \"kubernetes\" {{\n{arguments}\n}}\n{RESOURCE}"
    ));
}

/// A store with these arguments, and a location in it.
fn bucket(arguments: &str) -> String {
    let location = "resource \"velero_backup_storage_location\" \"l\" {\n  name          = \"l\"\n  provider_name = \"aws\"\n  bucket        = \"bucket\"\n  catalog { provider = s3 }\n}\n";
    format!("provider \"s3\" {{\n{arguments}\n}}\nprovider \"kubernetes\" {{}}\n{location}")
}

fn store(ground: &Ground<'_>, arguments: &str) {
    ground.main(&bucket(arguments));
}

/// A provider whose token is this secret.
fn secret(ground: &Ground<'_>, source: &str) {
    let text = format!(
        "secret \"s\" {{ {source} }}\nprovider \"kubernetes\" {{\n  host  = \"http://ALLOWED\"\n  token = secret.s\n}}\n{RESOURCE}"
    );
    ground.main(&text);
}

/// A cluster that a command makes.
fn cluster(ground: &Ground<'_>, arguments: &str) {
    ground.main(&format!(
        "resource \"kubernetes_cluster\" \"c\" {{\n  name = \"c\"\n{arguments}\n}}\n"
    ));
}

/// Connections, secrets and programs.
const CONNECTIONS: &[Shape] = &[
    (
        "a kubeconfig with a server of the request",
        |g| {
            g.kubeconfig("k", "http://EVIL", "", "\"token\": \"x\"");
            connects(g, "k");
        },
        "plan -safe",
        SENDS_NOT,
    ),
    (
        "the same, for drift",
        |g| {
            g.kubeconfig("k", "http://EVIL", "", "\"token\": \"x\"");
            connects(g, "k");
        },
        "drift -safe",
        SENDS_NOT,
    ),
    (
        "a kubeconfig that starts a program",
        |g| {
            g.kubeconfig("k", "http://ALLOWED", "", "\"exec\": {\"apiVersion\": \"client.authentication.k8s.io/v1\", \"command\": \"ROOT/outside/evil\", \"interactiveMode\": \"Never\"}");
            connects(g, "k");
        },
        "plan -safe",
        STARTS_NOT,
    ),
    (
        "a kubeconfig with the older kind of plugin",
        |g| {
            g.kubeconfig("k", "http://ALLOWED", "", "\"auth-provider\": {\"name\": \"x\", \"config\": {\"cmd-path\": \"ROOT/outside/evil\"}}");
            connects(g, "k");
        },
        "plan -safe",
        "auth-provider x is not supported",
    ),
    (
        "a kubeconfig whose certificate authority lies outside",
        |g| {
            g.kubeconfig(
                "k",
                "http://ALLOWED",
                ", \"certificate-authority\": \"../outside/secret\"",
                "\"token\": \"x\"",
            );
            connects(g, "k");
        },
        "plan -safe",
        BROUGHT,
    ),
    (
        "a kubeconfig whose certificate authority is a link",
        |g| {
            g.link("l", "../outside/secret");
            g.kubeconfig(
                "k",
                "http://ALLOWED",
                ", \"certificate-authority\": \"l\"",
                "\"token\": \"x\"",
            );
            connects(g, "k");
        },
        "plan -safe",
        BROUGHT,
    ),
    (
        "a kubeconfig whose certificate lies outside",
        |g| {
            g.kubeconfig(
                "k",
                "http://ALLOWED",
                "",
                "\"client-certificate\": \"ROOT/outside/secret\"",
            );
            connects(g, "k");
        },
        "plan -safe",
        BROUGHT,
    ),
    (
        "a kubeconfig whose key lies outside",
        |g| {
            g.kubeconfig(
                "k",
                "http://ALLOWED",
                "",
                "\"client-key\": \"ROOT/outside/secret\"",
            );
            connects(g, "k");
        },
        "plan -safe",
        BROUGHT,
    ),
    (
        "a kubeconfig whose token lies outside",
        |g| {
            g.kubeconfig(
                "k",
                "http://ALLOWED",
                "",
                "\"tokenFile\": \"../outside/secret\"",
            );
            connects(g, "k");
        },
        "plan -safe",
        BROUGHT,
    ),
    (
        "a kubeconfig whose token is the checkout's",
        |g| {
            g.kubeconfig("k", "http://ALLOWED", "", "\"tokenFile\": \".git/config\"");
            connects(g, "k");
        },
        "plan -safe",
        BROUGHT,
    ),
    (
        "a kubeconfig whose token is a pipe",
        |g| {
            g.pipe("t");
            g.kubeconfig("k", "http://ALLOWED", "", "\"tokenFile\": \"t\"");
            connects(g, "k");
        },
        "plan -safe",
        "it is a named pipe",
    ),
    (
        "config_path is a link to the operator's",
        |g| {
            g.link("k", "../home/.kube/config");
            connects(g, "k");
        },
        "plan -safe",
        LEADS_OUT,
    ),
    (
        "config_path names another file of the operator",
        |g| connects(g, "../outside/kubeconfig"),
        "plan -safe",
        READS_NO_FILE,
    ),
    (
        "config_path names what may not be there",
        |g| connects(g, "/nowhere/at/all"),
        "plan -safe",
        READS_NO_FILE,
    ),
    (
        "config_paths name one too",
        |g| {
            g.kubeconfig("k", "http://ALLOWED", "", "\"token\": \"x\"");
            provider(g, "  config_paths = [\"k\", \"../outside/kubeconfig\"]");
        },
        "plan -safe",
        READS_NO_FILE,
    ),
    (
        "config_path is a pipe",
        |g| {
            g.pipe("k");
            connects(g, "k");
        },
        "plan -safe",
        "it is a named pipe",
    ),
    (
        "config_path is a device",
        |g| connects(g, "/dev/zero"),
        "plan -safe",
        READS_NO_FILE,
    ),
    (
        "config_path is a directory",
        |g| {
            g.write("k/x", "");
            connects(g, "k");
        },
        "plan -safe",
        "it is a directory",
    ),
    (
        "config_path is huge",
        |g| {
            g.huge("k");
            connects(g, "k");
        },
        "plan -safe",
        "it is larger than",
    ),
    (
        "a server of the request",
        |g| provider(g, "  host = \"http://EVIL\"\n  token = \"x\""),
        "plan -safe",
        SENDS_NOT,
    ),
    (
        "a store of the request",
        |g| {
            store(
                g,
                "  endpoint = \"http://EVIL\"\n  access_key = \"x\"\n  secret_key = \"not-so-secret\"",
            )
        },
        "backups -safe",
        SENDS_NOT,
    ),
    (
        "a store of the request by its region",
        |g| {
            store(
                g,
                "  region = \"eu-central-1\"\n  access_key = \"x\"\n  secret_key = \"not-so-secret\"",
            )
        },
        "backups -safe",
        SENDS_NOT,
    ),
    (
        "an authority for a store from outside",
        |g| {
            store(
                g,
                "  endpoint = \"http://ALLOWED\"\n  access_key = \"x\"\n  secret_key = \"not-so-secret\"\n  ca_cert = \"../outside/secret\"",
            )
        },
        "backups -safe",
        READS_NO_FILE,
    ),
    (
        "an authority for a store by a link",
        |g| {
            g.link("ca.pem", "../outside/secret");
            store(
                g,
                "  endpoint = \"http://ALLOWED\"\n  access_key = \"x\"\n  secret_key = \"not-so-secret\"\n  ca_cert = \"ca.pem\"",
            );
        },
        "backups -safe",
        LEADS_OUT,
    ),
    (
        "an authority for a store of the request's own",
        |g| {
            store(
                g,
                "  endpoint = \"http://ALLOWED\"\n  access_key = \"x\"\n  secret_key = \"not-so-secret\"\n  ca_cert = \"-----BEGIN X-----\"",
            )
        },
        "backups -safe",
        "takes no cluster_ca_certificate for http://",
    ),
    (
        "a key for a store by a command",
        |g| {
            let evil = "secret \"s\" { command = [\"ROOT/outside/evil\"] }\n";
            g.main(&format!(
                "{evil}{}",
                bucket(
                    "  endpoint = \"http://ALLOWED\"\n  access_key = \"x\"\n  secret_key = secret.s"
                )
            ));
        },
        "backups -safe",
        STARTS_NOT,
    ),
    (
        "the operator's credentials for a server of the request",
        |g| {
            provider(
                g,
                "  host = \"http://EVIL\"\n  config_path = \"~/.kube/config\"",
            )
        },
        "plan -safe",
        SENDS_NOT,
    ),
    (
        "a secret by a command",
        |g| secret(g, "command = [\"ROOT/outside/evil\"]"),
        "plan -safe",
        STARTS_NOT,
    ),
    (
        "a secret of a file outside",
        |g| secret(g, "file = \"../outside/secret\""),
        "plan -safe",
        READS_NO_FILE,
    ),
    (
        "a secret of a link",
        |g| {
            g.link("l", "../outside/secret");
            secret(g, "file = \"l\"");
        },
        "plan -safe",
        LEADS_OUT,
    ),
    (
        "a secret of the version control",
        |g| secret(g, "file = \".git/config\""),
        "plan -safe",
        LEADS_OUT,
    ),
    (
        "a secret of a pipe",
        |g| {
            g.pipe("p");
            secret(g, "file = \"p\"");
        },
        "plan -safe",
        "it is a named pipe",
    ),
    (
        "a secret of a device",
        |g| {
            g.link("l", "/dev/zero");
            secret(g, "file = \"l\"");
        },
        "plan -safe",
        LEADS_OUT,
    ),
    (
        "the command of a cluster",
        |g| {
            cluster(
                g,
                "  command = [\"ROOT/outside/evil\"]\n  kubeconfig = \"k\"\n  timeouts { create = \"1s\" }",
            )
        },
        "apply -safe -auto-approve",
        STARTS_NOT,
    ),
    (
        "the kubeconfig of a cluster lies outside",
        |g| {
            cluster(
                g,
                "  command = [\"true\"]\n  kubeconfig = \"../outside/kubeconfig\"",
            )
        },
        "plan -safe",
        READS_NO_FILE,
    ),
    (
        "the kubeconfig of a cluster is a link",
        |g| {
            g.link("k", "../outside/kubeconfig");
            cluster(g, "  command = [\"true\"]\n  kubeconfig = \"k\"");
        },
        "plan -safe",
        LEADS_OUT,
    ),
    (
        "the kubeconfig of a cluster is a pipe",
        |g| {
            g.pipe("k");
            cluster(g, "  command = [\"true\"]\n  kubeconfig = \"k\"");
        },
        "plan -safe",
        "it is a named pipe",
    ),
    (
        "a program that renders",
        |_| {},
        "vendor velero -safe -velero=ROOT/outside/evil 1.18.1",
        STARTS_NOT,
    ),
];

/// Plays a shape and holds it to all that is promised.
async fn check(served: &Served, number: usize, shape: &Shape) -> Result<(), String> {
    let (name, make, line, words) = shape;
    let ground = Ground::new(served, number);
    make(&ground);
    let before = ground.outside();
    ground.hostile.set_nonblocking(true).unwrap();
    let (code, said) = ground.run(line).await;
    let folded: String = said
        .replace("\n! ", "\n")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    let mut wrong = Vec::new();
    if !folded.contains(words) {
        wrong.push(format!("it does not say {words:?}"));
    }
    if said.contains(CANARY) {
        wrong.push("it shows what stands outside".to_owned());
    }
    if ground.root.join("marker").exists() {
        wrong.push("a program was started".to_owned());
    }
    if ground.hostile.accept().is_ok() {
        wrong.push("a hostile server was asked".to_owned());
    }
    if ground.outside() != before {
        wrong.push("something outside was changed".to_owned());
    }
    let copies = ground.copies();
    if !copies.is_empty() {
        wrong.push(format!("what stands outside was copied: {copies:?}"));
    }
    if wrong.is_empty() {
        return Ok(());
    }
    Err(format!(
        "{name} (exit {code:?}): {}\n{said}",
        wrong.join("; ")
    ))
}

#[tokio::test]
async fn a_hostile_repository_gets_nothing() {
    let served = Served::empty();
    served.serve("kubeconfig").await;
    let shapes = [LANGUAGE, BOUNDARY, WRITING, CONNECTIONS].concat();
    assert!(shapes.len() >= 40, "{} shapes", shapes.len());
    let mut wrong = Vec::new();
    for (number, shape) in shapes.iter().enumerate() {
        wrong.extend(check(&served, number, shape).await.err());
    }
    assert!(
        wrong.is_empty(),
        "{} of {} shapes:\n{}",
        wrong.len(),
        shapes.len(),
        wrong.join("\n")
    );
}

/// The ground itself: what an operator trusts is read, asked and written, so that a shape which is refused is refused for
/// what it does.
#[tokio::test]
async fn without_anything_hostile_all_goes_well() {
    let served = Served::empty();
    served.serve("kubeconfig").await;
    let ground = Ground::new(&served, 0);
    ground.write("names.txt", "n");
    ground.kubeconfig("k", "http://ALLOWED", "", "\"tokenFile\": \"token\"");
    ground.write("token", sk_dr::sandbox::state::ADMIN_TOKEN);
    const OWN: &str = "provider \"kubernetes\" {}\n";
    let output = "output \"x\" { value = file(\"names.txt\") }\n";
    for (provider, line) in [
        (OWN, "plan -safe -out=x.plan"),
        (OWN, "apply -safe x.plan"),
        (
            "provider \"kubernetes\" { config_path = \"~/.kube/config\" }\n",
            "drift -safe",
        ),
        (
            "provider \"kubernetes\" { config_path = \"k\" }\n",
            "plan -safe -detailed-exitcode",
        ),
        (OWN, "runs -safe"),
    ] {
        ground.main(&format!("{provider}{output}{RESOURCE}"));
        let (code, said) = ground.run(line).await;
        assert_eq!(code, Some(0), "{line}\n{said}");
    }
}

/// What the shapes show would happen without `-safe`: the file outside is read.
#[tokio::test]
async fn the_same_without_safe_is_read() {
    let served = Served::empty();
    served.serve("kubeconfig").await;
    let ground = Ground::new(&served, 0);
    ground.link("l", "../outside/secret");
    let labels = "labels = { x = file(\"l\") }";
    let named = "name = \"n\"";
    let both = format!("{named}\n{labels}");
    ground.main(&NAMESPACE.replace("{ name = \"n\" }", &format!("{{\n{both}\n}}")));
    let (code, said) = ground.run("plan").await;
    assert!(code == Some(0) && said.contains(CANARY), "{said}");
}
