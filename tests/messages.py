#!/usr/bin/env python3
"""The pages of docs/messages: every code of the message tables has a section, and the examples in it do what it says.

    messages.py [CODE…]      these alone
A wrong example gives its code and no other mistake or warning; a right one gives no mistake, and not that code."""
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(os.environ.get("srcdir", "."))
BANFA = os.path.abspath(os.path.join(os.environ.get("builddir", "."), "banfa"))
PAGES = ["syntax.md", "check.md", "flow.md"]
BLOCK = re.compile(r"^```(\w+) ([^\n]*)\n(.*?)^```$", re.M | re.S)


def codes():
    found = []
    for path in sorted((ROOT / "lang/defs").glob("msg_*.def")):
        found += re.findall(r"^DIAG\(([EWGN]\d{4})_", path.read_text(), re.M)
    return sorted(set(found))


def options(text):
    said = {"as": "example.banfa", "frame": "file", "run": "check"}
    words = text.split()
    said["kind"] = words[0] if "=" not in words[0] else ""
    for word in words:
        if "=" in word:
            said.update([word.split("=", 1)])
    return said


def expand(text):
    """«3: s{n}», «byte FF»"""
    def many(m):
        return " ".join(m[2].replace("{n}", str(i)).replace("{n+1}", str(i + 1)) for i in range(int(m[1])))
    text = re.sub(r"«(\d+): ?(.*?)»", many, text, flags=re.S)
    parts = re.split(r"«byte (\w\w)»", text)
    return b"".join(bytes.fromhex(p) if i % 2 else p.encode() for i, p in enumerate(parts))


def sections():
    """code: {"wrong": {file: (options, text)}, "right": …, "en": …, "zh": …}"""
    found = {}
    for page in PAGES:
        text = (ROOT / "docs/messages" / page).read_text()
        for head, body in re.findall(r"^## ([EWGN]\d{4})[^\n]*\n(.*?)(?=^## |\Z)", text, re.M | re.S):
            if head in found:
                sys.exit(f"{page}: {head}: a second section")
            s = found[head] = {"wrong": {}, "right": {}}
            for _, said, example in BLOCK.findall(body):
                o = options(said)
                s[o["kind"]][o["as"]] = (o, example)
            prose = [p.strip() for p in BLOCK.sub("", body).split("\n\n") if p.strip()]
            s["zh"] = [p for p in prose if ord(p[0]) > 0x2000]
            s["en"] = [p for p in prose if ord(p[0]) <= 0x2000]
    return found


def frames():
    text = (ROOT / "docs/messages/README.md").read_text()
    return {options(said)["frame"]: example for _, said, example in BLOCK.findall(text)}


def unlisted():
    """Words that names may not be or hold and that section 1 of the reference does not name."""
    page = (ROOT / "docs/LANGUAGE.md").read_text().split("## 1 ")[1].split("## 2 ")[0]
    keywords = {m[0]: m[1:] for m in re.findall(
        r'^KEYWORD\((\w+), \w+, (\w+), "[^"]*", "([^"]*)", "([^"]*)"\)', (ROOT / "lang/defs/keywords.def").read_text(), re.M)}
    builtins = re.findall(r'^BUILTIN\(\w+, (TYPE|VALUE|FUNCTION|FIELD|ACT), "(\w+)", "(\w+)"\)',
                          (ROOT / "lang/defs/builtins.def").read_text(), re.M)
    words = {f"`{en}` {zh}" for _, en, zh in builtins if en != "count"}
    words |= {w for kind, zh, variants in keywords.values() if kind == "CLAUSE"
              for w in [zh, *variants.split(";")] if len(w) > 1}
    words |= {zh for kind, zh, _ in keywords.values() if kind == "HINGE" and zh}
    return sorted(w for w in words if w not in page)


def run(files, frame):
    """Codes of mistakes and warnings, and of all."""
    with tempfile.TemporaryDirectory() as folder:
        how = "check"
        target = folder
        for name, (o, text) in files.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(expand(frame[o["frame"]].replace("⟨here⟩", text.rstrip("\n"))))
            how = o["run"] if o["run"] != "check" else how
            target = o.get("of", target)
        if len(files) == 1 and target == folder:
            target = next(iter(files))
        elif target == folder:
            target = "."
        command = {"check": ["check", "--json", "--gaps"], "fmt": ["fmt", "--json"], "compile": ["compile", "--json", "-o", "out.img"]}[how]
        done = subprocess.run([BANFA, *command, target], cwd=folder, capture_output=True, check=False)
        found = []
        for line in (done.stdout + done.stderr).decode(errors="replace").splitlines():
            if line.startswith("{"):
                d = json.loads(line)
                if "code" in d:
                    found.append((d["severity"], d["code"]))
        if done.returncode not in (0, 1) and not found:
            print(done.stderr.decode(errors="replace"))
        return {c for s, c in found if s in ("error", "warning")}, {c for _, c in found}


def explained(code, section):
    """What banfa explain prints, in each language, is what the page says."""
    wrong = []
    for lang in "en", "zh":
        done = subprocess.run([BANFA, "explain", "--lang", lang, code], capture_output=True, text=True, check=False)
        lines = [line for paragraph in section[lang] for line in paragraph.split("\n")]
        if done.returncode or done.stdout.split("\n\n")[0].split("\n") != lines:
            wrong.append(f"banfa explain --lang {lang} prints something else:\n{done.stdout}{done.stderr}")
    return wrong


def main():
    wanted = codes()
    pages = sections()
    frame = frames()
    failed = 0
    for code in sorted(set(wanted) | set(pages)):
        if sys.argv[1:] and code not in sys.argv[1:]:
            continue
        wrong = []
        s = pages.get(code)
        if code not in wanted:
            wrong.append("there is no such code")
        elif not s:
            wrong.append("has no section in docs/messages")
        else:
            if not s["en"] or not s["zh"]:
                wrong.append("is not told in both languages")
            else:
                wrong += explained(code, s)
            for kind in ("wrong", "right"):
                if not s[kind]:
                    wrong.append(f"has no {kind} example")
                    continue
                loud, found = run(s[kind], frame)
                with_it = {o["also"] for o, _ in s[kind].values() if "also" in o}  # cannot be had alone
                if kind == "wrong" and (code not in found or loud - with_it != {code} & loud):
                    wrong.append(f"the wrong example gives {sorted(loud | ({code} & found))}")
                if kind == "right" and (code in found or any(c[0] == "E" for c in loud)):
                    wrong.append(f"the right example gives {sorted(loud | ({code} & found))}")
        for w in wrong:
            print(f"{code}: {w}")
            failed += 1
    for word in unlisted():
        print(f"docs/LANGUAGE.md, section 1: does not name {word}")
        failed += 1
    print(f"{len(pages)} sections of {len(wanted)} codes, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
