"""Draws policies and what happens in them.

A policy is laid out so that the checker has nothing to mend: every state has a way in from an earlier
one and a way out, routes lead forward only, what an act carried is read only behind it. What is
drawn is otherwise as mixed as can be.
"""
import calendar_oracle as naive
from model import (ENUM, Act, Ban, Duty, Extend, Limit, Policy, Procedure, State, Window)

DEPS = ("d1", "d2", "d3")
FIRST, LAST = naive.num("2018-01-02"), naive.num("2026-12-20")


class Drawer:
    def __init__(self, r):
        self.r = r
        self.article = 1
        self.part = 0
        self.names = 0

    def p(self, chance):
        return self.r.random() < chance

    def cite(self):
        self.part += 1
        if self.part > 40:
            self.article, self.part = self.article + 1, 1
        return f"{self.article}.{self.part}"

    def fresh(self, stem):
        self.names += 1
        return f"{stem}{self.names}"

    # ---- conditions ----

    def atoms(self, proc, home, args=()):
        out = [("flag", "flag"), ("flag", "kb"), ("is", "hue", self.r.choice(ENUM)),
               ("is", "ke", self.r.choice(ENUM)), ("cmp", self.r.choice("<>"), "k", self.r.randint(0, 2)),
               ("optcmp", "opt", self.r.choice(("<=", ">=")), self.r.randint(2, 4)),
               ("absent", "opt"), ("assume", "mode"), ("row", "num"), ("decide", "flag", "hue"),
               ("decide", "kb", "ke")]
        return out

    def condition(self, proc, home, fixed=False, n=None):
        """Each thing is asked about at most once, so that no condition contradicts itself."""
        atoms = self.atoms(proc, home)
        if fixed:
            atoms = [("flag", "flag"), ("is", "hue", self.r.choice(ENUM)), ("assume", "mode"), ("absent", "opt")]
        duties = [d.name for d in self.duties_at(proc, home)]
        if duties and not fixed:
            status = ("status", self.r.choice(duties), self.r.choice(("open", "met", "late", "lapsed", "void", "waiting")))
            atoms += [status] * 3
        groups = {"flag": 0, "kb": 1, "hue": 2, "ke": 3, "opt": 4}
        self.r.shuffle(atoms)
        taken, parts = set(), []
        for a in atoms:
            keys = {"status"} if a[0] == "status" else {x for x in a[1:] if isinstance(x, str)}
            keys -= set("<>=")
            keys |= {"table"} if a[0] == "decide" else set()
            if taken & keys:
                continue
            taken |= keys
            parts.append(("not", a) if self.p(0.3) else a)
            if len(parts) == (n or self.r.choice((1, 1, 1, 2, 2, 3))):
                break
        return parts[0] if len(parts) == 1 else (self.r.choice(("and", "or")), *parts)

    def duties_at(self, proc, home):
        return [d for d in proc.duties() if d.bearer and d.home in (None, home)]

    # ---- effects ----

    def effects(self, proc, duty=None, args=(), lapse=False):
        out = []
        if self.p(0.6):
            out.append(("trace", self.r.randint(0, 9), None))
        for _ in range(self.r.choice((0, 0, 1, 1, 2))):
            kinds = ["inc", "setk", "setb", "sete"]
            if proc.name == "main":
                kinds += ["violate", "notify", "put"]
                if self.sub:
                    kinds.append("open")
            kind = self.r.choice(kinds)
            guard = self.condition(proc, None, fixed=True) if self.p(0.25) else None
            if kind == "inc":
                out.append(("inc", "k", guard))
            elif kind == "setk":
                mine = [n for n, t in args if t == "Int"]
                v = ("arg", mine[0]) if mine else ("const", str(n := self.r.randint(0, 3)), n)
                out.append(("set", "k", v, guard))
            elif kind == "setb":
                mine = [n for n, t in args if t == "Bool"]
                b = self.p(0.5)
                v = ("arg", mine[0]) if mine else ("const", "yes" if b else "no", b)
                out.append(("set", "kb", v, guard))
            elif kind == "sete":
                mine = [n for n, t in args if t == "Color"]
                e = self.r.choice(ENUM)
                out.append(("set", "ke", ("arg", mine[0]) if mine else ("const", e, e), guard))
            elif kind == "violate":
                out.append(("violate", self.r.choice(self.violations), ("party", self.r.choice("ab")), guard))
            elif kind == "notify":
                out.append(("notify", self.r.choice((("party", "a"), ("council",))), guard))
            elif kind == "put":
                out.append(("put", "num", "k", guard))
            else:
                out.append(("open", "sub", self.r.choice("ab"), self.r.choice(self.violations), guard))
        return out

    # ---- rules ----

    def subjects(self, proc):
        if len(proc.parties) == 1:
            return [self.r.choice((("party", "p"), ("party", "p"), ("head", "p"), ("council",)))]
        pick = self.r.choice(("a", "b", "ab", "head", "council", "any", "bhead"))
        return {"a": [("party", "a")], "b": [("party", "b")], "ab": [("party", "a"), ("party", "b")],
                "head": [("head", self.r.choice("ab"))], "council": [("council",)], "any": [("any",)],
                "bhead": [("party", "b"), ("head", "b")]}[pick]

    def consents(self, proc):
        if len(proc.parties) == 1:
            return [self.r.choice((("head", "p"), ("council",), ("party", "p")))]
        sets = ([("head", "a")], [("head", "b")], [("council",)], [("party", "a"), ("party", "b")],
                [("head", "b"), ("council",)], [("party", "a")])
        return list(self.r.choice(sets))

    def params(self):
        out = []
        for _ in range(self.r.choice((0, 0, 0, 1, 1, 2))):
            out.append((self.fresh("x"), self.r.choice(("Int", "Bool", "Color", "Int?"))))
        return out

    def act(self, proc, home, goal, free=False, duty=None, events=()):
        params = self.params()
        a = Act(self.fresh("act"), self.subjects(proc), self.cite(), params, home, None)
        a.goal = goal
        a.effects = self.effects(proc, args=params) if self.p(0.6) else []
        if self.p(0.2):
            a.consent = self.consents(proc)
        if duty:
            a.duty, a.who, a.cite = duty.name, [duty.bearer], duty.cite
        if free:
            return a
        if self.p(0.35):
            a.guard = self.condition(proc, home, fixed=bool(a.consent))
        if self.p(0.1):
            ints = [n for n, t in params if t == "Int"]
            a.guard = ("cmp", ">", ints[0], 1) if ints else a.guard
        if not duty and self.p(0.25):
            a.count = self.r.choice((1, 1, 2, 3))
        if not duty and self.p(0.2):
            kind = self.r.choice(("within", "within", "by", "notbefore"))
            if kind == "within":
                unit = self.r.choice(("working", "days", "months"))
                n = self.r.randint(1, 2) if unit == "months" else self.r.randint(1, 20)
                a.window = Window("within", n, unit, self.r.choice([("start",)] + list(events)))
            elif proc.name == "main":
                a.window = Window(kind, date="day0")
        return a

    def limit(self, proc, home, events, lasts=False):
        unit = self.r.choice(("working", "working", "working", "days", "days", "months", "hours"))
        n = self.r.randint(1, {"working": 15, "days": 20, "months": 2, "hours": 100}[unit])
        ev = None
        pick = self.r.random()
        if pick < 0.2:
            ev = ("start",)
        elif pick < 0.5 and events:
            ev = self.r.choice(events)
        elif pick < 0.56 and proc.name == "main" and unit != "hours" and not lasts and home == "s0":
            ev = ("date", "day0")
        if self.p(0.06):
            return Limit("none")
        if self.p(0.12):
            n, unit = "limit0", "working"
        elif self.p(0.05):
            n, unit = "limit1", "days"
        return Limit("within", n, unit, ev)

    def duty(self, proc, home, goals, events):
        bearer = self.r.choice([("party", x) for x in proc.parties] * 3 + [("council",), ("head", proc.parties[-1])])
        d = Duty(self.fresh("duty"), bearer, self.limit(proc, home, events), self.cite(), home)
        if self.p(0.15):
            d.guard = self.condition(proc, home, fixed=self.p(0.5), n=self.r.choice((1, 1, 2)))
        for _ in range(self.r.choice((1, 1, 2))):
            d.acts.append(self.act(proc, home, self.r.choice(goals + [None, None]), duty=d))
        if self.p(0.85):
            goal = self.r.choice(goals) if self.p(0.45) and goals else None
            d.otherwise = (goal, self.effects(proc, lapse=True) or [("trace", self.r.randint(0, 9), None)],
                           self.cite())
        return d

    def extension(self, proc, d):
        lim = d.limit
        unit = lim.unit if not isinstance(lim.n, str) else ("working" if lim.n == "limit0" else "days")
        most = self.r.randint(1, 2) if unit == "months" else self.r.randint(1, 12)
        e = Extend(d.name, [d.bearer] if self.p(0.7) else self.subjects(proc), most, unit, self.cite(), d.home)
        e.count = self.r.choice((None, 1, 1, 2))
        if self.p(0.6):
            e.consent = self.consents(proc)
        e.reporting = self.p(0.5)
        return e

    # ---- a procedure ----

    def procedure(self, name, size):
        r = self.r
        main = name == "main"
        parties = ["a", "b"] if main else ["p"]
        data = [("given", "breach", "Violation", None)] if not main else []
        data += [("given", "flag", "Bool", None), ("given", "hue", "Color", None), ("given", "num", "Int", None),
                 ("given", "day0", "Date", None), ("given", "opt", "Int?", None)] if main else []
        if not main:
            data += [("keep", "flag", "Bool", True), ("keep", "hue", "Color", "red"), ("keep", "num", "Int", 7),
                     ("keep", "opt", "Int?", None)]
        data += [("keep", "k", "Int", 0), ("keep", "kb", "Bool", False), ("keep", "ke", "Color", "red"),
                 ("keep", "trace", "Int", 0)]
        states = [State(f"{'s' if main else 't'}{i}") for i in range(size)]
        ends = [State(f"{'e' if main else 'f'}{i}", True) for i in range(r.choice((1, 2)))]
        proc = Procedure(name, parties, data, states + ends)
        proc.starts = [("by", ("party", "a"))] if main else [("violated",), ("by", ("council",))]
        if main and self.p(0.3):
            proc.require = ("or", ("flag", "flag"), ("cmp", ">", "num", 3))
        if not main and self.p(0.5):
            proc.require = ("breach", "breach", r.choice(self.violations))
        if self.p(0.4):
            proc.outside.append(self.duty(proc, None, [e.name for e in ends], [("state", s.name) for s in states[1:3]]))
        ways = {}                                  # state -> the act that leads in
        parent = {}
        locked = set()                             # entered by one act only
        for i, s in enumerate(states):
            if i:
                parent[s.name] = r.choice(states[:i])
        for i, s in enumerate(states):
            if i == 0:
                continue
            from_ = parent[s.name]
            a = self.act(proc, from_.name, s.name, free=True)
            if main and self.p(0.25):
                x = self.fresh("x")
                a.params = [(x, "Date")] + a.params
                a.guard = ("date_in", x, r.randint(1, 20), r.choice(("working", "days")))
                locked.add(s.name)
            ways[s.name] = a
            from_.items.append(a)
        for e in ends:
            s = r.choice(states)
            s.items.append(self.act(proc, s.name, e.name, free=True))
            if self.p(0.3):
                e.effects = self.effects(proc)
        for i, s in enumerate(states):
            later = [t.name for t in states[i + 1:] if t.name not in locked] * 2 + [ends[0].name]
            others = [t.name for t in states if t.name not in locked and t is not s] * 3 + [ends[0].name]
            up, chain = s, []
            while up.name in parent:
                chain.append(("act", ways[up.name].name))
                chain.append(("state", up.name))
                up = parent[up.name]
            self.fill(proc, s, i, later, others, chain, ways, parent, locked)
        for _ in range(r.choice((0, 0, 1, 2))):
            goal = r.choice([e.name for e in ends] + [None])
            a = self.act(proc, None, goal, events=[])
            if self.p(0.3):
                a.states = r.sample([s.name for s in states], min(len(states), 2))
            proc.outside.append(a)
        self.extras(proc, states, parent, locked)
        return proc

    def fill(self, proc, s, i, later, others, chain, ways, parent, locked):
        r = self.r
        events = list(chain)
        own = [("act", x.name) for x in s.items if isinstance(x, Act) and x.goal is None]
        for _ in range(r.choice((0, 1, 1, 1, 2, 2))):
            d = self.duty(proc, s.name, others, events + own)
            if s.name in locked and self.p(0.7):
                a = ways[s.name]
                d.limit = Limit("by", date=("arg", a.name, a.params[0][0]))
                if d.otherwise and d.otherwise[0]:
                    d.otherwise = (r.choice(later), *d.otherwise[1:])
            elif i == 0 and proc.name == "main" and self.p(0.1):
                d.limit = Limit("by", date=("data", "day0"))
            s.items.append(d)
            if d.limit.kind == "within" and self.p(0.35):
                s.items.append(self.extension(proc, d))
        for _ in range(r.choice((0, 0, 1, 1, 2))):
            a = self.act(proc, s.name, r.choice(others + [None, None]), events=events)
            again = [x for x in proc.acts() if x.home not in (None, s.name) and not x.duty and not x.count
                     and all(t != "Date" for _, t in x.params)]
            if again and self.p(0.15):             # one act, offered in two states
                x = r.choice(again)
                a.name, a.params, a.count = x.name, list(x.params), None
                a.effects = self.effects(proc, args=x.params)
                a.guard = a.guard and self.condition(proc, s.name)
            s.items.append(a)
        if self.p(0.3):
            lim = self.limit(proc, s.name, events, lasts=True)
            if lim.kind == "within":
                goal = r.choice(others)
                s.items.append(Duty(f"lasts_{s.name}", None, lim, c := self.cite(), s.name, None, [],
                                    (goal, self.effects(proc, lapse=True), c)))
        if self.p(0.25) and later:
            for _ in range(r.choice((1, 1, 2))):
                s.whens.append((self.condition(proc, s.name), r.choice(later), self.cite()))
        r.shuffle(s.items)
        if i and s.name not in locked and self.p(0.35):
            s.items.append(self.act(proc, s.name, "back", free=True))
        if not any(isinstance(x, Act) and x.goal and not x.guard for x in s.items):
            s.items.append(self.act(proc, s.name, r.choice(later), free=True))

    def extras(self, proc, states, parent, locked):
        """Duties that a state meets; pauses, restarts and prohibitions: once there is something to pause."""
        r = self.r
        for d in proc.duties():
            acts = proc.state(d.home).items if d.home else proc.acts()
            to = sorted({x.goal for x in acts if isinstance(x, Act) and x is not d and not x.duty
                         and x.goal not in (None, "back")})
            if d.bearer and to and self.p(0.15):
                d.acts, d.until = [], r.sample(to, r.randint(1, min(2, len(to))))
        for i, s in enumerate(states):
            if i == 0 or not self.p(0.4):
                continue
            up = parent[s.name]
            names = [d.name for d in proc.duties() if d.bearer and d.home != s.name and d.limit.kind != "by"
                     and d.home in (None, up.name) or d.bearer and d.home is None]
            by_act = [d for d in proc.duties() if d.limit.kind == "by" and d.home != s.name]
            if self.p(0.3) and not by_act:
                what = "all"
            elif names:
                what = r.sample(names, r.randint(1, min(2, len(names))))
            else:
                continue
            s.pauses = (what, self.condition(proc, s.name, fixed=True) if self.p(0.25) else None)
        for a in proc.acts():
            if not a.home or not self.p(0.12):
                continue
            to = a.home if a.goal is None else a.goal
            names = [d.name for d in proc.duties() if d.bearer and d.home == to and not d.guard
                     and d.limit.kind != "by" and (d.limit.event or ("",))[0] != "date"]
            if names:
                a.effects.append(("restart", r.choice(names), None))
        if proc.name != "main":
            return
        if self.p(0.6):
            acts = [a for a in proc.acts() if not a.duty and a.home]
            a = r.choice(acts)
            unless = self.condition(proc, a.home) if self.p(0.8) else None
            home = a.home if self.p(0.6) else None
            ban = Ban(a.name, r.choice((("any",), ("party", "a"))), unless, r.choice(self.violations), self.cite(),
                      list(a.params), home)
            (proc.state(home).items if home else proc.outside).append(ban)
        if self.p(0.3):
            x = self.fresh("x")
            proc.outside.append(Ban(self.fresh("deed"), r.choice((("any",), ("party", "b"))), ("cmp", ">", x, 2),
                                    r.choice(self.violations), self.cite(), [(x, "Int")]))

    # ---- a policy ----

    def table(self):
        cells = [(f, c) for f in (True, False) for c in ENUM]
        self.r.shuffle(cells)
        n = self.r.randint(1, 3)
        rules = [("when", f, c, self.p(0.5)) for f, c in cells[:n]]
        rules.append(("otherwise", None, None, self.p(0.5)))
        if self.p(0.5):
            f, c = cells[n]
            rules.append(("override", f, c, self.p(0.5)))
        if len({res for _, _, _, res in rules}) == 1:
            rules[0] = (*rules[0][:3], not rules[0][3])
        return rules

    def policy(self):
        r = self.r
        self.violations = ["v0", "v1", "v2"]
        self.sub = self.p(0.5)
        ends = r.choice((86400, 86400, 86400, 63000, 43200))
        p = Policy(self.p(0.25), self.p(0.8), ends, [], self.table(), [], self.violations)
        p.assumes = [("mode", "Bool", self.p(0.5)),
                     ("limit0", "WorkingDays?", r.choice((None, r.randint(1, 12)))),
                     ("limit1", "Days?", r.choice((None, r.randint(1, 12))))]
        p.procs.append(self.procedure("main", r.choice((2, 3, 3, 4, 4, 5))))
        if self.sub:
            p.procs.append(self.procedure("sub", r.choice((1, 2))))
        return p


# ---- what happens ----

def draw_value(r, typ, today):
    if typ == "Int":
        return r.randint(0, 4)
    if typ == "Bool":
        return r.random() < 0.5
    if typ == "Color":
        return r.choice(ENUM)
    if typ == "Date":
        return today + r.choice((-1, 0, 0, 1, 2, 5, 10, 30))
    return r.choice((None, r.randint(0, 4)))


def actors():
    return [("dep", d) for d in DEPS] + [("head", d) for d in DEPS] + [("council",)]


class Story:
    """Draws the next event from where the reference says the case stands."""

    def __init__(self, r, policy):
        self.r, self.policy = r, policy

    def opening(self):
        r = self.r
        if r.random() < 0.5:
            day = r.randint(FIRST, LAST - 120)
        else:
            year = r.randint(2018, 2026)
            month, dom = r.choice(((1, 20), (2, 1), (4, 1), (4, 28), (6, 1), (9, 10), (9, 25), (12, 20)))
            day = naive.num(f"{year}-{month:02}-{dom:02}") + r.randint(0, 10)
            day = min(day, LAST)
        at = day * 86400 + r.choice((9 * 3600, 15 * 3600, r.randint(0, 1439) * 60)) - naive.EAST
        a, b = r.choice(DEPS), r.choice(DEPS)
        given = {"a": a, "b": b, "flag": r.random() < 0.5, "hue": r.choice(ENUM), "num": r.randint(1, 8),
                 "day0": day + r.choice((0, 1, 3, 8, 20, 40)), "opt": r.choice((None, None, 1, 2, 3, 4, 5))}
        assumes = {}
        for name, typ, _ in self.policy.assumes:
            if r.random() < 0.3:
                assumes[name] = draw_value(r, "Bool", 0) if typ == "Bool" else r.choice((None, r.randint(1, 12)))
        who = ("dep", a) if r.random() < 0.95 else r.choice(actors())
        return at, assumes, who, given

    def later(self, world):
        r = self.r
        pick = r.random()
        ends = [d[1] for d in (world.due(x) for c in world.cases for x in c.running.values()) if d]
        if ends and pick < 0.55:
            at = r.choice(ends) + r.choice((-60, -60, 0, 0, 0, 60, 3600, 86400, -86400))
        elif pick < 0.75:
            at = world.at + r.choice((60, 3600, 5 * 3600))
        elif pick < 0.85:
            day = (world.at + naive.EAST) // 86400 + 1
            at = day * 86400 - naive.EAST + r.choice((-60, 0, 60))
        else:
            at = world.at + r.randint(1, 12) * 86400 + r.choice((0, 0, 3600))
        return ("at", max(world.at, at // 60 * 60))

    def someone(self, world, name, consent=False):
        """Mostly one who may. Whether the head of a department may act where the department may is
        not asked."""
        r, case = self.r, world.main
        rules = [x for x in case.proc.acts() + case.proc.extends() if x.name == name]
        able = {a for x in rules for p in (x.consent if consent else x.who) for a in world.parties(case, p)}
        if r.random() < 0.9:
            return r.choice(sorted(able))
        names = {x[1] for x in able if len(x) > 1}
        return r.choice([x for x in actors() if x in able or x[-1] not in names])

    def event(self, world):
        """The next event; None when there is little left to see."""
        r, case = self.r, world.main
        acts, extends = case.proc.acts(), case.proc.extends()
        running = any(x.status in ("open", "paused", "waiting") for c in world.cases for x in c.running.values())
        if not running and case.proc.state(case.state).end and r.random() < 0.5:
            return None
        pick = r.random()
        if case.asked and pick < 0.4:
            name = r.choice(sorted(case.asked))
            return ("answer", r.random() < 0.85, name, self.someone(world, name, True))
        if pick < 0.03:
            rules = [x for x in acts + extends if x.consent]
            if rules:
                rule = r.choice(rules)
                return ("answer", r.random() < 0.8, rule.name, self.someone(world, rule.name, True))
        if pick < 0.42:
            return self.later(world)
        deeds = [b for b in case.proc.bans() if all(b.name != a.name for a in acts)]
        if deeds and pick < 0.46 and not case.proc.state(case.state).end:
            return self.report(world, r.choice(deeds))
        wanted = r.random() < 0.75
        for _ in range(8 if wanted else 1):
            e = self.extension(world, extends) if extends and r.random() < 0.2 else self.deed(world, acts, wanted)
            if not wanted or not isinstance(world.judge(*e[1:]), tuple):
                break
        return e

    def report(self, world, ban):
        r = self.r
        who = r.choice(sorted(world.parties(world.main, ban.who)))
        actor = who if r.random() < 0.5 else r.choice((("council",), ("head", who[1])))
        return ("report", ban.name, actor, {n: draw_value(r, t, 0) for n, t in ban.params}, who[1])

    def extension(self, world, extends):
        e = self.r.choice(extends)
        n = self.r.randint(1, e.most) if self.r.random() < 0.9 else e.most + 1
        return ("act", e.name, self.someone(world, e.name), {"n": n})

    def deed(self, world, acts, here):
        r, case = self.r, world.main
        if here:
            acts = [a for a in acts if world.closed(case, a, world.day(world.at))[0] is True] or acts
        banned = [a for a in acts if any(b.name == a.name for b in case.proc.bans())]
        a = r.choice(banned if banned and r.random() < 0.4 else acts)
        today = world.day(world.at)
        return ("act", a.name, self.someone(world, a.name), {n: draw_value(r, t, today) for n, t in a.params})
