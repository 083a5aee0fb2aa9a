"""Draws policies and what happens in them.

A policy is laid out so that the checker has nothing to mend: every state has a way in from an earlier
one and a way out, routes lead forward only, what an act carried is read only behind it. What is
drawn is otherwise as mixed as can be.
"""
import calendar_oracle as naive
from model import (ENUM, PERSONS, Act, Ban, Duty, Extend, Limit, Policy, Procedure, State, Window)

DEPS = ("d1", "d2", "d3")
FIRST, LAST = naive.num("2018-02-15"), naive.num("2026-12-20")


def walk(e):
    """The atoms of a condition."""
    if e[0] in ("and", "or", "not"):
        for x in e[1:]:
            yield from walk(x)
    else:
        yield e


def conditions(proc):
    """Every condition of a procedure."""
    out = [c for s in proc.states for c, _, _ in s.whens] + [s.pauses[1] for s in proc.states if s.pauses]
    for x in proc.items():
        out += [getattr(x, "guard", None), getattr(x, "unless", None)]
        parts = [x, *getattr(x, "acts", ())]
        lists = [p.effects for p in parts if hasattr(p, "effects")]
        lists += [x.otherwise[1]] if getattr(x, "otherwise", None) else []
        out += [p.guard for p in parts if hasattr(p, "guard")] + [ef[-1] for list_ in lists for ef in list_]
    return [c for c in out if c] + [ef[-1] for s in proc.states for ef in s.effects if ef[-1]]


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
        if proc.name == "main":
            out.append(("between", self.r.choice(("days_between", "working_days_between")), "day0",
                        self.r.choice(("<", ">=")), self.r.randint(-10, 10)))
            out.append(("shifted", self.r.choice(("workday", "next_workday")), "day0", "today",
                        self.r.choice(("<", ">="))))
        return out

    def condition(self, proc, home, fixed=False, n=None, route=False):
        """Each thing is asked about at most once, so that no condition contradicts itself."""
        atoms = [a for a in self.atoms(proc, home) if not route or a[0] not in ("between", "shifted")]
        if fixed:
            atoms = [("flag", "flag"), ("is", "hue", self.r.choice(ENUM)), ("assume", "mode"), ("absent", "opt")]
        duties = [d.name for d in self.duties_at(proc, home)]
        if duties and not fixed:
            of = [("status", d, x) for d in duties for x in ("open", "met", "late", "lapsed", "void", "waiting")]
            of += [("status", d.name, a.name) for d in self.duties_at(proc, home) for a in d.acts if not d.each]
            atoms += [self.r.choice(of)] * 3
        joint = [d for d in self.duties_at(proc, home) if d.each]
        if joint and not fixed:
            atoms += [self.of_each(self.r.choice(joint)) for _ in range(4)]
        if proc.name == "main":
            atoms.append(("length", "team", self.r.choice("<>"), self.r.randint(1, 3)))
        groups = {"flag": 0, "kb": 1, "hue": 2, "ke": 3, "opt": 4}
        self.r.shuffle(atoms)
        taken, parts = set(), []
        for a in atoms:
            keys = {"status"} if a[0] in ("status", "all", "any", "count", "of_one") else {x for x in a[1:] if isinstance(x, str)}
            keys -= {"<", ">", "=", "<=", ">=", "today"}
            keys |= {"table"} if a[0] == "decide" else set()
            if taken & keys:
                continue
            taken |= keys
            parts.append(("not", a) if self.p(0.3) else a)
            if len(parts) == (n or self.r.choice((1, 1, 1, 2, 2, 3))):
                break
        return parts[0] if len(parts) == 1 else (self.r.choice(("and", "or")), *parts)

    def of_each(self, d):
        """Of a duty that each of a list has."""
        r = self.r
        x = r.choice([a.name for a in d.acts] * 2 + ["open", "met", "lapsed", "late", "waiting", "void"])
        return r.choice(((r.choice(("all", "any")), d.name, x), (r.choice(("all", "any")), d.name, x),
                         ("count", d.name, r.choice((x, x, None)), r.choice("<>="), r.randint(1, 2)),
                         ("of_one", d.name, r.choice("ab"), x)))

    def duties_at(self, proc, home):
        return [d for d in proc.duties() if d.bearer and d.home in (None, home)]

    # ---- effects ----

    def of_list(self, args, m):
        """What an act does to the list: with its arguments, with who acts."""
        r, out = self.r, []
        for n, t in args:
            if t == "list of Department":
                out.append(("assign", "team", n, None))
            elif t == "Department":
                where = r.choice((None, "after", "before"))
                out.append(("add", n, "team", where, m if m and self.p(0.6) else r.choice("ab"), None))
        if m and self.p(0.3):
            out.append(("remove", m, "team", ("same", m, r.choice(("=", "!=")), "a") if self.p(0.2) else None))
        return out

    def effects(self, proc, duty=None, args=(), lapse=False, m=None):
        out = []
        if self.p(0.6):
            out.append(("trace", self.r.randint(0, 9), None))
        for _ in range(self.r.choice((0, 0, 1, 1, 2))):
            kinds = ["inc", "setk", "setb", "sete"]
            if proc.name == "main":
                kinds += ["violate", "notify", "put", "issue", "yard", "add", "remove"]
                if self.sub:
                    kinds.append("open")
            elif proc.name == "sub":
                kinds.append("excuse")
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
                out.append(("violate", self.r.choice(self.violations), ("party", m or self.r.choice("ab")), guard))
            elif kind == "add":
                out.append(("add", self.r.choice("ab"), "team", None, None, guard))
            elif kind == "remove":
                out.append(("remove", self.r.choice("ab"), "team", guard))
            elif kind == "notify":
                out.append(("notify", self.r.choice((("party", "a"), ("council",))), guard))
            elif kind == "put":
                out.append(("put", "num", "k", guard))
            elif kind == "issue":
                out.append(("issue", ("party", self.r.choice("ab")), guard))
            elif kind == "yard":
                out.append(("yard", self.r.choice("ab"), guard))
            elif kind == "excuse":
                out.append(("excuse", "breach", guard))
            else:
                out.append(("open", "sub", self.r.choice("ab"), self.r.choice(self.violations), guard))
        out += self.of_list(args, m) if proc.name == "main" else []
        return out

    # ---- rules ----

    def subjects(self, proc):
        if len(proc.parties) == 1:
            return [self.r.choice((("party", "p"), ("party", "p"), ("head", "p"), ("council",)))]
        pick = self.r.choice(("a", "b", "ab", "head", "council", "any", "bhead", "any_of"))
        if pick == "any_of":
            return [("any_of", self.fresh("m"), "team")]
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

    def members(self):
        return [(self.fresh("who"), self.r.choice(("Department", "Department", "list of Department")))]

    def act(self, proc, home, goal, free=False, duty=None, events=()):
        params = self.params()
        if proc.name == "main" and self.p(0.2):
            params += self.members()
        a = Act(self.fresh("act"), self.subjects(proc), self.cite(), params, home, None)
        if duty:
            a.who = [duty.bearer]
        m = a.who[0][1] if a.who[0][0] in ("each", "any_of") else None
        a.goal = goal
        a.effects = self.effects(proc, args=params, m=m) if m or params and params[0][0][:3] == "who" or self.p(0.6) else []
        if self.p(0.2):
            a.consent = [("head", m)] if m and self.p(0.5) else self.consents(proc)
        if self.p(0.12):
            a.dated = self.fresh("on")
            a.params = params + [(a.dated, self.r.choice(("Date", "Date?")))]
        if duty:
            a.duty, a.who, a.cite = duty.name, [duty.bearer], duty.cite
        if free:
            return a
        if self.p(0.35):
            a.guard = self.condition(proc, home, fixed=bool(a.consent))
        if self.p(0.1):
            ints = [n for n, t in params if t == "Int"]
            a.guard = ("cmp", ">", ints[0], 1) if ints else a.guard
        if m and self.p(0.25):
            joint = [d for d in self.duties_at(proc, home) if d.each]
            a.guard = ("same", m, self.r.choice(("=", "!=")), self.r.choice("ab"))
            if joint and not duty and home:
                d = self.r.choice(joint)
                a.guard = ("of_one", d.name, m, self.r.choice([x.name for x in d.acts] + ["waiting", "open", "open", "met"]))
        if not duty and self.p(0.25):
            a.count = self.r.choice((1, 1, 2, 3))
        if not duty and self.p(0.2):
            kind = self.r.choice(("within", "within", "by", "notbefore"))
            if kind != "within" and self.p(0.5):
                a.window = Window(kind, date=self.day_of_year())
                return a
            if kind == "notbefore" and self.p(0.4):
                unit = self.r.choice(("working", "days", "months", "hours"))
                n = self.r.randint(1, 30) if unit == "hours" else 1 if unit == "months" else self.r.randint(1, 6)
                on = [("date", "day0")] if proc.name == "main" else []
                a.window = Window(kind, n, unit, self.r.choice([("start",)] + list(events) + on))
            elif kind == "within":
                unit = self.r.choice(("working", "days", "months"))
                n = self.r.randint(1, 2) if unit == "months" else self.r.randint(1, 20)
                a.window = Window("within", n, unit, self.r.choice([("start",)] + list(events)))
            elif proc.name == "main":
                a.window = Window(kind, date=self.some_date())
        return a

    def some_date(self):
        unit = self.r.choice(("working", "days", "months"))
        n = 1 if unit == "months" else self.r.randint(1, 12)
        return self.r.choice((("data", "day0"), ("data", "day0"), ("counted", "day0", n, unit),
                              ("plain", "day0", self.r.choice("+-"), n, unit)))

    def day_of_year(self):
        return ("year", *self.r.choice(((2, 29), (12, 31), (self.r.randint(1, 12), self.r.randint(1, 28)))))

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
        if proc.name == "main" and self.p(0.35):
            bearer = ("each", self.fresh("m"), "team")
        d = Duty(self.fresh("duty"), bearer, self.limit(proc, home, events), self.cite(), home)
        d.turn = bool(d.each) and self.p(0.4)
        if self.p(0.15):
            d.guard = self.condition(proc, home, fixed=self.p(0.5), n=self.r.choice((1, 1, 2)))
        if d.each and self.p(0.3):
            d.guard = ("same", d.each[0], self.r.choice(("=", "!=", "!=")), self.r.choice("ab"))
        for _ in range(self.r.choice((1, 1, 2))):
            d.acts.append(self.act(proc, home, self.r.choice(goals + [None, None]), duty=d))
        if self.p(0.85):
            goal = self.r.choice(goals) if self.p(0.45) and goals else None
            d.otherwise = (goal, self.effects(proc, lapse=True, m=d.each and d.each[0]) or [("trace", self.r.randint(0, 9), None)],
                           self.cite())
        return d

    def extension(self, proc, d):
        lim = d.limit
        unit = lim.unit if not isinstance(lim.n, str) else ("working" if lim.n == "limit0" else "days")
        most = self.r.randint(1, 2) if unit == "months" else self.r.randint(1, 12)
        own = self.p(0.7)
        mine = [("party", d.each[0])] if d.each else [d.bearer]
        e = Extend(d.name, mine if own else self.subjects(proc), most, unit, self.cite(), d.home)
        while not own and e.who[0][0] == "any_of":
            e.who = self.subjects(proc)
        e.count = self.r.choice((None, 1, 1, 2)) if own or not d.each else None
        if self.p(0.6):
            e.consent = [("head", d.each[0])] if d.each and own and self.p(0.5) else self.consents(proc)
        e.reporting = self.p(0.5)
        return e

    # ---- a procedure ----

    def procedure(self, name, size):
        r = self.r
        main = name == "main"
        parties = ["a", "b"] if main else ["p"]
        data = [("given", "breach", "Violation", None)] if not main else []
        data += [("given", "flag", "Bool", None), ("given", "hue", "Color", None), ("given", "num", "Int", None),
                 ("given", "day0", "Date", None), ("given", "opt", "Int?", None),
                 ("given", "staff", "list of Department", None)] if main else []
        if not main:
            data += [("keep", "flag", "Bool", True), ("keep", "hue", "Color", "red"), ("keep", "num", "Int", 7),
                     ("keep", "opt", "Int?", None)]
        data += [("keep", "k", "Int", 0), ("keep", "kb", "Bool", False), ("keep", "ke", "Color", "red"),
                 ("keep", "trace", "Int", 0)]
        data += [("keep", "team", "list of Department", ("data", "staff"))] if main else []
        states = [State(f"{'s' if main else 't'}{i}") for i in range(size)]
        ends = [State(f"{'e' if main else 'f'}{i}", True) for i in range(r.choice((1, 2)))]
        proc = Procedure(name, parties, data, states + ends)
        proc.starts = [("by", ("party", "a"))] if main else [("violated",), ("by", ("council",)), ("event", "strange")]
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
                d.limit = Limit("by", date=self.some_date())
            elif self.p(0.07):
                d.limit = Limit("by", date=self.day_of_year())
            s.items.append(d)
            if d.limit.kind == "within" and self.p(0.35):
                s.items.append(self.extension(proc, d))
        for _ in range(r.choice((0, 0, 1, 1, 2))):
            a = self.act(proc, s.name, r.choice(others + [None, None]), events=events)
            again = [x for x in proc.acts() if x.home not in (None, s.name) and not x.duty and not x.count
                     and all(t != "Date" for _, t in x.params)]
            if again and self.p(0.15):             # one act, offered in two states
                x = r.choice(again)
                a.name, a.params, a.count, a.dated = x.name, list(x.params), None, x.dated
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
                s.whens.append((self.condition(proc, s.name, route=True), r.choice(later), self.cite()))
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
            named = {y for c in conditions(proc) for x in walk(c) if x[1] == d.name for y in x[2:]}
            if d.bearer and to and not named & {a.name for a in d.acts} and self.p(0.15):
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
        self.by_others(proc)
        self.extensions_by_effect(proc)
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

    def by_others(self, proc):
        """Acts that silence is deemed to be; acts that ask for another person."""
        r = self.r
        for d in proc.duties():
            if not d.bearer or d.until or not self.p(0.25):
                continue
            near = [a for a in proc.acts() if not a.duty and a.home == d.home and not a.states
                    and a.who[0][0] != "any_of"]
            names = [a.name for a in proc.acts()]
            plain = [a.name for a in d.acts + near if not (a.guard or a.consent or a.count or a.window or a.distinct)
                     and names.count(a.name) == 1 and all(t.endswith("?") for _, t in a.params)
                     and a.goal != "back"]
            if plain:
                d.otherwise, d.deemed = None, r.choice(plain)
        deemed = {d.deemed for d in proc.duties()}
        for a in proc.acts():
            others = [x.name for x in proc.acts() if x.name != a.name]
            if others and a.name not in deemed and self.p(0.12):
                a.distinct = r.sample(others, min(len(others), r.choice((1, 1, 2))))

    def extensions_by_effect(self, proc):
        r = self.r
        for a in proc.acts():
            if not a.home or not self.p(0.12):
                continue
            to = a.home if a.goal is None else a.goal
            duties = [d for d in proc.duties() if d.bearer and d.home in (None, to) and d.limit.kind == "within"
                      and d.limit.unit]
            if not duties:
                continue
            d = r.choice(duties)
            unit = d.limit.unit
            if proc.name == "main" and unit != "hours" and self.p(0.4):
                a.effects.append(("extend_to", d.name, "day0", None))
            else:
                a.effects.append(("extend", d.name, r.randint(1, 8) if unit != "months" else 1, unit, None))

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
        if self.p(0.2):
            x = self.fresh("x")
            p.norms.append(Ban(self.fresh("misdeed"), ("any",), ("cmp", ">", x, 2) if self.p(0.7) else None,
                               r.choice(self.violations), self.cite(), [(x, "Int")]))
        return p


# ---- what happens ----

def draw_value(r, typ, today):
    if typ == "Int":
        return r.randint(0, 4)
    if typ == "Bool":
        return r.random() < 0.5
    if typ == "Color":
        return r.choice(ENUM)
    if typ == "Date?" and r.random() < 0.3:
        return None
    if typ == "Department":
        return r.choice(DEPS)
    if typ.startswith("list"):
        return [r.choice(DEPS) for _ in range(r.choice((0, 1, 2, 2, 3, 3, 4)))]
    if typ.startswith("Date"):
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
            day = min(max(day, FIRST), LAST)
        at = day * 86400 + r.choice((9 * 3600, 15 * 3600, r.randint(0, 1439) * 60)) - naive.EAST
        a, b = r.choice(DEPS), r.choice(DEPS)
        given = {"a": a, "b": b, "flag": r.random() < 0.5, "hue": r.choice(ENUM), "num": r.randint(1, 8),
                 "day0": day + r.choice((0, 1, 3, 8, 20, 40)), "opt": r.choice((None, None, 1, 2, 3, 4, 5)), "staff": draw_value(r, "list of Department", 0)}
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

    def someone(self, world, case, name, consent=False):
        """Mostly one who may. Whether the head of a department may act where the department may is
        not asked."""
        r = self.r
        rules = [x for x in case.proc.acts() + case.proc.extends() if x.name == name]
        able = set()
        for x in rules:
            for args in world.each_bound(case, x):
                for p in x.consent if consent else x.who:
                    able |= world.parties(case, p, args)
        if able and r.random() < 0.9:
            return r.choice(sorted(able))
        names = {x[1] for x in able if len(x) > 1}
        return r.choice([x for x in actors() if x in able or x[-1] not in names])

    def event(self, world):
        """The next event; None when there is little left to see."""
        r = self.r
        running = any(x.status in ("open", "paused", "waiting") for c in world.cases for x in c.runs())
        if not running and world.main.proc.ends(world.main.state) and r.random() < 0.5:
            return None
        if r.random() < 0.08:
            other = self.beside(world)
            if other:
                return other
        to = r.choice([p.name for p in self.policy.procs[1:] if any(c.proc is p for c in world.cases)]
                      + ["c"] * 3)
        case = world.case(to)
        acts, extends = case.proc.acts(), case.proc.extends()
        pick = r.random()
        if case.state == "asked" and pick < 0.5:
            if r.random() < 0.15:
                return ("act", "withdraw_start", r.choice([case.opener] * 3 + actors()), {}, to)
            able = sorted({a for y in case.proc.consent for a in world.parties(case, y)})
            return ("answer", r.random() < 0.85, "start", r.choice(able * 3 + actors()), None, to)
        if case.asked and pick < 0.4:
            name, member = r.choice(sorted(case.asked, key=str))
            whose = member if member and r.random() < 0.5 else None
            return ("answer", r.random() < 0.85, name, self.someone(world, case, name, True), whose, to)
        if pick < 0.03:
            rules = [x for x in acts + extends if x.consent]
            if rules:
                rule = r.choice(rules)
                return ("answer", r.random() < 0.8, rule.name, self.someone(world, case, rule.name, True), None, to)
        if pick < 0.42:
            return self.later(world)
        deeds = [b for b in case.proc.bans() if all(b.name != a.name for a in acts)]
        if deeds and to == "c" and pick < 0.46 and not case.proc.ends(case.state):
            return self.report(world, r.choice(deeds))
        wanted = r.random() < 0.75
        for _ in range(8 if wanted else 1):
            e = self.extension(world, case, extends, to) if extends and r.random() < 0.2 else \
                self.deed(world, case, acts, wanted, to)
            if not wanted or not isinstance(world.judge(case, *e[1:4]), tuple):
                break
        return e

    def beside(self, world):
        """What happens beside the cases: rows put, events and breaches of norms reported."""
        r, out = self.r, []
        procs = [p.name for p in self.policy.procs]
        if "tick" in procs:
            out.append(("row", r.choice(DEPS)))
        for p in self.policy.procs:
            for s in p.starts:
                if s[0] == "event":
                    out.append(("event", s[1], r.choice(actors()), r.choice(DEPS), r.choice(self.policy.violations)))
        for norm in self.policy.norms:
            out.append(("norm", norm.name, r.choice(actors()), {n: draw_value(r, t, 0) for n, t in norm.params},
                        r.choice(DEPS)))
        return r.choice(out) if out else None

    def report(self, world, ban):
        r = self.r
        who = r.choice(sorted(world.parties(world.main, ban.who)))
        actor = who if r.random() < 0.5 else r.choice((("council",), ("head", who[1])))
        return ("report", ban.name, actor, {n: draw_value(r, t, 0) for n, t in ban.params}, who[1])

    def extension(self, world, case, extends, to):
        e = self.r.choice(extends)
        n = self.r.randint(1, e.most) if self.r.random() < 0.9 else e.most + 1
        return ("act", e.name, self.someone(world, case, e.name), {"n": n}, to)

    def deed(self, world, case, acts, here, to):
        r = self.r
        today = world.day(world.at)
        if here:
            acts = [a for a in acts if world.closed(case, a, today)[0] is True] or acts
        banned = [a for a in acts if any(b.name == a.name for b in case.proc.bans())]
        a = r.choice(banned if banned and r.random() < 0.4 else acts)
        return ("act", a.name, self.someone(world, case, a.name), {n: draw_value(r, t, today - (4 if n == a.dated and r.random() < 0.6 else 0)) for n, t in a.params}, to,
                self.behind(case))

    def behind(self, case):
        """The persons behind an act, where they are known."""
        r = self.r
        if r.random() < 0.4 or not any(a.distinct for a in case.proc.acts()):
            return ()
        return r.choice((("self", r.choice(PERSONS)), ("self", r.choice(PERSONS)), ("deputy", *r.sample(PERSONS, 2)),
                         ("clerk", r.choice(PERSONS))))
