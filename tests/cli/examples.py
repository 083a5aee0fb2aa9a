"""The commands shown in a document, run, give the output shown beneath them.

An example is a line "$ COMMAND" in a fenced block; what follows, up to the next command or the end
of the block, is its output. Blocks without commands are not looked at.

usage: examples.py DOCUMENT…    (from the build tree: banfa is taken from there)
"""
import os
import re
import subprocess
import sys


def examples(text):
    for block in re.findall(r"^```\w*\n(.*?)^```", text, re.S | re.M):
        for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
            command, _, output = part.partition("\n")
            yield command, output


def main():
    env = dict(os.environ, LC_ALL="C.UTF-8", LANGUAGE="en")
    env["PATH"] = os.environ.get("builddir", ".") + os.pathsep + env["PATH"]
    count, failed = 0, 0
    for name in sys.argv[1:]:
        with open(name, encoding="utf-8") as f:
            text = f.read()
        for command, wanted in examples(text):
            got = subprocess.run(["bash", "-c", command], env=env, stdout=subprocess.PIPE,
                                 encoding="utf-8", check=False).stdout
            count += 1
            if got != wanted:
                failed += 1
                print(f"{name}: $ {command}\n got:\n{got} shown:\n{wanted}")
    print(f"{count} examples, {failed} failed")
    return 1 if failed or not count else 0


if __name__ == "__main__":
    sys.exit(main())
