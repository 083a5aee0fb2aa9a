"""Loads the demonstration into a running banfad: the Measures, departments, posts, people and their tokens.

All of it goes through the API, by the local socket of the database, whose owner is an operator. Running it
again changes nothing: what is there already is found by its key. It then prints what to try next.

usage: load.py SOCKET IMAGE TOKENS URL
    TOKENS is the file in which the tokens are kept for the next time; the service keeps only their hashes.
"""
import hashlib
import http.client
import json
import os
import shlex
import socket
import sys
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))


class Local(http.client.HTTPConnection):
    """HTTP over the local socket."""

    def __init__(self, path):
        super().__init__("localhost")
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)


def ask(api, method, path, body=b"", key=""):
    """A GET, or what changes something: under a key of the same body, so that doing it again does nothing."""
    headers = {}
    if isinstance(body, dict):
        body = json.dumps(body, ensure_ascii=False).encode()
        headers["Content-Type"] = "application/json"
    if method != "GET":
        headers["Idempotency-Key"] = "demo-" + hashlib.sha256(body + key.encode()).hexdigest()
    api.request(method, urllib.parse.quote(path), body, headers)
    answer = api.getresponse()
    text = answer.read().decode()
    if answer.status >= 400:
        sys.exit(f"load.py: {method} {path}: {answer.status} {text}")
    return json.loads(text)


def load_policy(api, image):
    with open(image, "rb") as f:
        policy = ask(api, "POST", "/v1/policies", f.read())
    if not policy["active"]:
        ask(api, "POST", f"/v1/policies/{policy['hash']}/activation", key=policy["hash"] + str(policy["seq"]))
    return policy


def load_directory(api, tokens_file):
    """Puts the directory and gives each person a token, once."""
    with open(os.path.join(HERE, "directory.json"), encoding="utf-8") as f:
        directory = json.load(f)
    tokens = {}
    if os.path.exists(tokens_file):
        with open(tokens_file, encoding="utf-8") as f:
            tokens = json.load(f)
    ask(api, "POST", "/v1/directory", directory)
    for row in directory["rows"]:
        if row["kind"] != "person" or row["id"] in tokens:
            continue
        made = ask(api, "POST", "/v1/tokens", {"person": row["id"], "name": "demo"},
                   os.urandom(8).hex())
        tokens[row["id"]] = made["token"]
        with open(tokens_file, "w", encoding="utf-8", opener=lambda p, f: os.open(p, f, 0o600)) as f:
            json.dump(tokens, f)
    return directory, tokens


def people(directory):
    """Each person's name and what he holds: (id, name, "department post")."""
    by = {(r["kind"], r["id"]): r["json"] for r in directory["rows"]}
    for (kind, _), held in by.items():
        if kind == "holding":
            post = by["post", held["post"]]
            place = by["department", post["department"]]["name"]
            yield held["person"], by["person", held["person"]]["name"], place + post["name"]


def chinese():
    """As banfad chooses its language, from the environment."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if os.environ.get(name):
            return os.environ[name].startswith("zh")
    return False


def examples(url, tokens, zh):
    """What to try: (what it shows, command)."""
    language = "-H 'Accept-Language: zh' " if zh else ""
    act = urllib.parse.quote("同意共享")
    head = "-H 'Authorization: Bearer {}'"
    civil, police = head.format(tokens["wangmin"]), head.format(tokens["zhaojianguo"])
    post = "-H 'Content-Type: application/json' -H 'Idempotency-Key: {}'"
    request = shlex.quote("@" + os.path.relpath(os.path.join(HERE, "request.json")))
    yield "王敏（市民政局）是谁、能代表谁" if zh else "who Wang Min (civil affairs) is, and for whom she acts", \
        f"curl -sS {civil} {url}/v1/me"
    yield ("市民政局向市公安局申请共享户籍信息" if zh else "civil affairs ask the police for household data",
           f"curl -sS {civil} {post.format('try-1')} -d {request} {url}/v1/cases")
    yield "赵建国（市公安局）要办的事，最迟哪一天" if zh else "what Zhao Jianguo (police) must do, and by which day", \
        f"curl -sS {police} {url}/v1/worklist"
    yield "办件现状和依据的条款" if zh else "how the case stands, and by which articles", \
        f"curl -sS {civil} {url}/v1/cases/1"
    yield ("申请人自己不能批：不予办理，说明理由和依据" if zh else "who asked may not agree himself: refused, with reason and article",
           f"curl -sS {language}{civil} {post.format('try-2')} -d '{{}}' "
           f"{url}/v1/cases/1/acts/{act}")
    yield ("市公安局同意共享" if zh else "the police agree",
           f"curl -sS {police} {post.format('try-3')} -d '{{}}' {url}/v1/cases/1/acts/{act}")
    yield ("经过：何时、何人、何事、依据" if zh else "what happened: when, who, what, by which article",
           f"curl -sS {language}{civil} {url}/v1/cases/1/timeline")


def main():
    path, image, tokens_file, url = sys.argv[1:]
    api = Local(path)
    policy = load_policy(api, image)
    directory, tokens = load_directory(api, tokens_file)
    zh = chinese()
    kept = os.path.relpath(tokens_file)
    print(f"\n{policy['title']}  {'版本' if zh else 'version'} {policy['hash'][:12]}  {url}")
    print(f"人员和令牌（存于 {kept}）：" if zh else f"people and their tokens (kept in {kept}):")
    for person, name, place in people(directory):
        print(f"  {name}  {tokens[person]}  {place}")
    print("\n试一试：" if zh else "\nto try:")
    for what, command in examples(url, tokens, zh):
        print(f"  # {what}\n  {command}")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
