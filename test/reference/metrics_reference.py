"""Writes metrics_reference.json: what scikit-learn, scipy and scikit-image say about random inputs.

Run: /usr/bin/python3 test/reference/metrics_reference.py
The DeLong variance is the plain O(mn) definition (a matrix of comparisons), not midranks.
"""
import json
import warnings
from pathlib import Path

import numpy as np
import scipy
import skimage
import sklearn
from scipy.stats import binomtest, norm
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from sklearn import metrics

rng = np.random.default_rng(20191116)


def roc(labels, scores, drop):
    fpr, tpr, thresholds = metrics.roc_curve(labels, scores, drop_intermediate=drop)
    # scikit-learn < 1.3 puts max + 1 first, later ones infinity: left out here.
    return {"fpr": fpr.tolist(), "tpr": tpr.tolist(), "thresholds": thresholds[1:].tolist()}


def delong(labels, scores):
    pos, neg = scores[labels == 1], scores[labels == 0]
    wins = (pos[:, None] > neg[None, :]) + 0.5 * (pos[:, None] == neg[None, :])
    return wins.mean(1).var(ddof=1) / len(pos) + wins.mean(0).var(ddof=1) / len(neg)


def score_set(n, levels):
    labels = rng.integers(0, 2, n)
    labels[:4] = [0, 0, 1, 1]
    scores = rng.normal(size=n) + labels * rng.uniform(0, 2)
    if levels:
        scores = np.round(scores * levels) / levels
    called = (scores >= 0.5).astype(int)
    tn, fp, fn, tp = metrics.confusion_matrix(labels, called, labels=[0, 1]).ravel().tolist()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rates = {
            "accuracy": metrics.accuracy_score(labels, called),
            "precision": metrics.precision_score(labels, called),
            "tpr": metrics.recall_score(labels, called),
            "f1": metrics.f1_score(labels, called),
            "balancedAccuracy": metrics.balanced_accuracy_score(labels, called),
            "mcc": metrics.matthews_corrcoef(labels, called),
        }
    return {
        "labels": labels.tolist(),
        "scores": scores.tolist(),
        "roc": roc(labels, scores, True),
        "fullRoc": roc(labels, scores, False),
        "auc": metrics.roc_auc_score(labels, scores),
        "delongVariance": delong(labels, scores),
        "confusion": {"tp": tp, "fp": fp, "tn": tn, "fn": fn},
        "rates": rates,
    }


def luma(rgb):
    return 16 + (rgb / 255) @ np.array([65.481, 128.553, 24.966])


def mean_ssim(a, b):
    # skimage averages over the windows that lie inside the image.
    return structural_similarity(
        a.astype(np.float64), b.astype(np.float64), data_range=255, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
    )


def picture_pair(height, width, crop):
    a = rng.integers(0, 256, (height, width, 3)).astype(np.float64)
    a = np.round(scipy.ndimage.gaussian_filter(a, (1, 1, 0)))
    b = np.clip(np.round(a + rng.normal(0, 12, a.shape)), 0, 255)
    inner = slice(crop, -crop if crop else None)
    ca, cb = a[inner, inner], b[inner, inner]
    ya, yb = luma(ca), luma(cb)
    return {
        "width": width,
        "height": height,
        "crop": crop,
        "a": a.astype(int).ravel().tolist(),
        "b": b.astype(int).ravel().tolist(),
        "rgb": {
            "psnr": peak_signal_noise_ratio(ca, cb, data_range=255),
            "ssim": float(np.mean([mean_ssim(ca[..., c], cb[..., c]) for c in range(3)])),
        },
        "y": {"psnr": peak_signal_noise_ratio(ya, yb, data_range=255), "ssim": mean_ssim(ya, yb)},
    }


sets = [(8, 2), (12, 1), (30, 0), (30, 2), (60, 1), (100, 4), (200, 10)]
levels = [1e-300, 1e-20, 1e-9, 1e-4, 0.02, 0.074, 0.076, 0.3, 0.5, 0.6, 0.925, 0.975, 0.995, 0.999999]
proportions = [(0, 5), (5, 5), (1, 3), (355, 364), (1561, 1581), (7, 10)]
json.dump(
    {
        "versions": {"sklearn": sklearn.__version__, "scipy": scipy.__version__, "skimage": skimage.__version__},
        "scoreSets": [score_set(*s) for s in sets],
        "normalQuantile": [{"p": p, "z": float(norm.ppf(p))} for p in levels],
        "wilson": [
            {"successes": k, "n": n, "level": level, "low": ci.low, "high": ci.high}
            for k, n in proportions
            for level in (0.9, 0.95)
            for ci in [binomtest(k, n).proportion_ci(level, "wilson")]
        ],
        "pictures": [picture_pair(17, 23, 0), picture_pair(21, 19, 4)],
    },
    Path(__file__).with_suffix(".json").open("w"),
    indent=None,
    separators=(",", ":"),
)
