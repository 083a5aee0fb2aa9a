"""The commands shown in a document, run, give the output shown beneath them.

An example is a line "$ COMMAND" in a fenced block; what follows, up to the next command or the end
of the block, is its output. Blocks without commands are not looked at. The digits of a policy's
version are compared too: who changes a rule writes the documents anew.

usage: examples.py [--write] DOCUMENT…
    banfa is taken from $builddir, commands run in $srcdir. --write puts the real output into the
    documents, for a person to read in the diff.
"""
import os
import re
import subprocess
import sys

BLOCK = re.compile(r"^```\w*\n(.*?)^```", re.S | re.M)


def run(command):
    env = dict(os.environ, LC_ALL="C.UTF-8", LANGUAGE="en")
    env["PATH"] = os.environ.get("builddir", ".") + os.pathsep + env["PATH"]
    return subprocess.run(["bash", "-c", command], env=env, cwd=os.environ.get("srcdir"),
                          stdout=subprocess.PIPE, encoding="utf-8", check=False).stdout


def examples(block):
    for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
        command, _, output = part.partition("\n")
        yield command, output


def rewrite(match):
    block = match.group(1)
    if not re.search(r"^\$ ", block, re.M):
        return match.group(0)
    head = re.split(r"^\$ ", block, flags=re.M)[0]
    shown = "".join(f"$ {command}\n{run(command)}" for command, _ in examples(block))
    return match.group(0).replace(block, head + shown)


def main():
    write = sys.argv[1:2] == ["--write"]
    count, failed = 0, 0
    for name in sys.argv[1 + write:]:
        with open(name, encoding="utf-8") as f:
            text = f.read()
        if write:
            with open(name, "w", encoding="utf-8") as f:
                f.write(BLOCK.sub(rewrite, text))
            continue
        for block in BLOCK.findall(text):
            for command, wanted in examples(block):
                got = run(command)
                count += 1
                if got != wanted:
                    failed += 1
                    print(f"{name}: $ {command}\n got:\n{got} shown:\n{wanted}")
    if not write:
        print(f"{count} examples, {failed} failed")
    return 1 if failed or not (count or write) else 0


if __name__ == "__main__":
    sys.exit(main())
