//! Tells whether std has `io::PipeWriter` (Rust 1.87), which is newer than our `rust-version`.

use std::{env, process::Command};

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-check-cfg=cfg(std_pipe)");
    if rustc_minor().is_some_and(|minor| minor >= 87) {
        println!("cargo:rustc-cfg=std_pipe");
    }
}

/// The `N` of `rustc 1.N.P`; `None` where the compiler does not answer like that.
fn rustc_minor() -> Option<u32> {
    let output = Command::new(env::var_os("RUSTC")?).arg("--version").output().ok()?;
    let version = String::from_utf8(output.stdout).ok()?;
    version.split('.').nth(1)?.parse().ok()
}
