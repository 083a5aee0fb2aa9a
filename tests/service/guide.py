#!/usr/bin/env python3
"""Runs the console of docs/API.md as one shell session: each command must say what stands under it; … is anything."""
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from live import BUILD, ROOT, Daemon  # noqa: E402

END = "--end-of-answer--"


def console(text):
    """(command, expected), in order."""
    found = []
    for block in re.findall(r"^```console\n(.*?)^```", text, re.M | re.S):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append([line[2:], []])
            elif line.startswith("> "):
                found[-1][0] += "\n" + line[2:]
            else:
                found[-1][1].append(line)
    return [(command, "\n".join(expected)) for command, expected in found]


def fits(expected, got):
    pattern = ".*".join(re.escape(part) for part in expected.split("…"))
    return re.fullmatch(pattern, got, re.S)


def talk(shell, commands):
    # Whatever goes wrong, the daemon that the shell began ends with it.
    shell.stdin.write("trap 'kill $(jobs -p) 2>/dev/null; wait' EXIT\n")
    for command, expected in commands:
        shell.stdin.write(f"{command}\necho {END}\n")
        shell.stdin.flush()
        lines = []
        while (line := shell.stdout.readline()) and line != END + "\n":
            lines.append(line)
        got = "".join(lines).strip("\n")
        assert fits(expected, got), f"$ {command}\nexpected:\n{expected}\ngot:\n{got}"


def main():
    if not shutil.which("curl"):
        print("no curl")
        sys.exit(77)
    with Daemon(made=False) as d:
        commands = console((ROOT / "docs/API.md").read_text("utf-8").replace("127.0.0.1:8710", f"127.0.0.1:{d.port}"))
        assert len(commands) > 15
        (d.folder / "policies").symlink_to(ROOT / "policies")
        env = dict(d.env, BANFA_LISTEN=f"127.0.0.1:{d.port}", PATH=f"{BUILD}:{os.environ['PATH']}")
        shell = subprocess.Popen(["bash"], cwd=d.folder, env=env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            talk(shell, commands)
        finally:
            shell.stdin.close()
            code = shell.wait(30)
        assert code == 0
    print(f"guide: {len(commands)} commands, fine")


if __name__ == "__main__":
    main()
