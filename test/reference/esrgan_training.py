"""Two PSNR and three GAN steps of ESRGAN in PyTorch (order as in BasicSR's ESRGANModel; in the discriminator's step real,
then generated images pass once each), with the networks of esrgan_networks.py; writes esrgan_training.json."""
import importlib.util, json, pathlib
import torch
import torch.nn.functional as F


here = pathlib.Path(__file__).parent
spec = importlib.util.spec_from_file_location("networks", here / "esrgan_networks.py")
networks = importlib.util.module_from_spec(spec)
spec.loader.exec_module(networks)

batch, rate = 2, 1e-3
generator = networks.Generator(1, 4, 2, 4).double()
discriminator = networks.Discriminator(32, 2).double()
networks.fill(generator, 0.3)
networks.fill(discriminator, 0.2)
lr = networks.images(batch, 8, 8)
hr = networks.images(batch, 32, 32)
bce = lambda logits, label: F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, label))
values = []

adam = torch.optim.Adam(generator.parameters(), lr=rate, betas=(0.9, 0.999))
for _ in range(2):
    adam.zero_grad()
    loss = F.l1_loss(generator(lr), hr)
    loss.backward()
    adam.step()
    values.append({"l1": loss.item(), "total": loss.item()})

adam = torch.optim.Adam(generator.parameters(), lr=rate, betas=(0.9, 0.999))
adam_d = torch.optim.Adam(discriminator.parameters(), lr=rate, betas=(0.9, 0.999))
for _ in range(3):
    for p in discriminator.parameters():
        p.requires_grad = False
    adam.zero_grad()
    sr = generator(lr)
    real = discriminator(hr).detach()
    fake = discriminator(sr)
    l1 = F.l1_loss(sr, hr)
    relativistic = (bce(real - fake.mean(), 0.0) + bce(fake - real.mean(), 1.0)) / 2
    total = 1e-2 * l1 + 5e-3 * relativistic
    total.backward()
    adam.step()

    for p in discriminator.parameters():
        p.requires_grad = True
    adam_d.zero_grad()
    real = discriminator(hr)
    fake = discriminator(sr.detach())
    loss_d = (bce(real - fake.mean().detach(), 1.0) + bce(fake - real.mean().detach(), 0.0)) / 2
    loss_d.backward()
    adam_d.step()
    values.append({
        "l1": l1.item(), "relativistic": relativistic.item(), "total": total.item(),
        "discriminator/relativistic": loss_d.item(), "discriminator/total": loss_d.item(),
        "discriminator/real": real.mean().item(), "discriminator/fake": fake.mean().item(),
    })

discriminator.eval()
out = {
    "source": "torch " + torch.__version__ + ", float64",
    "rate": rate,
    "values": values,
    "output": networks.numbers(generator(lr).permute(0, 2, 3, 1))[:300],
    "logits": networks.numbers(discriminator(hr)),
    "running": {name: networks.numbers(b) for name, b in discriminator.named_buffers() if "num_batches" not in name},
}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(out, separators=(",", ":")) + "\n")
print(path.stat().st_size, values, out["logits"])
