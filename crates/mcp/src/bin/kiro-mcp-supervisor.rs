//! The supervisor on its own, for tests of the mcp: in the product it is `kiro` started again.

use std::process::ExitCode;

fn main() -> ExitCode {
    host::sandbox::supervisor_main(std::env::args_os().skip(1))
}
