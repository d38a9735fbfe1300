"""The training steps of ESRGAN in PyTorch (float64), with the networks of esrgan_networks.py and weights from its formula;
writes esrgan_training.json. Order and conventions are those of BasicSR's SRGANModel and ESRGANModel:

- `stages`: two PSNR steps (L1), then three GAN steps with fresh optimizers: losses, and what the networks give at the end.
- `traces`: five GAN updates from the formula's weights, on five batches, with a perceptual term on the features of a small
  frozen network; every tensor of the generator, of its moving average and of the discriminator, running statistics
  included, after the fifth.

One GAN update:
1. The discriminator's parameters ask for no gradient. sr = G(lr). real = D(hr).detach(), THEN fake = D(sr): two passes,
   each in training mode, so that batch normalisation takes the statistics of the real and of the generated images
   separately and updates its running ones twice, real first.
2. G's loss = 1 perceptual + 5e-3 relativistic + 1e-2 L1. real is detached; the first relativistic term, BCE(real -
   mean(fake), 0), is kept, and its gradient flows through mean(fake). The target of the perceptual term is detached.
   G's Adam steps now.
3. D's own gradient: real = D(hr), fake = D(sr.detach()), with the sr of step 1 (G from before its update), again two passes
   in training mode, real first: the running statistics have moved four times in an update. The two means are detached
   (the variant `eq2` lets gradient through them, as the first ESRGAN code, and takes the paper's sum instead of the half,
   and equation (2) of the paper, squared differences summed, for the perceptual term). D's Adam steps.
4. The average of G: 0.9 average + 0.1 weights.
BatchNorm: eps 1e-5, momentum 0.1 (PyTorch's word: the share of the new), the batch's biased variance to normalise, the
unbiased one in the running variance. Adam: 0.9, 0.999, 1e-8.
"""
import base64, importlib.util, json, pathlib
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F


here = pathlib.Path(__file__).parent
spec = importlib.util.spec_from_file_location("networks", here / "esrgan_networks.py")
networks = importlib.util.module_from_spec(spec)
spec.loader.exec_module(networks)
bce = lambda logits, label: F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, label))


def batch_images(n, batch, side):
    """0.5 + 0.5 sin(0.9 k + 0.05 n (k mod 7)) over the NHWC index k, as NCHW: step n's batch."""
    k = torch.arange(batch * side * side * 3, dtype=torch.float64)
    x = 0.5 + 0.5 * torch.sin(0.9 * k + 0.05 * n * (k % 7))
    return x.reshape(batch, side, side, 3).permute(0, 3, 1, 2).contiguous()


class Features(nn.Module):
    """conv 3 -> 4, ReLU, 2x2 max-pool, conv 4 -> 4 without activation; frozen, weights from the formula."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 4, 3, 1, 1)
        self.conv2 = nn.Conv2d(4, 4, 3, 1, 1)
        self.requires_grad_(False)

    def forward(self, x):
        return self.conv2(F.max_pool2d(F.relu(self.conv1(x)), 2))


class Trainer:
    def __init__(self, features_d, rate, features=None, half=True, detach_means=True, squared_sum=False):
        self.generator = networks.Generator(1, 4, 2, 4).double()
        self.discriminator = networks.Discriminator(32, features_d).double()
        networks.fill(self.generator, 0.3)
        networks.fill(self.discriminator, 0.2)
        self.features, self.rate, self.squared_sum = features, rate, squared_sum
        self.share = 0.5 if half else 1.0
        self.mean_d = (lambda x: x.mean().detach()) if detach_means else (lambda x: x.mean())
        self.average = {name: p.detach().clone() for name, p in self.generator.named_parameters()}
        self.fresh()

    def fresh(self):
        adam = lambda net: torch.optim.Adam(net.parameters(), lr=self.rate, betas=(0.9, 0.999), eps=1e-8)
        self.adam, self.adam_d = adam(self.generator), adam(self.discriminator)

    def psnr_step(self, lr, hr):
        self.adam.zero_grad()
        loss = F.l1_loss(self.generator(lr), hr)
        loss.backward()
        self.adam.step()
        return {"l1": loss.item(), "total": loss.item()}

    def gan_step(self, lr, hr):
        discriminator = self.discriminator
        values = {}
        for p in discriminator.parameters():
            p.requires_grad = False
        self.adam.zero_grad()
        sr = self.generator(lr)
        real = discriminator(hr).detach()
        fake = discriminator(sr)
        l1 = F.l1_loss(sr, hr)
        relativistic = self.share * (bce(real - fake.mean(), 0.0) + bce(fake - real.mean(), 1.0))
        total = 1e-2 * l1 + 5e-3 * relativistic
        if self.features is not None:
            own, target = self.features(sr), self.features(hr).detach()
            perceptual = ((own - target) ** 2).sum() if self.squared_sum else F.l1_loss(own, target)
            total = total + perceptual
            values["perceptual"] = perceptual.item()
        total.backward()
        self.adam.step()

        for p in discriminator.parameters():
            p.requires_grad = True
        self.adam_d.zero_grad()
        real = discriminator(hr)
        fake = discriminator(sr.detach())
        loss_d = self.share * (bce(real - self.mean_d(fake), 1.0) + bce(fake - self.mean_d(real), 0.0))
        loss_d.backward()
        self.adam_d.step()
        for name, p in self.generator.named_parameters():
            self.average[name] = 0.9 * self.average[name] + 0.1 * p.detach()
        return {
            **values, "l1": l1.item(), "relativistic": relativistic.item(), "total": total.item(),
            "discriminator/relativistic": loss_d.item(), "discriminator/total": loss_d.item(),
            "discriminator/real": real.mean().item(), "discriminator/fake": fake.mean().item(),
        }


def running(discriminator):
    return {name: b for name, b in discriminator.named_buffers() if "num_batches" not in name}


def stages():
    trainer = Trainer(2, 1e-3)
    lr, hr = networks.images(2, 8, 8), networks.images(2, 32, 32)
    values = [trainer.psnr_step(lr, hr) for _ in range(2)]
    trainer.fresh()
    values += [trainer.gan_step(lr, hr) for _ in range(3)]
    discriminator = trainer.discriminator.eval()
    return {
        "rate": trainer.rate,
        "values": values,
        "output": networks.numbers(trainer.generator(lr).permute(0, 2, 3, 1))[:300],
        "logits": networks.numbers(discriminator(hr)),
        "running": {name: networks.numbers(b) for name, b in running(discriminator).items()},
    }


def encoded(tensor):
    return base64.b64encode(tensor.detach().numpy().astype("<f4").tobytes()).decode()


def projections(tensor):
    flat = tensor.detach().reshape(-1).numpy()
    k = np.arange(flat.size, dtype=np.float64)
    return [float(f"{np.sum(flat * np.sin(0.1 * j * k)):.9g}") for j in (1, 2, 3)]


def trace(write, **options):
    features = Features().double()
    networks.fill(features, 0.4)
    trainer = Trainer(1, 2e-3, features, **options)
    values = [trainer.gan_step(batch_images(n, 3, 8), batch_images(n, 3, 32)) for n in range(5)]
    discriminator = {**dict(trainer.discriminator.named_parameters()), **running(trainer.discriminator)}
    return {
        "rate": trainer.rate,
        "values": values,
        "generator": {name: write(p) for name, p in trainer.generator.named_parameters()},
        "ema": {name: write(p) for name, p in trainer.average.items()},
        "discriminator": {name: write(p) for name, p in discriminator.items()},
    }


out = {
    "source": "torch " + torch.__version__ + ", float64",
    "stages": stages(),
    "traces": {
        "basicsr": trace(encoded),
        "eq2": trace(projections, half=False, detach_means=False, squared_sum=True),
    },
}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(out, separators=(",", ":")) + "\n")
print(path.stat().st_size, out["traces"]["basicsr"]["values"], out["traces"]["eq2"]["values"][-1])
