#!/bin/bash
# A calendar adopted while duties are due, with every batch of it failing once.
set -u
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$builddir/banfa" compile "$srcdir/tests/service/adopt.banfa" -o "$work/image" &&
    "$builddir/tests/service/adopt" "$work/image" ${BANFA_SEEDS:+1}
