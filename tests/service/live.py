"""A banfad that a test runs: made, started, asked, stopped. Environment: srcdir, builddir (of `make check`)."""
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

ROOT = Path(os.environ.get("srcdir") or Path(__file__).parents[2]).resolve()
BUILD = Path(os.environ.get("builddir") or ROOT / "build").resolve()
BANFAD, BANFA = BUILD / "banfad", BUILD / "banfa"
MEASURES, POLICY = "policies/hebi-2021-39", "鹤壁政务数据办法"
POLICE, CIVIL = "sgaj", "smzj"  # codes of the scenarios' departments: who has the data, who asks for it


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = {k.lower(): v for k, v in response.getheaders()}
        self.bytes = response.read()

    @property
    def type(self):
        return self.headers.get("content-type", "")

    @property
    def json(self):
        return json.loads(self.bytes)

    def __repr__(self):
        return f"{self.status} {self.bytes[:600].decode(errors='replace')}"


class Unix(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=20)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Daemon:
    """In a folder of its own. `token` is the first operator's. made=False: only the folder, for who makes it himself."""

    def __init__(self, made=True):
        self.folder = Path(tempfile.mkdtemp(prefix="banfad"))
        self.env = dict(os.environ, BANFA_STDLIB=str(ROOT / "stdlib"), LC_ALL="C.UTF-8",
                        BANFA_DATABASE=str(self.folder / "b.db"), BANFA_DATA=str(self.folder / "data"))
        self.process, self.keys, self.port = None, 0, free_port()
        if made:
            told = self.run("init", "--person", "root", "--name", "Root")
            self.token = re.search(r"bfd_\w+", told).group()

    def run(self, *args, fails=False):
        done = subprocess.run([BANFAD, *args], env=self.env, capture_output=True, text=True, timeout=60)
        assert (done.returncode != 0) == fails, (args, done)
        return done.stdout

    def start(self, **settings):
        env = dict(self.env, BANFA_LISTEN=f"127.0.0.1:{self.port}", **{f"BANFA_{k}": v for k, v in settings.items()})
        self.log = open(self.folder / "log", "ab")
        self.process = subprocess.Popen([BANFAD, "serve"], env=env, stderr=self.log, stdout=self.log)
        for _ in range(400):
            try:
                if self.ask("GET", "/readyz").status == 200:
                    return self
            except OSError:
                assert self.process.poll() is None, (self.folder / "log").read_text()
            time.sleep(0.025)
        raise AssertionError("banfad does not get ready: " + (self.folder / "log").read_text())

    def stop(self, how=signal.SIGTERM):
        if self.process:
            self.process.send_signal(how)
            code = self.process.wait(30)
            assert how != signal.SIGTERM or code == 0, (code, (self.folder / "log").read_text()[-3000:])
            self.process = None
            self.log.close()

    def connection(self, local=False):
        if local:
            return Unix(self.folder / "b.db.sock")
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)

    def ask(self, method, path, body=None, token=None, key=None, headers=(), local=False):
        """key True: a fresh one."""
        if key is True:
            self.keys += 1
            key = f"key-{self.keys}"
        h = dict(headers)
        if token:
            h["Authorization"] = "Bearer " + token
        if key:
            h["Idempotency-Key"] = key
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            h.setdefault("Content-Type", "application/json")
        c = self.connection(local)
        try:
            c.request(method, quote(path, safe="/?&=%:"), body, h)
            return Answer(c.getresponse())
        finally:
            c.close()

    def fine(self, *args, **more):
        answer = self.ask(*args, **more)
        assert answer.status in (200, 201), (args, answer)
        return answer.json

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if self.process and self.process.poll() is None:
            self.stop(signal.SIGKILL if kind else signal.SIGTERM)
        if kind:
            log = self.folder / "log"
            print(log.read_text()[-4000:] if log.exists() else "")
        shutil.rmtree(self.folder, ignore_errors=True)

    # ---- the Measures, two departments, three people ----
    def image(self, source=None, stdlib=None):
        """Of the Measures, unless told otherwise."""
        out = self.folder / "image"
        env = dict(self.env, BANFA_STDLIB=str(stdlib)) if stdlib else self.env
        subprocess.run([BANFA, "compile", source or ROOT / MEASURES, "-o", out], check=True, env=env, capture_output=True)
        return out.read_bytes()

    def load_measures(self):
        self.fine("POST", "/v1/policies", self.image(), token=self.token, key=True)
        self.fine("POST", f"/v1/policies/{POLICY}/activation", token=self.token, key=True)

    def put(self, *rows):
        rows = [{"kind": k, "id": i, "json": j} for k, i, j in rows]
        return self.fine("POST", "/v1/directory", {"rows": rows}, token=self.token, key=True)

    def new_token(self, person):
        return self.fine("POST", "/v1/tokens", {"person": person, "name": "test"}, token=self.token, key=True)

    def people(self):
        """Tokens of wang (for the police), li (for civil affairs), zhao (for nobody)."""
        self.put(("department", POLICE, {"name": "市公安局", "level": "市级"}),
                 ("department", CIVIL, {"name": "市民政局", "level": "市级"}),
                 ("post", "p-police", {"name": "数据科", "department": POLICE, "acts": True}),
                 ("post", "p-civil", {"name": "信息科", "department": CIVIL, "acts": True}),
                 *[("person", p, {"name": p, "active": True, "operator": False}) for p in ("wang", "li", "zhao")],
                 ("holding", "h1", {"person": "wang", "post": "p-police"}),
                 ("holding", "h2", {"person": "li", "post": "p-civil"}))
        return [self.new_token(p)["token"] for p in ("wang", "li", "zhao")]


RESOURCE = {"编码": "R001", "提供部门": {"kind": "department", "code": POLICE, "name": "市公安局", "level": "市级"},
            "申报类型": "有条件共享", "依据": "某条例第九条", "共享条件": "用于核验"}
REQUEST = {"policy": POLICY, "procedure": "共享申请",
           "data": {"使用部门": {"kind": "department", "code": CIVIL, "name": "市民政局", "level": "市级"},
                    "资源": RESOURCE, "共享范围": "全部", "共享用途": "核验", "申请数据项数": 3}}


class Stream:
    """GET /v1/stream: events as they come, comments left out."""

    def __init__(self, daemon, token=None, query="", last=None, local=False):
        self.c = daemon.connection(local)
        h = {"Authorization": "Bearer " + token} if token else {}
        if last is not None:
            h["Last-Event-ID"] = str(last)
        self.c.request("GET", "/v1/stream" + query, headers=h)
        self.r = self.c.getresponse()
        self.status, self.beats = self.r.status, 0

    def next(self):
        """The next event; None: the stream ended."""
        event = {}
        while True:
            line = self.r.readline().decode()
            if not line:
                return None
            line = line.rstrip("\n")
            if line.startswith(":"):
                self.beats += 1
            elif line:
                name, _, value = line.partition(": ")
                event[name] = value
            elif "data" in event:
                event["data"] = json.loads(event["data"])
                return event
            else:
                event = {}

    def close(self):
        self.r.close()
        self.c.close()
