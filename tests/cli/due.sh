# banfa due as a person and a script use it. The dates were counted by hand (tests/unit/term.c).
set -u
banfa="$builddir/banfa due --lang en --calendar"
failed=0

# expect STATUS OUTPUT COMMAND…
expect() {
    local status=$1 wanted=$2 got code
    shift 2
    got=$("$@" 2>"$builddir/due.err"; printf 'x%d' $?)
    code=${got##*x}
    got=${got%x*}
    if [ "$code" != "$status" ] || [ "$got" != "$wanted" ]; then
        printf 'FAILED: %s\n  status %s, wanted %s\n  got %q\n  wanted %q\n' "$*" "$code" "$status" \
            "$got" "$wanted"
        cat "$builddir/due.err"
        failed=1
    fi
}
says() {
    grep -qF -- "$1" "$builddir/due.err" || {
        printf 'FAILED: nothing about "%s" in:\n' "$1"
        cat "$builddir/due.err"
        failed=1
    }
}

expect 0 $'2025-10-13\n' $banfa cn.workdays --from 2025-09-29 --within "5 working days"
expect 0 $'2025-10-13\n' $banfa 中国.工作日历 --from 2025年9月29日 --within 5个工作日
expect 0 $'2025-10-13\n' $banfa cn.workdays --within="５ 个工作日内" --from=２０２５年９月２９日
expect 0 $'2025-10-13\n' $banfa cn.workdays --from 2025-09-29 --within "  5   working days "
expect 0 $'2022-10-17\n' $banfa cn.workdays --from 2022-09-28 --within 十个工作日
expect 0 $'2022-02-15\n' $banfa cn.workdays --from 2022-01-27 --within "10 working days"
expect 0 $'2025-10-09\n' $banfa cn.workdays --from 2025-09-29 --within "2 days"
# 25 to 30 June (6), 1 to 14 July (20), 16 to 25 August (30), a Sunday
expect 0 $'2024-08-26\n' $banfa ch.bern --from 2024-06-24 --within "30 days" --standstill
expect 0 $'2024-07-24\n' $banfa ch.bern --from 2024-06-24 --within "30 days"
expect 0 $'2025-10-01\n' $banfa cn.workdays --from 2025-09-29 --within "2 days" --no-roll
expect 0 $'2025-10-13\n' $banfa cn.workdays --from 2025-09-29 --within "2 weeks"
expect 0 $'2025-10-13\n' $banfa cn.workdays --from 2025-09-29 --within 两周内
expect 0 $'2025-09-29\n' $banfa cn.workdays --from 2025-09-29 --within "1 working day" --same-day
expect 0 $'2025-02-28\n' $banfa cn.workdays --from 2025-01-31 --within 1个月
expect 0 $'2025-02-28\n' $banfa cn.workdays --from 2024-02-29 --within "1 year"
expect 0 $'2027-01-05\tprovisional\n' $banfa cn.workdays --from 2026-12-29 --within "5 working days"
expect 0 $'2025-09-30T10:00:00+08:00\n' $banfa cn.workdays --from "2025-09-29 10:00" --within 24小时
expect 0 $'2025-10-01T00:00:00+08:00\n' $banfa cn.workdays --from 2025-09-29 --within "24 hours"
expect 0 $'2019-05-02\n' $banfa cn.workdays --from 2019-04-29 --within "2 working days" \
    --as-known-on 2019-03-21
expect 0 $'2019-05-05\n' $banfa cn.workdays --from 2019-04-29 --within "2 working days"
expect 0 $'2025-10-02\n' $banfa none --from 2025-09-29 --within "3 working days"
hash=$(sha256sum "$BANFA_STDLIB/cn/workdays.calendar" | cut -d' ' -f1)
expect 0 '{"calendar":"cn.workdays","calendar_hash":"'"$hash"'","due":"2025-10-13","from":"2025-09-29","provisional":false,"too_late":"2025-10-14T00:00:00+08:00","within":"5 working days"}
' $banfa cn.workdays --json --from 2025-09-29 --within "5 working days"

# Standard input: one line out for each, whatever stands on it; CRLF; a last line without an end.
lines() { printf "$1" | $banfa cn.workdays -; }
expect 0 $'2025-10-13\n2027-01-05\tprovisional\n2022-10-17\n' \
    lines '2025-09-29\t5 working days\r\n2026-12-29\t5个工作日\n2022-09-28\t10 working days'
expect 1 $'\n2025-10-13\n\n\n\n\n\n' \
    lines '2025-02-30\t5 working days\n2025-09-29\t5 working days\n2025-09-29 5 days\n2025-09-29\t0 days\n2017-01-01\t5 working days\n2025-09-29\t9999999 working days\n\xff\t\x00\n'
says 'line 1: "2025-02-30" is not a date'
says 'line 3: a line is'
says 'line 4: "0 days" is not a period'
says 'line 5: cn.workdays begins on 2018-01-01'
says 'line 6: the result lies outside'
says 'line 7: "" is not a date'
long() { head -c 1000000 /dev/zero | tr '\0' 9 | $banfa cn.workdays -; }
expect 1 $'\n' long
says 'line 1: longer than 4096 bytes'
expect 0 '' lines ''

expect 2 '' $banfa cn.workdays --from 2025-09-29
expect 2 '' $banfa cn.workdays --from 2025-09-29 --within "5 fortnights"
says '"5 fortnights" is not a period'
expect 2 '' $banfa cn.workdays --from tomorrow --within "5 days"
says '"tomorrow" is not a date'
expect 2 '' $banfa cn.workdays --from "2025-09-29 25:00" --within "5 days"
expect 2 '' $banfa cn.workdays - --within "5 days"
expect 2 '' $banfa cn.holidays --from 2025-09-29 --within "5 days"
says 'no calendar is called "cn.holidays"'
expect 2 '' $banfa cn.workdays --from 2025-09-29 --within "5 days" --as-known-on soon
expect 1 '' $banfa cn.workdays --from 2016-01-01 --within "5 working days"
expect 1 '' $banfa cn.workdays --from 9999-12-30 --within "5 working days"
rm -f "$builddir/due.err"

# What docs/CALENDARS.md shows is what happens.
if [ -n "$PYTHON3" ] && [ "$PYTHON3" != no ]; then
    "$PYTHON3" "$srcdir/tests/cli/examples.py" "$srcdir/docs/CALENDARS.md" || failed=1
fi
exit $failed
