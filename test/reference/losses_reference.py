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


def mean_active(x):
    """pytorch-metric-learning's AvgNonZeroReducer: the mean of the losses above 0, or 0."""
    active = x > 0
    return x[active].mean() if active.any() else 0 * x.sum()


gathered = {"mean": torch.mean, "mean-active": mean_active, "sum": torch.sum, "none": lambda x: x}


def contrastive(distance, similar, margin=1.0, form="hadsell", reduction="mean"):
    if form == "linear-hinge":
        each = F.hinge_embedding_loss(distance, 2 * similar - 1, margin, reduction="none")
    else:
        d = distance**2 if form == "squared-distance" else distance
        each = similar * d**2 / 2 + (1 - similar) * torch.clamp(margin - d, min=0) ** 2 / 2
    return gathered[reduction](each)


def triplet(p, n, margin=None, form="hard-margin", reduction="mean"):
    if form == "soft-margin":
        each = torch.log1p(torch.exp((margin or 0) + p - n))
    else:
        each = F.margin_ranking_loss(n, p, torch.ones_like(p), 1 if margin is None else margin, reduction="none")
    return gathered[reduction](each)


def weighted_bce(x, z, labelSmoothing=0, classWeights=(1, 1), reduction="mean"):
    z = z * (1 - labelSmoothing) + labelSmoothing / 2
    w0, w1 = classWeights
    # PyTorch weighs class 1 against class 0; both are scaled by class 0's weight.
    each = w0 * bce(x, z, pos_weight=torch.tensor(w1 / w0).double(), reduction="none")
    return gathered[reduction](each)


def batch_triplets(embeddings, labels, strategy, margin, reduction):
    """Hermans, Beyer, Leibe 2017: batch all over the n x n x n differences, batch hard by masked maxima and minima."""
    difference = embeddings[:, None] - embeddings[None]
    squares = (difference**2).sum(2)
    d = torch.where(squares > 0, squares.clamp(min=1e-300).sqrt(), squares * 0)
    same = labels[:, None] == labels[None]
    others = ~torch.eye(len(labels), dtype=torch.bool)
    if strategy == "hard":
        p = d.masked_fill(~(same & others), -1).max(1).values
        n = d.masked_fill(same, 1e9).min(1).values
        each = torch.relu(margin + p - n)
    else:
        loss = margin + d[:, :, None] - d[:, None, :]
        allowed = (same & others)[:, :, None] & ~same[:, None, :]
        if strategy == "semi-hard":
            allowed = allowed & (d[:, :, None] < d[:, None, :]) & (d[:, None, :] < d[:, :, None] + margin)
        each = torch.relu(loss[allowed])
    return gathered[reduction](each)


def pml_contrastive(embeddings, labels, positive_margin=0.0, negative_margin=1.0):
    """pytorch-metric-learning's ContrastiveLoss: a mean over the active similar pairs plus one over the active dissimilar ones."""
    i, j = torch.triu_indices(len(labels), len(labels), 1)
    d = torch.linalg.vector_norm(embeddings[i] - embeddings[j], dim=1)
    same = labels[i] == labels[j]
    return mean_active(torch.relu(d[same] - positive_margin)) + mean_active(torch.relu(negative_margin - d[~same]))


norm = lambda x, y: torch.linalg.vector_norm(x - y, dim=1)
squared = lambda x, y: ((x - y) ** 2).sum(1)
cosine = lambda x, y: 1 - F.cosine_similarity(x, y, dim=1)
ea, eb = torch.randn(5, 3) * 0.4, torch.randn(5, 3) * 0.4
eb[1] = ea[1]
eb[3] = ea[3]
similar = torch.tensor([1.0, 1.0, 0.0, 0.0, 0.0])
distance = torch.tensor([0.0, 0.5, 1.0, 2.0, 0.0, 0.5, 1.0, 2.0, 0.3])
flags = torch.tensor([1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0])

# Drawn by generators of their own, so that the numbers of the other cases stay.
own = torch.Generator().manual_seed(7)
ec = torch.randn(5, 3, generator=own) * 0.4
# PyTorch's slope of max(0, 0) is 1 in some losses, 0 in others: away from it.
hinged = distance + torch.tensor([0.0] * 6 + [0.05, 0.0, 0.0])
positives = torch.tensor([0.0, 1.0, 2.0, 0.3, 0.0, 0.9])
negatives = torch.tensor([2.0, 1.5, 1.0, 0.3, 0.0, 0.2])
batch = torch.randn(9, 3, generator=own) * 0.5
batch_labels = torch.tensor([0, 1, 0, 1, 1, 0, 1, 0, 0])

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
        *[
            case(f"{form}, {r}", lambda *x, f=form, r=r: contrastive(*x, form=f, reduction=r), [hinged, flags], {"form": form, "reduction": r}, [0])
            for form in ("linear-hinge", "squared-distance")
            for r in gathered
        ],
        case("linear-hinge, margin 0.4", lambda *x: contrastive(*x, margin=0.4, form="linear-hinge"), [distance, flags], {"margin": 0.4, "form": "linear-hinge"}, [0]),
    ],
    "contrastiveOfEmbeddings": [
        case(
            f"{form}, with identical similar and dissimilar pairs",
            lambda x, y, s, f=form: contrastive(norm(x, y), s, form=f),
            [ea, eb, similar],
            {"form": form},
            [0, 1],
        )
        for form in ("hadsell", "squared-distance", "linear-hinge")
    ],
    "triplet": [
        *reductions(triplet, [positives, negatives], "hard margin"),
        case("hard margin, mean-active", lambda *x: triplet(*x, reduction="mean-active"), [positives, negatives], {"reduction": "mean-active"}),
        case("margin 0.4", lambda *x: triplet(*x, margin=0.4), [positives, negatives], {"margin": 0.4}),
        *[
            case(f"soft margin {m}, {r}", lambda *x, m=m, r=r: triplet(*x, margin=m, form="soft-margin", reduction=r), [positives, negatives], {"form": "soft-margin", "margin": m, "reduction": r})
            for m in (0, 0.7)
            for r in ("mean", "none")
        ],
    ],
    "tripletOfEmbeddings": [
        case("PyTorch's triplet_margin_loss", lambda x, y, z: F.triplet_margin_loss(x, y, z, margin=0.5, eps=0), [ea[2:], eb[2:], ec[2:]], {"margin": 0.5}),
    ],
    "weightedCrossEntropy": [
        case(f"{o}, {r}", lambda *x, o=o, r=r: weighted_bce(*x, **o, reduction=r), [logits, labels], {**o, "reduction": r}, [0])
        for o in ({"labelSmoothing": 0.1}, {"classWeights": [0.5, 3]}, {"labelSmoothing": 0.2, "classWeights": [2, 0.25]})
        for r in ("mean", "mean-active", "sum", "none")
    ],
    "weightedCrossEntropy0": [
        case(f"{o}", lambda x, o=o: weighted_bce(x, torch.zeros_like(x), **o), [logits], o)
        for o in ({"labelSmoothing": 0.1}, {"classWeights": [0.5, 3]}, {"labelSmoothing": 1.0, "classWeights": [2, 0.25]})
    ],
    "batchLabels": batch_labels.long().tolist(),
    "batchTriplets": [
        case(f"{s}, {r}", lambda x, s=s, r=r: batch_triplets(x, batch_labels, s, 0.6, r), [batch], {"strategy": s, "margin": 0.6, "reduction": r})
        for s in ("all", "hard", "semi-hard")
        for r in ("mean", "mean-active", "sum")
    ],
    "batchContrastive": [case("pytorch-metric-learning's ContrastiveLoss", lambda x: pml_contrastive(x, batch_labels), [batch])],
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
