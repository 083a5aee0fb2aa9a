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

# The image says what it amends, and holds it whole.
hash=$("$builddir/banfa" compile "$srcdir/tests/service/lending.banfa" -o "$work/base")
"$builddir/banfa" dump "$work/lending_all" | grep -qF "amends lending $hash, all cases @7" || exit 1
size=$(stat -c %s "$work/lending_all")
for back in 9 200 2000; do
    cp "$work/lending_all" "$work/damaged"
    printf '\x55' | dd of="$work/damaged" bs=1 seek=$((size - back)) conv=notrunc status=none
    cmp -s "$work/lending_all" "$work/damaged" && continue
    "$builddir/banfa" dump "$work/damaged" >/dev/null 2>&1 && { echo "damaged, and read"; exit 1; }
done

# A rank between that of the text and that of what amended it is too low for what was amended.
mkdir "$work/ranks"
cp "$srcdir/tests/service/lending.banfa" "$srcdir/tests/service/lending_all.banfa" "$work/ranks"
sed -i 's/rank     4/rank     2/' "$work/ranks/lending_all.banfa"
sed 's/rank     4/rank     3/' "$srcdir/tests/service/lending_new.banfa" >"$work/ranks/lending_new.banfa"
"$builddir/banfa" check --lang en "$work/ranks/lending_new.banfa" 2>&1 | grep -q 'E0134' || exit 1
exit 0
