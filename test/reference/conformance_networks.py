"""Training steps of small networks in PyTorch, in float64; writes conformance_networks.json.

Run: /usr/bin/python3 test/reference/conformance_networks.py
Weights and images come from the formulas of esrgan_networks.py. Adam's epsilon is 1e-3, so that an update is a smooth
function of its gradient. Kinks (|0|, ReLU at 0, tied maxima) would let rounding decide: `margin` is the smallest
distance to one, and has to be far above float32's rounding.
"""
import importlib.util, json, pathlib
import torch
import torch.nn as nn
import torch.nn.functional as F

here = pathlib.Path(__file__).parent
spec = importlib.util.spec_from_file_location("networks", here / "esrgan_networks.py")
networks = importlib.util.module_from_spec(spec)
spec.loader.exec_module(networks)
numbers, fill = networks.numbers, networks.fill
bce = F.binary_cross_entropy_with_logits
margins = []


def margin(tensor):
    margins.append(tensor.detach().abs().min().item())
    return tensor


def images(batch, height, width, frequency):
    """0.5 + 0.5 sin(frequency * k) over the NHWC index k, as NCHW."""
    k = torch.arange(batch * height * width * 3, dtype=torch.float64)
    return (0.5 + 0.5 * torch.sin(frequency * k)).reshape(batch, height, width, 3).permute(0, 3, 1, 2).contiguous()


def different_images(batch, side):
    """(i + 1) / batch * (0.5 + 0.5 sin((0.2 + 0.11 i) k)) over the HWC index k of image i, as NCHW."""
    k = torch.arange(side * side * 3, dtype=torch.float64)
    each = [(i + 1) / batch * (0.5 + 0.5 * torch.sin((0.2 + 0.11 * i) * k)) for i in range(batch)]
    return torch.stack(each).reshape(batch, side, side, 3).permute(0, 3, 1, 2).contiguous()


nhwc = lambda x: numbers(x.permute(0, 2, 3, 1))
weights = lambda net: {name: numbers(p) for name, p in net.named_parameters()}
relu = lambda x: F.relu(margin(x))


def max_pool(x):
    corners = F.unfold(x.reshape(-1, 1, *x.shape[2:]), 2, stride=2).sort(1).values
    best, second = corners[:, -1], corners[:, -2]
    margin((best - second)[best != 0])
    return F.max_pool2d(x, 2)


def adam(net, rate):
    return torch.optim.Adam(net.parameters(), lr=rate, betas=(0.9, 0.999), eps=1e-3)


class SmallVGG(nn.Module):
    """Two stages of VGG19's kind; features of block2_conv2 before its activation, torchvision's input."""

    def __init__(self):
        super().__init__()
        for name, inputs, outputs in [("11", 3, 4), ("12", 4, 4), ("21", 4, 6), ("22", 6, 5)]:
            setattr(self, "conv" + name, nn.Conv2d(inputs, outputs, 3, 1, 1))

    def after_input(self, x):
        x = max_pool(relu(self.conv12(relu(self.conv11(x)))))
        return self.conv22(relu(self.conv21(x)))

    def forward(self, x):
        mean = torch.tensor([0.485, 0.456, 0.406], dtype=torch.float64).reshape(1, 3, 1, 1)
        deviation = torch.tensor([0.229, 0.224, 0.225], dtype=torch.float64).reshape(1, 3, 1, 1)
        return self.after_input((x - mean) / deviation)


def vgg():
    net = SmallVGG().double()
    fill(net, 0.4)
    return net


def vgg_case():
    net = vgg()
    prediction, target = images(2, 8, 12, 0.9).requires_grad_(), images(2, 8, 12, 1.3)
    features = net(prediction)
    loss = margin(features - net(target)).abs().mean()
    loss.backward()
    caffe = prediction.detach().flip(1) * 255 - torch.tensor([103.939, 116.779, 123.68]).double().reshape(1, 3, 1, 1)
    return {
        "features": nhwc(features),
        "caffe": nhwc(net.after_input(caffe)),
        "loss": loss.item(),
        "gradient": nhwc(prediction.grad),
    }


def rrdb_case():
    net = networks.Generator(1, 4, 2, 4).double()
    fill(net, 0.3)
    lr, hr = images(2, 3, 4, 0.9), images(2, 12, 16, 0.57)
    optimizer = adam(net, 1e-2)
    losses = []
    for _ in range(2):
        optimizer.zero_grad()
        loss = margin(net(lr) - hr).abs().mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return {"losses": losses, "weights": weights(net)}


def gan_case():
    generator = networks.Generator(1, 4, 2, 4).double()
    discriminator = networks.Discriminator(32, 2).double()
    features = vgg()
    fill(generator, 0.3)
    fill(discriminator, 0.2)
    lr, hr = images(2, 8, 8, 0.9), images(2, 32, 32, 0.57)
    one, two = adam(generator, 1e-2), adam(discriminator, 1e-2)
    sr = generator(lr)
    real = discriminator(hr).detach()
    fake = discriminator(sr)
    perceptual = margin(features(sr) - features(hr)).abs().mean()
    l1 = margin(sr - hr).abs().mean()
    relativistic = (bce(real - fake.mean(), torch.zeros_like(real)) + bce(fake - real.mean(), torch.ones_like(fake))) / 2
    total = perceptual + 5e-3 * relativistic + 1e-2 * l1
    total.backward()
    for p in discriminator.parameters():
        p.grad = None
    real = discriminator(hr)
    fake = discriminator(sr.detach())
    loss = (bce(real - fake.mean().detach(), torch.ones_like(real)) + bce(fake - real.mean().detach(), torch.zeros_like(fake))) / 2
    loss.backward()
    one.step()
    two.step()
    return {
        "values": {
            "perceptual": perceptual.item(), "relativistic": relativistic.item(), "l1": l1.item(), "total": total.item(),
            "discriminator/relativistic": loss.item(), "discriminator/total": loss.item(),
            "discriminator/real": real.mean().item(), "discriminator/fake": fake.mean().item(),
        },
        "generator": weights(generator),
        "discriminator": {name: networks.summary(p) for name, p in discriminator.named_parameters()},
        "running": {name: numbers(b) for name, b in discriminator.named_buffers() if "num_batches" not in name},
    }


def same2(x):
    """TensorFlow's 'same' padding of a 3x3 convolution with stride 2 of even sides: none before, one after."""
    return F.pad(x, (0, 1, 0, 1))


class Siamese(nn.Module):
    def __init__(self, widths, embedding, normalise, metric):
        super().__init__()
        self.normalise, self.metric, self.stages = normalise, metric, len(widths)
        channels = 3
        for i, width in enumerate(widths, 1):
            setattr(self, f"conv{i}", nn.Conv2d(channels, width, 3, 2))
            channels = width
        self.embedding = nn.Linear(channels, embedding)
        self.head = nn.Linear(embedding, 1)

    def embed(self, x):
        if self.normalise:
            x = x - x.mean((2, 3), keepdim=True)
            x = x / torch.sqrt((x**2).mean((2, 3), keepdim=True) + 1e-4)
        for i in range(1, self.stages + 1):
            x = relu(getattr(self, f"conv{i}")(same2(x)))
        return self.embedding(x.mean((2, 3)))

    def distance(self, a, b):
        return 1 - F.cosine_similarity(a, b, dim=1) if self.metric == "cosine" else torch.linalg.vector_norm(a - b, dim=1)


def siamese_case(widths, normalise, metric, margin_of_loss):
    net = Siamese(widths, 5, normalise, metric).double()
    fill(net, 0.5)
    with torch.no_grad():
        net.embedding.weight *= 3
    x = different_images(6, 16)
    a, b = [0, 1, 2, 4], [3, 5, 4, 1]
    labels = torch.tensor([0.0, 1.0, 0.0, 0.0, 1.0, 1.0]).double()
    similar = (labels[a] == labels[b]).double()
    first = net.embed(x)
    out = {"embeddings": numbers(first), "logits": numbers(net.head(first)), "values": []}
    optimizer = adam(net, 1e-2)
    for _ in range(2):
        optimizer.zero_grad()
        ea, eb = net.embed(x[a]), net.embed(x[b])
        logits = torch.cat([net.head(ea), net.head(eb)]).reshape(-1)
        cross_entropy = bce(logits, torch.cat([labels[a], labels[b]]))
        d = net.distance(ea, eb)
        contrastive = (similar * d**2 + (1 - similar) * relu(margin_of_loss - d) ** 2).mean() / 2
        loss = cross_entropy + contrastive
        loss.backward()
        optimizer.step()
        out["values"].append({"loss": loss.item(), "bce": cross_entropy.item(), "contrastive": contrastive.item()})
    return {**out, "distances": numbers(d), "similar": numbers(similar), "weights": weights(net)}


def triplets_case(margin_of_loss):
    """Two steps on triplets: cross-entropy over both images of every pair that a triplet names, each pair once, plus the mean
    over the triplets that cost something."""
    net = Siamese([4, 6], 5, True, "euclidean").double()
    fill(net, 0.5)
    with torch.no_grad():
        net.embedding.weight *= 3
    x = different_images(6, 16)
    labels = torch.tensor([0.0, 1.0, 0.0, 0.0, 1.0, 1.0]).double()
    anchor, positive, negative = [0, 2, 3, 1, 4, 0], [2, 3, 0, 4, 5, 3], [1, 4, 5, 0, 3, 4]
    pairs = sorted({tuple(sorted(pair)) for other in (positive, negative) for pair in zip(anchor, other)})
    first, second = [a for a, _ in pairs], [b for _, b in pairs]
    optimizer = adam(net, 1e-2)
    values = []
    for _ in range(2):
        optimizer.zero_grad()
        e = net.embed(x)
        logits = net.head(e).reshape(-1)
        cross_entropy = bce(torch.cat([logits[first], logits[second]]), torch.cat([labels[first], labels[second]]))
        each = relu(margin_of_loss + net.distance(e[anchor], e[positive]) - net.distance(e[anchor], e[negative]))
        triplet = each[each > 0].mean()
        loss = cross_entropy + triplet
        loss.backward()
        optimizer.step()
        values.append({"loss": loss.item(), "bce": cross_entropy.item(), "triplet": triplet.item()})
    return {
        "triplets": {"anchor": anchor, "positive": positive, "negative": negative},
        "active": int((each > 0).sum()), "values": values, "weights": weights(net),
    }


class Convnet(nn.Module):
    """What tf.layers computes: conv 3x3 ReLU, 2x2 max-pool, batch norm (biased moving variance), depthwise 3x3, 2x2 average
    pool, dense tanh, dense softmax."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, 1, 1)
        self.gamma = nn.Parameter(torch.zeros(4))
        self.beta = nn.Parameter(torch.zeros(4))
        self.depthwise = nn.Conv2d(4, 4, 3, 1, 1, groups=4)
        self.dense = nn.Linear(4 * 2 * 3, 5)
        self.last = nn.Linear(5, 3)
        self.moving = [torch.zeros(4).double(), torch.ones(4).double()]

    def forward(self, x, training):
        x = max_pool(relu(self.conv(x)))
        column = lambda v: v.reshape(1, 4, 1, 1)
        if training:
            mean, variance = x.mean((0, 2, 3)), x.var((0, 2, 3), unbiased=False)
            self.moving = [m * 0.9 + v.detach() * 0.1 for m, v in zip(self.moving, (mean, variance))]
        else:
            mean, variance = self.moving
        x = (x - column(mean)) / torch.sqrt(column(variance) + 1e-3) * column(self.gamma) + column(self.beta)
        x = F.avg_pool2d(self.depthwise(x), 2)
        # tf.layers flattens row, column, channel.
        x = torch.tanh(self.dense(x.permute(0, 2, 3, 1).flatten(1)))
        return self.last(x)


def convnet_case(optimizer, batches, epochs):
    net = Convnet().double()
    fill(net, 0.5)
    with torch.no_grad():
        net.gamma += 1
    x = images(8, 8, 12, 0.31)
    labels = torch.tensor([0, 1, 2, 0, 2, 1, 0, 1])
    step = optimizer(net)
    losses = []
    for _ in range(epochs):
        total = 0
        for part in torch.arange(8).chunk(batches):
            step.zero_grad()
            loss = F.cross_entropy(net(x[part], True), labels[part])
            loss.backward()
            step.step()
            total += loss.item() * len(part) / 8
        losses.append(total)
    return {
        "losses": losses,
        "weights": weights(net),
        "moving": [numbers(m) for m in net.moving],
        "probabilities": numbers(net(x, False).softmax(1)),
    }


def checked(name, make):
    margins.clear()
    result = make()
    least = min(margins)
    print(name, "margin", least, len(margins))
    assert least > 2e-5, f"{name} is too near a kink"
    return {**result, "margin": least}


out = {
    "source": "torch " + torch.__version__ + ", float64",
    "vgg": checked("vgg", vgg_case),
    "rrdb": checked("rrdb", rrdb_case),
    "gan": checked("gan", gan_case),
    "siamese": checked("siamese", lambda: siamese_case([4, 6], True, "euclidean", 1)),
    "siameseOfLayers": checked("siameseOfLayers", lambda: siamese_case([6], False, "cosine", 0.2)),
    "siameseTriplets": checked("siameseTriplets", lambda: triplets_case(0.05)),
    "trainOnBatch": checked("trainOnBatch", lambda: convnet_case(lambda net: torch.optim.SGD(net.parameters(), lr=0.1), 1, 1)),
    "fit": checked("fit", lambda: convnet_case(lambda net: adam(net, 1e-2), 2, 2)),
}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(out, separators=(",", ":")) + "\n")
print(path.stat().st_size)
for key in ("rrdb", "siamese", "siameseOfLayers", "siameseTriplets", "trainOnBatch", "fit"):
    print(key, {k: v for k, v in out[key].items() if k not in ("weights", "embeddings", "probabilities")})
print(out["gan"]["values"], out["vgg"]["loss"])
