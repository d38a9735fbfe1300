"""Five steps of torch.optim.Adam with given gradients; writes training_adam.json."""
import json, pathlib, torch

start = [0.5, -1.0, 2.0]
options = {"beta1": 0.8, "beta2": 0.99, "epsilon": 1e-8}
rate = 0.05
gradients = [[0.1, -2.0, 0.0], [0.3, 1.0, 1e-4], [-0.2, 0.5, 3.0], [0.0, 0.0, 0.0], [1.0, -1.0, 0.25]]
weight = torch.tensor(start, dtype=torch.float64, requires_grad=True)
adam = torch.optim.Adam([weight], lr=rate, betas=(options["beta1"], options["beta2"]), eps=options["epsilon"])
weights = []
for gradient in gradients:
    weight.grad = torch.tensor(gradient, dtype=torch.float64)
    adam.step()
    weights.append(weight.detach().tolist())
out = {"source": "torch " + torch.__version__, "start": start, "options": options, "rate": rate, "gradients": gradients, "weights": weights}
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(out, indent=1) + "\n")
