#!/bin/bash
# The library as a program meets it that embeds it: installed under another root, its header alone, found by pkg-config,
# linked shared and linked whole; of neither can another name be seen than banfa_*; the example does what it says.
set -eu
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
fail() {
    echo "$1" >&2
    exit 1
}

setting() { sed -n "s/^$1 = //p" "$builddir/Makefile" | head -n 1; }
prefix=$(setting prefix)
libdir=$prefix/lib
cc="$(setting CC) $(setting BANFA_LDFLAGS)"
make -s -C "$builddir" DESTDIR="$tmp" libdir="$libdir" includedir="$prefix/include" \
    install-includeHEADERS install-libLTLIBRARIES install-nodist_archiveDATA install-nodist_pkgconfigDATA \
    >"$tmp/log" 2>&1 || fail "$(cat "$tmp/log")"
ls "$tmp$prefix/include" | grep -vx banfa.h && fail "more headers than one"

# Names.
shared=$tmp$libdir/libbanfa.so archive=$tmp$libdir/libbanfa.a
for what in "nm -D --defined-only $shared" "nm -g --defined-only $archive"; do
    names=$($what | awk 'NF == 3 { print $3 }')
    foreign=$(grep -v '^banfa_' <<<"$names" || true)
    [ -z "$foreign" ] || fail "$what: $foreign"
    diff <(sort <<<"$names") \
        <(sed -n 's/^BANFA_API.*[ *]\(banfa_[a-z_]*\)(.*/\1/p' "$srcdir/engine/embed/banfa.h" | sort) ||
        fail "$what: not what the header declares"
done

# The header in C11 and, where there is a C++ compiler, in C++; both ways of linking.
flags="-std=c11 -pedantic -Wall -Wextra -Werror"
export PKG_CONFIG_PATH=$tmp$libdir/pkgconfig PKG_CONFIG_SYSROOT_DIR=$tmp
sed -i "s|^prefix=.*|prefix=$prefix|; s|^libdir=.*|libdir=$libdir|; s|^includedir=.*|includedir=$prefix/include|" \
    "$tmp$libdir/pkgconfig/banfa.pc"
source=$srcdir/examples/embed/embed.c
# shellcheck disable=SC2046,SC2086 # words are meant to part
$cc $flags "$source" $(pkg-config --cflags --libs banfa) -o "$tmp/shared"
# shellcheck disable=SC2046,SC2086
$cc $flags "$source" $(pkg-config --cflags banfa) "$archive" $(PKG_CONFIG_SYSROOT_DIR= pkg-config --libs jansson libutf8proc libcrypto) -o "$tmp/whole"
if command -v c++ >/dev/null; then
    echo '#include <banfa.h>' >"$tmp/header.cc"
    # shellcheck disable=SC2046
    c++ -Wall -Wextra -Werror -c $(pkg-config --cflags banfa) "$tmp/header.cc" -o "$tmp/header.o"
fi

# By hand: after Monday 29 September the 30th counts, then 9 October and the 10th, the third; on the 11th (00:00) it is over.
cat >"$tmp/want" <<'END'
opened, now asked
  pay open until 2025-10-10 (article 2.1)
  deny open until 2025-10-10 (article 2.1)
END
for program in shared whole; do
    LD_LIBRARY_PATH=$tmp$libdir "$tmp/$program" "$srcdir/examples/embed/refund.banfa" >"$tmp/got" ||
        fail "$program: $(cat "$tmp/got")"
    head -n 3 "$tmp/got" | diff "$tmp/want" - || fail "$program: other offers"
    grep -q '^refused: .*amount >= 1' "$tmp/got" || fail "$program: $(cat "$tmp/got")"
    grep -qx 'the limit passes, now paid' "$tmp/got" || fail "$program: $(cat "$tmp/got")"
    [ "$(grep -cx 'the calendar starts account, now open_' "$tmp/got")" = 1 ] || fail "$program: $(cat "$tmp/got")"
    grep -q '^  .*no answer in time.*The shop' "$tmp/got" || fail "$program: $(cat "$tmp/got")"
done
