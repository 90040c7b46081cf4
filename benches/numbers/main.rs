//! The numbers of the README: `cargo bench --bench numbers`. Those without a network always; with `SK_DR_REAL=1` also plans
//! on a real API server, beside a raw LIST and beside kubectl; with `SK_DR_TOFU=1` also OpenTofu at equal work.
//!
//! Every figure is that of a child process: wall time (median), CPU time and the largest resident set, as the kernel
//! counted them. So each measured command runs under a copy of this program that has no other child.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    dead_code,
    reason = "a program for people: it prints, reads the environment and ends by a panic"
)]

#[path = "../../tests/real/process.rs"]
mod process;
#[path = "../../tests/real/requests.rs"]
mod requests;
#[path = "../../tests/real/servers.rs"]
mod servers;
#[path = "../../tests/real/velero.rs"]
mod velero;

mod measure;
mod opentofu;
mod real_server;
mod shapes;

use measure::{measure_child, median, row};
use shapes::{blocks, instances, stack};
use std::path::Path;

const PROGRAM: &str = env!("CARGO_BIN_EXE_sk-dr");

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some("measure") => measure_child(&arguments[1..]),
        Some("list") => block_on(real_server::raw_list(Path::new(&arguments[1]))),
        _ => {
            let root = tempfile::tempdir().unwrap();
            println!("| what | wall (median) | CPU | resident |\n|---|---|---|---|");
            without_network(root.path());
            if asked("SK_DR_REAL") {
                block_on(real_server::on_a_real_server(root.path()));
            } else {
                println!("\nnot measured: plans on a real API server (SK_DR_REAL=1)");
            }
            if asked("SK_DR_TOFU") {
                opentofu::beside_opentofu(root.path());
            } else {
                println!("\nnot measured: OpenTofu beside it (SK_DR_TOFU=1)");
            }
        }
    }
}

fn asked(variable: &str) -> bool {
    std::env::var_os(variable).is_some_and(|value| value == "1")
}

fn block_on(work: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(work);
}

fn without_network(root: &Path) {
    let one = stack(root, "one", &blocks(1));
    let command = [PROGRAM, "plan"];
    row(
        "start-up: `plan` of one resource",
        &median(21, &one, &command, 0),
    );
    for (count, runs) in [(1_000, 11), (10_000, 5)] {
        for (shape, text) in [
            ("instances of one `for_each`", instances(count)),
            ("blocks", blocks(count)),
        ] {
            let directory = stack(root, &format!("{count} {shape}"), &text);
            for command in ["validate", "plan"] {
                row(
                    &format!("`{command}`, {count} {shape}"),
                    &median(runs, &directory, &[PROGRAM, command], 0),
                );
            }
        }
    }
}
