"""Measures PyTorch on one thread in a fresh process. Argument: the case as JSON.

{"input": [128, 9], "layers": [...], "names": [...], "loss": "softmax-cross-entropy", "outputs": 6, "batch": 32,
 "trained": [[layer, "kernel"], ...]}

Layers are those of a task. Data is channels first, the default of PyTorch; the work is the same as with channels last.
"""

import json
import resource
import statistics
import sys
import time


def peak_resident_bytes():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def pair(value):
    if value is None:
        return [1, 1]
    return value if isinstance(value, list) else [value, value]


def same_padding(lengths, kernel, stride):
    """Padding of Keras, last dimension first, as torch.nn.functional.pad expects it."""
    pads = []
    for length, taps, step in zip(lengths, kernel, stride):
        total = max((-(-length // step) - 1) * step + taps - length, 0)
        pads = [total // 2, total - total // 2] + pads
    return pads


def make_layer(torch, spec, shape):
    """The function of a layer (value, values by name), its module if it has weights, and its output shape, channels first."""
    nn, F = torch.nn, torch.nn.functional
    kind = spec["type"]
    if kind == "dense":
        module = nn.Linear(shape[0], spec["units"], bias=spec.get("bias", True))
        return (lambda x, _: module(x)), module, [spec["units"]]
    if kind in ("conv1d", "conv2d", "depthwiseconv1d", "depthwiseconv2d"):
        flat = kind.endswith("1d")
        kernel = [spec["kernel"]] if flat else pair(spec["kernel"])
        stride = [spec.get("stride", 1)] if flat else pair(spec.get("stride"))
        depthwise = kind.startswith("depthwise")
        outputs = shape[0] if depthwise else spec["filters"]
        make = nn.Conv1d if flat else nn.Conv2d
        groups = shape[0] if depthwise else 1
        valid = spec["padding"] == "valid"
        pads = [0] * (2 * len(kernel)) if valid else same_padding(shape[1:], kernel, stride)
        even = all(pads[i] == pads[i + 1] for i in range(0, len(pads), 2))
        inside = [pads[i] for i in range(len(pads) - 2, -1, -2)] if even else 0
        module = make(
            shape[0], outputs, kernel, stride, padding=inside, groups=groups, bias=spec.get("bias", True)
        )
        lengths = [
            (n - k) // s + 1 if valid else -(-n // s) for n, k, s in zip(shape[1:], kernel, stride)
        ]
        if even:
            return (lambda x, _: module(x)), module, [outputs, *lengths]
        return (lambda x, _: module(F.pad(x, pads))), module, [outputs, *lengths]
    if kind == "batchnorm":
        module = (nn.BatchNorm2d if len(shape) == 3 else nn.BatchNorm1d)(shape[0], eps=spec["epsilon"])
        module.eval()
        return (lambda x, _: module(x)), module, shape
    if kind == "gru":
        module = nn.GRU(shape[0], spec["units"], batch_first=True)
        if spec.get("sequences"):
            return (lambda x, _: module(x.transpose(1, 2))[0].transpose(1, 2)), module, [spec["units"], shape[1]]
        return (lambda x, _: module(x.transpose(1, 2))[1][0]), module, [spec["units"]]
    if kind == "lstm":
        module = nn.LSTM(shape[0], spec["units"], batch_first=True)
        if spec.get("sequences"):
            return (lambda x, _: module(x.transpose(1, 2))[0].transpose(1, 2)), module, [spec["units"], shape[1]]
        return (lambda x, _: module(x.transpose(1, 2))[1][0][0]), module, [spec["units"]]
    plain = {"relu": F.relu, "relu6": F.relu6, "tanh": torch.tanh, "sigmoid": torch.sigmoid}
    if kind in plain:
        return (lambda x, _: plain[kind](x)), None, shape
    if kind == "dropout":
        return (lambda x, _: F.dropout(x, spec["rate"])), None, shape
    if kind == "add":
        return (lambda x, values: x + values[spec["with"]]), None, shape
    pools = {
        "maxpool1d": F.max_pool1d,
        "averagepool1d": F.avg_pool1d,
        "maxpool2d": F.max_pool2d,
        "averagepool2d": F.avg_pool2d,
    }
    if kind in pools:
        size = [spec["size"]] if kind.endswith("1d") else pair(spec["size"])
        lengths = [n // k for n, k in zip(shape[1:], size)]
        return (lambda x, _: pools[kind](x, size)), None, [shape[0], *lengths]
    if kind.startswith("globalaveragepool"):
        ways = list(range(2, len(shape) + 1))
        return (lambda x, _: x.mean(ways)), None, shape[:1]
    if kind == "upsampling1d":
        return (lambda x, _: x.repeat_interleave(spec["size"], 2)), None, [shape[0], shape[1] * spec["size"]]
    if kind == "flatten":
        size = 1
        for length in shape:
            size *= length
        return (lambda x, _: x.flatten(1)), None, [size]
    if kind == "reshape":
        to = [spec["shape"][-1], *spec["shape"][:-1]]
        return (lambda x, _: x.reshape(x.shape[0], *to)), None, to
    raise ValueError(f"no layer {kind}")


def build(torch, case):
    shape = [case["input"][-1], *case["input"][:-1]]
    layers, modules = [], []
    for spec in case["layers"]:
        call, module, shape = make_layer(torch, spec, shape)
        layers.append(call)
        modules.append(module)

    def forward(x):
        values = {"input": x}
        for call, name in zip(layers, case["names"]):
            x = values[name] = call(x, values)
        return x

    roles = {"kernel": "weight", "bias": "bias", "gamma": "weight", "beta": "bias"}
    trained = {(layer, role) for layer, role in case["trained"]}
    parameters = []
    for index, module in enumerate(modules):
        for name, parameter in module.named_parameters() if module else []:
            is_trained = any((index, role) in trained for role, own in roles.items() if name.startswith(own))
            parameter.requires_grad_(is_trained)
            if is_trained:
                parameters.append(parameter)
    return forward, parameters


def time_steps(step):
    """Times steps as step-timing.ts does: a warm-up, then the median over chunks of steps."""
    start = time.perf_counter()
    count = 0
    while count == 0 or time.perf_counter() - start < 0.3:
        step()
        count += 1
    each = (time.perf_counter() - start) / count
    chunk = max(1, min(100, round(0.02 / each)))
    chunks, busy = [], []
    start = time.perf_counter()
    while not chunks or time.perf_counter() - start < 0.4:
        begin, used = time.perf_counter(), time.process_time()
        for _ in range(chunk):
            step()
        chunks.append((time.perf_counter() - begin) / chunk)
        busy.append((time.process_time() - used) / chunk)
    return 1000 * statistics.median(chunks), 1000 * statistics.median(busy)


def main():
    case = json.loads(sys.argv[1])
    try:
        import torch
    except ImportError as error:
        print(json.dumps({"skipped": str(error)}))
        return
    torch.set_num_threads(1)
    torch.manual_seed(1)
    forward, parameters = build(torch, case)
    optimiser = torch.optim.SGD(parameters, lr=1e-3)
    batch = case["batch"]
    x = torch.randn([batch, case["input"][-1], *case["input"][:-1]])
    labels = torch.arange(batch) % case["outputs"]
    squared = case["loss"] == "mean-squared-error"

    def step():
        optimiser.zero_grad()
        y = forward(x)
        if squared:
            loss = torch.nn.functional.mse_loss(y, x)
        else:
            loss = torch.nn.functional.cross_entropy(y, labels)
        loss.backward()
        optimiser.step()

    step_ms, cpu_ms = time_steps(step)
    result = {
        "stepMs": step_ms,
        "cpuMs": cpu_ms,
        "arenaBytes": None,
        "rssBytes": peak_resident_bytes(),
    }
    print(json.dumps(result))


main()
