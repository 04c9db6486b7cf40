//! Tells whether std has `io::PipeWriter` (Rust 1.87), which is newer than our `rust-version`; and where every feature is
//! on, makes the pictures of the RFCs part of their pages, which have no folder beside them.

use std::{
    env,
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

/// Without all of these `src/rfcs.rs` is left out.
const FEATURES: [&str; 4] = ["OFFLOAD", "TOKIO", "BYTES", "CONFORMANCE"];

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-check-cfg=cfg(std_pipe)");
    if rustc_minor().is_some_and(|minor| minor >= 87) {
        println!("cargo:rustc-cfg=std_pipe");
    }
    if FEATURES.iter().all(|feature| env::var_os(format!("CARGO_FEATURE_{feature}")).is_some()) {
        let definitions = picture_definitions(Path::new("rfcs/figures"))?;
        let out = env::var_os("OUT_DIR").map(PathBuf::from).unwrap_or_default();
        fs::write(out.join("figures.md"), definitions)?;
    }
    Ok(())
}

/// The `N` of `rustc 1.N.P`; `None` where the compiler does not answer like that.
fn rustc_minor() -> Option<u32> {
    let output = Command::new(env::var_os("RUSTC")?).arg("--version").output().ok()?;
    let version = String::from_utf8(output.stdout).ok()?;
    version.split('.').nth(1)?.parse().ok()
}

/// For each picture a link definition in Markdown, of its file name, that leads to its bytes.
fn picture_definitions(folder: &Path) -> io::Result<String> {
    let mut definitions = String::new();
    if !folder.exists() {
        return Ok(definitions);
    }
    println!("cargo:rerun-if-changed={}", folder.display());
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()).filter(|name| name.ends_with(".svg")) else {
            continue;
        };
        let bytes = base64(&fs::read(&path)?);
        let _ = writeln!(definitions, "[{name}]: data:image/svg+xml;base64,{bytes}");
    }
    Ok(definitions)
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let bits = (0..3).fold(0, |bits, i| bits << 8 | u32::from(chunk.get(i).copied().unwrap_or(0)));
        for i in 0..4 {
            let digit = char::from(DIGITS[(bits >> (18 - 6 * i) & 63) as usize]);
            text.push(if i <= chunk.len() { digit } else { '=' });
        }
    }
    text
}
