# Every source of the repository keeps the formatter's promises (tests/tools/roundtrip.c); the samples of
# mistakes say what was checked by hand, in both languages. REGENERATE=1 writes the latter anew, to be read.
set -eu
cd "$srcdir"
find policies stdlib examples docs tests -name '*.banfa' -o -name '*.banfa.md' 2>/dev/null | sort |
while read -r file; do
    "$builddir/tests/tools/roundtrip" "$file" || { echo "FAIL: $file"; exit 1; }
done

cd tests/golden/syntax
status=0
for file in mistakes*.banfa; do
    for lang in en zh; do
        said=$(TREEDUMP_LANG=$lang "$builddir/tests/tools/treedump" "$file" 2>&1 >/dev/null) || true
        if [ -n "${REGENERATE:-}" ]; then
            printf '%s\n' "$said" >"$file.$lang.txt"
        elif ! printf '%s\n' "$said" | diff "$file.$lang.txt" -; then
            echo "FAIL: $file, $lang"
            status=1
        fi
    done
done
exit $status
