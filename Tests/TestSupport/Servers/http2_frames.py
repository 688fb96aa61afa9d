# SPDX-License-Identifier: Apache-2.0
"""The frames of HTTP/2 (RFC 9113), and requests as a server reads them."""

import struct

DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY = 0, 1, 3, 4, 6, 7
END_STREAM, ACK, END_HEADERS = 1, 1, 4
NO_ERROR, PROTOCOL_ERROR, INTERNAL_ERROR, FLOW_CONTROL_ERROR, REFUSED_STREAM, COMPRESSION_ERROR = 0, 1, 2, 3, 7, 9


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def field(name, value):
    """A header field without indexing and without Huffman coding (RFC 7541 §6.2.2)."""
    return b"\x00" + bytes([len(name)]) + name + bytes([len(value)]) + value


def exactly(connection, count):
    received = b""
    while len(received) < count:
        more = connection.recv(count - len(received))
        if not more:
            raise ConnectionError
        received += more
    return received


def requests(connection, opened):
    """Greets the peer, then gives each whole request: its stream, what `opened` made of its header block, its body.

    `opened(stream, block)` is called as each header block arrives, which is the order that HPACK needs.
    """
    bodies, heads = {}, {}
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
            # The bytes of a priority come first if flag 0x20 is set.
            heads[stream] = opened(stream, payload[5:] if flags & 0x20 else payload)
            bodies[stream] = b""
        elif kind == DATA and stream in bodies:
            bodies[stream] += payload
        if kind in (HEADERS, DATA) and flags & END_STREAM:
            yield stream, heads.pop(stream), bodies.pop(stream)
