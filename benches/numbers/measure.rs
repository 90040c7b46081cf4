//! One command as a child process: wall time, CPU time and the largest resident set, as the kernel counted them. Knows no
//! command of its own.

use nix::sys::resource::{UsageWho, getrusage};
use serde_json::{Value as Json, json};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What one command took.
pub struct Taken {
    /// Wall time.
    pub wall: Duration,
    /// User and system time.
    pub cpu: Duration,
    /// Largest resident set, KiB.
    pub resident: u64,
}

/// The median by wall time of several runs, each of which must end with this code.
pub fn median(runs: usize, directory: &Path, command: &[&str], code: i64) -> Taken {
    let mut all: Vec<Taken> = (0..runs).map(|_| once(directory, command, code)).collect();
    all.sort_by_key(|taken| taken.wall);
    all.swap_remove(runs / 2)
}

pub fn once(directory: &Path, command: &[&str], code: i64) -> Taken {
    let output = Command::new(std::env::current_exe().unwrap())
        .arg("measure")
        .args(command)
        .current_dir(directory)
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    let told: Json = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told["code"], code, "{command:?}: {told}");
    let micros = |name: &str| Duration::from_micros(told[name].as_u64().unwrap());
    Taken {
        wall: micros("wall"),
        cpu: micros("cpu"),
        resident: told["resident"].as_u64().unwrap(),
    }
}

/// Runs the one child of this process and prints what it took, as JSON.
pub fn measure_child(command: &[String]) {
    let since = Instant::now();
    let output = Command::new(&command[0])
        .args(&command[1..])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let wall = since.elapsed();
    if !output.status.success() {
        eprintln!("{}", String::from_utf8_lossy(&output.stderr));
    }
    let used = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
    let seconds = |time: nix::sys::time::TimeVal| {
        u64::try_from(time.tv_sec()).unwrap() * 1_000_000 + u64::try_from(time.tv_usec()).unwrap()
    };
    let told = json!({
        "code": output.status.code(),
        "wall": u64::try_from(wall.as_micros()).unwrap(),
        "cpu": seconds(used.user_time()) + seconds(used.system_time()),
        // Linux counts it in KiB.
        "resident": used.max_rss(),
    });
    println!("{told}");
}

/// One line of the table.
pub fn row(what: &str, taken: &Taken) {
    println!(
        "| {what} | {} | {} | {} MiB |",
        text(taken.wall),
        text(taken.cpu),
        taken.resident / 1024
    );
}

/// One line of the table: how many times as much another program took.
pub fn ratio(what: &str, theirs: &Taken, ours: &Taken) {
    let over = |theirs: f64, ours: f64| format!("{:.1} x", theirs / ours);
    println!(
        "| {what} | {} | {} | {} |",
        over(theirs.wall.as_secs_f64(), ours.wall.as_secs_f64()),
        over(theirs.cpu.as_secs_f64(), ours.cpu.as_secs_f64()),
        over(theirs.resident as f64, ours.resident as f64)
    );
}

fn text(time: Duration) -> String {
    match time.as_secs_f64() {
        short if short < 1.0 => format!("{:.0} ms", short * 1000.0),
        long => format!("{long:.2} s"),
    }
}
