"""Writes siamese_heads.json: support-set scores by scikit-learn and numpy, Platt's logistic fit by SciPy and scikit-learn.

Run: /usr/bin/python3 test/reference/siamese_heads.py
"""
import json
import pathlib

import numpy as np
import scipy
import sklearn
from scipy.optimize import minimize, root
from scipy.special import expit
from sklearn.calibration import _SigmoidCalibration
from sklearn.metrics.pairwise import pairwise_distances
from sklearn.neighbors import KNeighborsClassifier

rng = np.random.default_rng(20)
size = 4
labels = np.array([0, 1, 1, 0, 1, 0, 0, 1, 1, 0, 1, 1])
references = np.float32(rng.normal(labels[:, None] * 0.8, 1, (len(labels), size)))
queries = np.float32(rng.normal(0.4, 1, (7, size)))
# One query is a reference: its distance is 0.
queries[3] = references[5]
metrics = {"euclidean": "euclidean", "squared": "sqeuclidean", "cosine": "cosine"}
support = {}
for name, metric in metrics.items():
    r, q = references.astype(np.float64), queries.astype(np.float64)
    distances = pairwise_distances(q, r, metric=metric)
    if metric == "cosine":
        distances[3, 5] = 0
    knn = {}
    for weights in ("uniform", "distance"):
        for k in (1, 3, 5, 12):
            model = KNeighborsClassifier(k, weights=weights, metric="precomputed")
            model.fit(np.zeros((len(labels), len(labels))), labels)
            knn[f"{weights} {k}"] = model.predict_proba(distances)[:, 1].tolist()
    mean = [distances[:, labels == c].mean(1) for c in (0, 1)]
    unit = r / np.linalg.norm(r, axis=1, keepdims=True) if metric == "cosine" else r
    centre = [pairwise_distances(q, unit[labels == c].mean(0, keepdims=True), metric=metric)[:, 0] for c in (0, 1)]
    support[name] = {
        "distances": distances.ravel().tolist(),
        "knn": knn,
        "mean-distance": (mean[0] / (mean[0] + mean[1])).tolist(),
        "centroid": (centre[0] / (centre[0] + centre[1])).tolist(),
    }


def platt(distances, similar):
    """P = 1 / (1 + exp(a D + b)) with Platt's targets, to the last digits."""
    s, d = similar.sum(), (1 - similar).sum()
    targets = np.where(similar == 1, (s + 1) / (s + 2), 1 / (d + 2))

    def loss(w):
        z = -(w[0] * distances + w[1])
        p = expit(z)
        return np.sum(np.logaddexp(0, z) - targets * z), np.array([np.sum((targets - p) * distances), np.sum(targets - p)])

    def hessian(w):
        p = expit(-(w[0] * distances + w[1]))
        x = np.stack([distances, np.ones_like(distances)])
        return (x * (p * (1 - p))) @ x.T

    w = minimize(loss, np.zeros(2), jac=True, hess=hessian, method="trust-exact").x
    w = root(lambda v: loss(v)[1], w, jac=hessian, tol=1e-15).x
    calibration = _SigmoidCalibration().fit(-distances, similar)
    assert np.allclose(calibration.predict(-distances), expit(-(w[0] * distances + w[1])), atol=2e-4)
    return {"scale": w[0], "threshold": -w[1] / w[0]}


pairs = []
for gap, shape in ((1.0, 40), (0.2, 60), (6.0, 20)):
    similar = rng.integers(0, 2, shape)
    similar[:2] = [0, 1]
    distances = np.round(np.abs(rng.normal(2 - gap * similar / 2, 0.5)), 3)
    if gap == 6.0:
        # Separated.
        distances = np.where(similar == 1, distances * 0.1, 3 + distances)
    pairs.append({"distances": distances.tolist(), "isSimilar": similar.tolist(), **platt(distances, similar)})

out = {
    "made with": f"scikit-learn {sklearn.__version__}, SciPy {scipy.__version__}, numpy {np.__version__}",
    "embeddingSize": size,
    "labels": labels.tolist(),
    "references": references.ravel().tolist(),
    "queries": queries.ravel().tolist(),
    "support": support,
    "pairHeads": pairs,
}
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(out) + "\n")
