#!/bin/bash
# Open cases go on under another text; the journal explains them past that.
set -u
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for i in 1 2; do
    "$builddir/banfa" compile "$srcdir/tests/service/migrate$i.banfa" -o "$work/image$i" || exit 1
done
"$builddir/tests/service/migrate" "$work/image1" "$work/image2" "$work/journal" || exit 1
for case in 1 2 3 4 5 6; do
    "$builddir/banfa" explain --lang en "$work/journal" $case >"$work/told" || exit 1
    grep -q 'goes on under another version of amended' "$work/told"
    [[ $? == $((case == 3 || case == 4)) ]] || { cat "$work/told"; exit 1; }
done
"$builddir/banfa" explain --lang en "$work/journal" 1 | grep -q "answer: by 2025-11-14 Fri, under this version"
