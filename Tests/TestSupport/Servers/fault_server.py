# SPDX-License-Identifier: Apache-2.0
"""Peers on loopback that do wrong on purpose, one listener for each case, scripted connection by connection.

Arguments: a JSON file with the scripts, a folder for logs, a folder with certificates (NAME.pem, NAME.key). Prints
`{"ports": {KEY: PORT}, "resolver": ADDRESS, "problem": why there is no resolver, or null}` as one line; writes what each
listener sees to LOGS/KEY before it answers; ends with its standard input.

A script: `key`; `listens` (`yes`, `refused` = the port is taken but nobody listens, `full` = the queue of connections
is full, so that the kernel answers nobody, `dual` = `full` over IPv6, `yes` over IPv4); `transport` (`plain`, `tls`,
`http2`); `impostor` (a certificate that connections of that name are shown instead of `server`); `connections` (what
becomes of the first, second … connection, the last one of all further ones); `faulty` (a Client-Id) and `steps` (what
its first, second … request gets, the last one all further ones). Everybody else gets a token.
"""

import json
import os
import socket
import ssl
import sys
import threading

import connections
import http2
import resolver
from answers import Case, answer
from http1 import receive

scripts_file, logs, certificates = sys.argv[1:4]


def serve(case, connection):
    buffered = b""
    while (request := receive(connection, buffered)) is not None:
        head, body, buffered = request
        lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        step = case.arrived(lines[0].split(" ")[1], headers, body)
        if not answer(case, step, connection, headers):
            return


def converse(case, connection):
    """What a connection is for, once it was accepted; the raw socket is gone afterwards."""
    try:
        if not connections.begin(case, case.next_connection(), connection):
            return
        if case.transport != "plain":
            connection = case.context.wrap_socket(connection, server_side=True)
        if case.transport == "http2":
            http2.serve(case, connection)
        else:
            serve(case, connection)
    except (OSError, ConnectionError, ValueError):
        # The peer has gone in the middle, or found us out: both is its right.
        pass
    finally:
        connection.close()


def accept(case, listener):
    while True:
        connection, _ = listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=converse, args=(case, connection), daemon=True).start()


def context(case, certificate):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    path = os.path.join(certificates, certificate)
    made.load_cert_chain(path + ".pem", path + ".key")
    made.set_alpn_protocols(["h2"] if case.transport == "http2" else ["http/1.1"])
    return made


def bound(family, address, port=0):
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    listener.bind((address, port))
    return listener


def fill(listener):
    """Leaves no place in the queue: the kernel drops what asks for one more, as a black hole does."""
    listener.listen(0)
    for _ in range(4):
        client = socket.socket(listener.family)
        client.setblocking(False)
        client.connect_ex(listener.getsockname())
        kept.append(client)
    kept.append(listener)


kept = []
ports = {}
with open(scripts_file, encoding="utf-8") as file:
    scripts = json.load(file)
for script in scripts:
    case = Case(script, logs)
    if case.transport != "plain":
        case.context = context(case, "server")
        if "impostor" in script:
            case.impostor = context(case, script["impostor"])
    listener = bound(socket.AF_INET, "127.0.0.1")
    port = listener.getsockname()[1]
    ports[case.key] = port
    kept.append(listener)
    listens = script.get("listens", "yes")
    if listens == "full":
        fill(listener)
    elif listens == "dual":
        fill(bound(socket.AF_INET6, "::1", port))
    if listens in ("yes", "dual"):
        listener.listen(64)
        threading.Thread(target=accept, args=(case, listener), daemon=True).start()
print(json.dumps({"ports": ports, "resolver": resolver.ADDRESS, "problem": resolver.start()}), flush=True)
sys.stdin.buffer.read()
os._exit(0)
