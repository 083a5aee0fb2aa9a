#!/usr/bin/env python3
"""Departments that are no more: who takes their place in open cases, seen through the API; kept through kill -9, told in
both languages, found again by a rerun of the rules and a rebuild; what cannot be is refused and said why."""
import sys
import time
from datetime import date, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from live import ROOT, Daemon  # noqa: E402
import signal  # noqa: E402

SOURCE = ROOT / "tests/service/deputies.banfa"
OSCAR = {"kind": "person", "code": "O1", "name": "Oscar"}
TODAY = (date.today() - timedelta(days=1)).isoformat()  # gone by in every zone
SOON = (date.today() + timedelta(days=40)).isoformat()
LATER = (date.today() + timedelta(days=80)).isoformat()


def set_up(d):
    d.fine("POST", "/v1/policies", d.image(SOURCE), token=d.token, key=True)
    d.fine("POST", "/v1/policies/eyes/activation", token=d.token, key=True)
    for i, code in enumerate("ABCDE"):
        d.put(("department", code, {"name": f"局{code}"}), ("post", f"p{code}", {"name": "经办", "department": code, "acts": True}),
              ("post", f"h{code}", {"name": "局长", "department": code, "acts": False, "office": "head"}),
              ("person", f"w{code}", {"name": f"人{code}", "active": True, "operator": False}),
              ("holding", f"x{code}", {"person": f"w{code}", "post": f"p{code}"}),
              ("holding", f"y{code}", {"person": f"w{code}", "post": f"h{code}"}))
    return {code: d.new_token(f"w{code}")["token"] for code in "ABCDE"}


class World:
    def __init__(self, d, tokens):
        self.d, self.tokens = d, tokens

    def opened(self, code, status=201):
        body = {"policy": "eyes", "procedure": "paper", "as": {"department": code},
                "data": {"town": {"kind": "department", "code": code}, "owner": OSCAR, "about": "x"}}
        a = self.d.ask("POST", "/v1/cases", body, token=self.tokens[code], key=True)
        assert a.status == status, a
        return a.json.get("case")

    def act(self, code, case, act, body=None, status=200, office=None):
        who = {"department": code, **({"office": office} if office else {})}
        a = self.d.ask("POST", f"/v1/cases/{case}/acts/{act}", {"as": who, **(body or {})}, token=self.tokens[code], key=True)
        assert a.status == status, (code, act, a)
        return a.json

    def gone(self, code, successors, day=TODAY, status=200, **more):
        row = {"day": day, "successors": successors, **more} if successors is not None else None
        a = self.d.ask("POST", "/v1/directory", {"rows": [{"kind": "succession", "id": code, "json": row}]}, token=self.d.token, key=True)
        assert a.status == status, a
        return a.json

    def refused(self, code, successors, says, day=TODAY):
        assert says in self.gone(code, successors, day, 422)["detail"], self.gone(code, successors, day, 422)

    def assign(self, case, old, new, status=200, key=True):
        a = self.d.ask("POST", f"/v1/cases/{case}/succession", {"department": old, "successor": new, "instrument": "No. 7"},
                       token=self.d.token, key=key)
        assert a.status == status, a
        return a.json

    def case(self, case, code=None, status=200):
        a = self.d.ask("GET", f"/v1/cases/{case}", token=self.tokens[code] if code else self.d.token)
        assert a.status == status, a
        return a.json

    def told(self, case, lang):
        rows = self.d.fine("GET", f"/v1/cases/{case}/timeline", token=self.d.token, headers={"Accept-Language": lang})["rows"]
        return str(rows)


def due(case):
    return [(x["duty"], x["status"], x["due"]) for x in case["duties"]]


def one(w):
    """A takes over B's cases: limits run on, B's people are out, A's are in."""
    case, other, ended = w.opened("B"), w.opened("C"), w.opened("B")
    w.act("B", ended, "approve", office="head")
    before = due(w.case(case))
    w.gone("B", ["A"], instrument="鹤编办〔2027〕3号")
    now = w.case(case, "A")
    assert now["data"]["town"]["code"] == "A" and now["starter"]["code"] == "A" and due(now) == before, now
    assert w.case(other)["data"]["town"]["code"] == "C" and w.case(ended)["data"]["town"]["code"] == "B"
    w.case(case, "B", 404)
    w.act("B", case, "draft", {"args": {"text": "a"}}, 404)
    w.opened("B", 409)  # who is no more starts nothing
    assert "鹤编办〔2027〕3号" in w.told(case, "zh") and "承继" in w.told(case, "zh")
    assert "takes the place of 局B" in w.told(case, "en"), w.told(case, "en")
    w.act("A", case, "draft", {"args": {"text": "a"}})
    # named later, the old one is the new one
    body = {"policy": "eyes", "procedure": "paper", "as": {"department": "A"},
            "data": {"town": {"kind": "department", "code": "B"}, "owner": OSCAR, "about": "x"}}
    named = w.d.fine("POST", "/v1/cases", body, token=w.tokens["A"], key=True)["case"]
    assert w.case(named)["data"]["town"]["code"] == "A"
    return case


def divided(w):
    """C goes to D and E: nobody acts until it is said who, in each case."""
    cases = [w.opened("C") for _ in range(3)]
    w.gone("C", ["D", "E"])
    now = w.case(cases[0])
    assert [x["code"] for x in now["gone"][0]["among"]] == ["D", "E"] and now["gone"][0]["department"]["code"] == "C", now
    w.case(cases[0], "D")  # may look
    w.act("D", cases[0], "draft", {"args": {"text": "a"}}, 409)
    w.act("C", cases[0], "draft", {"args": {"text": "a"}}, 409)
    for _ in range(100):  # the sweep finds those that nobody looked at
        work = w.d.fine("GET", "/v1/worklist?unassigned=true", token=w.d.token)["work"]
        if {x["case"] for x in work} >= set(cases):
            break
        time.sleep(0.1)
    assert {x["case"] for x in work} >= set(cases) and work[0]["kind"] == "assign" and work[0]["gone"], work
    assert w.d.ask("GET", "/v1/worklist?unassigned=true", token=w.tokens["D"]).status == 403
    w.assign(cases[0], "C", "A", 422)  # none of those named
    w.assign(cases[0], "C", "nobody", 422)
    first = w.assign(cases[0], "C", "D", key="k-assign")
    assert w.assign(cases[0], "C", "D", key="k-assign") == first
    w.assign(cases[0], "C", "E", 422)  # it is said already
    w.act("D", cases[0], "draft", {"args": {"text": "a"}})
    assert "gone" not in w.case(cases[0])
    # what is left goes to E, all at once
    w.refused("C", ["D", "E"], "one department")
    w.refused("C", ["E"], "from today", LATER)
    w.gone("C", ["E"])
    assert w.case(cases[1])["data"]["town"]["code"] == "E" and w.case(cases[0])["data"]["town"]["code"] == "D"
    return cases[2]


def wrong(w):
    w.refused("B", ["D"], "that stands")  # it has its successor
    w.refused("D", ["D"], "its own place")
    w.refused("D", ["X"], "no department X")
    w.refused("D", ["A", "A"], "each once")
    w.refused("D", ["B"], "itself no more")
    w.refused("X", ["A"], "no department X")
    w.refused("D", ["A"], "first day", "soon")
    w.gone("B", None, status=422)
    # a circle, whichever way round it is said
    w.gone("D", ["E"], LATER)
    w.refused("E", ["D"], "itself no more", LATER)
    w.refused("E", ["A"], "cannot be gone", SOON)
    w.gone("E", ["D"], SOON, 422)
    w.gone("D", None)  # before its day it can be taken back
    assert not [r for r in w.d.fine("GET", "/v1/directory/succession", token=w.d.token)["rows"] if r["id"] == "D"]


def main():
    with Daemon() as d:
        d.start()
        w = World(d, set_up(d))
        case = one(w)
        last = divided(w)
        wrong(w)
        d.stop(signal.SIGKILL)
        d.start()
        assert w.case(case)["data"]["town"]["code"] == "A" and w.case(last)["data"]["town"]["code"] == "E"
        w.opened("B", 409)
        # a department goes, and the service is killed before it could look at the cases
        many = [w.opened("E") for _ in range(40)]
        w.gone("E", ["A"], date.today().isoformat())
        d.stop(signal.SIGKILL)
        d.start()
        assert all(w.case(c)["data"]["town"]["code"] == "A" for c in [last, *many])
        d.stop()
        print(d.run("verify", "--rerun"), end="")


main()
