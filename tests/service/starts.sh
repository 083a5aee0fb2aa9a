#!/bin/bash
# What the calendar starts, once each and none left out, whatever batch the disk is full at or the service killed.
set -u
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$builddir/banfa" compile "$srcdir/tests/service/starts.banfa" -o "$work/image" &&
    "$builddir/tests/service/starts" "$work/image"
