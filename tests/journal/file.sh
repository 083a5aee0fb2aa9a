# A journal file: read by an oracle that knows only the documentation; explained as the scenario that made it is;
# noticed when it is cut off or changed; those of released formats stay readable.
set -u
banfa=$builddir/banfa
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
status=0
fail() {
    echo "FAILED: $*"
    status=1
}

# same POLICY SCENARIO [OPTION…]: of a scenario with one case, both explanations are alike.
same() {
    local policy=$1 scenario=$2
    shift 2
    "$banfa" simulate "$policy" "$scenario" --journal "$scratch/journal" >/dev/null || fail "simulate $scenario"
    "$banfa" explain "$policy" "$scenario" "$@" >"$scratch/scenario"
    "$banfa" explain "$scratch/journal" 1 "$@" >"$scratch/told" 2>&1
    cmp "$scratch/scenario" "$scratch/told" || fail "explain $scenario $*"
}
for lang in en zh; do
    same "$srcdir/tests/step/life.banfa" "open to paused" --lang $lang
    same "$srcdir/policies/hebi-2021-39" 国庆前申请 --lang $lang --at 2025-10-09T10:00
    same "$srcdir/policies/hebi-2021-39" 国庆前申请 --json --at 2025-10-13
done

journal=$srcdir/tests/journal/format1.journal
if [[ -n ${PYTHON3:-} ]]; then
    "$PYTHON3" "$srcdir/tests/journal/oracle.py" "$journal" "$scratch/journal" || fail "the oracle"
fi
"$banfa" explain --json "$journal" 1 >"$scratch/told" || fail "format 1"
grep -q '^{"case":{"acts":' "$scratch/told" || fail "format 1 explained"
"$banfa" explain "$srcdir/tests/journal/format2.journal" 1 >"$scratch/told" || fail "an image of format 2"
grep -q 'conclude by Town: met' "$scratch/told" || fail "an image of format 2 explained"

# wrong WHAT: what is in the scratch is refused, with these words.
wrong() {
    local code=0
    "$banfa" explain --lang en "$scratch/wrong" 1 >"$scratch/told" 2>&1 || code=$?
    ((code == 1)) && grep -qF "$1" "$scratch/told" || { cat "$scratch/told"; fail "$1: status $code"; }
}
head -n -1 "$journal" >"$scratch/wrong"
wrong "its last line is missing"
head -c -1 "$journal" >"$scratch/wrong"
wrong "the file is cut off in this line"
sed 's/"name":"Ann"/"name":"Bob"/' "$journal" >"$scratch/wrong"
wrong "line $(wc -l <"$journal"): the rows are not those that were written"
sed '/^image/d' "$journal" >"$scratch/wrong"
wrong "policy: no image of this hash is known"
sed '0,/^row/{/^row/d}' "$journal" >"$scratch/wrong"
wrong "facts[0]: of a case that was never started"
sed '/"kind":"tick"/d' "$journal" >"$scratch/wrong"
wrong "its number does not follow the one before"
sed 's/"facts":\[/"facts" :[/' "$journal" >"$scratch/wrong"
wrong "no colon after a key"
{ cat "$journal"; echo; } >"$scratch/wrong"
wrong "more after the last line"
exit $status
