# banfa compile and banfa dump: the same sources give the same bytes whatever the place, the locale and the zone; an
# image is written whole or not at all; a damaged one is refused.
set -u
banfa="$builddir/banfa"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
unset LANGUAGE LC_ALL LC_MESSAGES LANG
failed=0
fail() {
    echo "FAILED: $*"
    failed=1
}
# status WANTED COMMAND…: stdout and stderr are kept.
status() {
    local wanted=$1 code=0
    shift
    "$@" >"$scratch/out" 2>"$scratch/err" </dev/null || code=$?
    if [ $code != "$wanted" ]; then
        fail "$*: status $code, wanted $wanted"
        cat "$scratch/out" "$scratch/err"
    fi
}
says() {
    grep -qF -- "$2" "$scratch/$1" || fail "nothing about \"$2\" in: $(cat "$scratch/$1")"
}

policy=$scratch/one/policy
mkdir -p "$policy" "$scratch/another/place"
cp "$srcdir/docs/LANGUAGE.md" "$policy/stalls.banfa.md"
cp -r "$policy" "$scratch/another/place/renamed"

status 0 "$banfa" compile "$policy" -o "$scratch/a.img"
hash=$(cat "$scratch/out")
[[ $hash =~ ^[0-9a-f]{64}$ ]] || fail "no hash: $hash"
(cd "$scratch/another" && LANG=zh_CN.UTF-8 TZ=Asia/Shanghai "$banfa" compile place/renamed -o ../b.img >../b.out) ||
    fail "the second compilation"
cmp "$scratch/a.img" "$scratch/b.img" || fail "other bytes from another folder"
[ "$hash" = "$(cat "$scratch/b.out")" ] || fail "another hash from another folder"

# Of a module only what the policy reaches is of its version.
mkdir "$scratch/lib" && cp -r "$srcdir/stdlib/." "$scratch/lib" && chmod -R u+w "$scratch/lib"
cat >"$scratch/user.banfa" <<'END'
policy user "user" { number "1" rank 1 "law" in force 2025-01-01 calendar none }
use std.approval
procedure matter @1 {
  party who  : Person
  party town : Department
  starts by who
  state asking {
    run chain(sponsor: town, matter: "x", chosen: [town]) { approved -> done  returned -> done  taken_back -> done }
  }
  end done
}
END
version_by() { # version_by LIBRARY: of user.banfa
    BANFA_STDLIB=$1 "$banfa" compile "$scratch/user.banfa" -o "$scratch/user.img"
}
before=$(version_by "$srcdir/stdlib")
[[ $before =~ ^[0-9a-f]{64}$ ]] || fail "no version of what uses a module"
approval=$scratch/lib/std/approval.banfa
spare='enum Spare { some none_ } record Spares { code : Text kind : Spare } register spares of Spares by code
violation spared
office spare_office
decide spare(k: Spare): Bool { when k is some then yes otherwise no }
procedure sparing { party p : Person state s { p may go -> e lasts at most 3 days otherwise -> e } end e }'
{
    echo "$spare"
    cat "$srcdir/stdlib/std/approval.banfa"
} >"$approval"
[ "$(version_by "$scratch/lib")" = "$before" ] || fail "what nobody reaches changed the version"
sed 's/starts by who/starts by who with consent of spare_office/' "$scratch/user.banfa" >"$scratch/user2.banfa"
BANFA_STDLIB=$scratch/lib "$banfa" compile "$scratch/user2.banfa" -o "$scratch/user2.img" >"$scratch/out" || fail "reached"
[ "$(cat "$scratch/out")" != "$before" ] || fail "what is reached did not change the version"
sed 's/"send back"/"return"/; t; s/party sponsor/party sponsor "who asks"/' "$srcdir/stdlib/std/approval.banfa" >"$approval"
[ "$(version_by "$scratch/lib")" != "$before" ] || fail "a change of what is run did not change the version"

# The version is that of the rules: neither comments nor scenarios are of it, a number is.
{ echo '<!-- a remark -->'; grep -v '^  expect' "$policy/stalls.banfa.md"; } >"$scratch/c.banfa.md"
status 0 "$banfa" compile "$scratch/c.banfa.md" -o "$scratch/c.img"
[ "$hash" = "$(cat "$scratch/out")" ] || fail "a remark changed the version"
cmp -s "$scratch/a.img" "$scratch/c.img" && fail "scenarios left out, and the same bytes"
sed 's/within 5 working days from start/within 6 working days from start/' "$policy/stalls.banfa.md" >"$scratch/d.banfa.md"
status 0 "$banfa" compile "$scratch/d.banfa.md" -o "$scratch/d.img"
[ "$hash" = "$(cat "$scratch/out")" ] && fail "another limit, and the same version"

# The dump names things, says the version, and is the same from the sources.
status 0 "$banfa" dump "$scratch/a.img"
says out "image $hash"
says out "duty answer \"answer\" in deciding @5.1"
cp "$scratch/out" "$scratch/a.txt"
status 0 "$banfa" dump "$policy"
cmp -s "$scratch/out" "$scratch/a.txt" || fail "another dump from the sources"
status 0 "$banfa" dump --json "$scratch/a.img"
says out "\"hash\":\"$hash\""

# Damaged anywhere: refused, and what and where is said.
size=$(wc -c <"$scratch/a.img")
for at in 8 40 100 400 $((size / 2)) $((size - 1)); do
    cp "$scratch/a.img" "$scratch/bad.img"
    byte=$(od -An -tu1 -j$at -N1 "$scratch/bad.img")
    printf "\\x$(printf %x $((byte ^ 16)))" | dd of="$scratch/bad.img" bs=1 seek=$at conv=notrunc status=none
    status 1 "$banfa" dump "$scratch/bad.img"
    says err "bad.img: image"
done
head -c $((size - 8)) "$scratch/a.img" >"$scratch/bad.img"
status 1 "$banfa" dump "$scratch/bad.img"
says err "cut off"

# Mistakes, usage, no place to write: nothing is written, nothing is left behind.
printf 'decide f (n: Int): Int { otherwise m }\n' >"$scratch/wrong.banfa"
status 1 "$banfa" compile "$scratch/wrong.banfa" -o "$scratch/wrong.img"
says err "E0201"
status 2 "$banfa" compile "$policy"
says err "-o FILE is needed"
status 2 "$banfa" compile "$policy" -o "$scratch/no/such/folder.img"
status 2 "$banfa" dump "$scratch/missing.img"
mkdir "$scratch/folder.img"
status 2 "$banfa" compile "$policy" -o "$scratch/folder.img"
left=$(find "$scratch" -name '*.img.*' -o -name 'wrong.img')
[ -z "$left" ] || fail "left behind: $left"
exit $failed
