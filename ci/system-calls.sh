#!/usr/bin/env bash
# Looks at the system calls of one write to a file with O_APPEND and O_DSYNC: exactly one write(2), on a thread that
# is not the executor's, and nothing else on that descriptor but its close. A second call could tear a record or write
# it twice, one on the executor's thread could keep that from everybody.
#
# Of the two syncs each must be its own call: fdatasync(2) leaves out metadata that fsync(2) makes durable, and no other
# test can tell.
#
# Then it has every close(2) answer EDQUOT, as NFS may when a quota is used up, and checks that whoever closes is told
# so.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/not-checked.sh

test=o_dsync::a_record_is_one_call
cargo test --quiet --all-features --test it --no-run
if ! strace -o /dev/null true 2>/dev/null; then
    not_checked "no strace, whose package ci/install.sh names, or it may not trace"
    exit
fi
trace=$(mktemp)
trap 'rm -f "$trace"' EXIT
# -y shows the path of each descriptor. Cargo itself calls nothing on it.
strace -f -y -o "$trace" cargo test --quiet --all-features --test it -- --exact "$test" | grep -F '1 passed'

# The thread that opens it is the executor's; then come the calls on it, without those of the test itself, which reads
# it.
awk '
    /openat\(.*one-call".*O_APPEND/ { executor = $1; next }
    executor && /^[0-9]+ +[a-z0-9_]+\([0-9]+<[^>]*one-call>/ {
        call = $2; sub(/\(.*/, "", call)
        if (call == "close") { where[$1 == executor] = where[$1 == executor] " close"; if (++closes == 1) exit }
        else where[$1 == executor] = where[$1 == executor] " " call
    }
    END {
        print "on the thread of the executor:" (where[1] ? where[1] : " nothing")
        print "on a thread of the pool:" (where[0] ? where[0] : " nothing")
        exit where[1] != "" || where[0] != " write close"
    }
' "$trace" || { echo "system-calls: one write on a thread of the pool, and its close, were expected" >&2; exit 1; }

# The binary's name is in the last line that cargo prints.
binary=$(cargo test --all-features --test it --no-run 2>&1 | sed -n 's/^ *Executable .*(\(.*\))$/\1/p')
[ -x "$binary" ] || { echo "system-calls: no test binary was found: '$binary'" >&2; exit 1; }

syncs=d1_which_sync::of_files_each_is_a_call_of_the_system
strace -f -y -o "$trace" -e trace=fsync,fdatasync "$binary" --exact "$syncs" | grep -F '1 passed'
calls=$(sed -nE 's/^[0-9]+ +([a-z]+)\([0-9]+<[^>]*which-sync>.*/\1/p' "$trace" | tr '\n' ' ')
pair='fdatasync fsync '
echo "syncs of files: $calls"
[ "$calls" = "$pair$pair$pair$pair" ] || { echo "system-calls: four times '$pair' was expected" >&2; exit 1; }

# A tracer may follow its own children and yet be refused a process beside it, as by Yama. If it may attach, it still
# runs when the time is over (124).
sleep 60 &
beside=$!
attached=0
timeout 2 strace -p "$beside" -o /dev/null 2>/dev/null || attached=$?
kill "$beside"
if [ "$attached" -ne 124 ]; then
    not_checked "whether a close tells the EDQUOT of close(2): strace may not attach to a process"
    exit
fi

# strace is attached when the test says so.
exec {out}< <(AWC_CLOSE_ANSWERS=122 exec "$binary" --nocapture --exact close_answers::of_files_pipes_and_sockets 2>&1)
tested=$!
while read -r line <&"$out" && [[ $line != *'attach strace now' ]]; do :; done
strace -f -p "$tested" -o "$trace" -e trace=close -e inject=close:error=EDQUOT 2>/dev/null || true
grep -F '1 passed' <&"$out" || { echo "system-calls: a close does not tell the EDQUOT of close(2)" >&2; exit 1; }
grep -c 'close(.*EDQUOT.*(INJECTED)' "$trace" | sed 's/$/ calls of close(2) answered EDQUOT, and whoever closed was told/'
