"""Learning rates of torch.optim.lr_scheduler, asked before each optimizer step; writes training_schedules.json.

MultiStepLR: the rate of every iteration around the milestones (iterations counted from 0). CosineAnnealingLR: every
iteration up to T_max; after it PyTorch's rises again, which is not compared.
"""
import json, pathlib, warnings
import torch
from torch.optim.lr_scheduler import CosineAnnealingLR, MultiStepLR

warnings.simplefilter("ignore")


def rates(make, initial, count):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=initial)
    scheduler = make(optimizer)
    out = []
    for _ in range(count):
        out.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return out


def multi_step(initial, milestones, gamma, count):
    make = lambda optimizer: MultiStepLR(optimizer, milestones=milestones, gamma=gamma)
    return {"initial": initial, "milestones": milestones, "gamma": gamma, "rates": rates(make, initial, count)}


def esrgan():
    """The GAN stage's own, at the iterations on both sides of its milestones."""
    milestones, initial = [50_000, 100_000, 200_000, 300_000], 1e-4
    every = multi_step(initial, milestones, 0.5, 300_002)["rates"]
    at = [0, *(i for m in milestones for i in (m - 1, m, m + 1))]
    return {"initial": initial, "milestones": milestones, "gamma": 0.5, "at": at, "rates": [every[i] for i in at]}


def cosine(initial, steps, minimum):
    make = lambda optimizer: CosineAnnealingLR(optimizer, T_max=steps, eta_min=minimum)
    return {"initial": initial, "steps": steps, "minimum": minimum, "rates": rates(make, initial, steps + 1)}


out = {
    "source": "torch " + torch.__version__,
    "multiStep": [multi_step(2e-4, [3, 4, 9], 0.5, 14), multi_step(1e-3, [1, 5], 0.1, 8), multi_step(1.0, [0, 2], 0.5, 4)],
    "esrgan": esrgan(),
    "cosine": [cosine(1e-3, 20, 1e-6), cosine(0.5, 7, 0), cosine(2e-4, 1, 2e-5)],
}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(out, separators=(",", ":")) + "\n")
print(path.stat().st_size, out["multiStep"][2], out["esrgan"], out["cosine"][1])
