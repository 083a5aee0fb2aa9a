#!/bin/bash
# Every example, and every text that tries a module of the library, checks without a mistake or a warning, stands in
# the one layout, and all its scenarios pass; the tutorial's files say the same in both surfaces.
set -u
banfa=$builddir/banfa
status=0
files=0
pairs=()

for file in "$srcdir"/examples/tutorial/*.banfa "$srcdir"/examples/patterns/*.banfa \
    "$srcdir"/examples/foreign/*/ "$srcdir"/tests/sim/limits*.banfa "$srcdir"/tests/stdlib/*.banfa; do
    [[ -e $file ]] || continue
    files=$((files + 1))
    said=$("$banfa" check --lang en "$file" 2>&1) && ! grep -q 'warning' <<<"$said" ||
        { echo "$file: $said"; status=1; }
    "$banfa" fmt --check "$file" || status=1
    said=$("$banfa" test --lang en "$file" 2>&1)
    tail -n 1 <<<"$said" | grep -Eq '^[1-9][0-9]* passed, 0 failed$' || { echo "$file: $said"; status=1; }
    [[ $file == */tutorial/[0-9]*.zh.banfa ]] && pairs+=("${file/.zh/}" "$file")
    [[ $file == */limits.zh.banfa ]] && pairs+=("${file/.zh/}" "$file")
    [[ $file == */foreign/*_zh/ ]] && for part in "$file"*.banfa; do pairs+=("${part/_zh/}" "$part"); done
done
echo "$files examples"

# The table of patterns names what is there, and nothing else.
diff <(cd "$srcdir/examples/patterns" && ls -- *.banfa) \
    <(grep -o 'examples/patterns/[0-9a-z-]*\.banfa' "$srcdir/docs/PATTERNS.md" | sed 's|.*/||' | sort) || status=1
((files > 0)) || status=1
if [[ -n $PYTHON3 ]]; then
    "$PYTHON3" "$srcdir/tests/examples/pairs.py" "${pairs[@]}" || status=1
fi
exit $status
