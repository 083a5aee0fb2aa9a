# A calendar beside a policy: found by every command that counts days, and checked by each that reads it.
set -u
failed=0
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
banfa="$builddir/banfa"
fail() { echo "FAILED: $*"; failed=1; }

mkdir -p "$folder/xx"
cat >"$folder/p.banfa" <<'END'
policy p "A text" { number "1" rank 5 "by-law" in force 2024-01-01 calendar xx.land }
procedure request @1 {
  party asker : Person
  starts by asker
  state waiting { asker must answer within 2 working days { reply -> done } otherwise -> done }
  end done
}
let ann = Person(code: "A", name: "Ann")
scenario "over a holiday" {
  at 2024-05-01 10:00
  let c = ann opens request(asker: ann)
  expect c.answer.due = 2024-05-06
}
END
$banfa check --lang en "$folder/p.banfa" >"$folder/out" 2>&1 && fail "no calendar, and fine"
grep -qF "looked for: $folder/xx/land.calendar, $BANFA_STDLIB/xx/land.calendar" "$folder/out" || fail "does not say where it looked"

# Thursday 2 May counts, Friday rests: the second working day is Monday the 6th.
cat >"$folder/xx/land.calendar" <<'END'
banfa calendar 1
name    xx.land
weekend saturday sunday
offset  +01:00
from    2024-01-01
notice Gazette_7 of 2023-12-01 announces 2024
rest 2024-05-03 bridge
END
$banfa check "$folder/p.banfa" >/dev/null || fail "the calendar beside the policy is not found"
[ "$($banfa test "$folder")" = "1 passed, 0 failed" ] || fail "the folder's calendar does not count"
(cd "$folder" && [ "$($banfa test p.banfa)" = "1 passed, 0 failed" ]) || fail "nor that beside a file"
$banfa compile "$folder/p.banfa" -o "$folder/p.image" >/dev/null && [ "$($banfa test "$folder/p.image")" = "1 passed, 0 failed" ] ||
    fail "nor that beside an image"

sed -i 's/^rest/rust/' "$folder/xx/land.calendar"
for command in check test; do
    said=$($banfa $command --lang zh "$folder" 2>&1)
    [ $? = 1 ] || fail "$command takes a calendar with a mistake"
    grep -qF '日历“xx.land”第7行：第一个通知以后只能写通知和它的日子，不能写“rust”' <<<"$said" || fail "$command: $said"
    said=$($banfa $command --lang en "$folder" 2>&1)
    grep -qF 'calendar xx.land, line 7: after the first notice come only notices and their days: rust' <<<"$said" ||
        fail "$command: $said"
    grep -q passed <<<"$said" && fail "$command counts scenarios that were not run"
done
exit $failed
