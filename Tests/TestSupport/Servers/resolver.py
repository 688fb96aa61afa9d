# SPDX-License-Identifier: Apache-2.0
"""A name server on loopback (RFC 1035), for who is told to ask it. The first label of a name says what it gets."""

import os
import socket
import struct
import threading
import time

# One for each process: several working copies may be tested at a time.
ADDRESS = "127.%d.%d.53" % (53 + os.getpid() // 256 % 200, os.getpid() % 256)
asked = {}


def reply(query, code, address=None):
    identifier, = struct.unpack(">H", query[:2])
    end = 12
    while query[end] != 0:
        end += query[end] + 1
    question = query[12:end + 5]
    kind, = struct.unpack(">H", question[-4:-2])
    answers = b""
    if address and kind == 1:
        answers = b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 0, 4) + socket.inet_aton(address)
    return struct.pack(">HHHHHH", identifier, 0x8180 | code, 1, 1 if answers else 0, 0, 0) + question + answers


def serve(listener, query, peer):
    name = query[12:]
    label = name[1:1 + name[0]].decode()
    kind = label.partition("-")[0]
    # A and AAAA are asked for together: what counts is how often a name was looked up.
    times = asked[label] = asked.get(label, 0) + 1
    if kind == "none" or (kind == "later" and times <= 2):
        listener.sendto(reply(query, 3), peer)
    elif kind == "failing":
        listener.sendto(reply(query, 2), peer)
    elif kind in ("here", "later", "slow"):
        time.sleep(0.3 if kind == "slow" else 0)
        listener.sendto(reply(query, 0, "127.0.0.1"), peer)
    # Every other name gets no answer: a server that is dead.


def answer(listener):
    while True:
        query, peer = listener.recvfrom(4096)
        if kind_is_slow(query):
            threading.Thread(target=serve, args=(listener, query, peer), daemon=True).start()
        else:
            serve(listener, query, peer)


def kind_is_slow(query):
    return query[13:17] == b"slow"


def start():
    """None, or why there is no name server."""
    try:
        listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        listener.bind((ADDRESS, 53))
    except OSError as error:
        return str(error)
    threading.Thread(target=answer, args=(listener,), daemon=True).start()
    return None
