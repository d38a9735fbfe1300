"""The PSNR stage of `npm run verify:esrgan` in PyTorch, to know beforehand what to expect of it: an RRDB network without
skip from random weights, L1, Adam (0.9, 0.999), on 100x BreaKHis images of some patients; every 100 steps the mean PSNR
(Y, crop 4) of held-out patients' images beside bicubic interpolation. Slow; run by hand:

    /usr/bin/python3 test/reference/esrgan_recipe.py BREAKHIS_FOLDER [--steps N] [--batch N] [--patch N] [--rate R] ...
"""
import argparse, importlib.util, math, pathlib, re, time
import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

here = pathlib.Path(__file__).parent


def module(name):
    spec = importlib.util.spec_from_file_location(name, here / f"{name}.py")
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def keys(x):
    x = np.abs(x)
    return np.where(x <= 1, 1.5 * x**3 - 2.5 * x**2 + 1, np.where(x <= 2, -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2, 0))


def matrix(n, scale):
    """One axis of MATLAB's imresize as a matrix."""
    s, m = min(1, scale), round(n * scale)
    w = np.zeros((m, n))
    for x in range(m):
        u = (x + 0.5) / scale - 0.5
        p = np.arange(math.floor(u - 2 / s), math.ceil(u + 2 / s) + 1)
        q = np.mod(p, 2 * n)
        np.add.at(w[x], np.where(q >= n, 2 * n - 1 - q, q), keys((u - p) * s))
    return w / w.sum(1, keepdims=True)


def resized(images, scale):
    """uint8-rounded; images `[..., height, width, 3]` on 0..255."""
    h, w = matrix(images.shape[-3], scale), matrix(images.shape[-2], scale)
    return np.clip(np.round(np.einsum("ah,...hwc,bw->...abc", h, images, w, optimize=True)), 0, 255)


def psnr(a, b):
    y = lambda image: 16 + image[4:-4, 4:-4] @ np.array([65.481, 128.553, 24.966]) / 255
    return 10 * math.log10(255**2 / ((y(a) - y(b)) ** 2).mean())


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    for name, kind, value in [("steps", int, 1000), ("batch", int, 4), ("patch", int, 96), ("rate", float, 1e-3),
                              ("blocks", int, 3), ("features", int, 32), ("growth", int, 16), ("seed", int, 0),
                              ("threads", int, 2), ("every", int, 100), ("warm", int, 0)]:
        parser.add_argument(f"--{name}", type=kind, default=value)
    parser.add_argument("--schedule", choices=["constant", "cosine"], default="cosine")
    parser.add_argument("--ema", type=float, default=0)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    rng = np.random.default_rng(args.seed)

    files = sorted(pathlib.Path(args.folder).rglob("*-100-*.png"))
    patient = lambda file: re.match(r"SOB_._[A-Z]+-(\d+-\w+)-", file.name)[1]
    patients = sorted({patient(file) for file in files})
    held = set(patients[::5])
    read = lambda file: np.asarray(Image.open(file).convert("RGB")).astype(np.float64)
    train = [read(file) for file in files if patient(file) not in held]
    first = {patient(file): file for file in reversed(files) if patient(file) in held}
    truths = [image[: image.shape[0] // 4 * 4, :, :] for image in map(read, first.values())]
    smalls = [resized(image, 1 / 4) for image in truths]
    bicubic = [psnr(resized(small, 4), truth) for small, truth in zip(smalls, truths)]
    print(f"{len(train)} images of {len(patients) - len(held)} patients; held out: {len(truths)} images, one of each of {len(held)} patients")
    print(f"bicubic {np.mean(bicubic):.3f} dB", flush=True)

    net = module("esrgan_networks").Generator(args.blocks, args.features, args.growth, 4)
    for name, parameter in net.named_parameters():
        if name.startswith("body."):
            if name.endswith("weight"):
                torch.nn.init.kaiming_normal_(parameter)
                parameter.data *= 0.1
            else:
                parameter.data.zero_()
    print(f"{sum(p.numel() for p in net.parameters())} parameters; {vars(args)}", flush=True)
    adam = torch.optim.Adam(net.parameters(), lr=args.rate, betas=(0.9, 0.999))
    started, evaluated, order, recent = time.time(), 0.0, [], []
    for step in range(args.steps):
        rate = args.rate if args.schedule == "constant" else args.rate * (1 + math.cos(math.pi * step / args.steps)) / 2
        if step < args.warm:
            rate = args.rate * (step + 1) / args.warm
        for group in adam.param_groups:
            group["lr"] = rate
        hr = []
        for _ in range(args.batch):
            if not order:
                order = list(rng.permutation(len(train)))
            image = train[order.pop()]
            top, left = rng.integers(image.shape[0] - args.patch + 1), rng.integers(image.shape[1] - args.patch + 1)
            piece = image[top : top + args.patch, left : left + args.patch]
            if rng.random() < 0.5: piece = piece[:, ::-1]
            if rng.random() < 0.5: piece = piece[::-1]
            if rng.random() < 0.5: piece = piece.transpose(1, 0, 2)
            hr.append(piece)
        hr = np.stack(hr)
        to = lambda images: torch.from_numpy(images).permute(0, 3, 1, 2).float() / 255
        adam.zero_grad()
        loss = F.l1_loss(net(to(resized(hr, 1 / 4))), to(hr))
        loss.backward()
        adam.step()
        recent.append(loss.item())
        if (step + 1) % args.every == 0 or step + 1 == args.steps:
            pause = time.time()
            with torch.no_grad():
                outputs = [net(to(small[None])).clamp(0, 1)[0].permute(1, 2, 0).numpy().astype(np.float64) for small in smalls]
            values = [psnr(np.round(output * 255), truth) for output, truth in zip(outputs, truths)]
            evaluated += time.time() - pause
            seconds = time.time() - started - evaluated
            print(f"step {step + 1}: L1 {np.mean(recent):.5f}, held out {np.mean(values):.3f} dB, {seconds / (step + 1):.3f} s a step", flush=True)
            recent = []
