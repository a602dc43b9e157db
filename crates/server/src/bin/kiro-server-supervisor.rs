//! The supervisor on its own, for tests of the server: in the product it is `kiro` started again.

use std::process::ExitCode;

fn main() -> ExitCode {
    session::supervisor_main(std::env::args_os().skip(2))
}
