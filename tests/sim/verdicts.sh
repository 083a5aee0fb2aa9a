# What a failing scenario says, and where; the places are lines of verdicts.banfa.
policy=$srcdir/tests/sim/verdicts.banfa
banfa="$builddir/banfa"
line() { grep -nF -- "$1" "$policy" | sed -n "${2:-1}s/:.*//p"; }

cat >verdicts.wanted <<END
passed: all well
a date that is another: verdicts.banfa:$(line 'due = 2025-10-12'): does not hold: it is 2025-10-13
a condition that does not hold: verdicts.banfa:$(line 'expect c in done' 2): does not hold
an act that is refused: verdicts.banfa:$(line 'ann does grant to c'): the act was refused (not permitted: nothing gives this to Ann)
an opening that is refused: verdicts.banfa:$(line 'count_asked: 0'): the act was refused (not permitted: ask for one at least)
an act that is done though it should not: verdicts.banfa:$(line 'too late: town'): should be refused, but was done
refused for another reason: verdicts.banfa:$(line 'too late: ann'): refused, but for another reason: not permitted: nothing gives this to Ann
refused by another rule: verdicts.banfa:$(line '@2.2' 2): refused, but by article 2(1)
the clock goes back: verdicts.banfa:$(line '09:59'): the clock never goes back
no time yet: verdicts.banfa:$(($(line 'scenario "no time yet"') + 1)): the scenario needs an "at" first
a wait too long: verdicts.banfa:$(line 'wait 100000'): the calendar does not reach that far
no such case: verdicts.banfa:$(line 'grant to ask'): there is no such case
passed: lapses come in time
passed: a limit past when it is armed lapses at once
3 passed, 11 failed
END
"$banfa" test --json "$policy" >verdicts.json
status=$?
"${PYTHON3:-python3}" - <<'END' >verdicts.got
import json
for line in open("verdicts.json", encoding="utf-8"):
    o = json.loads(line)
    if "scenario" not in o:
        print(f"{o['passed']} passed, {o['failed']} failed")
    elif o["passed"]:
        print("passed:", o["scenario"])
    else:
        print(o["scenario"] + ": " + o["why"])
END
[ $status = 1 ] || { echo "exit status $status, wanted 1"; exit 1; }
diff verdicts.wanted verdicts.got || exit 1

# --only, --assume and the names of scenarios: what is not there is said, with what is.
"$banfa" test "$policy" --only "all well" | grep -qx '1 passed, 0 failed' || exit 1
"$banfa" test "$policy" --only nothing >/dev/null 2>only.err
[ $? = 2 ] && grep -qF 'nothing' only.err || { echo "--only that fits nothing"; exit 1; }
"$banfa" test --lang en "$policy" --assume x=yes 2>&1 | grep -qF 'no assumption "x"' || exit 1
"$banfa" simulate --lang en "$policy" refused 2>&1 | grep -qF 'several scenarios' || exit 1
"$banfa" explain --lang en "$policy" "all well" --at 2025-13-01 2>&1 | grep -qF -- '--at takes' || exit 1
# The statement that failed is quoted; the world's failures speak the reader's language; JSON says its errors in JSON.
"$banfa" test --lang en "$policy" --only "back" | grep -qxF '      at 2025-09-29 09:59' || { echo "no quote"; exit 1; }
"$banfa" check --lang zh ./nosuch 2>&1 | grep -qF '找不到。系统报告：“' || { echo "no 找不到"; exit 1; }
"$banfa" decide --json "$srcdir/docs/LANGUAGE.md" needs_visit '{}' | grep -q '^{"error":' || { echo "no JSON error"; exit 1; }
rm -f verdicts.wanted verdicts.got verdicts.json only.err
