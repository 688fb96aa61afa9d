# SPDX-License-Identifier: Apache-2.0
"""The answers over HTTP/1.1, right and wrong, byte by byte; and what a case remembers."""

import base64
import calendar
import gzip
import hashlib
import hmac
import json
import os
import threading
import time

from connections import reset
from http1 import until_the_peer_goes

SECRET = b"SK-network/canary+Xe4v9LrK"


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def token(client, issued=0, ends=21600, **claims):
    """As DOKU's are, but signed by nobody; `None` leaves a claim out."""
    now = int(time.time())
    every = {"iat": now + issued, "exp": now + ends, "sub": "payload", "user": {"businessServiceClientId": client}}
    every.update(claims)
    kept = {name: value for name, value in every.items() if value is not None}
    return ".".join([encoded(b'{"alg":"RS256"}'), encoded(json.dumps(kept).encode()), encoded(os.urandom(256))])


def token_body(headers):
    return json.dumps({"token": token(headers["client-id"])}).encode()


class Case:
    def __init__(self, script, logs):
        self.key = script["key"]
        self.transport = script.get("transport", "plain")
        self.impostor = None
        self.connections = script.get("connections", ["serve"])
        self.faulty = script["faulty"]
        self.steps = script.get("steps", ["ok"])
        self.current = script.get("current", "")
        self.log = open(os.path.join(logs, self.key), "w", encoding="utf-8")
        self.lock = threading.Lock()
        self.connected = 0
        self.requested = 0
        self.issued = {}

    def note(self, **facts):
        self.log.write(json.dumps({"at": time.monotonic(), **facts}) + "\n")
        self.log.flush()

    def next_connection(self):
        with self.lock:
            kind = self.connections[min(self.connected, len(self.connections) - 1)]
            self.connected += 1
            self.note(connection=kind)
            return kind

    def arrived(self, path, headers, body):
        """Writes a request down, and tells what it gets."""
        client, identifier = headers["client-id"], headers["request-id"]
        digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
        component = "\n".join([
            "Client-Id:" + client, "Request-Id:" + identifier, "Request-Timestamp:" + headers["request-timestamp"],
            "Request-Target:" + path, "Digest:" + digest])
        signature = base64.b64encode(hmac.new(SECRET, component.encode(), hashlib.sha256).digest()).decode()
        # What an answer says of the time to one brand is that brand's alone, until it has proved true.
        signed = calendar.timegm(time.strptime(headers["request-timestamp"], "%Y-%m-%dT%H:%M:%SZ"))
        is_timely = client == self.faulty or abs(signed - time.time()) < 3600
        with self.lock:
            step = "ok"
            if client == self.faulty:
                step = self.steps[min(self.requested, len(self.steps) - 1)]
                self.requested += 1
            self.note(
                client=client, id=identifier, digest=digest, step=step,
                isSigned=is_timely and headers["signature"] == "HMACSHA256=" + signature)
            return step


def reply(body, status="200 OK", headers=("Content-Type: application/json",)):
    if isinstance(body, str):
        body = body.encode()
    lines = ["HTTP/1.1 " + status, "Content-Length: %d" % len(body), *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def http_date(offset, form="%a, %d %b %Y %H:%M:%S GMT"):
    return time.strftime(form, time.gmtime(time.time() + offset))


def dribble(connection, data, seconds=0.05):
    for byte in data:
        connection.sendall(bytes([byte]))
        time.sleep(seconds)


BOMBS = {"bomb": gzip.compress(bytes(48 << 20)), "large-bomb": gzip.compress(bytes(80 << 20))}


# By name; a function makes one for a client.
BODIES = {
    "empty": "",
    "html": "<html><body>Down for maintenance</body></html>",
    "text": "OK",
    "cut": '{"token": "eyJhbGciOiJSUzI1NiJ9.eyJl',
    "deep": "[" * 60000,
    "deep-object": '{"token":' * 7000,
    "twice": '{"token": "opaque-one", "token": "opaque-two"}',
    "behind": '{"token": "opaque-one"}{}',
    "not-utf8": b'{"token": "\xff\xfe"}',
    "array": '["opaque"]',
    "missing": '{"access": "x"}',
    "empty-token": '{"token": ""}',
    "null": '{"token": null}',
    "number": '{"token": 5}',
    "control": '{"token": "abc\\ndef"}',
    "nul": '{"token": "abc\\u0000def"}',
    "space": '{"token": "abc def"}',
    "long": json.dumps({"token": "a" * 20000}),
    "huge": json.dumps({"token": "a" * (1 << 20)}),
    "expires-missing": lambda client: {"token": token(client)},
    "expires-0": lambda client: {"token": token(client), "expires_in": 0},
    "expires-negative": lambda client: {"token": token(client), "expires_in": -5},
    "expires-text": lambda client: {"token": token(client), "expires_in": "soon"},
    "expires-huge": lambda client: {"token": token(client), "expires_in": 10**30},
    "exp-missing": lambda client: {"token": token(client, exp=None)},
    "exp-0": lambda client: {"token": token(client, exp=0)},
    "exp-negative": lambda client: {"token": token(client, exp=-5)},
    "exp-text": lambda client: {"token": token(client, exp="soon")},
    "exp-huge": lambda client: {"token": token(client, exp=10**30)},
    "expired": lambda client: {"token": token(client, issued=-7200, ends=-3600)},
    # Alive by this host's clock, dead by the server's.
    "expired-there": lambda client: {"token": token(client, issued=-20000, ends=3600)},
    "foreign": lambda client: {"token": token("BRN-9999-foreign")},
}


def body_of(name, client):
    body = BODIES[name]
    return json.dumps(body(client)) if callable(body) else body


def answer(case, step, connection, headers):
    """Writes what a step asks for. True where the connection may carry another request."""
    send = connection.sendall
    client = headers["client-id"]
    kind, _, rest = step.partition(":")
    good = token_body(headers)
    start = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"

    # --- answers that are whole
    if kind == "ok":
        # Each request has its own connection, so that no case meets what another brand's left.
        send(reply(good, headers=["Content-Type: application/json", "Connection: close"]))
    elif kind == "body":
        send(reply(body_of(rest, client)))
    elif kind == "status":
        number, _, more = rest.partition(":")
        send(reply(json.dumps({"error": {"code": more or "some_code", "message": "no"}}), status=number + " Reason"))
        return True
    elif kind == "redirect":
        send(reply("", status=rest + " Moved", headers=["Location: /elsewhere"]))
    elif kind == "retry-after":
        status, _, wish = rest.partition(":")
        sent = [] if wish == "none" else ["Retry-After: " + {
            "date": http_date(2), "rfc850": http_date(2, "%A, %d-%b-%y %H:%M:%S GMT"),
            "asctime": http_date(2, "%a %b %d %H:%M:%S %Y"), "past": http_date(-100),
            # Two seconds by a server whose clock is an hour ahead.
            "ahead": http_date(3602), "absurd": "Fri, 31 Dec 9999 23:59:59 GMT", "garbage": "soon, I hope",
        }.get(wish, wish)]
        date = http_date(3600 if wish == "ahead" else 0)
        send(reply("{}", status=status + " Reason", headers=["Date: " + date, *sent]))
    elif kind == "dated":
        # `dated:STATUS:SECONDS:BODY`: the server's clock is SECONDS off.
        status, seconds, name = rest.split(":")
        said = ["Content-Type: application/json", "Date: " + http_date(int(seconds))]
        send(reply(body_of(name, client), status=status + " Reason", headers=said))
    elif kind == "good-dated":
        send(reply(good, headers=["Content-Type: application/json", "Date: " + http_date(int(rest))]))
    elif kind == "type":
        send(reply(good, headers=["Content-Type: " + rest]))
    elif kind == "current":
        send(reply(json.dumps({"token": case.current})))
    elif kind == "issue-and-close":
        case.issued[headers["request-id"]] = good
        return False
    elif kind == "replay":
        send(reply(case.issued[headers["request-id"]], status="409 Conflict"))
    elif kind == "interim":
        send(b"HTTP/1.1 100 Continue\r\n\r\n" * int(rest) + reply(good))
    elif kind == "no-length":
        send(start + b"\r\n" + good)
    elif kind == "longer":
        send(reply(good) + b"and more of it")
    elif kind == "slow":
        dribble(connection, reply(good), 0.0005)

    # --- the connection ends
    elif kind == "close":
        pass
    elif kind == "reset":
        reset(connection)
    elif kind == "headers-close":
        send(start + b"Content-Length: %d\r\n" % len(good))
    elif kind == "header-close":
        send(start + b"Content-Len")
    elif kind == "status-close":
        send(b"HTTP/1.1 200 OK\r\n")
    elif kind == "headers-reset":
        send(start + b"Content-Len")
        reset(connection)
    elif kind == "body-reset":
        send(start + b"Content-Length: %d\r\n\r\n" % len(good) + good[:40])
        reset(connection)
    elif kind == "shorter":
        send(start + b"Content-Length: %d\r\n\r\n" % (len(good) + 10) + good)
    elif kind == "no-length-cut":
        send(start + b"\r\n" + good[:-20])
    elif kind == "no-length-reset":
        send(start + b"\r\n" + good)
        # The answer is read before the reset is seen, or not: a whole token is not believed either way.
        reset(connection)
    elif kind == "chunk-cut":
        send(start + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % (len(good) + 10) + good)
    elif kind == "last-chunk-missing":
        send(start + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(good) + good + b"\r\n")
    elif kind == "longer-cut":
        send(start + b"Content-Length: 40\r\n\r\n" + good)

    # --- what HTTP does not allow
    elif kind == "two-lengths":
        send(start + b"Content-Length: 10\r\nContent-Length: %d\r\n\r\n" % len(good) + good)
    elif kind == "length":
        send(start + b"Content-Length: " + rest.encode() + b"\r\n\r\n" + good)
    elif kind == "chunk-garbage":
        send(start + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n" + good + b"\r\n0\r\n\r\n")
    elif kind == "unknown-coding":
        send(start + b"Transfer-Encoding: mystery\r\n\r\n" + good)
    elif kind == "http-0.9":
        send(good)
    elif kind == "random":
        send(os.urandom(200).replace(b"H", b"h"))
    elif kind == "ssh":
        send(b"SSH-2.0-OpenSSH_9.2p1\r\n")
    elif kind == "version":
        send(b"HTTP/" + rest.encode() + b" 200 OK\r\nContent-Length: %d\r\n\r\n" % len(good) + good)
    elif kind == "status-line":
        send(b"HTTP/1.1 OK fine\r\nContent-Length: %d\r\n\r\n" % len(good) + good)
    elif kind == "status-999":
        send(reply(good, status="999 What"))
    elif kind == "one-header":
        send(start + b"X-Filler: " + b"a" * int(rest) + b"\r\nContent-Length: %d\r\n\r\n" % len(good) + good)
    elif kind == "many-headers":
        send(start + b"X-Filler: 0123456789\r\n" * int(rest) + b"Content-Length: %d\r\n\r\n" % len(good) + good)
    elif kind == "folded-first":
        send(b"HTTP/1.1 200 OK\r\n folded: x\r\nContent-Length: %d\r\n\r\n" % len(good) + good)
    elif kind == "nul-in-header":
        send(start + b"X-Filler: a\0b\r\nContent-Length: %d\r\n\r\n" % len(good) + good)
    elif kind == "upgrade":
        send(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
    elif kind == "no-content":
        send(b"HTTP/1.1 204 No Content\r\n\r\n")

    # --- time and size
    elif kind == "silence":
        until_the_peer_goes(connection)
    elif kind == "headers-silence":
        send(start)
        until_the_peer_goes(connection)
    elif kind == "body-silence":
        send(start + b"Content-Length: %d\r\n\r\n" % len(good) + good[:20])
        until_the_peer_goes(connection)
    elif kind == "slow-body":
        send(start + b"Content-Length: %d\r\n\r\n" % len(good))
        dribble(connection, good)
    elif kind == "slow-headers":
        dribble(connection, reply(good))
    elif kind == "endless":
        send(start + b"\r\n")
        while True:
            send(b"a" * 4096)
    elif kind == "endless-chunks":
        send(start + b"Transfer-Encoding: chunked\r\n\r\n")
        while True:
            send(b"1000\r\n" + b"a" * 4096 + b"\r\n")
    elif kind == "gzip":
        # Nobody asked for it.
        sent = {"fake": good, "real": gzip.compress(good), "no-trailer": gzip.compress(good)[:-8], **BOMBS}[rest]
        send(reply(sent, headers=["Content-Type: application/json", "Content-Encoding: gzip"]))
    else:
        raise SystemExit("unknown step " + step)
    return False
