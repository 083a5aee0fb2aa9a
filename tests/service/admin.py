#!/usr/bin/env python3
"""The commands of operators, each as somebody new would run it, while banfad serves and while it does not; a backup
made while acts go on, restored and verified; and every place where a byte of what is kept can be changed: verification
must find it and say where. SQLite is spoken to from here by Python's own module, past the program."""
import fcntl
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from live import BANFA, BANFAD, POLICY, REQUEST, ROOT, Daemon, free_port  # noqa: E402


class Tool:
    """banfad's commands on one database."""

    def __init__(self, d, **env):
        self.env = dict(d.env, **env)

    def __call__(self, *args, status=0, json_too=False, **more):
        done = subprocess.run([BANFAD, *args], env=self.env, capture_output=True, text=True, timeout=120, **more)
        assert done.returncode == status, (args, done)
        assert status or not done.stderr, done
        self.err = done.stderr
        return json.loads(done.stdout) if json_too else done.stdout

    def all(self, *args):
        return self(*args, "--json", json_too=True)


def find(pattern, text):
    found = re.search(pattern, text)
    assert found, (pattern, text)
    return found.group(1) if found.groups() else found.group()


def rows_of(path):
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
        return db.execute("SELECT seq, head, salt, body FROM journal ORDER BY seq").fetchall()


# ---- the commands ----
def commands(d, served):
    """Every one of them once; with a daemon or without, they say the same."""
    t = Tool(d)
    image = d.folder / "text.image"
    image.write_bytes(d.image())
    told = t("policy", "load", image)
    hash_ = find(r"[0-9a-f]{64}", told)
    assert t.all("policy", "list")["policies"][0]["active"] is False
    assert "not" not in t("policy", "activate", POLICY)
    listed = t("policy", "list")
    assert hash_ in listed and "yes" in listed and POLICY in listed, listed
    assert [p["active"] for p in t.all("policy", "list")["policies"]] == [True]
    # Loaded again it stays what it is; from its sources, too.
    assert "is active as" in t("policy", "load", image)
    assert "is active as " + hash_ in t("policy", "load", ROOT / "policies/hebi-2021-39")
    assert t.all("policy", "list")["policies"][0]["active"] is True
    t("policy", "activate", "nothing.of.that.name", status=1)
    assert "nothing.of.that.name" in t.err
    t("policy", "load", ROOT / "README.md", status=1)
    assert "banfa compile" in t.err
    t("policy", "load", d.folder / "nothing", status=2)
    (d.folder / "wrong.banfa").write_text("policy {")
    t("policy", "load", d.folder / "wrong.banfa", status=1)
    assert "wrong.banfa:1:" in t.err
    t("policy", status=2)
    t("policy", "lode", status=2)
    assert "lode" in t.err and "load IMAGE" in t.err

    calendar = ROOT / "stdlib/cn/workdays.calendar"
    (was,) = t.all("calendar", "list")["calendars"]
    assert was["name"] == "cn.workdays"
    later = d.folder / "later.calendar"
    later.write_bytes(calendar.read_bytes() + b"# nothing new\n")
    assert "cn.workdays" in t("calendar", "adopt", later)
    (now,) = t.all("calendar", "list")["calendars"]
    assert now["hash"] != was["hash"] and now["seq"] > was["seq"] and now["horizon"] == was["horizon"]
    later.write_bytes(b"banfa calendar 1\nname cn.workdays\nrubbish\n")
    t("calendar", "adopt", later, status=1)
    assert "line 3" in t.err

    directory = d.folder / "directory.json"
    directory.write_text(json.dumps({"rows": [
        {"kind": "department", "id": "smzj", "json": {"name": "市民政局", "level": "市级"}},
        {"kind": "post", "id": "clerk", "json": {"name": "经办", "department": "smzj", "acts": True}},
        {"kind": "person", "id": "li", "json": {"name": "李四", "active": True, "operator": False}},
        {"kind": "holding", "id": "h1", "json": {"person": "li", "post": "clerk", "from": "2026-01-01T00:00:00+08:00"}},
    ]}))
    assert "4 rows" in t("directory", "load", directory)
    (holding,) = t.all("directory", "list", "holding")["rows"]
    assert holding["from"] == "2025-12-31T16:00:00Z" and "until" not in holding
    assert "市民政局" in t("directory", "list") and "李四" in t("directory", "list", "person")
    t("directory", "list", "people", status=2)
    for wrong, what in (({"kind": "person", "id": "x", "json": {"name": "X"}}, "active"),
                        ({"kind": "token", "id": "x", "json": {}}, "/v1/tokens"),
                        ({"kind": "person", "id": "", "json": None}, "row is"),
                        ({"kind": "holding", "id": "x", "json": {"person": "li", "post": "clerk", "until": "soon"}}, "instant")):
        good = {"kind": "person", "id": "y", "json": {"name": "Y", "active": True, "operator": False}}
        directory.write_text(json.dumps({"rows": [good, wrong]}))
        t("directory", "load", directory, status=1)
        assert what in t.err and "row 2" in t.err, t.err
    assert len(t.all("directory", "list", "person")["rows"]) == 2  # nothing of it was put

    told = t("token", "new", "li", "--name", "desk")
    token, id_ = find(r"bfd_\w+", told), find(r"token ([0-9a-f]{16})", told)
    assert token not in t("token", "list") and id_ in t("token", "list")
    assert "hash" not in json.dumps(t.all("directory", "list", "token"))
    t("token", "new", "nobody", status=1)
    t("token", "new", status=2)
    t("token", "new", "li", "--expires", "tomorrow", status=1)
    if served:
        assert d.ask("GET", "/v1/me", token=token).json["capacities"][0]["department"] == "smzj"
        for path, method in (("/v1/directory/person", "GET"), ("/v1/tokens", "POST"), ("/v1/policies", "POST")):
            assert d.ask(method, path, {} if method == "POST" else None, token=token, key=True).status == 403
        assert d.ask("POST", "/v1/backups", {"path": "/tmp/x"}, token=d.token).status == 403  # not even an operator
    t("token", "revoke", id_)
    if served:
        assert d.ask("GET", "/v1/me", token=token).status == 401
    t("token", "revoke", "0" * 16, status=1)

    assert "service's time" in t("clock", "show") and "service's time" in t("clock", "accept")
    assert "服务时间" in t("clock", "show", "--lang", "zh")
    t("token", "new", "nobody", "--lang", "zh", status=1)
    assert "通讯录里没有" in t.err
    return t


def proofs(d, t):
    """Checkpoint, receipt, export: what a program of others' can hold against the journal."""
    key = t("audit", "key").strip()
    note, receipt, journal = d.folder / "note", d.folder / "receipt", d.folder / "journal"
    note.write_text(t("audit", "checkpoint"))
    receipt.write_text(t("audit", "receipt", "3"))
    # Neither database nor data folder is needed for a receipt.
    nowhere = Tool(d, BANFA_DATABASE="/nonexistent/b.db", BANFA_DATA="/nonexistent")
    assert "row 3" in nowhere("audit", "verify", receipt, "--key", key)
    (d.folder / "key").write_text(key + "\n")
    assert "row 3" in nowhere("audit", "verify", receipt, "--key", d.folder / "key")
    nowhere("audit", "verify", receipt, status=2)
    other = key[:-4] + ("AAA=" if not key.endswith("AAA=") else "BBB=")
    nowhere("audit", "verify", receipt, "--key", other, status=2)
    t("audit", "receipt", "999999", status=1)
    assert "agrees with" in t("audit", "verify", note)
    assert "whole" in t("export", journal) or "rows written" in t("export", journal)
    assert "whole" in nowhere("audit", "verify", journal)
    assert t("export", "-") == journal.read_text()
    flipped(nowhere, receipt, "--key", key)
    flipped(t, note)
    flipped(nowhere, journal)
    return note


def flipped(t, path, *more):
    """One byte changed, all over the file: never fine. (A receipt's salt is held against nothing but the body.)"""
    was = path.read_bytes()
    salt = was.find(b"salt ") if was.startswith(b"banfa receipt") else len(was)
    for at in range(0, len(was), max(1, len(was) // 40)):
        if salt <= at < salt + 30:
            continue
        path.write_bytes(was[:at] + bytes([was[at] ^ 1]) + was[at + 1:])
        done = subprocess.run([BANFAD, "audit", "verify", path, *more], env=t.env, capture_output=True, timeout=60)
        assert done.returncode in (1, 2), (path, at, done)
    path.write_bytes(was)
    t("audit", "verify", path, *more)


def explained(d, journal, case):
    env = dict(d.env)
    told = subprocess.run([BANFA, "explain", journal, str(case)], env=env, capture_output=True, text=True, timeout=60)
    assert told.returncode == 0, told
    return told.stdout


# ---- another text, another calendar ----
def open_matter(d, token, policy="amended"):
    data = {"owner": {"kind": "person", "code": "zhao", "name": "zhao"}, "about": "a well",
            "office": {"kind": "department", "code": "sgaj", "name": "市公安局"}}
    return d.fine("POST", "/v1/cases", {"policy": policy, "procedure": "matter", "data": data}, token=token, key=True)["case"]


def due_of(d, token, case):
    (due,) = [x["due"] for x in d.fine("GET", f"/v1/cases/{case}", token=token)["duties"] if x["duty"] == "answer"]
    return due


def migration(d, t, zhao):
    """Cases under the first text go on under the second, as tests/service/migrate.c has it worked out."""
    hashes = []
    for n in (1, 2):
        out = d.folder / f"amended{n}.image"
        subprocess.run([BANFA, "compile", ROOT / f"tests/service/migrate{n}.banfa", "-o", out], check=True, env=d.env,
                       stdout=subprocess.DEVNULL)
        hashes.append(find(r"[0-9a-f]{64}", t("policy", "load", out)))
        if n == 1:
            first = d.fine("POST", f"/v1/policies/{hashes[0]}/activation", key="first", local=True)
            cases = [open_matter(d, zhao) for _ in range(3)]
    old, new = hashes
    assert "in the way" in t("policy", "migrate", old, "--to", new, "--dry-run")
    dry = t("policy", "migrate", old, "--to", new, "--state", "received=taken_in", "--dry-run")
    assert "3 cases would move, 0 would stay" in dry and "taken_in" in dry, dry
    assert d.fine("GET", f"/v1/cases/{cases[0]}", token=zhao)["state"]["name"] == "received"
    assert "3 cases moved" in t("policy", "migrate", old, "--to", new, "--state", "received=taken_in")
    assert d.fine("GET", f"/v1/cases/{cases[0]}", token=zhao)["state"]["name"] == "taken_in"
    assert "0 cases moved" in t("policy", "migrate", old, "--to", new, "--state", "received=taken_in")
    t("policy", "migrate", old, "--to", old, status=1)
    t("policy", "migrate", "0" * 64, status=1)
    t("policy", "migrate", old, "--state", "received", status=2)
    for state, has in (("recieved=taken_in", "received"), ("received=taken_inn", "taken_in")):
        t("policy", "migrate", old, "--to", new, "--state", state, status=1)
        told = t.err
        assert f'no state "{state.split("=")[has == "taken_in"]}"; it has ' in told and has in told.split("it has")[1], told
    # A key that moved cases moves them once; nothing else is done under it, and it is not used up by a dry run.
    path, body = f"/v1/policies/{old}/migration", {"to": new, "states": {"received": "taken_in"}}
    for dry in (True, False, False):
        done = d.fine("POST", path, dict(body, dry_run=dry), key="move", local=True)
        assert done["moves"] == 0
    # How a hash begins is enough where no other begins so; where several do they are named.
    begin = next(n for n in range(4, 64) if old[:n] != new[:n])
    assert "0 cases moved" in t("policy", "migrate", old[:begin], "--to", new[:begin], "--state", "received=taken_in")
    t("policy", "migrate", old[:3], "--to", new, status=1)
    t("policy", "activate", "zzzz", status=1)
    assert "no policy" in t.err
    # Whose period is kept, and whose is not: fifteen working days instead of ten.
    late = open_matter(d, zhao, old)
    before = due_of(d, zhao, late)
    kept, anew = (t.all("policy", "migrate", old[:begin], "--to", new[:begin], "--state", "received=taken_in",
                         "--dry-run", *more) for more in ((), ("--recompute", "answer")))
    kept, anew = (next(x for x in y["cases"][0]["changes"] if x["name"] == "answer") for y in (kept, anew))
    assert kept["before"] == anew["before"] == before and kept["after"]["last"] <= before["last"] < anew["after"]["last"], (kept, anew)
    t("policy", "migrate", old, "--to", new, "--recompute", "anwser", status=1)
    assert 'no duty "anwser"; it has answer, publish, ' in t.err, t.err
    told = t("policy", "migrate", old, "--to", new, "--state", "received=taken_in", "--recompute", "all")
    assert "1 case moved" in told and anew["after"]["last"] in told, told
    assert due_of(d, zhao, late) == anew["after"]
    # The first answer again, though there is more to move by now; also after a restart.
    again = [open_matter(d, zhao, old)]
    first_told = d.fine("POST", path, body, key="first-answer", local=True)
    again += [open_matter(d, zhao, old)]
    assert first_told["moves"] == 1 and [x["case"] for x in first_told["cases"]] == again[:1], first_told
    for restart in (False, True):
        if restart:
            d.stop()
            d.start(CHECKPOINT_INTERVAL="1s")
        a = d.ask("POST", path, body, key="first-answer", local=True)
        assert a.json == first_told and a.headers["Idempotency-Replayed"] == "true", a
    assert d.fine("POST", path, dict(body, dry_run=True), key=True, local=True)["moves"] == 1
    for other in (dict(body, dry_run=True), {"to": new}):
        a = d.ask("POST", path, other, key="move", local=True)
        assert (a.status, a.json["type"]) == (422, "/problems/key-used"), a
    # Of two versions activated, only the later is active; a case keeps its own.
    t("policy", "activate", new)
    assert [p["hash"] for p in t.all("policy", "list")["policies"] if p["active"] and p["name"] == "amended"] == [new]
    # A key answers what it answered then.
    assert first["active"] and first == d.fine("POST", f"/v1/policies/{old}/activation", key="first", local=True)
    return cases


def recounted(d, t, case, token):
    """A calendar in which Fridays rest: what is open is due later, and its row says why."""
    until = d.fine("GET", f"/v1/cases/{case}", token=token)["duties"]
    text = (ROOT / "stdlib/cn/workdays.calendar").read_text()
    new = d.folder / "fridays.calendar"
    new.write_text(text.replace("weekend saturday sunday", "weekend friday saturday sunday"))
    assert "counted anew" in t("calendar", "adopt", new)
    for _ in range(100):
        now = d.fine("GET", f"/v1/cases/{case}", token=token)["duties"]
        if now != until:
            break
        time.sleep(0.05)
    last = {x["duty"]: x["due"]["last"] for x in until if x["due"]}
    assert now != until and all(x["due"]["last"] >= last[x["duty"]] for x in now if x["due"]), (until, now)
    told = json.dumps(d.fine("GET", f"/v1/cases/{case}/timeline", token=token), ensure_ascii=False)
    assert "recomputed" in told or "calendar" in told, told


# ---- under load ----
class Load(threading.Thread):
    """Cases opened and acted on, one after the other, until told to stop. What was answered is kept."""

    def __init__(self, d, opens, acts):
        super().__init__()
        self.d, self.opens, self.acts, self.over, self.seqs = d, opens, acts, False, []

    def run(self):
        while not self.over:
            case = self.d.fine("POST", "/v1/cases", REQUEST, token=self.opens, key=True)
            done = self.d.fine("POST", f"/v1/cases/{case['case']}/acts/同意共享", {}, token=self.acts, key=True)
            self.seqs.append((case["case"], done["seq"]))


def backup_under_load(d, t, wang, li):
    load = Load(d, li, wang)
    load.start()
    time.sleep(0.3)
    answered = len(load.seqs)
    for i in range(3):
        assert "signing key is not in it" in t("backup", d.folder / f"backup{i}")
    during = len(load.seqs)
    assert "journal makes" in t("verify", "--rerun")  # of a backup of its own, while acts go on
    load.over = True
    load.join()
    assert answered and during < len(load.seqs), "nothing went on meanwhile"
    t("backup", d.folder / "backup0", status=1)  # never over a file that is there
    assert oct((d.folder / "backup0").stat().st_mode)[-3:] == "600"
    assert not list(d.folder.glob("b.db.copy-*"))
    return load.seqs[:answered]


def restore_drill(d, t, answered, note):
    """What was acknowledged before the backup is in the restored copy; it says whose copy it is; and it goes on."""
    place = d.folder / "restored"
    place.mkdir()
    shutil.copytree(d.folder / "data", place / "data")
    r = Tool(d, BANFA_DATABASE=str(place / "r.db"), BANFA_DATA=str(place / "data"))
    before = rows_of(d.folder / "backup0")
    told = r("restore", d.folder / "backup0")
    assert "/restored-" in told and "activate" in told
    r("restore", d.folder / "backup0", status=2)  # it is there
    assert "is there already" in r.err
    now = rows_of(place / "r.db")
    assert now[:len(before)] == before and len(now) == len(before) + 2
    seqs = {seq for seq, *_ in now}
    assert all(seq in seqs for _, seq in answered)
    assert (place / "data/checkpoint.before-restore").exists()  # it is of the other tree
    assert "byte for byte" in r("verify", "--rerun")
    against_the_original(d, t, r, note)
    old, new = t("audit", "checkpoint"), r("audit", "checkpoint")
    assert old.split("\n")[0] != new.split("\n")[0] and "/restored-" in new.split("\n")[0]
    assert "delivers from now on" in r("activate")
    journal = place / "journal"
    r("export", journal)
    assert explained(d, journal, answered[0][0])
    drill(d, place / "drill")
    r("restore", place / "nothing", status=2)
    flat = place / "flat"
    flat.write_bytes(b"no database at all" * 1000)
    Tool(d, BANFA_DATABASE=str(place / "x.db"), BANFA_DATA=str(place / "data"))("restore", flat, status=1)
    assert not list(place.glob("x.db*")), list(place.glob("x.db*"))


def drill(d, place):
    """As docs/OPERATIONS.md has it, in a folder where nothing is yet, and each step that is forgotten is told."""
    place.mkdir()
    files = f"--database={place / 'banfa.db'}", f"--data={place / 'data'}"
    bare = Tool(d)
    bare("restore", d.folder / "backup0", *files)
    assert oct((place / "data").stat().st_mode)[-3:] == "700"
    told = bare("verify", *files)
    assert "no checkpoint was looked at: there is no signing key" in told and "byte for byte" in told, told
    for lang, text in (("en", "put the key kept from its data folder there"), ("zh", "留存的密钥")):
        bare("serve", f"--listen=127.0.0.1:{free_port()}", "--lang", lang, *files, status=2)
        assert text in bare.err and "banfad init" not in bare.err, bare.err
    bare("audit", "key", *files, status=2)
    assert "put the key kept" in bare.err and "banfad init" not in bare.err, bare.err
    shutil.copy(d.folder / "data/signing.key", place / "data")
    assert "no checkpoint was looked at: there is none" in bare("verify", "--rerun", *files)


def against_the_original(d, t, r, note):
    """The copy goes on from what the original signed before the backup; of what it signed after it nothing can be said."""
    before = note
    for command in (("audit", "verify"), ("verify",)):
        assert "1 checkpoint" in r(*command, before), command
        assert "1 checkpoint" in r(*command, before, "--key", t("audit", "key").strip()), command
    after = d.folder / "after"
    after.write_text(t("audit", "checkpoint"))
    size = int(after.read_text().split("\n")[1])
    common = len(rows_of(d.folder / "backup0"))
    assert size > common
    r("audit", "verify", after, status=1)
    assert f"signed {size} rows, of which this restored copy has the first {common}:" in r.err, r.err
    stranger = d.folder / "stranger"
    stranger.write_text(note.read_text().replace("banfad/", "other/", 1))
    r("audit", "verify", stranger, status=1)
    assert "another tree: other/" in r.err, r.err
    # A copy whose rows were changed, and its tree made anew over them.
    bad = Tool(d, BANFA_DATABASE=str(d.folder / "bad.db"), BANFA_DATA=str(d.folder / "restored/data"))
    with sqlite3.connect(f"file:{d.folder / 'restored/r.db'}?mode=ro", uri=True) as db:
        db.execute("VACUUM INTO ?", (bad.env["BANFA_DATABASE"],))
    with sqlite3.connect(bad.env["BANFA_DATABASE"]) as db:
        assert db.execute("UPDATE journal SET salt = zeroblob(16) WHERE seq = 3").rowcount == 1
    db.close()
    subprocess.run([BANFAD, "rebuild", "--force"], env=bad.env, check=True, capture_output=True)
    bad("audit", "verify", before, status=1)
    assert "has another root: the journal was changed after it was signed, or the two" in bad.err, bad.err


# ---- damage ----
def damaged(d, t, change, *expected, command=("audit", "verify")):
    """The database changed by an SQL statement: the command says each of the expected, and status 1."""
    was = (d.folder / "b.db").read_bytes()
    with sqlite3.connect(d.folder / "b.db") as db:
        assert db.execute(change).rowcount == 1, change
    db.close()
    try:
        t(*command, status=1)
        for text in expected:
            assert text in t.err, (change, t.err)
    finally:
        (d.folder / "b.db").write_bytes(was)


def blob_flip(db, table, column, where, place=0.5):
    with sqlite3.connect(db) as c:
        (value,) = c.execute(f"SELECT {column} FROM {table} WHERE {where}").fetchone()
        value = bytes(value)
        at = int(len(value) * place)
        c.execute(f"UPDATE {table} SET {column} = ? WHERE {where}", (value[:at] + bytes([value[at] ^ 1]) + value[at + 1:],))
    c.close()


def damage(d, t, note):
    db = d.folder / "b.db"
    fine = t("audit", "verify", note)
    rows = int(find(r"(\d+) row", fine))
    for column in ("head", "salt", "body"):
        was = db.read_bytes()
        blob_flip(db, "journal", column, "seq = 7")
        t("audit", "verify", note, status=1)
        assert "row 7" in t.err, t.err
        assert column == "head" or "row 6" not in t.err and "row 8" not in t.err, t.err
        db.write_bytes(was)
    for kind, name in ((1, "image"), (2, "calendar")):
        was = db.read_bytes()
        blob_flip(db, "blob", "bytes", f"kind = {kind}", 0.1 if kind == 1 else 0.5)
        t("audit", "verify", status=1)
        assert "image or calendar" in t.err, t.err
        db.write_bytes(was)
    was = db.read_bytes()
    blob_flip(db, "tile", "bytes", "level = 0 AND place = 0")
    t("audit", "verify", status=1)
    db.write_bytes(was)
    blob_flip(db, "head", "tree", "1")
    t("audit", "verify", status=1)
    assert "head's tree" in t.err
    db.write_bytes(was)
    # Rows, tiles and head that agree with each other are found by what was signed before.
    damaged(d, t, "DELETE FROM journal WHERE seq = 5", "rows 5 to 5 are missing")
    damaged(d, t, "UPDATE cases SET due_seq = due_seq + 1 WHERE number = 1", "kept: cases\t1", command=("verify",))
    damaged(d, t, "DELETE FROM keys WHERE (number, principal, key) = (SELECT number, principal, key FROM keys LIMIT 1)",
            "tables are not", command=("verify",))
    # A rebuild mends what is derived, and only that.
    with sqlite3.connect(db) as c:
        c.execute("UPDATE cases SET due_seq = due_seq + 1 WHERE number = 1")
        c.execute("DELETE FROM tile")
    c.close()
    t("verify", status=1)
    assert f"{rows} rows" in t("rebuild")
    assert "byte for byte" in t("verify", "--rerun")
    assert oct(db.stat().st_mode)[-3:] == "600" and not list(d.folder.glob("b.db.rebuild*"))


def cut_off(d, t):
    """A rebuild that is killed leaves a database as it was, or as it will be."""
    for ms in (1, 5, 10, 15, 20, 30, 40, 60):
        p = subprocess.Popen([BANFAD, "rebuild"], env=t.env, stdout=subprocess.DEVNULL)
        time.sleep(ms / 1000)
        p.kill()
        p.wait()
        assert "byte for byte" in t("verify")
    t("rebuild")


def forced(t):
    done = subprocess.run([BANFAD, "rebuild", "--force"], env=t.env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and "all the same" in done.stderr and "made anew" in done.stdout, done


def copies(d, t):
    """What killed commands left beside the database is gone after a start; what somebody reads, and what is not ours, is not."""
    left, read, other = (d.folder / f"b.db.copy-{x}" for x in ("0123456789ab", "ba9876543210", "of-mine"))
    for path in (left, read, other, Path(f"{left}-wal"), Path(f"{left}.lock")):
        path.write_bytes(b"x")
    with open(f"{read}.lock", "w", encoding="utf-8") as lock:
        fcntl.lockf(lock, fcntl.LOCK_EX)
        d.start()
        assert not list(d.folder.glob(f"{left.name}*")) and read.exists() and other.exists()
        d.stop()
    d.start()
    assert not list(d.folder.glob(f"{read.name}*")) and other.exists()
    t("verify")
    d.stop()
    other.unlink()
    assert not list(d.folder.glob("b.db.copy-*"))


def no_room(d):
    """Where a disk of a few MiB can be mounted: a copy that does not fit is not begun."""
    disk = d.folder / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48m", "none", disk], capture_output=True, check=False).returncode:
        return
    try:
        small = Daemon(made=False)
        small.env.update(BANFA_DATABASE=str(disk / "b.db"), BANFA_DATA=str(disk / "data"))
        small.run("init")
        small.start()
        (disk / "ballast").write_bytes(bytes(40 << 20))
        for args, said in ((("verify",), "MiB are free"), (("export", disk / "j", "--lang", "zh"), "请腾出空间")):
            done = subprocess.run([BANFAD, *args], env=small.env, capture_output=True, text=True, timeout=60)
            assert done.returncode == 2 and said in done.stderr, done
        assert not list(disk.glob("b.db.copy-*"))
        (disk / "ballast").unlink()
        small.run("verify")
        small.stop()
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


def conflicts(d):
    return (d.folder / "log").read_text().count('"checkpoint_conflict"')


def laundered(d, t):
    """A row changed, and the tree made anew over it: neither rebuild nor a daemon makes that the truth."""
    db, signed = d.folder / "b.db", d.folder / "data/checkpoint"
    was, note = db.read_bytes(), signed.read_bytes()
    with sqlite3.connect(db) as c:  # a row that nothing is derived from: its header's length and salt stay
        seq, salt = c.execute("SELECT seq, salt FROM journal WHERE seq = 7").fetchone()
        c.execute("UPDATE journal SET salt = ? WHERE seq = ?", (bytes([salt[0] ^ 1]) + salt[1:], seq))
    c.close()
    changed = db.read_bytes()
    t("rebuild", status=1)
    assert "last checkpoint was signed for" in t.err or "head was built from" in t.err, t.err
    assert "row 7:" in t.err and db.read_bytes() == changed, t.err
    signed.rename(d.folder / "away")  # without it, the old head tells
    t("rebuild", status=1)
    assert "head was built from" in t.err and "row 7:" in t.err, t.err
    (d.folder / "away").rename(signed)
    forced(t)
    assert "journal makes" in subprocess.run([BANFAD, "verify"], env=t.env, capture_output=True, text=True, timeout=60).stdout
    before = conflicts(d)
    d.start(CHECKPOINT_INTERVAL="1s")
    t("policy", "activate", POLICY)  # rows go on
    for path in ("/v1/audit/checkpoint", "/v1/audit/receipts/7"):  # nor is anything else signed
        a = d.ask("GET", path, token=d.token)
        assert (a.status, a.json["type"]) == (503, "/problems/checkpoint-conflict"), a
    t("audit", "checkpoint", "--lang", "zh", status=1)
    assert "不衔接" in t.err, t.err
    assert "\nbanfad_checkpoint_conflict 1\n" in d.ask("GET", "/metrics").bytes.decode()
    time.sleep(2.5)
    d.stop()
    assert conflicts(d) >= before + 2 and signed.read_bytes() == note
    # Without changes it goes on from the last one.
    db.write_bytes(was)
    before = conflicts(d)
    d.start(CHECKPOINT_INTERVAL="1s")
    t("policy", "activate", POLICY)
    time.sleep(2.5)
    d.stop()
    assert conflicts(d) == before and signed.read_bytes() != note
    t("audit", "verify")


def changed_since(d, t):
    """A row that was never signed, changed under its tree: the next start hashes it and signs nothing."""
    db, signed = d.folder / "b.db", d.folder / "data/checkpoint"
    d.start(CHECKPOINT_INTERVAL="1d")  # signs at once, and not again
    d.stop(signal.SIGKILL)
    d.start(CHECKPOINT_INTERVAL="1d")
    for _ in range(3):
        t("policy", "activate", POLICY)
    d.stop(signal.SIGKILL)
    with sqlite3.connect(db) as c:  # what the kill left in the log is folded in
        rows, = c.execute("SELECT seq FROM head").fetchone()
    c.close()
    was, note, before = db.read_bytes(), signed.read_text(), conflicts(d)
    assert int(note.split("\n")[1]) < rows
    with sqlite3.connect(db) as c:
        c.execute("UPDATE journal SET salt = zeroblob(16) WHERE seq = ?", (rows - 1,))
    c.close()
    d.start(CHECKPOINT_INTERVAL="1s")
    time.sleep(1.5)
    d.stop()
    assert conflicts(d) > before and signed.read_text() == note
    t("audit", "verify", status=1)
    db.write_bytes(was)
    d.start(CHECKPOINT_INTERVAL="1d")
    d.stop()  # what there is is signed before it ends
    assert int(signed.read_text().split("\n")[1]) == rows
    t("audit", "verify")


def shortened(d, t, note):
    """A journal cut back to before a checkpoint, and rebuilt so that all in it agrees: the checkpoint tells."""
    db, was = d.folder / "b.db", (d.folder / "b.db").read_bytes()
    size = int(note.read_text().split("\n")[1])
    with sqlite3.connect(db) as c:
        c.execute("DELETE FROM journal WHERE seq > ?", (size - 1,))
    c.close()
    t("rebuild", status=1)
    assert "rows were changed or lost" in t.err and "--force" in t.err, t.err
    t("rebuild", "--lang", "zh", status=1)
    assert "没有重建" in t.err, t.err
    forced(t)
    (d.folder / "data" / "checkpoint").rename(d.folder / "data" / "aside")
    t("verify")  # by itself it is sound
    t("audit", "verify", note, status=1)
    assert f"signed for {size} rows" in t.err
    (d.folder / "data" / "aside").rename(d.folder / "data" / "checkpoint")
    t("audit", "verify", status=1)
    db.write_bytes(was)
    t("audit", "verify", note)


with Daemon() as offline:
    (offline.folder / "log").touch()
    commands(offline, served=False)
    assert "byte for byte" in Tool(offline)("verify", "--rerun")

with Daemon() as d:
    d.start(CHECKPOINT_INTERVAL="1s")
    t = commands(d, served=True)
    wang, li, zhao = d.people()
    cases = migration(d, t, zhao)
    recounted(d, t, cases[0], zhao)
    note = proofs(d, t)
    answered = backup_under_load(d, t, wang, li)
    t("rebuild", status=2)  # while it is served
    time.sleep(1.5)
    assert (d.folder / "data/checkpoint").read_text().startswith("banfad/"), "no checkpoint was written"
    # A party's receipt, and nobody else's.
    case, seq = answered[0]
    assert d.ask("GET", f"/v1/audit/receipts/{seq}", token=wang).status == 200
    assert d.ask("GET", f"/v1/audit/receipts/{seq}", token=zhao).status == 404
    assert d.ask("GET", "/v1/audit/receipts/1", token=wang).status == 404
    restore_drill(d, t, answered, note)
    d.stop()
    assert "byte for byte" in t("verify", "--rerun")
    damage(d, t, note)
    cut_off(d, t)
    shortened(d, t, note)
    laundered(d, t)
    changed_since(d, t)
    copies(d, t)
    no_room(d)
