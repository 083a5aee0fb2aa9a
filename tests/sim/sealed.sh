# What banfa tells whom of sealed data: their supplier what he gave, offices and departments all, others nothing.
policy=$srcdir/tests/service/sealed.banfa
banfa="$builddir/banfa"
# Each wants, of the words "secret …" in all that is told to somebody, those that are his to read.
expect() {
    local who=$1
    shift
    for how in "simulate" "simulate --json" "explain" "explain --json"; do
        # shellcheck disable=SC2086 # words are meant to part
        got=$("$banfa" $how --lang en --as "$who" "$policy" "a hint" | grep -o 'secret [a-z]*' | sort -u)
        for word in $got; do
            [ "$word" = secret ] && continue
            [[ " $* " == *" $word "* ]] || { echo "$how --as $who: told of $word"; exit 1; }
        done
    done
    got=$("$banfa" simulate --json --as "$who" "$policy" "a hint" | grep -o 'secret [a-z]*' | sort -u | tr '\n' ' ')
    for word in "$@"; do
        [[ $got == *"secret $word"* ]] || { echo "$who is not told of $word"; exit 1; }
    done
}
expect gil neighbour
expect acc
expect desk neighbour line find
# What was run keeps its seal where its outcome brings it.
for how in "simulate" "simulate --json" "explain" "explain --json"; do
    # shellcheck disable=SC2086
    "$banfa" $how --as acc "$policy" "an inquiry" | grep -q 'secret' && { echo "$how: acc is told of the trace"; exit 1; }
done
"$banfa" simulate --json --as desk "$policy" "an inquiry" | grep -q 'secret trace' || { echo "desk is not"; exit 1; }
"$banfa" simulate --lang en "$policy" "a hint" | grep -q 'secret line' || { echo "all is told where nobody is named"; exit 1; }
"$banfa" simulate --lang en --as acc "$policy" "a hint" | grep -q 'finding is changed (sealed)' || exit 1
"$banfa" simulate --lang en --as nobody "$policy" "a hint" 2>&1 | grep -q 'no party nobody' || exit 1
"$banfa" simulate --lang en --as nobody.office "$policy" "a hint" 2>&1 | grep -q 'no party nobody.office' || exit 1
