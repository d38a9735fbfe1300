"""Networks of esrgan_networks.py (and a small VGG with torchvision's layer numbers) with random weights, saved by
torch.save as others publish them: containers, names of three generations, half precision; with the output of each.
Writes esrgan_files.json, the files in base64 of gzip."""
import base64, gzip, importlib.util, io, json, pathlib
import torch
import torch.nn as nn

here = pathlib.Path(__file__).parent
spec = importlib.util.spec_from_file_location("networks", here / "esrgan_networks.py")
networks = importlib.util.module_from_spec(spec)
spec.loader.exec_module(networks)
torch.manual_seed(5)

OLD = {"conv_body": "trunk_conv", "conv_up1": "upconv1", "conv_up2": "upconv2", "conv_hr": "HRconv"}
OLDEST = {"conv_first": "model.0", "conv_up1": "model.3", "conv_up2": "model.6", "conv_hr": "model.8", "conv_last": "model.10"}


def esrgan(name):
    layer, rest = name.split(".", 1)
    if layer == "body":
        return "RRDB_trunk." + rest.replace("rdb", "RDB")
    return OLD.get(layer, layer) + "." + rest


def oldest(name, blocks):
    layer, rest = name.split(".", 1)
    if layer == "body":
        block, dense, conv, kind = rest.split(".")
        return f"model.1.sub.{block}.{dense.upper()}.{conv}.0.{kind}"
    return (f"model.1.sub.{blocks}" if layer == "conv_body" else OLDEST[layer]) + "." + rest


def saved(value):
    buffer = io.BytesIO()
    torch.save(value, buffer)
    return base64.b64encode(gzip.compress(buffer.getvalue(), mtime=0)).decode()


def run(net, *shape):
    """The output in float32 for the formula's images, NHWC."""
    y = net.float()(networks.images(*shape).float())
    return networks.numbers(y.permute(0, 2, 3, 1) if y.dim() == 4 else y)


def larger(net):
    """Twice PyTorch's first weights, so that no layer's part in the output is lost."""
    for parameter in net.requires_grad_(False).parameters():
        parameter.mul_(2)
    return net


def generator(blocks, features, growth, scale):
    return larger(networks.Generator(blocks, features, growth, scale))


cases = []


def add(name, config, shape, file, net):
    cases.append({"name": name, "config": config, "input": shape, "output": run(net, *shape), "file": saved(file)})


sizes = {"blocks": 1, "features": 4, "growth": 2, "channels": 3}
net, other = generator(1, 4, 2, 4), generator(1, 4, 2, 4)
file = {"params": other.state_dict(), "params_ema": net.state_dict()}
add("params and params_ema", {**sizes, "scale": 4}, [2, 3, 4], file, net)

net = generator(2, 4, 2, 4).half()
state = {"module." + esrgan(k): v for k, v in net.state_dict().items()}
add("old names, module., half, beside an epoch", {**sizes, "blocks": 2, "scale": 4}, [1, 4, 3], {"epoch": 3, "state_dict": state}, net)

net = generator(1, 4, 2, 4).bfloat16()
add("oldest names, bfloat16", {**sizes, "scale": 4}, [1, 3, 3], {oldest(k, 1): v for k, v in net.state_dict().items()}, net)

net = generator(1, 4, 2, 2)
add("bare, scale 2", {**sizes, "scale": 2}, [1, 4, 6], net.state_dict(), net)
net = generator(1, 4, 2, 1)
add("params, scale 1", {**sizes, "scale": 1}, [1, 8, 4], {"params": net.state_dict()}, net)

net = larger(networks.Discriminator(32, 2))
net(networks.images(4, 32, 32).float() * 0.7)
net.eval()
add("discriminator", {"patchSize": 32, "features": 2, "channels": 3}, [2, 32, 32], {"params": net.state_dict()}, net)


class VGG(nn.Module):
    """Blocks of two, two and four convolutions: the numbers of VGG19 up to features[16] (block3_conv4)."""

    def __init__(self):
        super().__init__()
        layers, inputs = [], 3
        for outputs in (4, 4, "M", 5, 5, "M", 6, 6, 6, 6):
            if outputs == "M":
                layers.append(nn.MaxPool2d(2))
            else:
                layers += [nn.Conv2d(inputs, outputs, 3, 1, 1), nn.ReLU()]
                inputs = outputs
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(nn.Linear(6, 2))

    def forward(self, x):
        mean = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
        deviation = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)
        return self.features[:17]((x - mean) / deviation)


net = VGG().requires_grad_(False)
add("vgg", {"input": "torchvision"}, [1, 8, 12], net.state_dict(), net)

path = here / "esrgan_files.json"
path.write_text(json.dumps({"source": "torch " + torch.__version__, "cases": cases}, separators=(",", ":")) + "\n")
print(path.stat().st_size)
