# SPDX-License-Identifier: Apache-2.0
"""HTTP/2 (RFC 9113) frame by frame, right and wrong."""

import os
import socket
import struct

import hpack

from answers import token_body
from connections import reset
from http1 import until_the_peer_goes
from http2_frames import (
    COMPRESSION_ERROR, DATA, END_HEADERS, END_STREAM, FLOW_CONTROL_ERROR, GOAWAY, HEADERS, INTERNAL_ERROR, NO_ERROR, PING,
    PROTOCOL_ERROR, REFUSED_STREAM, RST_STREAM, SETTINGS, field, frame, requests)

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
    for stream, headers, body in requests(connection, lambda _, block: dict(decoder.decode(block))):
        respond(case, case.arrived(headers[":path"], headers, body), connection, stream, headers)
