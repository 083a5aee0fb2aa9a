"""The life of banfad: making a database, starting or saying why not, reloading, draining, dying, starting again."""
import http.client
import os
import re
import select
import signal
import socket
import sqlite3
import stat
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from daemon import BANFAD, ENV, ROOT, Daemon, free_port  # noqa: E402


def mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


def read(path):
    with open(path, "rb") as f:
        return f.read()


class Init(unittest.TestCase):
    def test_makes_what_a_start_needs_readable_by_its_owner_alone(self):
        with Daemon() as d:
            d.init("--person", "boss", "--name", "负责人")
            self.assertEqual(mode(d.data), 0o700)
            self.assertEqual(mode(d.data + "/signing.key"), 0o600)
            self.assertEqual(mode(d.database), 0o600)
            self.assertEqual(sorted(os.listdir(d.folder)), ["b.db", "banfad.conf", "data"])
            d.start()
            me = d.ask("GET", "/v1/me").json
            self.assertEqual((me["person"], me["name"], me["operator"]), ("boss", "负责人", True))
            self.assertEqual(d.ask("GET", "/v1/me", token="").status, 401)
            self.assertEqual(d.stop(), 0)

    def test_overwrites_nothing(self):
        with Daemon() as d:
            d.init()
            before = {p: read(p) for p in (d.database, d.data + "/signing.key")}
            self.assertEqual(d.command("init").returncode, 2)
            os.rename(d.database, d.database + ".away")
            again = d.command("init")
            self.assertEqual(again.returncode, 2)
            self.assertIn("signing.key is there already", again.stderr)
            os.rename(d.database + ".away", d.database)
            for path, bytes_ in before.items():
                self.assertEqual(read(path), bytes_)

    def test_leaves_nothing_behind_when_it_fails(self):
        with Daemon() as d:
            bad = d.command("init", "--origin", "with a blank")
            self.assertEqual(bad.returncode, 2)
            self.assertEqual(os.listdir(d.folder), ["banfad.conf"])
            for person in ("@local", "@", ""):
                bad = d.command("init", "--person", person)
                self.assertEqual(bad.returncode, 2)
                self.assertIn("does not begin with @", bad.stderr)
                self.assertEqual(os.listdir(d.folder), ["banfad.conf"])
            d.configure(database=os.path.join(d.folder, "no/such/folder/b.db"))
            self.assertEqual(d.command("init").returncode, 2)
            self.assertEqual(os.listdir(d.data), [])


class Starting(unittest.TestCase):
    def refuses(self, d, text, zh=None, env=None):
        """It does not start, exits 2 and says the text, with --lang zh the other."""
        said = subprocess.run([BANFAD, "--config", d.config], env=env or ENV, text=True,
                              capture_output=True, timeout=60, check=False)
        self.assertEqual(said.returncode, 2, said.stderr)
        self.assertRegex(said.stderr, text)
        said = subprocess.run([BANFAD, "--config", d.config, "--lang", "zh"], env=env or ENV,
                              text=True, capture_output=True, timeout=60, check=False)
        self.assertEqual(said.returncode, 2, said.stderr)
        self.assertRegex(said.stderr, zh or "[\u4e00-\u9fff]")

    def test_serves_and_shuts_its_sockets(self):
        with Daemon() as d:
            d.init().start()
            self.assertEqual(mode(d.database + ".sock"), 0o600)
            self.assertEqual(d.ask("GET", "/healthz", token="").status, 200)
            ready = d.ask("GET", "/readyz", token="").json
            self.assertEqual(ready, {"clock": "running", "clock_reason": "fine", "disk": "fine", "state": "ready"})
            self.assertEqual(d.ask("GET", "/v1/clock", local=True).json["state"], "running")
            self.assertEqual(d.stop(), 0)
            self.assertFalse(os.path.exists(d.database + ".sock"))
            with self.assertRaises(ConnectionRefusedError):
                d.ask("GET", "/healthz")

    def test_replaces_a_socket_that_a_dead_one_left(self):
        with Daemon() as d:
            d.init().start()
            d.stop(signal.SIGKILL)
            self.assertTrue(os.path.exists(d.database + ".sock"))
            d.start()
            self.assertEqual(d.ask("GET", "/v1/clock", local=True).status, 200)

    def test_says_why_not(self):
        with Daemon() as d:
            self.refuses(d, "signing key .* No such file.*\n.*banfad init", "banfad init")
            d.init()
            key = d.data + "/signing.key"
            os.rename(d.database, d.database + ".away")
            self.refuses(d, "b.db.*No such file", "找不到")
            os.rename(d.database + ".away", d.database)
            with socket.socket() as taken:
                taken.bind(("127.0.0.1", d.port))
                taken.listen()
                self.refuses(d, "listen on 127.0.0.1, port .*: address already in use")
            d.configure(listen="nonsense")
            self.refuses(d, r'banfad.conf:1: error: "listen"', "监听|地址")
            d.configure(database=os.path.join(d.folder, "x" * 120))
            self.refuses(d, "No such file|longest|107")
            d.configure()
            self.refuses_key(d, key)
            self.refuses_file(d)

    def refuses_key(self, d, key):
        os.chmod(key, 0o640)
        self.refuses(d, "mode 640", "600")
        os.chmod(key, 0o600)
        with open(key, "ab") as f:
            f.write(b"x")
        self.refuses(d, "a key is 32 bytes", "32")
        os.truncate(key, 32)

    def refuses_file(self, d):
        other = os.path.join(d.folder, "other.db")
        with sqlite3.connect(other) as db:
            db.execute("create table t(x)")
        d.configure(database=other)
        self.refuses(d, "another program", "不完整|损坏")
        d.configure()
        db = sqlite3.connect(d.database)
        db.execute("pragma user_version = 99")
        db.commit()
        db.close()
        self.refuses(d, "newer banfad")

    def test_two_never_have_one_database(self):
        with Daemon() as d:
            d.init().start()
            one, d.port = d.port, free_port()
            d.configure()
            self.refuses(d, "locked: another process", "占用")
            d.port = one
            d.configure()
            self.assertEqual(d.ask("GET", "/readyz").status, 200)

    def test_reads_no_config_that_is_not_one(self):
        with Daemon() as d:
            d.init()
            d.configure(cache_cases="many", batch_rows="0", nonsens="1")
            self.refuses(d, '(?s)banfad.conf:4.*cache_cases.*banfad.conf:5.*banfad.conf:6.*nonsens')
            self.assertEqual(d.command("--lang", "en", env=dict(ENV, BANFA_CONFIG="x")).returncode, 2)
            d.config += ".missing"
            self.refuses(d, "No such file", "找不到")
            d.config = d.folder
            self.refuses(d, "Is a directory|a directory")


class Reloading(unittest.TestCase):
    def test_takes_over_what_may_change_and_names_what_may_not(self):
        with Daemon(log_level="info", cache_cases="100") as d:
            d.init().start()
            d.configure(log_level="warning", cache_cases="200", database=d.database + ".new")
            d.process.send_signal(signal.SIGHUP)
            said = d.wait_event("reloaded")["what"]
            self.assertIn("log_level: info -> warning", said)
            self.assertIn("cache_cases: 100 -> 200", said)
            self.assertRegex(said, "database: .* needs a restart")
            before = len(d.events("request_done"))
            self.assertEqual(d.ask("GET", "/readyz").status, 200)
            self.assertEqual(len(d.events("request_done")), before)  # no longer logged
            d.configure(log_level="info", cache_cases="200")
            d.process.send_signal(signal.SIGHUP)
            end = time.monotonic() + 10
            while len(d.events("request_done")) == before and time.monotonic() < end:
                d.ask("GET", "/readyz")
            self.assertGreater(len(d.events("request_done")), before)

    def test_keeps_its_settings_when_the_new_ones_are_wrong(self):
        with Daemon() as d:
            d.init().start()
            d.configure(cache_cases="many")
            d.process.send_signal(signal.SIGHUP)
            self.assertIn("cache_cases", d.wait_event("reload_failed")["why"])
            self.assertEqual(d.ask("GET", "/readyz").status, 200)
            self.assertEqual(d.stop(), 0)


class Writers:
    """Threads that write departments until they are cut; what was acknowledged is in `done`, the ids of all answered
    requests in `ids`."""

    def __init__(self, daemon, count, first=0):
        self.daemon, self.done, self.lock = daemon, set(), threading.Lock()
        self.next = first
        self.odd, self.ids = [], set()
        self.threads = [threading.Thread(target=self.run) for _ in range(count)]
        for t in self.threads:
            t.start()

    def take(self):
        with self.lock:
            self.next += 1
            return self.next

    def run(self):
        over = self.daemon.connection()
        while True:
            number = self.take()
            try:
                answer = self.daemon.department(number, over)
            except (OSError, http.client.HTTPException) as e:
                with self.lock:
                    self.odd.append(e)
                return
            with self.lock:
                self.ids.add(answer.headers["X-Request-Id"])
                if answer.status == 200:
                    self.done.add(number)
                elif answer.status != 503:
                    self.odd.append(answer.bytes)
                    return
            if answer.headers.get("Connection") == "close":
                return

    def wait_for(self, count):
        end = time.monotonic() + 30
        while len(self.done) < count and time.monotonic() < end:
            time.sleep(0.005)

    def join(self):
        for t in self.threads:
            t.join()


class Ending(unittest.TestCase):
    def test_term_answers_all_that_was_read_and_loses_none(self):
        with Daemon(token_rate="1000000", token_burst="1000000") as d:
            d.init().start()
            w = Writers(d, 16)
            w.wait_for(200)
            self.assertEqual(d.stop(), 0)
            w.join()
            for e in w.odd:  # a connection is closed between two requests
                self.assertIsInstance(e, (ConnectionError, OSError, http.client.HTTPException))
            self.assertTrue(d.events("stopped"))
            read = {e["request"] for e in d.events("request_done") if e["route"] == "directory_put"}
            self.assertEqual(read, w.ids)  # what was read was answered, and heard
            d.start()
            self.assertLessEqual(w.done, d.departments())
            self.assertEqual(d.stop(), 0)

    def test_term_ends_streams_and_does_not_wait_for_who_idles(self):
        with Daemon(header_time="1s") as d:
            d.init().start()
            stream, idle = d.connection(), d.connection()
            half = socket.create_connection(("127.0.0.1", d.port))
            stream.request("GET", "/v1/stream", headers={"Authorization": "Bearer " + d.token})
            self.assertEqual(stream.getresponse().status, 200)
            d.ask("GET", "/readyz", over=idle)
            half.sendall(b"GET /readyz HTTP/1.1\r\nHost: x\r\n")  # and no more: nothing to answer yet
            d.process.send_signal(signal.SIGTERM)
            begin = time.monotonic()
            self.assertEqual(d.process.wait(60), 0)
            self.assertLess(time.monotonic() - begin, 10)  # drain_time is 20 s
            for c in (stream, idle, half):
                c.close()

    def test_kill_loses_nothing_that_was_acknowledged(self):
        with Daemon(token_rate="1000000", token_burst="1000000") as d:
            d.init().start()
            done, tried = set(), 0
            for _ in range(5):
                w = Writers(d, 8, tried)
                w.wait_for(60)
                d.stop(signal.SIGKILL)
                w.join()
                done |= w.done
                tried = w.next
                d.start()
                there = d.departments()
                self.assertLessEqual(done, there)
                self.assertLessEqual(there, set(range(1, tried + 1)))
            number = min(done)  # its key is still known: the first answer again
            again = d.department(number)
            self.assertEqual((again.status, again.headers["Idempotency-Replayed"]), (200, "true"))
            self.assertEqual(d.stop(), 0)

    def test_who_leaves_without_a_word_is_no_reason_to_die(self):
        """The reader of the log goes away; clients send requests and reset the connection."""
        with Daemon() as d:
            d.init()
            out, log = os.pipe()
            d.process = subprocess.Popen([BANFAD, "--config", d.config], env=ENV, stderr=log)
            os.close(log)
            d.wait_ready()
            os.close(out)
            for _ in range(3):
                self.assertEqual(d.ask("GET", "/readyz").status, 200)
            request = (f"GET /v1/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {d.token}\r\n\r\n"
                       * 50).encode()
            for _ in range(100):
                with socket.create_connection(("127.0.0.1", d.port)) as c:
                    c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    c.sendall(request)
            self.assertEqual(d.ask("GET", "/readyz").status, 200)
            self.assertEqual(d.stop(), 0)

    def test_a_store_that_fails_ends_it_and_the_next_start_recovers(self):
        with Daemon() as d:
            d.init().start()
            self.assertEqual(d.department(1).status, 200)
            other = sqlite3.connect(d.database, isolation_level=None)
            other.execute("begin immediate")  # what no writer of ours ever meets: the file is taken
            with self.assertRaises(Exception):
                answer = d.department(2)
                self.assertNotEqual(answer.status, 200)
            self.assertEqual(d.process.wait(30), 1)
            self.assertTrue(d.events("dead"))
            other.close()
            d.start()
            self.assertEqual(d.department(3).status, 200)
            self.assertLessEqual({1, 3}, d.departments())


class Manager:
    """The socket of a service manager."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="notify-")
        self.path = os.path.join(self.folder, "s")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)

    def hear(self, wanted, seconds=10):
        """Everything heard until `wanted` begins a message."""
        heard, end = [], time.monotonic() + seconds
        while not heard or not heard[-1].startswith(wanted):
            self.socket.settimeout(max(0.01, end - time.monotonic()))
            heard.append(self.socket.recv(4096).decode())
        return heard

    def silent(self, seconds):
        """Does nothing come for so long?"""
        self.socket.settimeout(seconds)
        try:
            self.socket.recv(4096)
        except TimeoutError:
            return True
        return False

    def close(self):
        self.socket.close()
        os.unlink(self.path)
        os.rmdir(self.folder)


class UnderAManager(unittest.TestCase):
    def test_tells_how_it_is(self):
        m = Manager()
        with Daemon() as d:
            d.init().start(env={"NOTIFY_SOCKET": m.path})
            m.hear("READY=1")
            d.process.send_signal(signal.SIGHUP)
            self.assertRegex(m.hear("RELOADING=1")[-1], r"MONOTONIC_USEC=\d+")
            m.hear("READY=1")
            d.process.send_signal(signal.SIGTERM)
            m.hear("STOPPING=1")
            self.assertEqual(d.process.wait(30), 0)
        m.close()

    def test_is_alive_only_while_the_writer_answers(self):
        m = Manager()
        with Daemon() as d:
            d.init().start(env={"NOTIFY_SOCKET": m.path, "WATCHDOG_USEC": "400000"})
            m.hear("READY=1")
            for _ in range(3):
                m.hear("WATCHDOG=1")
            other = sqlite3.connect(d.database, isolation_level=None)
            other.execute("begin immediate")  # the writer waits for it up to two seconds
            late = threading.Thread(target=lambda: self.quietly(d, 1))
            late.start()
            while not m.silent(0.3):  # a ping comes each tenth of a second
                pass
            other.execute("rollback")
            self.assertIsNone(d.process.poll())
            m.hear("WATCHDOG=1")
            late.join()
            self.assertEqual(d.departments(), {1})
        m.close()

    @staticmethod
    def quietly(d, number):
        try:
            d.department(number)
        except OSError:
            pass


class Memory(unittest.TestCase):
    def test_bodies_beyond_the_heap_are_refused_and_the_rest_goes_on(self):
        with Daemon(heap_bytes="64MiB", body_bytes="4MiB") as d:
            d.init().start()
            head = (f"POST /v1/directory HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {d.token}\r\n"
                    "Idempotency-Key: k\r\nContent-Length: 4000000\r\n\r\n").encode()
            held = []
            for _ in range(40):  # 156 MB, were they all kept
                c = socket.create_connection(("127.0.0.1", d.port), timeout=30)
                c.sendall(head + b" " * 3900000)
                held.append(c)
            self.assertEqual(d.ask("GET", "/readyz").status, 200)
            refused, end = 0, time.monotonic() + 30
            while refused <= 20 and time.monotonic() < end:
                for c in select.select(held, [], [], 1)[0]:  # the others are kept
                    refused += c.recv(100).startswith(b"HTTP/1.1 503 ")
                    held.remove(c)
                    c.close()
            self.assertGreater(refused, 20)
            for c in held:
                c.close()
            values = dict(re.findall(r"^(\S+) (\S+)$", d.ask("GET", "/metrics").bytes.decode(), re.M))
            self.assertGreaterEqual(int(values['banfad_limits_reached_total{limit="heap"}']), refused)
            self.assertEqual(d.department(1).status, 200)
            self.assertEqual(d.stop(), 0)


class Metrics(unittest.TestCase):
    def values(self, d):
        text = d.ask("GET", "/metrics", token="").bytes.decode()
        return dict(re.findall(r"^(\S+) (\S+)$", text, re.M))

    def test_tell_what_happened(self):
        with Daemon(token_rate="1000", token_burst="1000", body_bytes="2KiB") as d:
            d.init().start()
            table = read(os.path.join(ROOT, "engine/service/metrics.def")).decode()
            names = re.findall(r'^METRIC\(\w+, \w+, "(\w+)"', table, re.M)
            self.assertGreater(len(names), 15)
            before = self.values(d)
            for name in names:
                self.assertTrue(any(k.startswith(name) for k in before), name)
            for number in range(1, 11):
                d.department(number)
            d.ask("GET", "/v1/me", token="bfd_" + "x" * 49)
            d.ask("GET", "/v1/me", token="")
            self.assertEqual(d.ask("POST", "/v1/directory", b"x" * 5000, key="k").status, 413)
            after = self.values(d)

            def rose(name):
                return float(after[name]) - float(before[name])

            self.assertEqual(rose("banfad_commit_duration_seconds_count"), 10)
            self.assertEqual(rose("banfad_batch_rows_sum"), 10)
            self.assertEqual(rose('banfad_denied_total{reason="malformed"}'), 1)
            self.assertEqual(rose('banfad_denied_total{reason="missing"}'), 1)
            self.assertEqual(rose('banfad_limits_reached_total{limit="body"}'), 1)
            self.assertGreaterEqual(rose('banfad_http_requests_total{code="2xx"}'), 10)
            self.assertEqual(after['banfad_clock_state{state="running"}'], "1")
            self.assertEqual(after["banfad_queue_rows"], "0")
            self.assertGreater(int(after["banfad_heap_bytes"]), 10000)
            self.assertGreaterEqual(int(after["banfad_http_connections"]), 1)
            self.assertLess(float(after["banfad_scan_age_seconds"]), 31)
            self.assertEqual(after["banfad_duties_due"], "0")


if __name__ == "__main__":
    unittest.main(verbosity=2)
