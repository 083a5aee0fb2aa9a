#!/usr/bin/env python3
"""kill.py [ROUNDS [SEED]]: banfad killed at random moments under load, and started again.

Clients open cases and act in them; what is not answered they send again, with the same key, until it is. After each
kill the file is looked at as the kill left it (a copy, read by SQLite's own library, not by banfad): every step that
was answered is there, at the place the answer named, none twice. Each case has a limit that passes while this runs,
at the minute at which the policy says that a day ends; in the end every limit has passed exactly once, at that
instant, of the cases that had not ended by then and of no others, and no act stands behind it. `banfad audit verify`
and `banfad verify --rerun` find nothing: so the derived tables are what the journal makes them, byte for byte.
"""
import json
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from daemon import BANFA, ENV, Daemon  # noqa: E402

CLIENTS, LEAST_BEFORE, ROUND = 6, 12, (0.15, 0.7)

POLICY = """
policy kill "killed" {{
  in force 2020-01-01
  calendar none
  day ends {ends}
}}
procedure request "Request" {{
  party asker : Department
  given last  : Date
  starts by asker
  state first "first" {{
    asker must answer by last {{
      approve (note: Text) -> second
    }} otherwise -> late
  }}
  state second "second" {{
    asker must confirm by last {{
      approve (note: Text) -> granted
    }} otherwise -> late
  }}
  end granted "granted"
  end late "late"
}}
"""


class Client(threading.Thread):
    """Sends steps one after the other, and knows which of them were answered."""

    def __init__(self, world, number):
        super().__init__(daemon=True)
        self.world, self.number, self.sent = world, number, 0
        self.random = random.Random(world.seed * 1000 + number)
        self.answered = []  # (key, seq, case, body of the answer, path, body sent)
        self.wrong = None
        self.again = 0

    def once(self, path, body):
        """The answer of a step, however often it must be sent."""
        self.sent += 1
        key = f"c{self.number}-{self.sent}"
        for attempt in range(10000):
            if self.world.over:
                return None
            try:
                a = self.world.d.ask("POST", path, body, key=key, token=self.world.token)
            except OSError:
                time.sleep(0.02)
                continue
            except Exception:  # pylint: disable=broad-except
                time.sleep(0.02)  # a cut answer
                continue
            if a.status == 503:
                time.sleep(0.02)
                continue
            self.again += attempt > 0 and a.headers.get("Idempotency-Replayed") is not None
            return key, a
        raise AssertionError(f"{path}: no answer")

    def step(self, path, body, may_be_refused=False):
        told = self.once(path, body)
        if told is None:
            return None
        key, a = told
        if a.status not in (200, 201):
            assert may_be_refused and a.status == 409, (path, body, a.status, a.bytes)
        else:
            self.answered.append((key, a.json["seq"], a.json["case"], a.bytes, path, body))
        return a

    def case(self):
        last = self.world.last_day()
        a = self.step("/v1/cases", {"policy": "kill", "procedure": "request",
                                    "data": {"asker": {"kind": "department", "code": "d1"}, "last": last}})
        if a is None:
            return
        case = a.json["case"]
        for _ in range(self.random.choice((0, 0, 1, 1, 2))):
            # The limit may pass between two steps: then the case has ended.
            if self.step(f"/v1/cases/{case}/acts/approve", {"args": {"note": "x" * self.random.randrange(200)}},
                         may_be_refused=True) is None:
                return

    def run(self):
        try:
            while not self.world.over:
                self.case()
        except Exception as e:  # pylint: disable=broad-except
            self.wrong = repr(e)


class World:
    def __init__(self, seed):
        self.seed, self.over = seed, False
        self.random = random.Random(seed)
        self.d = Daemon(scan_interval="200ms", token_rate="1000000", token_burst="1000000")
        self.checked = 0  # rows
        self.keys = {}    # of the rows: key -> (seq, case)
        self.moment = self.limit()

    def limit(self):
        """The instant at which the days of the policy end: a full minute not too soon, and not midnight."""
        at = datetime.now(timezone.utc) + timedelta(seconds=LEAST_BEFORE + 60)
        at = at.replace(second=0, microsecond=0)
        return at + timedelta(minutes=1) if (at.hour, at.minute) == (0, 0) else at

    def last_day(self):
        """Of new cases: the day that ends at the moment; later, when it has, the next."""
        day = self.moment.date()
        return str(day if datetime.now(timezone.utc) < self.moment - timedelta(seconds=1) else day + timedelta(days=2))

    def prepare(self):
        policy, image = Path(self.d.folder) / "kill.banfa", Path(self.d.folder) / "image"
        policy.write_text(POLICY.format(ends=self.moment.strftime("%H:%M")), encoding="utf-8")
        subprocess.run([BANFA, "compile", policy, "-o", image], check=True, env=ENV, stdout=subprocess.DEVNULL)
        self.d.init().start()
        rows = [{"kind": "department", "id": "d1", "json": {"name": "One"}},
                {"kind": "post", "id": "p1", "json": {"name": "clerk", "department": "d1", "acts": True}},
                {"kind": "person", "id": "ann", "json": {"name": "Ann", "active": True, "operator": False}},
                {"kind": "holding", "id": "h1", "json": {"person": "ann", "post": "p1"}}]
        for path, body, key in (("/v1/directory", {"rows": rows}, "people"), ("/v1/policies", image.read_bytes(), "p"),
                                ("/v1/policies/kill/activation", None, "a")):
            a = self.d.ask("POST", path, body, key=key)
            assert a.status < 300, (path, a.status, a.bytes)
        self.token = self.d.ask("POST", "/v1/tokens", {"person": "ann"}, key="t").json["token"]

    def rows(self):
        """The journal rows since the last look, of a copy of the file as it is now."""
        with tempfile.TemporaryDirectory() as folder:
            for tail in ("", "-wal"):
                source = Path(self.d.database + tail)
                if source.exists():
                    shutil.copy(source, Path(folder) / ("b.db" + tail))
            db = sqlite3.connect(Path(folder) / "b.db")
            assert db.execute("PRAGMA quick_check(1)").fetchone() == ("ok",)
            found = db.execute("SELECT seq, body FROM journal WHERE seq > ? ORDER BY seq", (self.checked,)).fetchall()
            head = db.execute("SELECT seq FROM head").fetchone()[0]
            db.close()
        assert [seq for seq, _ in found] == list(range(self.checked + 1, head + 1)), "rows are missing"
        return [(seq, json.loads(body)) for seq, body in found]

    def look(self, clients, history):
        """As the kill left it."""
        answered = [list(c.answered) for c in clients]
        for seq, body in self.rows():
            self.checked = seq
            history.append((seq, body))
            if body.get("principal") == "ann":
                assert body["key"] not in self.keys, f"{body['key']} is there twice"
                self.keys[body["key"]] = seq
        for client, steps in zip(clients, answered):
            assert not client.wrong, client.wrong
            for key, seq, case, *_ in steps:
                assert self.keys.get(key) == seq, f"case {case}: {key} was answered as row {seq}, not {self.keys.get(key)}"

    def same_answers(self, clients):
        """Steps sent once more, also from before a kill, are answered word for word as the first time."""
        for client in clients:
            for key, *_, told, path, body in self.random.sample(client.answered, min(10, len(client.answered))):
                again = self.d.ask("POST", path, body, key=key, token=self.token)
                assert again.bytes == told and again.headers.get("Idempotency-Replayed") == "true", (key, told, again.bytes)

    def verify(self):
        for args in (["audit", "verify"], ["verify", "--rerun"]):
            done = self.d.command(*args)
            assert done.returncode == 0, (args, done.stdout, done.stderr)


def facts_of(body, kind):
    return [f for f in body.get("facts", []) if f["fact"] == kind]


def cases_of(history):
    cases = {}
    for _, body in history:
        started = facts_of(body, "started")
        if started:
            last = next(v for v in started[0]["v"] if isinstance(v, str))
            cases[body["event"]["number"]] = {"last": last, "acts": 0, "lapsed": []}
    return cases


def judge(world, history, numbers):
    """How many cases there are, and of how many the limit passed: once, when it had to."""
    cases, instant, day, fired = cases_of(history), int(world.moment.timestamp()), str(world.moment.date()), 0
    for seq, body in history:
        case = cases.get(numbers.get(seq))
        if case is None:
            continue
        for f in body.get("facts", []):
            if f["fact"] == "acted":
                assert not case["lapsed"], f"row {seq}: an act after its limit"
                assert case["last"] != day or f["at"] < instant, f"row {seq}: an act that was too late"
                case["acts"] += 1
            elif f["fact"] == "lapsed":
                # Found by the scan, or by an act that came before it and was too late.
                assert body["event"]["kind"] == "tick" or facts_of(body, "refused"), f"row {seq}: {body}"
                assert f["at"] == instant, f"row {seq}: lapsed at {f['at']}"
                case["lapsed"].append(seq)
    for number, case in cases.items():
        due = case["last"] == day and case["acts"] < 2
        assert len(case["lapsed"]) == (1 if due else 0), (number, case)
        fired += due
    return len(cases), fired


def numbers_of(world):
    """The case of each row, from the headers."""
    db = sqlite3.connect(world.d.database)
    found = {seq: int.from_bytes(head[24:32], "big") for seq, head in db.execute("SELECT seq, head FROM journal")}
    db.close()
    return found


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else int(time.time())
    print(f"seed {seed}")
    world, history, done = World(seed), [], 0
    try:
        world.prepare()
        clients = [Client(world, i) for i in range(CLIENTS)]
        for client in clients:
            client.start()
        while done < rounds or datetime.now(timezone.utc) < world.moment + timedelta(seconds=1):
            time.sleep(world.random.uniform(*ROUND) if done < rounds else 1)
            world.d.stop(signal.SIGKILL)
            world.look(clients, history)
            world.d.start(wait=world.random.random() < 0.8)  # or it is killed while it starts
            done += 1
        world.d.wait_ready()
        time.sleep(1)
        world.over = True
        for client in clients:
            client.join(30)
        world.same_answers(clients)
        assert world.d.stop() == 0
        world.look(clients, history)
        cases, fired = judge(world, history, numbers_of(world))
        world.verify()
        assert fired and cases > fired
        print(f"{done} kills, {sum(len(c.answered) for c in clients)} steps answered, "
              f"{sum(c.again for c in clients)} of them when sent again, {cases} cases, {fired} limits passed")
    finally:
        world.over = True
        world.d.close()


if __name__ == "__main__":
    main()
