"""Small encoded images and the pixels they hold, for the decoders of src/browser and src/node.

PNG is written here from its specification (every colour type, depth, filter and interlace); TIFF by tifffile and Pillow (libtiff);
JPEG and WebP by Pillow. The expected pixels are those that went in where the format is lossless, and Pillow's own decoding
where it is not. Run with Debian's python3-numpy, python3-pil and python3-tifffile:
    python3 test/reference/browser_images.py > test/reference/browser_images.json
"""
import base64
import io
import json
import struct
import zlib

import numpy as np
import tifffile
from PIL import Image, ImageOps

random = np.random.RandomState(4)
cases = []


def add(name, encoded, pixels, tolerance=0, onlyHere=False):
    """onlyHere: libvips, and with it src/node, cannot read it (or reads other pixels: grey with alpha in planes)."""
    pixels = np.asarray(pixels)
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    deep = pixels.dtype == np.uint16
    cases.append(dict(
        name=name, bytes=base64.b64encode(encoded).decode(), width=pixels.shape[1], height=pixels.shape[0],
        channels=pixels.shape[2], maxValue=65535 if deep else 255, tolerance=tolerance, onlyHere=onlyHere,
        pixels=base64.b64encode(pixels.astype('<u2' if deep else 'u1').tobytes()).decode()))


# --- PNG

def chunk(kind, data):
    return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))


def pack(samples, depth):
    """One row of samples as bytes."""
    if depth == 16:
        return samples.astype('>u2').tobytes()
    if depth == 8:
        return samples.astype('u1').tobytes()
    bits = ''.join(format(int(v), f'0{depth}b') for v in samples)
    bits += '0' * (-len(bits) % 8)
    return bytes(int(bits[i:i + 8], 2) for i in range(0, len(bits), 8))


def filtered(rows, step, kinds):
    out, above = b'', None
    for i, row in enumerate(rows):
        row = np.frombuffer(row, 'u1').astype(int)
        up = np.zeros_like(row) if above is None else above
        left = np.concatenate([np.zeros(step, int), row])[:len(row)]
        corner = np.concatenate([np.zeros(step, int), up])[:len(row)]
        kind = kinds[i % len(kinds)]
        p = left + up - corner
        pa, pb, pc = abs(p - left), abs(p - up), abs(p - corner)
        paeth = np.where((pa <= pb) & (pa <= pc), left, np.where(pb <= pc, up, corner))
        predicted = [0 * row, left, up, (left + up) // 2, paeth][kind]
        out += bytes([kind]) + ((row - predicted) % 256).astype('u1').tobytes()
        above = row
    return out


def png(samples, depth, kind, interlaced=False, extra=b'', parts=1):
    height, width, channels = samples.shape
    step = max(1, depth * channels // 8)
    kinds = [4, 3, 2, 1, 0]
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    data = b''
    for x, y, dx, dy in passes if interlaced else [(0, 0, 1, 1)]:
        sub = samples[y::dy, x::dx]
        if sub.size:
            data += filtered([pack(row.ravel(), depth) for row in sub], step, kinds)
    packed = zlib.compress(data, 9)
    cuts = [len(packed) * i // parts for i in range(parts + 1)]
    idat = b''.join(chunk(b'IDAT', packed[a:b]) for a, b in zip(cuts, cuts[1:]))
    head = struct.pack('>IIBBBBB', width, height, depth, kind, 0, 0, int(interlaced))
    return b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', head) + extra + idat + chunk(b'IEND', b'')


def noise(height, width, channels, depth):
    return random.randint(0, 2 ** depth, (height, width, channels))


W, H = 11, 13
for interlaced in (False, True):
    how = ', interlaced' if interlaced else ''
    for depth in (1, 2, 4, 8, 16):
        grey = noise(H, W, 1, depth)
        full = (grey * (255 // (2 ** depth - 1))).astype('u1') if depth < 16 else grey.astype('u2')
        add(f'png grey {depth} bits{how}', png(grey, depth, 0, interlaced), full)
        if depth <= 8:
            size = 2 ** depth
            palette = random.randint(0, 256, (size, 3)).astype('u1')
            index = noise(H, W, 1, depth)
            chunks = chunk(b'PLTE', palette.tobytes())
            add(f'png palette {depth} bits{how}', png(index, depth, 3, interlaced, chunks), palette[index[..., 0]])
            alpha = random.randint(0, 256, size).astype('u1')
            alpha[size // 2:] = 255
            clear = chunk(b'tRNS', alpha[:size // 2].tobytes())
            rgba = np.concatenate([palette, alpha[:, None]], 1)
            add(f'png palette with alpha {depth} bits{how}', png(index, depth, 3, interlaced, chunks + clear),
                rgba[index[..., 0]])
        else:
            full = grey.astype('u2')
        if depth >= 8:
            kind = 'u1' if depth == 8 else 'u2'
            for code, channels, name in ((2, 3, 'RGB'), (4, 2, 'grey with alpha'), (6, 4, 'RGB with alpha')):
                image = noise(H, W, channels, depth)
                add(f'png {name} {depth} bits{how}', png(image, depth, code, interlaced, parts=3), image.astype(kind))

# A colour that stands for "transparent".
top = {8: (255, 'u1'), 16: (65535, 'u2')}
for depth, (most, kind) in top.items():
    image = noise(H, W, 3, depth)
    image[2:5, 3:6] = key = image[0, 0]
    alpha = np.where((image == key).all(-1, keepdims=True), 0, most)
    add(f'png RGB with a transparent colour {depth} bits',
        png(image, depth, 2, extra=chunk(b'tRNS', struct.pack('>HHH', *map(int, key)))),
        np.concatenate([image, alpha], -1).astype(kind))
for depth in (2, 8, 16):
    image = noise(H, W, 1, depth)
    key = int(image[0, 0, 0])
    most, kind = top[16 if depth == 16 else 8]
    scaled = image * (most // (2 ** depth - 1))
    add(f'png grey with a transparent grey {depth} bits', png(image, depth, 0, extra=chunk(b'tRNS', struct.pack('>H', key))),
        np.concatenate([scaled, np.where(image == key, 0, most)], -1).astype(kind))
one = noise(1, 1, 3, 8)
add('png of one pixel', png(one, 8, 2), one.astype('u1'))
add('png of one column, interlaced', png(noise(9, 1, 1, 8) * 0 + 7, 8, 0, True), np.full((9, 1), 7, 'u1'))
image = noise(H, W, 3, 8).astype('u1')
add('png with a colour profile and a text that are not looked at',
    png(image, 8, 2, extra=chunk(b'gAMA', struct.pack('>I', 30000)) + chunk(b'tEXt', b'Comment\0hello')), image)

# --- TIFF

def tiff(pixels, **options):
    file = io.BytesIO()
    tifffile.imwrite(file, pixels, metadata=None, **options)
    return file.getvalue()


def pillow(image, kind, **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


for kind, depth in (('u1', 8), ('u2', 16)):
    for channels, name in ((1, 'grey'), (2, 'grey with alpha'), (3, 'RGB'), (4, 'RGB with alpha')):
        pixels = noise(18, 19, channels, depth).astype(kind)
        flat = pixels[..., 0] if channels == 1 else pixels
        about = dict(photometric='rgb' if channels > 2 else 'minisblack', planarconfig='contig')
        if channels % 2 == 0:
            about['extrasamples'] = ['unassalpha']
        add(f'tiff {name} {depth} bits', tiff(flat, **about), pixels)
        add(f'tiff {name} {depth} bits, big endian, deflate, strips of 7 rows',
            tiff(flat, byteorder='>', compression='zlib', rowsperstrip=7, **about), pixels)
        add(f'tiff {name} {depth} bits, tiles, deflate', tiff(flat, compression='zlib', tile=(16, 16), **about), pixels)
        if channels > 1:
            about['planarconfig'] = 'separate'
            add(f'tiff {name} {depth} bits, planes', tiff(np.moveaxis(pixels, -1, 0), rowsperstrip=7, **about), pixels,
                onlyHere=channels == 2)
        if channels == 3:
            add(f'tiff {name} {depth} bits, tiles of planes',
                tiff(np.moveaxis(pixels, -1, 0), tile=(16, 16), **about), pixels, onlyHere=True)
smooth = (np.add.outer(np.arange(20) * 3, np.arange(30) * 2)[..., None] + np.arange(3) * 40 + noise(20, 30, 3, 2)) % 256
smooth = smooth.astype('u1')
for packing in ('tiff_lzw', 'packbits', 'tiff_adobe_deflate'):
    rgb = Image.fromarray(smooth)
    add(f'tiff {packing}', pillow(rgb, 'TIFF', compression=packing), smooth)
    if packing != 'packbits':
        add(f'tiff {packing}, predictor', pillow(rgb, 'TIFF', compression=packing, tiffinfo={317: 2}), smooth)
wide = noise(60, 90, 1, 8).astype('u1')[..., 0] // 64 * 64
add('tiff tiff_lzw, long', pillow(Image.fromarray(wide), 'TIFF', compression='tiff_lzw'), wide)
deep = (np.add.outer(np.arange(20) * 700, np.arange(30) * 1300) % 65536).astype('u2')
add('tiff tiff_lzw, predictor, 16 bits', pillow(Image.fromarray(deep), 'TIFF', compression='tiff_lzw', tiffinfo={317: 2}),
    deep)
bits = noise(H, W, 1, 1)[..., 0].astype('u1')
add('tiff 1 bit', pillow(Image.fromarray(bits * 255).convert('1'), 'TIFF'), bits * 255)
index = noise(H, W, 1, 8)[..., 0].astype('u1')
palette = random.randint(0, 256, (256, 3)).astype('u1')
indexed = Image.fromarray(index)
indexed.putpalette(palette.tobytes())
add('tiff palette', pillow(indexed, 'TIFF'), palette[index])
grey = noise(H, W, 1, 8)[..., 0].astype('u1')
add('tiff grey, white is zero', tiff(grey, photometric='miniswhite'), 255 - grey)

# --- EXIF orientations: stored pixels, and how they are to be shown

stored = noise(5, 7, 3, 8).astype('u1')
for orientation in range(1, 9):
    exif = Image.Exif()
    exif[274] = orientation
    image = Image.fromarray(stored)
    image.getexif()[274] = orientation
    shown = np.asarray(ImageOps.exif_transpose(image)) if orientation > 1 else stored
    eXIf = chunk(b'eXIf', exif.tobytes()[6:])
    add(f'png, orientation {orientation}', png(stored.astype(int), 8, 2, extra=eXIf), shown)
    add(f'tiff, orientation {orientation}', tiff(stored, photometric='rgb', extratags=[(274, 'H', 1, orientation, True)]), shown)

# --- JPEG and WebP: whole blocks of slowly changing colours, so that the encoder's loss stays small

y, x = np.mgrid[0:24, 0:40]
photo = np.stack([128 + 100 * np.sin(x / 9 + y / 7), 128 + 90 * np.cos(x / 8 - y / 11), 60 + 3 * x + y], -1).round().astype('u1')


def lossy(name, kind, image, tolerance, **options):
    encoded = pillow(image, kind, **options)
    decoded = Image.open(io.BytesIO(encoded))
    add(name, encoded, np.asarray(ImageOps.exif_transpose(decoded)), tolerance)


rgb = Image.fromarray(photo)
lossy('jpeg 4:4:4', 'JPEG', rgb, 1, quality=90, subsampling=0)
lossy('jpeg 4:2:0', 'JPEG', rgb, 1, quality=90, subsampling=2)
lossy('jpeg 4:2:2, progressive', 'JPEG', rgb, 1, quality=80, subsampling=1, progressive=True)
lossy('jpeg grey', 'JPEG', rgb.convert('L'), 1, quality=90)
for orientation in (3, 6, 8, 5):
    exif = Image.Exif()
    exif[274] = orientation
    lossy(f'jpeg, orientation {orientation}', 'JPEG', rgb, 1, quality=90, subsampling=0, exif=exif)
    lossy(f'webp, orientation {orientation}', 'WEBP', rgb, 0, lossless=True, exif=exif)
rgba = np.concatenate([photo, noise(24, 40, 1, 8).astype('u1')], -1)
rgba[:4, :4, 3] = 0
lossy('webp lossless', 'WEBP', rgb, 0, lossless=True)
lossy('webp lossless with alpha', 'WEBP', Image.fromarray(rgba), 0, lossless=True, exact=True)
lossy('webp lossy', 'WEBP', rgb, 1, quality=90)
lossy('webp lossy with alpha', 'WEBP', Image.fromarray(rgba), 1, quality=90)

print(json.dumps(dict(source='numpy, tifffile, Pillow', cases=cases), indent=0))
