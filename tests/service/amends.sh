#!/bin/bash
# A text and two that amend it, while cases run; the journal explains them past that.
set -u
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for text in lending lending_all lending_new; do
    "$builddir/banfa" compile "$srcdir/tests/service/$text.banfa" -o "$work/$text" >/dev/null || exit 1
    "$builddir/banfa" test "$srcdir/tests/service/$text.banfa" || exit 1
done
"$builddir/tests/service/amends" "$work/lending" "$work/lending_all" "$work/lending_new" "$work/journal" || exit 1
told() { # CASE LINE: explain says it
    "$builddir/banfa" explain --lang en "$work/journal" "$1" >"$work/told" &&
        grep -qF "$2" "$work/told" || { cat "$work/told"; exit 1; }
}
told 3 'goes on under the amended text, lending, amended [article 7]'
told 3 'slow, by town, 2025-11-12 Wed [article 4]'
told 4 'ann: urge [article 4]' # the row that the old text put is there
told 6 'answer by town: lapsed — by 2025-11-26 Wed [article 4]'
"$builddir/banfa" explain --lang en "$work/journal" 1 | grep 'amended text' && exit 1
exit 0
