"""Reads messages as docs/protocol.md describes them: hex lines in, JSON lines out. Written from the document alone."""

import json
import struct
import sys

import cbor2


def values(item):
    """A typed array of RFC 8746: tag 85 is float32 little endian, tag 72 is signed bytes."""
    form = {85: "<%df", 72: "%db"}[item.tag]
    count = len(item.value) // {85: 4, 72: 1}[item.tag]
    return list(struct.unpack(form % count, item.value))


def tensor(item):
    encoding = item["encoding"]
    if encoding == "float16":
        count = len(item["values"]) // 2
        return {"encoding": encoding, "values": list(struct.unpack("<%de" % count, item["values"]))}
    result = values(item["values"])
    if encoding == "int8-blocks":
        scales = values(item["scales"])
        result = [struct.unpack("<f", struct.pack("<f", q * scales[i // 64]))[0] for i, q in enumerate(result)]
    if encoding == "int8":
        # Rounds to float32.
        result = [struct.unpack("<f", struct.pack("<f", q * item["scale"]))[0] for q in result]
    return {"encoding": encoding, "values": result}


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
    return {"segments": segments(item["segments"]), "delta": tensor(item["delta"])}


def read(data):
    message = cbor2.loads(data)
    assert message.pop("ftte") == 1
    readers = {
        "delta": tensor,
        "catchUp": change,
        "anchor": lambda item: {**item, "fromSeed": change(item["fromSeed"])},
        "plan": plan,
        "segments": segments,
        "parameters": values,
        "average": values,
        "bytes": list,
    }
    return {key: readers.get(key, lambda item: item)(item) for key, item in message.items()}


for line in sys.stdin:
    print(json.dumps(read(bytes.fromhex(line))))
