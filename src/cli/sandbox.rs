//! `sandbox`: a Kubernetes API with Velero and buckets on loopback, kept in a directory. The demo lives in one too.

use super::arguments::SandboxFlags;
use super::example;
use super::exit::Exit;
use super::process::{Process, Trouble};
use crate::model::address::Address;
use crate::model::advice::Advice;
use crate::model::command_line::shell_word;
use crate::sandbox::Sandbox;
use crate::sandbox::s3::{ACCESS_KEY, REGION, SECRET_KEY};
use crate::sandbox::serve::serve;
use crate::sandbox::server::Server;
use crate::sandbox::state::ADMIN_TOKEN;
use crate::world::local::files::{self, Boundary, DOCUMENT_BYTES, FileError, Folder};
use serde_json::json;
use std::fs::{File, TryLockError};
use std::io::Error;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What its directory holds.
const STATE: &str = "sandbox.json";
const KUBECONFIG: &str = "kubeconfig";
const S3_ENVIRONMENT: &str = "s3.env";
const LOCK: &str = "sandbox.lock";

/// How much of what happened a sandbox that is killed may lose.
const KEPT_EVERY: Duration = Duration::from_secs(1);

/// How long requests under way may take when the house closes: one that a fault hangs never ends.
const CLOSING: Duration = Duration::from_secs(2);

/// Runs it.
///
/// # Errors
/// Where it cannot serve, or its state cannot be read or written.
pub(crate) async fn run(process: &mut Process, flags: &SandboxFlags) -> Result<Exit, Trouble> {
    let claim = Claim::take(&process.directory.join(&flags.dir))?;
    let sandbox = found_or_new(process, &claim, flags)?;
    for bucket in &flags.bucket {
        sandbox.add_bucket(bucket);
    }
    let mut interrupts = process.interrupts.listen();
    let mut house = House::open(sandbox, claim, Ports::of(flags)).await?;
    let words = welcome(&house, &flags.dir);
    process.stdout.print(&words);
    let interrupted = async {
        // No more interrupts can come: then nothing can end it but its end, and it goes on.
        if interrupts.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
    };
    tokio::pin!(interrupted);
    let mut ticks = tokio::time::interval(KEPT_EVERY);
    loop {
        tokio::select! {
            () = &mut interrupted => break,
            _now = ticks.tick() => house.keep()?,
        }
    }
    let state = house.close().await?;
    process
        .stdout
        .line(&format!("\nThe sandbox is kept in {}.", state.display()));
    Ok(Exit::Done)
}

fn found_or_new(
    process: &Process,
    claim: &Claim,
    flags: &SandboxFlags,
) -> Result<Sandbox, Trouble> {
    let directory = &claim.directory;
    let path = directory.join(STATE);
    match files::read_text(&Boundary::Machine, &path, DOCUMENT_BYTES) {
        Ok(text) => {
            Sandbox::from_json(&text).map_err(|error| unusable(&path, &Error::other(error)))
        }
        Err(FileError::Missing) => {
            if claim.is_new {
                example::write(directory).map_err(|error| unusable(directory, &error))?;
            }
            let sandbox = Sandbox::new(
                &directory.display().to_string(),
                flags.seed,
                process.clock.now(),
            );
            sandbox.install_velero();
            sandbox.add_bucket(example::BUCKET);
            Ok(sandbox)
        }
        Err(error) => Err(unusable(&path, &error)),
    }
}

fn welcome(house: &House, shown: &Path) -> String {
    let (address, s3_address) = (house.address, house.s3_address);
    let (uid, now) = house
        .sandbox
        .with(|state| (state.cluster_uid(), state.now.strftime("%F %T UTC")));
    let directory = shown.display();
    let plan = Advice::adopt_sandbox(&Address::new("kubernetes_namespace", "velero"));
    let cd = shell_word(&directory.to_string());
    format!(
        "A Kubernetes API with Velero on http://{address}, buckets (S3) on http://{s3_address}, for this machine only.\n\n\
         \x20 cluster     {uid}\n\
         \x20 clock       {now}, and going on\n\
         \x20 kubeconfig  {directory}/{KUBECONFIG}\n\
         \x20 buckets     {directory}/{S3_ENVIRONMENT}: their endpoint and credentials, in the variables of AWS\n\
         \x20 state       {directory}/{STATE}, written as things happen\n\n\
         In another terminal:\n\n\
         \x20 cd {cd}\n\
         \x20 {plan}\n\
         \x20 curl -d '{{\"duration\": \"24h\"}}' http://{address}/_sandbox/advance    # a day passes\n\n\
         Ctrl-C ends it.\n"
    )
}

/// The right to a directory: two sandboxes in one would write their states over each other.
pub(crate) struct Claim {
    directory: PathBuf,
    /// Whether the directory was made for it.
    is_new: bool,
    /// Free again when this process ends, however it does.
    _lock: File,
}

impl Claim {
    /// Takes a directory, which is made where there is none.
    ///
    /// # Errors
    /// Where another sandbox has it, or it cannot be made.
    pub(crate) fn take(directory: &Path) -> Result<Self, Trouble> {
        let is_new = !files::is_anything(directory);
        let folder = Folder::open_or_make(&Boundary::Machine, directory)
            .map_err(|error| unusable(directory, &error))?;
        let path = directory.join(LOCK);
        let lock = folder
            .lock_file(LOCK)
            .map_err(|error| unusable(&path, &error))?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => Trouble::error(
                "Sandbox in use",
                format!(
                    "Another sandbox runs in {}. Stop it, or take another directory with {}.",
                    directory.display(),
                    Advice::another_place()
                ),
            ),
            TryLockError::Error(error) => unusable(&path, &error),
        })?;
        Ok(Self {
            directory: directory.to_owned(),
            is_new,
            _lock: lock,
        })
    }
}

/// Where a sandbox is served on 127.0.0.1; 0 is any port that is free.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ports {
    kubernetes: u16,
    s3: u16,
}

impl Ports {
    /// Any that are free.
    pub(crate) fn free() -> Self {
        Self {
            kubernetes: 0,
            s3: 0,
        }
    }
    fn of(flags: &SandboxFlags) -> Self {
        Self {
            kubernetes: flags.port,
            s3: flags.s3_port,
        }
    }
}

/// A sandbox that is served, with its directory.
pub(crate) struct House {
    /// The sandbox.
    pub(crate) sandbox: Sandbox,
    /// Where its Kubernetes API is served.
    pub(crate) address: SocketAddr,
    /// Where its buckets are served.
    pub(crate) s3_address: SocketAddr,
    claim: Claim,
    /// Generation and versions of the state that was written last.
    kept: Option<(u64, u64, u64)>,
    servers: [JoinHandle<std::io::Result<()>>; 2],
    stop: watch::Sender<()>,
}

impl House {
    /// Serves a sandbox on loopback and writes what leads there: the kubeconfig, and the variables for its buckets.
    ///
    /// # Errors
    /// Where a port is taken, or a file cannot be written.
    pub(crate) async fn open(
        sandbox: Sandbox,
        claim: Claim,
        ports: Ports,
    ) -> Result<Self, Trouble> {
        let (listener, address) = listen(ports.kubernetes, &Advice::another_port()).await?;
        let (s3_listener, s3_address) = listen(ports.s3, &Advice::another_s3_port()).await?;
        for (name, text) in [
            (KUBECONFIG, kubeconfig(address)),
            (S3_ENVIRONMENT, s3_environment(s3_address)),
        ] {
            let path = claim.directory.join(name);
            files::replace(&Boundary::Machine, &path, text.as_bytes())
                .map_err(|error| unusable(&path, &error))?;
        }
        let (stop, _) = watch::channel(());
        let serve = |server, listener| {
            let mut stopped = stop.subscribe();
            let until = async move {
                // A house that is dropped without being closed stops serving all the same.
                let _ = stopped.changed().await;
            };
            tokio::spawn(serve((sandbox.clone(), server), listener, until))
        };
        let servers = [
            serve(Server::Kubernetes, listener),
            serve(Server::S3, s3_listener),
        ];
        Ok(Self {
            servers,
            sandbox,
            address,
            s3_address,
            claim,
            kept: None,
            stop,
        })
    }

    /// Writes the state where an object or a bucket changed since it was written last. That time passes alone is no reason to: it is
    /// made up for by the next change, or at the end.
    ///
    /// # Errors
    /// Where it cannot be written.
    fn keep(&mut self) -> Result<(), Trouble> {
        let version = self.sandbox.with(|state| {
            let changes = state.s3.changes();
            (state.origin.generation, state.resource_version, changes)
        });
        if self.kept != Some(version) {
            write_state(&self.sandbox, &self.claim)?;
            self.kept = Some(version);
        }
        Ok(())
    }

    /// Stops serving and writes the state; tells where.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub(crate) async fn close(self) -> Result<PathBuf, Trouble> {
        // It has ended by itself already: there is nobody to be told.
        let _ = self.stop.send(());
        let until = tokio::time::Instant::now() + CLOSING;
        for server in self.servers {
            let handle = server.abort_handle();
            if tokio::time::timeout_at(until, server).await.is_err() {
                handle.abort();
            }
        }
        write_state(&self.sandbox, &self.claim)
    }
}

fn write_state(sandbox: &Sandbox, claim: &Claim) -> Result<PathBuf, Trouble> {
    let path = claim.directory.join(STATE);
    let text = sandbox
        .to_json()
        .map_err(|error| unusable(&path, &Error::other(error)))?;
    files::replace(&Boundary::Machine, &path, text.as_bytes())
        .map_err(|error| unusable(&path, &error))?;
    Ok(path)
}

/// JSON is YAML, and needs no quoting rules of its own.
fn kubeconfig(address: SocketAddr) -> String {
    let config = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "sandbox",
        "clusters": [{"name": "sandbox", "cluster": {"server": format!("http://{address}")}}],
        "users": [{"name": "sandbox", "user": {"token": ADMIN_TOKEN}}],
        "contexts": [{"name": "sandbox", "context": {"cluster": "sandbox", "user": "sandbox"}}],
    });
    format!("{config:#}\n")
}

/// What a shell reads with `.`, so that whoever takes these variables finds the buckets.
fn s3_environment(address: SocketAddr) -> String {
    format!(
        "export AWS_ENDPOINT_URL_S3=http://{address}\n\
         export AWS_REGION={REGION}\n\
         export AWS_ACCESS_KEY_ID={ACCESS_KEY}\n\
         export AWS_SECRET_ACCESS_KEY={SECRET_KEY}\n"
    )
}

/// Takes a port of this machine.
async fn listen(port: u16, another: &Advice) -> Result<(TcpListener, SocketAddr), Trouble> {
    let refused = |error: Error| {
        Trouble::error(
            "Sandbox not served",
            format!("127.0.0.1:{port}: {error}. Take another with {another}."),
        )
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .await
        .map_err(refused)?;
    let address = listener.local_addr().map_err(refused)?;
    Ok((listener, address))
}

fn unusable(path: &Path, error: &dyn std::fmt::Display) -> Trouble {
    Trouble::error(
        "Sandbox not usable",
        format!("{}: {error}.", path.display()),
    )
}
