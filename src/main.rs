//! The program: hands the process's arguments, environment and streams to [`sk_dr::cli`] and exits with its code.

fn main() -> std::process::ExitCode {
    sk_dr::cli::main()
}
