//! Child processes of the tests: started with a log file, waited for by condition, ended by their process id.
//! Knows nothing of what the programs are.

use rustix::process::{Pid, Signal};
use std::fs::File;
use std::future::Future;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio::time::Instant;

/// A running program. Dropping it ends it, so that a failed or timed-out case leaves nothing behind.
pub struct Process {
    name: String,
    log: PathBuf,
    child: Child,
}

impl Process {
    /// Starts a program with an environment of `PATH` and what `environment` adds, output going to `log`.
    pub fn start(
        program: &Path,
        arguments: &[String],
        environment: &[(&str, String)],
        log: &Path,
    ) -> Self {
        let name = program.file_name().unwrap().to_string_lossy().into_owned();
        let output = File::options().create(true).append(true).open(log).unwrap();
        // The kernel ends the server when this process dies, even by SIGKILL: no test run leaves servers behind.
        let mut command = Command::new("setpriv");
        command
            .args(["--pdeathsig", "KILL", "--"])
            .arg(program)
            .args(arguments)
            .env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.envs(environment.iter().map(|(key, value)| (*key, value)));
        command
            .stdin(Stdio::null())
            .stdout(output.try_clone().unwrap())
            .stderr(output);
        let child = command
            .spawn()
            .unwrap_or_else(|error| panic!("{name} does not start: {error}"));
        Self {
            name,
            log: log.to_owned(),
            child,
        }
    }
    /// Whether it has ended.
    pub fn ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }
    /// Panics with the end of its log if it has ended.
    pub fn must_run(&mut self) {
        if let Some(status) = self.child.try_wait().unwrap() {
            panic!(
                "{} ended with {status}:\n{}",
                self.name,
                tail(&self.log, 30)
            );
        }
    }
    /// Sends SIGTERM.
    pub fn terminate(&self) {
        self.signal(Signal::TERM);
    }
    /// Sends SIGKILL and waits.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
    /// Waits for its end up to a limit, then SIGKILL. Blocks: it is called on drop.
    pub fn end_within(&mut self, limit: Duration) {
        let since = std::time::Instant::now();
        while !self.ended() && since.elapsed() < limit {
            std::thread::sleep(Duration::from_millis(10));
        }
        self.kill();
    }
    fn signal(&self, signal: Signal) {
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            let _ = rustix::process::kill_process(pid, signal);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The last lines of a log.
pub fn tail(log: &Path, lines: usize) -> String {
    let text = String::from_utf8_lossy(&std::fs::read(log).unwrap_or_default()).into_owned();
    let all: Vec<&str> = text.lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}

/// A port of loopback that was free a moment ago.
pub fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0))
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

/// Asks every 50 ms until the answer is `Some`; panics after the limit with what was waited for.
pub async fn until<T, F>(what: &str, limit: Duration, mut ask: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    let since = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(since.elapsed() < limit, "not within {limit:?}: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
