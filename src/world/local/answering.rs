//! Runs a program that answers on its standard output (a secret, a credential) and must not outlive the question. One limit,
//! told to whoever waits; when it is over, or nobody waits any more, the program ends with all that it started. Must not know
//! what the answer means.

use crate::world::redactor::Redactor;
use crate::world::waiting::Waiting;
use crate::world::words::{self, Said};
use rustix::process::{Pid, Signal, kill_process_group};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use zeroize::Zeroizing;

/// A program may ask a key server or an identity provider, and these a person with a token.
pub const LIMIT: Duration = Duration::from_secs(60);
/// Who waits longer than this is told for what.
const SILENCE: Duration = Duration::from_secs(1);
/// What a program left running may hold its output open; what was written until then is the answer.
const AFTERWARDS: Duration = Duration::from_secs(1);
/// Bytes of an answer. The largest are chains of certificates.
const ANSWER: usize = 1024 * 1024;
/// Characters of standard error that are shown, of what is kept and redacted as a whole.
const SHOWN: usize = 1024;

/// Process groups of programs that are running, for a process that is about to end.
static RUNNING: Mutex<BTreeSet<i32>> = Mutex::new(BTreeSet::new());

/// A program to ask; no `Debug`, since its environment may hold secrets.
pub struct Question {
    /// The file.
    pub file: PathBuf,
    /// Program, as it was written, and arguments; no shell.
    pub words: Vec<String>,
    /// Its whole environment.
    pub environment: BTreeMap<String, String>,
    /// Where it starts.
    pub directory: PathBuf,
    /// What it is, for people: "secret s", "the credential plugin".
    pub title: String,
}

/// What it printed, whole; no `Debug`, since that is a secret.
#[derive(Default)]
pub struct Printed {
    /// Standard output.
    pub answer: Zeroizing<Vec<u8>>,
    /// The end of standard error.
    pub errors: Zeroizing<Vec<u8>>,
}

/// Why there is no answer.
pub struct NoAnswer {
    /// What happened, to be read after the program's name.
    pub what: String,
    /// What it had printed until then.
    pub printed: Printed,
}

impl NoAnswer {
    /// In words that may be shown, with the program's own.
    pub fn told(&self, program: &str, redactor: &Redactor) -> String {
        let what = &self.what;
        match Said::at_the_end(&self.printed.errors, redactor).end_of(SHOWN) {
            said if said.is_empty() => format!("{program} {what}"),
            said => format!("{program} {what}: {said}"),
        }
    }
}

/// Asks it.
///
/// # Errors
/// Where it cannot be started, fails, says too much or does not end in time.
pub async fn ask(question: &Question, waiting: &Waiting) -> Result<Printed, NoAnswer> {
    let (mut child, group) = start(question).map_err(|error| NoAnswer {
        what: format!("could not be started: {error}"),
        printed: Printed::default(),
    })?;
    let mut printed = Printed::default();
    let work = tokio::time::timeout(LIMIT, end(&mut child, &mut printed));
    let ended = tokio::select! {
        ended = work => ended,
        never = tell(question, waiting) => match never {},
    };
    let what = match ended {
        Ok(Ok(status)) if status.success() => {
            group.release();
            return Ok(printed);
        }
        Ok(Ok(status)) => format!("failed, {status}"),
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!(
            "did not end within {} s and was ended, with what it had started",
            LIMIT.as_secs()
        ),
    };
    drop(group);
    Err(NoAnswer { what, printed })
}

/// Whoever ends all programs sees it, or it is not started: the lock is held until it is known.
fn start(question: &Question) -> std::io::Result<(Child, Group)> {
    let mut running = running();
    let child = Command::new(&question.file)
        .args(question.words.get(1..).unwrap_or_default())
        .env_clear()
        .envs(&question.environment)
        .current_dir(&question.directory)
        // Its own group: the Ctrl-C that asks a run for an orderly end must not cost the secret that the end needs, and
        // what the program starts ends with it.
        .process_group(0)
        .kill_on_drop(true)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let id = child.id().and_then(|id| i32::try_from(id).ok());
    let group = id.and_then(Pid::from_raw);
    running.extend(group.map(|group| group.as_raw_nonzero().get()));
    Ok((child, Group(group)))
}

enum Never {}

/// Says once what is waited for, and for how long at most.
async fn tell(question: &Question, waiting: &Waiting) -> Never {
    tokio::time::sleep(SILENCE).await;
    let name = question.words.first().map_or("", String::as_str);
    waiting.tell(&format!(
        "Waiting for {}: {name} (at most {} s)",
        question.title,
        LIMIT.as_secs()
    ));
    std::future::pending().await
}

async fn end(
    child: &mut Child,
    printed: &mut Printed,
) -> std::io::Result<std::process::ExitStatus> {
    let (output, errors) = (child.stdout.take(), child.stderr.take());
    let Printed {
        answer,
        errors: kept,
    } = printed;
    let reading = async { tokio::try_join!(whole(output, answer), tail(errors, kept)) };
    tokio::pin!(reading);
    tokio::select! {
        read = &mut reading => {
            read?;
            child.wait().await
        }
        status = child.wait() => {
            if let Ok(read) = tokio::time::timeout(AFTERWARDS, &mut reading).await {
                read?;
            }
            status
        }
    }
}

/// All of it, up to a limit.
async fn whole(
    output: Option<impl AsyncRead + Unpin>,
    into: &mut Zeroizing<Vec<u8>>,
) -> std::io::Result<()> {
    let Some(mut output) = output else {
        return Ok(());
    };
    let mut part = Zeroizing::new([0; 4096]);
    loop {
        let length = output.read(part.as_mut()).await?;
        into.extend_from_slice(part.get(..length).unwrap_or_default());
        if into.len() > ANSWER {
            let words = format!("printed more than {ANSWER} bytes and was ended");
            return Err(std::io::Error::other(words));
        }
        if length == 0 {
            return Ok(());
        }
    }
}

/// The end of it.
async fn tail(
    errors: Option<impl AsyncRead + Unpin>,
    into: &mut Zeroizing<Vec<u8>>,
) -> std::io::Result<()> {
    let Some(mut errors) = errors else {
        return Ok(());
    };
    let mut part = Zeroizing::new([0; 4096]);
    loop {
        let length = errors.read(part.as_mut()).await?;
        into.extend_from_slice(part.get(..length).unwrap_or_default());
        let surplus = into.len().saturating_sub(words::MOST);
        into.drain(..surplus);
        if length == 0 {
            return Ok(());
        }
    }
}

/// A running program and what it starts: they end when this is dropped.
struct Group(Option<Pid>);

impl Group {
    /// It has ended well: what it leaves behind on purpose (an agent that caches a key) is none of ours.
    fn release(mut self) {
        if let Some(group) = self.0.take() {
            running().remove(&group.as_raw_nonzero().get());
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0.take() {
            running().remove(&group.as_raw_nonzero().get());
            // It may just have ended by itself.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

/// Ends every program that is being asked, and lets no other start: for a process that is about to end and drops nothing.
pub fn end_all() {
    let running = running();
    for group in running.iter().filter_map(|id| Pid::from_raw(*id)) {
        let _ = kill_process_group(group, Signal::KILL);
    }
    std::mem::forget(running);
}

fn running() -> std::sync::MutexGuard<'static, BTreeSet<i32>> {
    // The set is whole whenever the lock is free: nothing panics while holding it.
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}
