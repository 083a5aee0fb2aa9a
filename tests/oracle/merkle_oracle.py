#!/usr/bin/env python3
"""A second tree, checkpoint, receipt and Ed25519, compared with the C code in both directions.

Written from RFC 6962 (2.1), RFC 8032 (5.1), the C2SP texts on tiles, signed notes and checkpoints, and the head of
engine/core/checkpoint.h, not from the code: the tree is the recursive definition, the curve plain integers.

  1. the driver builds trees of drawn rows: roots of all sizes, tiles, consistency proofs, and its receipts verify here;
  2. receipts made here verify there, and what is changed in them is refused.

usage: merkle_oracle.py MERKLE_DRIVER     (BANFA_SEEDS=small: fewer trees)
"""
import base64
import hashlib
import os
import random
import subprocess
import sys

DRIVER = sys.argv[1]
SMALL = os.environ.get("BANFA_SEEDS") == "small"
HASHES = ["sha256"] + (["sm3"] if "sm3" in hashlib.algorithms_available else [])


def must(condition, what):
    if not condition:
        sys.exit(f"FAIL: {what}")


# ---- Ed25519 ----

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def add(a, b):
    """Extended coordinates (X, Y, Z, T)."""
    s, t = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    c, d = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = t - s, d - c, d + c, t + s
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def times(k, a):
    r = (0, 1, 1, 0)
    while k:
        if k & 1:
            r = add(r, a)
        a = add(a, a)
        k >>= 1
    return r


def root_x(y, sign):
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - x2) % P or (x == 0 and sign):
        return None
    return P - x if (x & 1) != sign else x


def point(b):
    n = int.from_bytes(b, "little")
    y, sign = n & (2**255 - 1), n >> 255
    x = root_x(y, sign) if y < P else None
    return None if x is None else (x, y, 1, x * y % P)


def packed(a):
    z = pow(a[2], P - 2, P)
    x, y = a[0] * z % P, a[1] * z % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE = (root_x(BASE_Y, 0), BASE_Y, 1, root_x(BASE_Y, 0) * BASE_Y % P)


def hash_int(*parts):
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little")


def expand(seed):
    h = hashlib.sha512(seed).digest()
    a = int.from_bytes(h[:32], "little") & ((1 << 254) - 8) | 1 << 254
    return a, h[32:]


def public(seed):
    return packed(times(expand(seed)[0], BASE))


def sign(seed, message):
    a, prefix = expand(seed)
    key = public(seed)
    r = hash_int(prefix, message) % L
    big_r = packed(times(r, BASE))
    return big_r + ((r + hash_int(big_r, key, message) * a) % L).to_bytes(32, "little")


def signed_by(key, message, signature):
    a, r, s = point(key), point(signature[:32]), int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or a is None or r is None or s >= L:
        return False
    return packed(times(s, BASE)) == packed(add(r, times(hash_int(signature[:32], key, message) % L, a)))


# ---- the tree ----

class Tree:
    def __init__(self, name, leaves):
        self.name, self.leaves, self.seen = name, leaves, {}

    def h(self, *parts):
        return hashlib.new(self.name, b"".join(parts)).digest()

    def mth(self, lo, hi):
        if (lo, hi) not in self.seen:
            if lo == hi:
                value = self.h()
            elif hi - lo == 1:
                value = self.leaves[lo]
            else:
                m = lo + half(hi - lo)
                value = self.h(b"\1", self.mth(lo, m), self.mth(m, hi))
            self.seen[lo, hi] = value
        return self.seen[lo, hi]

    def path(self, i, lo, hi):
        if hi - lo == 1:
            return []
        m = lo + half(hi - lo)
        if i < m:
            return self.path(i, lo, m) + [self.mth(m, hi)]
        return self.path(i, m, hi) + [self.mth(lo, m)]

    def subproof(self, old, lo, hi, whole):
        if old == hi:
            return [] if whole else [self.mth(lo, hi)]
        m = lo + half(hi - lo)
        if old <= m:
            return self.subproof(old, lo, m, whole) + [self.mth(m, hi)]
        return self.subproof(old, m, hi, False) + [self.mth(lo, m)]

    def tiles(self):
        """(level, index) -> hashes of the nodes 8·level above the leaves, 256 to a tile."""
        out, level = {}, 0
        while len(self.leaves) >> 8 * level:
            step = 1 << 8 * level
            row = [self.mth(i * step, (i + 1) * step) for i in range(len(self.leaves) >> 8 * level)]
            for i in range(0, len(row), 256):
                out[level, i // 256] = b"".join(row[i:i + 256])
            level += 1
        return out


def half(n):
    return 1 << (n - 1).bit_length() - 1


# ---- texts ----

def b64(b):
    return base64.b64encode(b).decode()


def key_id(name, key):
    return hashlib.sha256(name.encode() + b"\n\1" + key).digest()[:4]


def key_text(name, key):
    return f"{name}+{key_id(name, key).hex()}+{b64(bytes([1]) + key)}"


def checkpoint(origin, size, root, name, seed):
    text = f"{origin}\n{size}\n{b64(root)}\n"
    sig = key_id(name, public(seed)) + sign(seed, text.encode())
    return f"{text}\n— {name} {b64(sig)}\n"


def receipt(tree, row, body_hash, index, note, with_salt=True):
    proof = "".join(b64(h) + "\n" for h in tree.path(index, 0, len(tree.leaves)))
    salt = f"salt {b64(row[1])}\n" if with_salt else ""
    return (f"banfa receipt 1\nhash {tree.name}\nheader {b64(row[0])}\n{salt}body {b64(body_hash)}\n"
            f"index {index}\n{proof}\n{note}")


class Case:
    def __init__(self, seed, size):
        r = self.r = random.Random(seed)
        self.hash = HASHES[seed % len(HASHES)]
        self.seed = r.randbytes(32)
        self.name = r.choice(["audit.example.org", "审计密钥", "k"])
        self.origin = r.choice(["audit.example.org/0", "某市 数据共享 / 1", "o"])
        self.rows = [(r.randbytes(40), r.randbytes(16), r.randbytes(r.choice([0, 1, 250]))) for _ in range(size)]
        self.bodies = [self.h(salt, body) for _, salt, body in self.rows]
        self.tree = Tree(self.hash, [self.h(b"\0", row[0], b) for row, b in zip(self.rows, self.bodies)])

    def h(self, *parts):
        return hashlib.new(self.hash, b"".join(parts)).digest()


def drive(arguments, data):
    run = subprocess.run([DRIVER, *arguments], input=data, stdout=subprocess.PIPE, check=False)
    must(run.returncode == 0, f"the driver ends with {run.returncode}")
    return run.stdout


# ---- 1. what the driver makes ----

def check_made(case):
    rows = "".join(f"{head.hex()} {salt.hex()} {body.hex()}\n" for head, salt, body in case.rows)
    out = drive(["make", case.hash, case.seed.hex(), case.name, case.origin], rows.encode())
    tree, size, at = case.tree, len(case.rows), 0
    wanted = [f"key {key_text(case.name, public(case.seed))}"]
    wanted += [f"root {n} {tree.mth(0, n).hex()}" for n in range(size + 1)]
    wanted += [f"tile {level} {i} {b.hex()}" for (level, i), b in tree.tiles().items()]
    for old in range(size + 1):
        proof = tree.subproof(old, 0, size, True) if old else []
        wanted.append(f"consistency {old} {b''.join(proof).hex()}")
    for line in wanted:
        end = out.index(b"\n", at)
        must(out[at:end].decode() == line, f"{out[at:end].decode()}\n  is not {line}")
        at = end + 1
    note = checkpoint(case.origin, size, tree.mth(0, size), case.name, case.seed)
    for i, row in enumerate(case.rows):
        end = out.index(b"\n", at)
        word, index, length = out[at:end].split()
        must(word == b"receipt" and int(index) == i, "a receipt out of order")
        made = out[end + 1:end + 1 + int(length)]
        must(made.decode() == receipt(tree, row, case.bodies[i], i, note), f"receipt {i} differs")
        at = end + 1 + int(length)
    must(at == len(out), "more than was asked for")
    signature = base64.b64decode(note.split(" ")[-1])[4:]
    must(signed_by(public(case.seed), note[:note.index("\n\n") + 1].encode(), signature), "the signature is wrong")


# ---- 2. what is made here ----

def changed(case, text):
    """The text with one line in it changed, taken away, doubled, or two of them changed round."""
    r, lines = case.r, text.split("\n")
    i = r.randrange(len(lines) - 1)
    kind = r.choice(["byte", "away", "double", "round", "blank"])
    if kind == "byte" and lines[i]:
        k = r.randrange(len(lines[i]))
        lines[i] = lines[i][:k] + r.choice("ABCxyz019+/= ") + lines[i][k + 1:]
    elif kind == "away":
        del lines[i]
    elif kind == "double":
        lines.insert(i, lines[i])
    elif kind == "round":
        lines[i], lines[i + 1] = lines[i + 1], lines[i]
    else:
        lines[i] += " "
    return "\n".join(lines)


def only_salt(text, other):
    def keep(t):
        return [line for line in t.split("\n") if not line.startswith("salt ")]
    return keep(text) == keep(other)


def check_read(case, count):
    size, asked, wanted = len(case.rows), [], []
    note = checkpoint(case.origin, size, case.tree.mth(0, size), case.name, case.seed)
    for _ in range(count):
        i = case.r.randrange(size)
        text = receipt(case.tree, case.rows[i], case.bodies[i], i, note, case.r.random() < 0.8)
        asked.append(text)
        wanted.append(f"good {i} {size} {case.origin}")
        other = changed(case, text)
        if not only_salt(text, other):
            asked.append(other)
            # A signature line that stands twice is as good as one.
            twice = other == text + text.split("\n")[-2] + "\n"
            wanted.append(wanted[-1] if twice else "bad")
    data = b"".join(b"%d\n%s" % (len(t.encode()), t.encode()) for t in asked)
    out = drive(["verify", key_text(case.name, public(case.seed))], data).decode().split("\n")
    must(len(out) == len(asked) + 1, "not as many answers as receipts")
    for text, want, got in zip(asked, wanted, out):
        must(got.startswith("bad ") if want == "bad" else got == want, f"{got}\n  is not {want}, for\n{text}")


def main():
    message = bytes.fromhex("72")  # RFC 8032, 7.1, test 2
    seed = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
    must(public(seed).hex() == "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "this Ed25519")
    must(sign(seed, message).hex().startswith("92a009a9f0d4cab8720e820b5f642540"), "this Ed25519")
    sizes = [1, 2, 7, 40] if SMALL else [1, 2, 3, 7, 8, 40, 255, 256, 257, 700]
    for seed, size in enumerate(sizes, 1):
        case = Case(seed, size)
        check_made(case)
        check_read(case, 30 if SMALL else 300)
    print(f"{len(sizes)} trees, {' and '.join(HASHES)}")


if __name__ == "__main__":
    main()
