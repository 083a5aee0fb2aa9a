#!/usr/bin/env python3
"""The HTTP server over real sockets: slow clients, idle ones, the cap, drain.

Environment: builddir; BANFA_IDLE, how many idle connections (300; 10000 takes `ulimit -n 21000`).
"""
import http.client
import os
import resource
import signal
import socket
import subprocess
import time
from pathlib import Path

BUILD = Path(os.environ.get("builddir") or Path(__file__).parents[2] / "build")
IDLE = int(os.environ.get("BANFA_IDLE", "300"))
HEAD_MS = 800
GET = b"GET /static HTTP/1.1\r\nHost: a\r\n\r\n"


class Server:
    def __init__(self, connections=16384):
        self.process = subprocess.Popen(
            [BUILD / "tests/service/http_server", str(connections), str(HEAD_MS)],
            stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())

    def connect(self, *said):
        s = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        for part in said:
            s.sendall(part)
        return s

    def memory(self):
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return next(int(l.split()[1]) for l in status.split("\n") if l.startswith("VmRSS"))

    def __enter__(self):
        return self

    def __exit__(self, *failed):
        if failed[0]:
            self.process.kill()
        else:
            self.process.send_signal(signal.SIGTERM)
        said = self.process.communicate(timeout=20)[0]
        self.counts = said.split()[1::2]
        if not failed[0]:
            assert self.process.returncode == 0, self.process.returncode


def read_all(s):
    data = b""
    while part := s.recv(65536):
        data += part
    return data


def read_answer(s):
    answer = http.client.HTTPResponse(s)
    answer.begin()
    return answer.status, answer.read()


def plain(server):
    c = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    for n in (0, 1, 70000, 1000000):
        c.request("POST", "/echo", os.urandom(n) if n < 2 else b"x" * n)
        answer = c.getresponse()
        assert answer.status == 200 and len(answer.read()) == n
        assert answer.getheader("Date")
    c.request("POST", "/echo", iter([b"one", b"two"]), {"Transfer-Encoding": "chunked"},
              encode_chunked=True)
    assert c.getresponse().read() == b"onetwo"
    c.request("GET", "/none")
    answer = c.getresponse()
    assert answer.status == 404 and b"request_id" in answer.read()


def pipelined_and_half_closed(server):
    s = server.connect(b"GET /late HTTP/1.1\r\nHost: a\r\n\r\n" + GET * 40)
    s.shutdown(socket.SHUT_WR)
    data = read_all(s)
    assert data.count(b"HTTP/1.1 200 OK") == 41, data
    assert data.index(b"late\n") < data.index(b"static\n")


def slow(server):
    """A drip of header and body bytes is cut in its time, and told why; others are served."""
    begun = time.monotonic()
    heads = [server.connect(b"GET / HTTP/1.1\r\nHost: a\r\n") for _ in range(20)]
    bodies = [server.connect(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9999\r\n\r\n")
              for _ in range(20)]
    slowest = 0
    while time.monotonic() - begun < HEAD_MS / 1000 - 0.1:
        for s in heads:
            s.sendall(b"X: y\r\n")
        for s in bodies:
            s.sendall(b"z")
        asked = time.monotonic()
        assert read_answer(server.connect(GET))[0] == 200
        slowest = max(slowest, time.monotonic() - asked)
        time.sleep(0.05)
    for s in heads + bodies:
        data = read_all(s)
        assert data.startswith(b"HTTP/1.1 408 "), data
    took = time.monotonic() - begun
    assert took < HEAD_MS / 1000 + 5, took
    assert slowest < 1, slowest


def refused_is_told(server):
    """The answer arrives though much more was sent: the server lingers rather than resets."""
    s = server.connect(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n")
    try:
        for _ in range(50):
            s.sendall(b"x" * 10000)
    except OSError:
        pass
    assert s.recv(100).startswith(b"HTTP/1.1 413 ")


def stream(server):
    s = server.connect(b"GET /stream HTTP/1.1\r\nHost: a\r\n\r\n")
    answer = http.client.HTTPResponse(s)
    answer.begin()
    for _ in range(3):
        assert answer.readline() == b"data: tick\n"
        assert answer.readline() == b"\n"
    s.close()


def idle(server):
    before = server.memory()
    all_of_them = [server.connect() for _ in range(IDLE)]
    for s in all_of_them[::10]:  # some have spoken before they idle
        s.sendall(GET)
        assert read_answer(s)[0] == 200
    begun = time.monotonic()
    for _ in range(100):
        assert read_answer(server.connect(GET))[0] == 200
    took = (time.monotonic() - begun) / 100
    each = (server.memory() - before) * 1024 // IDLE
    print(f"{IDLE} idle connections: {each} bytes each; a request beside them {took * 1e6:.0f} us")
    assert each < 16384 and took < 0.05
    for s in all_of_them[::97]:
        s.sendall(GET)
        assert read_answer(s)[0] == 200


def answered(server):
    """A connection that was served, which a full server may first refuse."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        s = server.connect(GET)
        if s.recv(12) == b"HTTP/1.1 200":
            return s
        time.sleep(0.02)
    raise AssertionError("there is no room again")


def cap():
    with Server(connections=10) as server:
        busy = [server.connect(b"GET /stream HTTP/1.1\r\nHost: a\r\n\r\n") for _ in range(10)]
        for s in busy:
            assert s.recv(9) == b"HTTP/1.1 "
        time.sleep(0.2)
        assert server.connect().recv(100).startswith(b"HTTP/1.1 503 ")  # nobody idles
        busy.pop().close()
        old = answered(server)  # once the server has seen it go
        time.sleep(0.3)
        new = server.connect(GET)  # the idle one makes room
        assert read_answer(new)[0] == 200
        assert read_all(old).endswith(b"static\n")
    assert int(server.counts[1]) >= 1 and server.counts[2] == "1", server.counts


def drain():
    with Server() as server:
        quiet = server.connect(GET)
        assert read_answer(quiet)[0] == 200
        late = server.connect(b"GET /late HTTP/1.1\r\nHost: a\r\n\r\n")
        half = server.connect(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nx")
        events = server.connect(b"GET /stream HTTP/1.1\r\nHost: a\r\n\r\n")
        assert events.recv(9) == b"HTTP/1.1 "  # so that those before it were heard
        server.process.send_signal(signal.SIGTERM)
        assert quiet.recv(1) == b""
        half.sendall(b"y")
        assert read_all(half).endswith(b"xy")
        assert read_all(events).endswith(b"0\r\n\r\n")
        data = read_all(late)
        assert b"Connection: close" in data and data.endswith(b"late\n"), data
        try:
            server.connect()
            raise AssertionError("a draining server takes connections")
        except ConnectionRefusedError:
            pass
        server.process.wait(timeout=5)


soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
with Server() as one:
    for test in (plain, pipelined_and_half_closed, refused_is_told, stream, slow, idle):
        test(one)
cap()
drain()
print("all is well")
