#!/usr/bin/env python3
"""What a reviewer would otherwise have to look for.

- Folders include only downward (docs/ARCHITECTURE.md).
- The grammars have no conflicts.
- banfa links neither libuv nor SQLite nor anything else it was not meant to: the proof that the
  step is pure.
- The heap is reached only through lang/base/mem.h.
- Every source is named in a fragment of the Makefile, so that it is in the tarball.
- No file is longer than 1,200 lines, and none says that it is unfinished.

Says what is wrong, one line each, and exits 1; prints nothing when all is well.
Environment: srcdir (default: two folders up), builddir (default: build; the program is looked for
there, and not looked at when it has not been built).
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(os.environ.get("srcdir") or Path(__file__).parents[2]).resolve()
BUILD = Path(os.environ.get("builddir") or ROOT / "build")
CODE = (".c", ".h", ".l", ".y", ".def")
LINES_MAX = 1200

BASE = ["lang/base/", "lang/defs/"]
IMAGE = ["lang/image/image.h", "lang/image/image.def", "lang/image/opcode.def"]
MAY_INCLUDE = {  # folder: what begins the names of the headers it may include
    "lang/base": BASE,
    "lang/defs": BASE,
    "lang/syntax": BASE + ["lang/syntax/"],
    "lang/check": BASE + ["lang/syntax/", "lang/check/"],
    "lang/image": BASE + ["lang/syntax/", "lang/check/", "lang/image/"],
    "lang/tools": ["lang/"],
    "engine/core": BASE + IMAGE + ["engine/core/"],
    "engine/sim": BASE + IMAGE + ["engine/core/", "engine/sim/"],
    "engine/embed": ["lang/", "engine/core/", "engine/sim/", "engine/embed/"],
    "engine/store": BASE + ["engine/store/"],
    "engine/service": BASE + ["engine/core/", "engine/sim/", "engine/store/", "engine/service/"],
    "cli": ["lang/", "engine/", "cli/"],
}
ONLY_HERE = {  # system header: the one folder that may include it, and tests that stand beside it
    "uv.h": ("engine/service/", "tests/service/"),
    "llhttp.h": ("engine/service/",),
    "sqlite3.h": ("engine/store/", "tests/store/"),
    "libpq-fe.h": ("engine/store/",),
}
MAY_LINK = re.compile(
    r"(libjansson|libutf8proc|libcrypto|libc|libm|libgcc_s|ld-linux.*)\.so"
    r"|lib(asan|ubsan|pthread|rt|dl|resolv|stdc\+\+)\.so"  # what the sanitizers bring
)

problems = []


def complain(path, line, what):
    problems.append(f"{path}:{line}: {what}" if line else f"{path}: {what}")


def sources():
    for top in ("lang", "engine", "cli", "tests"):
        for path in sorted((ROOT / top).rglob("*")):
            if path.suffix in CODE and path.is_file():
                yield path.relative_to(ROOT), path.read_text(encoding="utf-8").split("\n")


def folder_of(path):
    return next((f for f in MAY_INCLUDE if path.as_posix().startswith(f + "/")), None)


def check_includes(path, lines):
    folder = folder_of(path)
    for number, line in enumerate(lines, 1):
        found = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if not found:
            continue
        name = found.group(2)
        home = ONLY_HERE.get(name)
        if home and not path.as_posix().startswith(home):
            complain(path, number, f"only {home[0]} may include {name}")
        if folder and found.group(1) == '"' and not any(
            name.startswith(p) for p in MAY_INCLUDE[folder]
        ):
            complain(path, number, f"{folder} may not include {name}")


def check_listed(path):
    parents = {p.as_posix() for p in path.parents if p.name}  # EXTRA_DIST takes a folder whole
    if path.as_posix() not in listed and not parents & listed:
        complain(path, 0, "no Makefile fragment names it: it would not be in the tarball")


def is_generated(path):
    return path.with_suffix(".y") in grammars or path.with_suffix(".l") in grammars


def check_text(path, lines):
    if len(lines) > LINES_MAX + 1:
        complain(path, LINES_MAX + 1, f"a file has at most {LINES_MAX} lines")
    for number, line in enumerate(lines, 1):
        if re.search(r"\b(TODO|FIXME|XXX)\b", line):
            complain(path, number, "finish it, or file it; do not leave it here")
        heap = re.search(r"\b(malloc|calloc|realloc|free|strdup|strndup|asprintf) ?\(", line)
        comment = re.match(r"\s*(/?\*|//)", line)
        if heap and not comment and path.parts[0] != "tests" and path.name != "mem.c":
            complain(path, number, f"{heap.group(1)}: the heap is reached through lang/base/mem.h")


def check_grammar(path):
    bison = shutil.which("bison")
    if not bison:
        return
    with tempfile.TemporaryDirectory() as scratch:
        run = subprocess.run(
            [bison, "-Wnone", "-Wconflicts-sr", "-Wconflicts-rr", "-Werror", "-o",
             scratch + "/out.c", str(ROOT / path)],
            capture_output=True, text=True, check=False)
    if run.returncode:
        complain(path, 0, run.stderr.strip() or "bison fails")
    if re.search(r"^%expect(-rr)?\s+[1-9]", (ROOT / path).read_text("utf-8"), re.MULTILINE):
        complain(path, 0, "a conflict is mended, not expected")


def check_links(program):
    readelf = shutil.which("readelf")
    if not readelf or not program.exists():
        return
    shown = subprocess.run([readelf, "-d", program], capture_output=True, text=True, check=True)
    needed = re.findall(r"\(NEEDED\).*\[(.+)\]", shown.stdout)
    if not needed:
        complain(program.name, 0, "readelf -d names no library: is it the program?")
    for name in needed:
        if not MAY_LINK.match(name):
            complain(program.name, 0, f"links {name}")


grammars = {p.relative_to(ROOT) for ext in ("y", "l") for p in (ROOT / "lang").rglob("*." + ext)}
fragments = [ROOT / "Makefile.am", *ROOT.glob("*/**/*.am")]
listed = {
    word
    for fragment in fragments
    for line in fragment.read_text(encoding="utf-8").split("\n")
    if not line.startswith("#")
    for word in line.split()
}
seen = 0
for source, text in sources():
    seen += 1
    if source.suffix in (".c", ".h") and is_generated(source):
        continue
    check_includes(source, text)
    check_text(source, text)
    check_listed(source)
for grammar in sorted(grammars):
    if grammar.suffix == ".y":
        check_grammar(grammar)
check_links(BUILD / "banfa")
if not seen:
    complain(ROOT, 0, "no source found")
print("\n".join(problems), end="\n" if problems else "")
sys.exit(1 if problems else 0)
