# SPDX-License-Identifier: Apache-2.0
"""A server on loopback that writes its responses byte by byte. The path of the request selects the response.

Prints its port, and a second port on which no program listens. When its standard input closes, it prints what it
received as one JSON document and ends.
"""

import json
import os
import socket
import sys
import threading

from http1 import receive, reset_when_closed, until_the_peer_goes

lock = threading.Lock()
changed = threading.Condition(lock)
seen = []
connections = 0
in_flight = 0
most_in_flight = 0
waiting = 0
released = 0


def reply(body, status="200 OK", headers=()):
    lines = ["HTTP/1.1 " + status, "Content-Length: %d" % len(body), *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def wait_at_gate(width):
    """Holds a request until `width` of them have arrived, and a moment longer to detect one too many."""
    global waiting, released
    with changed:
        waiting += 1
        place = waiting
        if place % width == 0:
            changed.wait_for(lambda: in_flight > width, timeout=0.05)
            released = place
            changed.notify_all()
        changed.wait_for(lambda: released >= place)


def answer(connection, path, body):
    """Writes the response for `path`. True if the connection may carry another request."""
    kind, _, number = path[1:].partition("/")
    count = int(number) if number.isdigit() else 0
    send = connection.sendall
    if kind == "ok":
        send(reply(b'{"ok":true}', headers=["X-Kept:  a padded: value \t", "X-Other: no", "x-KEPT-twice: 1", "X-Kept-Twice: 2"]))
    elif kind == "folded":
        send(b"HTTP/1.1 401 x\r\n folded: long enough to land somewhere else\r\nContent-Length: 2\r\n\r\n{}")
        return False
    elif kind == "echo":
        send(reply(body))
    elif kind == "gate":
        wait_at_gate(count)
        send(reply(body))
    elif kind == "status":
        send(reply(b"{}", status="%d Some Reason" % count))
    elif kind == "no-reason":
        send(b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\n{}")
    elif kind == "redirect":
        send(reply(b"", status="%d Moved" % count, headers=["Location: /ok"]))
    elif kind == "interim":
        send(b"HTTP/1.1 100 Continue\r\nX-Kept: interim\r\n\r\n" * count + reply(b"{}", headers=["X-Kept: final"]))
    elif kind == "trailer":
        send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Kept: header\r\n\r\n2\r\n{}\r\n0\r\nX-Kept: trailer\r\n\r\n")
    elif kind == "no-length":
        send(b"HTTP/1.1 200 OK\r\n\r\n{}")
        return False
    elif kind == "body":
        send(reply(b"a" * count))
    elif kind == "chunks":
        send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            send(b"400\r\n" + b"a" * 1024 + b"\r\n")
    elif kind == "endless":
        send(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            send(b"a" * 1024)
    elif kind == "headers":
        send(b"HTTP/1.1 200 OK\r\n" + b"X-Filler: 0123456789abcdef\r\n" * (count // 28) + b"Content-Length: 2\r\n\r\n{}")
    elif kind == "long-header":
        send(b"HTTP/1.1 200 OK\r\nX-Filler: " + b"a" * count + b"\r\nContent-Length: 2\r\n\r\n{}")
    elif kind == "cut-status":
        send(b"HTTP/1.1 200 OK\r\n")
        return False
    elif kind == "cut-headers":
        send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Kept: a\r\n")
        return False
    elif kind == "cut-header":
        send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Ke")
        return False
    elif kind == "cut-after-interim":
        send(b"HTTP/1.1 100 Continue\r\n\r\n")
        return False
    elif kind == "cut-body":
        send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}")
        return False
    elif kind == "cut-chunks":
        send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n")
        return False
    elif kind == "cut-chunk":
        send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{}")
        return False
    elif kind == "close":
        return False
    elif kind in ("reset", "reset-headers", "reset-body"):
        if kind == "reset-headers":
            send(b"HTTP/1.1 200 OK\r\nContent-Le")
        if kind == "reset-body":
            send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}")
        reset_when_closed(connection)
        return False
    elif kind == "silence":
        until_the_peer_goes(connection)
    elif kind == "silence-in-headers":
        send(b"HTTP/1.1 200 OK\r\nContent-")
        until_the_peer_goes(connection)
    elif kind == "silence-in-body":
        send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}")
        until_the_peer_goes(connection)
    elif kind == "negative-length":
        send(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n{}")
        return False
    elif kind == "two-lengths":
        send(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}")
        return False
    elif kind == "large-length":
        send(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n{}")
        return False
    elif kind == "random-bytes":
        send(b"SSH-2.0-OpenSSH_9.2p1\r\n\x00\x01\x02\xff")
        return False
    elif kind == "bad-status-line":
        send(b"HTTP/1.2 OK fine\r\nContent-Length: 2\r\n\r\n{}")
        return False
    elif kind == "bad-chunk":
        send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n")
        return False
    elif kind == "unknown-coding":
        send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: mystery\r\n\r\n{}")
        return False
    elif kind == "upgrade":
        send(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
        return False
    elif kind == "nul-in-header":
        send(b"HTTP/1.1 200 OK\r\nX-Kept: a\0b\r\nContent-Length: 2\r\n\r\n{}")
        return False
    else:
        send(reply(b"", status="404 Not Found"))
    return True


def serve(connection):
    global in_flight, most_in_flight
    buffered = b""
    try:
        while (request := receive(connection, buffered)) is not None:
            head, body, buffered = request
            lines = head.decode("latin-1").split("\r\n")
            path = lines[0].split(" ")[1]
            with changed:
                seen.append({"line": lines[0], "headers": lines[1:], "body": body.decode("latin-1")})
                in_flight += 1
                most_in_flight = max(most_in_flight, in_flight)
                changed.notify_all()
            try:
                goes_on = answer(connection, path, body)
            finally:
                with changed:
                    in_flight -= 1
            if not goes_on:
                break
    except OSError:
        # The client closed the connection early, which is allowed.
        pass
    finally:
        connection.close()


def accept(listener):
    global connections
    while True:
        connection, _ = listener.accept()
        with lock:
            connections += 1
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=serve, args=(connection,), daemon=True).start()


listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
# Bound but not listening: connections are refused, and no other program can use the port.
deaf = socket.socket()
deaf.bind(("127.0.0.1", 0))
threading.Thread(target=accept, args=(listener,), daemon=True).start()
print(listener.getsockname()[1], deaf.getsockname()[1], flush=True)
sys.stdin.buffer.read()
with lock:
    print(json.dumps({"requests": seen, "connections": connections, "mostInFlight": most_in_flight}), flush=True)
os._exit(0)
