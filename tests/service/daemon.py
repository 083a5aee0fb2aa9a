"""Runs the real banfad for tests: in a folder of its own, at a port that is free."""
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.parse
from pathlib import Path

ROOT = Path(os.environ.get("srcdir") or Path(__file__).parents[2]).resolve()
BUILD = Path(os.environ.get("builddir") or ROOT / "build").resolve()
BANFAD, BANFA = BUILD / "banfad", BUILD / "banfa"
os.environ.setdefault("BANFA_STDLIB", str(ROOT / "stdlib"))
ENV = dict({k: v for k, v in os.environ.items() if not k.startswith("BANFA_")},
           BANFA_STDLIB=os.environ["BANFA_STDLIB"], LANGUAGE="en")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Unix(http.client.HTTPConnection):
    """HTTP over the local socket."""

    def __init__(self, path):
        super().__init__("localhost", timeout=30)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(30)
        self.sock.connect(self.path)


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.bytes = response.read()

    @property
    def type(self):
        return self.headers.get("Content-Type", "")

    @property
    def json(self):
        return json.loads(self.bytes)

    def __repr__(self):
        return f"{self.status} {self.bytes[:600].decode(errors='replace')}"


class Daemon:
    """A database and the daemon that serves it. `settings` are lines of its config file."""

    def __init__(self, **settings):
        self.folder = Path(tempfile.mkdtemp(prefix="banfad-"))
        self.port = free_port()
        self.database = os.path.join(self.folder, "b.db")
        self.data = os.path.join(self.folder, "data")
        self.config = os.path.join(self.folder, "banfad.conf")
        self.log_path = os.path.join(self.folder, "log")
        self.process = None
        self.token = None
        self.configure(**settings)

    def configure(self, **settings):
        lines = {"listen": f"127.0.0.1:{self.port}", "database": self.database, "data": self.data}
        lines.update(settings)
        with open(self.config, "w", encoding="utf-8") as f:
            f.write("".join(f"{k} = {v}\n" for k, v in lines.items()))

    def command(self, *args, env=None):
        """Another command of banfad, to its end."""
        return subprocess.run([BANFAD, *args, "--config", self.config], env=env or ENV, text=True,
                              capture_output=True, timeout=60, check=False)

    def init(self, *args):
        done = self.command("init", "--json", *args)
        if done.returncode:
            raise RuntimeError(done.stderr)
        self.token = json.loads(done.stdout)["token"]
        return self

    def start(self, *args, env=None, wait=True):
        with open(self.log_path, "a", encoding="utf-8") as log:
            # pylint: disable=consider-using-with
            self.process = subprocess.Popen([BANFAD, "--config", self.config, *args],
                                            env=dict(ENV, **(env or {})), stderr=log)
        if wait:
            self.wait_ready()
        return self

    def wait_ready(self, seconds=30):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                if self.ask("GET", "/readyz").status == 200:
                    return
            except OSError:
                pass
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        raise RuntimeError("not ready: " + self.log())

    def log(self):
        with open(self.log_path, encoding="utf-8") as f:
            return f.read()

    def events(self, name):
        lines = [json.loads(line) for line in self.log().splitlines() if line.startswith("{")]
        return [line for line in lines if line["event"] == name]

    def wait_event(self, name, count=1, seconds=10):
        end = time.monotonic() + seconds
        while len(self.events(name)) < count:
            if time.monotonic() > end:
                raise RuntimeError(f"no {name}: " + self.log())
            time.sleep(0.02)
        return self.events(name)[-1]

    def connection(self, local=False):
        if local:
            return Unix(self.database + ".sock")
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)

    def ask(self, method, path, body=None, key=None, token=None, local=False, over=None, headers=()):
        """One request. token: None for the operator's of init, "" for none."""
        head = dict(headers)
        if key:
            head["Idempotency-Key"] = key
        if token is None:
            token = None if local else self.token
        if token:
            head["Authorization"] = "Bearer " + token
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body, ensure_ascii=False).encode()
            head.setdefault("Content-Type", "application/json")
        connection = over or self.connection(local)
        try:
            connection.request(method, urllib.parse.quote(path, safe="/?&=,.-:%"), body, head)
            return Answer(connection.getresponse())
        finally:
            if not over:
                connection.close()

    def department(self, number, over=None):
        """A small durable write: a row of the directory."""
        row = {"kind": "department", "id": f"d{number}", "json": {"name": f"department {number}"}}
        return self.ask("POST", "/v1/directory", {"rows": [row]}, key=f"d{number}", over=over)

    def departments(self):
        """The numbers of all those that are there."""
        found, after = set(), ""
        while after is not None:
            page = self.ask("GET", f"/v1/directory/department?limit=1000&after={after}").json
            found |= {int(row["id"][1:]) for row in page["rows"]}
            after = page["next"]
        return found

    def stop(self, how=signal.SIGTERM, seconds=60):
        """Its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.wait(seconds)

    def close(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
