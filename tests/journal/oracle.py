"""Reads a journal file by docs/STORE.md and not by the program: header fields, canonical JSON, the hashes of images
and calendars, and the root of the tree, each computed here anew.

usage: oracle.py JOURNAL...
"""
import base64
import hashlib
import json
import sys


def sha(data):
    return hashlib.sha256(data).digest()


def root(leaves):
    if not leaves:
        return sha(b"")
    if len(leaves) == 1:
        return leaves[0]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return sha(b"\x01" + root(leaves[:half]) + root(leaves[half:]))


def canonical(text):
    said = json.loads(text)
    return json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def read(name):
    with open(name, "rb") as f:
        lines = f.read().decode("utf-8").split("\n")
    assert lines.pop() == "", "no newline at the end"
    assert lines[0] == "banfa journal 1 sha256", lines[0]
    leaves, named = [], set()
    for line in lines[1:-1]:
        word, rest = line.split(" ", 1)
        if word == "calendar":
            digest, _, data = rest.split(" ")
            assert sha(base64.b64decode(data, validate=True)).hex() == digest
            named.add(digest)
        elif word == "image":
            named.add(rest.split(" ")[0])
        else:
            assert word == "row", word
            head, salt, body = rest.split(" ", 2)
            head, salt = bytes.fromhex(head), bytes.fromhex(salt)
            assert len(head) == 40 and len(salt) == 16
            assert head[0:2] == b"\x00\x01", "format"
            assert int.from_bytes(head[8:16], "big") == len(leaves) + 1, "number of the row"
            assert canonical(body) == body, body
            members = json.loads(body)
            assert {members["policy"], members["calendar"]} <= named
            leaves.append(sha(b"\x00" + head + sha(salt + body.encode("utf-8"))))
    assert lines[-1] == f"end {len(leaves)} {root(leaves).hex()}", lines[-1]
    return len(leaves)


if __name__ == "__main__":
    for path in sys.argv[1:]:
        print(f"{path}: {read(path)} rows")
