"""A banfad with the Measures, two departments and three people, set by its environment. See daemon.py."""
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import daemon  # noqa: E402
from daemon import BANFA, BANFAD, BUILD, ENV, ROOT, Answer, free_port  # noqa: E402,F401

MEASURES, POLICY = "policies/hebi-2021-39", "鹤壁政务数据办法"
POLICE, CIVIL = "sgaj", "smzj"  # codes of the scenarios' departments: who has the data, who asks for it


class Daemon(daemon.Daemon):
    """`token` is the first operator's. made=False: only the folder, for who makes it himself."""

    def __init__(self, made=True):
        super().__init__()
        self.env = dict(ENV, LC_ALL="C.UTF-8", BANFA_DATABASE=self.database, BANFA_DATA=self.data)
        self.keys = 0
        if made:
            told = self.run("init", "--person", "root", "--name", "Root")
            self.token = re.search(r"bfd_\w+", told).group()

    def run(self, *args, fails=False):
        done = subprocess.run([BANFAD, *args], env=self.env, capture_output=True, text=True, timeout=60)
        assert (done.returncode != 0) == fails, (args, done)
        return done.stdout

    def start(self, **settings):
        return super().start(env=dict(self.env, **{f"BANFA_{k}": v for k, v in settings.items()}))

    def stop(self, how=signal.SIGTERM):
        if self.process:
            code = super().stop(how)
            assert how != signal.SIGTERM or code == 0, (code, self.log()[-3000:])
            self.process = None

    def ask(self, method, path, body=None, token=None, key=None, headers=(), local=False):
        """key True: a fresh one. token None: none."""
        if key is True:
            self.keys += 1
            key = f"key-{self.keys}"
        return super().ask(method, path, body, key, token or "", local, headers=headers)

    def fine(self, *args, **more):
        answer = self.ask(*args, **more)
        assert answer.status in (200, 201), (args, answer)
        return answer.json

    def __exit__(self, kind, *_):
        if self.process and self.process.poll() is None:
            self.stop(signal.SIGKILL if kind else signal.SIGTERM)
        if kind:
            print(self.log()[-4000:] if os.path.exists(self.log_path) else "")
        self.close()

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
