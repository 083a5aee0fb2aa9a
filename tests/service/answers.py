#!/usr/bin/env python3
"""Every operation of docs/openapi.json, asked of a running banfad: what comes is what the document says, member by member
(its schemas are closed), and nothing is documented that cannot be had."""
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).parent))
import openapi  # noqa: E402
import schema  # noqa: E402
from live import BANFA, CIVIL, POLICE, POLICY, REQUEST, ROOT, Answer, Daemon, Stream  # noqa: E402

DOC = openapi.load()
HARD = {"429", "500", "503", "507"}  # had below, where they can be had
ELSEWHERE = {"clock_accept 409 clock-moved"}  # of a clock that is held
WRONG_JSON = [(b'{"a":1,"a":2}', "duplicate object key"), (b'{"a":99999999999999999999}', "too big integer"),
              (b'{"a":"\\x"}', "invalid escape"), (b'{"a":', "near end of file")]
seen = set()  # (operation, status, problem or "")


def matched(method, path):
    """The operation; of several templates the one with most written out."""
    best = None
    for name, (its, template, op) in openapi.operations(DOC).items():
        pattern = re.sub(r"\\?{\w+\\?}", "[^/]+", re.escape(template))
        if its == method.lower() and re.fullmatch(pattern, path):
            if best is None or template.count("{") < best[1].count("{"):
                best = (name, template, op)
    return best


def verify(method, target, answer, body=None, sent_json=True):
    """The answer against the document."""
    name, _, op = matched(method, urlsplit(target).path)
    where = f"{name} {answer.status}"
    assert str(answer.status) in op["responses"], (where, "not documented", answer)
    told = schema.follow(DOC, op["responses"][str(answer.status)])
    kinds = told["content"]
    assert answer.type in kinds, (where, answer.type, list(kinds))
    is_json = answer.type.endswith("json")
    value = answer.json if is_json else answer.bytes.decode()
    wrong = schema.check(kinds[answer.type]["schema"], value, DOC)
    assert not wrong, (where, wrong, answer)
    for header, h in told.get("headers", {}).items():
        if header.lower() in answer.headers:
            v = answer.headers[header.lower()]
            v = int(v) if h["schema"].get("type") == "integer" else v
            assert not schema.check(h["schema"], v, DOC), (where, header, v)
    if answer.status < 300 and body is not None and sent_json:  # what is taken is documented too
        wrong = schema.check(op["requestBody"]["content"]["application/json"]["schema"], body, DOC)
        assert not wrong, (where, "taken, but not documented", wrong)
    problem = value["type"].removeprefix("/problems/") if answer.type == "application/problem+json" else ""
    if problem:
        assert value["status"] == answer.status, answer
    seen.add((name, str(answer.status), problem))
    return answer


class Checked(Daemon):
    def ask(self, method, path, body=None, **more):
        answer = super().ask(method, path, body, **more)
        return answer if path == "/readyz" and answer.status == 503 else verify(method, path, answer, body, not isinstance(body, bytes))

    def says(self, status, problem, *args, **more):
        answer = self.ask(*args, **more)
        got = (answer.status, answer.json.get("type", "").removeprefix("/problems/"))
        assert got == (status, problem), (args, answer)
        return answer


SAMPLE = {"number": "1", "act": "同意共享", "register": f"{POLICY}.共享授权台账", "policy": POLICY, "calendar": "cn.workdays",
          "kind": "person", "id": "nobody", "seq": "1", "query": "获取途径认定", "measure": "按期答复率"}


def refused_alike(d, person):
    """What every operation refuses in the same way."""
    for name, (method, path, who, flags) in openapi.routes().items():
        method, target = method.upper(), re.sub(r"{(\w+)}", lambda m: SAMPLE[m.group(1)], path)
        local = who == "LOCAL"
        good = {"token": d.token, "local": local}
        body = {} if "JSON" in flags else b"x" if "BYTES" in flags else None
        key = True if "KEY" in flags else None
        if who != "ANYONE":
            d.says(401, "sign-in", method, target, body, key=key)
            d.says(401, "sign-in", method, target, body, key=key, token="bfd_" + "0" * 49)
        if who in ("OPERATOR", "LOCAL"):
            d.says(403, "no-right", method, target, body, key=key, token=person)
        if "KEY" in flags:
            d.says(400, "key-missing", method, target, body, **good)
            d.says(400, "key-malformed", method, target, body, key="a b", **good)
        if who != "ANYONE":
            told = d.says(400, "query", method, target + "?limits=1", body, key=key, **good).json["detail"]
            assert '"limits"' in told, told
            takes = [p["name"] for p in openapi.parameters(DOC, openapi.operations(DOC)[name][2]) if p["in"] == "query"]
            assert told.split("there are: ")[1:] == ([" ".join(takes)] if takes else []), (told, takes)
        if "JSON" in flags:
            d.says(400, "not-json", method, target, b'{"a":', key=key, **good)
            d.says(400, "not-json", method, target, b"[1]", key=key, **good)
            for wrong, why in WRONG_JSON:
                told = d.says(400, "not-json", method, target, wrong, key=key, **good).json["detail"]
                assert told.startswith("line 1, column ") and why in told, told
            d.says(415, "media-type", method, target, b"{}", key=key, headers={"Content-Type": "text/plain"}, **good)


def bad_queries(d, token):
    for path in ("/v1/cases", "/v1/cases/1/timeline", f"/v1/registers/{POLICY}.共享授权台账", "/v1/events"):
        d.says(400, "query", "GET", path + "?limit=0", token=token)
        d.says(400, "query", "GET", path + "?after=-1", token=token)
    d.says(400, "query", "GET", "/v1/worklist?due_within=x", token=token)
    d.says(400, "query", "GET", "/v1/worklist?after=x", token=token)
    d.says(400, "query", "GET", "/v1/stream?after=x", token=token)
    d.says(400, "query", "GET", "/v1/cases/1/acts?mine=maybe", token=token)
    d.says(400, "query", "GET", "/v1/directory/person?limit=1001", token=d.token)
    d.says(400, "query", "GET", f"/v1/registers/{POLICY}.共享授权台账?key=1", token=token)


def cases(d, wang, li, zhao):
    opened = d.says(201, "", "POST", "/v1/cases", REQUEST, token=li, key="open-1").json
    again = d.ask("POST", "/v1/cases", REQUEST, token=li, key="open-1")
    assert again.json == opened and again.headers["idempotency-replayed"] == "true"
    d.says(422, "key-used", "POST", "/v1/cases", dict(REQUEST, procedure="目录更新"), token=li, key="open-1")
    number = opened["case"]
    case = f"/v1/cases/{number}"
    d.says(422, "no-policy", "POST", "/v1/cases", dict(REQUEST, policy="x"), token=li, key=True)
    d.says(422, "member", "POST", "/v1/cases", dict(REQUEST, procedure="x"), token=li, key=True)
    d.says(422, "member", "POST", "/v1/cases", dict(REQUEST, stranger=1), token=li, key=True)
    d.says(422, "capacity", "POST", "/v1/cases", {**REQUEST, "as": 7}, token=li, key=True)
    d.says(403, "capacity", "POST", "/v1/cases", {**REQUEST, "as": {"department": POLICE}}, token=li, key=True)
    none = dict(REQUEST["data"], 申请数据项数=0)
    d.says(409, "refused", "POST", "/v1/cases", dict(REQUEST, data=none), token=li, key=True)
    short = {k: v for k, v in REQUEST["data"].items() if k != "资源"}
    lacking = d.ask("POST", "/v1/cases", dict(REQUEST, data=short), token=li, key=True)
    assert lacking.status == 422, lacking
    for path in (case, case + "/acts", case + "/acts?mine=true", case + "/timeline", "/v1/worklist", "/v1/worklist?any=true&due_within=30", "/v1/cases", "/v1/cases?limit=1"):
        for token in (wang, li, d.token):
            d.says(200, "", "GET", path, token=token)
    assert d.fine("GET", "/v1/cases", token=zhao)["cases"] == []
    for path in (case, case + "/acts", case + "/timeline", f"/v1/stream?case={number}"):
        d.says(404, "no-case", "GET", path, token=zhao)
    for path in ("/v1/cases/x", "/v1/cases/x/acts", "/v1/cases/x/timeline", "/v1/stream?case=x"):
        d.says(404, "no-resource", "GET", path, token=li)
    d.says(403, "no-right", "GET", f"/v1/worklist?department={POLICE}", token=zhao)
    d.says(200, "", "GET", f"/v1/worklist?department={POLICE}", token=d.token)

    chinese = {"Accept-Language": "zh-CN, en;q=0.5"}
    for path in (case, case + "/acts", case + "/timeline", "/v1/worklist"):
        d.says(200, "", "GET", path, token=wang, headers=chinese)
    assert d.says(404, "no-case", "GET", case, token=zhao, headers=chinese).json["title"] == "没有这个办件"

    act = case + "/acts/同意共享"
    d.says(409, "refused", "POST", act, {}, token=li, key=True)
    d.says(404, "no-case", "POST", act, {}, token=zhao, key=True)
    d.says(404, "no-case", "POST", "/v1/cases/99/acts/同意共享", {}, token=wang, key=True)
    d.says(404, "no-resource", "POST", "/v1/cases/x/acts/同意共享", {}, token=wang, key=True)
    d.says(404, "no-act", "POST", case + "/acts/同意", {}, token=wang, key=True)
    d.says(422, "member", "POST", act, {"args": {"附加条件": 5}}, token=wang, key=True)
    d.says(422, "member", "POST", act, {"consent": "yes"}, token=wang, key=True)
    d.says(422, "capacity", "POST", act, {"as": {}}, token=wang, key=True)
    d.says(403, "capacity", "POST", act, {"as": {"department": CIVIL}}, token=wang, key=True)
    d.says(200, "", "POST", act, {"as": {"department": POLICE}, "args": {"附加条件": "用完即删"}}, token=wang, key="act-1")
    d.says(422, "key-used", "POST", act, {}, token=wang, key="act-1")
    d.says(409, "refused", "POST", act, {}, token=wang, key=True)
    for path in (case, case + "/acts", case + "/timeline"):
        d.says(200, "", "GET", path, token=wang)
    return number


def decisions(d, token):
    d.says(200, "", "POST", "/v1/decide/获取途径认定", {"args": {"类型": "有条件共享"}}, token=token)
    d.says(200, "", "POST", "/v1/decide/获取途径认定", {"policy": POLICY, "args": {"类型": "无条件共享"}}, token=token)
    d.says(404, "no-decision", "POST", "/v1/decide/x", {}, token=token)
    d.says(422, "no-policy", "POST", "/v1/decide/获取途径认定", {"policy": "x"}, token=token)
    d.says(422, "member", "POST", "/v1/decide/获取途径认定", {"args": {"类型": 5}}, token=token)
    d.says(422, "member", "POST", "/v1/decide/获取途径认定", {"stranger": 5}, token=token)


def figures(d, operator, wang, li):
    """wang is of the police, whom li asked once; who is neither operator nor theirs is told of nobody."""
    all_of = d.fine("GET", "/v1/measures", token=operator)
    assert {m["name"] for m in all_of["measures"]} >= {"按期答复率", "共享率"}, all_of
    on_time = d.fine("GET", "/v1/measures/按期答复率", token=operator)["measures"][0]
    assert on_time["policy"] == POLICY and on_time["cites"] == ["17"]
    assert on_time["total"]["over"] == sum(r["over"] for r in on_time["rows"]) > 0, on_time
    his = d.fine("GET", "/v1/measures/按期答复率", token=wang)["measures"][0]
    assert his["rows"] == [r for r in on_time["rows"] if r["party"]["code"] == POLICE], (his, on_time)
    assert his["rows"] and "total" not in his
    assert d.fine("GET", "/v1/measures/按期答复率", token=li)["measures"][0]["rows"] == []
    journal = d.folder / "figures.journal"
    d.run("export", str(journal))  # what the service counts is what its journal says
    for asked, day in ("", ()), ("?from=2020-01-01", ("--from", "2020-01-01")):
        told = subprocess.run([BANFA, "measure", "--json", *day, journal], check=True, capture_output=True, text=True).stdout
        assert json.loads(told) == d.fine("GET", f"/v1/measures{asked}", token=operator), told
    before = d.fine("GET", "/v1/measures/共享率?from=2000-01-01&to=2000-12-31", token=operator)
    assert before["from"] == "2000-01-01" and before["measures"][0]["total"] == {"counted": 0, "over": 0}, before
    for path in "/v1/measures", "/v1/measures/共享率":
        d.says(400, "query", "GET", f"{path}?to=2025-02-30", token=li)
        d.says(401, "sign-in", "GET", path)
    d.says(404, "no-measure", "GET", "/v1/measures/x", token=li)


def registers(d, token):
    names = [r["name"] for r in d.fine("GET", "/v1/registers", token=token)["registers"]]
    assert f"{POLICY}.共享授权台账" in names
    page = d.fine("GET", f"/v1/registers/{POLICY}.共享授权台账", token=token)
    assert len(page["rows"]) == 1 and not page["more"]
    key = json.dumps(page["rows"][0]["key"], ensure_ascii=False)
    one = d.fine("GET", f"/v1/registers/{POLICY}.共享授权台账?key={key}", token=token)
    assert one["rows"] == page["rows"]
    catalogue = f"/v1/registers/{POLICY}.政务数据资源目录"
    row = dict(REQUEST["data"]["资源"], 编码="R100")
    seqs = [d.says(200, "", "POST", catalogue, {"row": dict(row, 编码=f"R10{i}")}, token=d.token, key=f"row-{i}").json["seq"] for i in range(5)]
    d.says(422, "key-used", "POST", catalogue, {"row": dict(row, 编码="R9")}, token=d.token, key="row-1")
    d.says(422, "member", "POST", catalogue, {"row": {"编码": 5}}, token=d.token, key=True)
    d.says(404, "no-register", "POST", "/v1/registers/x.y", {"row": row}, token=d.token, key=True)
    got, after = [], 0
    while True:
        page = d.fine("GET", f"{catalogue}?after={after}&limit=2", token=token)
        got += [(r["seq"], r["row"]["编码"]) for r in page["rows"]]
        if not page["more"]:
            break
        after = page["next"]
    assert got == list(zip(seqs, [f"R10{i}" for i in range(5)])), got
    assert d.fine("GET", f'{catalogue}?key=["R102"]', token=token)["rows"][0]["row"]["编码"] == "R102"
    d.says(404, "no-row", "GET", f'{catalogue}?key=["R200"]', token=token)
    d.says(404, "no-register", "GET", "/v1/registers/x.y", token=token)


def policies(d, token):
    image = d.image()
    d.says(200, "", "POST", "/v1/policies", image, token=d.token, key=True)  # known already
    for path in ("/v1/policies", "/v1/clock/acceptance"):  # nothing is to be done, but not under a key that did something
        d.says(422, "key-used", "POST", path, image if "pol" in path else None, token=d.token, key="row-1")
    d.says(422, "image", "POST", "/v1/policies", b"not an image", token=d.token, key=True)
    for path in ("/v1/policies", f"/v1/policies/{POLICY}", "/v1/calendars"):
        d.says(200, "", "GET", path, token=token)
    d.says(404, "no-policy", "GET", "/v1/policies/x", token=token)
    d.says(404, "no-policy", "POST", "/v1/policies/x/activation", token=d.token, key=True)
    d.says(201, "", "POST", f"/v1/policies/{POLICY}/activation", token=d.token, key="activate")
    version = d.fine("GET", f"/v1/policies/{POLICY}", token=token)["hash"]
    d.says(422, "key-used", "POST", f"/v1/policies/{version}/activation", token=d.token, key="activate")
    calendar = (ROOT / "stdlib/cn/workdays.calendar").read_bytes()
    d.says(200, "", "POST", "/v1/calendars/cn.workdays", calendar, token=d.token, key="calendar")
    d.says(422, "key-used", "POST", "/v1/calendars/cn.workdays", calendar + b"\n", token=d.token, key="calendar")
    d.says(422, "calendar", "POST", "/v1/calendars/cn.workdays", b"no calendar", token=d.token, key=True)


def directory(d, token):
    d.put(("holding", "h9", {"person": "zhao", "post": "p-civil", "from": "2020-01-01T00:00:00Z", "until": "2020-06-01T00:00:00+08:00"}),
          ("post", "p-head", {"name": "局长", "department": CIVIL, "acts": False, "office": "政务数据主管部门"}))
    until = "2100-01-01T00:00:00Z"
    d.put(("deputy", "d9", {"person": "zhao", "principal": "li", "post": "p-civil", "policy": "none", "until": until}))
    for kind in ("department", "post", "person", "holding", "deputy", "token"):
        rows = d.fine("GET", f"/v1/directory/{kind}", token=d.token)["rows"]
        page = d.fine("GET", f"/v1/directory/{kind}?limit=1", token=d.token)
        assert page["rows"] == rows[:1] and page["next"] == rows[0]["id"]
    d.says(404, "no-resource", "GET", "/v1/directory/x", token=d.token)
    d.says(422, "member", "POST", "/v1/directory", {"rows": []}, token=d.token, key=True)
    d.says(422, "member", "POST", "/v1/directory", {"rows": [{"kind": "person", "id": "x", "json": {"name": "x"}}]}, token=d.token, key=True)
    gone = {"rows": [{"kind": "holding", "id": "h9", "json": None}]}
    d.says(200, "", "POST", "/v1/directory", gone, token=d.token, key="gone")
    d.says(422, "key-used", "POST", "/v1/directory", {"rows": gone["rows"] * 2}, token=d.token, key="gone")
    asked = {"person": "zhao", "name": "second", "expires": "2100-01-01T00:00:00Z"}
    made = d.says(201, "", "POST", "/v1/tokens", asked, token=d.token, key="token").json
    d.says(409, "token-shown", "POST", "/v1/tokens", asked, token=d.token, key="token")
    d.says(422, "key-used", "POST", "/v1/tokens", {"person": "zhao"}, token=d.token, key="token")
    d.says(422, "member", "POST", "/v1/tokens", {"person": "nobody"}, token=d.token, key=True)
    d.says(200, "", "GET", "/v1/me", token=made["token"])
    d.says(200, "", "GET", "/v1/me", local=True)
    d.says(200, "", "DELETE", f"/v1/tokens/{made['id']}", token=d.token, key="revoke")
    first = next(r["id"] for r in d.fine("GET", "/v1/directory/token", token=d.token)["rows"] if r["id"] != made["id"])
    d.says(422, "key-used", "DELETE", f"/v1/tokens/{first}", token=d.token, key="revoke")
    d.says(404, "no-token", "DELETE", "/v1/tokens/x", token=d.token, key=True)
    d.says(401, "sign-in", "GET", "/v1/me", token=made["token"])
    d.says(200, "", "GET", "/v1/me", token=token)


def deputies(d, li, zhao):
    asked = {"person": "zhao", "post": "p-civil", "until": "2100-01-01T00:00:00Z"}
    made = d.says(201, "", "POST", "/v1/deputies", asked, token=li, key="deputy").json
    assert d.says(201, "", "POST", "/v1/deputies", asked, token=li, key="deputy").json == made
    d.says(422, "key-used", "POST", "/v1/deputies", dict(asked, person="wang"), token=li, key="deputy")
    for wrong in ({"person": "li"}, {"person": 5}, {"post": "x"}, {"until": "x"}, {"until": "2000-01-01T00:00:00Z"}, {"stranger": 1}):
        d.says(422, "member", "POST", "/v1/deputies", dict(asked, **wrong), token=li, key=True)
    d.says(422, "member", "POST", "/v1/deputies", asked, local=True, key=True)  # whose?
    d.says(403, "no-right", "POST", "/v1/deputies", dict(asked, principal="wang"), token=li, key=True)
    d.says(201, "", "POST", "/v1/deputies", dict(asked, principal="li", person="wang", policy="x",
                                                     **{"from": "2099-01-01T00:00:00Z"}), token=d.token, key=True)
    assert made["id"] in [x["id"] for x in d.says(200, "", "GET", "/v1/deputies", token=zhao).json["deputies"]]
    me = d.says(200, "", "GET", "/v1/me", token=zhao).json
    assert "li" in [k.get("deputy_of") for k in me["capacities"]], me
    d.says(200, "", "GET", "/v1/cases/1/acts?mine=true", token=zhao)
    one = f"/v1/deputies/{made['id']}"
    d.says(404, "no-deputy", "DELETE", one, token=d.fine("POST", "/v1/tokens", {"person": "wang"}, token=d.token, key=True)["token"], key=True)
    d.says(200, "", "DELETE", one, token=li, key="end")
    d.says(422, "key-used", "DELETE", "/v1/deputies/d9", token=li, key="end")
    d.says(200, "", "DELETE", "/v1/deputies/d9", token=li, key=True)


SECOND = """policy tests "Tests" {
  number "test"
  rank 5
  in force 2025-01-01
  calendar CALENDAR
}
record Mark "mark" { code : Int, of_whom : Department }
register marks "marks" of Mark by code
decide 获取途径认定 (a: Int): Int @1 { otherwise a + a }
procedure sums "Sums" @1 {
  party starter : Department
  keep total : Int = 0
  starts by starter @1
  state counting "counting" {
    starter may add "add" (n: Int) { set total = total + n } @1
    starter may spread "spread" -> over @1
    starter may note "note" (one: Int, other: Int) {
      put marks Mark(code: one, of_whom: starter)
      put marks Mark(code: other, of_whom: starter)
      put marks Mark(code: one + other, of_whom: starter)
    } @1
    starter may rest "rest" not before 2098-01-01 @1
  }
  end over "over" { open echo(owner: starter) }
}
# Each opens another: more than may follow at once.
procedure echo "Echo" @1 {
  party owner : Department
  starts by owner @1
  state here "here" { else -> over }
  end over "over" { open echo(owner: owner) if owner.code != "" }
}
"""


def second_policy(d, token):
    """What the Measures never come to: faults of rules, chains, a decision that two policies have."""
    source, stdlib = d.folder / "second.banfa", d.folder / "stdlib"
    shutil.copytree(ROOT / "stdlib", stdlib)
    shutil.copy(stdlib / "cn/workdays.calendar", stdlib / "cn/other.calendar")
    source.write_text(SECOND.replace("CALENDAR", "cn.other"))
    d.says(422, "no-calendar", "POST", "/v1/policies", d.image(source, stdlib), token=d.token, key=True)
    source.write_text(SECOND.replace("CALENDAR", "cn.workdays"))
    image = d.image(source)
    d.says(422, "key-used", "POST", "/v1/policies", image, token=d.token, key="activate")
    version = d.says(201, "", "POST", "/v1/policies", image, token=d.token, key=True).json["hash"]
    d.says(201, "", "POST", f"/v1/policies/{version}/activation", token=d.token, key=True)
    d.says(422, "no-decision", "POST", "/v1/decide/获取途径认定", {"args": {"a": 1}}, token=token)
    source.write_text(SECOND.replace("CALENDAR", "cn.workdays").replace('number "test"', 'number "later"'))
    later = d.says(201, "", "POST", "/v1/policies", d.image(source), token=d.token, key=True).json["hash"]
    for body in ({"to": later, "dry_run": True}, {"to": later, "states": {"counting": "counting"}, "dry_run": True}):
        d.says(200, "", "POST", f"/v1/policies/{version}/migration", body, token=d.token, key=True)
    for anew in ("all", [], ["counting_down"], 1, [1]):
        fine = anew in ("all", [])
        d.says(200 if fine else 422, "" if fine else "member", "POST", f"/v1/policies/{version}/migration",
               {"to": later, "recompute": anew, "dry_run": True}, token=d.token, key=True)
    move = {"to": later, "states": {"counting": "counted"}}
    assert "it has counting" in d.says(422, "member", "POST", f"/v1/policies/{version}/migration", move, token=d.token, key=True).json["detail"]
    d.says(422, "key-used", "POST", f"/v1/policies/{version}/migration", {"to": later}, token=d.token, key="activate")
    d.says(404, "no-policy", "POST", f"/v1/policies/{version}/migration", {"to": "x"}, token=d.token, key=True)
    d.says(422, "member", "POST", f"/v1/policies/{version}/migration", {"to": version}, token=d.token, key=True)
    asked = {"policy": "tests", "args": {"a": 9 * 10**18}}
    assert d.says(422, "undecided", "POST", "/v1/decide/获取途径认定", asked, token=token).json["why"] == "overflow"
    d.says(422, "chain", "POST", "/v1/cases", {"policy": "tests", "procedure": "echo"}, token=token, key=True)
    case = d.says(201, "", "POST", "/v1/cases", {"policy": "tests", "procedure": "sums"}, token=token, key=True).json["case"]
    acts = f"/v1/cases/{case}/acts"
    d.says(200, "", "POST", acts + "/add", {"args": {"n": 9 * 10**18}}, token=token, key=True)
    over = d.says(422, "refused", "POST", acts + "/add", {"args": {"n": 9 * 10**18}}, token=token, key=True)
    assert (over.json["refusal"], over.json["why"]) == ("malformed", "overflow"), over
    d.says(409, "refused", "POST", acts + "/rest", {}, token=token, key=True)
    d.says(202, "", "POST", acts + "/rest", {"if_early": "keep"}, token=token, key=True)
    d.says(422, "member", "POST", acts + "/rest", {"if_early": "x"}, token=token, key=True)
    early = d.says(200, "", "GET", f"/v1/cases/{case}", token=token).json["early"]
    assert [k["act"] for k in early] == ["rest"], early
    d.says(422, "chain", "POST", acts + "/spread", {}, token=token, key=True)
    put_together(d, acts, token)
    assert "early" in {e["kind"] for e in d.fine("GET", "/v1/events?limit=1000", token=token)["events"]}
    d.says(200, "", "GET", f"/v1/cases/{case}/timeline", token=token)


def put_together(d, acts, token):
    """Rows of one act come in one page, whatever is asked for; a row that was put again moves to the end."""
    seqs = [d.says(200, "", "POST", acts + "/note", {"args": {"one": i, "other": i + 1}}, token=token, key=True).json["seq"] for i in (1, 10)]
    seqs.append(d.says(200, "", "POST", acts + "/note", {"args": {"one": 11, "other": 2}}, token=token, key=True).json["seq"])
    wanted = [[1, 3], [10, 21], [2, 11, 13]]  # 2 and 11 were put again
    for limit in (1, 2, 3):
        after, got = 0, []
        for seq, codes in zip(seqs, wanted):
            page = d.fine("GET", f"/v1/registers/tests.marks?after={after}&limit={limit}", token=token)
            rows = [r for r in page["rows"] if r["seq"] == seq]
            assert sorted(r["row"]["code"] for r in rows) == codes, (limit, page)
            after, got = seq, got + rows
        assert len(got) == 7


RULES = """policy rules "Rules" { number "1" rank 5 in force 2025-01-01 calendar cn.workdays }
record Mark { code : Int }
register seen "seen" of Mark by code
decide fee (): Int @2 { otherwise 1 }
procedure ask "Ask" @1 { party starter : Department starts by starter
  state here "here" { starter may add "add" once if fee() = 1 { put seen Mark(code: 1) } starter may go "go" -> over } end over "over" }
"""
AMENDED = """policy NAME "NAME" { number "2" rank 4 in force 2025-06-01 amends rules with all cases @3 }
replace decide fee (): Int @2 { otherwise 2 }
"""


def amendments(d, token):
    """What amends a policy that is loaded: cases asked of that go by the text in force."""
    hashes = {}
    (d.folder / "rules.banfa").write_text(RULES)
    for name in ("rules", "rules_2025", "rules_other"):
        source = d.folder / f"{name}.banfa"
        if name != "rules":
            source.write_text(AMENDED.replace("NAME", name))
        image = d.image(source)
        if name != "rules":
            source.unlink()  # beside each other, the compiler would see that they contradict
        loaded = d.says(201, "", "POST", "/v1/policies", image, token=d.token, key=True).json
        hashes[name] = loaded["hash"]
    assert loaded["amends"] == {"cases": "all", "hash": hashes["rules"], "policy": "rules"}, loaded
    first = {"policy": "rules", "procedure": "ask"}
    d.says(201, "", "POST", "/v1/policies/rules/activation", token=d.token, key=True)
    old = d.says(201, "", "POST", "/v1/cases", first, token=token, key=True).json["case"]
    assert d.fine("POST", "/v1/decide/fee", {}, token=token)["result"] == 1
    d.says(201, "", "POST", "/v1/policies/rules_2025/activation", token=d.token, key="amend")
    d.says(201, "", "POST", "/v1/policies/rules_2025/activation", token=d.token, key="amend")
    told = d.says(422, "amended-twice", "POST", "/v1/policies/rules_other/activation", token=d.token, key=True).json["detail"]
    assert "rules_2025" in told, told
    assert d.fine("POST", "/v1/decide/fee", {"policy": "rules", "args": {}}, token=token)["result"] == 2
    new = d.says(201, "", "POST", "/v1/cases", first, token=token, key=True).json["case"]
    asked = d.says(201, "", "POST", "/v1/cases", dict(first, policy=hashes["rules"]), token=token, key=True).json["case"]

    def goes_by(case):
        return d.fine("GET", f"/v1/cases/{case}", token=token)["version"]
    assert [goes_by(c) for c in (old, new, asked)] == [hashes["rules"], hashes["rules_2025"], hashes["rules"]]
    shown = [d.fine("GET", f"/v1/cases/{c}", token=token).get("follows") for c in (old, new)]
    assert shown == [{"policy": "rules_2025", "version": hashes["rules_2025"]}, None], shown
    for case in (old, new, asked):  # the fee was another by the old text; the refused act is the event
        assert d.ask("POST", f"/v1/cases/{case}/acts/add", {}, token=token, key=True).status == 409
        assert goes_by(case) == hashes["rules_2025"]
    names = [r["name"] for r in d.fine("GET", "/v1/registers", token=token)["registers"]]
    assert names.count("rules.seen") == 1 and not [n for n in names if n.startswith("rules_")], names
    d.says(200, "", "POST", "/v1/registers/rules_2025.seen", {"row": {"code": 7}}, token=d.token, key=True)
    assert [r["row"]["code"] for r in d.fine("GET", "/v1/registers/rules.seen", token=token)["rows"]] == [7]


def successors(d):
    """A department is no more, and two are named: each case waits to be assigned."""
    for code in ("old", "one", "two"):
        d.put(("department", code, {"name": code}))
    d.put(("post", "p-old", {"name": "clerk", "department": "old", "acts": True}),
          ("person", "tan", {"name": "Tan", "active": True, "operator": False}),
          ("holding", "h-old", {"person": "tan", "post": "p-old"}))
    tan = d.new_token("tan")["token"]
    case = d.says(201, "", "POST", "/v1/cases", {"policy": "tests", "procedure": "sums"}, token=tan, key=True).json["case"]
    path, body = f"/v1/cases/{case}/succession", {"department": "old", "successor": "one", "instrument": "No. 7"}
    d.says(422, "refused", "POST", path, body, token=d.token, key=True)  # nothing to be assigned yet
    row = {"kind": "succession", "id": "old", "json": {"day": "2025-01-01", "successors": ["one", "two"]}}
    d.says(200, "", "POST", "/v1/directory", {"rows": [row]}, token=d.token, key=True)
    d.says(422, "member", "POST", path, {**body, "successor": "nobody"}, token=d.token, key=True)
    d.says(200, "", "POST", path, body, token=d.token, key="assign")
    d.says(422, "key-used", "POST", path, {**body, "successor": "two"}, token=d.token, key="assign")
    d.says(422, "refused", "POST", path, body, token=d.token, key=True)  # it is said already
    d.says(404, "no-case", "POST", "/v1/cases/999999/succession", body, token=d.token, key=True)
    d.says(404, "no-resource", "POST", "/v1/cases/x/succession", body, token=d.token, key=True)
    assert d.fine("GET", f"/v1/cases/{case}", token=d.token)["starter"]["code"] == "one"


def audit(d, token):
    last = d.fine("GET", "/v1/events?limit=1000", token=d.token)["next"]
    assert f"\n{last}\n" in d.ask("GET", "/v1/audit/checkpoint", token=token).bytes.decode()
    hers = d.fine("GET", "/v1/events?limit=1000", token=token)["events"]
    case_row = next(e["seq"] for e in hers if "case" in e)
    assert d.ask("GET", f"/v1/audit/receipts/{case_row}", token=token).status == 200
    assert d.ask("GET", "/v1/audit/receipts/1", token=d.token).status == 200
    for seq in ("1", "999999", "x"):
        d.says(404, "no-resource", "GET", f"/v1/audit/receipts/{seq}", token=token)


def operation(d):
    for path in ("/healthz", "/readyz", "/metrics"):
        assert d.ask("GET", path).status == 200
    assert d.ask("GET", "/v1/openapi.json").json == DOC
    assert d.fine("GET", "/v1/clock", token=d.token)["state"] == "running"
    d.says(200, "", "POST", "/v1/clock/acceptance", token=d.token, key=True)
    d.says(200, "", "POST", "/v1/activation", token=d.token, key="deliver")
    d.says(422, "key-used", "POST", "/v1/activation", token=d.token, key="activate")
    copy = str(d.folder / "copy.db")
    d.says(201, "", "POST", "/v1/backups", {"path": copy}, local=True)
    d.says(422, "backup", "POST", "/v1/backups", {"path": copy}, local=True)
    d.says(422, "member", "POST", "/v1/backups", {"path": "here"}, local=True)


def streamed(d, token, rows):
    """Each event is what /v1/events tells, which was checked."""
    s = Stream(d, token=token)
    answer = Answer.__new__(Answer)
    answer.status, answer.headers, answer.bytes = s.status, s.r.headers, b""
    verify("GET", "/v1/stream", answer)
    assert [s.next()["data"] for _ in rows] == rows
    s.close()


def too_many(d):
    """Too many requests."""
    d.stop()
    d.start(TOKEN_RATE="1", TOKEN_BURST="8")
    for _ in range(40):
        answer = d.ask("GET", "/v1/me", token=d.token)
        if answer.status == 429:
            break
    assert answer.status == 429 and int(answer.headers["retry-after"]) >= 1, answer


def check_all_had():
    """An answer that is documented was had, but for those that need a full disk or little memory."""
    missing = []
    for name, (_, _, op) in openapi.operations(DOC).items():
        for status, response in op["responses"].items():
            text = json.dumps(schema.follow(DOC, response))
            for problem in re.findall(r'"/problems/([a-z-]+)"', text) or [""]:
                if status not in HARD and (name, status, problem) not in seen:
                    missing.append(f"{name} {status} {problem}")
    return [m for m in missing if m not in ELSEWHERE]


def main():
    with Checked() as d:
        d.start(ADDRESS_BURST="10000", TOKEN_BURST="10000")
        d.load_measures()
        wang, li, zhao = d.people()
        cases(d, wang, li, zhao)
        refused_alike(d, li)
        bad_queries(d, li)
        decisions(d, li)
        registers(d, li)
        figures(d, d.token, wang, li)
        policies(d, li)
        directory(d, li)
        deputies(d, li, zhao)
        second_policy(d, li)
        amendments(d, li)
        successors(d)
        audit(d, li)
        operation(d)
        for token in (d.token, li):
            streamed(d, token, d.fine("GET", "/v1/events?limit=1000", token=token)["events"])
        too_many(d)
    missing = check_all_had()
    assert not missing, "documented, but never had:\n" + "\n".join(missing)
    print(f"answers: {len(seen)} kinds of answer of {len(openapi.operations(DOC))} operations, fine")


if __name__ == "__main__":
    main()
