"""Checks a credential of a node with other people's libraries: PyJWT and cryptography for the signature, gzip of Python's
own library for the status lists.  Nothing of Hexi's code takes part.

    credential.py NODE FILE

NODE is the node's address; FILE holds the credential (vc+jwt).  Prints one line of JSON with what it says and its status.
"""

import base64
import gzip
import json
import sys
import urllib.request

import jwt
from jwt.algorithms import OKPAlgorithm


def fetch(url, media_type):
    with urllib.request.urlopen(url, timeout=60) as answer:
        found = answer.headers.get_content_type()
        if found != media_type:
            raise SystemExit(f"{url} is {found}, not {media_type}")
        return answer.read()


def verified(text, document):
    """The payload of a credential, once its signature holds with a key that the issuer's document names."""
    header = jwt.get_unverified_header(text)
    if header["alg"] != "EdDSA" or header["typ"] != "vc+jwt":
        raise SystemExit(f"the header is {header}")
    methods = {method["id"]: method for method in document["verificationMethod"]}
    method = methods[header["kid"]]
    if method["type"] != "JsonWebKey" or header["kid"] not in document["assertionMethod"]:
        raise SystemExit("the key is not one to sign credentials with")
    key = OKPAlgorithm.from_jwk(json.dumps(method["publicKeyJwk"]))
    payload = jwt.decode(text, key=key, algorithms=["EdDSA"])
    if payload["issuer"] != document["id"] or payload["@context"][0] != "https://www.w3.org/ns/credentials/v2":
        raise SystemExit("the issuer or the context is another")
    return payload


def status(entry, document):
    text = fetch(entry["statusListCredential"], "application/vc+jwt").decode()
    subject = verified(text, document)["credentialSubject"]
    if subject["type"] != "BitstringStatusList" or subject["statusPurpose"] != entry["statusPurpose"]:
        raise SystemExit("the list is of another kind")
    encoded = subject["encodedList"]
    if not encoded.startswith("u"):
        raise SystemExit("the list is not in base64url")
    bits = gzip.decompress(base64.urlsafe_b64decode(encoded[1:] + "=" * (-len(encoded[1:]) % 4)))
    if len(bits) < 16384:
        raise SystemExit(f"the list has {len(bits)} bytes only")
    index = int(entry["statusListIndex"])
    return bool(bits[index // 8] >> (7 - index % 8) & 1)


def main():
    node, path = sys.argv[1], sys.argv[2]
    document = json.loads(fetch(node + "/.well-known/did.json", "application/did+ld+json"))
    with open(path, encoding="ascii") as file:
        text = file.read().strip()
    payload = verified(text, document)
    # A changed character must not pass.
    parts = text.split(".")
    broken = ".".join([parts[0], parts[1], ("A" if parts[2][0] != "A" else "B") + parts[2][1:]])
    try:
        verified(broken, document)
    except jwt.InvalidSignatureError:
        pass
    else:
        raise SystemExit("a changed signature passed")
    entries = {entry["statusPurpose"]: status(entry, document) for entry in payload["credentialStatus"]}
    print(json.dumps({"types": payload["type"], "subject": payload["credentialSubject"], "status": entries}))


main()
