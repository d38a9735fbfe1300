"""RRDBNet and VGGStyleDiscriminator written from the papers' definitions (BasicSR's layer names) in PyTorch, with
weights from a formula; writes outputs and gradients to esrgan_networks.json.

Weight k (row-major, PyTorch layout) of tensor t is amplitude * sin(1.7 k + t), t = position in the state dict.
"""
import json, math, pathlib
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.set_num_threads(1)


class Dense(nn.Module):
    def __init__(self, nf, gc):
        super().__init__()
        for j in range(1, 6):
            setattr(self, f"conv{j}", nn.Conv2d(nf + (j - 1) * gc, nf if j == 5 else gc, 3, 1, 1))

    def forward(self, x):
        seen = [x]
        for j in range(1, 5):
            seen.append(F.leaky_relu(getattr(self, f"conv{j}")(torch.cat(seen, 1)), 0.2))
        return self.conv5(torch.cat(seen, 1)) * 0.2 + x


class RRDB(nn.Module):
    def __init__(self, nf, gc):
        super().__init__()
        self.rdb1, self.rdb2, self.rdb3 = Dense(nf, gc), Dense(nf, gc), Dense(nf, gc)

    def forward(self, x):
        return self.rdb3(self.rdb2(self.rdb1(x))) * 0.2 + x


class Generator(nn.Module):
    def __init__(self, nb, nf, gc, scale):
        super().__init__()
        self.fold = 4 // scale
        self.conv_first = nn.Conv2d(3 * self.fold**2, nf, 3, 1, 1)
        self.body = nn.Sequential(*[RRDB(nf, gc) for _ in range(nb)])
        self.conv_body = nn.Conv2d(nf, nf, 3, 1, 1)
        self.conv_up1 = nn.Conv2d(nf, nf, 3, 1, 1)
        self.conv_up2 = nn.Conv2d(nf, nf, 3, 1, 1)
        self.conv_hr = nn.Conv2d(nf, nf, 3, 1, 1)
        self.conv_last = nn.Conv2d(nf, 3, 3, 1, 1)

    def forward(self, x):
        f = self.conv_first(F.pixel_unshuffle(x, self.fold))
        f = f + self.conv_body(self.body(f))
        for conv in (self.conv_up1, self.conv_up2):
            f = F.leaky_relu(conv(F.interpolate(f, scale_factor=2, mode="nearest")), 0.2)
        return self.conv_last(F.leaky_relu(self.conv_hr(f), 0.2))


class Discriminator(nn.Module):
    def __init__(self, size, nf):
        super().__init__()
        self.stages = int(math.log2(size)) - 2
        inputs = 3
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
            x = F.leaky_relu(x, 0.2)
            x = F.leaky_relu(getattr(self, f"bn{i}_1")(getattr(self, f"conv{i}_1")(x)), 0.2)
        return self.linear2(F.leaky_relu(self.linear1(x.flatten(1)), 0.2))


def formula(shape, t, amplitude):
    k = np.arange(int(np.prod(shape)), dtype=np.float64)
    return torch.from_numpy((amplitude * np.sin(1.7 * k + t)).reshape(shape))


def fill(net, amplitude):
    with torch.no_grad():
        for t, (name, value) in enumerate(net.named_parameters()):
            base = 1.0 if ".weight" in name and name.startswith("bn") else 0.0
            value.copy_(base + formula(value.shape, t, amplitude))


def images(batch, height, width):
    """0.5 + 0.5 sin(0.9 k) over the NHWC index k, as NCHW."""
    return (0.5 + 0.5 * torch.sin(
        0.9 * torch.arange(batch * height * width * 3, dtype=torch.float64)
    ).reshape(batch, height, width, 3)).permute(0, 3, 1, 2).contiguous()


def numbers(tensor):
    return [float(f"{v:.8g}") for v in tensor.detach().reshape(-1).tolist()]


def summary(gradient):
    """All values of a small tensor; of a large one three projections on sin(0.1 j k)."""
    if gradient.numel() <= 700:
        return numbers(gradient)
    flat = gradient.detach().reshape(-1).numpy()
    k = np.arange(flat.size, dtype=np.float64)
    return {"projections": [float(np.sum(flat * np.sin(0.1 * j * k))) for j in (1, 2, 3)]}


def weighted(output):
    """sum of output * cos(0.3 k) over the NHWC (or flat) index."""
    flat = output.permute(0, 2, 3, 1).reshape(-1) if output.dim() == 4 else output.reshape(-1)
    return (flat * torch.cos(0.3 * torch.arange(flat.numel(), dtype=torch.float64))).sum()


def generator_case(nb, nf, gc, scale, shape):
    net = Generator(nb, nf, gc, scale).double()
    fill(net, 0.3)
    x = images(*shape).requires_grad_()
    y = net(x)
    weighted(y).backward()
    return {
        "options": {"blocks": nb, "features": nf, "growth": gc, "scale": scale},
        "input": list(shape),
        "output": numbers(y.permute(0, 2, 3, 1)),
        "inputGradient": numbers(x.grad.permute(0, 2, 3, 1)),
        "gradients": {name: summary(p.grad) for name, p in net.named_parameters()},
    }


def discriminator_case(size, nf, batch):
    net = Discriminator(size, nf).double()
    fill(net, 0.2)
    x = images(batch, size, size).requires_grad_()
    train = net(x)
    weighted(train).backward()
    out = {
        "options": {"patchSize": size, "features": nf},
        "batch": batch,
        "train": numbers(train),
        "gradients": {name: summary(p.grad) for name, p in net.named_parameters()},
        "inputGradient": summary(x.grad.permute(0, 2, 3, 1).contiguous()),
        "running": {name: numbers(b) for name, b in net.named_buffers() if "num_batches" not in name},
    }
    net.eval()
    out["eval"] = numbers(net(x))
    return out


if __name__ == "__main__":
    out = {
        "source": "torch " + torch.__version__ + ", float64",
        "generators": [generator_case(1, 4, 2, 4, (2, 3, 4)), generator_case(2, 3, 2, 2, (1, 4, 6))],
        "discriminator": discriminator_case(32, 4, 3),
    }
    path = pathlib.Path(__file__).with_suffix(".json")
    path.write_text(json.dumps(out, separators=(",", ":")) + "\n")
    print(path.stat().st_size, out["discriminator"]["train"], out["discriminator"]["eval"], out["generators"][0]["output"][:5])
