"""Golden values for augmentation: keras-preprocessing 1.1.2's `apply_affine_transform` written out over SciPy, which it calls.

Run with Debian's python3-scipy:
    python3 test/reference/data_augment.py > test/reference/data_augment.json
"""
import json

import numpy as np
import scipy
from scipy import ndimage


def keras_matrix(h, w, theta, tx, ty, shear, zx, zy, centre):
    matrix = np.eye(3)
    if theta != 0:
        t = np.deg2rad(theta)
        matrix = np.array([[np.cos(t), -np.sin(t), 0], [np.sin(t), np.cos(t), 0], [0, 0, 1]])
    if tx != 0 or ty != 0:
        matrix = matrix @ np.array([[1, 0, tx], [0, 1, ty], [0, 0, 1]])
    if shear != 0:
        s = np.deg2rad(shear)
        matrix = matrix @ np.array([[1, -np.sin(s), 0], [0, np.cos(s), 0], [0, 0, 1]])
    if zx != 1 or zy != 1:
        matrix = matrix @ np.array([[zx, 0, 0], [0, zy, 0], [0, 0, 1]])
    half = 0.5 if centre == 'keras1' else -0.5
    o_x, o_y = h / 2 + half, w / 2 + half
    offset = np.array([[1, 0, o_x], [0, 1, o_y], [0, 0, 1]])
    reset = np.array([[1, 0, -o_x], [0, 1, -o_y], [0, 0, 1]])
    return offset @ matrix @ reset


def case(rng, h, w, mode, centre, theta=0.0, tx=0.0, ty=0.0, shear=0.0, zx=1.0, zy=1.0, flip_h=False, flip_v=False):
    image = rng.random((h, w, 2)).round(4)
    m = keras_matrix(h, w, theta, tx * h, ty * w, shear, zx, zy, centre)
    scipy_mode = {'wrap': 'grid-wrap'}.get(mode, mode)
    out = np.stack([ndimage.affine_transform(image[..., c], m[:2, :2], m[:2, 2], order=1, mode=scipy_mode, cval=0.25)
                    for c in range(2)], axis=-1)
    if flip_h:
        out = out[:, ::-1]
    if flip_v:
        out = out[::-1]
    return dict(height=h, width=w, fillMode=mode, centre=centre,
                augmentation=dict(theta=theta, zoomRows=zx, zoomColumns=zy, shiftRows=tx, shiftColumns=ty, shear=shear,
                                  flipHorizontal=flip_h, flipVertical=flip_v),
                input=image.ravel().tolist(), output=out.round(7).ravel().tolist())


rng = np.random.default_rng(3)
cases = []
for mode in ('reflect', 'nearest', 'wrap'):
    cases.append(case(rng, 9, 12, mode, 'keras3', theta=10, zx=1.1, zy=0.93))
    cases.append(case(rng, 8, 7, mode, 'keras1', theta=-7.5, zx=0.9, zy=1.04))
cases.append(case(rng, 9, 12, 'reflect', 'keras3', theta=130, zx=1.3, zy=1.5))
cases.append(case(rng, 9, 12, 'reflect', 'keras3', tx=0.21, ty=-0.34, shear=12.0))
cases.append(case(rng, 9, 12, 'reflect', 'keras3', theta=4, tx=0.1, ty=0.2, shear=-5.0, zx=1.05, zy=0.97, flip_h=True))
cases.append(case(rng, 8, 10, 'reflect', 'keras3', theta=4, zx=1.05, flip_v=True))
cases.append(case(rng, 8, 10, 'reflect', 'keras3'))
print(json.dumps(dict(source=f'scipy {scipy.__version__} ndimage.affine_transform(order=1)', cases=cases)))
