# Every source of the repository keeps the formatter's promises (tests/tools/roundtrip.c), and the samples
# of the syntax itself read without a mistake.
set -eu
cd "$srcdir"
roundtrip=$builddir/tests/tools/roundtrip
find policies stdlib examples docs tests -name '*.banfa' -o -name '*.banfa.md' 2>/dev/null | sort |
while read -r file; do
    "$roundtrip" "$file" || { echo "FAIL: $file"; exit 1; }
done
