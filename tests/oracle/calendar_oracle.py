#!/usr/bin/env python3
"""A second, naive counting of days, compared with the C code.

Written from docs/LANGUAGE.md ("Days") and docs/CALENDARS.md, not from the code: it walks day by
day and knows no sums. It reads the notices from its own copy, a row a day. Compared are

  1. `banfa due -`: every day of 2018 to 2026 with 1 to 60 working days, and the years 2019 and 2020
     as known before they were amended;
  2. random terms with pauses, extensions, months, dates and hours, through term_driver.

usage: calendar_oracle.py BANFA TERM_DRIVER     (BANFA_SEEDS=small: fewer random cases)
"""
import datetime
import os
import random
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SMALL = os.environ.get("BANFA_SEEDS") == "small"
CASES = 30_000 if SMALL else 1_050_000
EPOCH = datetime.date(1970, 1, 1).toordinal()
EAST = 8 * 3600


class Unknown(Exception):
    """Asked about a day before the calendar's first."""


def num(text):
    return datetime.date.fromisoformat(text).toordinal() - EPOCH


TEXT = {}


def iso(day):
    if day not in TEXT:
        TEXT[day] = datetime.date.fromordinal(day + EPOCH).isoformat()
    return TEXT[day]


class Calendar:
    def __init__(self, known_on):
        self.first = num("2018-01-01")
        self.horizon = self.first - 1
        self.set = {}
        with open(os.path.join(HERE, "cn_notices.tsv"), encoding="utf-8") as f:
            rows = [r.rstrip("\n").split("\t") for r in f if not r.startswith("#")][1:]
        for issued, date, kind, year, _notice in sorted(rows):
            if issued <= known_on:
                self.set[num(date)] = kind == "workday"
                self.horizon = max(self.horizon, num(year + "-12-31"))

    def working(self, day):
        if day < self.first:
            raise Unknown
        if day in self.set:
            return self.set[day]
        return datetime.date.fromordinal(day + EPOCH).weekday() < 5


class Faster(Calendar):
    """The same answers, remembered."""

    def __init__(self, known_on):
        super().__init__(known_on)
        self.seen = {}

    def working(self, day):
        w = self.seen.get(day)
        if w is None:
            w = self.seen[day] = super().working(day)
        return w


# ---- the rules ----

def add_months(day, months):
    """The same day of the month, or its last; and whether it had to be the last."""
    d = datetime.date.fromordinal(day + EPOCH)
    month = d.year * 12 + d.month - 1 + months
    for back in range(4):
        try:
            to = datetime.date(month // 12, month % 12 + 1, d.day - back)
            return to.toordinal() - EPOCH, back > 0
        except ValueError:
            continue
    raise AssertionError


def day_of(at, day_ends):
    day, second = divmod(at + EAST, 86400)
    return day + 1 if second >= day_ends else day


def day_end(day, day_ends):
    return day * 86400 + day_ends - EAST


class Term:
    def __init__(self, rule, limit, unit, n, date, start, start_at, extensions, pauses):
        self.rule, self.limit, self.unit, self.n, self.date = rule, limit, unit, n, date
        self.start, self.start_at = start, start_at
        self.extensions, self.pauses = extensions, pauses
        self.touched = set()
        for p in pauses:
            if p[1] is not None:
                self.touched.update(range(p[0], p[1] + 1))

    def paused(self):
        return bool(self.pauses) and self.pauses[-1][1] is None

    def words(self):
        w = list(map(str, self.rule))
        if self.limit == "period":
            w += ["period", self.unit, str(self.n)]
        elif self.limit == "date":
            w += ["date", iso(self.date)]
        else:
            w += ["none"]
        w += [iso(self.start), "-" if self.start_at is None else str(self.start_at)]
        w += [str(len(self.extensions))]
        for unit, n in self.extensions:
            w += [unit, str(n)]
        w += [str(len(self.pauses))]
        for p in self.pauses:
            w += [iso(p[0]), "-" if p[1] is None else iso(p[1]), str(p[2]),
                  "-" if p[3] is None else str(p[3])]
        return " ".join(w)


def count_to(cal, unit, n, start, same_day, touched=()):
    """The last of n days that count."""
    day = start if same_day else start + 1
    while True:
        if (unit == "days" or cal.working(day)) and day not in touched:
            n -= 1
            if n == 0:
                return day
        day += 1


def months_to(n, start, same_day):
    day, last_of_month = add_months(start, n)
    return day - 1 if same_day and not last_of_month else day


def roll(cal, day, touched=()):
    if cal.working(day):
        return day
    while not cal.working(day) or day in touched:
        day += 1
    return day


def move_on(term, end):
    """An end in months or by date, later by the days a pause touched."""
    day = term.start
    while day <= end:
        if day in term.touched:
            end += 1
        day += 1
    return end


def due(cal, t, more=0):
    """(last day, first instant too late, provisional, last day before rolling)"""
    day_ends, same_day, rolls = t.rule
    unit = t.unit if t.limit == "period" else "days"
    n = t.n + sum(x for _, x in t.extensions) + more if t.limit == "period" else 0
    asked = False  # was the calendar, about the end?
    if t.limit == "period" and unit == "hours":
        at = t.start_at
        if at is None:
            at = day_end(t.start - 1 if same_day else t.start, day_ends)
        left = n * 3600
        for _, _, a, b in t.pauses:
            if b is None or a >= at + left:
                break
            if b > at:  # not over before the hours began
                left -= max(a, at) - at
                at = b
        at += left
        last = day_of(at - 1, day_ends)
        return last, at, False, last
    if t.limit == "date":
        last = t.date
        provisional = False
        for u, x in t.extensions + [("days", more)]:
            if x == 0:
                continue
            if u == "months":
                last = months_to(x, last, False)
            else:
                last = count_to(cal, u, x, last, False)
                provisional = provisional or (u == "working" and last > cal.horizon)
        last = move_on(t, last)
        return last, day_end(last, day_ends), provisional, last
    if unit == "months":
        last = move_on(t, months_to(n, t.start, same_day))
    else:
        last = count_to(cal, unit, n, t.start, same_day, t.touched)
    unrolled = last
    if unit == "working":
        asked = True
    elif rolls:
        asked = True
        last = roll(cal, last, t.touched)
    return last, day_end(last, day_ends), asked and last > cal.horizon, unrolled


def show_due(cal, t):
    if t.limit == "none":
        return "none"
    if t.paused():
        return "paused"
    last, at, provisional, _ = due(cal, t)
    return f"{iso(last)} {at} {int(provisional)}"


def show_units(cal, t, date):
    k = 0
    while True:
        last, _, provisional, _ = due(cal, t, k)
        if last >= date:
            return f"{k} {int(provisional)}"
        k += 1


def show_days(cal, t, upto):
    last = unrolled = None
    if t.limit != "none" and not t.paused():
        last, _, _, unrolled = due(cal, t)
    opened = t.pauses[-1][0] if t.paused() else None
    counting = t.limit == "period" and t.unit in ("working", "days")
    hours = t.limit == "period" and t.unit == "hours"
    out, n, day = [], 0, t.start
    while day <= upto and (last is None or day <= last):
        if day == t.start and not t.rule[1] and not hours:
            mark = "e"
        elif day in t.touched or (opened is not None and day >= opened):
            mark = "p"
        elif unrolled is not None and day > unrolled:
            mark = ">"
        elif not counting:
            mark = "-"
        elif t.unit == "working" and not cal.working(day):
            mark = "."
        else:
            n += 1
            mark = str(n)
        out.append(mark + ("|" if day == last else " "))
        day += 1
    return "".join(out)


def show_after(cal, rule, unit, n, x):
    last = end_of(cal, rule, unit, n, x)
    asked = unit == "working" or rule[2]
    return f"{iso(last)} {int(asked and last > cal.horizon)}"


def end_of(cal, rule, unit, n, x):
    if unit == "months":
        last = months_to(n, x, rule[1])
    else:
        last = count_to(cal, unit, n, x, rule[1])
    return roll(cal, last) if rule[2] and unit != "working" else last


def show_before(cal, rule, unit, n, x):
    """The latest day from which it does not end after x: tried one by one, downward."""
    asked = unit == "working" or rule[2]
    if asked:
        cal.working(x)
    day = x + 1 if rule[1] else x
    while end_of(cal, rule, unit, n, day) > x:
        day -= 1
    return f"{iso(day)} {int(asked and x > cal.horizon)}"


def show_between(cal, a, b):
    lo, hi = min(a, b), max(a, b)
    n = sum(cal.working(d) for d in range(lo + 1, hi + 1))
    return f"{n if a <= b else -n} {int(a != b and hi > cal.horizon)}"


# ---- random cases ----

UNITS = ["working", "working", "days", "months", "hours"]
FROM, TO = num("2017-11-15"), num("2027-02-15")


def random_count(r, unit):
    return r.randint(1, {"working": 40, "days": 60, "months": 8, "hours": 200}[unit])


def random_term(r):
    rule = (r.choice([86400, 86400, 63000, r.randint(1, 86400)]), r.randint(0, 3) == 0,
            r.randint(0, 4) > 0)
    rule = tuple(map(int, rule))
    limit = r.choice(["period"] * 8 + ["date"] * 2 + ["none"])
    unit = r.choice(UNITS)
    at = r.randint(FROM, TO) * 86400 + r.randint(0, 86399)
    start = day_of(at, rule[0])
    start_at = at if r.randint(0, 5) else None
    if start_at is None and r.randint(0, 1):
        start += r.randint(-5, 5)
    extensions = []
    while limit != "none" and r.randint(0, 3) == 0 and len(extensions) < 4:
        u = unit if limit == "period" else r.choice(["working", "days", "months"])
        extensions.append((u, max(1, random_count(r, u) // 3)))
    pauses, t = [], max(at, start * 86400)
    while r.randint(0, 2) == 0 and len(pauses) < 6:
        t += r.randint(0, r.choice([3600, 86400, 10 * 86400]))
        a = t
        t += r.randint(0, r.choice([60, 86400, 8 * 86400]))
        if r.randint(0, 9) == 0:
            pauses.append((day_of(a, rule[0]), None, a, None))
            break
        pauses.append((day_of(a, rule[0]), day_of(t, rule[0]), a, t))
    n = random_count(r, unit)
    return Term(rule, limit, unit, n, start + r.randint(0, 60), start, start_at, extensions, pauses)


def random_case(r, cal):
    kind = r.randint(0, 19)
    if kind < 15:
        t = random_term(r)
        return "due " + t.words(), lambda: show_due(cal, t)
    if kind == 15:
        t = random_term(r)
        while t.limit == "none" or t.paused():
            t = random_term(r)
        date = t.start + r.randint(0, 90)
        return f"units {t.words()} {iso(date)}", lambda: show_units(cal, t, date)
    if kind == 16:
        t = random_term(r)
        upto = t.start + r.randint(0, 40)
        return f"days {t.words()} {iso(upto)}", lambda: show_days(cal, t, upto)
    if kind == 17:
        a = r.randint(FROM, TO)
        b = a + r.randint(-60, 60)
        return f"between {iso(a)} {iso(b)}", lambda: show_between(cal, a, b)
    rule = (86400, int(r.randint(0, 3) == 0), int(r.randint(0, 4) > 0))
    unit = r.choice(["working", "days", "months"])
    n = max(1, random_count(r, unit) // (1 if kind == 18 else 3))
    x = r.randint(FROM, TO)
    words = f"{rule[0]} {rule[1]} {rule[2]} {unit} {n} {iso(x)}"
    if kind == 18:
        return "after " + words, lambda: show_after(cal, rule, unit, n, x)
    return "before " + words, lambda: show_before(cal, rule, unit, n, x)


# ---- comparing ----

def run(args, lines):
    with tempfile.TemporaryFile("w+", encoding="utf-8") as f:
        f.writelines(line + "\n" for line in lines)
        f.seek(0)
        out = subprocess.run(args, stdin=f, stdout=subprocess.PIPE, encoding="utf-8", check=True)
    answers = out.stdout.split("\n")
    assert answers.pop() == "" and len(answers) == len(lines), f"{len(answers)} answers"
    return answers


def compare(what, asked, got, wanted):
    wrong = [i for i in range(len(asked)) if got[i] != wanted[i]]
    for i in wrong[:10]:
        print(f"{what}: {asked[i]!r}: banfa {got[i]!r}, oracle {wanted[i]!r}")
    print(f"{what}: {len(asked)} compared, {len(wrong)} differ")
    return not wrong


def every_day(banfa, known_on, from_year, to_year):
    cal = Faster(known_on)
    asked, wanted = [], []
    for start in range(num(f"{from_year}-01-01"), num(f"{to_year}-12-31") + 1):
        n, day = 0, start
        while n < 60:
            day += 1
            if cal.working(day):
                n += 1
                asked.append(f"{iso(start)}\t{n} working day{'s' if n > 1 else ''}")
                wanted.append(iso(day) + ("\tprovisional" if day > cal.horizon else ""))
    got = run([banfa, "due", "--calendar", "cn.workdays", "--as-known-on", known_on, "-"], asked)
    return compare(f"days {from_year} to {to_year} as known on {known_on}", asked, got, wanted)


def random_cases(driver, known_on, seed, count):
    cal, r = Faster(known_on), random.Random(seed)
    asked, wanted = [], []
    for _ in range(count):
        question, answer = random_case(r, cal)
        asked.append(question)
        try:
            wanted.append(answer())
        except Unknown:
            wanted.append("unknown")
    got = run([driver, "cn.workdays", known_on], asked)
    return compare(f"random terms, seed {seed}, as known on {known_on}", asked, got, wanted)


def main():
    banfa, driver = sys.argv[1:3]
    ok = every_day(banfa, "9999-12-31", 2018, 2026)
    ok &= every_day(banfa, "2019-03-21", 2018, 2019)
    ok &= every_day(banfa, "2020-01-25", 2019, 2020)
    known = ["9999-12-31", "2019-03-21", "2020-01-25", "2022-12-08"]
    part = CASES // 10
    for seed in range(10):
        ok &= random_cases(driver, known[seed % 4 if seed > 5 else 0], seed, part)
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
