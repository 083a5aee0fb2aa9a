#!/usr/bin/env python3
"""Before a handler runs: every route of routes.def, asked without a token, with each kind of bad one, without the
right, without or with a bad key, with a bad body."""
import re
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from live import ROOT, Daemon  # noqa: E402

ROUTES = re.findall(r'^ROUTE\((\w+), (\w+), "([^"]+)", (\w+), ([^)]+)\)', (ROOT / "engine/service/routes.def").read_text(),
                    re.M)
assert len(ROUTES) > 30


def path_of(template):
    return re.sub(r"{\w+}", "1", template)


def problem(a, status, word):
    assert a.status == status and a.type == "application/problem+json", a
    assert a.json["type"] == "/problems/" + word and a.json["status"] == status, a
    assert a.json["title"] and a.json["detail"] and a.json["request_id"] == a.headers["x-request-id"], a
    return a


def tokens(d):
    d.put(*[("person", p, {"name": p, "active": True, "operator": False}) for p in ("good", "gone", "idle", "once")])
    made = {p: d.new_token(p) for p in ("good", "gone", "idle", "once")}
    revoked = d.ask("DELETE", f"/v1/tokens/{made['gone']['id']}", token=d.token, key=True)
    assert revoked.status in (200, 204), revoked
    d.put(("person", "idle", {"name": "idle", "active": False, "operator": False}))
    bad = {p: made[p]["token"] for p in ("gone", "idle")}
    fine = made["good"]["token"]
    other = fine[:4] + ("1" if fine[4] != "1" else "2") + fine[5:]
    bad.update({"mistyped": other, "foreign": "x" * 53, "empty": "", "cut": fine[:-1]})
    return fine, bad


def refused_sign_ins(d, bad):
    for name, method, template, who, flags in ROUTES:
        path = path_of(template)
        if who == "ANYONE":
            continue
        a = problem(d.ask(method, path, key=True, body=b"{" if method == "POST" else None), 401, "sign-in")
        assert a.headers["www-authenticate"] == 'Bearer realm="banfad"', a
        for token in bad.values():
            a = d.ask(method, path, key=True, headers={"Authorization": "Bearer " + token})
            assert 'error="invalid_token"' in problem(a, 401, "sign-in").headers["www-authenticate"], a
        problem(d.ask(method, path, headers={"Authorization": "Basic eDp5"}), 401, "sign-in")
    zh = d.ask("GET", "/v1/me", headers={"Accept-Language": "zh"})
    assert zh.json["title"] == "请先验证身份" and zh.headers["content-language"] == "zh"


def hard_numbers(d, fine):
    """Numbers at the edges, wherever an address takes one: no case, no row, and the service goes on."""
    for name, method, template, who, flags in ROUTES:
        for number in ("0", "4294967295", "4294967296", "9223372036854775807", "18446744073709551615", "-1", "00"):
            if "{" in template:
                for token in (fine, d.token):
                    a = d.ask(method, re.sub(r"{\w+}", number, template), token=token, key=method != "GET",
                              body=None if method in ("GET", "DELETE") else b"{}")
                    assert 400 <= a.status < 500, (method, template, number, a)
    assert d.ask("GET", "/v1/stream?case=0", token=fine).status == 404
    late = d.ask("POST", "/v1/tokens", token=d.token, key=True,
                 body=b'{"person":"good","expires":"2020-01-01T00:00:00Z"}')
    assert problem(late, 422, "member"), late


def rights(d, fine):
    for name, method, template, who, flags in ROUTES:
        path = path_of(template)
        if who in ("OPERATOR", "LOCAL"):
            problem(d.ask(method, path, token=fine, key=True), 403, "no-right")
        if who == "LOCAL":
            problem(d.ask(method, path, token=d.token, key=True), 403, "no-right")


def recorded(d, fine):
    """A 403 is a row, of each person so many an hour; what is over that is counted. All else takes such rows."""
    def events():
        told, after = [], 0
        while True:
            page = d.fine("GET", f"/v1/events?limit=1000&after={after}", token=d.token)
            told, after = told + [e for e in page["events"] if e["kind"] == "denied"], page["next"]
            if not page["more"]:
                return told

    def counted(name):
        text = d.ask("GET", "/metrics").bytes.decode()
        return sum(int(n) for n in re.findall(rf"^{name}(?:{{[^}}]*}})? (\d+)$", text, re.M))

    closed = [name for name, method, template, who, flags in ROUTES if who in ("OPERATOR", "LOCAL")]
    told = events()
    assert sorted(e["data"]["route"] for e in told if e["person"] == "good") == sorted(closed), told
    assert all(e["data"]["reason"] == "right" and "case" not in e for e in told), told
    d.stop()
    d.start(DENIED_ROWS="5", ADDRESS_BURST="100000", ADDRESS_RATE="100000", TOKEN_BURST="100000", TOKEN_RATE="100000")
    denied = counted("banfad_denied_total"), counted("banfad_denied_unrecorded_total")
    for _ in range(9):
        problem(d.ask("GET", "/v1/clock", token=fine), 403, "no-right")
    for query in ("person=other", "post=x"):
        problem(d.ask("GET", "/v1/worklist?" + query, token=fine), 403, "no-right")
    assert len(events()) == len(told) + 5
    assert (counted("banfad_denied_total"), counted("banfad_denied_unrecorded_total")) == (denied[0] + 11, denied[1] + 6)
    lines = [line for line in (d.folder / "log").read_text().splitlines() if '"event":"right_denied"' in line]
    assert sum('"row":0' in line for line in lines) == 6 and '"person":"good"' in lines[-1], lines[-1]
    d.stop()
    d.run("verify", "--rerun")
    d.run("rebuild")
    export = d.folder / "journal"
    d.run("export", str(export))
    d.start(ADDRESS_BURST="100000", ADDRESS_RATE="100000", TOKEN_BURST="100000", TOKEN_RATE="100000")
    assert len(events()) == len(told) + 5 and export.read_text().count('"reason":"right"') == len(told) + 5


def keys(d, fine):
    for name, method, template, who, flags in ROUTES:
        path, token = path_of(template), fine if who == "PERSON" else d.token
        if who == "LOCAL" or "KEY" not in flags:
            continue
        problem(d.ask(method, path, token=token), 400, "key-missing")
        for key in ("", '""', "a b", "x" * 201, "schlüssel".encode()):
            a = d.ask(method, path, token=token, headers={"Idempotency-Key": key})
            assert a.status == 400 and ("/problems/key" in a.json["type"] or not key), (key, a)
    # The string of a structured field is the same key as the bare one.
    a = d.ask("POST", "/v1/directory", {"rows": [{"kind": "department", "id": "k", "json": {"name": "K"}}]},
              token=d.token, headers={"Idempotency-Key": '"one"'})
    b = d.ask("POST", "/v1/directory", {"rows": [{"kind": "department", "id": "k", "json": {"name": "K"}}]},
              token=d.token, headers={"Idempotency-Key": "one"})
    assert a.status == b.status == 200 and a.json == b.json, (a, b)


def bodies(d, fine):
    for name, method, template, who, flags in ROUTES:
        path, token = path_of(template), fine if who == "PERSON" else d.token
        if who == "LOCAL" or "JSON" not in flags:
            continue
        for body, at in [(b"{", (1, 1)), (b'{"a":1,}', (1, 8)), (b'{"a":1 "b"}', (1, 9)), (b"{\n\n x}", (3, 2)),
                         (b'{"a":1,"a":2}', None), (b"nonsense", (1, 8)), (b'{"a":"\xff"}', None), (b"{} {}", None),
                         (b'{"a":1e999}', None), (b'{"a":99999999999999999999}', None), (b'{"a":"\\u0000"}', None)]:
            a = problem(d.ask(method, path, body, token=token, key=True), 400, "not-json")
            assert set(a.json["at"]) == {"byte", "column", "line"} and a.json["at"]["line"] >= 1, (body, a)
            if at:
                assert a.json["at"]["line"] == at[0], (body, a)
        for body in (b"[]", b"1", b'"x"', b"null", b"[" * 3000 + b"]" * 3000):
            problem(d.ask(method, path, body, token=token, key=True), 400, "not-json")
        problem(d.ask(method, path, b"{}", token=token, key=True, headers={"Content-Type": "text/plain"}), 415,
                "media-type")
        a = d.ask(method, path, b"{}", token=token, key=True, headers={"Content-Type": "application/json; charset=utf-8"})
        assert a.status not in (400, 415), a
        a = d.ask(method, path, {"no such member": 1}, token=token, key=True)
        assert a.status in (404, 422), (path, a)


def resources(d, fine):
    for path in ("/", "/v1", "/v1/nothing", "/v1/cases/1/acts/a/b", "/V1/cases"):
        problem(d.ask("GET", path, token=fine), 404, "no-resource")
    a = problem(d.ask("PUT", "/v1/cases", {}, token=fine, key=True), 405, "no-method")
    assert a.headers["allow"] == "GET, HEAD, POST", a
    assert d.ask("HEAD", "/v1/cases", token=fine).bytes == b""


def rates(d, fine, bad):
    """Who asks too much is told when to come again; failed sign-ins of an address are limited, good ones are not."""
    d.stop()
    d.start(TOKEN_RATE="1", TOKEN_BURST="5", ADDRESS_RATE="1", ADDRESS_BURST="3")
    got = [d.ask("GET", "/v1/me", token=fine).status for _ in range(8)]
    assert got == [200] * 5 + [429] * 3 or got[:6].count(200) >= 5 and 429 in got, got
    a = problem(d.ask("GET", "/v1/me", token=fine), 429, "too-many")
    assert int(a.headers["retry-after"]) >= 1, a
    got = [d.ask("GET", "/v1/me", token=bad["gone"]).status for _ in range(6)]
    assert got[:3] == [401] * 3 and got[-1] == 429, got
    assert d.ask("GET", "/v1/me", token=d.token).status == 200
    time.sleep(1.2)
    assert d.ask("GET", "/v1/me", token=fine).status == 200


with Daemon() as daemon:
    daemon.start(ADDRESS_BURST="100000", ADDRESS_RATE="100000", TOKEN_BURST="100000", TOKEN_RATE="100000")
    good, wrong = tokens(daemon)
    refused_sign_ins(daemon, wrong)
    rights(daemon, good)
    recorded(daemon, good)
    keys(daemon, good)
    bodies(daemon, good)
    resources(daemon, good)
    hard_numbers(daemon, good)
    log = (daemon.folder / "log").read_text()
    assert good not in log and daemon.token not in log and '"event":"right_denied"' in log
    assert '"event":"sign_in_denied"' in log
    rates(daemon, good, wrong)
    print("ok", len(ROUTES), "routes")
