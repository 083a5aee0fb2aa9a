#!/bin/bash
# Runs every libFuzzer target of a build for some seconds, two at a time, starting from the kept
# corpora and from what earlier runs in this build found.
#   tests/fuzz/run.sh BUILD [SECONDS]        (default: 30 s, or $BANFA_FUZZ_SECONDS)
# Prints one line a target and, of a failing one, what it said; the input is kept in BUILD/fuzz.
# Exits 1 if one failed.
set -u
build=${1:?the folder of a build configured with --enable-fuzz}
seconds=${2:-${BANFA_FUZZ_SECONDS:-30}}
src=$(cd "$(dirname "$0")/../.." && pwd)

fuzz_one() {
    local target=$1 name=${1##*/fuzz_}
    local found=$build/fuzz/$name log=$build/fuzz/$name.log
    mkdir -p "$found"
    if "$target" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=3000 -max_len=65536 \
        -artifact_prefix="$build/fuzz/$name-" -print_final_stats=1 \
        "$found" "$src/tests/fuzz/corpus/$name" >"$log" 2>&1; then
        echo "PASS: fuzz $name ($(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs)"
    else
        echo "FAIL: fuzz $name"
        tail -40 "$log"
        return 1
    fi
}
export -f fuzz_one
export build seconds src
shopt -s nullglob
targets=()
for file in "$build"/tests/fuzz/fuzz_*; do
    [[ -x $file && $file != *.o ]] && targets+=("$file")
done
if ((${#targets[@]} == 0)); then
    echo "FAIL: no fuzz target in $build"
    exit 1
fi
printf '%s\0' "${targets[@]}" | xargs -0 -n1 -P2 bash -c 'fuzz_one "$0"'
