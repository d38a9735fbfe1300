"""Golden values for augmentation: keras-preprocessing 1.1.2's `ImageDataGenerator.apply_transform` and `standardize` written
out over SciPy and Pillow, which it calls.

Run with Debian's python3-scipy and python3-pil:
    python3 test/reference/data_augment.py > test/reference/data_augment.json

`wrap` goes to SciPy as `grid-wrap`: that is the fill that Keras documents (abcd|abcd|abcd). `constant` goes as it is: since
SciPy 1.6 it does not interpolate beyond the outermost pixel centres, `grid-constant` does.
"""
import json

import numpy as np
import PIL
import scipy
from PIL import Image, ImageEnhance
from scipy import ndimage

still = dict(theta=0.0, shiftRows=0.0, shiftColumns=0.0, shiftRowPixels=0, shiftColumnPixels=0, shear=0.0, zoomRows=1.0,
             zoomColumns=1.0, channelShift=0.0, flipHorizontal=False, flipVertical=False)


def keras_matrix(h, w, a, centre):
    """The transform matrix, and None where Keras has none."""
    theta, shear, zx, zy = a['theta'], a['shear'], a['zoomRows'], a['zoomColumns']
    tx = a['shiftRows'] * h + a['shiftRowPixels']
    ty = a['shiftColumns'] * w + a['shiftColumnPixels']
    matrix = None
    if theta != 0:
        t = np.deg2rad(theta)
        matrix = np.array([[np.cos(t), -np.sin(t), 0], [np.sin(t), np.cos(t), 0], [0, 0, 1]])
    steps = []
    if tx != 0 or ty != 0:
        steps.append(np.array([[1, 0, tx], [0, 1, ty], [0, 0, 1]]))
    if shear != 0:
        s = np.deg2rad(shear)
        steps.append(np.array([[1, -np.sin(s), 0], [0, np.cos(s), 0], [0, 0, 1]]))
    if zx != 1 or zy != 1:
        steps.append(np.array([[zx, 0, 0], [0, zy, 0], [0, 0, 1]]))
    for step in steps:
        matrix = step if matrix is None else np.dot(matrix, step)
    if matrix is None:
        return None
    half = 0.5 if centre == 'keras1' else -0.5
    o_x, o_y = h / 2 + half, w / 2 + half
    offset = np.array([[1, 0, o_x], [0, 1, o_y], [0, 0, 1]])
    reset = np.array([[1, 0, -o_x], [0, 1, -o_y], [0, 0, 1]])
    return np.dot(np.dot(offset, matrix), reset)


def affine(x, a, centre, mode, cval):
    m = keras_matrix(*x.shape[:2], a, centre)
    if m is None:
        return x
    scipy_mode = {'wrap': 'grid-wrap'}.get(mode, mode)
    return np.stack([ndimage.affine_transform(x[..., c], m[:2, :2], m[:2, 2], order=1, mode=scipy_mode, cval=cval)
                     for c in range(x.shape[2])], axis=-1)


def channel_shift(x, intensity):
    return np.clip(x + intensity, np.min(x), np.max(x))


def brightness(x, factor):
    x = np.asarray(x, dtype='float32')
    x = x - np.min(x)
    x_max = np.max(x)
    if x_max != 0:
        x = x / x_max
    x = x * 255
    # Nothing may hang on a rounding error of another device.
    assert np.all((x - np.floor(x + 1e-3) > -1e-6) | (np.abs(x - np.rint(x)) < 2e-4))
    image = Image.fromarray(x.astype('uint8'), 'RGB')
    return np.asarray(ImageEnhance.Brightness(image).enhance(factor), dtype='float32')


def apply_transform(x, a, mode, centre, cval):
    """Of an image in 0..255."""
    x = affine(x, a, centre, mode, cval)
    if a['channelShift'] != 0:
        x = channel_shift(x, a['channelShift'] * 255)
    if a['flipHorizontal']:
        x = x[:, ::-1]
    if a['flipVertical']:
        x = x[::-1]
    if 'brightness' in a:
        x = brightness(x, a['brightness'])
    return x


def case(rng, h, w, mode='reflect', centre='keras3', channels=2, image=None, **changes):
    a = {**still, **changes}
    if image is None:
        image = rng.integers(20, 231, (h, w, channels)).astype(np.float64)
    out = apply_transform(image, a, mode, centre, 0.25 * 255) / 255
    return dict(height=h, width=w, channels=channels, fillMode=mode, centre=centre, augmentation=a,
                input=image.astype(int).ravel().tolist(), output=out.astype(np.float64).round(7).ravel().tolist())


def formula(h, w):
    """A picture that needs no file: (31 r^2 + 17 c^2 + 7 r c + 101 k) mod 256."""
    r, c, k = np.meshgrid(np.arange(h), np.arange(w), np.arange(3), indexing='ij')
    return ((31 * r * r + 17 * c * c + 7 * r * c + 101 * k) % 256).astype(np.float64)


def large(mode, centre, **changes):
    """700x460 pixels, every 997th value of the result."""
    a = {**still, **changes}
    out = apply_transform(formula(460, 700), a, mode, centre, 0.25 * 255) / 255
    return dict(height=460, width=700, fillMode=mode, centre=centre, augmentation=a, step=997,
                output=out.ravel()[::997].round(7).tolist())


rng = np.random.default_rng(3)
cases = []
for mode in ('reflect', 'nearest', 'wrap', 'constant'):
    cases.append(case(rng, 9, 12, mode, theta=10, zoomRows=1.1, zoomColumns=0.93))
    cases.append(case(rng, 8, 7, mode, 'keras1', theta=-7.5, zoomRows=0.9, zoomColumns=1.04))
    # Half a pixel beyond the edge.
    cases.append(case(rng, 6, 7, mode, shiftRowPixels=0.5, shiftColumnPixels=-0.5))
cases.append(case(rng, 9, 12, theta=130, zoomRows=1.3, zoomColumns=1.5))
cases.append(case(rng, 9, 12, shiftRows=0.21, shiftColumns=-0.34, shear=12.0))
cases.append(case(rng, 9, 12, 'nearest', shiftRowPixels=3, shiftColumnPixels=-14))
cases.append(case(rng, 9, 12, theta=4, shiftRows=0.1, shiftColumns=0.2, shear=-5.0, zoomRows=1.05, zoomColumns=0.97,
                  flipHorizontal=True))
cases.append(case(rng, 8, 10, theta=4, zoomRows=1.05, flipVertical=True))
cases.append(case(rng, 8, 10, flipHorizontal=True, flipVertical=True))
cases.append(case(rng, 8, 10))
cases.append(case(rng, 8, 10, channelShift=0.2))
cases.append(case(rng, 8, 10, 'constant', theta=20, channelShift=-0.35, flipHorizontal=True))
for factor in (0.0, 0.3, 0.7, 1.0, 1.1, 1.75):
    cases.append(case(rng, 8, 10, channels=3, brightness=factor))
cases.append(case(rng, 8, 10, channels=3, channelShift=0.1, flipVertical=True, brightness=0.8))
cases.append(case(rng, 4, 5, channels=3, image=np.full((4, 5, 3), 90.0), brightness=1.2))
cases.append(case(rng, 6, 5, 'nearest', channels=3, theta=7, zoomRows=0.9, flipHorizontal=True, brightness=0.6))
print(json.dumps(dict(
    source=f'scipy {scipy.__version__} ndimage.affine_transform(order=1), Pillow {PIL.__version__} ImageEnhance.Brightness',
    cases=cases,
    large=[large('reflect', 'keras3', theta=9.7, zoomRows=1.09, zoomColumns=0.91),
           large('nearest', 'keras1', theta=-137.0, shear=20.0, shiftRows=0.1),
           large('wrap', 'keras3', theta=33.3, zoomRows=2.3, zoomColumns=0.7, flipVertical=True),
           large('constant', 'keras3', theta=-10, shiftColumnPixels=31, channelShift=0.15)],
)))
