#!/usr/bin/env python3
"""pinned.py [SECONDS]: another program reads the database and does not let go, while clients write.

Nothing of the log can be folded in meanwhile. So it grows, and the metric and the log say so; but batches wait for
nobody, the reader sees the moment at which it began, and every answer stands. When it lets go, the log is taken back
to its usual size by the next batches.

Four seconds in the suite; a minute by hand.
"""
import sqlite3
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from daemon import Daemon  # noqa: E402

CLIENTS, NAME_BYTES = 8, 30000
LONG = 48 << 20   # bytes of the log from which on it is told
USUAL = 16 << 20  # … that it has at most when nobody pins it, and that its file keeps
SLOWEST = 1.5     # seconds; an answer that waits for the reader would take 2


class Client(threading.Thread):
    """Puts departments with long names, one after the other."""

    def __init__(self, d, number):
        super().__init__(daemon=True)
        self.d, self.number, self.over, self.wrong = d, number, False, None
        self.done, self.slowest = [], 0

    def run(self):
        connection = self.d.connection()
        try:
            while not self.over:
                name = f"d{self.number}-{len(self.done)}"
                row = {"kind": "department", "id": name, "json": {"name": name.ljust(NAME_BYTES, "x")}}
                begun = time.monotonic()
                a = self.d.ask("POST", "/v1/directory", {"rows": [row]}, key=name, over=connection)
                self.slowest = max(self.slowest, time.monotonic() - begun)
                assert a.status == 200, (a.status, a.bytes)
                self.done.append(name)
                time.sleep(0.005)
        except Exception as e:  # pylint: disable=broad-except
            self.wrong = repr(e)
        finally:
            connection.close()


def log_bytes(d):
    lines = d.ask("GET", "/metrics").bytes.decode().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("banfad_store_log_bytes "))


def until(what, seconds, why):
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, why
        time.sleep(0.05)


def written(d, seconds, more=lambda: False):
    """Clients write so long, and until then; who was answered what, and how slow the slowest answer was."""
    clients = [Client(d, i + 1) for i in range(CLIENTS)]
    for c in clients:
        c.number = f"{time.monotonic_ns()}-{c.number}"
        c.start()
    time.sleep(seconds)
    until(lambda: not more(), 60, "the log does not do what it should")
    for c in clients:
        c.over = True
    for c in clients:
        c.join(30)
        assert not c.wrong, c.wrong
    return [name for c in clients for name in c.done], max(c.slowest for c in clients)


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 4
    with Daemon(token_rate="1000000", token_burst="1000000", heap_bytes="2GiB") as d:
        d.init().start()
        assert log_bytes(d) < USUAL
        reader = sqlite3.connect(f"file:{d.database}?mode=ro", uri=True, isolation_level=None)
        reader.execute("BEGIN")
        count = "SELECT (SELECT seq FROM head), (SELECT count(*) FROM journal)"
        before = reader.execute(count).fetchone()

        names, slowest = written(d, seconds, more=lambda: log_bytes(d) <= LONG)
        grown = log_bytes(d)
        assert d.wait_event("log_long")["bytes"] > LONG and not d.events("log_taken_back")
        assert Path(d.database + "-wal").stat().st_size >= grown
        assert reader.execute(count).fetchone() == before
        assert slowest < SLOWEST, f"an answer took {slowest:.2f} s"

        reader.execute("COMMIT")
        more, _ = written(d, 0.2, more=lambda: log_bytes(d) > USUAL)
        d.wait_event("log_taken_back")
        assert Path(d.database + "-wal").stat().st_size <= USUAL + (1 << 20)
        reader.close()

        there = {row for row, in sqlite3.connect(d.database).execute("SELECT id FROM setting WHERE kind = 'department'")}
        assert there == set(names) | set(more) and len(there) == len(names) + len(more)
        assert d.stop() == 0
        for args in (["audit", "verify"], ["verify"]):
            done = d.command(*args)
            assert done.returncode == 0, (args, done.stdout, done.stderr)
        print(f"{seconds:.0f} s pinned: {len(names)} answers, the slowest {slowest * 1000:.0f} ms; "
              f"the log grew to {grown >> 20} MiB")


if __name__ == "__main__":
    main()
