#!/usr/bin/env python3
"""Random sources, written from the reference and not from the parser: whatever they say, they must read
without a mistake, and the formatter must keep its promises on them (tests/tools/roundtrip.c).

    sources.py [COUNT [SEED]]      default 60; 3 with BANFA_SEEDS=small
A failing source is kept and its seed printed."""
import os
import random
import subprocess
import sys
import tempfile

ASCII = ["a", "b2", "owner", "r_1", "x_y", "limit", "days_off", "consent", "notify", "count", "note", "open"]
CHINESE = ["资源", "提供部门", "理由", "同意书", "自然人", "在岗人员", "于某", "行为", "一次性", "三年规划", "下一工作日", "公不", "甲乙丙",
           "启动费", "通知", "分类", "除外条件", "起算点", "承认应", "期间费"]
QUOTED = ["'目的'", "'应当办'", "‘视为人’"]


class Source:
    def __init__(self, seed):
        self.r = random.Random(seed)
        self.out = []
        self.depth = 0

    # ---- small parts
    def chance(self, p):
        return self.r.random() < p

    def pick(self, xs):
        return self.r.choice(xs)

    def name(self):
        return self.pick(self.pick([ASCII, CHINESE, CHINESE, QUOTED]))

    def names(self):
        return self.join([self.name() for _ in range(self.r.randint(1, 3))])

    def join(self, xs):
        return self.pick([", ", ","]).join(xs)

    def path(self):
        return ".".join(self.name() for _ in range(self.pick([1, 1, 2, 3])))

    def string(self):
        inner = self.pick(["", "文字", "a b", "〔2024〕1号", "# 不是说明", "“立即”", "x'y"])
        return '"' + inner + '"' if "“" in inner or self.chance(0.6) else "“" + inner + "”"

    def label(self, p=0.3):
        return " " + self.string() if self.chance(p) else ""

    def cite(self):
        n = self.r.randint
        return self.pick(
            [f"@{n(1, 40)}", f"@{n(1, 40)}.{n(1, 9)}", f"@{n(1, 40)}a.{n(1, 9)}.{n(1, 9)}",
             f"@other:{n(1, 40)}", "@第十二条第二款", "@第三条之二", "@第九条第（三）项"])

    def cites(self, p=0.3):
        return " " + self.pick([", ", " "]).join(self.cite() for _ in range(self.r.randint(1, 2))) if self.chance(p) else ""

    def period(self):
        n = self.pick([1, 2, 5, 10, 20])
        return f"{n} {self.pick(['working days', 'days', 'months', 'hours', 'years', 'working day', 'day'])}"

    def date(self):
        return f"{self.r.randint(2000, 2030)}-{self.r.randint(1, 12):02}-{self.r.randint(1, 28):02}"

    def type(self):
        t = self.pick(["Text", "Int", "Bool", "Date", "Department", "文本", "工作日数", self.name()])
        if self.chance(0.2):
            t = self.pick(["list of ", "list of at most 3 ", "若干 "]) + t
        return t + ("?" if self.chance(0.2) else "")

    # ---- expressions
    def primary(self, depth=0):
        kinds = ["path", "path", "path", "int", "string", "date", "period", "bool", "none", "decimal"]
        if depth < 3:
            kinds += ["call", "list", "index", "paren"]
        kind = self.pick(kinds)
        if kind == "path":
            return self.path()
        if kind == "int":
            return self.pick(["0", "3", "120", "-7"])
        if kind == "string":
            return self.string()
        if kind == "date":
            return self.date()
        if kind == "period":
            return self.period()
        if kind == "bool":
            return self.pick(["yes", "no"])
        if kind == "none":
            return "none"
        if kind == "decimal":
            return self.pick(["1.5", "0.000001", "-2.25", "10.0"])
        if kind == "call":
            return self.name() + "(" + self.args(depth + 1) + ")"
        if kind == "list":
            return "[" + self.join([self.cond(depth + 1) for _ in range(self.r.randint(0, 3))]) + "]"
        if kind == "index":
            return self.name() + "[" + self.cond(depth + 1) + "]." + self.name()
        return "(" + self.cond(depth + 1) + ")"

    def args(self, depth=0):
        return self.join([(self.name() + ": " if self.chance(0.5) else "") + self.cond(depth + 1)
                          for _ in range(self.r.randint(0, 3))])

    def sum(self, depth=0):
        kind = self.pick(["primary"] * 5 + ["plus", "after"])
        if kind == "plus":
            return f"{self.primary(depth)} {self.pick(['+', '-'])} {self.primary(depth)}"
        if kind == "after":
            return f"{self.primary(depth)} {self.pick(['after', 'before'])} {self.primary(depth)}"
        return self.primary(depth)

    def comparison(self, depth=0):
        kind = self.pick(["sum", "compare", "is", "present", "has", "in", "over"])
        s = self.sum(depth)
        if kind == "compare":
            return f"{s} {self.pick(['=', '!=', '<', '<=', '>', '>=', '不超过', '大于'])} {self.sum(depth)}"
        if kind == "is":
            return f"{s} {self.pick(['is', 'is not'])} {self.pick([self.sum(depth), 'lapsed', 'open', 'late', 'met'])}"
        if kind == "present":
            return f"{s} {self.pick(['is present', 'is absent', '已提供', '未提供', '已逾期'])}"
        if kind == "over":
            return f"{self.pick(['all', 'any'])} {self.name()} {self.pick(['is', 'is not'])} {self.name()}"
        if kind == "has":
            return f"{s} {self.pick(['has', 'has no'])} {self.name()}"
        if kind == "in":
            return f"{s} {self.pick(['in', 'not in'])} {self.name()}"
        return s

    def cond(self, depth=0):
        if depth > 3 or self.chance(0.6):
            return self.comparison(depth + 1)
        word = self.pick([" and ", " or ", "并且", "或者"])
        if word == "并且" or word == "或者":
            word = " " + word + " "
        parts = [self.comparison(depth + 1) if self.chance(0.7) else "(" + self.cond(depth + 1) + ")"
                 for _ in range(self.r.randint(1, 3))]
        if self.chance(0.3):
            last = self.pick([parts[-1], "(" + parts[-1] + ")"])
            parts[-1] = "not " + last
        return word.join(parts)

    # ---- rules
    def params(self, p=0.5):
        if not self.chance(p):
            return ""
        return "(" + self.join([f"{self.name()}: {self.type()}{self.label(0.1)}"
                                for _ in range(self.r.randint(1, 3))]) + ")"

    def subject(self):
        return "any " + self.pick(["Department", "部门"]) if self.chance(0.1) else self.path()

    def effect(self):
        guard = " if " + self.cond() if self.chance(0.2) else ""
        n, s = self.name, self.sum
        return self.pick([
            f"set {n()} = {s()}", f"add {s()} to {n()}", f"remove {s()} from {n()}", f"put {n()} {s()}",
            f"notify {s()}", f"notify {s()} saying {s()}", f"violate {n()}", f"violate {n()} by {s()}",
            f"excuse {s()}", f"open {n()}({self.args()})", f"restart {n()}", f"extend {n()} by {self.period()}",
            f"extend {n()} to {self.date()}"]) + guard + self.cites(0.1)

    def effects(self, p=0.4):
        if not self.chance(p):
            return ""
        return " {" + self.pick([" ", "\n"]).join(
            self.effect() + self.pick([";", "; ", ""]) + self.comment(0.1) for _ in range(self.r.randint(0, 3))) + " }"

    def goal(self, p=0.6):
        return " -> " + self.pick(["back", self.name(), self.name()]) if self.chance(p) else ""

    def limit(self):
        kind = self.pick(["none", "within", "within", "from", "by", "before", "start"])
        if kind == "within":
            return f" within {self.pick([self.period(), self.path(), self.name() + '()'])}"
        if kind == "from":
            return f" within {self.pick([self.period(), self.path()])} from {self.pick(['start', self.path(), self.date()])}"
        if kind == "start":
            return f" from {self.pick(['start', self.path(), self.date()])}"
        if kind == "by":
            return f" by {self.pick(['12-31', self.date(), self.path(), self.sum()])}"
        if kind == "before":
            return f" by {self.period()} before {self.path()}"
        return ""

    def some_clauses(self, kinds, windowed=False):
        makers = {
            "once": lambda: self.pick([" once", " 3 times"]),
            "consent": lambda: f" with consent of {self.join([self.subject() for _ in range(self.r.randint(1, 2))])}",
            "reporting": lambda: f" reporting to {self.subject()}",
            "if": lambda: f" if {self.cond()}",
            "not before": lambda: f" not before {self.pick([self.date(), '06-30', self.path()])}",
        }
        kinds = [k for k in kinds if self.chance(0.25) and not (windowed and k == "not before")]
        self.r.shuffle(kinds)
        return "".join(makers[k]() for k in kinds)

    def otherwise(self):
        return self.pick([
            "", f" otherwise stays{self.effects()}", f" otherwise -> {self.name()}{self.effects()}",
            f" otherwise deemed {self.name()}"]) or ""

    def alt(self):
        return (f"{self.name()}{self.label()}{' ' + self.params()}{self.some_clauses(['once', 'consent', 'reporting', 'if', 'not before'])}"
                f"{self.goal()}{self.effects(0.3)}")

    def rule(self):
        kind = self.pick(["may", "may", "must", "must", "must not", "extend", "pauses", "lasts", "when", "each", "run", "until"])
        s = " or ".join(self.subject() for _ in range(self.pick([1, 1, 2])))
        if kind == "may":
            where = f" in {self.names()}" if self.chance(0.15) else ""
            limit = self.limit()
            if self.chance(0.1):
                limit = f" not before {self.pick([self.period(), self.path()])} from {self.pick(['start', self.path(), self.date()])}"
            return (f"{s} may {self.name()}{self.label()} {self.params()}{where}{limit}"
                    f"{self.some_clauses(['once', 'consent', 'reporting', 'if', 'not before'], limit != '')}{self.goal()}"
                    f"{self.effects()}{self.cites()}")
        if kind == "must":
            guard = f" if {self.cond()}" if self.chance(0.2) else ""
            alts = "".join("\n      " + self.alt() + self.comment(0.1) for _ in range(self.r.randint(1, 3)))
            return (f"{self.subject()} must {self.name()}{self.label()}{guard}{self.limit()} {{{self.cites(0.2)}{alts}\n    }}"
                    f"{self.otherwise()}{self.cites(0.2)}")
        if kind == "each":
            alts = "".join("\n      " + self.alt() for _ in range(self.r.randint(1, 3)))
            return (f"each {self.name()} in {self.path()}{self.pick(['', ' in turn'])} must {self.name()}{self.label()}"
                    f"{self.limit()} {{{alts}\n    }}{self.otherwise()}{self.cites(0.2)}")
        if kind == "run":
            ways = "".join(f"\n      {self.name()}{self.goal(1)}{self.effects(0.2)}" for _ in range(self.r.randint(1, 3)))
            return f"run {self.name()}({self.args()}){self.cites()} {{{ways}\n    }}"
        if kind == "until":
            return f"{self.subject()} must {self.name()}{self.label()}{self.limit()} until {self.names()}{self.otherwise()}{self.cites(0.2)}"
        if kind == "must not":
            unless = f" unless {self.cond()}" if self.chance(0.4) else ""
            breach = f" otherwise violate {self.name()}" if self.chance(0.6) else ""
            return f"{self.subject()} must not {self.name()}{self.label()} {self.params()}{unless}{breach}{self.cites()}"
        if kind == "extend":
            times = self.pick(["", " once", " 2 times"])
            return (f"{s} may extend {self.name()}{times} by at most {self.pick([self.period(), self.path()])}"
                    f"{self.some_clauses(['consent', 'reporting', 'if'])}{self.effects(0.2)}{self.cites()}")
        if kind == "pauses":
            guard = f" if {self.cond()}" if self.chance(0.3) else ""
            return f"pauses {self.pick(['all', self.names()])}{guard}{self.cites()}"
        if kind == "lasts":
            start = f" from {self.path()}" if self.chance(0.3) else ""
            guard = f" if {self.cond()}" if self.chance(0.3) else ""
            return (f"lasts at most {self.pick([self.period(), self.path()])}{start}{guard} otherwise -> {self.name()}"
                    f"{self.effects(0.2)}{self.cites()}")
        return self.pick([f"when {self.cond()} -> {self.name()}", f"else -> {self.name()}"]) + self.cites()

    def comment(self, p):
        if not self.chance(p):
            return ""
        return " # " + self.pick(["说明", "a word { }", "“", "@15"]) + "\n"

    def line(self, indent, text):
        if self.chance(0.08):
            self.out.append("\n" * self.r.randint(1, 3))
        if self.chance(0.08):
            self.out.append(" " * indent + self.pick(["# 一行说明", "## about what follows", "#"]) + "\n")
        tail = "   # behind" if self.chance(0.08) else ""
        self.out.append(" " * indent + text + tail + "\n")

    # ---- declarations
    def procedure(self):
        self.line(0, f"procedure {self.name()}{self.label()}{self.cites()} {{")
        for _ in range(self.r.randint(0, 4)):
            init = f" = {self.sum()}" if self.chance(0.3) else ""
            word = self.pick(["party", "given", "keep"])
            sealed = " sealed" if word != "party" and self.chance(0.2) else ""
            self.line(2, f"{word} {self.name()} : {self.type()}{sealed}{self.label()}{init}{self.cites(0.1)}")
        self.line(2, self.pick([
            f"starts by {' or '.join(self.subject() for _ in range(2))}{self.cites()}",
            f"starts on {self.name()}{self.label()} {self.params(0.9)}{self.cites()}",
            f"starts every {self.pick(['year on 03-01', '7 days', '5 working days', '1 month'])}"
            f"{self.pick(['', f' with each {self.name()} in {self.name()}'])}{self.cites()}"]))
        if self.chance(0.5):
            self.line(2, f"require {self.cond()} otherwise {self.string()}{self.cites()}")
        for _ in range(self.r.randint(0, 3)):
            self.line(2, self.rule())
        for _ in range(self.r.randint(0, 3)):
            self.line(2, f"state {self.name()}{self.label()}{self.cites()} {{")
            for _ in range(self.r.randint(0, 4)):
                self.line(4, self.rule())
            self.line(2, "}")
        for _ in range(self.r.randint(0, 2)):
            self.line(2, f"end {self.name()}{self.label()}{self.cites(0.1)}{self.effects()}")
        self.line(0, "}")

    def scenario(self):
        self.line(0, f"scenario {self.string()}{self.cites()} {{")
        for _ in range(self.r.randint(0, 8)):
            act = self.pick([
                f"{self.path()} opens {self.name()}({self.args()})",
                f"{self.path()} does {self.pick([self.name(), 'consent'])}({self.name()}) to {self.path()}",
                f"{self.path()} does {self.name()}", f"{self.path()} reports {self.name()}({self.args()})"])
            self.line(2, self.pick([
                f"at {self.date()} 09:30", f"at {self.date()}", f"wait {self.period()}",
                f"assume {self.name()} = {self.cond()}", f"put {self.name()} {self.sum()}",
                f"let {self.name()} = {self.pick([self.cond(), act])}", act, f"expect {self.cond()}",
                f"expect {self.pick(['forbidden', 'not permitted', 'not yet', 'too late', 'refused'])}: {act}{self.cites()}"]))
        self.line(0, "}")

    def tally(self):
        where = f" where {self.cond()}" if self.chance(0.7) else ""
        return f"{self.pick(['count', '计数'])}({self.name()}{where})"

    def measure(self):
        per = f" per {self.name()}" if self.chance(0.5) else ""
        over = f" / {self.tally()}" if self.chance(0.7) else ""
        self.line(0, f"measure {self.name()}{self.label()}{self.cites()}{per} = {self.tally()}{over}{self.cites(0.1)}")

    def assertion(self):
        bound = f" within {self.sum()}{self.pick(['', ' if kept'])}"
        self.line(0, f"assert {self.name()} " + self.pick([
            f"ends{bound}", f"leaves {self.name()}{bound}", f"never {self.name()}", f"never {self.name()} without {self.name()}"])
            + self.cites())

    def model(self):
        self.line(0, f"model {self.name()}{self.label()}{self.cites()} {{")
        for _ in range(self.r.randint(0, 4)):
            chances = self.join([f"{self.pick([self.name(), 'none'])} {self.r.randint(0, 90)}" for _ in range(self.r.randint(1, 4))])
            self.line(2, self.pick([
                f"open {self.name()} {self.r.randint(0, 99)} per {self.pick(['working day', 'day', 'month'])}",
                f"in {self.path()}, {self.path()} does {chances} after {self.pick(['', '1 to '])}{self.period()}"]) + self.cites())
        self.line(0, "}")

    def declaration(self):
        kind = self.r.randint(-3, 12)
        if kind < 0:
            return [self.measure, self.assertion, self.model][kind + 3]()
        if kind == 0:
            self.line(0, f"use std.{self.pick(['government', 'other', '其他'])}" + self.pick(["", f": {self.name()}, {self.name()} as {self.name()}"]))
        elif kind == 1:
            because = f" because {self.string()}" if self.chance(0.7) else ""
            self.line(0, f"assume {self.name()}{self.label()} : {self.type()} = {self.sum()}{self.cites()}{because}")
        elif kind == 2:
            for _ in range(self.r.randint(1, 3)):
                self.line(0, f"office {self.name()}{self.label()}{self.pick(['', ' per Department'])}{self.cites()}")
        elif kind == 3:
            members = self.pick([" ", ", "]).join(self.name() + self.label(0.2) for _ in range(self.r.randint(1, 4)))
            self.line(0, f"{self.pick(['', 'open '])}enum {self.name()}{self.label()}{self.cites()} {{ {members} }}")
        elif kind == 4:
            fields = "\n  ".join(f"{self.name()} : {self.type()}{self.label(0.2)}" for _ in range(self.r.randint(1, 5)))
            self.line(0, f"record {self.name()}{self.label()}{self.cites()} {{\n  {fields}\n}}")
        elif kind == 5:
            self.line(0, f"register {self.name()}{self.label()} of {self.name()} by {self.names()}{self.cites()}")
        elif kind == 6:
            self.line(0, f"decide {self.name()}{self.label()} ({self.join([self.name() + ': ' + self.type()])}): {self.type()}{self.cites()} {{")
            for _ in range(self.r.randint(1, 4)):
                self.line(2, self.pick([
                    f"when {self.cond()} then {self.sum()}", f"override when {self.cond()} then {self.sum()}",
                    f"otherwise {self.sum()}"]) + self.cites())
            self.line(0, "}")
        elif kind == 7:
            for _ in range(self.r.randint(1, 3)):
                self.line(0, f"violation {self.name()}{self.label()}{self.cites()}")
        elif kind == 8:
            self.line(0, f"note{self.cites()} {self.string()}")
        elif kind == 9:
            self.line(0, f"let {self.name()} = {self.cond()}")
        elif kind == 10:
            self.scenario()
        else:
            self.procedure()

    def text(self):
        for _ in range(self.r.randint(1, 12)):
            self.declaration()
        return "".join(self.out)


def main():
    small = os.environ.get("BANFA_SEEDS") == "small"
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 3 if small else 60
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    roundtrip = os.path.join(os.environ.get("builddir", "."), "tests/tools/roundtrip")
    folder = tempfile.mkdtemp(prefix="banfa-sources-")
    files = []
    for i in range(seed, seed + count):
        files.append(os.path.join(folder, f"seed-{i}.banfa"))
        with open(files[-1], "w", encoding="utf-8", newline=["\n", "\n", "\r\n"][i % 3]) as f:
            f.write(Source(i).text())
    status = subprocess.run([roundtrip, *files], env={**os.environ, "WANT_CLEAN": "1"}, check=False).returncode
    if status:
        sys.exit(f"FAIL: see {folder}")
    for path in files:
        os.unlink(path)
    os.rmdir(folder)


if __name__ == "__main__":
    main()
