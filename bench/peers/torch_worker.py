"""The benchmark's rows in PyTorch: the same networks, the same steps, on the same weights and inputs.

Reads requests from stdin, one JSON object a line, and answers on file descriptor 3, as bench/worker.ts. Tensors come from
`given.json` and `given.bin` in tfjs's layouts (images NHWC, kernels HWIO) and are turned into PyTorch's.
"""
import json, os, pathlib, resource, sys, time
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

answers = os.fdopen(3, "w")


def read(folder, name):
    folder = pathlib.Path(folder)
    values = np.fromfile(folder / f"{name}.bin", dtype="<f4")
    return {
        e["name"]: torch.from_numpy(values[e["offset"] : e["offset"] + int(np.prod(e["shape"]))].reshape(e["shape"]).copy())
        for e in json.loads((folder / f"{name}.json").read_text())
    }


def images(x):
    return x.permute(0, 3, 1, 2).contiguous()


def kernel(x):
    return x.permute(3, 2, 0, 1).contiguous()


def layout(name, value):
    """A weight in PyTorch's layout."""
    if value.dim() == 4:
        return kernel(value)
    if name == "linear1.weight":  # rows, columns, channels -> channels, rows, columns
        return value.reshape(4, 4, -1, value.shape[1]).permute(3, 2, 0, 1).reshape(value.shape[1], -1).contiguous()
    return value.t().contiguous() if value.dim() == 2 else value


class Dense(nn.Module):
    def __init__(self, nf, gc):
        super().__init__()
        for j in range(1, 6):
            setattr(self, f"conv{j}", nn.Conv2d(nf + (j - 1) * gc, nf if j == 5 else gc, 3, 1, 1))

    def forward(self, x):
        seen = [x]
        for j in range(1, 5):
            seen.append(F.leaky_relu(getattr(self, f"conv{j}")(torch.cat(seen, 1)), 0.2, inplace=True))
        return self.conv5(torch.cat(seen, 1)) * 0.2 + x


class RRDB(nn.Module):
    def __init__(self, nf, gc):
        super().__init__()
        self.rdb1, self.rdb2, self.rdb3 = Dense(nf, gc), Dense(nf, gc), Dense(nf, gc)

    def forward(self, x):
        return self.rdb3(self.rdb2(self.rdb1(x))) * 0.2 + x


class Generator(nn.Module):
    def __init__(self, nb, nf, gc):
        super().__init__()
        self.conv_first = nn.Conv2d(3, nf, 3, 1, 1)
        self.body = nn.Sequential(*[RRDB(nf, gc) for _ in range(nb)])
        self.conv_body = nn.Conv2d(nf, nf, 3, 1, 1)
        self.conv_up1 = nn.Conv2d(nf, nf, 3, 1, 1)
        self.conv_up2 = nn.Conv2d(nf, nf, 3, 1, 1)
        self.conv_hr = nn.Conv2d(nf, nf, 3, 1, 1)
        self.conv_last = nn.Conv2d(nf, 3, 3, 1, 1)

    def forward(self, x):
        f = self.conv_first(x)
        f = f + self.conv_body(self.body(f))
        for conv in (self.conv_up1, self.conv_up2):
            f = F.leaky_relu(conv(F.interpolate(f, scale_factor=2, mode="nearest")), 0.2, inplace=True)
        return self.conv_last(F.leaky_relu(self.conv_hr(f), 0.2, inplace=True))


class Discriminator(nn.Module):
    def __init__(self, size, nf):
        super().__init__()
        self.stages, inputs = size.bit_length() - 3, 3
        for i in range(self.stages):
            outputs = nf * min(2**i, 8)
            setattr(self, f"conv{i}_0", nn.Conv2d(inputs, outputs, 3, 1, 1, bias=i == 0))
            if i > 0:
                setattr(self, f"bn{i}_0", nn.BatchNorm2d(outputs))
            setattr(self, f"conv{i}_1", nn.Conv2d(outputs, outputs, 4, 2, 1, bias=False))
            setattr(self, f"bn{i}_1", nn.BatchNorm2d(outputs))
            inputs = outputs
        self.linear1 = nn.Linear(inputs * 16, 100)
        self.linear2 = nn.Linear(100, 1)

    def forward(self, x):
        for i in range(self.stages):
            x = getattr(self, f"conv{i}_0")(x)
            if i > 0:
                x = getattr(self, f"bn{i}_0")(x)
            x = F.leaky_relu(x, 0.2, inplace=True)
            x = F.leaky_relu(getattr(self, f"bn{i}_1")(getattr(self, f"conv{i}_1")(x)), 0.2, inplace=True)
        return self.linear2(F.leaky_relu(self.linear1(x.flatten(1)), 0.2, inplace=True))


class Encoder(nn.Module):
    def __init__(self, widths):
        super().__init__()
        self.count, inputs = len(widths), 3
        for i, width in enumerate(widths):
            setattr(self, f"conv{i + 1}", nn.Conv2d(inputs, width, 3, 2))
            inputs = width

    def forward(self, x):
        x = x - x.mean((2, 3), keepdim=True)
        x = x / torch.sqrt((x * x).mean((2, 3), keepdim=True) + 1e-4)
        for i in range(self.count):  # 'same' of an even side at stride 2 pads below and on the right only
            x = F.relu(getattr(self, f"conv{i + 1}")(F.pad(x, (0, 1, 0, 1))), inplace=True)
        return x.mean((2, 3))


class Siamese(nn.Module):
    def __init__(self, widths, embedding):
        super().__init__()
        self.encoder = Encoder(widths)
        self.embedding = nn.Linear(widths[-1], embedding)
        self.head = nn.Linear(embedding, 1)


class VGG(nn.Module):
    def __init__(self):
        super().__init__()
        self.names, inputs = [], 3
        for stage, (width, count) in enumerate(((64, 2), (128, 2), (256, 4), (512, 4), (512, 4))):
            if stage > 0:
                self.names.append("pool")
            for j in range(count):
                self.names.append(f"block{stage + 1}_conv{j + 1}")
                setattr(self, self.names[-1], nn.Conv2d(inputs, width, 3, 1, 1))
                inputs = width
        self.register_buffer("mean", torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("deviation", torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1), persistent=False)

    def forward(self, x):
        x = (x - self.mean) / self.deviation
        for name in self.names:
            x = F.max_pool2d(x, 2) if name == "pool" else getattr(self, name)(x)
            if name not in ("pool", self.names[-1]):
                x = F.relu(x, inplace=True)
        return x


def load(net, given, inputs, device):
    """Puts the given weights into the network: every name and shape must fit, no weight may be left over."""
    state = {name: layout(name, value) for name, value in given.items() if name not in inputs}
    missing, unexpected = net.load_state_dict(state, strict=False)
    missing = [name for name in missing if not name.endswith("num_batches_tracked")]
    if missing or unexpected:
        raise ValueError(f"the networks differ: missing {missing}, unexpected {unexpected}")
    return net.to(device)


def stepper(net, rate, betas, epsilon, loss_of):
    optimizer = torch.optim.Adam(net.parameters(), rate, betas, epsilon)

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def convolution(spec, given, device):
    x, dy, w = images(given["x"]).to(device), images(given["dy"]).to(device), kernel(given["weight"]).to(device)
    if spec["kind"] == "conv-forward":
        run = lambda: F.conv2d(x, w, None, 1, 1)
    else:
        mask = [spec["kind"] == "conv-input-gradient", spec["kind"] == "conv-filter-gradient", False]
        backward = torch.ops.aten.convolution_backward
        run = lambda: backward(dy, x, w, None, [1, 1], [1, 1], [1, 1], False, [0, 0], 1, mask)[mask.index(True)]

    def result():
        return run().permute(2, 3, 1, 0) if spec["kind"] == "conv-filter-gradient" else run().permute(0, 2, 3, 1)

    return run, result, None


def generator(spec, given, device):
    net = load(Generator(spec["blocks"], spec["features"], spec["growth"]), given, ("lr", "hr"), device)
    lr, hr = images(given["lr"]).to(device), images(given["hr"]).to(device)
    if spec["kind"] == "rrdb-forward":
        net.requires_grad_(False)
        run = lambda: net(lr)
        return run, lambda: run().permute(0, 2, 3, 1), net
    step = stepper(net, 1e-4, (0.9, 0.99), 1e-8, lambda: F.l1_loss(net(lr), hr))
    return step, lambda: torch.tensor([step(), step()]), net


def discriminator(spec, given, device):
    net = load(Discriminator(spec["size"], spec["features"]), given, ("hr", "sr"), device)
    hr, sr = images(given["hr"]).to(device), images(given["sr"]).to(device)

    def loss():
        real, fake = net(hr), net(sr)
        return (F.softplus(fake.detach().mean() - real).mean() + F.softplus(fake - real.detach().mean()).mean()) / 2

    step = stepper(net, 1e-4, (0.9, 0.99), 1e-8, loss)
    return step, lambda: torch.tensor([step(), step()]), net


def siamese(spec, given, device):
    inputs = ("images", "labels", "isSimilar")
    net = load(Siamese(spec["widths"], given["embedding.weight"].shape[1]), given, inputs, device)
    batch, n = images(given["images"]).to(device), spec["pairs"]
    labels, similar = given["labels"].to(device), given["isSimilar"].to(device)

    def loss():
        embeddings = net.embedding(net.encoder(batch))
        bce = F.binary_cross_entropy_with_logits(net.head(embeddings)[:, 0], labels)
        distance = (embeddings[:n] - embeddings[n:]).norm(dim=1)
        contrastive = (similar * distance**2 + (1 - similar) * F.relu(1 - distance) ** 2).mean() / 2
        return bce + contrastive

    step = stepper(net, 1e-4, (0.9, 0.999), 1e-7, loss)
    return step, lambda: torch.tensor([step(), step()]), net


def vgg(spec, given, device):
    net = load(VGG(), given, ("hr", "sr"), device)
    net.requires_grad_(False)
    hr, sr = images(given["hr"]).to(device), images(given["sr"]).to(device).requires_grad_()

    def gradient(criterion):
        with torch.no_grad():
            target = net(hr)
        return torch.autograd.grad(criterion(net(sr), target), sr)[0]

    return lambda: gradient(F.l1_loss), lambda: gradient(F.mse_loss).permute(0, 2, 3, 1), net


kinds = {"conv": convolution, "rrdb": generator, "discriminator": discriminator, "siamese": siamese, "vgg": vgg}
run = None


def setup(request):
    global run, device
    torch.set_num_threads(request["threads"])
    device = torch.device(request["device"])
    given = read(request["folder"], "given")
    run, result, net = kinds[request["spec"]["kind"].split("-")[0]](request["spec"], given, device)
    expected = read(request["folder"], "result")["result"].double()
    actual = result().detach().cpu().double()
    if actual.shape != expected.shape:
        raise ValueError(f"the result is {tuple(actual.shape)}, ours {tuple(expected.shape)}")
    return {
        "threads": torch.get_num_threads(),
        "parameters": None if net is None else sum(p.numel() for p in net.parameters()),
        "difference": ((actual - expected).abs().max() / expected.abs().max()).item(),
    }


def repeat(request):
    before = time.process_time()
    start = time.perf_counter()
    for _ in range(request["times"]):
        run()
    if device.type == "cuda":
        torch.cuda.synchronize()
    ms = (time.perf_counter() - start) * 1e3 / request["times"]
    cpu = (time.process_time() - before) * 1e3 / request["times"]
    return {"ms": ms, "cpuMs": cpu, "peakMB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6}


for line in sys.stdin:
    request = json.loads(line)
    try:
        answer = {"setup": setup, "run": repeat}[request["ask"]](request)
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    answers.write(json.dumps(answer) + "\n")
    answers.flush()
