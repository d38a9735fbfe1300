"""Golden values for degradations: blur by SciPy and numpy, JPEG by Pillow over libjpeg.

Run with Debian's python3-scipy and python3-pil:
    python3 test/reference/data_degrade.py > test/reference/data_degrade.json
"""
import io
import json
import math

import numpy as np
import PIL
import scipy
from PIL import Image, features
from scipy import ndimage

rng = np.random.default_rng(11)


def smooth(h, w, channels):
    """Something like a picture: blurred noise over the whole range, 8 bits."""
    x = ndimage.gaussian_filter(rng.random((h, w, channels)), (2, 2, 0))
    x = (x - x.min()) / (x.max() - x.min())
    return np.rint(255 * x).astype(np.uint8)


def turned(along, across, degrees):
    """A rotated Gaussian at the pixels' centres within 4 standard deviations, angle clockwise from the horizontal."""
    t = np.deg2rad(degrees)
    r = math.ceil(4 * max(along, across))
    y, x = np.mgrid[-r:r + 1, -r:r + 1]
    axes = np.array([[np.cos(t), np.sin(t)], [-np.sin(t), np.cos(t)]])
    cov = axes.T @ np.diag([along**2, across**2]) @ axes
    inv = np.linalg.inv(cov)
    square = inv[0, 0] * x * x + 2 * inv[0, 1] * x * y + inv[1, 1] * y * y
    kernel = np.where(square <= 16, np.exp(-square / 2), 0)
    return kernel / kernel.sum()


def blur_case(h, w, channels, along, across=None, angle=0.0, depth=8):
    image = rng.integers(0, 2**depth, (h, w, channels)).astype(np.float64)
    across = along if across is None else across
    planes = []
    for c in range(channels):
        if angle == 0:
            planes.append(ndimage.gaussian_filter(image[..., c], (across, along), mode='reflect', truncate=4.0))
        elif angle == 90:
            planes.append(ndimage.gaussian_filter(image[..., c], (along, across), mode='reflect', truncate=4.0))
        else:
            # correlate, not convolve; the kernel is symmetric about its centre, so both are the same.
            planes.append(ndimage.correlate(image[..., c], turned(along, across, angle), mode='reflect'))
    out = np.stack(planes, axis=-1)
    return dict(width=w, height=h, channels=channels, maxValue=2**depth - 1, along=along, across=across, angle=angle,
                input=image.astype(int).ravel().tolist(), output=out.round(6).ravel().tolist())


def jpeg_case(h, w, channels, quality, subsampling):
    image = smooth(h, w, channels)
    pixels = image[..., 0] if channels == 1 else image
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, 'JPEG', quality=quality, subsampling={'4:4:4': 0, '4:2:0': 2}[subsampling])
    out = np.asarray(Image.open(io.BytesIO(file.getvalue()))).reshape(h, w, channels)
    return dict(width=w, height=h, channels=channels, quality=quality, subsampling=subsampling,
                input=image.ravel().tolist(), output=out.ravel().tolist())


print(json.dumps(dict(
    source=f'scipy {scipy.__version__} ndimage, Pillow {PIL.__version__} over libjpeg-turbo {features.version("libjpeg_turbo")}',
    blur=[
        blur_case(9, 12, 3, 1.0),
        blur_case(7, 5, 1, 3.3),
        blur_case(6, 8, 1, 0.1),
        blur_case(8, 7, 1, 0.6, depth=16),
        blur_case(10, 9, 1, 2.5, 0.7),
        blur_case(10, 9, 3, 2.5, 0.7, 90),
        blur_case(11, 14, 1, 2.2, 0.8, 30),
        blur_case(9, 8, 3, 1.3, 2.9, -63.0),
    ],
    jpeg=[
        jpeg_case(16, 24, 3, 90, '4:4:4'),
        jpeg_case(17, 23, 3, 50, '4:4:4'),
        jpeg_case(32, 32, 3, 75, '4:2:0'),
        jpeg_case(29, 35, 3, 30, '4:2:0'),
        jpeg_case(13, 9, 3, 95, '4:2:0'),
        jpeg_case(1, 1, 3, 60, '4:2:0'),
        jpeg_case(2, 37, 3, 10, '4:2:0'),
        jpeg_case(19, 21, 1, 40, '4:2:0'),
        jpeg_case(24, 16, 3, 100, '4:2:0'),
        jpeg_case(24, 16, 3, 1, '4:4:4'),
    ])))
