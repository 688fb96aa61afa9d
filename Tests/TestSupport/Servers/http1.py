# SPDX-License-Identifier: Apache-2.0
"""HTTP/1.1 as a server reads it (RFC 9112), and how a connection is broken."""

import socket
import struct


def receive(connection, buffered):
    """One request: its head, its body and what came after it; None if the peer has gone."""
    while b"\r\n\r\n" not in buffered:
        more = connection.recv(65536)
        if not more:
            return None
        buffered += more
    head, _, rest = buffered.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    while len(rest) < length:
        more = connection.recv(65536)
        if not more:
            return None
        rest += more
    return head, rest[:length], rest[length:]


def reset_when_closed(connection):
    """Closed with unread time to linger 0: the peer gets RST instead of FIN."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def until_the_peer_goes(connection):
    while connection.recv(65536):
        pass
