#!/usr/bin/env python3
"""Decision tables, a second time: slowly, and from docs/LANGUAGE.md alone.

Random tables are written as source. Every input of a table is tried: of the highest tier (override, when,
otherwise) with a rule that fits, all that fit fire. From that follows what `banfa check --json` has to
say (rules that disagree, inputs without a rule, rules that never fire or add nothing, each example
input) and what `banfa decide` has to answer (the result, and the rules that fired).

Where conditions hang together in ways the checker does not look into (a decision called on what is
tested too, two numbers compared), it need not find everything, but what it claims must be true.

    tables_oracle.py [SEED [TABLES]]      BANFA_SEEDS=small: a hundredth of them
"""
import itertools
import json
import os
import random
import re
import subprocess
import sys
import tempfile

BANFA = os.environ.get("BANFA") or os.path.join(os.environ.get("builddir", "."), "banfa")
SMALL = os.environ.get("BANFA_SEEDS") == "small"
PER_FILE = 12  # a run shows at most 100 mistakes
ASKED = 860    # questions to each table that `decide` is asked about: a million in all
ABSENT, OTHER = ("absent",), ("any other",)
TIERS = {"otherwise": 0, "when": 1, "override when": 2}
RESULTS = ["r0", "r1", "r2"]

ENUMS = {"E2": ["a0", "a1"], "E3": ["b0", "b1", "b2"], "E5": ["c0", "c1", "c2", "c3", "c4"],
         "O2": ["d0", "d1"]}
OPEN = {"O2"}
# Decisions that tables call: a parameter's type, and the result for each of its values.
HELPERS = {"h_bool": ("E3", "Bool", {"b0": True, "b1": False, "b2": True}),
           "h_enum": ("E5", "E3", {"c0": "b0", "c1": "b0", "c2": "b2", "c3": "b2", "c4": "b0"}),
           "h_flag": ("Bool", "E2", {False: "a1", True: "a0"})}


def prelude():
    out = ["enum R { r0 r1 r2 }"]
    for name, members in ENUMS.items():
        out.append("%senum %s { %s }" % ("open " if name in OPEN else "", name, " ".join(members)))
    for name, (param, result, table) in HELPERS.items():
        out.append("decide %s (p: %s): %s {" % (name, param, result))
        for value, answer in table.items():
            cond = ("p" if value is True else "not p" if value is False else "p is %s" % value)
            out.append("  when %s then %s" % (cond, text_of(answer)))
        out.append("}")
    return out


def text_of(v):
    return "yes" if v is True else "no" if v is False else str(v)


# ---- columns: a parameter, its values, and the conditions on it ----

class Column:
    """values: all that matter; atoms(rng): a (text, function of the input) that is well typed."""

    def __init__(self, name, rng, kinds):
        self.name = name
        self.kind = rng.choice(kinds)
        self.optional = self.kind in ("Bool", "enum") and rng.random() < 0.35
        self.enum = rng.choice(list(ENUMS)) if self.kind == "enum" else None
        self.literals = sorted(rng.sample(range(0, 9), rng.randint(1, 3)))
        if self.kind == "Bool":
            self.type, self.values = "Bool", [False, True]
        elif self.kind == "enum":
            self.type = self.enum
            self.values = ENUMS[self.enum] + ([OTHER] if self.enum in OPEN else [])
        elif self.kind == "Int":
            self.type, around = "Int", [d + x for x in self.literals for d in (-1, 0, 1)]
            self.values = sorted(set(around))
        elif self.kind == "Decimal":  # in halves
            self.type, self.values = "Decimal", sorted({2 * x + d for x in self.literals for d in (-1, 0, 1)})
        elif self.kind == "Date":
            self.type, self.values = "Date", sorted({d + x for x in self.literals for d in (-1, 0, 1)})
        if self.optional:
            self.type += "?"
            self.values = [ABSENT] + self.values

    def literal(self, x):
        if self.kind == "Decimal":
            return "%d.0" % x
        return "2025-03-%02d" % (10 + x) if self.kind == "Date" else str(x)

    def atom(self, rng):
        n = self.name
        if self.optional and rng.random() < 0.4:
            return rng.choice([("%s is present" % n, lambda i: i[n] != ABSENT),
                               ("%s is absent" % n, lambda i: i[n] == ABSENT)])
        text, f = self.plain(rng)
        if not self.optional:
            return text, f
        if rng.random() < 0.5:
            return "(%s is present and %s)" % (n, text), lambda i: i[n] != ABSENT and f(i)
        return "(%s is absent or %s)" % (n, text), lambda i: i[n] == ABSENT or f(i)

    def plain(self, rng):
        n = self.name
        if self.kind == "Bool":
            return rng.choice([(n, lambda i: i[n]), ("(not %s)" % n, lambda i: not i[n])])
        if self.kind == "enum":
            m = rng.choice(ENUMS[self.enum])
            return rng.choice([("%s is %s" % (n, m), lambda i: i[n] == m),
                               ("%s is not %s" % (n, m), lambda i: i[n] != m)])
        x = rng.choice(self.literals)
        y = 2 * x if self.kind == "Decimal" else x
        op, f = rng.choice([("<", lambda i: i[n] < y), ("<=", lambda i: i[n] <= y),
                            (">", lambda i: i[n] > y), (">=", lambda i: i[n] >= y),
                            ("=", lambda i: i[n] == y), ("!=", lambda i: i[n] != y)])
        return "%s %s %s" % (n, op, self.literal(x)), f

    def read(self, text):
        """The value an example names."""
        if text == "yes" or text == "no":
            return text == "yes"
        if self.kind == "enum":
            return OTHER if text == "any other" else text
        if self.kind == "Decimal":
            return round(float(text) * 2)
        if self.kind == "Date":
            return (int(text[8:10]) - 10) + 31 * (int(text[5:7]) - 3)
        return int(text)

    def json(self, v):
        if v == ABSENT:
            return None
        if self.kind == "Decimal":
            return "%d.%d" % (v // 2, v % 2 * 5) if v >= 0 else "-0.5" if v == -1 else str(v / 2)
        return "2025-03-%02d" % (10 + v) if self.kind == "Date" else v


def call_atom(rng, column):
    """A helper called on the column."""
    fitting = [h for h, (param, _, _) in HELPERS.items() if param == column.type]
    if not fitting:
        return None
    h = rng.choice(fitting)
    n, (_, result, table) = column.name, HELPERS[h]
    if result == "Bool":
        return "%s(%s)" % (h, n), lambda i: table[i[n]]
    m = rng.choice(ENUMS[result])
    return "%s(%s) is %s" % (h, n, m), lambda i: table[i[n]] == m


def pair_atom(rng, columns):
    numbers = [c for c in columns if c.kind == "Int"]
    if len(numbers) < 2:
        return None
    x, y = (c.name for c in rng.sample(numbers, 2))
    op, f = rng.choice([("<", lambda i: i[x] < i[y]), ("<=", lambda i: i[x] <= i[y]),
                        ("=", lambda i: i[x] == i[y]), ("!=", lambda i: i[x] != i[y])])
    return "%s %s %s" % (x, op, y), f


# ---- tables ----

class Rule:
    def __init__(self, word, text, fits, result):
        self.word, self.tier, self.text, self.fits, self.result = word, TIERS[word], text, fits, result
        self.line = 0


class Table:
    def __init__(self, name, rng, tangled):
        self.name = name
        self.tangled = tangled  # conditions hang together
        kinds = ["Bool", "enum", "enum"] + (["Int", "Int"] if tangled else ["Int", "Decimal", "Date"])
        self.columns = [Column("x%d" % i, rng, kinds) for i in range(rng.randint(1, 4))]
        # A column that only a helper reads keeps the table simple.
        self.called = set()
        if not tangled:
            for c in self.columns:
                if rng.random() < 0.2 and any(h[0] == c.type for h in HELPERS.values()):
                    self.called.add(c.name)
                    self.helper = {}
        self.fixed_call = {}
        self.rules = []
        for _ in range(rng.randint(1, 8)):
            word = "override when" if rng.random() < 0.25 else "when"
            text, fits = self.condition(rng, rng.choice([1, 1, 2, 2, 2, 3]))
            self.rules.append(Rule(word, text, fits, rng.choice(RESULTS)))
        if rng.random() < 0.6:
            self.rules.append(Rule("otherwise", "", lambda i: True, rng.choice(RESULTS)))

    def atom(self, rng):
        c = rng.choice(self.columns)
        if c.name in self.called:  # always by the same helper: one variable
            if c.name not in self.fixed_call:
                self.fixed_call[c.name] = rng.choice(
                    [h for h, (param, _, _) in HELPERS.items() if param == c.type])
            h = self.fixed_call[c.name]
            _, result, table = HELPERS[h]
            n = c.name
            if result == "Bool":
                return "%s(%s)" % (h, n), lambda i: table[i[n]]
            m = rng.choice(ENUMS[result])
            return "%s(%s) is %s" % (h, n, m), lambda i: table[i[n]] == m
        if self.tangled and rng.random() < 0.5:
            special = rng.choice([call_atom(rng, c), pair_atom(rng, self.columns)])
            if special:
                return special
        return c.atom(rng)

    def condition(self, rng, depth):
        if depth == 1:
            return self.atom(rng)
        parts = [self.condition(rng, depth - 1) for _ in range(rng.randint(1, 3))]
        if len(parts) == 1:
            text, f = parts[0]
            return "(not (%s))" % text, lambda i: not f(i)
        fs = [f for _, f in parts]
        if rng.random() < 0.65:
            return "(%s)" % " and ".join(t for t, _ in parts), lambda i: all(f(i) for f in fs)
        return "(%s)" % " or ".join(t for t, _ in parts), lambda i: any(f(i) for f in fs)

    def source(self, first_line):
        params = ", ".join("%s: %s" % (c.name, c.type) for c in self.columns)
        lines = ["decide %s (%s): R {" % (self.name, params)]
        self.line = first_line
        for r in self.rules:
            r.line = first_line + len(lines)
            cond = "" if r.word == "otherwise" else " %s then" % r.text
            lines.append("  %s%s %s" % (r.word, cond, r.result))
        return lines + ["}"]

    def inputs(self):
        names = [c.name for c in self.columns]
        for values in itertools.product(*(c.values for c in self.columns)):
            yield dict(zip(names, values))

    def fired(self, i):
        fit = [k for k, r in enumerate(self.rules) if r.fits(i)]
        top = max((self.rules[k].tier for k in fit), default=None)
        return [k for k in fit if self.rules[k].tier == top]

    def analyse(self):
        """What is to be found: {later: first it disagrees with}, gap?, rules that never fire, rules
        that add nothing."""
        against, gap, cases = {}, False, 0
        fires, needed = set(), set()
        for i in self.inputs():
            cases += 1
            fired = self.fired(i)
            gap |= not fired
            for k in fired:
                fires.add(k)
                if not any(self.rules[j].result == self.rules[k].result for j in fired if j < k):
                    needed.add(k)
                for j in fired:
                    if j < k and self.rules[j].result != self.rules[k].result:
                        against[k] = min(j, against.get(k, j))
        dead = {k for k in range(len(self.rules)) if k not in fires}
        idle = {k for k in fires if k not in needed and k not in against}
        return against, gap, dead, idle, cases

    def example(self, hints):
        """The input an example names; what it leaves out may be anything."""
        text = next(h for h in hints if h.startswith("for example: "))[len("for example: "):]
        found = {}
        for part in [] if text == "any input" else text.split(", "):
            m = re.fullmatch(r"(\w+)(?: = (.*)| absent)", part)
            if m:
                column = next(c for c in self.columns if c.name == m.group(1))
                found[column.name] = ABSENT if m.group(2) is None else column.read(m.group(2))
                continue
            m = re.fullmatch(r"(\w+)\((\w+)\) = (.*)", part)
            if m:
                _, result, table = HELPERS[m.group(1)]
                want = m.group(3) == "yes" if result == "Bool" else m.group(3)
                found[m.group(2)] = next((v for v, answer in table.items() if answer == want), None)
        return found

    def completions(self, found):
        """All inputs that agree with the example."""
        for i in self.inputs():
            if all(i[n] == v for n, v in found.items() if v in self.column(n).values):
                yield {**i, **{n: v for n, v in found.items() if v is not None}}

    def column(self, name):
        return next(c for c in self.columns if c.name == name)


# ---- comparing with the checker ----

class Mismatch(Exception):
    pass


def run_check(path):
    run = subprocess.run([BANFA, "check", "--json", "--lang", "en", path], capture_output=True, text=True)
    if run.returncode not in (0, 1):
        raise Mismatch("banfa check: status %d: %s" % (run.returncode, run.stderr))
    return [json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")]


def findings_of(table, findings):
    last = table.line + len(table.rules) + 1
    by_line = {r.line: k for k, r in enumerate(table.rules)}
    out = {"E0401": {}, "W0407": {}, "E0402": set(), "W0404": set(), "W0405": set(),
           "E0403": [], "W0408": []}
    for f in findings:
        if not table.line <= f.get("line", 0) <= last:
            continue
        if f["code"] not in out:
            raise Mismatch("unexpected: %s" % f)
        slot, rule = out[f["code"]], by_line.get(f["line"])
        if f["code"] in ("E0401", "W0407"):
            slot[rule] = (by_line[f["labels"][1]["line"]], f["hints"])
        elif isinstance(slot, set):
            slot.add(rule)
        else:
            slot.append(f["hints"])
    return out


def compare(table, findings):
    against, gap, dead, idle, cases = table.analyse()
    got = findings_of(table, findings)
    said_dead = got["E0402"] | got["W0404"]
    pairs = {k: first for k, (first, _) in got["E0401"].items()}

    def expect(what, found, wanted):
        if found != wanted:
            raise Mismatch("%s: found %s, expected %s" % (what, found, wanted))

    if table.tangled:  # what is claimed must be true
        for k, first in pairs.items():
            if k not in against or not any(
                    first in table.fired(i) and k in table.fired(i) for i in table.inputs()):
                raise Mismatch("rules %d and %d do not disagree" % (first, k))
        for k in said_dead - dead:
            raise Mismatch("rule %d fires" % k)
        for k in got["W0405"] - idle:
            if k not in against and k not in dead:
                raise Mismatch("rule %d adds something" % k)
        if got["E0403"] and not gap:
            raise Mismatch("every input has a rule")
        missed = [k for k in against if k not in pairs and k not in got["W0407"]]
        expect("disagreements not even suspected", missed, [])
        if gap and not got["E0403"] and not got["W0408"]:
            raise Mismatch("an input without a rule is not even suspected")
    else:
        expect("disagreeing rules", pairs, against)
        expect("rules that never fire", said_dead, dead)
        expect("rules that add nothing", got["W0405"], idle)
        expect("input without a rule", bool(got["E0403"]), gap)
        expect("doubts", (got["W0407"], got["W0408"]), ({}, []))
    for k, (first, hints) in got["E0401"].items():
        for i in table.completions(table.example(hints)):
            if not {first, k} <= set(table.fired(i)):
                raise Mismatch("example of rule %d does not fit: %s" % (k, hints))
    for hints in got["E0403"]:
        for i in table.completions(table.example(hints)):
            if table.fired(i):
                raise Mismatch("example of the gap has a rule: %s" % hints)
    return cases


# ---- comparing with the answers ----

def repaired(table):
    """Leaves out what the checker refuses, so that the table can be asked."""
    while True:
        against, gap, dead, _, _ = table.analyse()
        drop = set(against) | dead
        if drop:
            table.rules = [r for k, r in enumerate(table.rules) if k not in drop]
        elif gap:
            table.rules.append(Rule("otherwise", "", lambda i: True, RESULTS[0]))
        else:
            return table


def decide_known():
    run = subprocess.run([BANFA, "--help"], capture_output=True, text=True)
    return re.search(r"^\s*(banfa )?decide\b", run.stdout, re.M) is not None


def ask(path, table):
    """The answers of `banfa decide` to all inputs, against ours."""
    inputs = [i for i in table.inputs() if OTHER not in i.values()]
    again = 10 if SMALL else ASKED - len(inputs)  # the answer to one must not depend on the one before
    inputs += random.Random(table.name).choices(inputs, k=max(0, again))
    lines = [json.dumps({n: table.column(n).json(v) for n, v in i.items()}) for i in inputs]
    run = subprocess.run([BANFA, "decide", path, table.name, "-"], input="\n".join(lines) + "\n",
                         capture_output=True, text=True)
    answers = run.stdout.splitlines()
    if run.returncode != 0 or len(answers) != len(inputs):
        raise Mismatch("banfa decide: status %d, %d answers to %d inputs: %s%s" % (
            run.returncode, len(answers), len(inputs), run.stdout[:300], run.stderr[:300]))
    for i, line in zip(inputs, answers):
        fired = table.fired(i)
        got = json.loads(line)
        wanted = table.rules[fired[0]].result
        rules = sorted(b["rule"] for b in got["because"])
        if got["result"] != wanted or rules != [k + 1 for k in fired]:
            raise Mismatch("on %s: answered %s, expected %s by rules %s" % (
                i, line, wanted, [k + 1 for k in fired]))
    return len(inputs)


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    count = int(sys.argv[2]) if len(sys.argv) > 2 else (120 if SMALL else 12000)
    asks = decide_known()
    cases = answers = 0
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "t.banfa")
        for batch in range(0, count, PER_FILE):
            rng = random.Random("%d/%d" % (seed, batch))
            tables = [Table("t%d" % k, rng, rng.random() < 0.25) for k in range(PER_FILE)]
            asking = asks and batch % (10 * PER_FILE) == 0
            if asking:
                tables = [repaired(Table("t%d" % k, rng, False)) for k in range(PER_FILE)]
            lines = prelude()
            for t in tables:
                lines += t.source(len(lines) + 1)
            with open(path, "w", encoding="utf-8") as f:
                f.write("\n".join(lines) + "\n")
            findings = run_check(path)
            for t in tables:
                try:
                    cases += compare(t, findings)
                    if asking:
                        answers += ask(path, t)
                except Mismatch as e:
                    print("seed %d, batch %d, %s: %s" % (seed, batch, t.name, e))
                    print("\n".join(lines[t.line - 1:t.line + len(t.rules) + 1]))
                    for f in findings:
                        if t.line <= f.get("line", 0) <= t.line + len(t.rules) + 1:
                            print(json.dumps(f, ensure_ascii=False))
                    return 1
    print("%d tables, %d inputs analysed, %d answers compared%s" % (
        count, cases, answers, "" if asks else " (this banfa has no decide)"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
