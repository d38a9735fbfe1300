"""Writes losses_reference.json: values and gradients of the losses by PyTorch, in float64 on float32 inputs.

Run: /usr/bin/python3 test/reference/losses_reference.py
Each case: inputs, options (the library's own names), value, and for each input the gradient of the (summed) value.
Images are stored NHWC, convolution filters HWIO.
"""
import json
from pathlib import Path

import torch
import torch.nn.functional as F

torch.manual_seed(20191116)
leaf = lambda x: x.detach().float().double().requires_grad_()


def case(name, fn, inputs, options=None, differentiate=None):
    inputs = [leaf(x) for x in inputs]
    value = fn(*inputs)
    wanted = [i for i in range(len(inputs)) if differentiate is None or i in differentiate]
    found = torch.autograd.grad(value.sum(), [inputs[i] for i in wanted], allow_unused=True)
    gradients = [None] * len(inputs)
    for i, g in zip(wanted, found):
        gradients[i] = (torch.zeros_like(inputs[i]) if g is None else g).tolist()
    return {
        "name": name,
        "inputs": [x.tolist() for x in inputs],
        "options": options or {},
        "value": value.tolist(),
        "gradients": gradients,
    }


def reductions(fn, inputs, name, differentiate=None):
    return [
        case(f"{name}, {r}", lambda *x, r=r: fn(*x, reduction=r), inputs, {"reduction": r}, differentiate)
        for r in ("mean", "sum", "none")
    ]


a, b = torch.randn(2, 3, 2), torch.randn(2, 3, 2)
b[0, 1] = a[0, 1]  # equal elements: gradient of |0|
logits = torch.tensor([-1e4, -90.0, -3.5, -1e-3, 0.0, 0.25, 2.0, 17.0, 90.0, 1e4])
labels = torch.tensor([0.0, 1.0, 0.0, 1.0, 1.0, 0.0, 0.75, 1.0, 0.0, 1.0])
bce = F.binary_cross_entropy_with_logits


def relativistic(side, detach_means, factor):
    def fn(real, fake):
        if side == "generator":
            real = real.detach()
            return factor * (
                bce(real - fake.mean(), torch.zeros_like(real)) + bce(fake - real.mean(), torch.ones_like(fake))
            )
        mean = (lambda x: x.mean().detach()) if detach_means else (lambda x: x.mean())
        return factor * (
            bce(real - mean(fake), torch.ones_like(real)) + bce(fake - mean(real), torch.zeros_like(fake))
        )

    return fn


real, fake = torch.randn(4, 1) * 2 + 1, torch.randn(4, 1) * 2
factors = {"half": 0.5, "sum": 1.0}


def contrastive(distance, similar, margin=1.0, power=1, reduction="mean"):
    d = distance**power
    each = similar * d**2 / 2 + (1 - similar) * torch.clamp(margin - d, min=0) ** 2 / 2
    return {"mean": each.mean, "sum": each.sum, "none": lambda: each}[reduction]()


norm = lambda x, y: torch.linalg.vector_norm(x - y, dim=1)
squared = lambda x, y: ((x - y) ** 2).sum(1)
cosine = lambda x, y: 1 - F.cosine_similarity(x, y, dim=1)
ea, eb = torch.randn(5, 3) * 0.4, torch.randn(5, 3) * 0.4
eb[1] = ea[1]
eb[3] = ea[3]
similar = torch.tensor([1.0, 1.0, 0.0, 0.0, 0.0])
distance = torch.tensor([0.0, 0.5, 1.0, 2.0, 0.0, 0.5, 1.0, 2.0, 0.3])
flags = torch.tensor([1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0])

weight = torch.randn(4, 3, 3, 3)
bias = torch.randn(4)
nchw = lambda x: x.permute(0, 3, 1, 2)
w64, b64 = weight.float().double(), bias.float().double()
features = lambda x: F.conv2d(nchw(x), w64, b64)
prediction, target = torch.rand(2, 5, 4, 3), torch.rand(2, 5, 4, 3)
criteria = {"l1": F.l1_loss, "l2": F.mse_loss}

reference = {
    "torch": torch.__version__,
    "l1": reductions(F.l1_loss, [a, b], "l1"),
    "l2": reductions(F.mse_loss, [a, b], "l2"),
    "crossEntropy": reductions(bce, [logits, labels], "logits from -1e4 to 1e4", [0]),
    "crossEntropy0": reductions(lambda x, **o: bce(x, torch.zeros_like(x), **o), [logits], "all negative"),
    "crossEntropy1": reductions(lambda x, **o: bce(x, torch.ones_like(x), **o), [logits], "all positive"),
    "generator": [
        case(f"generator, {r}", relativistic("generator", False, f), [real, fake], {"reduction": r})
        for r, f in factors.items()
    ],
    "discriminator": [
        case(
            f"discriminator, {r}, {'detached' if d else 'attached'} means",
            relativistic("discriminator", d, f),
            [real, fake],
            {"reduction": r, "detachMeans": d},
        )
        for r, f in factors.items()
        for d in (True, False)
    ],
    "euclidean": [case("with two identical pairs", norm, [ea, eb])],
    "squaredEuclidean": [case("with two identical pairs", squared, [ea, eb])],
    "cosine": [case("random pairs", cosine, [ea, eb])],
    "contrastive": [
        *reductions(contrastive, [distance, flags], "given distances", [0]),
        case("margin 0.4", lambda *x: contrastive(*x, margin=0.4), [distance, flags], {"margin": 0.4}, [0]),
        case("power 2", lambda *x: contrastive(*x, power=2), [distance, flags], {"power": 2}, [0]),
    ],
    "contrastiveOfEmbeddings": [
        case(
            f"power {p}, with identical similar and dissimilar pairs",
            lambda x, y, s, p=p: contrastive(norm(x, y), s, power=p),
            [ea, eb, similar],
            {"power": p},
            [0, 1],
        )
        for p in (1, 2)
    ],
    "perceptualFilter": weight.permute(2, 3, 1, 0).tolist(),
    "perceptualBias": bias.tolist(),
    "perceptual": [
        case(
            f"{c}, {r}",
            lambda x, y, c=c, r=r: criteria[c](features(x), features(y).detach(), reduction=r),
            [prediction, target],
            {"criterion": c, "reduction": r},
        )
        for c in criteria
        for r in ("mean", "sum")
    ],
}
json.dump(reference, Path(__file__).with_suffix(".json").open("w"), separators=(",", ":"))
