//! How to see where the time goes.

use std::io::{self, Write as _};

/// For a shell, as it stands. The hidden command is what `bench` starts for each situation: it is called directly, so
/// that only the chosen rows run.
const HINT: &str = r#"# Debug symbols, and a frame pointer in each frame, so that stacks are cheap to take.
export CARGO_PROFILE_RELEASE_DEBUG=line-tables-only RUSTFLAGS="-C force-frame-pointers=yes"
cargo build --release -p evidence --features bench --target-dir target/profile
cd "$(mktemp -d)"

# One row, in one situation, with one size: see `bench --list`. A row takes two seconds in all its rounds.
run="$OLDPWD/target/profile/release/evidence bench-situation --situation alone --size 100 --folder ."
row="async-write-complete, bare"

# Where the time goes, of all threads, the kernel's part included. Without `-g none`: who calls whom.
perf record --call-graph fp -o perf.data $run --rounds 1 --rows "$row" >/dev/null
perf report -i perf.data --no-children --sort comm,symbol -g none --stdio | head -60

# How often threads are switched, parked and woken, for a write.
perf stat -e context-switches,cpu-migrations,task-clock $run --rounds 1 --rows "$row" >/dev/null
strace -f -c -o strace.txt $run --rounds 1 --rows "$row" >/dev/null && head -20 strace.txt

# How many instructions a write takes, and whose; without the noise of the machine. It runs some fifty times slower.
valgrind --tool=callgrind --callgrind-out-file=callgrind.out $run --quick --rounds 1 --rows "$row" >/dev/null
callgrind_annotate callgrind.out | head -60
"#;

/// Prints the hint.
pub(super) fn print() -> anyhow::Result<()> {
    Ok(io::stdout().lock().write_all(HINT.as_bytes())?)
}
