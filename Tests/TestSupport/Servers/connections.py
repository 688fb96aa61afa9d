# SPDX-License-Identifier: Apache-2.0
"""What befalls a connection before a request can be read from it."""

import socket
import struct

from http1 import reset_when_closed, until_the_peer_goes


def reset(connection):
    reset_when_closed(connection)
    # Of an SSLSocket, its own end as well: no close_notify.
    connection.close()


def head(connection):
    received = b""
    while b"\r\n\r\n" not in received:
        more = connection.recv(4096)
        if not more:
            raise ConnectionError
        received += more
    return received


def begin(case, kind, connection):
    """True where the connection is served after all."""
    send = connection.sendall
    if kind == "serve":
        return True
    if kind == "reset":
        # Not before the peer knows that it is connected: it could take this for a refusal.
        connection.recv(1, socket.MSG_PEEK)
        reset(connection)
    elif kind == "close":
        pass
    elif kind == "silence":
        until_the_peer_goes(connection)
    elif kind == "impostor":
        # Shows another certificate than it should.
        connection = case.impostor.wrap_socket(connection, server_side=True)
        until_the_peer_goes(connection)
    # Behind a ClientHello.
    elif kind == "hello-close":
        connection.recv(65536)
    elif kind == "hello-reset":
        connection.recv(65536)
        reset(connection)
    elif kind == "hello-garbage":
        connection.recv(65536)
        send(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        until_the_peer_goes(connection)
    elif kind == "hello-alert":
        connection.recv(65536)
        # Fatal alert 70, protocol_version (RFC 8446 §6.2).
        send(b"\x15\x03\x01\x00\x02\x02\x46")
        until_the_peer_goes(connection)
    elif kind == "hello-old":
        connection.recv(65536)
        # A ServerHello of TLS 1.0 (RFC 2246 §7.4.1.3), which agrees on a version that was not offered.
        body = b"\x03\x01" + bytes(32) + b"\x00" + b"\x00\x2f" + b"\x00"
        hello = b"\x02" + struct.pack(">I", len(body))[1:] + body
        send(b"\x16\x03\x01" + struct.pack(">H", len(hello)) + hello)
        until_the_peer_goes(connection)
    # As a proxy.
    elif kind == "proxy-serve":
        head(connection)
        send(b"HTTP/1.1 200 Connection established\r\n\r\n")
        return True
    elif kind == "proxy-407":
        head(connection)
        send(b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"x\"\r\n"
             b"Content-Length: 0\r\nConnection: close\r\n\r\n")
    elif kind == "proxy-502":
        head(connection)
        send(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    elif kind == "proxy-close":
        head(connection)
    elif kind == "proxy-reset":
        head(connection)
        reset(connection)
    elif kind == "socks-serve":
        connection.recv(4096)
        send(b"\x05\x00")
        connection.recv(4096)
        send(b"\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x01")
        return True
    elif kind == "socks-refuse":
        # No method acceptable, then: RFC 1928 §3 and §6; reply 2, "not allowed by ruleset".
        connection.recv(4096)
        send(b"\x05\x00")
        connection.recv(4096)
        send(b"\x05\x02\x00\x01\x00\x00\x00\x00\x00\x00")
    else:
        raise SystemExit("unknown connection " + kind)
    return False
