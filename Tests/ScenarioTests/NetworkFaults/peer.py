# SPDX-License-Identifier: Apache-2.0
"""A peer on loopback that misbehaves as a case asks: raw sockets, plain or with TLS, scripted by attempt and brand."""

import base64
import json
import os
import socket
import ssl
import struct
import subprocess
import threading
import time

FAULTY = "BRN-2"


def part(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def token(client, left=21600, lifetime=21600):
    """A JWT of DOKU's shape that ends `left` seconds from now. Each is unlike every other one."""
    end = int(time.time()) + left
    claims = {"exp": end, "iat": end - lifetime, "sub": "payload", "user": {"businessServiceClientId": client}}
    return ".".join([part(b'{"alg":"RS256"}'), part(json.dumps(claims).encode()), part(os.urandom(256))])


def good(client):
    return json.dumps({"token": token(client)}).encode()


def reply(body, status="200 OK", headers=(), length=None):
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def reset(connection):
    """Closes with RST instead of FIN."""
    raw = connection if not isinstance(connection, ssl.SSLSocket) else socket.socket(fileno=connection.detach())
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raw.close()


def until_gone(connection):
    while connection.recv(65536):
        pass


class Gone(Exception):
    """The connection is over."""


class Peer:
    """Answers every brand well but the faulty one, and notes all Request-Ids by client id.

    answer(connection, client, attempt): does what the case is about with a request of the faulty brand; True where the
    connection may carry another one. accept(connection): what becomes of each new connection instead.
    """

    def __init__(self, answer=None, accept=None, context=None, host="127.0.0.1"):
        self.answer, self.accept, self.context = answer, accept, context
        self.seen = {}
        self.connections = 0
        self.lock = threading.Lock()
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.listener = socket.create_server((host, 0), family=family, backlog=64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._run, daemon=True).start()

    def close(self):
        # Whoever waits in accept(2) is woken by this, not by close(2).
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def _run(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        connection.settimeout(20)
        try:
            if self.accept:
                self.accept(connection)
                return
            if self.context:
                connection = self.context.wrap_socket(connection, server_side=True)
            buffered = b""
            while True:
                client, identifier, buffered = self._receive(connection, buffered)
                with self.lock:
                    self.seen.setdefault(client, []).append(identifier)
                    attempt = len(self.seen[client])
                if client == FAULTY and self.answer:
                    if not self.answer(connection, client, attempt):
                        return
                else:
                    connection.sendall(reply(good(client)))
        except (OSError, Gone):
            pass
        finally:
            connection.close()

    @staticmethod
    def _receive(connection, buffered):
        while b"\r\n\r\n" not in buffered:
            more = connection.recv(65536)
            if not more:
                raise Gone
            buffered += more
        head, _, rest = buffered.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode("latin-1").split("\r\n")[1:])
        headers = {name.lower(): value for name, value in headers.items()}
        length = int(headers.get("content-length", 0))
        while len(rest) < length:
            more = connection.recv(65536)
            if not more:
                raise Gone
            rest += more
        return headers["client-id"], headers["request-id"], rest[length:]


def black_hole(host="127.0.0.1", port=0):
    """A port on which connecting never ends: its queue is full. Keep what is returned."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(0)
    fillers = []
    for _ in range(4):
        filler = socket.socket(family)
        filler.setblocking(False)
        filler.connect_ex(listener.getsockname()[:2])
        fillers.append(filler)
    return listener, fillers


def refusing():
    """A port that is taken and on which nobody listens."""
    deaf = socket.socket()
    deaf.bind(("127.0.0.1", 0))
    return deaf


class Certificates:
    """A CA of our own, and certificates good and bad."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()
        self._openssl("req", "-x509", *self._key("ca"), "-out", "ca.pem", "-days", "1", "-subj", "/CN=test CA")
        self._openssl("req", "-x509", *self._key("self"), "-out", "self.pem", "-days", "1", "-subj", "/CN=localhost",
                      "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1")
        self._openssl("req", "-x509", *self._key("other"), "-out", "other.pem", "-days", "1", "-subj", "/CN=other CA")
        (folder / "garbage.pem").write_text("-----BEGIN CERTIFICATE-----\nnone\n-----END CERTIFICATE-----\n")
        for name, subject, authority, dates in [
            ("good", "DNS:localhost,IP:127.0.0.1", "ca", ("-days", "1")),
            ("wrong-host", "DNS:elsewhere.example", "ca", ("-days", "1")),
            ("unknown", "DNS:localhost,IP:127.0.0.1", "other", ("-days", "1")),
            ("expired", "DNS:localhost,IP:127.0.0.1", "ca", ("-days", "-1")),
        ]:
            (folder / "extensions").write_text(f"subjectAltName={subject}\n")
            self._openssl("req", *self._key(name), "-out", f"{name}.csr", "-subj", "/CN=localhost")
            self._openssl("x509", "-req", "-in", f"{name}.csr", "-CA", f"{authority}.pem", "-CAkey",
                          f"{authority}.key", "-CAcreateserial", "-extfile", "extensions", "-out", f"{name}.pem", *dates)

    @staticmethod
    def _key(name):
        return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-keyout", f"{name}.key"]

    def _openssl(self, *arguments):
        ended = subprocess.run(["openssl", *arguments], cwd=self.folder, capture_output=True, text=True)
        if ended.returncode != 0:
            raise SystemExit(f"openssl {arguments[0]}: {ended.stderr}")

    def context(self, name, protocols=("http/1.1",), version=None):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        context.set_alpn_protocols(list(protocols))
        if version:
            context.minimum_version = context.maximum_version = version
        return context
