"""Reads and writes COSE structures with pycose, for cose-python.test.ts: one JSON request per line, one answer per line."""
import base64, hashlib, hmac, json, sys, zlib

import cbor2
from pycose.algorithms import A256GCM, EdDSA
from pycose.headers import KID, Algorithm, PartialIV
from pycose.keys import OKPKey, SymmetricKey
from pycose.keys.curves import Ed25519
from pycose.messages import Enc0Message, Sign1Message
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

un = bytes.fromhex


def decode(data):
    # Some versions of cbor2 give the content of a tag as a tuple, which CoseMessage.decode refuses.
    message = cbor2.loads(data)
    protected, unprotected, *rest = message.value
    kind = {16: Enc0Message, 18: Sign1Message}[message.tag]
    return kind.from_cose_obj([protected, dict(unprotected), *rest], True)


def sign(r):
    key = OKPKey(crv=Ed25519, d=un(r["seed"]), x=un(r["publicKey"]))
    message = Sign1Message(phdr={Algorithm: EdDSA}, uhdr={KID: un(r["keyId"])}, payload=un(r["payload"]))
    message.external_aad, message.key = un(r["external"]), key
    return message.encode().hex()


def verify(r):
    message = decode(un(r["bytes"]))
    message.external_aad, message.key = un(r["external"]), OKPKey(crv=Ed25519, x=un(r["publicKey"]))
    return [message.verify_signature(), message.payload.hex()]


def seal(r):
    # pycose computes no nonce from a Partial IV, so the ciphertext comes from cryptography.
    protected = cbor2.dumps({1: 3})
    aad = cbor2.dumps(["Encrypt0", protected, un(r["external"])])
    ciphertext = AESGCM(un(r["key"])).encrypt(un(r["nonce"]), un(r["payload"]), aad)
    return cbor2.dumps(cbor2.CBORTag(16, [protected, {6: un(r["partialIv"])}, ciphertext]), canonical=True).hex()


def open_(r):
    message = decode(un(r["bytes"]))
    assert isinstance(message, Enc0Message) and message.phdr[Algorithm] == A256GCM
    aad = cbor2.dumps(["Encrypt0", cbor2.dumps({1: 3}), un(r["external"])])
    return AESGCM(un(r["key"])).decrypt(un(r["nonce"]), message.payload, aad).hex()


def pair(r):
    secret = X25519PrivateKey.from_private_bytes(un(r["private"])).exchange(X25519PublicKey.from_public_bytes(un(r["public"])))
    found = []
    for direction in (0, 1):
        info = cbor2.dumps(["ftte pair", 2, direction, r["federation"], r["gateway"]] + [un(k) for k in r["keys"]])
        found.append(HKDF(algorithm=SHA256(), length=44, salt=None, info=info).derive(secret).hex())
    return found


def thumbprint(r):
    return hashlib.sha256(cbor2.dumps({1: 1, -1: 6, -2: un(r["publicKey"])}, canonical=True)).hexdigest()


def invitation(r):
    """The fields of the text of an invitation by their labels, its proof, and the gateway's own login at the broker."""
    text = r["text"].removeprefix("ftte1:")
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    end = 3 + int.from_bytes(data[:2], "big")
    assert data[2] == zlib.crc32(data[:2]) & 0xFF and len(data) == end + 4
    assert int.from_bytes(data[end:], "big") == zlib.crc32(data[:end])
    fields = cbor2.loads(data[3:end])
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=cbor2.dumps(["ftte join", 2])).derive(fields[5])
    mac = lambda content: hmac.new(key, cbor2.dumps(content), hashlib.sha256).digest()
    proof = mac([2, fields[1], fields[4], fields[3], r["gateway"], un(r["publicKey"])])
    login = None
    if fields.get(11) == 1:
        password = base64.urlsafe_b64encode(mac(["ftte broker", fields[1], r["gateway"]])).rstrip(b"=").decode()
        login = [r["gateway"] + "/" + fields[4].hex(), password]
    named = {str(k): v.hex() if isinstance(v, bytes) else v for k, v in fields.items()}
    return {"fields": named, "proof": proof.hex(), "login": login}


actions = {"invitation": invitation, "sign": sign, "verify": verify, "seal": seal, "open": open_, "pair": pair, "thumbprint": thumbprint}
for line in sys.stdin:
    request = json.loads(line)
    print(json.dumps(actions[request.pop("do")](request)), flush=True)
