#!/usr/bin/env python3
"""Bank holidays by rule, summer time by the system's zone data, several calendars by asking each: against the C code.

Nothing here reads stdlib/uk. Bank holidays are worked out from the Banking and Financial Dealings Act 1971 (schedule 1) and
the days proclaimed beside it; Easter by the anonymous Gregorian rule; the clock is Python's zoneinfo for Europe/London, asked
second by second around each change. Compared are

  1. every day of 2018 to the horizon with 1 to 25 working days, of each of the three calendars and of all of them;
  2. random terms (day's ends of any second, pauses, months, hours) across changes of the clocks, through term_driver;
  3. `banfa due` of hours from wall-clock times, those included that clocks skip or show twice.

usage: uk_oracle.py BANFA TERM_DRIVER     (BANFA_SEEDS=small: fewer random cases)
"""
import datetime
import random
import sys
import zoneinfo

import calendar_oracle as base
from calendar_oracle import EPOCH, iso, num

LONDON = zoneinfo.ZoneInfo("Europe/London")
PARTS = ("uk.england_wales", "uk.scotland", "uk.northern_ireland")
LAST = {"uk.england_wales": 2026, "uk.scotland": 2025, "uk.northern_ireland": 2026}


# ---- days ----

def easter(year):
    a, b, c = year % 19, year // 100, year % 100
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return datetime.date(year, month, day + 1).toordinal() - EPOCH


def weekday(day):
    return datetime.date.fromordinal(day + EPOCH).weekday()


def mondays(year, month):
    first = num(f"{year}-{month:02}-01")
    return [d for d in range(first, first + 31) if weekday(d) == 0 and iso(d)[5:7] == f"{month:02}"]


def holidays(part, year):
    """Days off on weekdays: a day of a weekend is made up for by the next weekday that is free."""
    off = {easter(year) - 2, mondays(year, 5)[0], mondays(year, 5)[-1]}
    fixed = ["01-01", "12-25", "12-26"]
    if part == "uk.scotland":
        off.add(mondays(year, 8)[0])
        fixed += ["01-02", "11-30"]
    else:
        off |= {easter(year) + 1, mondays(year, 8)[-1]}
    if part == "uk.northern_ireland":
        fixed += ["03-17", "07-12"]
    if year == 2020:  # 75 years of VE Day
        off = off - {mondays(2020, 5)[0]} | {num("2020-05-08")}
    if year == 2022:  # Platinum Jubilee, State Funeral
        off = off - {mondays(2022, 5)[-1]} | {num(f"2022-{d}") for d in ("06-02", "06-03", "09-19")}
    if year == 2023:  # Coronation
        off.add(num("2023-05-08"))
    days = [num(f"{year}-{d}") for d in fixed]
    off |= {d for d in days if weekday(d) < 5}
    for day in sorted(d for d in days if weekday(d) > 4):
        while weekday(day) > 4 or day in off:
            day += 1
        off.add(day)
    return off


class Bank:
    """Of one part of the United Kingdom, or of several: a day works if it does in all."""

    def __init__(self, parts):
        self.first = num("2018-01-01")
        self.horizon = num(f"{min(LAST[p] for p in parts)}-12-31")
        self.off = set()
        for part in parts:
            for year in range(2018, LAST[part] + 1):
                self.off |= holidays(part, year)
        self.off = {d for d in self.off if d <= self.horizon}

    def working(self, day):
        if day < self.first:
            raise base.Unknown
        return weekday(day) < 5 and day not in self.off


# ---- the clock ----

def local(at):
    """What the clocks in London show, in seconds as if it were UTC. The table begins in 2018 with winter time."""
    t = datetime.datetime.fromtimestamp(at, LONDON)
    return at + (int(t.utcoffset().total_seconds()) if at >= num("2018-01-01") * 86400 else 0)


ENDS = {}


def reached(wanted):
    """The first instant at which they have reached a time: not later than they show it in winter time; looked for from two
    hours before, minute by minute and then second by second."""
    if wanted not in ENDS:
        at = wanted - 7200
        while local(at + 60) < wanted:
            at += 60
        while local(at) < wanted:
            at += 1
        ENDS[wanted] = at
    return ENDS[wanted]


def day_end(day, day_ends):
    return reached(day * 86400 + day_ends)


def day_of(at, day_ends):
    day = at // 86400 - 2
    while at >= day_end(day, day_ends):
        day += 1
    return day


# ---- comparing ----

def every_day(banfa, name, parts):
    cal = Bank(parts)
    asked, wanted = [], []
    for start in range(cal.first, cal.horizon + 1):
        n, day = 0, start
        while n < 25:
            day += 1
            if cal.working(day):
                n += 1
                asked.append(f"{iso(start)}\t{n} working day{'s' if n > 1 else ''}")
                wanted.append(iso(day) + ("\tprovisional" if day > cal.horizon else ""))
    got = base.run([banfa, "due", "--calendar", name, "-"], asked)
    return base.compare(name, asked, got, wanted)


def random_terms(driver, name, parts, seed, count):
    """More of them near the changes of clocks than elsewhere would hit."""
    cal, r = Bank(parts), random.Random(seed)
    base.FROM, base.TO = num("2018-03-01"), num("2025-11-30")
    asked, wanted = [], []
    for _ in range(count):
        question, answer = base.random_case(r, cal)
        asked.append(question)
        try:
            wanted.append(answer())
        except base.Unknown:
            wanted.append("unknown")
    got = base.run([driver, name, "9999-12-31"], asked)
    return base.compare(f"{name}: random terms, seed {seed}", asked, got, wanted)


def changes():
    """Instants at which an offset changes."""
    return [at for at in range(num("2018-01-01") * 86400, num("2026-12-31") * 86400, 3600)
            if local(at) - local(at - 1) != 1]


def wall_times(banfa, seed, count):
    r, around = random.Random(seed), changes()
    asked, wanted = [], []
    for _ in range(count):
        shown = local(r.choice(around)) + r.randint(-2 * 86400, 2 * 86400) // 60 * 60
        shown = shown // 60 * 60
        hours = r.randint(1, 72)
        at = reached(shown) + hours * 3600
        offset = local(at) - at
        day, second = divmod(shown, 86400)
        asked.append(f"{iso(day)} {second // 3600:02}:{second // 60 % 60:02}\t{hours} hours")
        end = datetime.datetime.fromtimestamp(at, datetime.timezone(datetime.timedelta(seconds=offset)))
        wanted.append(end.isoformat())
    got = base.run([banfa, "due", "--calendar", "uk.england_wales", "-"], asked)
    return base.compare("hours across changes of the clocks", asked, got, wanted)


def main():
    banfa, driver = sys.argv[1:3]
    base.day_of, base.day_end = day_of, day_end
    count = 2_000 if base.SMALL else 40_000
    all_of_them = "+".join(PARTS)
    ok = len(changes()) == 2 * 9
    for name, parts in [(p, (p,)) for p in PARTS] + [(all_of_them, PARTS)]:
        ok &= every_day(banfa, name, parts)
    ok &= random_terms(driver, PARTS[0], PARTS[:1], 1, count)
    ok &= random_terms(driver, all_of_them, PARTS, 2, count)
    ok &= wall_times(banfa, 3, count)
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
