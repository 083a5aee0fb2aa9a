#!/usr/bin/env python3
"""Sealed data by the API: every way out is asked by everybody the case concerns, for every word that is sealed to him."""
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from live import BANFA, ROOT, Daemon, Stream  # noqa: E402

GIL, ACC = {"kind": "person", "code": "gil"}, {"kind": "person", "code": "acc"}
DESK = {"kind": "department", "code": "d1", "name": "Desk"}
SOURCE, LINE, FIND = "secret neighbour", "secret line", "secret find"


def load(d):
    image = d.folder / "image"
    subprocess.run([BANFA, "compile", ROOT / "tests/service/sealed.banfa", "-o", image], check=True, env=d.env,
                   stdout=subprocess.DEVNULL)
    d.fine("POST", "/v1/policies", image.read_bytes(), token=d.token, key=True)
    d.fine("POST", "/v1/policies/hints/activation", token=d.token, key=True)
    people = ["gil", "acc", "clerk", "both", "eve"]
    d.put(("department", "d1", {"name": "Desk"}), ("department", "d2", {"name": "Other"}),
          ("post", "p1", {"name": "clerk", "department": "d1", "acts": True}),
          ("post", "p2", {"name": "clerk", "department": "d2", "acts": True}),
          *[("person", p, {"name": p, "active": True, "operator": False}) for p in people],
          ("holding", "1", {"person": "clerk", "post": "p1"}),
          # the accused of the second case works for a department that has nothing to do with it
          ("holding", "2", {"person": "both", "post": "p2"}), ("holding", "3", {"person": "eve", "post": "p2"}))
    return {p: d.new_token(p)["token"] for p in people}


def every_answer(d, token, case):
    """All that can be read of the case, and of all cases, with this token."""
    paths = [f"/v1/cases/{case}", f"/v1/cases/{case}/acts", f"/v1/cases/{case}/acts?mine=true",
             f"/v1/cases/{case}/timeline", f"/v1/cases/{case}/timeline?limit=2", "/v1/cases", "/v1/worklist", "/v1/events",
             "/v1/registers", "/v1/registers/hints.closed", "/v1/me", "/v1/policies"]
    told = ""
    for path in paths:
        for lang in ("en", "zh"):
            told += d.ask("GET", path, token=token, headers={"Accept-Language": lang}).bytes.decode()
    for query in ("", f"&case={case}"):
        s = Stream(d, token, "?after=0" + query)
        if s.status != 200:  # of a case that is not his to see
            s.close()
            continue
        s.c.sock.settimeout(0.5)
        try:
            while (e := s.next()) is not None:
                told += str(e)
        except TimeoutError:  # that was all
            pass
        s.close()
    return told


def act(d, case, name, token, args=None, status=200, **more):
    a = d.ask("POST", f"/v1/cases/{case}/acts/{name}", dict({"args": args or {}}, **more), token=token, key=True)
    assert a.status == status, (name, a)
    return a.bytes.decode()


def main():
    with Daemon() as d:
        d.start()
        t = load(d)
        data = {"giver": GIL, "accused": ACC, "body": DESK, "code": "H1", "source": SOURCE}
        body = {"policy": "hints", "procedure": "hint", "data": data}
        a = d.ask("POST", "/v1/cases", body, token=t["gil"], key="one")
        assert a.status == 201, a
        case = a.json["case"]
        second = d.ask("POST", "/v1/cases", dict(body, data=dict(data, accused={"kind": "person", "code": "both"})),
                       token=t["gil"], key=True).json["case"]
        # His own words come back to nobody else in the answers of commands either.
        said = act(d, case, "jot", t["clerk"], {"line": LINE})
        said += act(d, case, "reply", t["acc"], {"words": "not me"})
        said += act(d, case, "jot", t["clerk"], {"line": SOURCE}, status=409)
        said += act(d, case, "found", t["clerk"], {"what": FIND, "points": 3})
        said += act(d, case, "jot", t["acc"], {"line": "x"}, status=409)
        a = d.ask("POST", f"/v1/cases/{case}/acts/found", {"consent": True}, token=t["acc"], key=True)
        assert a.status == 200, a
        said += a.bytes.decode()
        assert "secret" not in said, said
        time.sleep(0.2)

        his = {"gil": {SOURCE}, "acc": set(), "clerk": {SOURCE, LINE, FIND}, "eve": set()}
        for who, may in his.items():
            told = every_answer(d, t[who], case)
            for word in (SOURCE, LINE, FIND):
                assert (word in told) == (word in may), (who, word, told[max(0, told.find(word) - 300):][:600])
        read = {who: d.ask("GET", f"/v1/cases/{case}", token=t[who]).json for who in ("gil", "acc", "clerk")}
        assert read["acc"]["sealed"] == ["source", "finding"] and read["gil"]["sealed"] == ["finding"], read
        assert read["acc"]["data"]["source"] is None and read["acc"]["data"]["score"] == 3, read
        assert "sealed" not in read["clerk"] and read["clerk"]["data"]["finding"] == FIND, read
        assert d.ask("GET", f"/v1/cases/{case}", token=d.token).json["data"]["source"] == SOURCE

        # Who is a party himself and an official elsewhere is no official here.
        told = every_answer(d, t["both"], second)
        assert "secret" not in told and f'"case":{second}' in told, told
        assert d.ask("GET", f"/v1/cases/{second}", token=t["both"]).json["sealed"] == ["source", "finding"]

        # A case that is moved to another version stands in a row whole: it is not told so.
        source = (ROOT / "tests/service/sealed.banfa").read_text().replace("@2\n", "@2.1\n")
        (d.folder / "again.banfa").write_text(source)
        subprocess.run([BANFA, "compile", d.folder / "again.banfa", "-o", d.folder / "again"], check=True, env=d.env,
                       stdout=subprocess.DEVNULL)
        new = d.fine("POST", "/v1/policies", (d.folder / "again").read_bytes(), token=d.token, key=True)
        old = read["acc"]["version"]
        moved = d.ask("POST", f"/v1/policies/{old}/migration", {"to": new["hash"]}, token=d.token, key=True)
        assert moved.status == 200, moved
        events = d.ask("GET", "/v1/events?limit=1000", token=t["both"])
        assert '"kind":"migrate"' in events.bytes.decode() and "secret" not in events.bytes.decode(), events
        assert "secret" not in every_answer(d, t["both"], second)


if __name__ == "__main__":
    main()
