#!/usr/bin/env python3
"""What happened, as pages and as a stream: every row once and in order, to those who may see it; resumed, ended by
revocation and drain, bounded, at rest when nothing happens."""
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from live import REQUEST, Daemon, Stream  # noqa: E402


def open_case(d, token):
    return d.fine("POST", "/v1/cases", REQUEST, token=token, key=True)


def pages(d, token, limit):
    """All events, page by page."""
    after, told = 0, []
    while True:
        page = d.fine("GET", f"/v1/events?after={after}&limit={limit}", token=token)
        told += page["events"]
        assert page["next"] >= after
        if not page["more"]:
            return told
        assert page["next"] > after
        after = page["next"]


def rights(d, wang, li, zhao):
    first, second = open_case(d, li), open_case(d, li)
    done = d.fine("POST", f"/v1/cases/{first['case']}/acts/同意共享", {}, token=wang, key=True)
    refused = d.ask("POST", "/v1/cases", dict(REQUEST, data=dict(REQUEST["data"], 申请数据项数=0)), token=li, key=True)
    assert refused.status == 409, refused
    everything = pages(d, d.token, 1000)
    assert [e["seq"] for e in everything] == list(range(1, len(everything) + 1))
    for limit in (1, 3, 7):
        assert pages(d, d.token, limit) == everything
        # Of a case li sees its rows, of no case her own refusal; nothing of operators, nothing twice.
        hers = [e for e in everything if "case" in e or e.get("refusal")]
        assert pages(d, li, limit) == hers, (limit, hers)
    assert {e.get("case") for e in hers} == {first["case"], second["case"], None}
    assert pages(d, wang, 100) == [e for e in hers if "case" in e]
    assert pages(d, zhao, 2) == []
    acted = next(e for e in everything if e["seq"] == done["seq"])
    assert (acted["act"], acted["person"], acted["actor"]["code"]) == ("同意共享", "wang", "sgaj"), acted
    assert [f["state"] for f in acted["facts"] if f["fact"] == "moved"] == ["予以共享"]
    for token, events in ((d.token, everything), (li, hers)):
        s = Stream(d, token=token)
        for e in events:
            told = s.next()
            assert (int(told["id"]), told["event"], told["data"]) == (e["seq"], e["kind"], e), (told, e)
        s.close()
    of_one = Stream(d, token=li, query=f"?case={second['case']}")
    assert of_one.next()["data"]["case"] == second["case"]
    of_one.close()
    for token in (zhao, li, d.token):
        asked = second["case"] if token == zhao else 99
        assert d.ask("GET", f"/v1/stream?case={asked}", token=token).status == 404
    later = pages(d, d.token, 1000)[len(everything):]  # what was denied to them, but not to the operator
    assert [(e["kind"], e["person"], e["data"]["about"]) for e in later] == [
        ("denied", "zhao", second["case"]), ("denied", "li", 99)], later
    return later[-1]["seq"]


def resumed(d, li, last):
    """Each row once, whether it was there, comes now, or the program starts anew."""
    a, b = Stream(d, token=d.token, last=last), Stream(d, token=d.token, query=f"?after={last}")
    seqs = [open_case(d, li)["seq"] for _ in range(150)]
    got = [int(a.next()["id"]) for _ in seqs]
    assert got == seqs, (got[:5], seqs[:5])
    assert [int(b.next()["id"]) for _ in seqs] == seqs
    d.stop()
    assert a.next() is None and b.next() is None  # drained
    d.start()
    c = Stream(d, token=d.token, last=seqs[40])
    assert [int(c.next()["id"]) for _ in seqs[41:]] == seqs[41:]
    more = open_case(d, li)["seq"]
    assert int(c.next()["id"]) == more
    c.close()
    more = [open_case(d, li)["seq"] for _ in range(450)][-1]
    for token in (d.token, li):  # nobody who catches up waits for the next event
        started = time.time()
        e = Stream(d, token=token)
        while int(e.next()["id"]) < more:
            pass
        e.close()
        assert time.time() - started < 1.5, f"600 rows took {time.time() - started:.1f} s"
    for wrong in ("x", "-1", "007"):
        assert d.ask("GET", "/v1/stream", token=li, headers={"Last-Event-ID": wrong}).status == 400, wrong
    head = d.ask("HEAD", "/v1/stream", token=li)
    assert head.status == 200 and head.type == "text/event-stream", head
    assert d.ask("GET", "/v1/stream").status == 401
    return more


def ended(d, li, zhao, last):
    """The next thing said to a token that is no longer good is nothing."""
    own = Stream(d, token=zhao, last=last)
    assert d.fine("DELETE", "/v1/tokens/" + d.fine("GET", "/v1/me", token=zhao)["token"], token=d.token, key=True)
    assert own.next() is None
    hers = Stream(d, token=li, last=last)
    d.put(("person", "li", {"name": "li", "active": False, "operator": False}))
    assert hers.next() is None
    d.put(("person", "li", {"name": "li", "active": True, "operator": True}))
    operator = Stream(d, token=li, last=last)
    assert operator.next()["event"] == "directory"  # zhao's token
    d.put(("person", "li", {"name": "li", "active": True, "operator": False}))
    case = open_case(d, li)["seq"]
    ids = [operator.next() for _ in range(3)]  # what came while she was one, then only what is hers
    while int(ids[-1]["id"]) < case:
        ids.append(operator.next())
    assert int(ids[-1]["id"]) == case and ids[-1]["event"] == "step"
    operator.close()


def bounded(d, li):
    streams = [Stream(d, token=li) for _ in range(16)]
    assert all(s.status == 200 for s in streams)
    answer = d.ask("GET", "/v1/stream", token=li)
    assert answer.status == 429 and answer.json["type"] == "/problems/too-many", answer
    streams.pop().close()
    for _ in range(100):
        s = Stream(d, token=li)
        if s.status == 200:
            break
        time.sleep(0.02)
    assert s.status == 200
    return streams + [s]


def cpu(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def at_rest(d, streams):
    """Listeners who have all there is cost nothing."""
    time.sleep(0.5)
    before = cpu(d.process.pid)
    time.sleep(2)
    used = cpu(d.process.pid) - before
    assert used < 0.2, f"{len(streams)} idle streams took {used} s of 2"


with Daemon() as daemon:
    daemon.start()
    daemon.load_measures()
    wang_, li_, zhao_ = daemon.people()
    end = rights(daemon, wang_, li_, zhao_)
    end = resumed(daemon, li_, end)
    ended(daemon, li_, zhao_, end)
    idle = bounded(daemon, li_)
    at_rest(daemon, idle)
    started = time.time()
    daemon.stop()
    assert time.time() - started < 5, "streams hold up a stop"
print("stream: fine")
