"""The reference: may this be done now? What is done then, and what a refusal says.

A refusal is (kind, citations): kind is None where the page leaves the kind open, citations None where
it leaves the rule open.
"""
import calendar_oracle as naive
from cases import Case, Group, Recorded, Running
from model import Act, Extend

RANK = {"too late": 0, None: 1, "not yet": 2, "not permitted": 3}


class Doer(tuple):
    """An actor, and the persons behind it where they are known: who acts, and for whom."""

    def __new__(cls, actor, persons=()):
        self = super().__new__(cls, actor)
        self.persons = frozenset(persons)
        return self


def same_person(one, other):
    """Persons, where both are known; else party and post."""
    if one is None:
        return False
    mine, theirs = getattr(one, "persons", None), getattr(other, "persons", None)
    return bool(mine & theirs) if mine and theirs else one == other


class Judging:
    """The part of a World that judges acts."""

    def parties(self, case, p, args=None):
        """The actors a subject stands for. args: a member of a list by its name, if one is meant."""
        data = {**case.data, **args} if args else case.data
        if p[0] == "party":
            return {("dep", data[p[1]])}
        if p[0] == "head":
            return {("head", data[p[1]])}
        if p[0] == "council":
            return {("council",)}
        if p[0] in ("each", "any_of"):
            return {("dep", d) for d in data[p[2]]}
        return {("dep", d) for d in ("d1", "d2", "d3")}

    def is_one_of(self, case, actor, subjects, args=None):
        return any(actor in self.parties(case, p, args) for p in subjects)

    def members(self, case, r):
        """(name, list) of whom the rule speaks one by one, or None."""
        if isinstance(r, Extend):
            each = case.running[r.duty].duty.each
            return each if each and r.who == [("party", each[0])] else None
        return next((p[1:] for p in r.who if p[0] in ("each", "any_of")), None)

    def bound(self, case, actor, r):
        """{m: who of the list this is}, or {}: a post speaks for its department."""
        of = self.members(case, r)
        return {of[0]: actor[1]} if of and len(actor) > 1 and actor[1] in case.data[of[1]] else {}

    def each_bound(self, case, r):
        """The rule, as said of each of the list."""
        of = self.members(case, r)
        return [{of[0]: m} for m in case.data[of[1]]] if of else [{}]

    def may_ask(self, case, actor, r):
        """A subject of the rule; or who holds a post whose consent it needs, in a subject's office."""
        args = self.bound(case, actor, r)
        if self.members(case, r) and not args:
            return False
        if self.is_one_of(case, actor, r.who, args):
            return True
        return (actor[0] == "head" and self.is_one_of(case, actor, r.consent, args)
                and self.is_one_of(case, ("dep", actor[1]), r.who, args))

    # ---- which states the case may come to ----

    def reachable(self, case, state):
        """The states the case may yet come to, by at least one move: at most, and at least (a duty
        that stands still neither lapses nor has open acts; whether `back` leads anywhere depends)."""
        if case.proc.name not in self.rules:
            self.rules[case.proc.name] = [self.moves(case, True), self.moves(case, False)]
        out = []
        for table in self.rules[case.proc.name]:
            seen, todo = set(), [state]
            while todo:
                for s in table.get(todo.pop(), ()):
                    if s not in seen:
                        seen.add(s)
                        todo.append(s)
            out.append(seen)
        return out

    def moves(self, case, most):
        proc = case.proc
        table = {s.name: set() for s in proc.states}
        table["asked"] = {proc.states[0].name}
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
            goals += [self.deemed_rule(case, d).goal for d in proc.duties() if d.deemed and d.name in run]
            goals += [g for _, g, _ in s.run.outcomes] if s.run else []
            if "back" in goals:
                backs.add(s.name)
            table[s.name] = set(goals) - {"back", None}
        for s in backs:
            table[s] |= {t for t in table if s in table[t]}
        return table

    # ---- judging ----

    def judge(self, case, name, actor, args):
        """The rule that offers the act, or a refusal."""
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
            bound = self.bound(case, actor, r)
            verdict, why = self.closed(case, r, self.today, args, bound and next(iter(bound.values())))
            if verdict is True:
                verdict, why = self.guarded(case, r, {**args, **bound}, actor)
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

    def guarded(self, case, r, args, actor):
        if isinstance(r, Extend):
            return (True, None) if 1 <= args["n"] <= r.most else (False, None)
        if any(same_person(case.who_did.get(x), actor) for x in r.distinct):
            return (False, "not permitted")
        return (True, None) if self.holds(case, r.guard, args) else (False, "not permitted")

    def closed(self, case, r, day, args=None, member=None):
        """(True, None) if the rule is open, guards aside; else (False, the kind of refusal). args, member:
        of the act asked for."""
        if isinstance(r, Extend):
            return self.extension_closed(case, r, member)
        dated = r.dated and (args or {}).get(r.dated)
        if dated and dated > day:
            return (False, None)
        if r.count and case.count.get((r.cite, r.name, member if r.duty else None), 0) >= r.count:
            return (False, "too late")
        window = self.window(case, r, dated or day, dated)
        if not self.in_state(case, r, case.state):
            if window[1] == "too late":
                return window
            return self.elsewhere(case, r)
        if r.duty:
            run = self.of_member(case, r, member)
            if isinstance(run, Group):       # asked in general, of nobody
                return (run.status in ("open", "lapsed"), None)
            if run.status == "lapsed" and run.act and not run.left:
                return self.over(case, r, run)
            if self.pauses_now(case, run.duty) and run.status in ("lapsed", "paused"):
                return (False, None if run.status == "lapsed" else "not yet")
            if run.status == "open" or run.status == "lapsed" and not run.left:
                if r.dated and window[0] is True and (dated or day) < run.term.start:
                    return (False, None)
                return window
            if run.status == "waiting" and not run.turn and not self.may_begin(case, run):
                return (False, None)
            if run.status in ("waiting", "paused"):
                return (False, "not yet")
            return self.over(case, r, run)
        return window

    def of_member(self, case, r, member):
        run = case.running[r.duty]
        if not run.duty.each or not member:
            return run
        one = run.of(member)
        if run.waits:                # as a whole, for its event
            one = Running(run.duty, member)
            one.status = "waiting"
        return one

    def extension_closed(self, case, r, member):
        run = self.of_member(case, r, member) if self.members(case, r) else case.running[r.duty]
        if r.count and run.extended >= r.count:
            return (False, "too late")
        if not self.in_state(case, r, case.state):
            return self.elsewhere(case, r)
        if run.status == "open":
            return (True, None)
        if run.status == "waiting" and not getattr(run, "turn", False) and not self.may_begin(case, run):
            return (False, None)
        if run.status in ("waiting", "paused"):
            return (False, "not yet")
        return self.over(case, r, run)

    def over(self, case, r, run):
        """Of an act of a duty that runs no more: may it be asked for again?"""
        again = self.may_come_again(case, run.duty, run)
        return (False, None if again is None else "not yet" if again else "too late")

    def may_come_again(self, case, duty, run):
        """Can the duty be armed again? None: that depends."""
        if any(ef[0] == "restart" and ef[1] == duty.name for a in case.proc.acts() for ef in a.effects):
            return None
        lim, event = duty.limit, duty.limit.event
        most, least = self.reachable(case, case.state)
        last = case.happened.get(event)
        if lim.kind == "within" and event and event[0] != "date" and (not last or last[0] <= run.seen):
            if event[0] in ("start", "run"):
                return False if event[0] == "start" else None
            names = [event[1]] if event[0] == "state" else [
                s.name for s in case.proc.states for a in case.proc.acts() if a.name == event[1]
                and self.in_state(case, a, s.name)]
            here = set() if event[0] == "state" else {case.state}
            return None if set(names) & (most | here) else False
        if duty.home is None:
            return False             # there is no coming to where it lives
        if duty.home not in most:
            return False
        return True if duty.home in least and duty.home != case.state else None

    def may_begin(self, case, run):
        """May the event of a waiting duty still happen?"""
        to = self.reachable(case, case.state)[1]
        kind, name = run.duty.limit.event
        if kind == "state":
            return name in to
        if kind == "run":
            return False
        return any(self.in_state(case, a, s) for a in case.proc.acts() if a.name == name
                   for s in to | {case.state})

    def pauses_now(self, case, duty):
        s = case.proc.state(case.state)
        return self.pausing(case, duty, case.state) and self.holds(case, s.pauses[1])

    def elsewhere(self, case, r):
        if case.state == "asked":
            return (False, "not yet")
        able = [any(self.in_state(case, r, s) for s in to) for to in self.reachable(case, case.state)]
        if not able[0]:
            return (False, "too late")
        if not able[1]:
            return (False, None)
        if isinstance(r, Act) and r.duty:
            run = case.running[r.duty]
            return (False, "not yet") if run.status == "paused" else self.over(case, r, run)
        return (False, "not yet")

    def window(self, case, r, day, dated=None):
        w = r.window
        if w is None:
            return (True, None)
        if case.state == "asked" and w.date and w.date[0] == "year":
            return (False, "not yet")
        if w.kind == "by":
            return (True, None) if day <= self.date(case, w.date) else (False, "too late")
        if w.date:
            return (True, None) if day >= self.date(case, w.date) else (False, "not yet")
        last = (0, case.data[w.event[1]], None) if w.event[0] == "date" else case.happened.get(w.event)
        if last is None:
            return (False, "not yet")
        term = naive.Term(self.policy.rule(), "period", w.unit, w.n, None, last[1], last[2], [], [])
        end = naive.due(self.calendar, term)
        if w.kind == "notbefore":        # when the period is over
            over = (self.at >= end[1] if dated is None else naive.day_end(day, self.policy.day_ends) >= end[1]) \
                if w.unit == "hours" else day > end[0]
            return (True, None) if over and not end[2] else (False, "not yet")
        if day <= end[0] or end[2]:      # provisional: it may yet be moved
            return (True, None)
        return (False, "too late" if w.event[0] in ("start", "date") else None)

    # ---- what is done ----

    def act(self, case, name, actor, args):
        """True, or a refusal, which changes nothing."""
        if name == "withdraw_start":
            return self.withdraw_start(case, actor)
        found = self.judge(case, name, actor, args)
        if isinstance(found, tuple):
            return found
        bound = self.bound(case, actor, found)
        member = next(iter(bound.values()), None)
        given = {y for y in found.consent if actor in self.parties(case, y, bound)}
        if len(given) < len(found.consent):
            case.asked.pop((name, member), None)
            case.asked[name, member] = (found, {**args, **bound}, actor, given)
            self.carry_out(case, [], {}, None, self.day(self.at), self.at)
        else:
            self.perform(case, found, {**args, **bound}, actor, member)
        self.advance(self.at)
        return True

    def perform(self, case, r, args, actor, member):
        day = self.day(self.at)
        case.asked.pop((r.name, member), None)
        if isinstance(r, Extend):
            case.day_of[r.name] = day
            runs = [self.of_member(case, r, member)] if self.members(case, r) else \
                [x for x in case.runs() if x.duty.name == r.duty]
            for run in runs:
                if run.status in ("open", "paused"):
                    run.extended += 1
                    run.known = None
                    run.term.extensions.append((run.term.unit, args["n"]))
            if r.reporting:
                case.filed[r.name] = day
            self.carry_out(case, [], {}, None, day, self.at)
            return
        dated = r.dated and args[r.dated]
        at = naive.day_end(dated, self.policy.day_ends) if dated else self.at
        self.done(case, r, args, actor, dated or day, at)
        if r.duty:
            run = self.of_member(case, r, member)
            in_time = run.status != "lapsed" or dated and dated <= run.last_day
            if run.status == "lapsed" and in_time:
                for b in run.breaches:
                    b.excused = True
            self.close(case, run, "met" if in_time else "late")
            run.act = r.name
        self.carry_out(case, r.effects, args, r.goal, day, self.at)

    def done(self, case, r, args, actor, day, at):
        """What an act leaves behind, whoever or whatever did it."""
        case.day_of[r.name] = day
        case.who_did[r.name] = actor
        case.args[r.name] = args
        of = self.members(case, r)
        key = (r.cite, r.name, args[of[0]] if of and r.duty else None)
        case.count[key] = case.count.get(key, 0) + 1
        self.happen(case, ("act", r.name), day, at)

    # ---- consent ----

    def answer(self, case, yes, name, actor, whose=None):
        """consent(ACT) or decline(ACT), of whose request: True or a refusal."""
        if name == "start":
            return self.answer_start(case, yes, actor)
        every = [r for r in case.proc.acts() + case.proc.extends() if r.name == name]
        rules = [r for r in every if r.consent]
        mine = [r for r in rules if any(self.is_one_of(case, actor, r.consent, b) for b in self.each_bound(case, r))]
        if not mine:
            return ("not permitted", [r.cite for r in every])
        asked = [(k, v) for k, v in case.asked.items() if k[0] == name and v[0] in mine
                 and self.is_one_of(case, actor, v[0].consent, v[1]) and whose in (None, k[1])]
        if not asked:
            late = all(isinstance(r, Extend) and not self.members(case, r) and case.running[r.duty].status == "lapsed"
                       and self.closed(case, r, self.day(self.at))[1] == "too late" for r in mine)
            return ("too late" if late else None, [r.cite for r in mine])
        if len(asked) > 1:               # the first in the list that waits for him
            of = case.data[self.members(case, asked[0][1][0])[1]]
            asked.sort(key=lambda x: of.index(x[0][1]))
            asked.sort(key=lambda x: {y for y in x[1][0].consent if actor in self.parties(case, y, x[1][1])} <= x[1][3])
        (_, member), (r, args, who, given) = asked[0]
        mine = {y for y in r.consent if actor in self.parties(case, y, args)}
        if mine <= given:
            return (None, None)
        self.today = self.day(self.at)
        verdict, why = self.closed(case, r, self.today, args, member)
        if yes and verdict is True and len(given | mine) == len(r.consent):
            verdict, why = self.guarded(case, r, args, who)
        if verdict is not True:
            return (why, [r.cite])
        if not yes:
            del case.asked[name, member]
            self.carry_out(case, [], {}, None, self.day(self.at), self.at)
        elif len(given | mine) == len(r.consent):
            ban = self.banned(case, name, who, args)   # still lawful at the last consent
            if ban:
                return ban
            self.perform(case, r, args, who, member)
        else:
            case.asked[name, member] = (r, args, who, given | mine)
            self.carry_out(case, [], {}, None, self.day(self.at), self.at)
        self.advance(self.at)
        return True

    # ---- starting, by somebody ----

    def open(self, proc, actor, given):
        """True, or a refusal."""
        data = self.first_data(proc, given)
        case = Case(proc, len(self.cases), data)
        by = [s[1] for s in proc.starts if s[0] == "by"]
        if not self.is_one_of(case, actor, by):
            return ("not permitted", None)
        day = self.day(self.at)
        self.today = day
        agreed = {y for y in proc.consent if actor in self.parties(case, y)}
        if len(agreed) == len(proc.consent):
            case = self.start(proc, given, day, self.at)
            if case is None:
                return (None, None)
        else:
            if not self.holds(case, proc.require):
                return (None, None)
            case.opener, case.agreed, case.state, case.last = actor, agreed, "asked", (day, self.at)
            self.cases.append(case)
        self.main = case
        self.advance(self.at)
        return True

    def answer_start(self, case, yes, actor):
        mine = {y for y in case.proc.consent if actor in self.parties(case, y)}
        if not mine:
            return ("not permitted", None)
        if case.state != "asked" or mine <= case.agreed:
            return ("too late", None)
        day = self.today = self.day(self.at)
        if not yes:
            case.state, case.last = "declined", (day, self.at)
        elif len(case.agreed | mine) == len(case.proc.consent):
            if not self.holds(case, case.proc.require):
                return (None, None)
            self.enter_first(case, day, self.at)
        else:
            case.agreed |= mine
        self.advance(self.at)
        return True

    def withdraw_start(self, case, actor):
        if actor != case.opener:
            return ("not permitted", None)
        if case.state != "asked":
            return (None, None)
        case.state = "declined"
        self.advance(self.at)
        return True

    def report_event(self, proc, actor, given):
        """An event reported from outside: by an office, or a party it names."""
        if actor[0] == "dep" and actor[1] != given["p"]:
            return ("not permitted", None)
        case = self.start(proc, given, self.day(self.at), self.at)
        if case is None:
            return (None, None)
        self.advance(self.at)
        return True

    # ---- what happened outside ----

    def report(self, case, name, args, who):
        """Never refused."""
        ban = next(b for b in case.proc.bans() if b.name == name)
        day = self.day(self.at)
        self.today = day
        self.happen(case, ("act", name), day, self.at)
        if ("dep", who) in self.parties(case, ban.who) and not (ban.unless and self.holds(case, ban.unless, args)):
            self.violated(case, ban.violation, who)
        self.carry_out(case, [], args, None, day, self.at)
        self.advance(self.at)
        return True

    def report_norm(self, norm, args, actor, who):
        """A case of its own; not refused for what happened."""
        if actor[0] == "dep" and actor[1] != who:
            return ("not permitted", None)
        self.today = self.day(self.at)
        case = self.recorded[norm.name] = Recorded()
        if not (norm.unless and self.holds(self.main, norm.unless, args)):
            self.violated(case, norm.violation, who)
        raised, self.raised = self.raised, []
        for proc, given in raised:
            self.start(proc, given, self.today, self.at)
        self.advance(self.at)
        return True
