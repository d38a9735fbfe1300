"""How evenly scikit-learn's StratifiedGroupKFold spreads two classes over folds, on BreaKHis and on random groups.

Each case lists the groups' images as [benign, malignant]; `deviation` is the mean over the classes of the standard
deviation of the folds' shares: what StratifiedGroupKFold itself makes small. Its folds are those without shuffling,
which puts the largest groups first. Run with Debian's python3, scikit-learn and numpy, the BreaKHis lists beside the project:
    python3 test/reference/data_kfold.py > test/reference/data_kfold.json
"""
import json
import re
from collections import defaultdict
from pathlib import Path

import numpy as np
import sklearn
from sklearn.model_selection import StratifiedGroupKFold


def deviation(groups, folds):
    label = np.concatenate([[0] * b + [1] * m for b, m in groups])
    group = np.concatenate([[g] * (b + m) for g, (b, m) in enumerate(groups)])
    shares = [[(label[test] == c).sum() / (label == c).sum() for c in (0, 1)]
              for _, test in StratifiedGroupKFold(folds).split(label, label, group)]
    return float(np.std(shares, axis=0).mean())


def breakhis(name_of):
    lists = Path(__file__).parents[3] / 'shared/data/breakhis-folds/dsfold1.txt'
    counts = defaultdict(lambda: [0, 0])
    for line in lists.read_text().split():
        label, patient = re.match(r'SOB_([BM])_[A-Z]+-(\d+-\w+)-\d+-\d+\.png', line).groups()
        counts[name_of(patient)]['BM'.index(label)] += 1
    return [counts[name] for name in sorted(counts)]


rng = np.random.default_rng(11)
n = lambda low, high: int(rng.integers(low, high))
sets = {
    'BreaKHis by patient': breakhis(lambda patient: patient),
    'BreaKHis by accession': breakhis(lambda patient: re.sub(r'(?<=\d)[A-Za-z]+$', '', patient)),
    'groups of one class, even sizes': [[n(20, 30), 0] if i % 3 == 0 else [0, n(20, 30)] for i in range(60)],
    'groups of one class, uneven sizes': [[0, 0][: i % 2] + [int(rng.geometric(0.02))] + [0, 0][: 1 - i % 2] for i in range(80)],
    'groups of both classes': [[n(0, 20), n(1, 40)] for _ in range(70)],
    'a rare class': [[n(0, 3), n(5, 60)] for _ in range(60)],
    'one giant group': [[0, 3000]] + [[n(1, 10), 0] if i % 2 else [0, n(1, 10)] for i in range(100)],
    'few groups': [[n(1, 50), n(0, 5)] for _ in range(12)] + [[0, n(1, 50)] for _ in range(12)],
    'single images': [[1, 0] if i % 4 == 0 else [0, 1] for i in range(203)],
}
print(json.dumps(dict(
    source=f'scikit-learn {sklearn.__version__}, StratifiedGroupKFold',
    cases=[dict(name=name, groups=groups, deviation={str(k): deviation(groups, k) for k in (2, 3, 5, 10)})
           for name, groups in sets.items()])))
