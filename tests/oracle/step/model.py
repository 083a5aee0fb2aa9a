"""A policy as the step oracle sees it, and how it is written in Banfa's English surface.

Only what docs/LANGUAGE.md calls a procedure's rules is here, in as plain a form as will do. Conditions
are tuples, parties are ("party", name), ("head", name), ("council",), ("any",) and, of a list, ("each", m, list)
and ("any_of", m, list), where m is then a name like that of a party; an actor is ("dep", "d1"), ("head", "d1")
or ("council",).
"""
import dataclasses
from dataclasses import dataclass, field

ENUM = ("red", "green", "blue")
PERSONS = ("w1", "w2")
STATUSES = ("waiting", "open", "paused", "met", "late", "lapsed", "void")
UNIT = {"working": "working days", "days": "days", "months": "months", "hours": "hours"}
UNIT_TYPE = {"working": "WorkingDays", "days": "Days", "months": "Months", "hours": "Hours"}


@dataclass
class Limit:
    """within N UNIT [from event]; by DATE; none. n: a number, or an assumption's or given period's name."""
    kind: str                    # within, by, none
    n: object = None
    unit: str = None
    event: tuple = None          # None (the coming), ("start",), ("act", a), ("state", s), ("date", d), ("run", p)
    date: tuple = None           # ("data", name), ("arg", act, name), ("year", month, day),
                                 # ("plain", name, + or -, n, unit), ("counted", name, n, unit)


@dataclass
class Window:
    kind: str                    # within, by, notbefore: of a period with its unit, or of a date
    n: int = 0
    unit: str = None
    event: tuple = None
    date: tuple = None           # as of a limit


@dataclass
class Act:
    name: str
    who: list
    cite: str
    params: list = field(default_factory=list)     # (name, type): Int, Bool, Color, Date, Int?
    home: str = None                               # the state it is written in
    states: list = None                            # `in S, S`
    count: int = None
    window: Window = None
    consent: list = field(default_factory=list)
    guard: tuple = None
    goal: str = None                               # a state, "back", or None: the case stays
    effects: list = field(default_factory=list)    # (kind, …, guard or None)
    duty: str = None                               # an act of this duty's block
    dated: str = None                              # the argument that says the day it bears
    distinct: list = field(default_factory=list)   # acts whose doer may not do this


@dataclass
class Extend:
    duty: str
    who: list
    most: int
    unit: str
    cite: str
    home: str = None
    count: int = None
    consent: list = field(default_factory=list)
    reporting: bool = False

    @property
    def name(self):
        return "extend_" + self.duty


@dataclass
class Duty:
    """A duty, or with bearer None a state limit."""
    name: str
    bearer: tuple
    limit: Limit
    cite: str
    home: str = None
    guard: tuple = None
    acts: list = field(default_factory=list)
    otherwise: tuple = None                        # (goal or None, effects, cite)
    until: list = field(default_factory=list)      # states that meet it; then it has no acts
    deemed: str = None                             # instead of otherwise: the act that silence is
    turn: bool = False                             # each in turn

    @property
    def each(self):
        """(m, list) of a duty that each of a list has."""
        return self.bearer[1:] if self.bearer and self.bearer[0] == "each" else None


@dataclass
class Ban:
    name: str
    who: tuple
    unless: tuple
    violation: str
    cite: str
    params: list = field(default_factory=list)
    home: str = None


@dataclass
class Run:
    proc: str
    args: list                                     # (name, text, data's name or ("const", value))
    outcomes: list                                 # (end, goal or None, effects)
    cite: str


@dataclass
class State:
    name: str
    end: bool = False
    items: list = field(default_factory=list)      # Act, Duty, Extend, Ban in written order
    pauses: tuple = None                           # (names or "all", guard or None)
    whens: list = field(default_factory=list)      # (condition or None: else, goal, cite)
    effects: list = field(default_factory=list)    # of an end
    run: Run = None


@dataclass
class Procedure:
    name: str
    parties: list
    data: list                                     # (given|keep, name, type, first value or None)
    states: list
    outside: list = field(default_factory=list)
    starts: list = field(default_factory=list)     # ("by", party), ("violated",), ("event", name), ("every", …)
    require: tuple = None
    consent: list = field(default_factory=list)    # starts by … with consent of

    def items(self):
        """Everything in written order."""
        out = list(self.outside)
        for s in self.states:
            out += s.items
        return out

    def ends(self, name):
        """Is it an end? A case of P that is run, or asked for, has one that P need not write."""
        return name in ("cancelled", "declined") or self.state(name).end

    def has_state(self, name):
        return any(s.name == name for s in self.states)

    def duties(self):
        return [x for x in self.items() if isinstance(x, Duty)]

    def duty(self, name):
        return next(d for d in self.duties() if d.name == name)

    def state(self, name):
        return next(s for s in self.states if s.name == name)

    def acts(self):
        """Permissions and the acts of duties, in written order."""
        out = []
        for x in self.items():
            if isinstance(x, Act):
                out.append(x)
            elif isinstance(x, Duty):
                out += x.acts
        return out

    def extends(self):
        return [x for x in self.items() if isinstance(x, Extend)]

    def bans(self):
        return [x for x in self.items() if isinstance(x, Ban)]


@dataclass
class Policy:
    same_day: bool
    rolls: bool
    day_ends: int                                  # seconds
    assumes: list                                  # (name, type, value)
    decide: list                                   # (tier, flag or None, colour or None, result)
    procs: list
    violations: list
    norms: list = field(default_factory=list)      # prohibitions: (Ban)

    def rule(self):
        return (self.day_ends, int(self.same_day), int(self.rolls))


# ---- as text ----

def party(p):
    if p[0] in ("each", "any_of"):
        return f"{p[0].replace('any_of', 'any')} {p[1]} in {p[2]}"
    if p[0] == "party":
        return p[1]
    if p[0] == "head":
        return p[1] + ".head"
    return "council" if p[0] == "council" else "any Department"


actor = party          # an actor is spelt alike: d1, d1.head, council


def actor_text(a):
    return a[1] if a[0] == "dep" else party(a)


def value(v, typ):
    if v is None:
        return "none"
    if typ.startswith("Bool"):
        return "yes" if v else "no"
    if typ.startswith("list"):
        return "[" + ", ".join(v) + "]"
    if typ.rstrip("?") in UNIT_TYPE.values():
        unit = next(u for u in UNIT_TYPE if UNIT_TYPE[u] == typ.rstrip("?"))
        return f"{v} {UNIT[unit]}"
    return str(v)


def cond(e):
    k = e[0]
    if k in ("flag", "assume"):
        return e[1]
    if k == "cmp":
        return f"{e[2]} {e[1]} {e[3]}"
    if k == "is":
        return f"{e[1]} is {e[2]}"
    if k == "optcmp":
        return f"({e[1]} is present and {e[1]} {e[2]} {e[3]})"
    if k == "absent":
        return f"{e[1]} is absent"
    if k == "status":
        return f"{e[1]} is {e[2]}"
    if k in ("all", "any"):
        return f"{k} {e[1]} is {e[2]}"
    if k == "count":
        return f"count({e[1]}{' is ' + e[2] if e[2] else ''}) {e[3]} {e[4]}"
    if k == "length":
        return f"count({e[1]}) {e[2]} {e[3]}"
    if k == "of_one":
        return f"{e[1]}[{e[2]}] is {e[3]}"
    if k == "same":
        return f"{e[1]} {e[2]} {e[3]}"
    if k == "sub":
        return f"({e[1]}.{e[2]} is present and {e[1]}.{e[2]} {e[3]} {e[4]})"
    if k == "between":
        return f"{e[1]}({e[2]}, today) {e[3]} {e[4]}"
    if k == "shifted":
        return f"{e[3]} {e[4]} {e[1]}({e[2]})"
    if k == "row":
        return f"ledger[{e[1]}] is present"
    if k == "decide":
        return f"table({e[1]}, {e[2]})"
    if k == "date_in":                 # an argument, today to N days on
        return f"({e[1]} >= today and {e[1]} <= {e[2]} {UNIT[e[3]]} after today)"
    if k == "breach":
        return f"{e[1]} = {e[2]}"
    if k == "not":
        return f"not {wrap(e[1])}"
    return f" {k} ".join(wrap(x) for x in e[1:])


def wrap(e):
    text = cond(e)
    return f"({text})" if e[0] in ("and", "or", "not") else text


def event(ev):
    return "start" if ev[0] == "start" else ev[1]


def limit(lim):
    if lim.kind == "none":
        return "within none"
    if lim.kind == "by":
        return "by " + date(lim.date)
    n = lim.n if isinstance(lim.n, str) else f"{lim.n} {UNIT[lim.unit]}"
    return f"within {n}" + (f" from {event(lim.event)}" if lim.event else "")


def date(d):
    if d[0] == "year":
        return f"{d[1]:02}-{d[2]:02}"
    if d[0] == "plain":
        return f"{d[1]} {d[2]} {d[3]} {UNIT[d[4]]}"
    if d[0] == "counted":
        return f"{d[2]} {UNIT[d[3]]} after {d[1]}"
    return d[1] if d[0] == "data" else f"{d[1]}.{d[2]}"


def effect(ef):
    kind, guard = ef[0], ef[-1]
    tail = f" if {cond(guard)}" if guard else ""
    if kind == "inc":
        text = f"set {ef[1]} = {ef[1]} + 1"
    elif kind == "set":
        text = f"set {ef[1]} = {ef[2][1]}"
    elif kind == "trace":
        return f"set trace = trace + trace + trace + {ef[1]} if trace < 100000000000000000"
    elif kind == "violate":
        text = f"violate {ef[1]} by {party(ef[2])}"
    elif kind == "notify":
        text = f"notify {party(ef[1])}"
    elif kind == "put":
        text = f"put ledger Row(code: {ef[1]}, n: {ef[2]})"
    elif kind == "open":
        text = f"open {ef[1]}(p: {ef[2]}, breach: {ef[3]})"
    elif kind == "yard":
        text = f"put yard Yard(dept: {ef[1]}, n: k)"
    elif kind == "add":
        text = f"add {ef[1]} to {ef[2]}" + (f" {ef[3]} {ef[4]}" if ef[3] else "")
    elif kind == "remove":
        text = f"remove {ef[1]} from {ef[2]}"
    elif kind == "assign":
        text = f"set {ef[1]} = {ef[2]}"
    elif kind == "hear":
        text = f"set k = {ef[1]}.k"
    elif kind == "extend":
        text = f"extend {ef[1]} by {ef[2]} {UNIT[ef[3]]}"
    elif kind == "extend_to":
        text = f"extend {ef[1]} to {ef[2]}"
    elif kind == "excuse":
        text = f"excuse {ef[1]}"
    elif kind == "issue":
        text = f"issue Row(code: num, n: k) to {party(ef[1])}"
    else:
        text = f"restart {ef[1]}"
    return text + tail


def effects(list_):
    return " { " + "; ".join(effect(e) for e in list_) + " }" if list_ else ""


def params(list_):
    return "(" + ", ".join(f"{n}: {t}" for n, t in list_) + ")" if list_ else ""


def consent(list_):
    return " with consent of " + ", ".join(party(p) for p in list_) if list_ else ""


def act_line(a, in_duty):
    t = a.name if in_duty else " or ".join(party(p) for p in a.who) + " may " + a.name
    t += params(a.params)
    if a.states:
        t += " in " + ", ".join(a.states)
    if a.count:
        t += " once" if a.count == 1 else f" {a.count} times"
    w = a.window
    if w and w.unit:
        t += f" {'within' if w.kind == 'within' else 'not before'} {w.n} {UNIT[w.unit]} from {event(w.event)}"
    elif w:
        t += f" {'by' if w.kind == 'by' else 'not before'} {date(w.date)}"
    if a.dated:
        t += " dated " + a.dated
    if a.distinct:
        t += " distinct from " + ", ".join(a.distinct)
    t += consent(a.consent)
    if a.guard:
        t += " if " + cond(a.guard)
    if a.goal:
        t += " -> " + a.goal
    return t + effects(a.effects) + ("" if in_duty else "  @" + a.cite)


def goal_text(g, list_):
    return ("stays" if g is None else "-> " + g) + effects(list_)


def item(x):
    if isinstance(x, Act):
        return [act_line(x, False)]
    if isinstance(x, Extend):
        n = "" if not x.count else (" once" if x.count == 1 else f" {x.count} times")
        t = " or ".join(party(p) for p in x.who)
        t += f" may extend {x.duty}{n} by at most {x.most} {UNIT[x.unit]}{consent(x.consent)}"
        if x.reporting:
            t += (", " if x.consent else " ") + "reporting to council"
        return [t + "  @" + x.cite]
    if isinstance(x, Ban):
        t = f"{party(x.who)} must not {x.name}{params(x.params)}"
        if x.unless:
            t += " unless " + cond(x.unless)
        return [t + f" otherwise violate {x.violation}  @{x.cite}"]
    if x.bearer is None:
        lim = limit(x.limit).replace("within", "lasts at most", 1)
        return [f"{lim} otherwise -> {x.otherwise[0]}{effects(x.otherwise[1])}  @{x.cite}"]
    t = f"{party(x.bearer)}{' in turn' if x.turn else ''} must {x.name}"
    if x.guard:
        t += " if " + cond(x.guard)
    if x.until:
        lines = [f"{t} {limit(x.limit)} until {', '.join(x.until)}  @{x.cite}"]
        if x.otherwise:
            lines.append(f"  otherwise {goal_text(x.otherwise[0], x.otherwise[1])}  @{x.otherwise[2]}")
        elif x.deemed:
            lines.append("  otherwise deemed " + x.deemed)
        return lines
    lines = [f"{t} {limit(x.limit)} {{  @{x.cite}"]
    lines += ["  " + act_line(a, True) for a in x.acts]
    tail = "}"
    if x.otherwise:
        tail += f" otherwise {goal_text(x.otherwise[0], x.otherwise[1])}  @{x.otherwise[2]}"
    elif x.deemed:
        tail += " otherwise deemed " + x.deemed
    return lines + [tail]


def state_lines(s):
    if s.end:
        return [f"  end {s.name}{effects(s.effects)}"]
    out = [f"  state {s.name} {{"]
    if s.pauses:
        what = s.pauses[0] if s.pauses[0] == "all" else ", ".join(s.pauses[0])
        out.append(f"    pauses {what}" + (f" if {cond(s.pauses[1])}" if s.pauses[1] else ""))
    for x in s.items:
        out += ["    " + line for line in item(x)]
    if s.run:
        args = ", ".join(f"{n}: {t}" for n, t, _ in s.run.args)
        out.append(f"    run {s.run.proc}({args}) {{  @{s.run.cite}")
        for end, goal, list_ in s.run.outcomes:
            out.append(f"      {end}{' -> ' + goal if goal else ''}{effects(list_)}")
        out.append("    }")
    for c, goal, cite in s.whens:
        out.append(f"    {'else' if c is None else 'when ' + cond(c)} -> {goal}  @{cite}")
    return out + ["  }"]


def start(s, p):
    if s[0] == "by":
        return f"starts by {party(s[1])}{consent(p.consent)}"
    if s[0] == "every":
        when = f"year on {s[1]:02}-{s[2]:02}" if s[2] else f"{s[1][0]} {UNIT[s[1][1]]}"
        return f"starts every {when} with each p in yard  @1"
    return f"starts on {s[1] if s[0] == 'event' else 'violated'}(breach: Violation, p: Department)"


def procedure(p):
    out = [f"procedure {p.name} @1 {{"]
    out += [f"  party {n} : Department" for n in p.parties]
    for kind, name, typ, first in p.data:
        shut = " sealed" if name == "opt" and p.name == "main" else ""
        first = first[1] if isinstance(first, tuple) else value(first, typ)
        out.append(f"  {kind} {name} : {typ}{shut}" + (f" = {first}" if kind == "keep" else ""))
    for s in p.starts:
        out.append("  " + start(s, p))
    if p.require:
        out.append(f'  require {cond(p.require)} otherwise "no"')
    for x in p.outside:
        out += ["  " + line for line in item(x)]
    for s in p.states:
        out += state_lines(s)
    return out + ["}"]


def clock(seconds):
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}"


def source(p):
    out = ["policy drawn {", '  number "1"', "  rank 1", "  in force 2018-01-01",
           "  calendar cn.workdays", f"  count from {'same' if p.same_day else 'next'} day"]
    if not p.rolls:
        out.append("  roll none")
    if p.day_ends != 86400:
        out.append("  day ends " + clock(p.day_ends))
    out += ["}", "use std.government", 'office head per Department @1', "office council @1",
            "enum Color { " + " ".join(ENUM) + " }",
            "record Row { code : Int n : Int }", "register ledger of Row by code @1",
            "record Yard { dept : Department n : Int }", "register yard of Yard by dept @1"]
    out += [f"violation {v} @1" for v in p.violations]
    for name, typ, first in p.assumes:
        out.append(f'assume {name} : {typ} = {value(first, typ)} @1 because "drawn"')
    out.append("decide table (f: Bool, c: Color): Bool {")
    for tier, flag, colour, result in p.decide:
        parts = [] if flag is None else ["f" if flag else "not f"]
        parts += [f"c is {colour}"] if colour else []
        if len(parts) == 2 and flag is False:
            parts[0] = "(not f)"
        text = " and ".join(parts)
        res = "yes" if result else "no"
        out.append(f"  otherwise {res}  @1" if tier == "otherwise" else
                   f"  {'override ' if tier == 'override' else ''}when {text} then {res}  @1")
    out.append("}")
    for ban in p.norms:
        out += [f"norm rule_{ban.name} @1 {{"] + ["  " + line for line in item(ban)] + ["}"]
    for proc in p.procs:
        out += procedure(proc)
    for d in ("d1", "d2", "d3"):
        out.append(f'let {d} = Department(code: "{d}", name: "{d}", level: county)')
    out += [f'let {w} = Person(code: "{w}", name: "{w}")' for w in PERSONS]
    return out


def clone(x):
    return dataclasses.replace(x)
