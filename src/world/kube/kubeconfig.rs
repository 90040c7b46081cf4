//! Which API the arguments name: arguments, then KUBE_* variables, then KUBECONFIG, the service account of a pod,
//! `~/.kube/config`; reduced to a kubeconfig with one context. Reads files; must not connect.

use super::plugins::{self, Plugin};
use super::{ConnectArguments, credential_files, credentials, guarded, users};
use crate::model::argument::{self, Argument, Arguments, Unusable};
use crate::model::server_address::ServerAddress;
use crate::world::local::files::{self, Boundary};
use crate::world::query::{FailureClass, Why};
use crate::world::redactor::Redactor;
use crate::world::wire::chain;
use base64::Engine;
use kube::config::{
    AuthInfo, Cluster, Context, Kubeconfig, KubeconfigError, NamedAuthInfo, NamedCluster,
    NamedContext,
};
use std::path::{Path, PathBuf};

const SERVICE_ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// A kubeconfig with one context and no plugin, and its name for people.
pub(super) struct Resolved {
    pub(super) kubeconfig: Kubeconfig,
    /// The server that was checked and is shown: the one that is asked.
    pub(super) server: ServerAddress,
    /// Gives the credentials that the kubeconfig does not hold.
    pub(super) plugin: Option<Plugin>,
    pub(super) title: String,
    /// Strikes its credentials out of what servers and plugins say.
    pub(super) redactor: Redactor,
}

/// Context, cluster and user before arguments override them.
struct Chosen {
    context: Option<String>,
    /// Its address is in `server`.
    cluster: Cluster,
    server: ServerAddress,
    user: AuthInfo,
}

/// Where a kubeconfig is looked for.
enum Place {
    Files(Vec<PathBuf>),
    Host,
    Pod,
}

/// # Errors
/// Where the arguments and everything after them name no API, or files cannot be read.
pub(super) fn resolve(arguments: &ConnectArguments) -> Result<Resolved, Why> {
    let settings = Settings(arguments);
    let place = settings.place()?;
    let is_brought = !settings.are_own(&place);
    let is_ours = settings.declared_host()?.is_none() && !is_brought;
    let mut chosen = match place {
        Place::Files(files) => from_files(&settings, &files)?,
        Place::Host => from_host(&settings)?,
        Place::Pod => from_pod(&settings)?,
    };
    let reach = match is_brought {
        true => arguments.guard.boundary(),
        false => Boundary::Machine,
    };
    if is_brought {
        // What lies beside a kubeconfig of the repository is the request's, wherever its paths lead.
        credential_files::bring_in(&mut chosen.cluster, &mut chosen.user, &reach)?;
    }
    let (from_kubeconfig, user) = (chosen.cluster.clone(), chosen.user.clone());
    override_cluster(&settings, &mut chosen)?;
    users::override_user(&settings, &mut chosen.user)?;
    credential_files::bring_in(&mut chosen.cluster, &mut chosen.user, &reach)?;
    if !is_ours {
        arguments.guard.ask(&chosen.server).map_err(refuse)?;
    }
    if is_brought {
        guarded::brought(arguments, &chosen.server, &from_kubeconfig, &user)?;
    }
    guarded::arguments(arguments, &chosen.server)?;
    if let Some(old) = &chosen.user.auth_provider {
        chosen.user = users::of_members(plugins::old_token(old)?)?;
    }
    let redactor = Redactor::new(&credentials::of_user(&chosen.user));
    chosen.cluster.server = Some(chosen.server.to_string());
    let exec = chosen.user.exec.take();
    let plugin = exec.map(|exec| Plugin::find(arguments, &exec, &chosen.cluster));
    let server = &chosen.server;
    let title = match &chosen.context {
        Some(context) => format!("context {context} ({server})"),
        None => format!("server {server}"),
    };
    Ok(Resolved {
        server: server.clone(),
        plugin: plugin.transpose()?,
        kubeconfig: one_context(chosen),
        title,
        redactor,
    })
}

/// Words for an error of kube's reader. Its YAML errors quote the text around them, and that may be a key.
pub(super) fn words(error: &KubeconfigError) -> String {
    if let KubeconfigError::Parse(error) = error {
        match error.location() {
            Some(location) => format!(
                "not a kubeconfig: line {}, column {}",
                location.line(),
                location.column()
            ),
            None => "not a kubeconfig".to_owned(),
        }
    } else if let KubeconfigError::ReadConfig(error, _) = error {
        error.to_string()
    } else {
        chain(error)
    }
}

pub(super) struct Settings<'a>(&'a ConnectArguments);

impl<'a> Settings<'a> {
    pub(super) fn arguments(&self) -> Arguments<'a> {
        Arguments(&self.0.arguments)
    }

    pub(super) fn variable(&self, name: &str) -> Option<&'a str> {
        self.0.variable(name)
    }

    /// The argument, else the variable; each read the same way.
    pub(super) fn either<T>(
        &self,
        argument: Argument<T>,
        variable: &str,
        read: impl FnOnce(&'a str) -> Result<T, String>,
    ) -> Result<Option<T>, Why> {
        match (argument.known().map_err(unusable)?, self.variable(variable)) {
            (Some(value), _) => Ok(Some(value)),
            (None, Some(text)) => read(text).map(Some).map_err(|why| {
                unusable(Unusable {
                    name: variable.to_owned(),
                    why,
                })
            }),
            (None, None) => Ok(None),
        }
    }

    pub(super) fn text(&self, name: &str, variable: &str) -> Result<Option<&'a str>, Why> {
        self.either(self.arguments().text(name), variable, Ok)
    }

    pub(super) fn pem(&self, name: &str, variable: &str) -> Result<Option<String>, Why> {
        let pem = self.either(self.arguments().pem(name), variable, argument::pem)?;
        Ok(pem.map(|pem| base64::engine::general_purpose::STANDARD.encode(pem)))
    }

    fn flag(&self, name: &str, variable: &str) -> Result<Option<bool>, Why> {
        self.either(self.arguments().flag(name), variable, argument::switch)
    }

    /// An argument that names a place silences every variable that names another.
    fn place(&self) -> Result<Place, Why> {
        let path = self.arguments().text("config_path").known();
        let paths = self.arguments().texts("config_paths").known();
        match (path.map_err(unusable)?, paths.map_err(unusable)?) {
            (Some(_), Some(_)) => {
                return Err(refuse("config_path and config_paths exclude each other"));
            }
            (Some(path), None) => return Ok(Place::Files(vec![self.path(path)?])),
            (None, Some(paths)) => {
                let paths = paths.into_iter().map(|path| self.path(path));
                return Ok(Place::Files(paths.collect::<Result<_, _>>()?));
            }
            (None, None) => {}
        }
        if self.declared_host()?.is_some() {
            return Ok(Place::Host);
        }
        if let Some(path) = self.variable("KUBE_CONFIG_PATH") {
            return Ok(Place::Files(vec![self.path(path)?]));
        }
        if let Some(paths) = self.variable("KUBE_CONFIG_PATHS") {
            let files = self.split(paths)?;
            return if files.is_empty() {
                Err(refuse("KUBE_CONFIG_PATHS names no file"))
            } else {
                Ok(Place::Files(files))
            };
        }
        if self.variable("KUBE_HOST").is_some() {
            return Ok(Place::Host);
        }
        self.default_place()
    }

    fn declared_host(&self) -> Result<Option<ServerAddress>, Why> {
        self.arguments().server("host").known().map_err(unusable)
    }

    /// Whether what says where the server is and who asks is the operator's own: no file that the configuration may have
    /// brought along.
    fn are_own(&self, place: &Place) -> bool {
        let is_own = |file: &PathBuf| {
            let reach = self.reach(file);
            reach.is_ok_and(|reach| reach == Boundary::Machine) && self.0.guard.is_outside(file)
        };
        match place {
            Place::Files(files) => files.iter().all(is_own),
            Place::Host | Place::Pod => true,
        }
    }

    /// How far a kubeconfig leads: one that the environment names is the operator's unless it lies in the repository, one
    /// that only an argument names has to be allowed where it lies outside.
    fn reach(&self, file: &Path) -> Result<Boundary, Why> {
        let guard = &self.0.guard;
        if self
            .named_by_the_environment()?
            .iter()
            .any(|own| files::plain(own) == files::plain(file))
        {
            return Ok(guard.boundary().of_named(file));
        }
        guard.file(file).map_err(refuse)
    }

    fn named_by_the_environment(&self) -> Result<Vec<PathBuf>, Why> {
        if let Some(path) = self.variable("KUBE_CONFIG_PATH") {
            return Ok(vec![self.path(path)?]);
        }
        let list = ["KUBE_CONFIG_PATHS", "KUBECONFIG"];
        match list.into_iter().find_map(|name| self.variable(name)) {
            Some(paths) => self.split(paths),
            None => Ok(self.variable("HOME").map(in_home).into_iter().collect()),
        }
    }

    fn default_place(&self) -> Result<Place, Why> {
        if let Some(paths) = self.variable("KUBECONFIG") {
            // kubectl passes over members of the list that are not there.
            let files: Vec<PathBuf> = self
                .split(paths)?
                .into_iter()
                .filter(|path| files::is_anything(path))
                .collect();
            if files.is_empty() {
                return Err(refuse(format!(
                    "KUBECONFIG names no file that exists: {paths}"
                )));
            }
            return Ok(Place::Files(files));
        }
        let token = PathBuf::from(SERVICE_ACCOUNT).join("token");
        if self.variable("KUBERNETES_SERVICE_HOST").is_some() && files::is_anything(&token) {
            return Ok(Place::Pod);
        }
        match self.variable("HOME").map(in_home) {
            Some(file) if files::is_anything(&file) => Ok(Place::Files(vec![file])),
            Some(_) | None => Err(refuse(
                "nothing names a Kubernetes API: no config_path or host in the provider block, no KUBE_CONFIG_PATH, \
                 KUBE_HOST or KUBECONFIG, no service account, no ~/.kube/config",
            )),
        }
    }

    fn split(&self, paths: &str) -> Result<Vec<PathBuf>, Why> {
        paths
            .split(':')
            .filter(|path| !path.is_empty())
            .map(|path| self.path(path))
            .collect()
    }

    fn path(&self, path: &str) -> Result<PathBuf, Why> {
        let Some(rest) = path
            .strip_prefix('~')
            .filter(|rest| rest.is_empty() || rest.starts_with('/'))
        else {
            return Ok(self.0.directory.join(path));
        };
        let home = self
            .variable("HOME")
            .ok_or_else(|| refuse(format!("{path} needs HOME, which is not set")))?;
        Ok(PathBuf::from(home).join(rest.trim_start_matches('/')))
    }
}

/// Where kubectl looks where nothing else is said.
fn in_home(home: &str) -> PathBuf {
    PathBuf::from(home).join(".kube/config")
}

fn from_files(settings: &Settings, files: &[PathBuf]) -> Result<Chosen, Why> {
    let mut merged = Kubeconfig::default();
    for file in files {
        let name = file.display();
        let one = credential_files::kubeconfig(&settings.reach(file)?, file)?;
        merged = merged
            .merge(one)
            .map_err(|error| refuse(format!("kubeconfig {name}: {}", words(&error))))?;
    }
    let names = files
        .iter()
        .map(|file| file.display().to_string())
        .collect::<Vec<_>>()
        .join(", ");
    choose(settings, merged).map_err(|message| refuse(format!("kubeconfig {names}: {message}")))
}

fn choose(settings: &Settings, merged: Kubeconfig) -> Result<Chosen, String> {
    let words = |why: Why| why.message;
    let wanted = settings
        .text("config_context", "KUBE_CTX")
        .map_err(words)?
        .map(str::to_owned)
        .or(merged.current_context);
    let known = || {
        merged
            .contexts
            .iter()
            .map(|context| context.name.as_str())
            .collect::<Vec<_>>()
            .join(", ")
    };
    let name = wanted.filter(|name| !name.is_empty()).ok_or_else(|| {
        format!(
            "there is no current context; name one by config_context (there are: {})",
            known()
        )
    })?;
    let context = merged
        .contexts
        .iter()
        .find(|context| context.name == name)
        .and_then(|context| context.context.clone())
        .ok_or_else(|| format!("there is no context {name} (there are: {})", known()))?;
    guarded::pairing(settings.0, "config_context_cluster", Some(&context.cluster))?;
    guarded::pairing(
        settings.0,
        "config_context_auth_info",
        context.user.as_deref(),
    )?;
    let cluster_name = settings
        .text("config_context_cluster", "KUBE_CTX_CLUSTER")
        .map_err(words)?
        .map_or(context.cluster, str::to_owned);
    let cluster = merged
        .clusters
        .into_iter()
        .find(|cluster| cluster.name == cluster_name)
        .and_then(|cluster| cluster.cluster)
        .ok_or_else(|| format!("there is no cluster {cluster_name}, which context {name} names"))?;
    let declared = settings
        .text("config_context_auth_info", "KUBE_CTX_AUTH_INFO")
        .map_err(words)?;
    let user_name = declared.map(str::to_owned).or(context.user);
    let user = merged
        .auth_infos
        .into_iter()
        .find(|user| Some(&user.name) == user_name.as_ref());
    // As with kubectl, a context may go without a user, or name one that is not there; who names one by hand means it.
    if let (Some(name), None) = (declared, &user) {
        return Err(format!(
            "there is no user {name}, which config_context_auth_info names"
        ));
    }
    let server = cluster.server.as_deref().unwrap_or_default();
    let server = ServerAddress::parse(server)
        .map_err(|why| format!("server of cluster {cluster_name} {why}"))?;
    Ok(Chosen {
        context: Some(name),
        cluster,
        server,
        user: user.and_then(|user| user.auth_info).unwrap_or_default(),
    })
}

fn from_pod(settings: &Settings) -> Result<Chosen, Why> {
    let host = settings.variable("KUBERNETES_SERVICE_HOST");
    let host = host.unwrap_or_default();
    let host = if host.contains(':') {
        format!("[{host}]")
    } else {
        host.to_owned()
    };
    let port = settings
        .variable("KUBERNETES_SERVICE_PORT")
        .unwrap_or("443");
    let server = argument::server(&format!("{host}:{port}"));
    let server = server.map_err(|why| refuse(format!("KUBERNETES_SERVICE_HOST {why}")))?;
    Ok(Chosen {
        context: None,
        cluster: Cluster {
            certificate_authority: Some(format!("{SERVICE_ACCOUNT}/ca.crt")),
            ..Cluster::default()
        },
        server,
        user: AuthInfo {
            token_file: Some(format!("{SERVICE_ACCOUNT}/token")),
            ..AuthInfo::default()
        },
    })
}

/// KUBE_HOST counts only where it is the place: beside a kubeconfig it would lead to another cluster.
fn from_host(settings: &Settings) -> Result<Chosen, Why> {
    let declared = settings.arguments().server("host");
    let server = settings.either(declared, "KUBE_HOST", argument::server)?;
    Ok(Chosen {
        context: None,
        cluster: Cluster::default(),
        server: server.ok_or_else(|| refuse("nothing names a host"))?,
        user: AuthInfo::default(),
    })
}

fn override_cluster(settings: &Settings, chosen: &mut Chosen) -> Result<(), Why> {
    if let Some(host) = settings.declared_host()? {
        chosen.server = host;
    }
    let cluster = &mut chosen.cluster;
    if let Some(pem) = settings.pem("cluster_ca_certificate", "KUBE_CLUSTER_CA_CERT_DATA")? {
        cluster.certificate_authority = None;
        cluster.certificate_authority_data = Some(pem);
    }
    if let Some(insecure) = settings.flag("insecure", "KUBE_INSECURE")? {
        cluster.insecure_skip_tls_verify = Some(insecure);
    }
    if let Some(name) = settings.text("tls_server_name", "KUBE_TLS_SERVER_NAME")? {
        cluster.tls_server_name = Some(name.to_owned());
    }
    if let Some(proxy) = settings.text("proxy_url", "KUBE_PROXY_URL")? {
        cluster.proxy_url = Some(proxy.to_owned());
    }
    if cluster
        .proxy_url
        .as_ref()
        .is_some_and(|proxy| !proxy.is_empty())
    {
        return Err(refuse(
            "proxy_url is not supported in this version: reach the API without a proxy",
        ));
    }
    Ok(())
}

fn one_context(chosen: Chosen) -> Kubeconfig {
    let name = chosen.context.unwrap_or_else(|| "sk-dr".to_owned());
    Kubeconfig {
        clusters: vec![NamedCluster {
            name: name.clone(),
            cluster: Some(chosen.cluster),
            ..NamedCluster::default()
        }],
        auth_infos: vec![NamedAuthInfo {
            name: name.clone(),
            auth_info: Some(chosen.user),
            ..NamedAuthInfo::default()
        }],
        contexts: vec![NamedContext {
            name: name.clone(),
            context: Some(Context {
                cluster: name.clone(),
                user: Some(name.clone()),
                ..Context::default()
            }),
            ..NamedContext::default()
        }],
        current_context: Some(name),
        ..Kubeconfig::default()
    }
}

/// What a connection is made of cannot be used: no server was asked, so none refused anybody.
pub(super) fn refuse(message: impl Into<String>) -> Why {
    Why {
        class: FailureClass::Value,
        message: message.into(),
    }
}

pub(super) fn unusable(unusable: Unusable) -> Why {
    refuse(unusable.to_string())
}
