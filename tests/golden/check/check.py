"""What the checker finds in the sources beside this file, held against what they say themselves.

A comment "#! CODE text" at the end of a line says: here a mistake CODE is found, and its place is
`text` on this line, "text ~2" its second occurrence (several: "#! CODE text #! CODE text"). Nothing else may be found but gaps and
notes whose codes are not wanted there. So every expectation is written by hand, where a reader sees why. Beside NAME.banfa (or folder
NAME) may stand NAME.en and NAME.zh: what is shown to people, word for word."""
import json
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
BANFA = os.path.join(os.environ.get("builddir", "."), "banfa")


def run(*args):
    done = subprocess.run([BANFA, "check", *args], capture_output=True, cwd=HERE, check=False)
    if done.returncode not in (0, 1) or done.stderr:
        sys.exit(f"{args}: status {done.returncode}: {done.stderr.decode()}")
    return done.stdout.decode()


def sources(path):
    if os.path.isfile(path):
        return [path]
    return [os.path.join(d, f) for d, _, files in os.walk(path) for f in files]


def wanted(path):
    found = set()
    for source in sources(path):
        name = os.path.relpath(source, path) if os.path.isdir(path) else os.path.basename(path)
        with open(source, encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                for code, text, nth in re.findall(r"#! (\w+) ([^#~\n]*[^#~\s])(?: ~(\d))?", line):
                    column = 0
                    for _ in range(int(nth or 1)):
                        column = line.index(text, column) + 1
                    found.add((name, number, column, code, text))
    return found


def told(path, wanted_codes):
    found = set()
    texts = {}
    for line in run("--json", "--gaps", path).splitlines():
        d = json.loads(line)
        if d.get("severity") not in ("error", "warning") and d.get("code") not in wanted_codes:
            continue
        name = d["file"]
        source = os.path.join(path, name) if os.path.isdir(path) else path
        if name not in texts:
            with open(source, "rb") as f:
                texts[name] = f.read()
        text = texts[name][d["start"]:d["end"]].decode().split("\n")[0]
        found.add((name, d["line"], d["column"], d["code"], text))
    return found


def main():
    failed = passed = 0
    names = [n for n in os.listdir(HERE) if n.endswith((".banfa", ".banfa.md")) or
             os.path.isdir(os.path.join(HERE, n)) and not n.startswith("_")]
    for name in sorted(names):
        path = os.path.join(HERE, name)
        want = wanted(path)
        got = told(path, {code for _, _, _, code, _ in want})
        for side, more in ("not found", want - got), ("not expected", got - want):
            for file, line, column, code, text in sorted(more):
                print(f"{name}: {side}: {file}:{line}:{column}: {code} [{text}]")
                failed += 1
        for lang in "en", "zh":
            shown = os.path.join(HERE, name.split(".")[0] + "." + lang)
            if os.path.exists(shown):
                with open(shown, encoding="utf-8") as f:
                    if f.read() != run("--lang", lang, path):
                        print(f"{name}: shown otherwise than {os.path.basename(shown)}")
                        failed += 1
        passed += 1
    print(f"{passed} sources, {failed} differences")
    sys.exit(failed > 0 or passed == 0)


main()
