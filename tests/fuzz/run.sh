#!/bin/bash
# Runs the libFuzzer targets of a build, two at a time, starting from the kept corpora.
#   tests/fuzz/run.sh BUILD                       the same inputs every time: what must pass to land
#   tests/fuzz/run.sh BUILD MINUTES [TARGET…]     by hand: other inputs every time, going on from what
#                                                 earlier runs by hand in this build found
# Prints one line a target; of a failing one also what it said, and the input as base64. Exits 1 if
# one failed.
set -u
build=${1:?the folder of a build configured with --enable-fuzz}
minutes=${2:-}
shift $(($# < 2 ? $# : 2))
cd "$build" && build=$PWD || exit 1
cd - >/dev/null || exit 1
src=$(cd "$(dirname "$0")/../.." && pwd)

# How many inputs a target runs, for 10 to 25 s of one core with the sanitizers.
inputs_of() {
    case $1 in
    calendar) echo 500000 ;;
    diag) echo 50000 ;;
    fmt) echo 25000 ;;
    image) echo 30000 ;;
    parse) echo 50000 ;;
    api) echo 800 ;;
    step) echo 800 ;;
    *) echo 10000 ;;
    esac
}
ceiling=300 # seconds: a slower machine stops there, and it is told

# The same every time: seed, number, order of the corpus, nothing found before, addresses where the
# system lets us. Without the values that a target compares: pointers are among them, and those of the
# heap differ even so.
fuzz_fixed() {
    local target=$1 name=$2 found=$build/fuzz/fixed/$2 inputs ran still=()
    inputs=$(inputs_of "$name")
    rm -rf "$found" "$build/fuzz/$name-fixed-"*
    mkdir -p "$found"
    printf '%s\n' "$src/tests/fuzz/corpus/$name"/* | LC_ALL=C sort | paste -sd, |
        tr -d '\n' >"$found.seeds" # libFuzzer takes a newline for a part of the last name
    setarch -R true 2>/dev/null && still=(setarch -R)
    run "$name" fixed "${still[@]}" "$target" -seed=1 -runs="$inputs" -max_total_time=$ceiling \
        -use_cmp=0 -seed_inputs="@$found.seeds" -reload=0 "$found" || return 1
    ran=$(inputs_run "$name")
    if ((ran < inputs)); then
        echo "NOTE: fuzz $name stopped after $ceiling s with $ran of $inputs inputs"
    fi
}

fuzz_by_hand() {
    local target=$1 name=$2 seed
    seed=$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')
    mkdir -p "$build/fuzz/$name"
    run "$name" "$seed" "$target" -seed="$seed" -max_total_time=$((minutes * 60)) \
        "$build/fuzz/$name" "$src/tests/fuzz/corpus/$name"
}

# run NAME LABEL COMMAND…
run() {
    local name=$1 log=$build/fuzz/$1.log artifacts=$build/fuzz/$1-$2- file
    shift 2
    if "$@" -timeout=20 -rss_limit_mb=3000 -max_len=65536 -artifact_prefix="$artifacts" \
        -print_final_stats=1 >"$log" 2>&1; then
        echo "PASS: fuzz $name ($(inputs_run "$name") inputs)"
        return 0
    fi
    {
        echo "FAIL: fuzz $name"
        tail -n 40 "$log"
        for file in "$artifacts"*; do
            echo "$file, $(wc -c <"$file") bytes, as base64:"
            base64 -w 0 "$file"
            echo
        done
    } >"$log.told"
    cat "$log.told" # at once: two targets run
    return 1
}

inputs_run() {
    sed -n 's/^stat::number_of_executed_units: *//p' "$build/fuzz/$1.log"
}

fuzz_one() {
    shopt -s nullglob
    local name=${1##*/fuzz_}
    if [[ $minutes ]]; then fuzz_by_hand "$1" "$name"; else fuzz_fixed "$1" "$name"; fi
}
export -f fuzz_one fuzz_fixed fuzz_by_hand run inputs_of inputs_run
export build minutes src ceiling
shopt -s nullglob
targets=()
for file in "$build"/tests/fuzz/fuzz_*; do
    [[ -x $file && $file != *.o ]] || continue
    (($# == 0)) || [[ " $* " == *" ${file##*/fuzz_} "* ]] && targets+=("$file")
done
if ((${#targets[@]} == 0)); then
    echo "FAIL: no fuzz target in $build"
    exit 1
fi
mkdir -p "$build/fuzz/fixed"
printf '%s\0' "${targets[@]}" | xargs -0 -n1 -P2 bash -c 'fuzz_one "$0"' || exit 1 # not the 123 of xargs
