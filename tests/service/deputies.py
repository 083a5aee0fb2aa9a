#!/usr/bin/env python3
"""Persons behind acts: who acts for whom is in the row and told; two people of a post are two; a deputy has what his
principal has, for a time, and not a moment longer; a clerk enters papers; nobody passes on what he has as a deputy."""
import sys
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from live import ROOT, Daemon, Stream  # noqa: E402

SOURCE = ROOT / "tests/service/deputies.banfa"
TOWN, OTHER = {"kind": "department", "code": "T"}, {"kind": "department", "code": "X"}
OSCAR = {"kind": "person", "code": "O1", "name": "Oscar"}
NAMES = {"li": "李娜", "zhang": "张伟", "wang": "王芳", "chen": "陈晨", "dan": "丁丹", "zhou": "周舟"}


def later(seconds):
    return (datetime.now(timezone.utc) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def set_up(d):
    d.fine("POST", "/v1/policies", d.image(SOURCE), token=d.token, key=True)
    d.fine("POST", "/v1/policies/eyes/activation", token=d.token, key=True)
    d.put(("department", "T", {"name": "镇政府"}), ("department", "X", {"name": "县政府"}),
          ("post", "clerks", {"name": "经办", "department": "T", "acts": True}),
          ("post", "mayor", {"name": "镇长", "department": "T", "acts": False, "office": "head"}),
          ("post", "window", {"name": "窗口", "department": "T", "acts": False, "enters": True}),
          ("post", "far", {"name": "窗口", "department": "X", "acts": False, "enters": True}),
          *[("person", p, {"name": n, "active": True, "operator": False}) for p, n in NAMES.items()],
          ("holding", "h1", {"person": "li", "post": "clerks"}), ("holding", "h2", {"person": "wang", "post": "clerks"}),
          ("holding", "h3", {"person": "zhang", "post": "mayor"}), ("holding", "h4", {"person": "dan", "post": "window"}),
          ("holding", "h5", {"person": "zhou", "post": "far"}))
    return {p: d.new_token(p)["token"] for p in NAMES}


class World:
    def __init__(self, d, tokens):
        self.d, self.tokens = d, tokens

    def opened(self, person="li", **more):
        body = {"policy": "eyes", "procedure": "paper", "data": {"town": TOWN, "owner": OSCAR, "about": "x"}, **more}
        return self.d.ask("POST", "/v1/cases", body, token=self.tokens[person], key=True)

    def act(self, person, case, act, body=None, status=200, key=True, **headers):
        a = self.d.ask("POST", f"/v1/cases/{case}/acts/{act}", body or {}, token=self.tokens[person], key=key, headers=headers)
        assert a.status == status, (person, act, a)
        return a.json

    def me(self, person):
        return self.d.fine("GET", "/v1/me", token=self.tokens[person])["capacities"]

    def deputise(self, who, person, post, status=201, **more):
        body = {"person": person, "post": post, "until": later(3600), **more}
        a = self.d.ask("POST", "/v1/deputies", body, token=self.tokens[who], key=True)
        assert a.status == status, a
        return a.json

    def end(self, person, deputy, status=200):
        a = self.d.ask("DELETE", f"/v1/deputies/{deputy}", token=self.tokens[person], key=True)
        assert a.status == status, a

    def rows(self, case):
        return self.d.fine("GET", f"/v1/cases/{case}/timeline", token=self.tokens["li"],
                           headers={"Accept-Language": "zh"})["rows"]


AS_HEAD = {"as": {"department": "T", "office": "head"}}


def two_people(w):
    """The person is in the facts; two of one post are two, one through two posts is one."""
    opened = w.opened().json
    case = opened["case"]
    assert opened["facts"][0]["by"] == {"person": {"code": "li", "kind": "person", "name": "李娜"}}, opened
    w.act("li", case, "draft", {"args": {"text": "a"}})
    assert "李娜办理" in w.rows(case)[-1]["text"]
    own = [c for c in w.d.fine("GET", f"/v1/cases/{case}/acts?mine=true", token=w.tokens["li"])["acts"] if c["act"] == "check"]
    assert [(c["open"], c["why"], c["distinct_from"]) for c in own] == [("guarded", "same", "draft")], own
    others = w.d.fine("GET", f"/v1/cases/{case}/acts?mine=true", token=w.tokens["wang"])["acts"]
    assert [c["open"] for c in others if c["act"] == "check"] == ["open"], others
    told = w.act("li", case, "check", status=409, key="same-1")
    assert told["why"] == "same" and "镇政府 (by 李娜)" in told["because"] and 'did "draft" on' in told["because"], told
    assert "for 镇政府 or 镇政府 (head)" in told["because"], told
    assert told["done"]["by"]["person"]["code"] == "li" and told["done"]["act"] == "draft", told
    again = w.act("li", case, "check", status=409, key="same-1")
    assert again["because"] == told["because"] and again["done"] == told["done"]
    zh = w.act("li", case, "check", status=409, **{"Accept-Language": "zh"})
    assert "由 镇政府（李娜办理） 作出，本行为应由他人以" in zh["because"], zh
    w.act("wang", case, "check")
    return case


def deputies(w):
    case = two_people(w)
    w.act("chen", case, "approve", AS_HEAD, status=404)  # a stranger to the case
    assert w.me("chen") == []
    made = w.deputise("zhang", "chen", "mayor")
    assert made["principal"] == "zhang" and made["person"] == "chen", made
    capacity, = w.me("chen")
    assert (capacity["deputy_of"], capacity["deputy_of_name"], capacity["office"], capacity["until"]) == \
        ("zhang", "张伟", "head", made["until"]), capacity
    work = w.d.fine("GET", "/v1/worklist", token=w.tokens["chen"])["work"]
    item, = [x for x in work if x["case"] == case and x["kind"] == "must"]
    assert [a["deputy_of"]["code"] for a in item["acts"]] == ["zhang"], item
    for who in ("zhang", "chen"):
        listed = w.d.fine("GET", "/v1/deputies", token=w.tokens[who])["deputies"]
        assert [x["id"] for x in listed] == [made["id"]], listed
    assert w.d.fine("GET", "/v1/deputies", token=w.tokens["li"])["deputies"] == []

    # he acts in the principal's place: both are in the row, and told
    w.act("chen", case, "draft", {"args": {"text": "b"}, "as": {"department": "T", "office": "head", "deputy_of": "zhang"}})
    row = w.rows(case)[-1]
    assert "镇政府的head（陈晨代理张伟办理）" in row["text"], row
    assert row["facts"][0]["fact"]["by"]["principal"] == {"code": "zhang", "kind": "person", "name": "张伟"}, row
    w.act("zhang", case, "check", AS_HEAD, status=409)  # it was done in his name
    w.act("chen", case, "check", AS_HEAD, status=409)
    w.act("chen", case, "draft", {"as": {"department": "T", "office": "head", "deputy_of": "li"}}, status=403)
    # what comes early is not kept for one whose time may be over by then
    kept = w.act("chen", case, "close", {"if_early": "keep"}, status=409)
    assert kept["refusal"] == "not_yet", kept
    w.act("zhang", case, "close", {"if_early": "keep"}, status=202)

    # ended, it is ended at once: acts, sight, worklist and an open stream
    s = Stream(w.d, w.tokens["chen"], f"?case={case}")
    assert s.next()["event"] == "step"
    w.end("li", made["id"], 404)
    w.end("zhang", made["id"])
    last = w.act("li", case, "draft", {"args": {"text": "after"}})["seq"]
    w.act("chen", case, "approve", AS_HEAD, status=404)
    assert w.me("chen") == [] and w.d.fine("GET", "/v1/worklist", token=w.tokens["chen"])["work"] == []
    mine = w.deputise("zhang", "chen", "mayor")  # and he sees again
    w.act("li", case, "draft", {"args": {"text": "later"}})
    seen = []
    while not seen or seen[-1]["seq"] <= last:
        seen.append(s.next()["data"])
    assert last not in [e["seq"] for e in seen], seen
    s.close()
    w.end("chen", mine["id"])  # he lays it down himself
    return case


def time_boxed(w, case):
    a = w.d.ask("POST", "/v1/deputies", {"person": "chen", "post": "mayor"}, token=w.tokens["zhang"], key=True)
    assert a.status == 422 and a.json["detail"].startswith("until"), a
    w.deputise("zhang", "chen", "mayor", status=422, until=later(-5))
    w.deputise("zhang", "chen", "mayor", **{"from": later(1800)})
    assert w.me("chen") == []
    w.deputise("zhang", "chen", "mayor", until=later(2))
    assert len(w.me("chen")) == 1
    end = time.monotonic() + 20
    while w.me("chen") and time.monotonic() < end:
        time.sleep(0.1)
    w.act("chen", case, "approve", AS_HEAD, status=404)
    # the principal's holding ends, and with it what his deputy has
    w.deputise("zhang", "chen", "mayor")
    w.d.put(("holding", "h3", {"person": "zhang", "post": "mayor", "until": later(-1)}))
    assert w.me("chen") == []
    w.act("chen", case, "approve", AS_HEAD, status=404)
    # a post nobody holds does not act; its duty runs
    shown = w.d.fine("GET", f"/v1/cases/{case}", token=w.tokens["li"])
    assert [(x["duty"], x["status"]) for x in shown["duties"]] == [("approve", "open")], shown
    w.d.put(("holding", "h3", {"person": "zhang", "post": "mayor"}))
    for x in w.d.fine("GET", "/v1/deputies", token=w.tokens["zhang"])["deputies"]:
        w.end("zhang", x["id"])
    # in one policy only
    w.deputise("zhang", "chen", "mayor", policy="another")
    w.act("chen", case, "approve", AS_HEAD, status=404)
    made = w.deputise("zhang", "chen", "mayor", policy="eyes")
    w.act("chen", case, "draft", {"args": {"text": "c"}})
    w.end("zhang", made["id"])


def refused(w):
    """Circles, chains, and what is not one's own."""
    w.deputise("li", "chen", "mayor", status=422)  # not her post
    w.deputise("zhang", "zhang", "mayor", status=422)
    w.deputise("li", "chen", "mayor", status=403, principal="zhang")
    w.deputise("zhang", "nobody", "mayor", status=422)
    w.deputise("zhang", "chen", "nowhere", status=422)
    made = w.deputise("zhang", "dan", "mayor")
    told = w.deputise("dan", "li", "mayor", status=422)["detail"]
    assert "dan is only a deputy" in told and "li → dan → zhang" in told, told
    told = w.deputise("dan", "zhang", "mayor", status=422)["detail"]
    assert "in a circle: zhang → dan → zhang" in told, told
    # two people may well be each other's deputy, each in the other's post
    w.deputise("li", "wang", "clerks")
    told = w.deputise("wang", "li", "clerks", status=422)["detail"]
    assert "in a circle: li → wang → li" in told, told
    other = w.deputise("wang", "zhang", "clerks")
    w.end("zhang", other["id"])
    w.end("zhang", made["id"])
    # the same by an operator's rows, whichever way round they come
    row = {"until": later(3600), "post": "mayor"}
    rows = [{"kind": "deputy", "id": "b", "json": dict(row, person="wang", principal="li")},
            {"kind": "deputy", "id": "a", "json": dict(row, person="li", principal="zhang")}]
    a = w.d.ask("POST", "/v1/directory", {"rows": rows}, token=w.d.token, key=True)
    assert a.status == 422 and "wang → li → zhang" in a.json["detail"], a
    rows[1]["json"]["principal"] = "wang"
    a = w.d.ask("POST", "/v1/directory", {"rows": rows}, token=w.d.token, key=True)
    assert a.status == 422 and "in a circle" in a.json["detail"], a
    w.d.put(("deputy", "a", dict(row, person="li", principal="zhang")))
    assert [c.get("deputy_of") for c in w.me("li")] == [None, "zhang"], w.me("li")  # her own before those as a deputy
    rows = w.d.fine("GET", "/v1/directory/deputy", token=w.d.token)["rows"]
    assert rows[-1]["id"] == "a" or any(r["id"] == "a" for r in rows), rows
    w.d.put(("deputy", "a", None))
    # a key sent again makes one deputy
    body = {"person": "chen", "post": "mayor", "until": later(3600)}
    first = w.d.fine("POST", "/v1/deputies", body, token=w.tokens["zhang"], key="dep-1")
    again = w.d.ask("POST", "/v1/deputies", body, token=w.tokens["zhang"], key="dep-1")
    assert again.json == first and again.headers["Idempotency-Replayed"] == "true", again
    gone = w.d.fine("DELETE", f"/v1/deputies/{first['id']}", token=w.tokens["zhang"], key="dep-2")
    assert w.d.fine("DELETE", f"/v1/deputies/{first['id']}", token=w.tokens["zhang"], key="dep-2") == gone


def papers(w):
    """A clerk enters what comes by mail; he is not who did it."""
    paper = {"as": {"paper_of": OSCAR}}
    opened = w.opened("dan", **paper)
    assert opened.status == 201, opened
    case, fact = opened.json["case"], opened.json["facts"][0]
    assert fact["party"]["code"] == "O1" and fact["by"]["clerk"]["code"] == "dan" and "person" not in fact["by"], fact
    today = datetime.now(timezone.utc).strftime("%Y-%m-%d")
    w.act("dan", case, "send", {"args": {"posted": "2020-01-02"}, **paper})
    row = w.rows(case)[-1]
    assert "Oscar（丁丹代为录入）" in row["text"], (row, today)
    w.act("li", case, "draft", {"args": {"text": "d"}})
    w.act("li", case, "send", {"args": {"posted": today}, **paper}, status=403)  # enters no papers
    w.act("zhou", case, "send", {"args": {"posted": today}, **paper}, status=404)  # of a department it does not name
    w.act("dan", case, "send", {"args": {"posted": today}, "as": {"paper_of": {"kind": "person", "code": "li"}}}, status=404)
    w.act("dan", case, "send", {"as": {"paper_of": TOWN}}, status=404)
    assert w.opened("dan", **{"as": {"paper_of": {"kind": "person", "code": "li", "name": "李娜"}}}).status == 403
    assert w.opened("dan", **{"as": {"paper_of": TOWN}}).status == 422
    assert w.opened("zhou", **paper).status == 403
    assert w.opened("li", **paper).status == 403


def main():
    with Daemon() as d:
        d.start()
        w = World(d, set_up(d))
        case = deputies(w)
        time_boxed(w, case)
        refused(w)
        papers(w)
        events = d.fine("GET", "/v1/events?limit=1000", token=d.token)["events"]
        assert any(e["kind"] == "directory" for e in events)
        d.stop()
        print(d.run("verify", "--rerun"), end="")


main()
