"""Writes backend_affine.json: scipy.ndimage.affine_transform, order 1, per channel, for every fill mode."""
import json
from pathlib import Path

import numpy as np
import scipy
from scipy.ndimage import affine_transform

rng = np.random.default_rng(7)
images = rng.random((2, 7, 9, 2)).astype(np.float32)
angle = np.deg2rad(33)
rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
centre = np.array([3.0, 4.0])
cases = [
    ("identity", np.eye(2), np.zeros(2)),
    ("half a pixel", np.eye(2), np.array([0.5, -0.25])),
    ("far away", np.eye(2), np.array([-23.3, 31.6])),
    ("rotated", rotation, centre - rotation @ centre),
    ("zoomed out", np.diag([2.7, 1.9]), np.array([-5.2, -4.1])),
    ("sheared", np.array([[1.1, 0.4], [-0.3, 0.8]]), np.array([-1.7, 2.2])),
    ("mirrored", np.diag([1.0, -1.0]), np.array([0.0, 8.0])),
]
modes = {"nearest": "nearest", "reflect": "reflect", "wrap": "grid-wrap", "constant": "constant"}
results = []
for name, matrix, offset in cases:
    for mode, scipy_mode in modes.items():
        out = np.stack(
            [
                np.stack(
                    [
                        affine_transform(images[b, :, :, c], matrix, offset, order=1, mode=scipy_mode, cval=0.3)
                        for c in range(images.shape[3])
                    ],
                    axis=-1,
                )
                for b in range(images.shape[0])
            ]
        )
        row = [*matrix[0], offset[0], *matrix[1], offset[1]]
        results.append({"name": name, "mode": mode, "matrix": row, "values": [round(float(v), 6) for v in out.ravel()]})
target = Path(__file__).with_suffix(".json")
target.write_text(
    json.dumps(
        {
            "scipy": scipy.__version__,
            "shape": images.shape,
            "fillValue": 0.3,
            "images": [round(float(v), 8) for v in images.ravel()],
            "cases": results,
        },
        separators=(",", ":"),
    )
    + "\n"
)
