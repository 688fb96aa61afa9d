# SPDX-License-Identifier: Apache-2.0
"""A client of the sandbox that shares nothing with it.

Reads one JSON document from standard input and writes one to standard output:
  {"url": "http://127.0.0.1:PORT", "public_key": FILE?, "concurrent": BOOL?, "requests": [{...}]}
A request may have: client_id, secret, request_id, timestamp (text, or seconds from now), body, method, path, omit (names
of headers), signature (sent as it is), mistake (a name from `mistakes`), timeout (seconds).
"""

import base64
import concurrent.futures
import hashlib
import hmac
import http.client
import json
import sys
import time
import urllib.parse
import uuid

TARGET = "/adv-core-api/partner/v1.0/token"
BODY = '{"grant_type":"client_credentials","valid_time":"360"}'


def component(time_header, client_id, request_id, timestamp, target, body):
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    return "\n".join([
        f"Client-Id:{client_id}", f"Request-Id:{request_id}", f"{time_header}:{timestamp}",
        f"Request-Target:{target}", f"Digest:{digest}"])


def seal(secret, text):
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()


def encode(code):
    return "HMACSHA256=" + base64.b64encode(code).decode()


def mistakes(name, secret, text, url, body):
    """The signature as integrators get it wrong."""
    good = encode(seal(secret, text))
    return {
        "trailing line feed": lambda: encode(seal(secret, text + "\n")),
        "literal backslash n": lambda: encode(seal(secret, text.replace("\n", "\\n"))),
        "carriage returns": lambda: encode(seal(secret, text.replace("\n", "\r\n"))),
        "hex": lambda: "HMACSHA256=" + seal(secret, text).hex(),
        "full URL": lambda: encode(seal(secret, text.replace(TARGET, url + TARGET))),
        "double slash": lambda: encode(seal(secret, text.replace(TARGET, "/" + TARGET))),
        "digest with its algorithm": lambda: encode(seal(secret, text.replace("Digest:", "Digest:SHA-256="))),
        "another body": lambda: encode(seal(secret, text.replace(
            base64.b64encode(hashlib.sha256(body).digest()).decode(),
            base64.b64encode(hashlib.sha256(body + b" ").digest()).decode()))),
        "no padding": lambda: good.rstrip("="),
        "no prefix": lambda: good.removeprefix("HMACSHA256="),
        "space around the secret": lambda: encode(seal(secret + " ", text)),
        "another secret": lambda: encode(seal("another", text)),
    }[name]()


def read_tlv(data, at):
    """The content of the DER element at this place, and the place after it."""
    length, start = data[at + 1], at + 2
    if length & 0x80:
        count = length & 0x7F
        length, start = int.from_bytes(data[start:start + count], "big"), start + count
    return data[start:start + length], start + length


def verifies(token, pem):
    """RSASSA-PKCS1-v1_5 by plain arithmetic."""
    der = base64.b64decode("".join(line for line in pem.splitlines() if "-----" not in line))
    outer, _ = read_tlv(der, 0)
    _, after_algorithm = read_tlv(outer, 0)
    bits, _ = read_tlv(outer, after_algorithm)
    key, _ = read_tlv(bits[1:], 0)
    modulus, after_modulus = read_tlv(key, 0)
    exponent, _ = read_tlv(key, after_modulus)
    signed, _, signature = token.rpartition(".")
    n, e = int.from_bytes(modulus, "big"), int.from_bytes(exponent, "big")
    size = (n.bit_length() + 7) // 8
    opened = pow(int.from_bytes(unpad(signature), "big"), e, n).to_bytes(size, "big")
    info = bytes.fromhex("3031300d060960864801650304020105000420") + hashlib.sha256(signed.encode()).digest()
    return opened == b"\x00\x01" + b"\xff" * (size - len(info) - 3) + b"\x00" + info


def unpad(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def send(url, public_key, request):
    secret = request.get("secret", "")
    client_id = request.get("client_id", "BRN-1")
    request_id = request.get("request_id") or str(uuid.uuid4())
    timestamp = request.get("timestamp", 0)
    if not isinstance(timestamp, str):
        timestamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + timestamp))
    body = request.get("body", BODY).encode()
    path = request.get("path", TARGET)
    text = component("Request-Timestamp", client_id, request_id, timestamp, TARGET, body)
    signature = request.get("signature") or encode(seal(secret, text))
    if request.get("mistake"):
        signature = mistakes(request["mistake"], secret, text, url, body)
    headers = {
        "Client-Id": client_id, "Request-Id": request_id, "Request-Timestamp": timestamp, "Signature": signature,
        "Content-Type": "application/json"}
    for name in request.get("omit", []):
        del headers[name]

    result = {"request_id": request_id, "sent_signature": signature}
    place = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(place.hostname, place.port, timeout=request.get("timeout", 30))
    try:
        connection.request(request.get("method", "POST"), path, body, headers)
        answer = connection.getresponse()
        content = answer.read()
    except TimeoutError:
        return {**result, "silent": True}
    except (http.client.RemoteDisconnected, ConnectionError):
        return {**result, "closed": True}
    finally:
        connection.close()

    fields = {name.lower(): value for name, value in answer.getheaders()}
    result.update(status=answer.status, headers=fields, body=content.decode(), length=len(content))
    if "signature" in fields:
        expected = encode(seal(secret, component(
            "Response-Timestamp", fields["client-id"], fields["request-id"], fields["response-timestamp"], TARGET,
            content)))
        result["signature_verifies"] = fields["signature"] == expected
    try:
        document = json.loads(content)
    except ValueError:
        return result
    result["json"] = True
    token = document.get("token")
    if "error" in document:
        result.update(code=document["error"]["code"], message=document["error"]["message"])
        result["wrapped"] = document["error"].get("type") == "invalid_request_error"
    if isinstance(token, str):
        result["token"] = token
        if token.count(".") == 2 and public_key:
            header, claims = (json.loads(unpad(part)) for part in token.split(".")[:2])
            result.update(
                header=header, subject=claims["sub"], issued_at=claims["iat"], expires_at=claims["exp"],
                token_client_id=claims["user"]["businessServiceClientId"])
            result["token_verifies"] = token.isprintable() and verifies(token, public_key)
    return result


def main():
    order = json.load(sys.stdin)
    public_key = open(order["public_key"]).read() if order.get("public_key") else None
    requests = order["requests"]
    workers = len(requests) if order.get("concurrent") else 1
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        results = list(pool.map(lambda request: send(order["url"], public_key, request), requests))
    json.dump(results, sys.stdout)


main()
