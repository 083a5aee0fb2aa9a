# What the measures of figures.banfa come to, counted by hand:
#
#   a  South  started 3 March   reminded; granted on 3 March until 2026        met
#   b  North  started 3 March   limit 10 March; refused on 11 March            lapsed on 10 March, late on 11 March
#   c  North  started 4 March   reminded; limit 11 March                       lapsed on 11 March
#   d  North  started 4 March   withdrawn that day                             void
#   e  South  started 11 March  waiting                                        open
#   f  South  started 11 March  a complaint
set -u
banfa=$builddir/banfa
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
status=0
"$banfa" simulate "$srcdir/tests/sim/figures.banfa" "five requests" --journal "$scratch/journal" >/dev/null || exit 1

# comes NAME "ROWS" [OPTION…]: the measure's numbers, the total last.
comes() {
    local name=$1 want=$2 got
    shift 2
    got=$("$banfa" measure "$scratch/journal" "$name" --lang en "$@" | tail -n +2 | sed 's/^ *//' | paste -sd ' ')
    [[ $got == "$want" ]] || { echo "FAILED: $name $*: $got; by hand: $want"; status=1; }
}
comes in_time "North: 0/2 South: 1/1 in all: 1/3"
comes grants "in all: 1"
comes slowness "in all: 2/5"
comes reminded "in all: 2"
comes long_grants "South: 1 in all: 1"
comes trouble "North: 0/3 South: 1/2 in all: 1/5"
# as they stood: on 10 March b had just lapsed (it is dated to that day), c was open
comes in_time "North: 0/1 South: 1/1 in all: 1/2" --to 2025-03-10
comes in_time "South: 1/1 in all: 1/1" --to 2025-03-09
comes slowness "in all: 1/4" --to 2025-03-10
comes slowness "in all: 0/4" --to 2025-03-09
comes trouble "North: 0/3 South: 0/1 in all: 0/4" --to 2025-03-10
# started in the interval
comes in_time "North: 0/1 in all: 0/1" --from 2025-03-04
comes slowness "in all: 0/2" --from 2025-03-04 --to 2025-03-10
comes slowness "in all: 1/3" --from 2025-03-04 --to 2025-03-11
comes slowness "in all: 0/1" --from 2025-03-11
comes in_time "in all: 0/0 (no case to divide by)" --from 2025-03-11
comes grants "in all: 0" --from 2025-04-01
comes in_time "in all: 0/0 (no case to divide by)" --to 2025-01-01
# all of them, as JSON
"$banfa" measure "$scratch/journal" --json --from 2025-03-03 --to 2025-03-10 >"$scratch/json"
want='{"cites":["4"],"failed":0,"label":"complaints by request","name":"trouble","policy":"figures","rows":[{"counted":0,"over":3,"party":{"code":"N","kind":"department","level":"county","name":"North"}},{"counted":0,"over":1,"party":{"code":"S","kind":"department","level":"county","name":"South"}}],"total":{"counted":0,"over":4}}],"to":"2025-03-10","unknown":0}'
[[ $(cat "$scratch/json") == '{"from":"2025-03-03","measures":['*"$want" ]] || { echo "FAILED: JSON"; cat "$scratch/json"; status=1; }
# what is not asked rightly
"$banfa" measure "$scratch/journal" frob >"$scratch/out" 2>&1 && status=1
"$banfa" measure "$scratch/journal" --to tomorrow >"$scratch/out" 2>&1 && status=1
head -c -20 "$scratch/journal" >"$scratch/cut"
"$banfa" measure "$scratch/cut" >"$scratch/out" 2>&1
[[ $? == 1 ]] || { echo "FAILED: a journal that was cut off"; status=1; }
exit $status
