#!/bin/bash
# Ended cases are sealed, and their rows dropped; explain tells what is left.
set -u
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$builddir/banfa" compile "$srcdir/tests/service/seal.banfa" -o "$work/image" &&
    "$builddir/tests/service/seal" "$work/image" "$work/journal" || exit 1
"$builddir/banfa" explain --lang en "$work/journal" 2 >"$work/told" || exit 1
grep -q '#2 matter: closed on 2025-11-03 Mon, "done"' "$work/told" && grep -q 'first 3 rows said was dropped' "$work/told" ||
    { cat "$work/told"; exit 1; }
"$builddir/banfa" explain --lang en "$work/journal" 3 | grep -q 'opened' || exit 1
