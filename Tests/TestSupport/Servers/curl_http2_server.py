# SPDX-License-Identifier: Apache-2.0
"""A server on loopback that speaks HTTP/2 (RFC 9113) over TLS, frame by frame.

Arguments: a folder for its certificate; the mode; and how many streams must be open before the first response.
Modes: `answer`, `refuse`, `reset`, `go-away`, `cut`, `hang-first` (the first connection hangs), `silent-first` (the
first connection goes silent after TLS).
Prints its port. When its standard input closes, it prints what it received as one JSON document and ends.
"""

import json
import os
import socket
import ssl
import struct
import subprocess
import sys
import threading

from http2_frames import (
    DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, INTERNAL_ERROR, REFUSED_STREAM, RST_STREAM, field, frame, requests)

folder, mode, width = sys.argv[1], sys.argv[2], int(sys.argv[3])
counts = {"connections": 0, "streams": 0, "mostInFlight": 0}


def respond(connection, stream, body):
    # 0x88 is `:status: 200` of the static table.
    head = frame(HEADERS, END_HEADERS, stream, b"\x88" + field(b"x-kept", b"over two"))
    if mode in ("answer", "hang-first", "silent-first"):
        connection.sendall(head + frame(DATA, END_STREAM, stream, body))
    elif mode == "refuse":
        connection.sendall(frame(RST_STREAM, 0, stream, struct.pack(">I", REFUSED_STREAM)))
    elif mode == "reset":
        connection.sendall(head + frame(RST_STREAM, 0, stream, struct.pack(">I", INTERNAL_ERROR)))
    elif mode.startswith("error-"):
        connection.sendall(frame(RST_STREAM, 0, stream, struct.pack(">I", int(mode[6:]))))
    elif mode == "go-away":
        connection.sendall(frame(GOAWAY, 0, 0, struct.pack(">II", 0, INTERNAL_ERROR)))
        raise ConnectionError
    elif mode == "cut":
        connection.sendall(head + frame(DATA, 0, stream, body))
        raise ConnectionError


def serve(connection):
    in_flight = set()
    held = []

    def opened(stream, _):
        in_flight.add(stream)
        counts["streams"] += 1
        counts["mostInFlight"] = max(counts["mostInFlight"], len(in_flight))

    try:
        connection = context.wrap_socket(connection, server_side=True)
        counts["connections"] += 1
        for stream, _, body in requests(connection, opened):
            if mode == "silent-first" and counts["connections"] == 1:
                continue
            held.append((stream, body))
            if len(held) >= width:
                for done, content in held:
                    in_flight.remove(done)
                    respond(connection, done, content)
                held = []
    except (OSError, ConnectionError):
        pass
    finally:
        connection.close()


certificate, key = os.path.join(folder, "certificate.pem"), os.path.join(folder, "key.pem")
subprocess.run(
    ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
     "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
    check=True, capture_output=True)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
context.set_alpn_protocols(["h2"])
listener = socket.create_server(("127.0.0.1", 0), backlog=1024)


def accept():
    hanging = []
    while True:
        connection, _ = listener.accept()
        if mode == "hang-first" and not hanging:
            hanging.append(connection)
            continue
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=serve, args=(connection,), daemon=True).start()


threading.Thread(target=accept, daemon=True).start()
print(listener.getsockname()[1], 0, flush=True)
sys.stdin.buffer.read()
print(json.dumps({"requests": [], **counts}), flush=True)
os._exit(0)
