#!/usr/bin/env python3
"""The step, compared with a naive interpreter written from docs/LANGUAGE.md.

Each seed draws a policy and things that happen under it. The reference (step/interp.py) says what
must follow; both are written down as Banfa source, every consequence an `expect`, and `banfa test`
runs it. After every event the state, the status and due date of every duty, the violations and the
data are compared; of every refusal, kind and citation. A difference is a failed scenario.

usage: step_oracle.py BANFA [FIRST [LAST]]      seeds FIRST to LAST (BANFA_SEEDS=small: fewer)
       step_oracle.py BANFA --shrink SEED TITLE      the smallest that still differs
       step_oracle.py BANFA --print SEED [TITLE]
"""
import copy
import json
import os
import random
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "step"), HERE]
import calendar_oracle as naive  # noqa: E402
import gen  # noqa: E402
import interp  # noqa: E402
import model  # noqa: E402

SCENARIOS = int(os.environ.get("STEP_SCENARIOS", "40"))
CALENDAR = naive.Faster("9999-12-31")


# ---- one scenario, told and expected ----

def args_text(given):
    return ", ".join(f"{n}: {v}" for n, v in given)


def carried(policy, rule_params, args):
    out = []
    for name, typ in rule_params:
        v = args[name]
        if v is not None:
            out.append((name, naive.iso(v) if typ.startswith("Date") else model.value(v, typ)))
    return args_text(out)


def actor_name(a):
    return {"dep": "{1}", "head": "{1}.head", "council": "council"}[a[0]].format(*a)


class Telling:
    """Runs events on the reference and writes the scenario's lines."""

    def __init__(self, policy, opening, split=False):
        self.policy, self.opening, self.split = policy, opening, split
        at, assumes, who, given = opening
        values = {n: v for n, _, v in policy.assumes}
        values.update(assumes)
        self.world = interp.World(policy, CALENDAR, values, at)
        types = {n: t for n, t, _ in policy.assumes}
        self.lines = [f"assume {n} = {model.value(v, types[n])}" for n, v in assumes.items()]
        self.lines.append(self.at(at))
        self.title = {p.name: p for p in policy.procs}
        proc = policy.procs[0]
        kinds = {n: t for k, n, t, _ in proc.data if k == "given"}
        parts = [(n, given[n]) for n in proc.parties]
        parts += [(n, naive.iso(v) if n == "day0" else model.value(v, kinds[n]))
                  for n, v in given.items() if n in kinds and v is not None]
        opens = f"{model.actor_text(who)} opens main({args_text(parts)})"
        answer = self.world.open(proc, who, dict(given))
        self.over = answer is not True
        if self.over:
            self.lines.append(f"expect {answer[0] or 'refused'}: {opens}")
        else:
            self.lines.append(f"let c = {opens}")
            self.observe()

    def at(self, at):
        day, second = divmod(at + naive.EAST, 86400)
        return f"at {naive.iso(day)} {model.clock(second)}"

    def tell(self, event):
        world, kind = self.world, event[0]
        if kind == "at":
            self.lines.append(self.at(event[1]))
            world.advance(event[1])
            self.observe()
            return
        if kind == "row":
            self.lines.append(f"put yard Yard(dept: {event[1]}, n: 0)")
            world.yard.add(event[1])
            return
        getattr(self, "tell_" + kind)(world, *event[1:])
        self.observe()

    def tell_act(self, world, name, actor, args, to, behind=()):
        case = world.case(to)
        kind, *persons = behind or [None]
        by = {None: "", "self": " by {}", "deputy": " by {}, deputy of {}", "clerk": ", entered by {}"}[kind].format(*persons)
        doer = interp.Doer(actor, persons if kind != "clerk" else ())
        rules = [r for r in case.proc.acts() + case.proc.extends() if r.name == name]
        if not rules:
            text = name
        elif isinstance(rules[0], model.Extend):
            text = f"{name}({args['n']} {model.UNIT[rules[0].unit]})"
        else:
            text = self.call(name, rules[0].params, args)
        answer = world.act(case, name, doer, args)
        self.answered(answer, f"{model.actor_text(actor)} does {text} to {to}{by}")
        if answer is True and name in case.day_of:
            self.carried(case, name, to)

    def tell_answer(self, world, yes, name, actor, whose, to):
        case = world.case(to)
        answer = world.answer(case, yes, name, actor, whose)
        of = f", who: {whose}" if whose else ""
        self.answered(answer, f"{model.actor_text(actor)} does {'consent' if yes else 'decline'}({name}{of}) to {to}")
        if answer is True and name in case.day_of:
            self.carried(case, name, to)

    def tell_report(self, world, name, actor, args, who):
        ban = next(b for b in world.main.proc.bans() if b.name == name)
        text = self.call(name, ban.params, args, who if actor != ("dep", who) else None)
        self.answered(world.report(world.main, name, args, who), f"{model.actor_text(actor)} does {text} to c")

    def tell_event(self, world, name, actor, p, breach):
        proc = self.title["sub"]
        answer = world.report_event(proc, actor, {"p": p, "breach": interp.Breach(breach)})
        self.answered(answer, f"{model.actor_text(actor)} reports {name}(p: {p}, breach: {breach})")

    def tell_norm(self, world, name, actor, args, who):
        norm = next(x for x in self.policy.norms if x.name == name)
        answer = world.report_norm(norm, args, actor, who)
        text = self.call(name, norm.params, args, who)
        self.answered(answer, f"{model.actor_text(actor)} reports {text}")

    def answered(self, answer, text):
        if answer is True:
            self.lines.append(text)
            return
        cites = set(answer[1] or [])
        cite = f" @{cites.pop()}" if len(cites) == 1 else ""
        self.lines.append(f"expect {answer[0] or 'refused'}: {text}{cite}")

    def call(self, name, params, args, who=None):
        text = carried(self.policy, params, args)
        text = ", ".join(x for x in ((f"who: {who}" if who else ""), text) if x)
        return f"{name}({text})" if text else name

    def carried(self, case, name, c):
        self.lines.append(f"expect {c}.{name}.day = {naive.iso(case.day_of[name])}")
        if name in case.who_did:
            self.lines.append(f"expect {c}.{name}.who = {actor_name(case.who_did[name])}")
        if name in case.filed:
            self.lines.append(f"expect {c}.{name}.filed = {naive.iso(case.filed[name])}")
        rule = next((r for r in case.proc.acts() if r.name == name), None)
        for n, t in rule.params if rule else ():
            v = case.args[name][n]
            text = "is absent" if v is None else "= " + (naive.iso(v) if t.startswith("Date") else model.value(v, t))
            self.lines.append(f"expect {c}.{name}.{n} {text}")

    def observe(self):
        self.watch(self.world.main, "c")
        for proc in self.policy.procs[1:]:
            if any(x.proc is proc for x in self.world.cases):
                self.watch(self.world.case(proc.name), proc.name)
            elif proc.name == "tick":
                self.lines.append("expect tick is absent")
        for name, case in self.world.recorded.items():
            norm = next(x for x in self.policy.norms if x.name == name)
            self.lines.append(f"expect {name} has {'' if case.has(norm.violation) else 'no '}{norm.violation}")

    def status(self, run, d, parts, dues):
        if run.status:
            parts.append(f"{d} is {run.status}")
        else:
            parts += [f"not ({d} is {s})" if self.split else f"{d} is not {s}" for s in model.STATUSES]
        due = self.world.due(run)
        dues.append(f"{d}.due = {naive.iso(due[0])}" if due else f"{d}.due is absent")

    def watch(self, case, name):
        parts = [f"{name} in {case.state}"]
        dues = []
        for duty in case.proc.duties():
            if duty.bearer is None:
                continue
            run = case.running[duty.name]
            d = f"{name}.{duty.name}"
            self.status(run, d, parts, dues)
            if duty.each:
                for m in gen.DEPS:
                    self.status(run.of(m), f"{d}[{m}]", parts, dues)
                parts.append(f"count({d}) = {len(run.here())}")
                for x in [a.name for a in duty.acts] + ["met", "lapsed"]:
                    parts.append(f"count({d} is {x}) = {sum(one.is_(x) for one in run.here())}")
        parts += [f"{name} has {v}" if case.has(v) else f"(not {name} has {v})" for v in self.policy.violations]
        for key in ("k", "trace"):
            parts.append(f"{name}.{key} = {case.data[key]}")
        parts.append(f"{name}.ke is {case.data['ke']}")
        parts.append(f"{name}.kb" if case.data["kb"] else f"(not {name}.kb)")
        if "p" in case.data:
            parts.append(f"{name}.p = {case.data['p']}")
        if "breach" in case.data:
            parts.append(f"{name}.breach = {case.data['breach'].name}")
        if "team" in case.data:
            dues.append(f"{name}.team = [{', '.join(case.data['team'])}]")
        if self.split:
            self.lines += ["expect " + (p[1:-1] if p.startswith("(not") else p) for p in parts]
        else:
            self.lines.append("expect " + " and ".join(parts))
        self.lines += ["expect " + d for d in dues]


# ---- a seed ----

def draw(seed, scenarios=SCENARIOS):
    """(policy, stories): a story is (title, opening, events)."""
    r = random.Random(seed)
    policy = gen.Drawer(r).policy()
    stories = []
    for i in range(scenarios):
        story = gen.Story(r, policy)
        opening = story.opening()
        telling = Telling(policy, opening)
        events = []
        for _ in range(0 if telling.over else r.randint(4, 22)):
            ev = story.event(telling.world)
            if ev is None:
                break
            events.append(ev)
            telling.tell(ev)
        stories.append((f"{seed}-{i}", opening, events, telling.lines))
    return policy, stories


def write(policy, stories):
    out = model.source(policy)
    for title, _, _, lines in stories:
        out += [f'scenario "{title}" @1 {{'] + ["  " + x for x in lines] + ["}"]
    return "\n".join(out) + "\n"


def run(banfa, text, path, command="test"):
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    p = subprocess.run([banfa, command, path, "--json", "--lang", "en"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       encoding="utf-8", errors="replace")
    return p.returncode, p.stdout


def retell(policy, opening, events, split=False):
    telling = Telling(policy, opening, split)
    for ev in events if not telling.over else ():
        telling.tell(ev)
    return telling.lines


def answers(out):
    """({title: why or None}, what is no answer)."""
    told, rest = {}, []
    for line in out.splitlines():
        try:
            row = json.loads(line)
        except ValueError:
            rest.append(line)
            continue
        if "scenario" in row and "passed" in row:
            told[row["scenario"]] = None if row["passed"] else row.get("why", "?")
        elif "passed" not in row:
            rest.append(line)
    return told, "\n".join(rest)


def failing(banfa, policy, opening, events, path):
    """None if it runs and agrees; else why."""
    try:
        lines = retell(policy, opening, events, split=True)
    except (AssertionError, KeyError, StopIteration, AttributeError, TypeError, IndexError):
        return None
    text = write(policy, [("shrunk", opening, events, lines)])
    _, out = run(banfa, text, path)
    return answers(out)[0].get("shrunk")


# ---- the smallest that differs ----

def smaller(policy, opening, events):
    """Everything that has one thing less."""
    for n in (8, 4, 2, 1):
        for i in range(0, len(events) - n + 1):
            yield policy, opening, events[:i] + events[i + n:]
    for proc in range(len(policy.procs)):
        for change in cuts(policy.procs[proc]):
            p = copy.deepcopy(policy)
            if change(p.procs[proc]) is not False:
                yield p, opening, events
    if len(policy.procs) > 1:
        p = copy.deepcopy(policy)
        p.procs.pop()
        yield p, opening, events
    for name, plain in (("same_day", False), ("rolls", True), ("day_ends", 86400)):
        if getattr(policy, name) != plain:
            p = copy.deepcopy(policy)
            setattr(p, name, plain)
            yield p, opening, events
    if opening[1]:
        yield policy, (opening[0], {}, *opening[2:]), events


def cuts(proc):
    """Functions that cut one thing out of a procedure like this one."""
    def drop(get, i):
        return lambda p: get(p).pop(i)

    def put(get, name, v):
        return lambda p: setattr(get(p), name, v)

    lists = [(lambda p: p.outside, proc.outside)]
    for i, s in enumerate(proc.states):
        lists += [(lambda p, i=i: p.states[i].items, s.items), (lambda p, i=i: p.states[i].whens, s.whens),
                  (lambda p, i=i: p.states[i].effects, s.effects)]
        if s.pauses:
            yield put(lambda p, i=i: p.states[i], "pauses", None)
            if s.pauses[1]:
                yield put(lambda p, i=i: p.states[i], "pauses", (s.pauses[0], None))
        yield lambda p, i=i: p.states.pop(i)
    for j, x in enumerate(proc.items()):
        at = (lambda p, j=j: p.items()[j])
        for name in ("guard", "window", "count", "unless", "otherwise", "states"):
            if getattr(x, name, None) is not None and (name != "otherwise" or x.bearer):
                yield put(at, name, None)
        if getattr(x, "consent", None):
            yield put(at, "consent", [])
        if getattr(x, "otherwise", None):
            yield lambda p, at=at, x=x: setattr(at(p), "otherwise", (x.otherwise[0], [], x.otherwise[2]))
            if x.bearer:
                yield lambda p, at=at, x=x: setattr(at(p), "otherwise", (None, [], x.otherwise[2]))
        if isinstance(x, model.Duty) and x.limit.event:
            yield lambda p, at=at: setattr(at(p).limit, "event", None)
        for n, a in enumerate(getattr(x, "acts", ())):
            yield drop(lambda p, at=at: at(p).acts, n)
            for name in ("guard", "goal"):
                if getattr(a, name):
                    yield put(lambda p, at=at, n=n: at(p).acts[n], name, None)
            for name in ("consent", "effects"):
                if getattr(a, name):
                    yield put(lambda p, at=at, n=n: at(p).acts[n], name, [])
        for k in range(len(getattr(x, "effects", ()))):
            yield drop(lambda p, at=at: at(p).effects, k)
    for get, items in lists:
        for i in range(len(items)):
            yield drop(get, i)


def shrink(banfa, policy, opening, events, path):
    why = failing(banfa, policy, opening, events, path)
    found = True
    while found:
        found = False
        before = model.source(policy)
        for p, o, e in smaller(policy, opening, events):
            if len(e) == len(events) and o == opening and (model.source(p) if valid(p) else before) == before:
                continue
            w = failing(banfa, p, o, e, path)
            if w:
                policy, opening, events, why, found = p, o, e, w, True
                break
    return policy, opening, events, why


def valid(policy):
    """Nothing that is left out is named."""
    for p in policy.procs:
        names = {s.name for s in p.states} | {"back", None}
        duties = {d.name for d in p.duties()}
        for s in p.states:
            if s.pauses and s.pauses[0] != "all" and not set(s.pauses[0]) <= duties:
                return False
            if any(g not in names for _, g, _ in s.whens):
                return False
        for x in p.acts():
            if x.goal not in names:
                return False
        for d in p.duties():
            if d.otherwise and d.otherwise[0] not in names or not p.states:
                return False
    return True


def show(policy, opening, events, title="shrunk"):
    return write(policy, [(title, opening, events, retell(policy, opening, events, split=True))])


def brief(banfa, policy, opening, events, path, why):
    """The policy, what is done, the line that fails, and what would have held there."""
    lines = show(policy, opening, events).split("\n")
    at = int(why.split(":")[1]) - 1 if why else len(lines)
    begins = next(i for i, x in enumerate(lines) if x.startswith("scenario"))
    kept = [x for i, x in enumerate(lines[:at + 1]) if i < begins or i == at
            or not x.startswith("  expect ") or ": " in x]
    told = [f"# {why}"]
    for status in model.STATUSES:
        parts = lines[at].rsplit(" is ", 1) if at < len(lines) else []
        if len(parts) == 2 and parts[1] in model.STATUSES:
            text = "\n".join(lines[:at] + [f"{parts[0]} is {status}", "}"])
            if answers(run(banfa, text, path)[1])[0].get("shrunk", "?") is None:
                told.append(f"# banfa: {status}")
    return "\n".join(kept + told)


# ---- many seeds ----

def one_seed(banfa, seed, path, tally):
    try:
        policy, stories = draw(seed)
    except interp.Endless:           # lapses in a circle with no day between: the checker finds these
        code, _ = run(banfa, write(gen.Drawer(random.Random(seed)).policy(), []), path, "check")
        if code == 0:
            tally["bad"].append((f"{seed}-?", "lapses without end, and the checker takes it"))
        tally["unchecked"] += 1
        return
    code, out = run(banfa, write(policy, stories), path)
    told, rest = answers(out)
    if not told:
        tally["unchecked"] += 1
        tally["why"].append((seed, rest))
        return
    tally["scenarios"] += len(told)
    tally["events"] += sum(len(s[2]) for s in stories)
    if len(told) != len(stories):
        tally["bad"].append((f"{seed}-?", f"{len(stories)} scenarios written, {len(told)} answered: {rest[-300:]}"))
    tally["bad"] += [(title, why) for title, why in told.items() if why]


def main():
    banfa, rest = sys.argv[1], sys.argv[2:]
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "drawn.banfa")
        if rest and rest[0] in ("--shrink", "--print"):
            policy, stories = draw(int(rest[1]))
            story = next((s for s in stories if s[0] == rest[-1]), stories[0])
            if rest[0] == "--shrink":
                policy, opening, events, why = shrink(banfa, policy, story[1], story[2], path)
                print(brief(banfa, policy, opening, events, path, why))
            elif len(rest) == 2:
                print(write(policy, stories), end="")
            else:
                print(show(policy, story[1], story[2], story[0]), end="")
            return 0
        small = os.environ.get("BANFA_SEEDS") == "small"
        first = int(rest[0]) if rest else 1
        last = int(rest[1]) if len(rest) > 1 else first if rest else 8 if small else 60
        tally = {"scenarios": 0, "events": 0, "unchecked": 0, "bad": [], "why": []}
        for seed in range(first, last + 1):
            one_seed(banfa, seed, path, tally)
    for seed, text in tally["why"][:5]:
        print(f"seed {seed} is not taken: {text[:200]}")
    for title, why in tally["bad"][:20]:
        print(f"{title}: {why}")
    print(f"seeds {first} to {last}: {tally['scenarios']} scenarios, {tally['events']} events, "
          f"{len(tally['bad'])} differ; {tally['unchecked']} policies not taken")
    return 1 if tally["bad"] or tally["unchecked"] * 10 > last - first + 1 else 0


if __name__ == "__main__":
    sys.exit(main())
