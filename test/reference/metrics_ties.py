"""Writes metrics_ties.json: scikit-learn's curves and areas of 1,000 random tied score sets, and their DeLong variances.

Run: /usr/bin/python3 test/reference/metrics_ties.py
A set is one line of text: labels, scores, cumulated counts, kept thresholds, AUC, average precision, variance. A score is a character of
`digits`: its place less 18. Rates are kept as the counts that they are exact quotients of (asserted), so that the file stays small. The
DeLong variance is the plain O(mn) definition; it is empty where a class has one label.
"""
import json
from pathlib import Path

import numpy as np
import sklearn
from sklearn import metrics

rng = np.random.default_rng(100)
digits = "0123456789abcdefghijklmnopqrstuvwxyz"


def text(scores):
    return "".join(digits[int(s) + 18] for s in scores)


def counts(rates, of):
    whole = np.rint(rates * of)
    assert np.array_equal(whole / of, rates)
    return whole.astype(int).tolist()


def delong(labels, scores):
    pos, neg = scores[labels == 1], scores[labels == 0]
    if min(len(pos), len(neg)) < 2:
        return ""
    wins = (pos[:, None] > neg[None, :]) + 0.5 * (pos[:, None] == neg[None, :])
    return repr(float(wins.mean(1).var(ddof=1) / len(pos) + wins.mean(0).var(ddof=1) / len(neg)))


def score_set():
    n = int(rng.integers(2, 41))
    labels = (rng.uniform(size=n) < rng.uniform(0.1, 0.9)).astype(int)
    labels[:2] = [0, 1]
    spread, shift = rng.uniform(0.3, 7), rng.uniform(-3, 6)
    scores = np.clip(np.rint(spread * rng.normal(size=n) + shift * labels), -18, 17)
    negatives, positives = n - labels.sum(), labels.sum()

    fpr, tpr, thresholds = metrics.roc_curve(labels, scores, drop_intermediate=False)
    fp, tp = counts(fpr, negatives), counts(tpr, positives)
    kept = metrics.roc_curve(labels, scores)
    precision, recall, ascending = metrics.precision_recall_curve(labels, scores)
    # The two curves are of the same counts, the other way round; scikit-learn < 1.3 starts the first at max + 1.
    assert np.array_equal(ascending[::-1], thresholds[1:])
    assert np.array_equal(recall, np.append(np.array(tp[:0:-1]) / positives, 0))
    assert np.array_equal(precision, np.append(np.array(tp[:0:-1]) / (np.array(tp[:0:-1]) + np.array(fp[:0:-1])), 1))
    return " ".join(
        [
            "".join(map(str, labels)),
            text(scores),
            ",".join(map(str, tp[1:])),
            ",".join(map(str, fp[1:])),
            text(kept[2][1:]),
            repr(float(metrics.roc_auc_score(labels, scores))),
            repr(float(metrics.average_precision_score(labels, scores))),
            delong(labels, scores),
        ]
    )


json.dump(
    {"versions": {"sklearn": sklearn.__version__}, "digits": digits, "sets": [score_set() for _ in range(1000)]},
    Path(__file__).with_suffix(".json").open("w"),
    indent=0,
)
