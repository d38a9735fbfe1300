"""Checksums of decoded real images, by Pillow, for comparison with readImage. Run beside the real data with Debian's python3-pil:
    python3 test/reference/data_images.py ../shared/data > test/reference/data_images.json
"""
import json
import sys

import numpy as np
from PIL import Image

root = sys.argv[1]
paths = [
    'BreaKHis_v1/histology_slides/breast/benign/SOB/adenosis/SOB_B_A_14-22549AB/100X/SOB_B_A-14-22549AB-100-001.png',
    'sr/Set5/butterfly.png',
    'sr/xinntao-ESRGAN/LR_comic.png',
    'reference/psnr-ssim/camera.png',
    'misc/skimage/chelsea.png',
    'misc/torchstain/target.png',
]
images = []
for path in paths:
    pixels = np.asarray(Image.open(f'{root}/{path}'))
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    flat = pixels.ravel().astype(np.int64)
    images.append(dict(path=path, width=pixels.shape[1], height=pixels.shape[0], channels=pixels.shape[2],
                       sum=int(flat.sum()), weighted=int((flat * (np.arange(flat.size) % 8191)).sum())))
print(json.dumps(dict(source='Pillow', images=images), indent=1))
