"""The reference: cases, duties and acts, as docs/LANGUAGE.md tells them. Slow and obvious.

Days are counted by calendar_oracle, one by one. A refusal is (kind, citations): kind is None where
the page leaves the kind open, citations None where it leaves the rule open.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import calendar_oracle as naive  # noqa: E402
from model import Act, Ban, Extend  # noqa: E402

IN_FORCE = ("waiting", "open", "paused")
RANK = {"too late": 0, None: 1, "not yet": 2, "not permitted": 3}


class Endless(Exception):
    """Lapses follow each other and no day passes."""


class Running:
    """One arming of a duty, or of a state limit."""

    def __init__(self, duty):
        self.duty = duty
        self.status = None
        self.left = False            # lapsed, and its state left since
        self.seen = 0                # the last happening of its event that was looked at
        self.term = None
        self.extended = 0            # extensions of this arming
        self.known = None            # the due date, while nothing changes


class Case:
    def __init__(self, proc, number, data):
        self.proc, self.number, self.data = proc, number, data
        self.state = None
        self.came_from = {}          # state -> the state it was entered from
        self.args, self.day_of, self.filed = {}, {}, {}
        self.count = {}              # act rule's citation -> times done
        self.happened = {}           # event -> (sequence, day, instant)
        self.running = {d.name: Running(d) for d in proc.duties()}
        self.asked = {}              # act's name -> (rule, arguments, who asked, consents)
        self.has = set()
        self.last = None             # the day and instant of the latest step


class World:
    def __init__(self, policy, calendar, assumes, at):
        self.policy, self.calendar, self.assumes = policy, calendar, assumes
        self.at = at
        self.cases = []
        self.ledger = set()
        self.sequence = 0
        self.rules = {}
        self.order = {}
        self.puts, self.raised, self.lapsing = [], [], None
        for p in policy.procs:
            for d in p.duties():
                self.order[p.name, d.name] = len(self.order)

    # ---- time ----

    def day(self, at):
        return naive.day_of(at, self.policy.day_ends)

    def due(self, run):
        """(last day, first instant too late, provisional), or None: none, paused, not running."""
        if run.status != "open" or run.term is None or run.term.limit == "none":
            return None
        if run.known is None:
            run.known = naive.due(self.calendar, run.term)[:3]
        return run.known

    def lapses(self, upto):
        """The next lapse due by then: by instant, then written order, then case."""
        best = None
        for case in self.cases:
            for name, run in case.running.items():
                due = self.due(run)
                if due and not due[2] and due[1] <= upto:
                    key = (due[1], self.order[case.proc.name, name], case.number)
                    if best is None or key < best[0]:
                        best = (key, case, run, due)
        return best

    def advance(self, at):
        """The clock moves on; what lapses on the way lapses at its instant."""
        self.at = max(self.at, at)
        turns = 0
        while True:
            found = self.lapses(self.at)
            if not found:
                return
            turns += 1
            if turns == 3000:
                raise Endless
            _, case, run, due = found
            # No step of a case is earlier than the one before it: a limit that had passed when
            # its duty was armed lapses then.
            self.lapse(case, run, max(due[0], case.last[0]), max(due[1], case.last[1]))

    def lapse(self, case, run, day, at):
        duty = run.duty
        self.close(case, run, "lapsed")
        run.left = False
        for name, (rule, *_) in list(case.asked.items()):
            if rule.duty == duty.name:
                del case.asked[name]
        goal, effects = (duty.otherwise or (None, []))[:2]
        self.lapsing = run
        self.carry_out(case, effects, {}, goal, day, at)
        self.lapsing = None

    # ---- conditions ----

    def holds(self, case, e, args=None):
        if e is None:
            return True
        k = e[0]
        data = case.data
        if args:
            data = {**data, **args}
        if k == "flag":
            return data[e[1]]
        if k == "assume":
            return self.assumes[e[1]]
        if k in ("cmp", "optcmp"):
            v = data[e[2] if k == "cmp" else e[1]]
            op, n = (e[1], e[3]) if k == "cmp" else (e[2], e[3])
            if v is None:
                return False
            return {"<": v < n, "<=": v <= n, ">": v > n, ">=": v >= n, "=": v == n}[op]
        if k == "is":
            return data[e[1]] == e[2]
        if k == "breach":
            return data[e[1]] == e[2]
        if k == "absent":
            return data[e[1]] is None
        if k == "status":
            return case.running[e[1]].status == e[2]
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

    def decide(self, flag, colour):
        for tier in ("override", "when", "otherwise"):
            results = {r for t, f, c, r in self.policy.decide
                       if t == tier and f in (None, flag) and c in (None, colour)}
            if results:
                assert len(results) == 1
                return results.pop()
        raise AssertionError("no rule")

    def parties(self, case, p):
        """The actors a subject stands for."""
        if p[0] == "party":
            return {("dep", case.data[p[1]])}
        if p[0] == "head":
            return {("head", case.data[p[1]])}
        if p[0] == "council":
            return {("council",)}
        return {("dep", d) for d in ("d1", "d2", "d3")}

    def is_one_of(self, case, actor, subjects):
        return any(actor in self.parties(case, p) for p in subjects)

    def may_ask(self, case, actor, r):
        """A subject of the rule; or who holds a post whose consent it needs, in a subject's office."""
        if self.is_one_of(case, actor, r.who):
            return True
        return (actor[0] == "head" and self.is_one_of(case, actor, r.consent)
                and self.is_one_of(case, ("dep", actor[1]), r.who))

    # ---- where things hold ----

    def in_state(self, case, rule, state):
        if case.proc.state(state).end:
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
        if state is None or case.proc.state(state).end:
            return False
        return duty.home in (None, state) or self.pausing(case, duty, state)

    # ---- a step's third part ----

    def happen(self, case, event, day, at):
        self.sequence += 1
        case.happened[event] = (self.sequence, day, at)

    def close(self, case, run, status):
        """A duty that closes has dealt with all that has happened: none of it arms it again."""
        run.status = status
        last = case.happened.get(run.duty.limit.event)
        if last:
            run.seen = last[0]

    def carry_out(self, case, effects, args, goal, day, at):
        """Effects, the move, void and armed duties, `when`."""
        self.today = day
        case.last = (day, at)
        restarts = self.effects(case, effects, args, day, at)
        self.move(case, goal, restarts, day, at)
        turns = 0
        while True:
            goal = self.route(case)
            if goal is None:
                break
            turns += 1
            assert turns < 100, "routes without end"
            self.move(case, goal, [], day, at)
        for name, (rule, *_) in list(case.asked.items()):
            if self.closed(case, rule, day)[0] is not True:
                del case.asked[name]

        self.ledger.update(self.puts)
        raised, self.puts, self.raised = self.raised, [], []
        for proc, given in raised:
            self.start(proc, given, day, at)

    def route(self, case):
        s = case.proc.state(case.state)
        for condition, goal, _ in s.whens:
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
            if case.proc.state(new).end:
                assert not self.effects(case, case.proc.state(new).effects, {}, day, at)
        new = case.state
        for duty in case.proc.duties():
            run = case.running[duty.name]
            was, now = self.lives(case, duty, old), self.lives(case, duty, new)
            if goal is not None and new in duty.until:
                self.reached(case, run)
            if not now:
                if run.status in IN_FORCE:
                    self.close(case, run, "void")
                run.left = True
                continue
            self.arm(case, run, now and not was, day, at)
            if duty.name in restarts:
                self.begin(case, run, day, at)
            self.pause_or_resume(case, run, day, at)

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
        lim = run.duty.limit
        n = lim.n
        if isinstance(n, str):
            n = self.assumes[n]
        if lim.kind == "none" or (lim.kind == "within" and n is None):
            run.term = naive.Term(self.policy.rule(), "none", None, 0, None, day, at, [], [])
        elif lim.kind == "by":
            d = lim.date
            date = case.data[d[1]] if d[0] == "data" else case.args[d[1]][d[2]]
            run.term = naive.Term(self.policy.rule(), "date", None, 0, date, day, at, [], [])
        else:
            run.term = naive.Term(self.policy.rule(), "period", lim.unit, n, None, day, at, [], [])

    def pause_or_resume(self, case, run, day, at):
        still = False
        if not case.proc.state(case.state).end and self.pausing(case, run.duty, case.state):
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
            elif kind == "trace":
                if case.data["trace"] < 10 ** 17:
                    case.data["trace"] = case.data["trace"] * 3 + ef[1]
            elif kind == "violate":
                case.has.add(ef[1])
                self.violated(ef[1], case.data[ef[2][1]])
            elif kind == "put":
                self.puts.append(data[ef[1]])  # read from the next step on
            elif kind == "open":
                proc = next(p for p in self.policy.procs if p.name == ef[1])
                self.raised.append((proc, {"p": data[ef[2]], "breach": ef[3]}))
            elif kind == "restart":
                restarts.append(ef[1])
        return restarts

    # ---- cases ----

    def start(self, proc, given, day, at):
        if self.day(at) > day:
            day = self.day(at)       # opened by a lapse: the day that then begins
        data = dict(given)
        for kind, name, _, first in proc.data:
            if kind == "keep":
                data[name] = first
            else:
                data.setdefault(name, None)
        case = Case(proc, len(self.cases), data)
        before, self.today = getattr(self, "today", day), day
        if not self.holds(case, proc.require):
            self.today = before
            return None
        self.cases.append(case)
        self.happen(case, ("start",), day, at)
        self.carry_out(case, [], {}, proc.states[0].name, day, at)
        self.today = before
        return case

    def violated(self, violation, who):
        for proc in self.policy.procs:
            if ("violated",) in proc.starts:
                self.raised.append((proc, {"p": who, "breach": violation}))

    def open(self, proc, actor, given):
        """True, or a refusal."""
        probe = Case(proc, -1, dict(given))
        by = [s[1] for s in proc.starts if s[0] == "by"]
        if not self.is_one_of(probe, actor, by):
            return ("not permitted", None)
        day = self.day(self.at)
        before = len(self.cases)
        if self.start(proc, given, day, self.at) is None:
            return (None, None)
        self.main = self.cases[before]
        self.advance(self.at)
        return True

    # ---- acts ----

    def reachable(self, case, state):
        """The states the case may yet come to, by at least one move: at most, and at least (a duty
        that stands still neither lapses nor has open acts; whether `back` leads anywhere depends)."""
        if case.proc.name not in self.rules:
            self.rules[case.proc.name] = [self.moves(case, True), self.moves(case, False)]
        out = []
        for table in self.rules[case.proc.name]:
            seen, todo = set(), [state]
            while todo:
                for s in table[todo.pop()]:
                    if s not in seen:
                        seen.add(s)
                        todo.append(s)
            out.append(seen)
        return out

    def moves(self, case, most):
        proc = case.proc
        table = {s.name: set() for s in proc.states}
        backs = set()
        for s in proc.states:
            if s.end:
                continue
            run = [d.name for d in proc.duties() if self.lives(case, d, s.name)
                   and (most or not self.pausing(case, d, s.name))]
            goals = [g for _, g, _ in s.whens]
            goals += [a.goal for a in proc.acts() if a.goal and self.in_state(case, a, s.name)
                      and (not a.duty or a.duty in run)]
            goals += [d.otherwise[0] for d in proc.duties()
                      if d.otherwise and d.otherwise[0] and d.name in run]
            if "back" in goals:
                backs.add(s.name)
            table[s.name] = set(goals) - {"back"}
        for s in backs:
            table[s] |= {t for t in table if s in table[t]}
        return table

    def judge(self, name, actor, args):
        """The rule that offers the act, or a refusal."""
        case = self.main
        self.today = self.day(self.at)
        rules = [r for r in case.proc.acts() + case.proc.extends() if r.name == name]
        mine = [r for r in rules if self.may_ask(case, actor, r)]
        if not mine:
            return ("not permitted", [r.cite for r in rules])
        ban = self.banned(case, name, actor, args)
        if ban:
            return ban
        answers = []
        for r in mine:
            verdict, why = self.closed(case, r, self.today)
            if verdict is True:
                verdict, why = self.guarded(case, r, args)
            if verdict is True:
                return r
            answers.append((why, [r.cite]))
        best = max(answers, key=lambda a: RANK[a[0]])
        if len(rules) > 1 and actor[0] == "head":
            return (best[0], [r.cite for r in rules])    # whether any Department means its head is open
        if len(mine) > 1:
            same = [a for a in answers if a[0] == best[0]]
            return (best[0], [c for a in same for c in a[1]])
        return best

    def banned(self, case, name, actor, args):
        for ban in case.proc.bans():
            if ban.name == name and self.is_one_of(case, actor, [ban.who]):
                if ban.home and ban.home != case.state:
                    continue
                if ban.unless is None or not self.holds(case, ban.unless, args):
                    return ("forbidden", [ban.cite])
        return None

    def guarded(self, case, r, args):
        if isinstance(r, Extend):
            return (True, None) if 1 <= args["n"] <= r.most else (False, None)
        return (True, None) if self.holds(case, r.guard, args) else (False, "not permitted")

    def closed(self, case, r, day):
        """(True, None) if the rule is open, guards aside; else (False, the kind of refusal)."""
        if isinstance(r, Extend):
            run = case.running[r.duty]
            if r.count and run.extended >= r.count and run.status in ("open", "paused"):
                return (False, "too late")
            if self.in_state(case, r, case.state):
                if run.status == "open":
                    return (True, None)
                if run.status == "waiting" and not self.may_begin(case, run):
                    return (False, None)
                if run.status in ("waiting", "paused"):
                    return (False, "not yet")
                again = r.home is None or r.home in self.reachable(case, case.state)[0]
                if run.status == "lapsed" and not again:
                    return (False, "too late")
                return (False, None)
            return self.elsewhere(case, r)
        if r.count and case.count.get(r.cite + r.name, 0) >= r.count:
            return (False, "too late")
        window = self.window(case, r, day)
        if not self.in_state(case, r, case.state):
            if window[1] == "too late":
                return window
            return self.elsewhere(case, r)
        if r.duty:
            run = case.running[r.duty]
            if self.pauses_now(case, run.duty) and run.status in ("lapsed", "paused"):
                return (False, None if run.status == "lapsed" else "not yet")
            if run.status == "open" or run.status == "lapsed" and not run.left:
                return window
            if run.status == "waiting" and not self.may_begin(case, run):
                return (False, None)
            if run.status in ("waiting", "paused"):
                return (False, "not yet")
            return (False, None)
        return window

    def may_begin(self, case, run):
        """May the event of a waiting duty still happen?"""
        to = self.reachable(case, case.state)[1]
        kind, name = run.duty.limit.event
        if kind == "state":
            return name in to
        return any(self.in_state(case, a, s) for a in case.proc.acts() if a.name == name
                   for s in to | {case.state})

    def pauses_now(self, case, duty):
        s = case.proc.state(case.state)
        return self.pausing(case, duty, case.state) and self.holds(case, s.pauses[1])

    def elsewhere(self, case, r):
        able = [any(self.in_state(case, r, s) for s in to) for to in self.reachable(case, case.state)]
        if not able[0]:
            return (False, "too late")
        if not able[1]:
            return (False, None)
        if isinstance(r, Extend) or r.duty:
            run = case.running[r.duty]
            if run.status == "paused":
                return (False, "not yet")
            return (False, None)
        return (False, "not yet")

    def window(self, case, r, day):
        w = r.window
        if w is None:
            return (True, None)
        if w.kind == "by":
            return (True, None) if day <= case.data[w.date] else (False, "too late")
        if w.kind == "notbefore":
            return (True, None) if day >= case.data[w.date] else (False, "not yet")
        last = case.happened.get(w.event)
        if last is None:
            return (False, "not yet")
        term = naive.Term(self.policy.rule(), "period", w.unit, w.n, None, last[1], last[2], [], [])
        end = naive.due(self.calendar, term)
        if day <= end[0] or end[2]:      # provisional: it may yet be moved
            return (True, None)
        return (False, "too late" if w.event == ("start",) else None)

    def act(self, name, actor, args):
        """True, or a refusal, which changes nothing."""
        case = self.main
        found = self.judge(name, actor, args)
        if isinstance(found, tuple):
            return found
        given = set()
        for y in found.consent:
            if actor in self.parties(case, y):
                given.add(y)
        if len(given) < len(found.consent):
            case.asked[name] = (found, args, actor, given)
            day = self.day(self.at)
            self.carry_out(case, [], {}, None, day, self.at)
        else:
            self.perform(case, found, args)
        self.advance(self.at)
        return True

    def perform(self, case, r, args):
        day = self.day(self.at)
        case.asked.pop(r.name, None)
        case.day_of[r.name] = day
        if isinstance(r, Extend):
            run = case.running[r.duty]
            run.extended += 1
            run.known = None
            run.term.extensions.append((run.term.unit, args["n"]))
            if r.reporting:
                case.filed[r.name] = day
            self.carry_out(case, [], {}, None, day, self.at)
            return
        case.args[r.name] = args
        case.count[r.cite + r.name] = case.count.get(r.cite + r.name, 0) + 1
        self.happen(case, ("act", r.name), day, self.at)
        if r.duty:
            run = case.running[r.duty]
            self.close(case, run, "late" if run.status == "lapsed" else "met")
        self.carry_out(case, r.effects, args, r.goal, day, self.at)

    def answer(self, yes, name, actor):
        """consent(ACT) or decline(ACT): True or a refusal."""
        case = self.main
        rules = [r for r in case.proc.acts() + case.proc.extends() if r.name == name and r.consent]
        mine = [r for r in rules if self.is_one_of(case, actor, r.consent)]
        if not mine:
            return ("not permitted", [r.cite for r in case.proc.acts() + case.proc.extends() if r.name == name])
        asked = case.asked.get(name)
        if asked is None or asked[0] not in mine:
            late = all(isinstance(r, Extend) and case.running[r.duty].status == "lapsed"
                       and self.closed(case, r, self.day(self.at))[1] == "too late" for r in mine)
            return ("too late" if late else None, [r.cite for r in mine])
        r, args, who, given = asked
        mine = {y for y in r.consent if actor in self.parties(case, y)}
        if mine <= given:
            return (None, None)
        self.today = self.day(self.at)
        verdict, why = self.closed(case, r, self.today)
        if yes and verdict is True and len(given | mine) == len(r.consent):
            verdict, why = self.guarded(case, r, args)
        if verdict is not True:
            return (why, [r.cite])
        if not yes:
            del case.asked[name]
            self.carry_out(case, [], {}, None, self.day(self.at), self.at)
        elif len(given | mine) == len(r.consent):
            ban = self.banned(case, name, who, args)   # still lawful at the last consent
            if ban:
                return ban
            self.perform(case, r, args)
        else:
            case.asked[name] = (r, args, who, given | mine)
            self.carry_out(case, [], {}, None, self.day(self.at), self.at)
        self.advance(self.at)
        return True

    def report(self, name, actor, args, who):
        """What happened outside: never refused."""
        case = self.main
        ban = next(b for b in case.proc.bans() if b.name == name)
        day = self.day(self.at)
        self.today = day
        self.happen(case, ("act", name), day, self.at)
        effects = []
        if not (ban.unless and self.holds(case, ban.unless, args)):
            case.has.add(ban.violation)
            self.violated(ban.violation, who)
        self.carry_out(case, effects, args, None, day, self.at)
        self.advance(self.at)
        return True
