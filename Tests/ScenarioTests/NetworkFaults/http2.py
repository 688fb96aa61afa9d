# SPDX-License-Identifier: Apache-2.0
"""HTTP/2 (RFC 9113) frame by frame, right and wrong."""

import os
import socket
import struct

import hpack

from answers import token_body
from connections import reset, until_the_peer_goes

DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY = 0, 1, 3, 4, 6, 7
END_STREAM, ACK, END_HEADERS = 1, 1, 4
NO_ERROR, PROTOCOL_ERROR, INTERNAL_ERROR, FLOW_CONTROL_ERROR, REFUSED_STREAM, COMPRESSION_ERROR = 0, 1, 2, 3, 7, 9


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def exactly(connection, count):
    received = b""
    while len(received) < count:
        more = connection.recv(count - len(received))
        if not more:
            raise ConnectionError
        received += more
    return received


def field(name, value):
    """A header field without indexing and without Huffman coding (RFC 7541 §6.2.2)."""
    return b"\x00" + bytes([len(name)]) + name + bytes([len(value)]) + value


# 0x88 is `:status: 200` of the static table.
HEAD = b"\x88" + field(b"content-type", b"application/json")


def respond(case, step, connection, stream, headers):
    def send(kind, flags, payload, on=stream):
        connection.sendall(frame(kind, flags, on, payload))

    def grant():
        connection.sendall(
            frame(HEADERS, END_HEADERS, stream, HEAD) + frame(DATA, END_STREAM, stream, token_body(headers)))

    def stop(code):
        send(RST_STREAM, 0, struct.pack(">I", code))

    def go_away(last, code):
        send(GOAWAY, 0, struct.pack(">II", last, code), on=0)

    if step == "ok":
        grant()
    elif step == "refused-stream":
        stop(REFUSED_STREAM)
    elif step == "internal":
        stop(INTERNAL_ERROR)
    elif step == "internal-in-body":
        send(HEADERS, END_HEADERS, HEAD)
        send(DATA, 0, b'{"tok')
        stop(INTERNAL_ERROR)
    elif step == "compression":
        stop(COMPRESSION_ERROR)
    elif step == "flow-control":
        stop(FLOW_CONTROL_ERROR)
    elif step == "protocol":
        stop(PROTOCOL_ERROR)
    elif step == "go-away-before":
        # The stream was not looked at: it is above the last one that was.
        go_away(stream - 2 if stream > 1 else 0, NO_ERROR)
        raise ConnectionError
    elif step == "go-away-after":
        # No further streams, but this one is finished.
        go_away(stream, NO_ERROR)
        grant()
        # What the peer still sends is read: a close before that would be an RST, and the answer could be lost.
        connection.shutdown(socket.SHUT_WR)
        until_the_peer_goes(connection)
        raise ConnectionError
    elif step == "go-away-error":
        send(HEADERS, END_HEADERS, HEAD)
        go_away(stream, INTERNAL_ERROR)
        raise ConnectionError
    elif step == "cut":
        send(HEADERS, END_HEADERS, HEAD)
        send(DATA, 0, token_body(headers))
        raise ConnectionError
    elif step == "reset-connection":
        reset(connection)
        raise ConnectionError
    elif step == "bad-hpack":
        # An index far beyond the table.
        send(HEADERS, END_HEADERS | END_STREAM, b"\xff\xff\xff\xff\x07")
        until_the_peer_goes(connection)
    elif step == "settings-flood":
        # Each wants an acknowledgement, and none is read.
        while True:
            connection.sendall(frame(SETTINGS, 0, 0, struct.pack(">HI", 4, 65536)) * 500)
    elif step == "ping-flood":
        while True:
            connection.sendall(frame(PING, 0, 0, os.urandom(8)) * 500)
    elif step == "connection-silence":
        until_the_peer_goes(connection)
        raise ConnectionError
    elif step == "silence":
        pass
    else:
        raise SystemExit("unknown step " + step)


def serve(case, connection):
    decoder = hpack.Decoder()
    open_streams = {}
    exactly(connection, 24)
    # SETTINGS_MAX_CONCURRENT_STREAMS
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
            # The bytes of a priority, where flag 0x20 says that there are some.
            block = payload[5:] if flags & 0x20 else payload
            open_streams[stream] = (dict(decoder.decode(block)), b"")
        elif kind == DATA and stream in open_streams:
            headers, body = open_streams[stream]
            open_streams[stream] = (headers, body + payload)
        if kind in (HEADERS, DATA) and flags & END_STREAM:
            headers, body = open_streams.pop(stream)
            respond(case, case.arrived(headers[":path"], headers, body), connection, stream, headers)
