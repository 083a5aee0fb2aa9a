"""The reference: cases, duties and what follows, as docs/LANGUAGE.md tells them. Slow and obvious.

Days are counted by calendar_oracle, one by one. Acts are judged in judge.py.
"""
import bisect
import copy

import calendar_oracle as naive
from cases import IN_FORCE, Breach, Case, Group, Recorded, Running
from judge import Doer, Judging
from model import Act

TICKS = {}                           # a calendar start -> its days so far


class Endless(Exception):
    """Lapses follow each other and no day passes."""


class World(Judging):
    def __init__(self, policy, calendar, assumes, at):
        self.policy, self.calendar, self.assumes = policy, calendar, assumes
        self.at = self.begun = at
        self.cases = []
        self.ledger, self.yard = set(), set()
        self.sequence = 0
        self.rules = {}
        self.order = {}
        self.puts, self.raised, self.hearing = [], [], []
        self.lapsing = None
        self.recorded = {}           # norm -> the latest report
        self.started = {}            # procedure -> the instant up to which the calendar started cases
        for p in policy.procs:
            for d in p.duties():
                self.order[p.name, d.name] = len(self.order)

    def case(self, name):
        """As scenarios name it: the case that was opened, or a procedure's latest."""
        return self.main if name == "c" else next(c for c in reversed(self.cases) if c.proc.name == name)

    # ---- time ----

    def day(self, at):
        return naive.day_of(at, self.policy.day_ends)

    def due(self, run):
        """(last day, first instant too late, provisional), or None: none, paused, not running."""
        if isinstance(run, Group):
            dues = [d for d in map(self.due, run.here()) if d]
            return min(dues, default=None)
        if run.status != "open" or run.term is None or run.term.limit == "none":
            return None
        if run.known is None:
            run.known = naive.due(self.calendar, run.term)[:3]
        return run.known

    def lapses(self, upto):
        """The next lapse due by then: by instant, then written order, then case."""
        best = None
        for case in self.cases:
            for run in case.runs():
                due = self.due(run)
                if due and not due[2] and due[1] <= upto:
                    group = case.running[run.duty.name]
                    place = group.order.index(run.member) if isinstance(group, Group) else 0
                    key = (due[1], self.order[case.proc.name, run.duty.name], case.number, place)
                    if best is None or key < best[0]:
                        best = (key, case, run, due)
        return best

    def advance(self, at):
        """The clock moves on; what lapses on the way lapses at its instant, and what the calendar
        starts then starts after that."""
        self.at = max(self.at, at)
        turns = 0
        while True:
            found = self.lapses(self.at)
            begins = self.calendar_start(self.at)
            turns += 1
            if turns == 3000:
                raise Endless
            instant = min([x[0][0] for x in (found,) if x] + [x[0] for x in (begins,) if x], default=None)
            if self.hearing and (instant is None or instant > self.hearing[0][0]
                                 or not found or found[0][0] > self.hearing[0][0]):
                at, sub = self.hearing.pop(0)
                self.hear(sub, max(self.day(at), sub.parent.last[0]), at)
            elif found and found[0][0] == instant:
                _, case, run, due = found
                # No step of a case is earlier than the one before it: a limit that had passed when
                # its duty was armed lapses then.
                self.lapse(case, run, max(due[0], case.last[0]), max(due[1], case.last[1]))
            elif begins:
                self.start_by_calendar(*begins)
            else:
                return

    def lapse(self, case, run, day, at):
        duty = run.duty
        run.last_day = self.due(run)[0]
        self.close(case, run, "lapsed")
        run.left = False
        for (name, member), (rule, *_) in list(case.asked.items()):
            if rule.duty == duty.name and member == run.member:
                del case.asked[name, member]
        goal, effects = (duty.otherwise or (None, []))[:2]
        args = {duty.each[0]: run.member} if duty.each else {}
        self.lapsing, before = run, len(case.breaches)
        if duty.deemed:
            rule = self.deemed_rule(case, duty)
            bearer = self.parties(case, duty.bearer, args) if not duty.each else {("dep", run.member)}
            self.done(case, rule, {**{n: None for n, _ in rule.params}, **args}, bearer.pop(), day, at)
            effects, goal = rule.effects, rule.goal
            args = {**{n: None for n, _ in rule.params}, **args}
            if rule.duty:
                run.act = rule.name
        self.carry_out(case, effects, args, goal, day, at)
        run.breaches = case.breaches[before:]
        self.lapsing = None

    def deemed_rule(self, case, duty):
        """An act of the block, or the permission of that name that the state offers."""
        return next(a for a in duty.acts + case.proc.acts() if a.name == duty.deemed
                    and (a.duty == duty.name or not a.duty and a.home in (None, duty.home)))

    # ---- starts of the calendar ----

    def calendar_start(self, upto):
        """The next (instant, order, procedure, day)."""
        best = None
        for i, proc in enumerate(self.policy.procs):
            for s in proc.starts:
                if s[0] != "every":
                    continue
                after = self.started.get(proc.name, self.begun - 1)
                for day in self.start_days(s, after, upto):
                    at = naive.day_end(day - 1, self.policy.day_ends)
                    if after < at <= upto and (best is None or (at, i) < best[:2]):
                        best = (at, i, proc, day)
                        break
        return best

    def start_days(self, s, after, upto):
        """The days of a calendar start from the first in force on, in order."""
        first = naive.num("2018-01-01")
        near = self.day(after) - 1
        if s[2]:
            for year in range(2018, 2040):
                day = year_day(year, s[1], s[2])
                if day >= near:
                    yield day
                if day > self.day(upto):
                    return
            return
        n, unit = s[1]
        known = TICKS.setdefault((self.policy.same_day, s), [])
        while not known or known[-1] <= self.day(upto):
            times = n * (len(known) + 1)
            known.append(naive.months_to(times, first, self.policy.same_day) if unit == "months" else
                         naive.count_to(self.calendar, unit, times, first, self.policy.same_day))
        for day in known[bisect.bisect_left(known, near):]:
            if unit != "working" or day <= self.calendar.horizon:
                yield day

    def start_by_calendar(self, at, _, proc, day):
        self.started[proc.name] = at
        for member in sorted(self.yard):
            self.start(proc, {"p": member}, day, at)

    # ---- conditions ----

    def holds(self, case, e, args=None):
        if e is None:
            return True
        k = e[0]
        data = {**case.data, **args} if args else case.data
        if k == "flag":
            return data[e[1]]
        if k == "assume":
            return self.assumes[e[1]]
        if k in ("cmp", "optcmp"):
            v = data[e[2] if k == "cmp" else e[1]]
            op, n = (e[1], e[3]) if k == "cmp" else (e[2], e[3])
            return v is not None and compare(v, op, n)
        if k == "is":
            return data[e[1]] == e[2]
        if k == "breach":
            return data[e[1]].name == e[2]
        if k == "absent":
            return data[e[1]] is None
        if k == "status":
            return case.running[e[1]].is_(e[2])
        if k in ("all", "any"):
            each = [x.is_(e[2]) for x in case.running[e[1]].here()]
            return all(each) if k == "all" else any(each)
        if k == "count":
            return compare(self.count(case.running[e[1]], e[2]), e[3], e[4])
        if k == "length":
            return compare(len(data[e[1]]), e[2], e[3])
        if k == "of_one":
            return case.running[e[1]].of(data[e[2]]).is_(e[3])
        if k == "same":
            return (data[e[1]] == data[e[3]]) == (e[2] == "=")
        if k == "sub":
            ended = case.ended_subs.get(e[1])
            return ended is not None and compare(ended.data[e[2]], e[3], e[4])
        if k == "between":
            a, b = data[e[2]], self.today
            n = b - a if e[1] == "days_between" else int(naive.show_between(self.calendar, a, b).split()[0])
            return compare(n, e[3], e[4])
        if k == "shifted":
            day = data[e[2]] + (e[1] == "next_workday")
            while not self.calendar.working(day):
                day += 1
            return compare(self.today if e[3] == "today" else data[e[3]], e[4], day)
        if k == "row":
            return data[e[1]] in self.ledger
        if k == "decide":
            return self.decide(data[e[1]], data[e[2]])
        if k == "date_in":
            last = naive.end_of(self.calendar, self.policy.rule(), e[3], e[2], self.today)
            return self.today <= data[e[1]] <= last
        if k == "not":
            return not self.holds(case, e[1], args)
        each = [self.holds(case, x, args) for x in e[1:]]
        return all(each) if k == "and" else any(each)

    @staticmethod
    def count(group, x):
        return sum(x is None or one.is_(x) for one in group.here())

    def decide(self, flag, colour):
        for tier in ("override", "when", "otherwise"):
            results = {r for t, f, c, r in self.policy.decide
                       if t == tier and f in (None, flag) and c in (None, colour)}
            if results:
                assert len(results) == 1
                return results.pop()
        raise AssertionError("no rule")

    # ---- where things hold ----

    def in_state(self, case, rule, state):
        if state == "asked" or case.proc.ends(state):
            return False
        if isinstance(rule, Act) and rule.duty:
            return self.lives(case, case.running[rule.duty].duty, state)
        if rule.home and rule.home != state:
            return False
        return not (isinstance(rule, Act) and rule.states) or state in rule.states

    def pausing(self, case, duty, state):
        """Does the state name the duty among those it pauses?"""
        s = case.proc.state(state)
        if not s.pauses:
            return False
        if s.pauses[0] == "all":
            return duty.home != state
        return duty.name in s.pauses[0]

    def lives(self, case, duty, state):
        if state in (None, "asked") or case.proc.ends(state):
            return False
        return duty.home in (None, state) or self.pausing(case, duty, state)

    # ---- a step's third part ----

    def happen(self, case, event, day, at):
        self.sequence += 1
        case.happened[event] = (self.sequence, day, at)

    def close(self, case, run, status):
        """A duty that closes has dealt with all that has happened: none of it arms it again."""
        run.status, run.turn = status, False
        last = case.happened.get(run.duty.limit.event)
        group = case.running[run.duty.name]
        if last and not group.runs():
            group.seen = last[0]

    def carry_out(self, case, effects, args, goal, day, at):
        """Effects, the move, void and armed duties, `when`; then what this opens, runs and ends."""
        self.today, self.now = day, at
        case.last = (day, at)
        restarts = self.effects(case, effects, args, day, at)
        left = goal is not None
        self.move(case, goal, restarts, day, at)
        turns = 0
        while True:
            goal = self.route(case)
            if goal is None:
                break
            turns += 1
            assert turns < 100, "routes without end"
            left = True
            self.move(case, goal, [], day, at)
        for key, (rule, args, *_) in list(case.asked.items()):
            if self.closed(case, rule, day, args, key[1])[0] is not True:
                del case.asked[key]

        self.ledger.update(v for k, v in self.puts if k == "ledger")
        self.yard.update(v for k, v in self.puts if k == "yard")
        raised, self.puts, self.raised = self.raised, [], []
        if left:
            self.run_sub(case, day, at)
        for proc, given in raised:
            self.start(proc, given, day, at)
        if case.parent and case.parent.sub is case and case.proc.ends(case.state):
            if self.lapsing:
                self.hearing.append((at, case))
            else:
                self.hear(case, day, at)

    def run_sub(self, case, day, at):
        """What the state it left ran is over; what the state it came to runs begins."""
        lapsing, self.lapsing = self.lapsing, None
        if case.sub:
            sub, case.sub = case.sub, None
            self.hearing = [h for h in self.hearing if h[1] is not sub]
            if not sub.proc.ends(sub.state):
                self.carry_out(sub, [], {}, "cancelled", max(day, sub.last[0]), at)
        run = case.proc.state(case.state).run if not case.proc.ends(case.state) else None
        self.lapsing = lapsing
        if run:
            proc = next(p for p in self.policy.procs if p.name == run.proc)
            given = {n: case.data[v] if isinstance(v, str) else v[1] for n, _, v in run.args}
            self.start(proc, given, day, at, case)

    def hear(self, sub, day, at):
        """The case that ran it goes on where it ended."""
        case = sub.parent
        case.sub = None
        case.ended_subs[sub.proc.name] = sub
        case.day_of[sub.proc.name] = day
        self.happen(case, ("run", sub.proc.name), day, at)
        run = case.proc.state(case.state).run
        _, goal, effects = next(o for o in run.outcomes if o[0] == sub.state)
        self.carry_out(case, effects, {}, goal, day, at)

    def route(self, case):
        if case.proc.ends(case.state):
            return None
        for condition, goal, _ in case.proc.state(case.state).whens:
            if self.holds(case, condition):
                return goal
        return None

    def move(self, case, goal, restarts, day, at):
        old = case.state
        if goal is not None:
            new = case.came_from[old] if goal == "back" else goal
            if goal != "back":
                case.came_from[new] = old
            case.state = new
            self.happen(case, ("state", new), day, at)
            if case.proc.ends(new):
                effects = case.proc.state(new).effects if case.proc.has_state(new) else []
                assert not self.effects(case, effects, {}, day, at)
        new = case.state
        for duty in case.proc.duties():
            run = case.running[duty.name]
            was, now = self.lives(case, duty, old), self.lives(case, duty, new)
            until = goal is not None and new in duty.until
            look = self.look_at_each if duty.each else self.look_at
            look(case, run, until, was, now, duty.name in restarts, day, at)

    def look_at(self, case, run, until, was, now, again, day, at):
        if until:
            self.reached(case, run)
        if not now:
            self.leave(case, run)
            return
        self.arm(case, run, not was, day, at)
        if again:
            self.begin(case, run, day, at)
        self.pause_or_resume(case, run, day, at)

    def look_at_each(self, case, group, until, was, now, again, day, at):
        """The list is what it is after the step."""
        if until:
            for x in group.here():
                self.reached(case, x)
        new = list(dict.fromkeys(case.data[group.duty.each[1]]))
        for gone in [x for x in group.list if x not in new]:
            if gone in group.members:
                self.leave(case, group.members[gone])
            for key in [k for k, v in case.asked.items() if k[1] == gone and v[0].duty == group.duty.name]:
                del case.asked[key]
        joined = [x for x in new if x not in group.list]
        group.list = new
        for x in joined:
            group.members[x] = Running(group.duty, x)
        if not now:
            for x in group.members.values():
                self.leave(case, x)
            if group.waits:
                group.asked = True
                group.seen = case.happened.get(group.duty.limit.event, (0,))[0]
            group.waits = group.asking = False
            return
        since = self.ask(case, group, not was, joined, day, at)
        if again:
            since = self.ask_all(case, group, new, day, at)
        self.take_turns(case, group, since, (day, at))
        for x in group.here():
            self.pause_or_resume(case, x, day, at)

    def ask(self, case, group, coming, joined, day, at):
        """Those in the list when the event happens; later, who comes to the list."""
        lim, event = group.duty.limit, group.duty.limit.event
        by_coming = lim.kind != "within" or event is None or event[0] == "date"
        last = None if by_coming else case.happened.get(event)
        if by_coming and coming and not group.runs():
            on = (case.data[event[1]], None) if event else (day, at)
            return self.ask_all(case, group, group.list, *on)
        if not by_coming and last is None:
            if coming and group.status in (None, "void"):
                group.waits = True   # nobody's yet
        elif not by_coming and last[0] > group.seen and not group.runs():
            group.seen = last[0]
            return self.ask_all(case, group, group.list, last[1], last[2])
        elif group.asking:
            self.ask_all(case, group, joined, day, at)
        return None

    def ask_all(self, case, group, members, day, at):
        group.asked, group.asking, group.waits = True, True, False
        for m in members:
            run = group.members[m]
            group.order += [m] if m not in group.order else []
            run.status, run.turn, run.spared = "waiting", True, False
            if not group.duty.turn:
                self.begin_or_spare(case, run, day, at)
        return day, at

    def begin_or_spare(self, case, run, day, at):
        run.status, run.turn = None, False
        run.spared = not self.holds(case, run.duty.guard, {run.duty.each[0]: run.member})
        if not run.spared:
            self.begin(case, run, day, at)

    def take_turns(self, case, group, since, now):
        """The next when nobody's runs; the first of all counts from the event, those after from now."""
        if any(x.status in ("open", "paused") for x in group.here()):
            return
        for run in [x for x in group.here() if x.turn]:
            self.begin_or_spare(case, run, *(since or now))
            if not run.spared:
                return

    def leave(self, case, run):
        if run.status in IN_FORCE:
            self.close(case, run, "void")
        run.left = True

    def reached(self, case, run):
        """A state meets the duty that runs until it; not where its own lapse leads."""
        if run.status in ("open", "paused"):
            self.close(case, run, "met")
        elif run.status == "lapsed" and not run.left and run is not self.lapsing:
            self.close(case, run, "late")

    def arm(self, case, run, coming, day, at):
        lim, event = run.duty.limit, run.duty.limit.event
        if lim.kind != "within" or event is None or event[0] == "date":
            if not coming or run.status in IN_FORCE:
                return
            if event is not None:
                day, at = case.data[event[1]], None
        else:
            last = case.happened.get(event)
            if last is None:
                if coming and run.status in (None, "void"):
                    run.status = "waiting"
                return
            if last[0] <= run.seen:
                return
            if run.status in ("open", "paused"):
                return
            run.seen = last[0]
            day, at = last[1], last[2]
        if self.holds(case, run.duty.guard):
            self.begin(case, run, day, at)

    def begin(self, case, run, day, at):
        run.status, run.left, run.extended, run.known = "open", False, 0, None
        run.act, run.turn = None, False
        lim = run.duty.limit
        n = lim.n
        if isinstance(n, str):
            n = self.assumes[n]
        if lim.kind == "none" or (lim.kind == "within" and n is None):
            run.term = naive.Term(self.policy.rule(), "none", None, 0, None, day, at, [], [])
        elif lim.kind == "by":
            date = self.date(case, lim.date, day)
            run.term = naive.Term(self.policy.rule(), "none" if date is None else "date", None, 0, date,
                                  day, at, [], [])
        else:
            run.term = naive.Term(self.policy.rule(), "period", lim.unit, n, None, day, at, [], [])

    def date(self, case, d, since=None):
        """The day that `by` or `not before` names; one of the year is the first since the start, or
        since the duty began."""
        if d[0] == "data":
            return case.data[d[1]]
        if d[0] == "arg":
            return case.args[d[1]][d[2]]
        if d[0] == "plain":
            return self.plain(case.data[d[1]], d[3] if d[2] == "+" else -d[3], d[4])
        if d[0] == "counted":
            return naive.end_of(self.calendar, self.policy.rule(), d[3], d[2], case.data[d[1]])
        start = since or case.happened[("start",)][1]
        year = int(naive.iso(start)[:4])
        day = year_day(year, d[1], d[2])
        return day if day >= start else year_day(year + 1, d[1], d[2])

    def plain(self, day, n, unit):
        """That much later or earlier, neither counted nor moved."""
        if unit == "months":
            return naive.add_months(day, n)[0]
        while n and unit == "working":
            day += 1 if n > 0 else -1
            n -= self.calendar.working(day) * (1 if n > 0 else -1)
        return day + n

    def lengthen(self, run, ef, data):
        """The effect `extend`: what runs; to a day, by the fewest units that reach it."""
        if run.status not in ("open", "paused") or run.term.limit == "none":
            return
        unit, n = (ef[3], ef[2]) if ef[0] == "extend" else (run.term.unit or "days", 0)
        if ef[0] == "extend_to":
            term = copy.deepcopy(run.term)
            if run.status == "paused":   # as if it ran on from that day
                term.pauses[-1][1], term.pauses[-1][3] = self.today, self.now
                term.touched.update(range(term.pauses[-1][0], self.today + 1))
            while naive.due(self.calendar, term, n)[0] < data[ef[2]]:
                n += 1
        run.known = None
        if n:
            run.term.extensions.append((unit, n))

    def pause_or_resume(self, case, run, day, at):
        still = False
        if not case.proc.ends(case.state) and self.pausing(case, run.duty, case.state):
            still = self.holds(case, case.proc.state(case.state).pauses[1])
        if still and run.status == "open":
            run.status = "paused"
            run.term.pauses.append([day, None, at, None])
        elif not still and run.status == "paused":
            run.status = "open"
            run.term.pauses[-1][1] = day
            run.term.pauses[-1][3] = at
            run.term.touched.update(range(run.term.pauses[-1][0], day + 1))
            run.known = None

    def effects(self, case, list_, args, day, at):
        """Which duties they restart is handed back: that is for after the move."""
        restarts = []
        for ef in list_:
            kind, guard = ef[0], ef[-1]
            if not self.holds(case, guard, args):
                continue
            data = {**case.data, **args}
            if kind == "inc":
                case.data[ef[1]] += 1
            elif kind == "set":
                v = ef[2]
                case.data[ef[1]] = data[v[1]] if v[0] == "arg" else v[2]
            elif kind == "assign":
                case.data[ef[1]] = data[ef[2]]
            elif kind == "hear":
                case.data["k"] = case.ended_subs[ef[1]].data["k"]
            elif kind == "trace":
                if case.data["trace"] < 10 ** 17:
                    case.data["trace"] = case.data["trace"] * 3 + ef[1]
            elif kind == "add":
                old, anchor = list(case.data[ef[2]]), data[ef[4]] if ef[3] else None
                place = old.index(anchor) + (ef[3] == "after") if anchor in old else len(old)
                case.data[ef[2]] = old[:place] + [data[ef[1]]] + old[place:]
            elif kind == "remove":
                case.data[ef[2]] = [x for x in case.data[ef[2]] if x != data[ef[1]]]
            elif kind == "violate":
                self.violated(case, ef[1], data[ef[2][1]])
            elif kind == "excuse":
                data[ef[1]].excused = True
            elif kind in ("put", "yard"):  # read from the next step on
                self.puts.append(("ledger" if kind == "put" else "yard", data[ef[1]]))
            elif kind == "open":
                proc = next(p for p in self.policy.procs if p.name == ef[1])
                self.raised.append((proc, {"p": data[ef[2]], "breach": Breach(ef[3])}))
            elif kind == "restart":
                restarts.append(ef[1])
            elif kind in ("extend", "extend_to"):
                for run in [x for x in case.runs() if x.duty.name == ef[1]]:
                    self.lengthen(run, ef, data)
        return restarts

    # ---- cases ----

    def start(self, proc, given, day, at, parent=None):
        if self.day(at) > day:
            day = self.day(at)       # opened by a lapse: the day that then begins
        data = self.first_data(proc, given)
        case = Case(proc, len(self.cases), data)
        before, self.today = getattr(self, "today", day), day
        lapsing, self.lapsing = self.lapsing, None
        if self.holds(case, proc.require):
            self.cases.append(case)
            if parent:
                case.parent, parent.sub = parent, case
            self.enter_first(case, day, at)
        else:
            case = None
        self.today, self.lapsing = before, lapsing
        return case

    def first_data(self, proc, given):
        data = dict(given)
        for kind, name, _, first in proc.data:
            if kind == "keep":
                data[name] = data[first[1]] if isinstance(first, tuple) else first
            else:
                data.setdefault(name, None)
        return data

    def enter_first(self, case, day, at):
        self.happen(case, ("start",), day, at)
        self.carry_out(case, [], {}, case.proc.states[0].name, day, at)

    def violated(self, case, violation, who):
        breach = Breach(violation, case)
        case.breaches.append(breach)
        for proc in self.policy.procs:
            if ("violated",) in proc.starts:
                self.raised.append((proc, {"p": who, "breach": breach}))


def compare(a, op, b):
    return {"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b, "=": a == b}[op]


def year_day(year, month, day):
    """That day of the year; where it has none, the last of its month."""
    first = naive.num(f"{year}-{month:02}-01")
    last, _ = naive.add_months(first, 1)
    return min(first + day - 1, last - 1)
