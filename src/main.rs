//! The program: hands the process's arguments, environment and streams to [`sk_dr::cli`] and exits with its code.

/// A plan makes and drops hundreds of small values for each resource, which the allocator of the system takes its time for.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    sk_dr::cli::main()
}
