"""Reads messages as docs/protocol.md describes them: hex lines in, JSON lines out. Written from the document alone."""

import binascii
import json
import struct
import sys

import cbor2


# The readers of tensors and levels are those that the document shows.
document = open(sys.argv[1], encoding="utf-8").read()
for block in document.split("```python\n")[1:]:
    exec(block.split("```")[0])


def read_tensor(item):
    return {"encoding": item["encoding"], "values": list(tensor(item))}


def plan(item):
    def entry(tensor_index, mask=None):
        if mask is None:
            return {"tensor": tensor_index}
        channels = [c for c in range(8 * len(mask)) if mask[c // 8] >> (c % 8) & 1]
        return {"tensor": tensor_index, "channels": channels}

    return {"microBatch": item["microBatch"], "entries": [entry(*parts) for parts in item["entries"]]}


def segments(data):
    numbers, value, power = [], 0, 1
    for byte in data:
        value += (byte & 0x7F) * power
        power *= 128
        if byte < 0x80:
            numbers.append(value)
            value, power = 0, 1
    result, end = [], 0
    for gap, length in zip(numbers[::2], numbers[1::2]):
        result.append({"offset": end + gap, "length": length})
        end += gap + length
    return result


def change(item):
    return {"segments": segments(item["segments"]), "delta": read_tensor(item["delta"])}


def read(data):
    message = cbor2.loads(data)
    assert message.pop("ftte") == 1
    readers = {
        "delta": read_tensor,
        "catchUp": change,
        "anchor": lambda item: {**item, "fromSeed": change(item["fromSeed"])},
        "plan": plan,
        "segments": segments,
        "parameters": lambda item: list(typed(item)),
        "average": lambda item: list(typed(item)),
        "bytes": list,
    }
    return {key: readers.get(key, lambda item: item)(item) for key, item in message.items()}


for line in sys.stdin:
    print(json.dumps(read(bytes.fromhex(line))))
