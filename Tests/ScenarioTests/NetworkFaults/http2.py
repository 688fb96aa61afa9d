# SPDX-License-Identifier: Apache-2.0
"""What goes wrong on the level of HTTP/2 (RFC 9113), frame by frame, for the faulty brand's streams."""

import struct

import hpack

from peer import FAULTY, Gone, good

DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8
END_STREAM, ACK, END_HEADERS = 1, 1, 4
INTERNAL_ERROR, FLOW_CONTROL_ERROR, REFUSED_STREAM, COMPRESSION_ERROR = 2, 3, 7, 9


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def exactly(connection, count):
    received = b""
    while len(received) < count:
        more = connection.recv(count - len(received))
        if not more:
            raise Gone
        received += more
    return received


def go_away_before(connection, stream):
    connection.sendall(frame(GOAWAY, 0, 0, struct.pack(">II", max(0, stream - 2), 0)))
    raise Gone


def go_away_after(connection, stream):
    connection.sendall(frame(GOAWAY, 0, 0, struct.pack(">II", stream, INTERNAL_ERROR)))
    raise Gone


def refuse(connection, stream):
    connection.sendall(frame(RST_STREAM, 0, stream, struct.pack(">I", REFUSED_STREAM)))


def reset_inside(connection, stream):
    connection.sendall(frame(HEADERS, END_HEADERS, stream, b"\x88")
                       + frame(RST_STREAM, 0, stream, struct.pack(">I", INTERNAL_ERROR)))


def broken_compression(connection, stream):
    # An index beyond every table (RFC 7541 §6.1).
    connection.sendall(frame(HEADERS, END_HEADERS, stream, b"\xff\xff\xff\x7f"))


def broken_flow(connection, stream):
    # A window that grows beyond 2^31-1 (RFC 9113 §6.9.1).
    connection.sendall(frame(WINDOW_UPDATE, 0, stream, struct.pack(">I", 0x7FFFFFFF)) * 2)


def settings_flood(connection, stream):
    for _ in range(20_000):
        connection.sendall(frame(SETTINGS, 0, 0, struct.pack(">HI", 3, 100)))
    raise Gone


def serving(context, fault, seen, lock, everybody):
    """What a peer does with each new connection; `fault` happens to the faulty brand's streams, or to all."""

    def accept(raw):
        connection = context.wrap_socket(raw, server_side=True)
        decoder = hpack.Decoder()
        clients = {}
        exactly(connection, 24)
        connection.sendall(frame(SETTINGS, 0, 0, struct.pack(">HI", 3, 100)))
        while True:
            head = exactly(connection, 9)
            length, kind, flags = int.from_bytes(head[:3], "big"), head[3], head[4]
            stream = int.from_bytes(head[5:], "big") & 0x7FFFFFFF
            payload = exactly(connection, length)
            if kind == SETTINGS and not flags & ACK:
                connection.sendall(frame(SETTINGS, ACK, 0))
            elif kind == PING and not flags & ACK:
                connection.sendall(frame(PING, ACK, 0, payload))
            elif kind == HEADERS:
                headers = dict(decoder.decode(payload))
                clients[stream] = headers["client-id"]
                with lock:
                    seen.setdefault(headers["client-id"], []).append(headers["request-id"])
            if kind in (HEADERS, DATA) and flags & END_STREAM:
                client = clients[stream]
                if client == FAULTY or everybody:
                    fault(connection, stream)
                else:
                    connection.sendall(frame(HEADERS, END_HEADERS, stream, b"\x88")
                                       + frame(DATA, END_STREAM, stream, good(client)))

    return accept
