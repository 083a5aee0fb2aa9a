# What every command of banfa shares: finding it, common flags, languages, exit statuses.
set -u
banfa=$builddir/banfa
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
unset LANGUAGE LC_ALL LC_MESSAGES LANG
failed=0

# expect STATUS OUT ERR ARGUMENT…: stdout and stderr contain these words; "" means nothing is said.
expect() {
    local status=$1 out=$2 err=$3 code=0
    shift 3
    "$banfa" "$@" >"$scratch/out" 2>"$scratch/err" </dev/null || code=$?
    if ((code != status)) || ! says "$scratch/out" "$out" || ! says "$scratch/err" "$err"; then
        printf 'FAILED: banfa %s: status %d, wanted %d\n' "$*" "$code" "$status"
        cat "$scratch/out" "$scratch/err"
        failed=1
    fi
}
says() {
    if [[ -z $2 ]]; then
        [[ ! -s $1 ]]
    else
        grep -qF -- "$2" "$1"
    fi
}

due=(due --calendar cn.workdays --from 2025-09-29 --within '5 working days')

expect 2 "" "a command is needed"
expect 2 "" "banfa --help"
expect 0 "usage: banfa COMMAND" "" --help
expect 0 "用法：banfa 命令" "" --help --lang zh
expect 0 "用法：banfa due" "" due --help --lang=zh_CN.UTF-8
expect 0 "banfa 0." "" --version
expect 0 "banfa 0." "" due --version
expect 2 "" 'the closest is "due"' deu
expect 2 "" "没有叫“无此”的命令" --lang zh 无此
expect 2 "" '--lang takes zh or en, not "fr"' "${due[@]}" --lang fr
expect 2 "" '--ambiguous-width takes 1 or 2, not "3"' "${due[@]}" --ambiguous-width 3
expect 2 "" 'does not take "--nonsense"' "${due[@]}" --nonsense
expect 2 "" 'does not take "--lang"' "${due[@]}" --lang
expect 0 "2025-10-13" "" "${due[@]}"
expect 0 "2025-10-13" "" --lang zh --ambiguous-width=2 "${due[@]}"

# The environment decides where no flag does, and no locale need be installed.
LANG=zh_CN.UTF-8 expect 2 "" "没有叫" x
LANG=zh_CN.UTF-8 LC_ALL=C expect 2 "" "no command" x
LANG=C LANGUAGE=zh expect 2 "" "没有叫" x
LANG=zh_CN.UTF-8 expect 2 "" "no command" --lang en x

# What is named and is not there is told, and what is; the usage is for who wrote the command wrongly.
missing() {
    "$banfa" "$@" >/dev/null 2>"$scratch/err" </dev/null
    if (($? != 2)) || ! [[ -s $scratch/err ]] || grep -q '^usage' "$scratch/err"; then
        echo "FAILED: banfa $*: another status, nothing said, or a usage"
        cat "$scratch/err"
        failed=1
    fi
}
journal=$srcdir/tests/journal/format1.journal life=$srcdir/tests/step/life.banfa
missing explain "$journal" 999
missing explain "$journal" 1 --at 2001-01-01
missing explain E9999
missing explain "$life" "no such scenario"
missing simulate "$life" "no such scenario"
missing test "$life" --only "no such scenario"
missing test "$life" --assume nothing=1
missing measure "$journal" nothing
missing decide "$srcdir/tests/service/api.banfa" nothing
expect 2 "" "usage: " explain "$journal" nine

# A full disk is told.
if [[ -w /dev/full ]]; then
    code=0
    "$banfa" "${due[@]}" >/dev/full 2>"$scratch/err" || code=$?
    if ((code != 2)) || ! [[ -s $scratch/err ]]; then
        echo "FAILED: a full disk: status $code"
        failed=1
    fi
fi
# With --json whatever is said on stdout is JSON, of what goes wrong too.
printf 'no tab\n' | "$banfa" due --calendar cn.workdays --json - >"$scratch/out" 2>/dev/null
says "$scratch/out" '{"error":"line 1: ' || { echo 'FAILED: due --json of a bad line'; failed=1; }
printf 'let   a = 1\n' >"$scratch/a.banfa"
expect 1 '{"file":"' "" fmt --check --json "$scratch/a.banfa"

exit $failed
