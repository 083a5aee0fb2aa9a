#!/bin/bash
# A calendar adopted while duties are due, with every batch of it failing once; explain says why a date moved.
set -u
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$builddir/banfa" compile "$srcdir/tests/service/adopt.banfa" -o "$work/image" &&
    "$builddir/tests/service/adopt" "$work/image" "$work/journal" ${BANFA_SEEDS:+1} || exit 1

# A date is told to move exactly where a row of the case moved one, with its days and the notice.
for case in {1..24}; do
    "$builddir/banfa" explain --lang en "$work/journal" "$case" >>"$work/told" || exit 1
    "$builddir/banfa" explain --lang zh "$work/journal" "$case" >>"$work/told.zh" || exit 1
done
want=$(grep '^row' "$work/journal" | grep -o '"fact":"recomputed"' | wc -l)
told=$(grep -c 'because of the calendar: ' "$work/told")
[[ $want -gt 0 && $want == "$told" && $told == $(grep -c '因日历有变：' "$work/told.zh") ]] ||
    { echo "$want dates moved, $told were told of"; exit 1; }
grep -q 'because of the calendar: 2025-.* is a \(working\|rest\) day.* (C)' "$work/told" || exit 1
