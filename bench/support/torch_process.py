"""One fresh process of the engine comparison: PyTorch on one thread. Arguments: model, trained part."""

import json
import os
import statistics
import sys
import time


def resident_bytes():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def build(nn, name):
    if name == "mlp":
        return nn.Sequential(nn.Linear(561, 64), nn.ReLU(), nn.Linear(64, 6)), (32, 561)
    conv = lambda inputs, outputs: nn.Conv1d(inputs, outputs, 5, padding=2)
    layers = [
        *(conv(9, 32), nn.ReLU(), nn.MaxPool1d(2)),
        *(conv(32, 64), nn.ReLU(), nn.MaxPool1d(2)),
        *(conv(64, 64), nn.ReLU(), nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(64, 6)),
    ]
    return nn.Sequential(*layers), (32, 9, 128)


def choose(model, name, part):
    weighted = [layer for layer in model if hasattr(layer, "weight")]
    late = weighted[-1:] if name == "mlp" else weighted[-2:]
    for layer in weighted:
        layer.weight.requires_grad_(part == "full" or layer in late)
        layer.bias.requires_grad_(part != "last" or layer in late)


def time_steps(step):
    """As step-timing.ts: warm up, then the median over chunks of steps."""
    start = time.perf_counter()
    count = 0
    while time.perf_counter() - start < 0.3:
        step()
        count += 1
    each = (time.perf_counter() - start) / count
    chunk = max(1, min(100, round(0.02 / each)))
    chunks = []
    start = time.perf_counter()
    while not chunks or time.perf_counter() - start < 0.4:
        begin = time.perf_counter()
        for _ in range(chunk):
            step()
        chunks.append((time.perf_counter() - begin) / chunk)
    return 1000 * statistics.median(chunks)


def main():
    name, part = sys.argv[1:3]
    before = resident_bytes()
    try:
        import torch
    except ImportError as error:
        print(json.dumps({"skipped": str(error)}))
        return
    torch.set_num_threads(1)
    torch.manual_seed(1)
    model, shape = build(torch.nn, name)
    choose(model, name, part)
    optimiser = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=1e-3)
    x, y = torch.randn(shape), torch.arange(32) % 6

    def step():
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(model(x), y).backward()
        optimiser.step()

    step_ms = time_steps(step)
    result = {"stepMs": step_ms, "arenaBytes": None, "rssDeltaBytes": resident_bytes() - before}
    print(json.dumps(result))


main()
