#!/usr/bin/env python3
"""The English and the Chinese file of an example say the same: shown in English keywords, both are the same words,
but for names (one to one), texts and comments.

    pairs.py ENGLISH CHINESE...      pairs of files"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

BANFA = os.path.join(os.environ.get("builddir", "."), "banfa")
WORD = re.compile(r'"(?:[^"\\]|\\.)*"|“[^”]*”|#[^\n]*|@[\w.:]+|extend_|[^\W\d]\w*|\d[\d.:-]*|[^\w\s]')
QUOTED = ('"', "“")


def words(path):
    """The words of a file in English keywords; every text is one word, comments are none."""
    with tempfile.TemporaryDirectory() as folder:
        copy = shutil.copy(path, os.path.join(folder, "copy.banfa"))
        subprocess.run([BANFA, "fmt", "--keywords", "en", copy], check=True)
        with open(copy, encoding="utf-8") as f:
            found = WORD.findall(f.read().replace("延长", "extend_"))
    found = ['""' if w.startswith(QUOTED) else w for w in found if not w.startswith("#")]
    # A citation stands behind its rule or behind the brace, as the line has room: they are compared by themselves.
    return sorted(found, key=lambda w: w.startswith("@"))


def differences(english, chinese):
    there, back = {}, {}
    for a, b in zip(english, chinese):
        named = a[0].isalpha() and b[0].isalpha()
        if not named and a != b:
            yield f'"{a}" stands where the other has "{b}"'
            return
        if named and (there.setdefault(a, b) != b or back.setdefault(b, a) != a):
            yield f'"{a}" is "{b}" here, and "{there.get(a)}" elsewhere; "{b}" is "{back.get(b)}" elsewhere'
            return
    if len(english) != len(chinese):
        yield f"{len(english)} words, and {len(chinese)}"


def main():
    failed = 0
    for english, chinese in zip(sys.argv[1::2], sys.argv[2::2]):
        for what in differences(words(english), words(chinese)):
            print(f"{english}, {chinese}: {what}")
            failed += 1
    print(f"{len(sys.argv) // 2} pairs, {failed} failed")
    return 1 if failed or len(sys.argv) < 3 else 0


sys.exit(main())
