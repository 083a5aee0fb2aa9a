#!/bin/bash
# The engine in a world made by a seed. BANFA_SIM_YEARS and BANFA_SIM_SEED make it longer, or another.
set -u
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
images=()
for path in "$srcdir"/tests/service/{adopt,early,migrate1,migrate2}.banfa "$srcdir"/tests/step/{clock,life,events,consent}.banfa; do
    image=$work/$(basename "$path")
    "$builddir/banfa" compile "$path" -o "$image" >/dev/null || exit 1
    images+=("$image")
done
"$builddir/tests/service/simulate" "${BANFA_SIM_YEARS:-10}" "${BANFA_SIM_SEED:-1}" "${images[@]}"
