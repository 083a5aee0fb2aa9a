#!/usr/bin/env python3
"""Cases by the API: opened, acted in, read, told, listed, decided about; every kind of refusal; rights and keys."""
import json
import re
import subprocess
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from live import BANFA, ROOT, Daemon  # noqa: E402

BORROWER = {"kind": "department", "code": "d1", "name": "Roads"}
LENDER = {"kind": "department", "code": "d2", "name": "Works"}
THING = {"code": "T1", "size": "large", "owner": LENDER}


def loan(**data):
    return {"policy": "loans", "procedure": "loan", "data": {"thing": THING, "days": 12, **data}}


class World:
    def __init__(self, d):
        self.d = d
        image = d.folder / "image"
        subprocess.run([BANFA, "compile", ROOT / "tests/service/api.banfa", "-o", image], check=True, env=d.env,
                       stdout=subprocess.DEVNULL)
        d.fine("POST", "/v1/policies", image.read_bytes(), token=d.token, key=True)
        d.fine("POST", "/v1/policies/loans/activation", token=d.token, key=True)
        people = ["ann", "bob", "boss", "eve", "two"]
        d.put(*[("department", p["code"], {"name": p["name"]}) for p in (BORROWER, LENDER)],
              ("department", "d3", {"name": "Other"}), ("department", "c", {"name": "Town"}),
              ("post", "p1", {"name": "clerk", "department": "d1", "acts": True}),
              ("post", "p2", {"name": "clerk", "department": "d2", "acts": True}),
              ("post", "p3", {"name": "clerk", "department": "d3", "acts": True}),
              ("post", "h2", {"name": "head", "department": "d2", "acts": False, "office": "Head"}),
              ("post", "co", {"name": "councillor", "department": "c", "acts": False, "office": "council"}),
              *[("person", p, {"name": p, "active": True, "operator": False}) for p in people],
              ("holding", "1", {"person": "ann", "post": "p1"}), ("holding", "2", {"person": "bob", "post": "p2"}),
              ("holding", "3", {"person": "boss", "post": "h2"}), ("holding", "4", {"person": "eve", "post": "p3"}),
              ("holding", "5", {"person": "two", "post": "p1"}), ("holding", "6", {"person": "two", "post": "co"}))
        made = {p: d.new_token(p) for p in people}
        self.ids = {p: made[p]["id"] for p in people}
        self.ann, self.bob, self.boss, self.eve, self.two = (made[p]["token"] for p in people)

    def get(self, path, who, status=200, **more):
        a = self.d.ask("GET", path, token=who, **more)
        assert a.status == status, (path, a)
        return a.json

    def post(self, path, body, who, status=200, key=True, **more):
        a = self.d.ask("POST", path, body, token=who, key=key, **more)
        assert a.status == status, (path, body, a)
        if status >= 400:
            assert a.type == "application/problem+json" and a.json["status"] == status, a
        return a.json

    def act(self, case, name, who, args=None, status=200, **more):
        extra = more.pop("extra", {})
        return self.post(f"/v1/cases/{case}/acts/{name}", dict({"args": args} if args else {}, **extra), who, status,
                         **more)

    def open(self, who=None, **data):
        return self.post("/v1/cases", loan(**data), who or self.ann, 201)["case"]


def parties(w):
    """Departments are the directory's, by their code; it says what they are called and of which level."""
    owner = lambda **o: loan(thing=dict(THING, owner=dict({"kind": "department"}, **o)))  # noqa: E731
    for told, member, says in [
        ({"code": "d9", "name": "Works"}, "code", 'no department "d9"'),
        ({"name": "Works"}, "code", "by its code"),
        ({"code": "d2", "name": "Roads"}, "name", '"d2" is Works'),
        ({"code": "d2", "kind": "person"}, "kind", "must be one of: department"),
        ({"code": "d2", "kind": 5}, "kind", "must be one of: department"),
        ({"code": "d2", "kind": "organization"}, "kind", "must be one of: department"),
    ]:
        wrong = w.post("/v1/cases", owner(**told), w.ann, 422)
        assert wrong["member"] == f"data.thing.owner.{member}" and says in wrong["detail"], wrong
        zh = w.post("/v1/cases", owner(**told), w.ann, 422, headers={"Accept-Language": "zh"})["detail"]
        assert "通讯录" in zh or member == "kind" and "应当是其中之一" in zh, zh
    # Who a lender is by, of any kind: one that the directory has as a department is none of another.
    told = w.post("/v1/cases", loan(witness={"kind": "organisation", "code": "d2"}), w.ann, 422)
    assert told["member"] == "data.witness.kind" and '"d2" is a department, Works' in told["detail"], told
    told = w.post("/v1/cases", loan(witness={"kind": "person", "code": "d2"}), w.ann, 422)
    assert told["member"] == "data.witness.kind", told
    told = w.post("/v1/cases", loan(witness={"code": "d2"}), w.ann, 422)
    assert told["member"] == "data.witness.kind" and "person" in told["detail"], told
    for fine in ({"kind": "organisation", "code": "a firm"}, {"kind": "person", "code": "ann"}, {"kind": "department", "code": "d2"}):
        case = w.open(witness=fine)
        assert w.get(f"/v1/cases/{case}", w.ann)["data"]["witness"]["code"] == fine["code"]
        w.act(case, "withdraw", w.ann)
    # What a decision is asked about, too.
    for told, member, says in [({"code": "d9"}, "code", 'no department "d9"'), ({"code": "d2", "name": "Roads"}, "name", "is Works"),
                               ({"code": "d2", "kind": "person"}, "kind", "department")]:
        wrong = w.post("/v1/decide/owned_by", {"args": {"t": dict(THING, owner=told), "taker": {"code": "d1"}}}, w.eve, 422, key=None)
        assert wrong["member"] == f"args.t.owner.{member}" and says in wrong["detail"], wrong
    assert w.post("/v1/decide/owned_by", {"args": {"t": dict(THING, owner={"code": "d2"}), "taker": LENDER}}, w.eve, key=None)["result"]
    case = w.post("/v1/cases", owner(code="d2"), w.ann, 201)["case"]
    thing = w.get(f"/v1/cases/{case}", w.ann)["data"]["thing"]
    assert thing["owner"] == LENDER, thing
    w.act(case, "withdraw", w.ann)
    for taker, status in (({"code": "d9"}, 422), ({"code": "d1", "name": "Rods"}, 422), ({"code": "d1"}, 200)):
        row = {"row": {"code": "put by hand", "taker": taker}}
        told = w.post("/v1/registers/loans.marks", row, w.d.token, status)
        assert status == 200 or "row.taker." in told["detail"], told
    rows = w.get("/v1/registers/loans.marks", w.eve)["rows"]
    assert [r["row"]["taker"] for r in rows] == [BORROWER], rows


def opening(w):
    a = w.d.ask("POST", "/v1/cases", loan(), token=w.ann, key="first")
    assert a.status == 201 and a.headers["location"] == f"/v1/cases/{a.json['case']}", a
    assert a.json["state"] == {"name": "asked", "label": "asked", "ended": False}, a
    assert [(d["duty"], d["status"]) for d in a.json["duties"]] == [("answer", "open")], a
    again = w.d.ask("POST", "/v1/cases", loan(), token=w.ann, key="first")
    assert again.bytes == a.bytes and again.status == 201 and again.headers["idempotency-replayed"] == "true"
    assert again.headers["location"] == a.headers["location"] and "idempotency-replayed" not in a.headers
    # Two persons may use one key; another body under it is refused.
    other = w.post("/v1/cases", loan(days=13), w.ann, 422, key="first")
    assert other["type"] == "/problems/key-used", other
    assert w.post("/v1/cases", loan(), w.two, 422, key="first")["type"] == "/problems/capacity"
    as_one = dict(loan(), **{"as": {"department": "d1"}})
    assert w.post("/v1/cases", as_one, w.two, 201, key="first")["case"] == a.json["case"] + 1
    # What is wrong is named.
    for body, member in [
        (dict(loan(), extra=1), "extra"),
        (loan(days="12"), "data.days"),
        (loan(days=None), "data.days"),
        (loan(thing=dict(THING, size="huge")), "data.thing.size"),
        (loan(thing={k: v for k, v in THING.items() if k != "code"}), "data.thing.code"),
        (loan(nonsense=1), "data.nonsense"),
        (dict(loan(), procedure="lone"), "procedure"),
        (dict(loan(), policy="lones"), "policy"),
        (dict(loan(), policy=3), "policy"),
        (dict(loan(), data=[]), "data"),
    ]:
        assert w.post("/v1/cases", body, w.ann, 422)["member"] == member, body
    refused = w.post("/v1/cases", loan(days=0), w.ann, 409)
    assert (refused["refusal"], refused["cites"], refused["because"]) == (
        "not_permitted", ["1.3"], "a loan lasts a day at least"), refused
    # A bad actor: whom he does not speak for, what is no actor.
    for act_as, status in [({"department": "d2"}, 403), ({"department": "d1", "office": "Head"}, 403), ({}, 422),
                           ({"department": "d1", "x": 1}, 422), (1, 422), ({"person": True}, 422)]:
        got = w.d.ask("POST", "/v1/cases", dict(loan(), **{"as": act_as}), token=w.ann, key=True)
        # A person himself is an actor, but no borrower: malformed by the rules, not by us.
        assert got.status in ((409, 422) if act_as == {"person": True} else (status,)), (act_as, got)


def acting(w):
    case = w.open()
    # Arguments by name and type.
    for args, member in [({"reason": 1}, "args.reason"), ({}, "args.reason"), ({"reason": "x", "why": 1}, "args.why")]:
        assert w.act(case, "deny", w.bob, args or {"zzz": 1}, 422)["member"] in (member, "args.zzz")
    assert w.post(f"/v1/cases/{case}/acts/deny", {"args": []}, w.bob, 422)["member"] == "args"
    assert w.post(f"/v1/cases/{case}/acts/deny", {"arg": {}}, w.bob, 422)["member"] == "arg"
    assert w.post(f"/v1/cases/{case}/acts/deny", {"consent": 1}, w.bob, 422)["member"] == "consent"
    near = w.act(case, "grand", w.bob, status=404)
    assert near["type"] == "/problems/no-act" and "grant" in near["detail"] and "withdraw" not in near["detail"], near
    # Not permitted, told with what would be lawful; the same again under the key, byte for byte.
    key = f"k{case}"
    first = w.d.ask("POST", f"/v1/cases/{case}/acts/grant", {}, token=w.ann, key=key)
    again = w.d.ask("POST", f"/v1/cases/{case}/acts/grant", {}, token=w.ann, key=key)
    strip = lambda a: {k: v for k, v in a.json.items() if k != "request_id"}  # noqa: E731
    assert first.status == again.status == 409 and strip(first) == strip(again), (first, again)
    assert again.headers["idempotency-replayed"] == "true"
    assert first.json["refusal"] == "not_permitted" and first.json["why"] == "actor", first
    assert [(c["act"], c["must"]) for c in first.json["lawful"]] == [("withdraw", False)], first
    # Whom the case does not know hears of no case, whatever he sends (but sell is offered to any department).
    for name, args in [("withdraw", None), ("nonsense", None), ("deny", {"reason": 1})]:
        assert w.act(case, name, w.eve, args, 404)["type"] == "/problems/no-case", name
    # The guard says no, and which part of it.
    no = w.act(case, "overrule", w.two, status=409, extra={"as": {"department": "c", "office": "council"}})
    assert (no["refusal"], no["why"], no["cites"]) == ("not_permitted", "guard", ["4"]), no
    assert "days" in no["because"], no
    # Consent: asked by the lender, given by its head.
    extend = next(c["act"] for c in w.get(f"/v1/cases/{case}/acts?mine=true", w.bob)["acts"]
                  if c["label"].startswith("extend"))
    param = next(c["args"][0]["name"] for c in w.get(f"/v1/cases/{case}/acts?mine=true", w.bob)["acts"]
                 if c["act"] == extend)
    before = w.get(f"/v1/cases/{case}", w.bob)["duties"][0]["due"]
    w.act(case, extend, w.bob, {param: 2})
    mine = w.get(f"/v1/cases/{case}/acts?mine=true", w.boss)["acts"]
    assert [(c["act"], c["consent"]) for c in mine] == [(extend, True)], mine
    assert w.act(case, extend, w.ann, status=409, extra={"consent": True})["refusal"] == "not_permitted"
    w.act(case, extend, w.boss, extra={"consent": True})
    after = w.get(f"/v1/cases/{case}", w.bob)["duties"][0]["due"]
    assert after["last"] > before["last"] and after["until"] > before["until"], (before, after)
    assert w.act(case, extend, w.bob, {param: 1}, 409)["why"] == "used"
    # Lent: too late, not yet, ended.
    w.act(case, "grant", w.bob, {"terms": "two weeks"})
    boast = w.act(case, "boast", w.ann, status=409)
    assert (boast["refusal"], boast["cites"], boast["window"]["last"]) == ("too_late", ["2.4"], "2020-01-01"), boast
    praise = w.act(case, "praise", w.ann, status=409)
    assert (praise["refusal"], praise["cites"], praise["window"]["last"]) == ("not_yet", ["2.3"], "2098-01-01"), praise
    assert [c["act"] for c in praise["lawful"]] == ["withdraw", "return_it"], praise
    zh = w.d.ask("POST", f"/v1/cases/{case}/acts/praise", {}, token=w.ann, key=True,
                 headers={"Accept-Language": "en;q=0.5, zh-CN"})
    assert zh.headers["content-language"] == "zh" and zh.json["title"] == "依规定不予办理", zh
    back = w.act(case, "return", w.ann)
    assert back["state"] == {"name": "done", "label": "done", "ended": True}, back
    assert w.act(case, "return_it", w.ann, status=409)["why"] == "ended"
    assert w.get(f"/v1/cases/{case}/acts", w.ann)["acts"] == []
    for n in ("0", "x", "007", "99999999999999999999", "-1"):
        assert w.d.ask("POST", f"/v1/cases/{n}/acts/deny", {}, token=w.ann, key=True).status == 404, n
    assert w.act(1 << 40, "grant", w.bob, status=404)["type"] == "/problems/no-case"


def in_flight(w):
    """The same key sent many times at once is one act; each gets its answer."""
    case = w.open()
    answers = []

    def send():
        a = w.d.ask("POST", f"/v1/cases/{case}/acts/grant", {"args": {"terms": "x"}}, token=w.bob, key=f"f{case}")
        answers.append((a.status, a.bytes))

    threads = [threading.Thread(target=send) for _ in range(12)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert len(set(answers)) == 1 and answers[0][0] == 200 and len(answers) == 12, answers
    rows = w.get(f"/v1/cases/{case}/timeline", w.bob)["rows"]
    assert [r.get("event") for r in rows] == ["open", "act"], rows


def reading(w):
    case = w.open()
    told = w.get(f"/v1/cases/{case}", w.ann)
    assert told["case"] == case and told["state"]["name"] == "asked" and told["starter"] == BORROWER, told
    assert told["data"]["days"] == 12 and told["data"]["thing"]["code"] == "T1"
    duty = told["duties"][0]
    assert (duty["duty"], duty["status"], duty["bearer"], duty["cites"]) == ("answer", "open", LENDER, ["2"]), duty
    choices = {(c["act"], c["consent"]): c for c in told["choices"]}
    assert choices["grant", False]["must"] and not choices["grant", False]["mine"]
    assert choices["withdraw", False]["mine"] and choices["withdraw", False]["cites"] == ["1.4"]
    assert choices["overrule", False]["open"] == "guarded" and "days" in choices["overrule", False]["condition"]
    mine = w.get(f"/v1/cases/{case}/acts?mine=true", w.bob)["acts"]
    assert {"grant", "deny"} <= {c["act"] for c in mine} and all(c["mine"] for c in mine)
    for who in (w.ann, w.bob, w.boss, w.d.token):
        assert w.get(f"/v1/cases/{case}", who)["case"] == case
    for path in (f"/v1/cases/{case}", f"/v1/cases/{case}/acts", f"/v1/cases/{case}/timeline", "/v1/cases/999999"):
        assert w.get(path, w.eve, 404)["type"] == "/problems/no-case"
    # The timeline, in words.
    w.act(case, "deny", w.bob, {"reason": "broken"})
    refused = w.act(case, "deny", w.bob, {"reason": "broken"}, 409)
    rows = w.get(f"/v1/cases/{case}/timeline", w.ann)
    assert [(r["kind"], r["event"]) for r in rows["rows"]] == [("step", "open"), ("step", "act"), ("refusal", "act")]
    opened, denied, again = rows["rows"]
    assert opened["text"] == f"Roads (by ann) opens Loan #{case}" and opened["cites"] == ["1"], opened
    armed = next(f for f in opened["facts"] if f["fact"]["fact"] == "armed")
    assert armed["text"].startswith("Works must: answer, by ") and armed["counted"] and "left_out" in armed, armed
    assert denied["text"] == f'#{case} Works (by bob): deny (reason: "broken")', denied
    assert again["refused"]["because"] == refused["because"], (again, refused)
    assert rows["next"] is None and "\"denied\"" in rows["explanation"], rows["explanation"]
    zh = w.get(f"/v1/cases/{case}/timeline", w.ann, headers={"Accept-Language": "zh"})
    assert zh["rows"][0]["text"] == f"Roads（ann办理） 提起 Loan #{case}", zh
    pages, after = [], 0
    while after is not None:
        page = w.get(f"/v1/cases/{case}/timeline?limit=1&after={after}", w.ann)
        pages += page["rows"]
        after = page["next"]
    assert pages == rows["rows"]
    for bad in ("limit=0", "limit=1001", "limit=x", "after=-1"):
        assert w.get(f"/v1/cases/{case}/timeline?{bad}", w.ann, 400)["type"] == "/problems/query"


def listing(w):
    mine = {w.open() for _ in range(5)}
    theirs, after = [], 0
    while after is not None:
        page = w.get(f"/v1/cases?limit=2&after={after}", w.ann)
        assert len(page["cases"]) <= 2
        theirs += page["cases"]
        after = page["next"]
    assert mine <= set(theirs) and theirs == sorted(set(theirs))
    assert w.get("/v1/cases", w.eve)["cases"] == []
    ended = w.open()
    w.act(ended, "withdraw", w.ann)
    assert ended in w.get(f"/v1/cases?limit=1000&after={ended - 1}", w.ann)["cases"]  # nothing is to be done in it
    everything = w.get("/v1/cases?limit=1000", w.d.token)["cases"]
    assert everything == list(range(1, len(everything) + 1)) and set(theirs) <= set(everything)


REPORTED = """policy fires "Fires" {
  number "test"
  rank 5
  in force 2025-01-01
  calendar cn.workdays
}
procedure inquiry "Inquiry" @1 {
  party site : Department
  given place : Text?
  starts on burnt(site: Department, place: Text) @1
  starts on flooded(site: Department) @1
  state asked "asked" {
    site may report "report" (written: Date) dated written -> told @1
  }
  end told "told"
}
procedure drying "Drying" @2 {
  party site : Department
  starts on flooded(site: Department) @2
  state wet "wet" { site may dry "dry" -> dried @2 }
  end dried "dried"
}
"""


def reported(w):
    """Cases that start on an event reported from outside; an act that bears an earlier day, entered when it is known."""
    source, image = w.d.folder / "fires.banfa", w.d.folder / "fires.image"
    source.write_text(REPORTED)
    subprocess.run([BANFA, "compile", source, "-o", image], check=True, env=w.d.env, stdout=subprocess.DEVNULL)
    w.d.fine("POST", "/v1/policies", image.read_bytes(), token=w.d.token, key=True)
    w.d.fine("POST", "/v1/policies/fires/activation", token=w.d.token, key=True)
    tell = lambda event, status=201, who=w.ann, key=True, data=None, **more: w.post(  # noqa: E731
        "/v1/cases", {"policy": "fires", "event": event, "data": data or {"site": {"code": "d1"}}, **more}, who, status, key=key)
    fire = {"site": {"code": "d1"}, "place": "yard"}
    first = tell("burnt", data=fire, key="fire")
    assert first["state"]["name"] == "asked" and tell("burnt", data=fire, key="fire") == first
    seen = w.get(f"/v1/cases/{first['case']}", w.ann)
    assert seen["procedure"] == "inquiry" and seen["data"]["site"] == BORROWER and seen["data"]["place"] == "yard", seen
    # Only offices, and parties that the event names, may report it.
    refused = tell("burnt", 409, who=w.eve, data=fire)
    assert refused["refusal"] == "not_permitted" and refused["why"] == "actor", refused
    for event, more, says in [("burned", {}, "there are: "), ("flooded", {}, "inquiry, drying"), ("violated", {}, "no procedure"),
                              ("burnt", {"procedure": "drying"}, "those that do: inquiry"),
                              ("burnt", {}, "place"), ("flooded", {"procedure": "drying", "data": {"x": 1}}, "data.x")]:
        assert says in tell(event, 422, **more)["detail"], (event, tell(event, 422, **more))
    both = [tell("flooded", procedure=p)["case"] for p in ("inquiry", "drying")]
    assert [w.get(f"/v1/cases/{n}", w.ann)["procedure"] for n in both] == ["inquiry", "drying"]
    # The day that the act bears is that of the paper; it is not after its entry.
    late = w.act(first["case"], "report", w.ann, {"written": "2099-01-01"}, 422)
    assert late["refusal"] == "malformed", late
    day = next(f["day"] for f in first["facts"] if f["fact"] == "started")
    done = w.act(first["case"], "report", w.ann, {"written": day})
    assert done["state"]["ended"] and [f["day"] for f in done["facts"] if f["fact"] == "acted"] == [day], done


def working(w):
    case = w.open()
    work, after = [], ""
    while after is not None:
        page = w.get("/v1/worklist?limit=2" + (f"&after={after}" if after else ""), w.bob)
        work += page["work"]
        after = page["next"]
    ours = [x for x in work if x["case"] == case]
    assert {(x["kind"], x.get("duty", {}).get("duty")) for x in ours} == {("must", "answer"), ("may", None)}, ours
    must = next(x for x in ours if x["kind"] == "must")
    assert {a["act"] for a in must["acts"]} == {"grant", "deny"} and not must["overdue"], must
    dues = [x["duty"]["due"]["until"] for x in work if x["kind"] == "must"]
    assert dues == sorted(dues)
    assert {x["case"] for x in w.get("/v1/worklist?limit=200", w.ann)["work"] if x["kind"] == "may"} >= {case}
    assert w.get("/v1/worklist", w.eve)["work"] == []
    # A department's, a post's, a person's: his own, or asked by an operator.
    by = {"department": "department=d2", "post": "post=p2", "person": "person=bob"}
    own = w.get("/v1/worklist?limit=200&person=bob", w.bob)["work"]
    plain = lambda list_: [(x["case"], x["kind"]) for x in list_]  # noqa: E731
    for query in by.values():
        for who in (w.bob, w.d.token):
            assert plain(w.get(f"/v1/worklist?limit=200&{query}", who)["work"]) == plain(own), query
        assert w.get(f"/v1/worklist?{query}", w.eve, 403)["type"] == "/problems/no-right"
    head = w.get("/v1/worklist?department=d2&office=head", w.d.token)["work"]
    assert head == [], head
    assert w.get("/v1/worklist?overdue=true", w.bob)["work"] == []
    assert any(x["case"] == case for x in w.get("/v1/worklist?due_within=30&limit=200", w.bob)["work"])
    assert w.get("/v1/worklist?due_within=0", w.bob)["work"] == []
    # Past the announced holidays a date is provisional: 2099 is.
    w.act(case, "grant", w.bob)
    for bad in ("overdue=maybe", "due_within=x", "due_within=99999", "after=x", "limit=0"):
        assert w.get(f"/v1/worklist?{bad}", w.bob, 400)["type"] == "/problems/query", bad
    # What was done is no work any more.
    assert not any(x["case"] == case for x in w.get("/v1/worklist?limit=200", w.bob)["work"])
    returns = [x for x in w.get("/v1/worklist?limit=200", w.ann)["work"] if x["case"] == case]
    assert [(x["kind"], [a["act"] for a in x["acts"]]) for x in returns] == [
        ("must", ["return_it"]), ("may", ["withdraw"])], returns


def deciding(w):
    ask = lambda name, body, status=200, **m: w.post(f"/v1/decide/{name}", body, w.eve, status, key=None, **m)  # noqa: E731
    thing = dict(THING)
    told = ask("fee", {"args": {"t": thing, "days": 12}})
    assert told["result"] == 50 and told["because"] == [{"cites": ["1.2"], "rule": 1}], told
    assert told["policy"] == "loans" and len(told["version"]) == 64 and len(told["calendar"]) == 64
    assert ask("fee", {"args": {"t": dict(thing, size="small"), "days": 12}, "policy": "loans"})["result"] == 0
    assert ask("fee", {"args": {"t": thing, "days": 5}, "policy": told["version"]})["result"] == 20
    # The same as the command line says.
    out = subprocess.run([BANFA, "decide", ROOT / "tests/service/api.banfa", "fee", json.dumps({"t": thing, "days": 12})],
                         env=w.d.env, check=True, capture_output=True, text=True).stdout
    assert json.loads(out) == {k: told[k] for k in ("because", "result")}
    # A register's row is read as it is now.
    code = "never lent"
    assert ask("marked", {"args": {"code": code}})["result"] is False
    case = w.open(thing=dict(THING, code=code))
    w.act(case, "grant", w.bob)
    assert ask("marked", {"args": {"code": code}})["result"] is True
    assert ask("back_by", {"args": {"since": "2099-01-01"}})["provisional"] is True
    assert "provisional" not in ask("back_by", {"args": {"since": "2025-03-03"}})
    # 3 March 2025 is a Monday: five working days on it is the next Monday.
    assert ask("back_by", {"args": {"since": "2025-03-03"}})["result"] == "2025-03-10"
    assert ask("fee", {"args": {"t": thing}}, 422)["type"] == "/problems/member"
    assert ask("fee", {"args": {"t": thing, "days": 1, "x": 2}}, 422)["type"] == "/problems/member"
    assert ask("fee", {"arg": {}}, 422)["member"] == "arg"
    assert ask("fees", {"args": {}}, 404)["type"] == "/problems/no-decision"
    assert ask("fee", {"args": {}, "policy": "x"}, 422)["type"] == "/problems/no-policy"


def directory(w):
    """Nothing in it names what is not there; whose department goes is told which cases wait for it."""
    put = lambda *rows, status=422: w.post("/v1/directory", {"rows": [  # noqa: E731
        {"kind": k, "id": i, "json": j} for k, i, j in rows]}, w.d.token, status)
    post = {"name": "clerk", "department": "d7", "acts": True}
    for rows, says in [
        ([("post", "p7", post)], "post p7 names department d7"),
        ([("holding", "7", {"person": "nobody", "post": "p1"})], "holding 7 names person nobody"),
        ([("holding", "7", {"person": "ann", "post": "p7"})], "holding 7 names post p7"),
        ([("department", "d7", {"name": "Seven"}), ("post", "p7", post), ("department", "d7", None)], "names department d7"),
        ([("person", "@local", {"name": "x", "active": True, "operator": False})], "does not begin with @"),
        ([("department", "d2", None)], "department d2 cannot go"),
        ([("post", "p2", None)], "post p2 cannot go: holding 2"),
        ([("person", "bob", None)], "person bob cannot go: holding 2"),
        ([("department", "d7", {"name": "Seven"}), ("holding", "7", {})], "row 2: holding: person"),
    ]:
        assert says in put(*rows)["detail"], (says, put(*rows))
    assert "通讯录里没有" in w.post("/v1/directory", {"rows": [{"kind": "post", "id": "p7", "json": post}]}, w.d.token, 422,
                              headers={"Accept-Language": "zh"})["detail"]
    holding = ("holding", "7", {"person": "eve", "post": "p7"})
    told = put(holding, ("post", "p7", post), ("department", "d7", {"name": "Seven"}), status=200)
    assert "left" not in told, told
    case = w.open(thing=dict(THING, owner={"kind": "department", "code": "d7"}))
    w.get(f"/v1/cases/{case}", w.eve)
    body = {"rows": [{"kind": k, "id": i, "json": None} for k, i in (("department", "d7"), ("post", "p7"), ("holding", "7"))]}
    gone = w.post("/v1/directory", body, w.d.token, key="gone")
    assert gone["left"] == [{"department": "d7", "cases": [case], "more": False}], gone
    # What was put once is told again under its key, though it could not be put now.
    keyed = {"rows": [{"kind": "post", "id": "p8", "json": dict(post, department="d8")}]}
    put(("department", "d8", {"name": "Eight"}), status=200)
    first = w.post("/v1/directory", keyed, w.d.token, key="p8")
    put(("post", "p8", None), ("department", "d8", None), status=200)
    assert w.post("/v1/directory", keyed, w.d.token, key="p8") == first
    assert w.post("/v1/directory", keyed, w.d.token, 422)["type"] == "/problems/member"


def running(w):
    """A case that another runs: each is told of, and seen by those whom its own data name."""
    image = w.d.folder / "runs"
    subprocess.run([BANFA, "compile", ROOT / "tests/service/runs.banfa", "-o", image], check=True, env=w.d.env,
                   stdout=subprocess.DEVNULL)
    w.d.fine("POST", "/v1/policies", image.read_bytes(), token=w.d.token, key=True)
    w.d.fine("POST", "/v1/policies/runs/activation", token=w.d.token, key=True)
    body = {"policy": "runs", "procedure": "dispute", "data": {"town": LENDER}, "as": {"person": True}}

    def runs(**more):
        return [dict({"procedure": "talks", "label": "talks", "in_state": "mediating", "cites": []}, **more)]
    case = w.post("/v1/cases", body, w.ann, 201)["case"]
    sub = case + 1
    assert w.get(f"/v1/cases/{case}", w.ann)["runs"] == runs(case=sub, status="running")
    told = w.get(f"/v1/cases/{sub}", w.bob)
    assert told["parent"] == case and "runs" not in told and told["starter"] is None, told
    assert "parent" not in w.get(f"/v1/cases/{case}", w.ann)
    w.get(f"/v1/cases/{sub}", w.ann, 404)
    assert sub in [i["case"] for i in w.get("/v1/worklist?limit=1000", w.bob)["work"]]
    w.act(sub, "settle", w.bob, {"what": "half each"})
    told = w.get(f"/v1/cases/{case}", w.ann)
    assert told["state"]["name"] == "granted" and told["runs"] == runs(case=sub, status="ended", end="agreed"), told
    rows = w.get(f"/v1/cases/{case}/timeline", w.ann)["rows"]
    assert [r["event"] for r in rows] == ["open", "begun", "return"], rows
    # What is left is told of too.
    case = w.post("/v1/cases", body, w.ann, 201)["case"]
    w.act(case, "give_up", w.ann, extra={"as": {"person": True}})
    assert w.get(f"/v1/cases/{case}", w.ann)["runs"] == runs(case=case + 1, status="cancelled")
    assert w.get(f"/v1/cases/{case + 1}", w.bob)["state"]["name"] == "cancelled"


def rights_at_once(w):
    """A right taken away counts from the next request on; a token too."""
    case = w.open()
    w.get(f"/v1/cases/{case}", w.ann)
    w.d.put(("holding", "1", None))
    assert w.get(f"/v1/cases/{case}", w.ann, 404)["type"] == "/problems/no-case"
    w.d.put(("holding", "1", {"person": "ann", "post": "p1"}))
    w.get(f"/v1/cases/{case}", w.ann)
    a = w.d.ask("DELETE", f"/v1/tokens/{w.ids['eve']}", token=w.d.token, key=True)
    assert a.status in (200, 204), a
    a = w.d.ask("GET", "/v1/cases", token=w.eve)
    assert a.status == 401 and "invalid_token" in a.headers["www-authenticate"], a


def unseen(w):
    """What one whom a case does not concern tries in it leaves nothing there: no row, no key; the operator sees it."""
    denied = lambda: int(re.search(r'^banfad_denied_total{reason="unseen"} (\d+)', w.d.ask(  # noqa: E731
        "GET", "/metrics", local=True).bytes.decode(), re.M).group(1))
    case, before = w.open(), denied()
    for who, name, args, more in [(w.eve, "withdraw", None, {}), (w.eve, "deny", {"reason": "x" * 1000}, {}),
                                  (w.eve, "grant", None, {"if_early": "keep"}), (w.eve, "extend", None, {"consent": True})]:
        key = f"u{case}{name}"
        first = w.act(case, name, who, args, 404, key=key, extra=more)
        assert w.act(case, name, who, args, 404, key=key, extra=more)["detail"] == first["detail"]
    assert w.act(case, "withdraw", w.eve, status=404, key=f"u{case}grant")["type"] == "/problems/no-case"
    rows = w.get(f"/v1/cases/{case}/timeline", w.ann)["rows"]
    assert [(r["kind"], r["event"]) for r in rows] == [("step", "open")], rows
    assert denied() - before >= 7, (before, denied())
    # Nor in any later state, where other reasons to refuse him come to the same.
    for by, done in ((w.bob, "grant"), (w.ann, "return_it")):
        w.act(case, done, by)
        for name in ("return_it", "praise", "boast", "grant", "withdraw", "overrule"):
            for more in ({}, {"if_early": "keep"}, {"consent": True}, {"consent": False}):
                w.act(case, name, w.eve, None, 404, extra=more)
    rows = w.get(f"/v1/cases/{case}/timeline", w.ann)["rows"]
    assert [r["kind"] for r in rows] == ["step"] * 3, rows
    case, rows = w.open(), rows[:1]
    # What he asked about, whether it is there or not, is told to operators; to him alike.
    start = w.get("/v1/events?limit=1000", w.d.token)
    while start["more"]:
        start = w.get(f"/v1/events?limit=1000&after={start['next']}", w.d.token)
    for number in (case, 10**6):
        for path in ("", "/acts", "/timeline"):
            assert w.get(f"/v1/cases/{number}{path}", w.eve, 404)["type"] == "/problems/no-case"
        assert w.get(f"/v1/stream?case={number}", w.eve, 404)["detail"].count(str(number)) == 1
    w.get(f"/v1/audit/receipts/{rows[0]['seq']}", w.eve, 404)
    told = w.get(f"/v1/events?after={start['next']}", w.d.token)["events"]
    routes = ["case_read", "case_acts", "case_timeline", "stream"]
    wanted = [(r, n) for n in (case, 10**6) for r in routes] + [("audit_receipt", rows[0]["seq"])]
    assert [(e["data"]["route"], e["data"]["about"]) for e in told] == wanted, told
    assert all(e["kind"] == "denied" and e["person"] == "eve" and e["data"]["reason"] == "unseen" for e in told), told
    w.get(f"/v1/cases/{10**6}", w.d.token, 404)  # he may see all: nothing was denied to him
    assert w.get(f"/v1/events?after={told[-1]['seq']}", w.d.token)["events"] == []
    # One whom it concerns is recorded; told again as long as he may see it, and nothing else is made of his key.
    path, key = f"/v1/cases/{case}/acts/grant", f"s{case}"
    first = w.d.ask("POST", path, {}, token=w.ann, key=key)
    assert first.status == 409 and first.json["why"] == "actor", first
    w.d.put(("holding", "1", None))
    assert w.d.ask("POST", path, {}, token=w.ann, key=key).status == 404
    assert w.d.ask("POST", path, {}, token=w.ann, key=True).status == 404
    w.d.put(("holding", "1", {"person": "ann", "post": "p1"}))
    again = w.d.ask("POST", path, {}, token=w.ann, key=key)
    assert again.headers["idempotency-replayed"] == "true" and again.json["seq"] == first.json["seq"], again
    # An operator sees all cases, so his refusal is recorded.
    assert w.act(case, "withdraw", w.d.token, status=409, extra={"as": {"person": True}})["why"] == "actor"
    rows = w.get(f"/v1/cases/{case}/timeline", w.ann)["rows"]
    assert [r["kind"] for r in rows] == ["step", "refusal", "refusal"], rows


def long_timeline(w):
    """More rows, and more in them, than a request has memory for: told all the same, and every row once."""
    case, many, reason = w.open(), 330, "long " * 20000
    w.act(case, "deny", w.bob, {"reason": "no"})
    sent = [w.act(case, "deny", w.bob, {"reason": reason + str(i)}, 409)["seq"] for i in range(many)]
    told, after, pages = [], 0, 0
    while after is not None:
        page = w.get(f"/v1/cases/{case}/timeline?limit=1000&after={after}", w.ann)
        assert page["rows"] and page["rows"][0]["seq"] > after, page["rows"][:1]
        told, after, pages = told + page["rows"], page["next"], pages + 1
        assert after is None or after == told[-1]["seq"]
    assert [r["seq"] for r in told[2:]] == sent and [r["kind"] for r in told[:2]] == ["step"] * 2 and pages > 1
    assert all(r["text"].endswith(f'{i}")') for i, r in enumerate(told[2:])), told[2]["text"][-20:]
    # A page begins anywhere: also where the reads behind it do.
    for at in (0, 1, 74, 75, 76, 77, 255, 256, 257, many):
        page = w.get(f"/v1/cases/{case}/timeline?limit=3&after={told[at]['seq']}", w.ann)
        assert page["rows"] == told[at + 1:at + 4], at
        assert page["next"] == (told[at + 3]["seq"] if at + 4 < len(told) else None), at
    assert w.get(f"/v1/cases/{case}/timeline?after={sent[-1]}", w.ann)["rows"] == []


def after_restart(w):
    """An answer is told from its row: the same after a restart."""
    case = w.open()
    path = f"/v1/cases/{case}/acts"
    sent = [(f"{path}/praise", w.ann, "r1"), (f"{path}/withdraw", w.ann, "r2"), (f"{path}/deny", w.bob, "r3")]
    bodies = [{}, {}, {"args": {"reason": "no"}}]
    first = [w.d.ask("POST", p, b, token=t, key=k) for (p, t, k), b in zip(sent, bodies)]
    assert [a.status for a in first] == [409, 200, 409], first
    w.d.stop()
    w.d.start()
    for ((p, t, k), b), a in zip(zip(sent, bodies), first):
        again = w.d.ask("POST", p, b, token=t, key=k)
        assert again.status == a.status, (a, again)
        assert {**a.json, "request_id": 0} == {**again.json, "request_id": 0}, (a, again)


with Daemon() as daemon:
    daemon.start(DENIED_ROWS="1000000")
    world = World(daemon)
    for part in (parties, opening, acting, in_flight, reading, listing, reported, working, deciding, unseen, directory, running,
                 long_timeline, rights_at_once, after_restart):
        part(world)
        print("ok", part.__name__)
    daemon.stop()
    assert "byte for byte" in daemon.run("verify", "--rerun")
