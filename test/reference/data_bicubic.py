"""Golden values for MATLAB's bicubic imresize, written from its definition, pixel by pixel and without separability tricks.

Each axis is a dense matrix made by evaluating Keys' kernel at every (padded) source pixel. Run with Debian's python3 and numpy:
    python3 test/reference/data_bicubic.py > test/reference/data_bicubic.json
"""
import json
import math

import numpy as np


def keys(x):
    x = abs(x)
    if x <= 1:
        return 1.5 * x**3 - 2.5 * x**2 + 1
    if x <= 2:
        return -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2
    return 0.0


def matrix(n, m, scale):
    s = min(1.0, scale)
    w = np.zeros((m, n))
    for x in range(m):
        u = (x + 0.5) / scale - 0.5
        reach = int(math.ceil(2 / s)) + 1
        for p in range(math.floor(u) - reach, math.floor(u) + reach + 2):
            q = p
            while q < 0 or q >= n:  # symmetric: mirror about the outer edges until inside
                q = -1 - q if q < 0 else 2 * n - 1 - q
            w[x, q] += keys((u - p) * s)
        w[x] /= w[x].sum()
    return w


def case(rng, width, height, channels, scale=None, out=None, depth=8):
    top = 2**depth - 1
    image = rng.integers(0, top + 1, (height, width, channels)).astype(np.float64)
    if scale is None:
        out_w, out_h = out
        sx, sy = out_w / width, out_h / height
    else:
        out_w, out_h = math.ceil(width * scale), math.ceil(height * scale)
        sx = sy = scale
    full = np.einsum('yh,hwc,xw->yxc', matrix(height, out_h, sy), image, matrix(width, out_w, sx))
    # Nothing may hang on how an exact half is rounded.
    assert np.abs(full - np.floor(full) - 0.5).min() > 1e-9 * (top / 255)
    return dict(width=width, height=height, channels=channels, maxValue=top, scale=scale, outWidth=out_w, outHeight=out_h,
                input=image.astype(int).ravel().tolist(),
                output=np.floor(np.clip(full, 0, top) + 0.5).astype(int).ravel().tolist())


rng = np.random.default_rng(7)
print(json.dumps(dict(
    source='numpy, from the definition of MATLAB imresize (bicubic, antialiased)',
    cases=[
        case(rng, 24, 16, 3, scale=0.25),
        case(rng, 13, 9, 1, scale=1 / 3),
        case(rng, 6, 5, 3, scale=4),
        case(rng, 7, 6, 1, scale=1.7),
        case(rng, 3, 2, 1, scale=0.2),
        case(rng, 11, 8, 3, out=(7, 13)),
        # Not whole, down and up; odd, narrow and flat pictures; 16 bits; a kernel wider than the picture.
        case(rng, 41, 29, 3, scale=0.37),
        case(rng, 31, 17, 3, scale=1 / 3),
        case(rng, 9, 7, 3, scale=2.5),
        case(rng, 5, 6, 1, scale=7.3),
        case(rng, 4, 3, 3, scale=16),
        case(rng, 1, 33, 1, scale=0.3),
        case(rng, 47, 2, 3, scale=0.45),
        case(rng, 1, 1, 3, scale=3.5),
        case(rng, 19, 13, 3, scale=0.37, depth=16),
        case(rng, 6, 5, 1, scale=2.5, depth=16),
        case(rng, 24, 20, 4, scale=0.25, depth=16),
        case(rng, 10, 6, 2, scale=1.25),
        case(rng, 40, 3, 1, scale=0.05),
        case(rng, 5, 40, 1, out=(50, 4)),
    ])))
