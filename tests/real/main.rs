//! Cases against real servers: kube-apiserver, Velero, an S3 server, driven through the `sk-dr` program as a user would.
//! Off unless `SK_DR_REAL=1`, because the first run builds the servers (about 20 minutes); then every case must pass.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    dead_code,
    reason = "a test program: it prints, reads the environment and ends a case by a panic"
)]

mod applications;
mod bucket;
mod cases;
#[path = "../kill/child.rs"]
mod child;
#[path = "../contract/shared/mod.rs"]
mod contract;
#[path = "../shared/every_kind.rs"]
mod every_kind;
mod kubelet;
mod likeness;
mod node_agent;
#[path = "../kill/orders.rs"]
mod orders;
mod process;
mod program;
mod proxy;
mod requests;
mod servers;
mod site;
mod velero;
mod workloads;
#[path = "../kill/world.rs"]
mod world;

use futures::StreamExt;
use futures::future::BoxFuture;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

/// What a case gets.
pub struct Place {
    /// Directory with the servers' binaries.
    pub bin: PathBuf,
    /// An empty directory of its own.
    pub directory: PathBuf,
}

/// One case.
pub struct Case {
    /// Its name.
    pub name: &'static str,
    /// After this it has failed.
    pub limit: Duration,
    /// What it does; fails by a panic.
    pub run: fn(Place) -> BoxFuture<'static, ()>,
}

/// Cases at once: the Velero case mostly waits for Velero's own clock.
const LANES: usize = 2;

fn main() -> ExitCode {
    if let Ok(orders) = std::env::var(orders::VARIABLE) {
        return child::main(&orders);
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let wanted = cases::all()
        .into_iter()
        .filter(|case| is_wanted(case.name, &arguments))
        .collect::<Vec<_>>();
    if arguments.iter().any(|argument| argument == "--list") {
        wanted
            .iter()
            .for_each(|case| println!("{}: test", case.name));
        return ExitCode::SUCCESS;
    }
    println!("\nrunning {} tests against real servers", wanted.len());
    if std::env::var_os("SK_DR_REAL").is_none_or(|value| value != "1") {
        return not_run(&wanted);
    }
    let bin = build();
    rustls::crypto::ring::default_provider()
        .install_default()
        .unwrap();
    let total = wanted.len();
    let root = std::env::temp_dir().join(format!("sk-dr-real-{}", std::process::id()));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let failed: Vec<&str> = runtime.block_on(async {
        let runs = wanted.into_iter().map(|case| run(case, &bin, &root));
        futures::stream::iter(runs)
            .buffer_unordered(LANES)
            .filter_map(|failed| async move { failed })
            .collect()
            .await
    });
    // Cases left nothing but what failed.
    let _ = fs::remove_dir(&root);
    let word = if failed.is_empty() { "ok" } else { "FAILED" };
    failed.iter().for_each(|name| println!("failed: {name}"));
    println!(
        "\ntest result: {word}. {} passed; {} failed; 0 ignored\n",
        total - failed.len(),
        failed.len()
    );
    if failed.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn is_wanted(name: &str, arguments: &[String]) -> bool {
    let mut filters = arguments
        .iter()
        .filter(|argument| !argument.starts_with('-'))
        .peekable();
    filters.peek().is_none() || filters.any(|filter| name.contains(filter.as_str()))
}

fn not_run(cases: &[Case]) -> ExitCode {
    for case in cases {
        println!("test {} ... ignored", case.name);
    }
    println!(
        "\nThese cases were not run: they start a real kube-apiserver, Velero and an S3 server. To run them:"
    );
    println!("    SK_DR_REAL=1 cargo test --test real [NAME]");
    println!(
        "The first run builds the servers with Go and pip (about 20 minutes, kept in ~/.cache/sk-dr)."
    );
    println!(
        "\ntest result: ok. 0 passed; 0 failed; {} ignored\n",
        cases.len()
    );
    ExitCode::SUCCESS
}

/// Builds what is missing; returns the directory of the binaries.
fn build() -> PathBuf {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real/build");
    let output = Command::new(script)
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(output.status.success(), "tests/real/build failed");
    PathBuf::from(String::from_utf8(output.stdout).unwrap().trim())
}

/// Runs one case in its own directory; returns its name if it failed.
async fn run(case: Case, bin: &Path, root: &Path) -> Option<&'static str> {
    // Short: Velero's plugins listen on a Unix socket below it, whose path has at most 107 bytes.
    let name: String = case.name.replace("::", "-").chars().take(36).collect();
    let directory = root.join(name);
    fs::create_dir_all(&directory).unwrap();
    let since = Instant::now();
    let place = Place {
        bin: bin.to_owned(),
        directory: directory.clone(),
    };
    let mut task = tokio::spawn((case.run)(place));
    let outcome = tokio::time::timeout(case.limit, &mut task).await;
    let trouble = match outcome {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(error.to_string()),
        Err(_) => {
            // Dropping the case's values ends its servers.
            task.abort();
            let _ = task.await;
            Some(format!("not finished within {:?}", case.limit))
        }
    };
    let seconds = since.elapsed().as_secs_f64();
    let Some(trouble) = trouble else {
        println!("test {} ... ok ({seconds:.1}s)", case.name);
        fs::remove_dir_all(&directory).unwrap();
        return None;
    };
    println!(
        "test {} ... FAILED ({seconds:.1}s)\n    {trouble}",
        case.name
    );
    show_logs(&directory);
    println!("    everything is kept in {}", directory.display());
    Some(case.name)
}

fn show_logs(directory: &Path) {
    let mut waiting = vec![directory.to_owned()];
    while let Some(directory) = waiting.pop() {
        for entry in fs::read_dir(&directory).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                waiting.push(path);
            } else if path.extension().is_some_and(|extension| extension == "log")
                && !path.ends_with("audit.log")
            {
                let text = process::tail(&path, 12);
                println!("    --- {}\n{text}", path.display());
            }
        }
    }
}
