"""Writes data_pairs.json: what the samplers draw and the miners choose, by brute force.

Run: /usr/bin/python3 test/reference/data_pairs.py
Nothing is shared with the library: random numbers from the published recurrence of xoroshiro128+ on 64-bit words, partners
listed one by one, triplets by numpy masks over all n^3.
"""
import hashlib
import json
from math import ceil
from pathlib import Path

import numpy as np

M32, M64 = 2**32 - 1, 2**64 - 1


def hash32(seed, *purpose):
    """FNV-1a over the text, then MurmurHash3's finalizer without its last multiplication."""
    h = 0x811C9DC5
    for c in f"{seed}/{'/'.join(str(p) for p in purpose)}":
        h = (h ^ ord(c)) * 0x01000193 & M32
    h = (h ^ h >> 16) * 0x85EBCA6B & M32
    h = (h ^ h >> 13) * 0xC2B2AE35 & M32
    return h ^ h >> 16


class Random:
    """xoroshiro128+ (rotations 24, 16, 37); the low 32 bits of each sum; integers by rejection and modulo."""

    def __init__(self, seed, *purpose):
        h = hash32(seed, *purpose)
        self.s0, self.s1 = M32 << 32 | ~h & M32, h << 32

    def next(self):
        s0, s1 = self.s0, self.s1
        out = s0 + s1 & M32
        rotl = lambda x, k: (x << k | x >> 64 - k) & M64
        s1 ^= s0
        self.s0 = rotl(s0, 24) ^ s1 ^ s1 << 16 & M64
        self.s1 = rotl(s1, 37)
        return (out + 2**31) & M32

    def integer(self, n):
        limit = 2**32 // n * n
        while (x := self.next()) >= limit:
            pass
        return x % n

    def shuffle(self, items):
        items = list(items)
        for i in range(len(items) - 1, 0, -1):
            j = self.integer(i + 1)
            items[i], items[j] = items[j], items[i]
        return items


def numbered(names):
    known = {}
    return [known.setdefault(name, len(known)) for name in names]


def similar(i, j, labels, groups, pictures, mode):
    ok = i != j and labels[i] == labels[j] and pictures[i] != pictures[j]
    return ok and {"allow": True, "forbid": groups[i] != groups[j], "require": groups[i] == groups[j]}[mode]


def dissimilar(i, j, labels, groups, pictures, mode):
    return labels[i] != labels[j] and not (mode == "forbid" and groups[i] == groups[j])


def partner_lists(data):
    n = len(data["labels"])
    keys = list(zip(data["labels"], numbered(data["groups"]), numbered(data["pictures"]), range(n)))
    order = sorted(range(n), key=lambda i: keys[i])
    args = (data["labels"], data["groups"], data["pictures"], data["samePatient"])
    lists = [[[j for j in order if may(i, j, *args)] for i in range(n)] for may in (similar, dissimilar)]
    return order, lists[0], lists[1]


def digest(numbers):
    return hashlib.sha256(np.asarray(numbers, "<i4").tobytes()).hexdigest()


def pairs(data, seed, epoch):
    order, positive, negative = partner_lists(data)
    random = Random(seed, "pairs", epoch)
    rows = []
    for i in [order[place] for place in random.shuffle(range(len(order)))]:
        for flag, partners in ((1, positive[i]), (0, negative[i])):
            rows.append([i, partners[random.integer(len(partners))], flag])
    return digest(rows)


def triplets(data, seed, epoch, batch_size):
    order, positive, negative = partner_lists(data)
    random = Random(seed, "triplets", epoch)
    anchors = [order[place] for place in random.shuffle(range(len(order)))]
    rows = []
    for start in range(0, len(anchors), batch_size):
        batch = anchors[start : start + batch_size]
        p = [positive[i][random.integer(len(positive[i]))] for i in batch]
        q = [negative[i][random.integer(len(negative[i]))] for i in batch]
        rows += zip(batch, p, q)
    return digest(rows)


class Dealer:
    def __init__(self, items, random):
        self.items, self.random, self.queue = list(items), random, []

    def deal(self, count):
        dealt, self.queue = self.queue[:count], self.queue[count:]
        if len(dealt) == count:
            return dealt
        held = set(dealt)
        self.items = self.random.shuffle(self.items)
        following = 0
        for i, item in enumerate(self.items):
            if len(dealt) == count:
                break
            if item not in held:
                self.items[i], self.items[following] = self.items[following], item
                dealt.append(item)
                following += 1
        self.queue = self.items[following:]
        return dealt


def m_per_class(data, per_class, classes_per_batch, per_group, seed, epoch):
    labels, n = data["labels"], len(data["labels"])
    people = numbered(data["groups"]) if per_group else [0] * n
    k = per_group or per_class
    values = sorted(set(labels))
    members = {c: {} for c in values}
    for i in sorted(range(n), key=lambda i: (people[i], i)):
        members[labels[i]].setdefault(people[i], []).append(i)
    p = per_class // k
    need = max(ceil(len(m) * max(ceil(len(x) / k) for x in m.values()) / p) for m in members.values())
    classes = Dealer(range(len(values)), Random(seed, "m per class", epoch))
    randoms = {c: Random(seed, "m per class", epoch, c) for c in values}
    groups = {c: Dealer(range(len(members[c])), randoms[c]) for c in values}
    images = {c: [Dealer(x, randoms[c]) for x in members[c].values()] for c in values}
    rows = []
    for _ in range(ceil(len(values) * need / classes_per_batch)):
        batch = []
        for c in (values[i] for i in classes.deal(classes_per_batch)):
            for g in groups[c].deal(p):
                batch += images[c][g].deal(k)
        rows.append(batch)
    return digest(rows), len(rows)


def mined(distances, data, margin):
    n = len(data["labels"])
    args = (data["labels"], data["groups"], data["pictures"], data["samePatient"])
    pos = np.array([[similar(i, j, *args) for j in range(n)] for i in range(n)])
    neg = np.array([[dissimilar(i, j, *args) for j in range(n)] for i in range(n)])
    d = np.asarray(distances, np.float64).reshape(n, n)
    ap, an = d[:, :, None], d[:, None, :]
    valid = pos[:, :, None] & neg[:, None, :]
    semi = valid & (ap < an) & (an < ap + margin)
    hard, semi_pairs = [], []
    for a in range(n):
        if pos[a].any() and neg[a].any():
            p = max(np.flatnonzero(pos[a]), key=lambda j: (d[a, j], -j))
            q = min(np.flatnonzero(neg[a]), key=lambda j: (d[a, j], j))
            hard.append([a, p, q])
        if semi[a].any():
            p, q = min(np.argwhere(semi[a]), key=lambda pq: (-d[a, pq[0]], pq[0], d[a, pq[1]], pq[1]))
            semi_pairs.append([a, p, q])
    upper = [[i, j, int(pos[i, j])] for i in range(n) for j in range(i + 1, n) if pos[i, j] or neg[i, j]]
    return json.loads(
        json.dumps(
            {"pairs": upper, "all": np.argwhere(valid), "hard": hard, "semi-hard": np.argwhere(semi), "semi-hard pairs": semi_pairs},
            default=lambda x: x.tolist(),
        )
    )


def people(rng, patients, smallest, largest, labels, copies):
    """Patients with images, the last ones of two labels; some images are shown twice."""
    rows = [(p % labels, f"p{p}") for p in range(patients)]
    rows += [((p + 1) % labels, f"p{p}") for p in range(patients - 2, patients)]
    rows = [row for row in rows for _ in range(rng.integers(smallest, largest + 1))]
    rows = [(*row, f"i{i}") for i, row in enumerate(rows)]
    rows += [rows[i] for i in rng.choice(len(rows), copies, replace=False)]
    order = rng.permutation(len(rows))
    labels, groups, pictures = zip(*(rows[i] for i in order))
    return {"labels": list(labels), "groups": list(groups), "pictures": list(pictures)}


rng = np.random.default_rng(20240215)
samplers, batches = [], []
for mode in ("allow", "forbid", "require"):
    for seed, labels in ((0, 2), (-7, 3)):
        data = {**people(rng, 9, 3, 9, labels, 6), "samePatient": mode}
        case = {**data, "seed": seed, "epoch": 3}
        case["pairs"] = pairs(data, seed, 3)
        case["triplets"] = triplets(data, seed, 3, 7)
        case["mPerClass"] = []
        for m, c, k in ((4, labels, None), (3, 2, None), (4, 2, 2)):
            found, count = m_per_class(data, m, c, k, seed, 3)
            case["mPerClass"].append({"perClass": m, "classesPerBatch": c, "perGroup": k, "digest": found, "batches": count})
        samplers.append(case)
    for size, decimals, margin in ((12, 1, 0.2), (12, 6, 0.35), (16, 1, 1.0)):
        data = people(rng, 5, 2, 5, 2, 4)
        data = {key: value[:size] for key, value in data.items()}
        n = len(data["labels"])
        # Few decimals make many ties; not symmetric, so that rows and columns cannot be taken for each other.
        distances = np.round(rng.random((n, n)), decimals) * (1 - np.eye(n))
        data["samePatient"] = mode
        batches.append({**data, "margin": margin, "distances": distances.ravel().tolist(), **mined(distances, data, margin)})

Path(__file__).with_suffix(".json").write_text(json.dumps({"samplers": samplers, "batches": batches}) + "\n")
