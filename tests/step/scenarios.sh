#!/bin/bash
# The step, told in scenarios: every date in them was counted by hand. Each file must run, and pass whole. Then each
# of them, the policies, the patterns and what tries the library, is driven with random events (tests/unit/step_drive.c).
set -u
banfa=$builddir/banfa
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0

for file in "$srcdir"/tests/step/*.banfa; do
    out=$("$banfa" test "$file" 2>&1)
    if ! tail -1 <<<"$out" | grep -Eq '^[1-9][0-9]* passed, 0 failed$'; then
        echo "$file:"
        echo "$out"
        status=1
    fi
done

for path in "$srcdir"/tests/step/*.banfa "$srcdir"/policies/*/ "$srcdir"/tests/stdlib/*.banfa \
    "$srcdir"/examples/patterns/*.banfa; do
    [[ $path == */ids.banfa ]] && continue # decides, and starts no case
    image=$work/$(basename "$path").image
    if ! "$banfa" compile "$path" -o "$image" >"$work/out" 2>&1 ||
        ! "$builddir/tests/unit/step_drive" "$image" >"$work/out" 2>&1; then
        echo "$path:"
        cat "$work/out"
        status=1
    fi
done
exit $status
