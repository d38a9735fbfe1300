"""Golden values for resizeImage: Pillow's antialiased BILINEAR and its NEAREST (what Keras' load_img uses).

Run with Debian's python3-pil:
    python3 test/reference/data_resize.py > test/reference/data_resize.json
"""
import json

import numpy as np
import PIL
from PIL import Image

rng = np.random.default_rng(5)


def case(method, width, height, out_width, out_height):
    image = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    filters = dict(bilinear=Image.BILINEAR, nearest=Image.NEAREST)
    out = np.asarray(Image.fromarray(image).resize((out_width, out_height), filters[method]))
    return dict(method=method, width=width, height=height, outWidth=out_width, outHeight=out_height,
                input=image.ravel().tolist(), output=out.ravel().tolist())


# The last size has no output pixel centre on an input pixel border, where Pillow rounds by accumulated error.
sizes = [(28, 18, 9, 9), (20, 24, 10, 6), (6, 5, 14, 11)]
print(json.dumps(dict(source=f'Pillow {PIL.__version__}', cases=[case(m, *s) for m in ('bilinear', 'nearest') for s in sizes])))
