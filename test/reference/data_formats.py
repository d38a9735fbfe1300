"""Small image files of every kind that readImage must know, with the pixels they hold. PNG is written here by hand after the
specification (ISO/IEC 15948), so that what stands in it does not depend on a library; TIFF by tifffile and Pillow; JPEG and WebP
by Pillow, whose decoder then says what they hold (`tolerance`: how far another decoder may be). Run with Debian's
python3-numpy, python3-pil and python3-tifffile:
    python3 test/reference/data_formats.py > test/reference/data_formats.json
"""
import base64
import io
import json
import struct
import zlib

import numpy as np
import tifffile
from PIL import Image, ImageOps

W, H = 5, 4
rng = np.random.default_rng(1)
images = []


def add(name, data, pixels, tolerance=0):
    pixels = np.asarray(pixels)
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    images.append(dict(name=name, file=base64.b64encode(data).decode(), width=pixels.shape[1], height=pixels.shape[0],
                       channels=pixels.shape[2], maxValue=65535 if pixels.dtype == np.uint16 else 255, tolerance=tolerance,
                       data=pixels.ravel().tolist()))


def noise(channels, high=256, dtype=np.uint8):
    return rng.integers(0, high, (H, W, channels)).astype(dtype)


# PNG ---------------------------------------------------------------------------------------------------------------
def chunk(kind, data):
    return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))


def rows(samples, depth):
    """Scanlines of filter type 0."""
    out = b''
    for row in samples:
        values = row.ravel()
        if depth == 16:
            packed = values.astype('>u2').tobytes()
        elif depth == 8:
            packed = values.astype(np.uint8).tobytes()
        else:
            bits = ''.join(format(int(v), f'0{depth}b') for v in values)
            bits += '0' * (-len(bits) % 8)
            packed = bytes(int(bits[i:i + 8], 2) for i in range(0, len(bits), 8))
        out += b'\0' + packed
    return out


ADAM7 = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]


def png(samples, depth, colour, extra=b'', interlaced=False):
    if interlaced:
        passes = [samples[y::dy, x::dx] for y, x, dy, dx in ADAM7]
        raw = b''.join(rows(part, depth) for part in passes if part.size)
    else:
        raw = rows(samples, depth)
    header = struct.pack('>IIBBBBB', samples.shape[1], samples.shape[0], depth, colour, 0, 0, int(interlaced))
    return (b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', header) + extra + chunk(b'IDAT', zlib.compress(raw)) + chunk(b'IEND', b''))


for interlaced in (False, True):
    kind = ' interlaced' if interlaced else ''
    for depth in (1, 2, 4):
        grey = noise(1, 2 ** depth)
        add(f'PNG grey {depth} bit{kind}', png(grey, depth, 0, interlaced=interlaced),
            (grey * (255 // (2 ** depth - 1))).astype(np.uint8))
    for depth, dtype in ((8, np.uint8), (16, np.uint16)):
        for channels, colour, what in ((1, 0, 'grey'), (2, 4, 'grey alpha'), (3, 2, 'RGB'), (4, 6, 'RGBA')):
            pixels = noise(channels, 2 ** depth, dtype)
            add(f'PNG {what} {depth} bit{kind}', png(pixels, depth, colour, interlaced=interlaced), pixels)
    for depth in (1, 2, 4, 8):
        n = min(2 ** depth, 9)
        palette = rng.integers(0, 256, (n, 3)).astype(np.uint8)
        index = noise(1, n)
        plte = chunk(b'PLTE', palette.tobytes())
        add(f'PNG palette {depth} bit{kind}', png(index, depth, 3, plte, interlaced), palette[index[..., 0]])
        alpha = np.full(n, 255, np.uint8)
        alpha[:2] = 0, 77
        full = np.concatenate([palette, alpha[:, None]], 1)
        add(f'PNG palette alpha {depth} bit{kind}',
            png(index, depth, 3, plte + chunk(b'tRNS', alpha[:2].tobytes()), interlaced), full[index[..., 0]])

for depth, dtype in ((8, np.uint8), (16, np.uint16)):
    top = 2 ** depth - 1
    grey = noise(1, 2 ** depth, dtype)
    key = int(grey[1, 1, 0])
    add(f'PNG grey {depth} bit, one value transparent', png(grey, depth, 0, chunk(b'tRNS', struct.pack('>H', key))),
        np.concatenate([grey, np.where(grey == key, 0, top).astype(dtype)], 2))
    rgb = noise(3, 2 ** depth, dtype)
    key = rgb[2, 3].astype(int).tolist()
    seen = np.all(rgb == rgb[2, 3], 2, keepdims=True)
    add(f'PNG RGB {depth} bit, one colour transparent', png(rgb, depth, 2, chunk(b'tRNS', struct.pack('>3H', *key))),
        np.concatenate([rgb, np.where(seen, 0, top).astype(dtype)], 2))


# TIFF --------------------------------------------------------------------------------------------------------------
def tiff(pixels, **options):
    out = io.BytesIO()
    tifffile.imwrite(out, pixels, metadata=None, **options)
    return out.getvalue()


for depth, dtype in ((8, np.uint8), (16, np.uint16)):
    for channels, what in ((1, 'grey'), (2, 'grey alpha'), (3, 'RGB'), (4, 'RGBA')):
        pixels = noise(channels, 2 ** depth, dtype)
        options = dict(photometric='minisblack' if channels < 3 else 'rgb')
        if channels % 2 == 0:
            options['extrasamples'] = ['unassalpha']
        if channels == 2:
            options['planarconfig'] = 'contig'
        plain = pixels[..., 0] if channels == 1 else pixels
        add(f'TIFF {what} {depth} bit', tiff(plain, **options), pixels)
        add(f'TIFF {what} {depth} bit, big-endian', tiff(plain, byteorder='>', **options), pixels)
        add(f'BigTIFF {what} {depth} bit', tiff(plain, bigtiff=True, **options), pixels)
        if channels > 2:
            planes = np.ascontiguousarray(np.moveaxis(pixels, 2, 0))
            add(f'TIFF {what} {depth} bit, planes', tiff(planes, planarconfig='separate', **options), pixels)
    grey = noise(1, 2 ** depth, dtype)
    add(f'TIFF grey {depth} bit, white is 0', tiff(grey[..., 0], photometric='miniswhite'), 2 ** depth - 1 - grey)
    rgb = noise(3, 2 ** depth, dtype)
    add(f'TIFF RGB {depth} bit, deflate', tiff(rgb, photometric='rgb', compression='zlib', predictor=False), rgb)

for compression in ('tiff_lzw', 'tiff_adobe_deflate', 'packbits'):
    pixels = noise(3)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, 'TIFF', compression=compression)
    add(f'TIFF RGB 8 bit, {compression}', out.getvalue(), pixels)

pages = [noise(3) for _ in range(3)]
out = io.BytesIO()
Image.fromarray(pages[0]).save(out, 'TIFF', save_all=True, append_images=[Image.fromarray(p) for p in pages[1:]])
add('TIFF of three pages', out.getvalue(), pages[0])
index = noise(1, 7)
palette = rng.integers(0, 256, (256, 3)).astype(np.uint8)
paletted = Image.fromarray(index[..., 0], 'P')
paletted.putpalette(palette.ravel().tolist())
out = io.BytesIO()
paletted.save(out, 'TIFF')
add('TIFF palette', out.getvalue(), palette[index[..., 0]])
bits = noise(1, 2)
out = io.BytesIO()
Image.fromarray(bits[..., 0].astype(bool)).save(out, 'TIFF')
add('TIFF 1 bit', out.getvalue(), (bits * 255).astype(np.uint8))


# JPEG and WebP -----------------------------------------------------------------------------------------------------
smooth = np.stack(np.meshgrid(np.linspace(20, 230, 12), np.linspace(40, 200, 9)) + [np.full((9, 12), 90.0)], 2).astype(np.uint8)


def saved(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def decoded(data):
    return np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))))


for name, options in (('4:4:4', dict(subsampling=0)), ('4:2:0', dict(subsampling=2)),
                      ('progressive', dict(progressive=True, subsampling=0))):
    data = saved(Image.fromarray(smooth), 'JPEG', quality=90, **options)
    add(f'JPEG RGB {name}', data, decoded(data), 2)
data = saved(Image.fromarray(smooth[..., 0]), 'JPEG', quality=90)
add('JPEG grey', data, decoded(data), 2)
for orientation in range(1, 9):
    exif = Image.Exif()
    exif[274] = orientation
    data = saved(Image.fromarray(smooth), 'JPEG', quality=95, subsampling=0, exif=exif)
    add(f'JPEG orientation {orientation}', data, decoded(data), 2)

for channels, what in ((3, 'RGB'), (4, 'RGBA')):
    pixels = noise(channels)
    add(f'WebP {what} lossless', saved(Image.fromarray(pixels), 'WEBP', lossless=True, exact=True), pixels)
data = saved(Image.fromarray(smooth), 'WEBP', quality=90)
add('WebP RGB lossy', data, decoded(data), 2)
alpha = np.concatenate([smooth, smooth[..., :1]], 2)
data = saved(Image.fromarray(alpha), 'WEBP', quality=90)
add('WebP RGBA lossy', data, decoded(data), 2)

# CMYK: what RGB it becomes depends on the inks, so only the files are kept: 8 columns each of no ink, cyan, magenta, black.
inks = np.zeros((8, 32, 4), np.uint8)
inks[:, 8:16, 0] = inks[:, 16:24, 1] = inks[:, 24:, 3] = 255
cmyk = [dict(name=kind, file=base64.b64encode(saved(Image.fromarray(inks, 'CMYK'), kind)).decode()) for kind in ('JPEG', 'TIFF')]

print(json.dumps(dict(source='PNG specification, tifffile, Pillow', cmyk=cmyk, images=images)).replace('}, {', '},\n{'))
