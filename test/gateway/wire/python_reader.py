"""Reads messages as docs/protocol.md describes them: hex lines in, JSON lines out. Written from the document alone."""

import binascii
import json
import re
import struct
import sys
import zlib

import cbor2


# The readers of tensors and levels are those that the document shows.
document = open(sys.argv[1], encoding="utf-8").read()
for block in document.split("```python\n")[1:]:
    exec(block.split("```")[0])


# The numbers of types, fields and words are those of its tables.
types, maps = {}, {}
for number, name, fields in re.findall(r"^\| (\S+) \| (\S+) \| (`.*) \|$", document, re.M):
    listed = re.findall(r"`([\w-]+)`(?: \(([^)]*)\))?", fields)
    if number.isdigit():
        types[int(number)] = (name, listed)
    elif number in ("map", "words"):
        maps[name] = listed
ENVELOPE = ["ftte", "type", "federation", "sender", "sequence", "term"]


def named(item, listed, first=0):
    """The fields of a map by their names, each in the form that its table says."""
    present = ((item.get(first + i), name, form) for i, (name, form) in enumerate(listed))
    return {name: formed(value, form) for value, name, form in present if value is not None}


def formed(value, form):
    if form in ("id", "id or text", "digest"):
        return value.hex() if isinstance(value, bytes) else value
    if form in ("encoding", "status", "reason"):
        return maps[form][value][0]
    return named(value, maps[form]) if form in maps else value


def read_tensor(item):
    return {"encoding": item["encoding"], "values": list(tensor(item))}


def numbers(data):
    value, power = 0, 1
    for byte in data:
        value += (byte & 0x7F) * power
        power *= 128
        if byte < 0x80:
            yield value
            value, power = 0, 1


def plan(data):
    left = iter(data)
    entries, tensor_index, micro_batch = [], 0, next(numbers(left))
    for head in numbers(left):
        tensor_index += head // 2
        entry = {"tensor": tensor_index}
        if head % 2:
            mask = [next(left) for _ in range(next(numbers(left)))]
            entry["channels"] = [c for c in range(8 * len(mask)) if mask[c // 8] >> (c % 8) & 1]
        entries.append(entry)
        tensor_index += 1
    return {"microBatch": micro_batch, "entries": entries}


def segments(data):
    left = numbers(data)
    result, end, length = [], 0, 0
    for head in left:
        length = length if head % 2 else next(left)
        result.append({"offset": end + head // 2, "length": length})
        end += head // 2 + length
    return result


dictionary = document.split("### Dictionary of tasks")[1].split("```json\n")[1].split("\n```")[0].encode()


def task(data):
    return json.loads(zlib.decompressobj(-15, zdict=dictionary).decompress(data))


def change(item):
    return {"segments": segments(item["segments"]), "delta": read_tensor(item["delta"])}


def read(data):
    message = cbor2.loads(data)
    if "ftte" in message:
        message = cbor2.loads(message[""])
    assert message[0] == 2
    name, listed = types[message[1]]
    envelope = {field: message[i] for i, field in enumerate(ENVELOPE) if i > 1 and i in message}
    message = {**envelope, "type": name, **named(message, listed, 6)}
    readers = {
        "delta": read_tensor,
        "catchUp": change,
        "anchor": lambda item: {**item, "fromSeed": change(item["fromSeed"])},
        "plan": plan,
        "segments": segments,
        "parameters": lambda item: list(typed(item)),
        "average": lambda item: list(typed(item)),
        "bytes": list,
        "labels": list,
        "content": list,
        "task": task,
    }
    return {key: readers.get(key, lambda item: item)(item) for key, item in message.items()}


for line in sys.stdin:
    print(json.dumps(read(bytes.fromhex(line))))
