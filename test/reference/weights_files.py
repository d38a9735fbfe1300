"""Files of weights as torch.save and h5py write them, with the values that they hold.

Each file is base64; each tensor its dtype (safetensors' name), shape and values in row-major order, as base64 of float64. `refused` are files whose
pickles ask for more than tensors; nothing of them is ever loaded here. Run with Debian's python3, torch, torchvision's names
written out, and h5py:
    python3 test/reference/weights_files.py > test/reference/weights_files.json
"""
import base64
import collections
import io
import json
import os
import pickle
import struct
import zipfile

import h5py
import numpy as np
import torch
from torch import nn

torch.manual_seed(5)
dtypes = {torch.float64: 'F64', torch.float32: 'F32', torch.float16: 'F16', torch.bfloat16: 'BF16', torch.int64: 'I64',
          torch.int32: 'I32', torch.int16: 'I16', torch.int8: 'I8', torch.uint8: 'U8', torch.bool: 'BOOL'}


def encoded(data):
    return base64.b64encode(data).decode()


def saved(value, **options):
    file = io.BytesIO()
    torch.save(value, file, **options)
    return file.getvalue()


def described(tensors):
    return {name: dict(dtype=dtypes[t.dtype], shape=list(t.shape), values=encoded(t.detach().double().flatten().numpy().astype('<f8').tobytes()))
            for name, t in tensors.items()}


def case(bytes_, tensors):
    return dict(file=encoded(bytes_), tensors=described(tensors))


def rezipped(bytes_, edit=lambda name, data: data, compression=zipfile.ZIP_STORED, extra=()):
    """The same archive written by another program, its entries edited."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(bytes_)) as old, zipfile.ZipFile(out, 'w', compression) as new:
        for info in old.infolist():
            new.writestr(zipfile.ZipInfo(info.filename), edit(info.filename, old.read(info)), compression)
        for name, data in extra:
            new.writestr(zipfile.ZipInfo(name), data)
    return out.getvalue()


class Block(nn.Module):
    """One RRDB of the smallest size, under the names of one generation."""

    def __init__(self, scheme):
        super().__init__()
        nf, gc = 2, 1
        rdb = lambda: [nn.Conv2d(nf + i * gc, gc if i < 4 else nf, 3, padding=1) for i in range(5)]
        conv = lambda inputs, outputs: nn.Conv2d(inputs, outputs, 3, padding=1)
        holder = lambda **parts: nn.ModuleDict(parts)
        top = [conv(3, nf), conv(nf, nf), conv(nf, nf), conv(nf, nf), conv(nf, nf), conv(nf, 3)]
        if scheme == 'basicsr':
            self.conv_first, self.conv_body, self.conv_up1, self.conv_up2, self.conv_hr, self.conv_last = top
            self.body = nn.ModuleList([holder(**{f'rdb{k}': holder(**{f'conv{j + 1}': c for j, c in enumerate(rdb())}) for k in (1, 2, 3)})])
        elif scheme == 'esrgan':
            self.conv_first, self.trunk_conv, self.upconv1, self.upconv2, self.HRconv, self.conv_last = top
            self.RRDB_trunk = nn.Sequential(holder(**{f'RDB{k}': holder(**{f'conv{j + 1}': c for j, c in enumerate(rdb())}) for k in (1, 2, 3)}))
        else:
            first, trunk, up1, up2, hr, last = top
            block = holder(**{f'RDB{k}': holder(**{f'conv{j + 1}': nn.Sequential(c) for j, c in enumerate(rdb())}) for k in (1, 2, 3)})
            shortcut = nn.Module()
            shortcut.sub = nn.Sequential(block, trunk)
            lrelu, up = nn.LeakyReLU(0.2), nn.Upsample(scale_factor=2)
            self.model = nn.Sequential(first, shortcut, up, up1, lrelu, up, up2, lrelu, hr, lrelu, last)


def vgg19():
    """torchvision's VGG19 `features`, with its names and layers, at 1 to 4 channels."""
    layers, inputs = [], 3
    for channels in [1, 1, 'M', 2, 2, 'M', 3, 3, 3, 3, 'M', 4, 4, 4, 4, 'M', 4, 4, 4, 4, 'M']:
        if channels == 'M':
            layers.append(nn.MaxPool2d(2, 2))
        else:
            layers += [nn.Conv2d(inputs, channels, 3, padding=1), nn.ReLU(inplace=True)]
            inputs = channels
    network = nn.Module()
    network.features = nn.Sequential(*layers)
    network.classifier = nn.Sequential(nn.Linear(4, 5), nn.ReLU(True), nn.Dropout(), nn.Linear(5, 2))
    return network


class Shell:
    def __reduce__(self):
        return os.system, ('echo it ran > "$WEIGHTS_TEST_FILE"',)


files, refused = {}, {}
every = collections.OrderedDict((str(dtype)[6:], (torch.randn(2, 3) * 10).to(dtype)) for dtype in dtypes)
files['every dtype'] = case(saved(every), every)
files['every dtype, before torch 1.6'] = case(saved(every, _use_new_zipfile_serialization=False), every)
for protocol in (3, 4):
    files[f'protocol {protocol}, before torch 1.6'] = case(
        saved(every, pickle_protocol=protocol, _use_new_zipfile_serialization=False), every)
files['protocol 4'] = case(saved(every, pickle_protocol=4), every)
files['protocol 5'] = case(saved(every, pickle_protocol=5), every)

generators = {scheme: Block(scheme).state_dict() for scheme in ('basicsr', 'esrgan', 'oldest')}
for scheme, state in generators.items():
    files[f'generator: {scheme}'] = case(saved(state), state)
files['generator: esrgan, before torch 1.6'] = case(
    saved(generators['esrgan'], _use_new_zipfile_serialization=False), generators['esrgan'])
two = {name: t for name, t in list(generators['basicsr'].items())[:2]}
prefixed = lambda prefix, state: {prefix + name: t for name, t in state.items()}
ema = {name: t + 1 for name, t in two.items()}
files['params and params_ema'] = case(saved(dict(params=two, params_ema=ema)), {**prefixed('params.', two), **prefixed('params_ema.', ema)})
parallel = nn.Sequential(collections.OrderedDict(module=nn.Conv2d(1, 2, 1))).state_dict()
network = nn.Conv2d(1, 2, 1)
optimizer = torch.optim.Adam(network.parameters())
network(torch.ones(1, 1, 2, 2)).sum().backward()
optimizer.step()
schedule = torch.optim.lr_scheduler.MultiStepLR(optimizer, [5, 9])
files['a training checkpoint'] = case(
    saved(dict(epoch=7, iter=2 ** 40, best=0.25, done=False, note='naïve', nothing=None, args=('a', [1, 2]), shape=torch.Size([1, 2]),
               device=torch.device('cpu'), raw=b'\x00\xff', ids={1, 2}, state_dict=parallel, optimizer=optimizer.state_dict(),
               schedulers=[schedule.state_dict()], loose=[torch.ones(2)], milestones=collections.Counter([5, 9]))),
    prefixed('state_dict.', parallel))
base = torch.arange(24, dtype=torch.float32)
views = dict(whole=base.reshape(2, 3, 4), part=base[5:11], columns=base.reshape(4, 6)[:, 1:4], transposed=base.reshape(2, 3, 4).permute(2, 0, 1),
             every_third=base[1::3], repeated=base[3].expand(2, 2), scalar=base[7], empty=base[:0].reshape(0, 5), one=base.reshape(2, 12)[1:, ::12],
             channels_last=torch.randn(2, 3, 2, 2).to(memory_format=torch.channels_last), half=torch.randn(3, 2).half().t())
files['views of shared storages'] = case(saved(views), views)
files['views of shared storages, before torch 1.6'] = case(saved(views, _use_new_zipfile_serialization=False), views)
parameters = dict(weight=nn.Parameter(torch.randn(2, 2)), frozen=nn.Parameter(torch.randn(2), requires_grad=False))
files['parameters'] = case(saved(parameters), parameters)
tagged = nn.Parameter(torch.randn(2))
tagged.tag = 'kept by torch only'
files['a parameter with attributes'] = case(saved(dict(tagged=tagged)), dict(tagged=tagged))
state = vgg19().state_dict()
files['VGG19 of torchvision, few channels'] = case(saved(state), state)
small = dict(a=torch.tensor([1.0, 2.0]), b=torch.tensor([[3.0]]))
files['byteorder little, and other records of torch 2'] = case(
    rezipped(saved(small), extra=[('archive/byteorder', b'little'), ('archive/.data/serialization_id', b'123')]), small)

# The names that older and newer versions of torch write, in pickles put together by hand around real storages.
key = lambda storage, name, count: b'(X\x07\0\0\0storagec' + storage + b'\nX\x01\0\0\0' + name + b'X\x03\0\0\0cpu' + b'K' + bytes([count]) + b'tQ'
text = lambda word: b'X' + struct.pack('<I', len(word)) + word
v1 = b'\x80\x02}(' + text(b'a') + b'ctorch._utils\n_rebuild_tensor\n(' + key(b'torch\nFloatStorage', b'0', 2) + b'K\0K\x02\x85K\x01\x85tR' \
    + text(b'b') + b'ctorch._utils\n_rebuild_parameter\nctorch._utils\n_rebuild_tensor_v2\n(' + key(b'torch\nFloatStorage', b'1', 1) \
    + b'K\0K\x01K\x01\x86K\x01K\x01\x86\x89ccollections\nOrderedDict\n)RtR\x88ccollections\nOrderedDict\n)R\x87Ru.'
v3 = b'\x80\x02}(' + text(b'a') + b'ctorch._utils\n_rebuild_tensor_v3\n(' + key(b'torch.storage\nUntypedStorage', b'0', 8) \
    + b'K\0K\x02\x85K\x01\x85\x89ccollections\nOrderedDict\n)Rctorch\nfloat32\ntR' \
    + text(b'b') + b'ctorch._utils\n_rebuild_tensor_v3\n(' + key(b'torch.storage\nUntypedStorage', b'1', 4) \
    + b'K\0K\x01K\x01\x86K\x01K\x01\x86\x89ccollections\nOrderedDict\n)Rctorch\nfloat32\ntRu.'
pairs = b'\x80\x02ccollections\nOrderedDict\n](](U\x01a' + v1.split(text(b'a'))[1].split(text(b'b'))[0] + b'e](U\x01b' + v1.split(text(b'b'))[1][:-2] + b'ee\x85R.'
replaced = lambda data: rezipped(saved(small), lambda name, old: data if name.endswith('data.pkl') else old)
for name, data in {'_rebuild_tensor of 2017': v1, '_rebuild_tensor_v3 and untyped storages': v3, 'an OrderedDict of Python 2': pairs}.items():
    files[name] = case(replaced(data), small)

refused['os.system'] = saved(dict(a=torch.ones(1), b=Shell()))
refused['os.system, before torch 1.6'] = saved(dict(a=torch.ones(1), b=Shell()), _use_new_zipfile_serialization=False)
refused['a whole module'] = saved(nn.Sequential(nn.Conv2d(1, 1, 1)))
refused['a whole module, before torch 1.6'] = saved(nn.Sequential(nn.Conv2d(1, 1, 1)), _use_new_zipfile_serialization=False)
refused['a NumPy number'] = saved(dict(a=torch.ones(1), loss=np.float64(2)))
refused['a sparse tensor'] = saved(dict(a=torch.eye(2).to_sparse()))
refused['a complex tensor'] = saved(dict(a=torch.ones(1, dtype=torch.complex64)))
refused['eval by protocol 4'] = replaced(b'\x80\x04\x8c\x08builtins\x8c\x04eval\x93\x8c\x031+1\x85R.')
refused['an instance by opcode INST'] = replaced(b'(ios\nsystem\n.')
refused['one tensor without a name'] = saved(torch.ones(2))
refused['a list of tensors'] = saved([torch.ones(2)])
refused['big-endian'] = rezipped(saved(small), extra=[('archive/byteorder', b'big')])
refused['compressed'] = rezipped(saved(small), compression=zipfile.ZIP_DEFLATED)
with zipfile.ZipFile(io.BytesIO(saved(small))) as old:
    out = io.BytesIO()
    with zipfile.ZipFile(out, 'w') as new:
        for info in old.infolist():
            if not info.filename.endswith('/1'):
                new.writestr(zipfile.ZipInfo(info.filename), old.read(info))
refused['a missing storage'] = out.getvalue()
refused['a short storage'] = rezipped(saved(small), lambda name, data: data[:-1] if name.endswith('data/0') else data)
out = io.BytesIO()
torch.jit.save(torch.jit.script(nn.Conv2d(1, 1, 1)), out)
refused['TorchScript'] = out.getvalue()
out = io.BytesIO()
np.savez(out, a=np.ones(2))
refused['NumPy .npz'] = out.getvalue()
refused['a pickle of its own'] = pickle.dumps(dict(a=1), protocol=4)
out = io.BytesIO()
np.save(out, np.ones(2))
refused['NumPy .npy'] = out.getvalue()

# Keras' HDF5 files, of each of its generations.
keras = {}
kernel, bias = np.random.default_rng(1).standard_normal((3, 3, 2, 4)).astype('f'), np.arange(4, dtype='f')
as_torch = lambda named: {name: torch.tensor(a) for name, a in named.items()}


def hdf5(write, **options):
    file = io.BytesIO()
    with h5py.File(file, 'w', **options) as f:
        write(f)
    return file.getvalue()


def layer(group, name, weights):
    group.attrs['layer_names'] = [name.encode(), b'block5_pool']
    group.attrs['backend'], group.attrs['keras_version'] = b'tensorflow', b'2.3.0'
    g = group.create_group(name)
    g.attrs['weight_names'] = [w.encode() for w in weights]
    for weight, values in weights.items():
        g.create_dataset(weight, data=values)
    group.create_group('block5_pool').attrs['weight_names'] = np.zeros(0, 'f')


def whole_model(f):
    f.attrs['model_config'] = json.dumps(dict(class_name='Sequential'))
    layer(f.create_group('model_weights'), 'block5_conv4', {'block5_conv4/kernel:0': kernel, 'block5_conv4/bias:0': bias})
    f.create_group('optimizer_weights').create_dataset('Adam/iterations:0', data=np.int64(7))


def keras3(f):
    f['layers/conv2d/vars/0'], f['layers/conv2d/vars/1'] = kernel, bias


def others(f):
    for kind in ('f2', 'f4', 'f8', 'i1', 'i2', 'i4', 'i8', 'u1'):
        f[kind] = np.arange(6).reshape(2, 3).astype(kind)
    f['text'], f['scalar'], f['empty'] = 'not a tensor', np.float32(4), np.zeros((0, 3), 'f')
    f['link'] = h5py.SoftLink('/f4')
    f['outside'] = h5py.ExternalLink('other.h5', '/x')


keras['Keras 1'] = case(hdf5(lambda f: layer(f, 'block5_conv4', {'block5_conv4_W_1:0': kernel, 'block5_conv4_b_1:0': bias})), as_torch(
    {'block5_conv4/block5_conv4_W_1:0': kernel, 'block5_conv4/block5_conv4_b_1:0': bias}))
keras2 = as_torch({'block5_conv4/block5_conv4/bias:0': bias, 'block5_conv4/block5_conv4/kernel:0': kernel})
keras['Keras 2, whole model'] = case(hdf5(whole_model), keras2)
keras['Keras 2, newest HDF5'] = case(hdf5(whole_model, libver='latest'), keras2)
keras['Keras 3'] = case(hdf5(keras3), as_torch({'layers/conv2d/vars/0': kernel, 'layers/conv2d/vars/1': bias}))
numbers = {kind: np.arange(6).reshape(2, 3).astype(kind) for kind in ('f2', 'f4', 'f8', 'i1', 'i2', 'i4', 'i8', 'u1')}
keras['every dtype'] = case(hdf5(others), as_torch({'empty': np.zeros((0, 3), 'f'), **numbers, 'link': numbers['f4'], 'scalar': np.array(4, 'f')}))

keras_refused = {
    'big-endian': hdf5(lambda f: f.create_dataset('x', data=np.arange(3, dtype='>f4'))),
    'compressed': hdf5(lambda f: f.create_dataset('x', data=np.zeros((500, 500), 'f'), compression='gzip')),
    'more than it has': hdf5(lambda f: f.create_dataset('x', shape=(100000, 100000), dtype='f', chunks=(100, 100))),
    'chunks larger than the file': hdf5(lambda f: f.create_dataset('x', shape=(2, 2), maxshape=(None, None), dtype='f', chunks=(5000, 5000))),
    'numbers of another file': hdf5(lambda f: f.create_dataset('x', shape=(16,), dtype='f', external=[('/etc/passwd', 0, 64)])),
    'groups that contain themselves': hdf5(lambda f: [f.create_group('a'), f['a'].__setitem__('b', f['a']), f['a'].__setitem__('c', f['a'])]),
    'no numbers': hdf5(lambda f: f.create_group('a')),
}


def laughs(f):
    """20^8 paths to one dataset."""
    groups = [f.create_group(f'group{i}') for i in range(8)]
    for outer, inner in zip(groups, groups[1:]):
        for i in range(20):
            outer[f'link{i}'] = inner
    groups[-1]['x'] = np.ones(1, 'f')


keras_refused['groups that contain each other'] = hdf5(laughs, libver='latest')
virtual = h5py.VirtualLayout(shape=(4,), dtype='f')
virtual[:] = h5py.VirtualSource('.', 'x', shape=(4,))
keras_refused['a virtual dataset'] = hdf5(lambda f: f.create_virtual_dataset('x', virtual))

encode = lambda all_: {name: encoded(data) for name, data in all_.items()}
print(json.dumps(dict(source=f'torch {torch.__version__}, h5py {h5py.__version__}', files=files, refused=encode(refused), keras=keras,
                      kerasRefused=encode(keras_refused))))
