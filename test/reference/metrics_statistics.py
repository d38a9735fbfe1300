"""Writes metrics_statistics.json: what SciPy, scikit-learn and statsmodels say about tails, bootstrap intervals, calibration and paired
tests.

Run: /usr/bin/python3 test/reference/metrics_statistics.py (with Debian's python3-statsmodels)
DeLong's test is the plain O(mn) definition: a matrix of comparisons for each score, and the covariance of its means.
"""
import json
from pathlib import Path

import numpy as np
import scipy
import sklearn
import statsmodels
from scipy.stats import binom, bootstrap, norm
from sklearn import metrics
from sklearn.calibration import calibration_curve
from statsmodels.stats.contingency_tables import mcnemar

rng = np.random.default_rng(20210917)


def clustered(groups, level):
    """Whole groups resampled by scipy.stats.bootstrap, the statistic being the AUC of their pooled images."""
    of = np.repeat(np.arange(groups), rng.integers(1, 7, groups))
    labels = of % 2
    scores = np.round(rng.normal(size=len(of)) + 0.8 * labels, 2)

    def statistic(drawn):
        rows = np.concatenate([np.flatnonzero(of == g) for g in drawn])
        return metrics.roc_auc_score(labels[rows], scores[rows])

    intervals = {}
    for method in ("percentile", "basic", "BCa"):
        result = bootstrap(
            (np.arange(groups),), statistic, n_resamples=199, confidence_level=level, method=method, vectorized=False,
            random_state=np.random.default_rng(5),
        )  # fmt: skip
        low, high = result.confidence_interval
        intervals[method.lower()] = [low, high]
    return {
        "level": level,
        "groups": of.tolist(),
        "labels": labels.tolist(),
        "scores": scores.tolist(),
        "estimate": statistic(np.arange(groups)),
        "resampled": np.sort(result.bootstrap_distribution).tolist(),
        "intervals": intervals,
    }


def calibration(n, bins):
    p = np.round(rng.beta(0.7, 0.9, n), 6)
    labels = (rng.uniform(size=n) < p**1.5).astype(int)
    curves = {}
    for strategy in ("uniform", "quantile"):
        share, mean = calibration_curve(labels, p, n_bins=bins, strategy=strategy)
        edges = np.linspace(0, 1, bins + 1) if strategy == "uniform" else np.quantile(p, np.linspace(0, 1, bins + 1))
        counts = np.bincount(np.searchsorted(edges[1:-1], p), minlength=bins)
        counts = counts[counts > 0]
        curves[strategy] = {
            "share": share.tolist(),
            "mean": mean.tolist(),
            "n": counts.tolist(),
            "error": float(np.sum(counts * np.abs(share - mean)) / n),
        }
    return {
        "labels": labels.tolist(),
        "probabilities": p.tolist(),
        "bins": bins,
        "brier": metrics.brier_score_loss(labels, p),
        "logLoss": metrics.log_loss(labels, p),
        "curves": curves,
    }


def placements(labels, scores):
    pos, neg = scores[labels == 1], scores[labels == 0]
    wins = (pos[:, None] > neg[None, :]) + 0.5 * (pos[:, None] == neg[None, :])
    return wins.mean(), wins.mean(1), wins.mean(0)


def delong(n, decimals):
    labels = rng.integers(0, 2, n)
    labels[:4] = [0, 0, 1, 1]
    shared = rng.normal(size=n)
    a = np.round(shared + labels + 0.6 * rng.normal(size=n), decimals)
    b = np.round(shared + 0.5 * labels + 0.9 * rng.normal(size=n), decimals)
    (auc_a, pos_a, neg_a), (auc_b, pos_b, neg_b) = placements(labels, a), placements(labels, b)
    contrast = np.array([1, -1])
    covariance = np.cov(pos_a, pos_b) / len(pos_a) + np.cov(neg_a, neg_b) / len(neg_a)
    variance = float(contrast @ covariance @ contrast)
    z = (auc_a - auc_b) / np.sqrt(variance)
    half = norm.ppf(0.975) * np.sqrt(variance)
    return {
        "labels": labels.tolist(),
        "a": a.tolist(),
        "b": b.tolist(),
        "aucA": auc_a,
        "aucB": auc_b,
        "variance": variance,
        "z": z,
        "p": 2 * norm.sf(abs(z)),
        "low": auc_a - auc_b - half,
        "high": auc_a - auc_b + half,
    }


def paired(only_a, only_b, both, none):
    table = [[both, only_a], [only_b, none]]
    exact, chi2 = mcnemar(table, exact=True), mcnemar(table, exact=False, correction=True)
    k, n = min(only_a, only_b), only_a + only_b
    # Fagerland, Lydersen, Laake 2013: the exact p less the probability of what was seen.
    return {
        "counts": {"onlyA": only_a, "onlyB": only_b, "both": both, "none": none},
        "exact": [exact.statistic, exact.pvalue],
        "chi2": [chi2.statistic, chi2.pvalue],
        "mid-p": [k, float(2 * binom.cdf(k, n, 0.5) - binom.pmf(k, n, 0.5))],
    }


tails = [-8.5, -3, -1, -1e-9, 0, 1e-9, 0.3, 1, 1.9, 2, 2.0001, 2.5, 4, 8, 20, 37]
json.dump(
    {
        "versions": {"sklearn": sklearn.__version__, "scipy": scipy.__version__, "statsmodels": statsmodels.__version__},
        "normalTail": [{"z": z, "p": float(norm.sf(z))} for z in tails],
        "bootstrap": [clustered(14, 0.95), clustered(23, 0.8)],
        "calibration": [calibration(37, 5), calibration(400, 10)],
        "delong": [delong(*s) for s in [(8, 0), (20, 1), (40, 0), (90, 3), (157, 1)]],
        "mcNemar": [paired(*c) for c in [(9, 2, 20, 1), (0, 5, 3, 2), (1, 0, 2, 0), (37, 61, 10, 4), (310, 255, 1000, 7), (12, 13, 0, 0)]],
    },
    Path(__file__).with_suffix(".json").open("w"),
    separators=(",", ":"),
)
