# SPDX-License-Identifier: Apache-2.0
"""The network faults, each with what must become of it. A case is made anew for each run."""

import email.utils
import gzip
import itertools
import json
import socket
import ssl
import threading
import time

import http2
from peer import FAULTY, Peer, black_hole, good, refusing, reply, reset, token, until_gone

PASSING, LASTING, FINE = "passing", "lasting", "fine"


class Case:
    """code: of the failure (or the ones that it may have), None where a new token comes; attempts; ids: `same` or
    `new` from one attempt to the next.

    whole: every brand of the endpoint suffers it, since it strikes before anybody's request can be told from another's.
    repeats: libcurl may send a request again by itself, to the letter, where the peer refused the stream or a
    connection that had been used before ended without an answer: DOKU knows the Request-Id already.
    shared: the others share the connection that breaks, and are tried again.
    """

    def __init__(self, number, name, setup, code=None, transient=True, attempts=1, ids=None, whole=False, within=None,
                 lasts=0, keeps=False, seen=True,
                 repeats=False, shared=False):
        self.number, self.name, self.setup = number, name, setup
        self.code, self.transient, self.attempts, self.ids = code, transient, attempts, ids
        self.whole, self.within, self.lasts, self.keeps, self.seen = whole, within, lasts, keeps, seen
        self.repeats, self.shared = repeats, shared


class Stage:
    """What a case sets up: its endpoint, further settings, the environment, and what it keeps alive."""

    def __init__(self, certificates, folder):
        self.certificates, self.folder = certificates, folder
        self.settings, self.environment, self.kept = "", {}, []
        self.wrapper = []
        self.seen, self.peer = {}, None

    def close(self):
        for one in self.kept + ([self.peer] if self.peer else []):
            one.close()

    def plain(self, answer=None, accept=None):
        self.peer = Peer(answer, accept)
        self.seen = self.peer.seen
        self.url = f"http://127.0.0.1:{self.peer.port}"

    def tls(self, answer=None, accept=None, certificate="good", trusted="ca.pem", **options):
        context = None if accept else self.certificates.context(certificate, **options)
        self.peer = Peer(answer, accept, context)
        self.seen = self.peer.seen
        self.url = f"https://localhost:{self.peer.port}"
        self.settings = f'tls: {{ ca_file: "{self.certificates.folder / trusted}" }}\n'

    def http2(self, fault, everybody=False):
        seen, lock = {}, threading.Lock()
        accept = http2.serving(self.certificates.context("good", protocols=("h2",)), fault, seen, lock, everybody)
        self.tls(accept=accept)
        self.seen = seen


def sends(data, goes_on=False):
    """An answer of fixed bytes, or of what a function of the client id makes."""

    def answer(connection, client, _):
        connection.sendall(data(client) if callable(data) else data)
        return goes_on

    return lambda stage: stage.plain(answer)


def status(line, headers=(), body=b"{}"):
    return sends(reply(body, line, headers), goes_on=True)


def after_sending(data, then):
    def answer(connection, client, _):
        connection.sendall(data)
        then(connection)
        return False

    return lambda stage: stage.plain(answer)


def accepting(what):
    return lambda stage: stage.plain(accept=what)


def unlengthed(body):
    return b"HTTP/1.1 200 OK\r\n\r\n" + body


def chunked(data):
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + data


def answered(body):
    return sends(reply(body), goes_on=True)


def with_token(value, extra=""):
    return answered(('{"token": %s%s}' % (value, extra)).encode())


HEAD = b"HTTP/1.1 200 OK\r\n"


def slowly(data, pause=0.15):
    def answer(connection, client, _):
        for byte in data:
            connection.sendall(bytes([byte]))
            time.sleep(pause)
        return False

    return lambda stage: stage.plain(answer)


def endless(head, piece):
    def answer(connection, client, _):
        connection.sendall(head)
        while True:
            connection.sendall(piece)

    return lambda stage: stage.plain(answer)


def refused(stage):
    deaf = refusing()
    stage.kept.append(deaf)
    stage.url = f"http://127.0.0.1:{deaf.getsockname()[1]}"


def hole(stage):
    listener, fillers = black_hole()
    stage.kept += [listener, *fillers]
    stage.url = f"http://127.0.0.1:{listener.getsockname()[1]}"


def hole_on_ipv6(stage):
    stage.plain(lambda connection, client, _: connection.sendall(reply(good(client))) or True)
    listener, fillers = black_hole("::1", stage.peer.port)
    stage.kept += [listener, *fillers]
    stage.url = f"http://localhost:{stage.peer.port}"


# Each name server has an address of its own: its port is always 53.
addresses = (f"127.0.53.{number}" for number in itertools.count(1))


def resolver(reply_code):
    """Names are asked of a server on loopback that answers with `reply_code`, or of one that never answers."""

    def setup(stage):
        address = next(addresses)
        server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        server.bind((address, 53))
        stage.kept.append(server)

        def serve():
            while True:
                try:
                    question, asker = server.recvfrom(512)
                except OSError:
                    return
                flags = bytes([0x81, 0x80 | reply_code])
                server.sendto(question[:2] + flags + question[4:6] + bytes(6) + question[12:], asker)

        if reply_code is not None:
            threading.Thread(target=serve, daemon=True).start()
        configuration = stage.folder / "resolv.conf"
        configuration.write_text(f"nameserver {address}\noptions timeout:10 attempts:1\n")
        stage.wrapper = ["unshare", "--mount", "sh", "-c",
                         f'mount --bind "{configuration}" /etc/resolv.conf && exec "$@"', "sh"]
        stage.url = "https://tokens.doku.example"

    return setup


def tls_with(**options):
    return lambda stage: stage.tls(lambda connection, client, _: connection.sendall(reply(good(client))) or True, **options)


def tls_accepting(what):
    return lambda stage: stage.tls(accept=what)


def handshake_reset(connection):
    connection.recv(1)
    reset(connection)


def unclean(data):
    """TLS that ends without close_notify."""

    def answer(connection, client, _):
        connection.sendall(unlengthed(data(client)))
        raw = socket.socket(fileno=connection.detach())
        raw.shutdown(socket.SHUT_WR)
        until_gone(raw)
        raw.close()
        return False

    return lambda stage: stage.tls(answer)


def proxied(accept, scheme="http"):
    def setup(stage):
        stage.plain(accept=accept)
        stage.settings = f"proxy: {scheme}://127.0.0.1:{stage.peer.port}\n"
        stage.url = "https://tokens.doku.example"

    return setup


def proxy_at(address):
    def setup(stage):
        deaf = refusing()
        stage.kept.append(deaf)
        stage.settings = f"proxy: http://{address.format(port=deaf.getsockname()[1])}\n"
        stage.url = "https://tokens.doku.example"

    return setup


def connect_answer(data):
    def accept(connection):
        connection.recv(4096)
        connection.sendall(data)

    return accept


def socks_refusal(connection):
    connection.recv(64)
    connection.sendall(b"\x05\x00")
    connection.recv(512)
    connection.sendall(b"\x05\x05\x00\x01\x00\x00\x00\x00\x00\x00")


def http_date(offset, form="imf"):
    moment = time.time() + offset
    if form == "rfc850":
        return time.strftime("%A, %d-%b-%y %H:%M:%S GMT", time.gmtime(moment))
    if form == "asctime":
        return time.strftime("%a %b %d %H:%M:%S %Y", time.gmtime(moment)).replace(" 0", "  ")
    return email.utils.formatdate(moment, usegmt=True)


def dated(line, offset):
    def answer(connection, client, attempt):
        connection.sendall(reply(b"{}", line, [f"Date: {http_date(offset)}"]) if attempt == 1 else reply(good(client)))
        return True

    return lambda stage: stage.plain(answer)


def retry_after(value, line="429 Too Many Requests"):
    """Asks once to come again at some time, then answers."""

    def answer(connection, client, attempt):
        if attempt == 1:
            headers = [f"Retry-After: {value() if callable(value) else value}", f"Date: {http_date(0)}"]
            connection.sendall(reply(b"{}", line, headers))
        else:
            connection.sendall(reply(good(client)))
        return True

    return lambda stage: stage.plain(answer)


def replayed(connection, client, attempt):
    if attempt == 1:
        return False
    connection.sendall(reply(good(client), "409 Conflict"))
    return True


def same_as_before(stage):
    def answer(connection, client, _):
        before = (stage.folder / "tokens/kopi").read_text()
        connection.sendall(reply(json.dumps({"token": before}).encode()))
        return True

    stage.plain(answer)


def slow_for_all(stage):
    stage.plain(accept=until_gone)
    stage.settings = "attempts: 10\nrequest_timeout: 5s\n"


def all_cases():
    lost = dict(code="connection-lost", attempts=2, ids="same")
    late = dict(code="timed-out", attempts=2, ids="same")
    malformed = dict(code="answer-malformed", transient=False)
    again = dict(malformed, attempts=2)
    refusal = dict(code="request-refused", transient=False)
    down = dict(code="server-error", attempts=2)
    identity = dict(code="tls-identity", transient=False, whole=True, seen=False)
    invalid = dict(code="token-invalid", transient=False, attempts=2, ids="new")
    zipped = gzip.compress(good(FAULTY))

    yield Case(1, "no such name", resolver(3), "host-not-resolved", attempts=2, whole=True, seen=False)
    yield Case(2, "the name server fails", resolver(2), "host-not-resolved", attempts=2, whole=True, seen=False)
    yield Case(2, "the name server is silent", resolver(None), "timed-out", attempts=2, whole=True, seen=False)
    yield Case(3, "connection refused", refused, "not-connected", attempts=2, whole=True, seen=False)
    yield Case(4, "connecting never ends", hole, "timed-out", attempts=2, whole=True, seen=False)
    yield Case(5, "IPv6 is a black hole, IPv4 is not", hole_on_ipv6)
    yield Case(6, "reset when accepted", accepting(reset), ("connection-lost", "not-connected"), attempts=2, whole=True, seen=False)
    yield Case(7, "closed when accepted", accepting(lambda one: one.close()), "connection-lost", attempts=2, whole=True, seen=False)
    yield Case(8, "closed after the request", sends(b""), **lost, repeats=True)
    yield Case(9, "reset after the request", after_sending(b"", reset), **lost, repeats=True)
    yield Case(10, "reset inside the headers", after_sending(HEAD + b"Content-Le", reset), **lost)
    yield Case(11, "closed inside the headers", sends(HEAD + b"Content-Length: 500\r\nX: a\r\n"), **lost)
    yield Case(12, "reset inside the body", after_sending(HEAD + b'Content-Length: 500\r\n\r\n{"token":', reset), **lost)
    yield Case(13, "a body shorter than announced", sends(lambda c: reply(good(c), length=5000)), **lost)
    yield Case(14, "a body longer than announced, cut by that", sends(lambda c: reply(good(c), length=100)), **again, ids="new")
    yield Case(14, "more than announced behind a whole answer", sends(lambda c: reply(good(c)) + b"more"))
    yield Case(15, "two lengths that differ", sends(
        HEAD + b"Content-Length: 100\r\nContent-Length: 9\r\n\r\n" + good(FAULTY)), **again, ids="new")
    yield Case(16, "a negative length", sends(HEAD + b"Content-Length: -5\r\n\r\n{}"), **again, ids="same")
    yield Case(17, "a length that overflows", sends(
        lambda c: HEAD + b"Content-Length: 99999999999999999999999\r\n\r\n" + good(c)))
    yield Case(17, "a length that overflows, the body cut", sends(
        HEAD + b'Content-Length: 99999999999999999999999\r\n\r\n{"token":"ey'), **again, ids="new")
    yield Case(18, "no length, closed, whole", sends(lambda c: unlengthed(good(c))))
    yield Case(18, "no length, closed, cut", sends(lambda c: unlengthed(good(c)[:-20])), **again, ids="new")
    yield Case(19, "no length, reset", after_sending(unlengthed(b'{"token":"ey'), reset), **lost)
    yield Case(20, "chunks that are cut", sends(chunked(b'ff\r\n{"token":')), **lost)
    yield Case(21, "a chunk's size is garbage", sends(chunked(b"zz\r\n{}\r\n0\r\n\r\n")), **again, ids="same")
    yield Case(22, "the last chunk is missing", sends(lambda c: chunked(b"%x\r\n%b\r\n" % (len(good(c)), good(c)))), **lost)
    yield Case(23, "an unknown transfer coding", sends(HEAD + b"Transfer-Encoding: mystery\r\n\r\n{}"), **again, ids="same")
    yield Case(24, "HTTP/0.9", sends(b'{"token":"x"}'), **again, ids="same")
    yield Case(24, "random bytes", sends(b"SSH-2.0-OpenSSH_9.2\r\n\x00\x01\xff"), **again, ids="same")
    yield Case(25, "a bad status line", sends(b"HTTP/1.1 OK fine\r\nContent-Length: 2\r\n\r\n{}"), **again)
    yield Case(25, "HTTP/1.2", sends(b"HTTP/1.2 200 OK\r\nContent-Length: 2\r\n\r\n{}"), **again)
    yield Case(26, "status 999", status("999 Odd"), **malformed)
    yield Case(27, "2000 interim answers", sends(
        lambda c: b"HTTP/1.1 100 Continue\r\n\r\n" * 2000 + reply(good(c)), goes_on=True))
    large = dict(code="answer-too-large", transient=False)
    yield Case(28, "a header of 400 KB", sends(HEAD + b"X: " + b"a" * 400_000 + b"\r\n\r\n{}"), **large)
    yield Case(29, "60 000 headers", sends(HEAD + b"X-Filler: 0123456789\r\n" * 60_000 + b"\r\n{}"), **large)
    yield Case(30, "NUL in a header", sends(HEAD + b"X: a\0b\r\nContent-Length: 2\r\n\r\n{}"), **again, ids="same")
    yield Case(31, "silence", after_sending(b"", until_gone), **late)
    yield Case(32, "headers, then silence", after_sending(HEAD + b"Content-Length: 500\r\n\r\n", until_gone), **late)
    yield Case(33, "a body byte by byte", slowly(HEAD + b'Content-Length: 500\r\n\r\n{"token":"ey'), **late)
    yield Case(34, "headers byte by byte", slowly(HEAD + b"X-A: 1\r\nX-B: 2\r\n"), **late)
    yield Case(35, "an endless body", endless(HEAD + b"\r\n", b"a" * 65536), **large, within=3)
    yield Case(35, "endless chunks", endless(chunked(b""), b"400\r\n" + b"a" * 1024 + b"\r\n"), **large, within=3)
    yield Case(36, "gzip announced, the body is none", sends(
        lambda c: reply(good(c), headers=["Content-Encoding: gzip"]), goes_on=True))
    yield Case(37, "a gzip bomb", answered_gzip(gzip.compress(b"a" * 50_000_000)), **again, ids="new", within=6)
    yield Case(38, "gzip without its trailer", answered_gzip(zipped[:-8]), **again, ids="new")
    for code in (301, 302, 307, 308):
        yield Case(39, f"{code}", status(f"{code} Moved", ["Location: /elsewhere"]), "redirect-refused", transient=False)
    yield Case(40, "101", sends(b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"), **again)
    yield Case(41, "204", sends(b"HTTP/1.1 204 No Content\r\n\r\n", goes_on=True), **again, ids="new")
    yield Case(41, "an empty 200", answered(b""), **again, ids="new")
    yield Case(42, "a web page", answered(b"<html>Maintenance</html>"), **again, ids="new")
    yield Case(43, "JSON that is called a web page", sends(
        lambda c: reply(good(c), headers=["Content-Type: text/html"]), goes_on=True))
    for name, body in [
        ("not JSON", b"token=abc"), ("cut JSON", good(FAULTY)[:60]), ("deep JSON", b"[" * 60_000),
        ("a list", b"[]"), ("two tokens", b'{"token":"a","token":"b"}'), ("not UTF-8", b'{"token":"\xff\xfe"}'),
    ]:
        yield Case(44, name, answered(body), **again, ids="new")
    for name, value in [("missing", None), ("empty", '""'), ("null", "null"), ("with a line end", '"a\\nb"'),
                        ("with a blank", '"a b"'), ("of 20 KiB", json.dumps("a" * 20_000))]:
        yield Case(45, f"a token {name}", answered(b"{}") if value is None else with_token(value), **invalid)
    yield Case(45, "a token that is a number", with_token("17"), **again, ids="new")
    yield Case(45, "a token of 1 MiB", with_token(json.dumps("a" * (1 << 20))), **large)
    for value in ("0", "-1", '"soon"', "1e400", "null"):
        yield Case(46, f"expires_in {value}", sends(
            lambda c, value=value: reply(b'{"expires_in": %b, ' % value.encode() + good(c)[1:]), goes_on=True))
    yield Case(47, "a token that has ended", sends(
        lambda c: reply(json.dumps({"token": token(c, left=-60)}).encode()), goes_on=True),
        "token-expired", transient=False, attempts=2, ids="new")
    yield Case(47, "another brand's token", sends(
        lambda c: reply(json.dumps({"token": token("BRN-9")}).encode()), goes_on=True),
        "token-foreign", transient=False, attempts=2, ids="new")
    yield Case(48, "the token that is there already", same_as_before, keeps=True)
    yield Case(49, "400", status("400 Bad Request", body=b'{"message":["NO"]}'), **refusal)
    for code in (401, 403):
        yield Case(50, f"{code}", status(f"{code} No"), "credentials-rejected", transient=False)
        yield Case(50, f"{code}, and our clock is wrong", dated(f"{code} No", 600), attempts=2, ids="new")
    for code in (404, 405, 410, 415, 422):
        yield Case(51, f"{code}", status(f"{code} No"), **refusal)
    for code in (408, 425):
        yield Case(52, f"{code}", status(f"{code} Later"), "server-error", attempts=2, ids="same")
    yield Case(53, "409 with the first answer", lambda stage: stage.plain(replayed), attempts=2, ids="same", repeats=True)
    yield Case(54, "409 without a token", status("409 Conflict"), "request-id-spent", attempts=2, ids="new")
    for code in (413, 414, 431):
        yield Case(55, f"{code}", status(f"{code} Too Large"), **refusal)
    yield Case(56, "429, come in a second", retry_after("1"), attempts=2, ids="new", lasts=1)
    yield Case(56, "429 without a wish", status("429 Too Many"), "rate-limited", attempts=2, ids="new")
    for form in ("imf", "rfc850", "asctime"):
        yield Case(57, f"Retry-After as a date ({form})", retry_after(lambda form=form: http_date(2, form)),
                   attempts=2, ids="new", lasts=0.9)
    yield Case(57, "Retry-After in the past", retry_after(lambda: http_date(-3600)), attempts=2, ids="new", within=3)
    for value in ("86400", "99999999999999999999", lambda: http_date(86400)):
        yield Case(57, "Retry-After beyond the deadline", retry_after(value), "rate-limited", within=2)
    for value in ("soon", "-5", "1.5", ""):
        yield Case(57, f"Retry-After is garbage ({value})", retry_after(value), attempts=2, ids="new")
    for code in (500, 502, 504, 522, 524):
        yield Case(58, f"{code}", status(f"{code} Down"), **down, ids="new")
    yield Case(59, "503", status("503 Down"), **down, ids="new")
    yield Case(59, "503, come in a second", retry_after("1", "503 Down"), attempts=2, ids="new", lasts=1)
    for code in (501, 505, 511):
        yield Case(60, f"{code}", status(f"{code} Never"), **refusal)
    yield Case(61, "an expired certificate", tls_with(certificate="expired"), **identity)
    yield Case(61, "a self-signed certificate", tls_with(certificate="self"), **identity)
    yield Case(61, "an unknown authority", tls_with(certificate="unknown"), **identity)
    yield Case(61, "a certificate for another host", tls_with(certificate="wrong-host"), **identity)
    for name, what in [("closes", lambda one: one.recv(1) and None), ("resets", handshake_reset),
                       ("is garbage", lambda one: one.sendall(b"HTTP/1.1 400 No\r\n\r\n"))]:
        yield Case(62, f"the handshake {name}", tls_accepting(what), "tls-failed", attempts=2, whole=True, seen=False)
    yield Case(62, "only TLS 1.1 is spoken", tls_with(version=ssl.TLSVersion.TLSv1_1), "tls-failed", attempts=2,
               whole=True, seen=False)
    yield Case(63, "TLS is silent", tls_accepting(until_gone), "timed-out", attempts=2, whole=True, seen=False)
    for name in ("nowhere.pem", "garbage.pem"):
        yield Case(65, f"the CA file is {name}", tls_with(trusted=name), "tls-trust-store", transient=False, whole=True,
                   seen=False)
    yield Case(66, "TLS ends without close_notify, whole", unclean(good))
    yield Case(66, "TLS ends without close_notify, cut", unclean(lambda c: good(c)[:-20]), **again, ids="new")
    for name, fault in [("GOAWAY before our stream", http2.go_away_before), ("GOAWAY after it", http2.go_away_after),
                        ("REFUSED_STREAM", http2.refuse), ("INTERNAL_ERROR", http2.reset_inside)]:
        yield Case(67, name, lambda stage, fault=fault: stage.http2(fault), **lost, repeats=True,
                   shared="GOAWAY" in name)
    for name, fault in [("COMPRESSION_ERROR", http2.broken_compression), ("FLOW_CONTROL_ERROR", http2.broken_flow)]:
        yield Case(68, name, lambda stage, fault=fault: stage.http2(fault), **lost, repeats=True, shared=True)
    # Both sides may be stuck: each waits for the other to read.
    yield Case(68, "a flood of SETTINGS", lambda stage: stage.http2(http2.settings_flood, everybody=True),
               ("connection-lost", "timed-out"), attempts=2, whole=True, seen=False)
    proxy = dict(code="proxy-failed", attempts=2, whole=True, seen=False)
    yield Case(69, "the proxy refuses", proxy_at("127.0.0.1:{port}"), **proxy)
    yield Case(69, "the proxy's name is none", proxy_at("proxy.invalid:3128"), **proxy)
    yield Case(70, "the proxy wants credentials", proxied(connect_answer(
        b'HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic realm="x"\r\nContent-Length: 0\r\n\r\n')),
        "proxy-authentication", transient=False, whole=True, seen=False)
    yield Case(71, "the proxy answers 502", proxied(connect_answer(b"HTTP/1.1 502 No\r\nContent-Length: 0\r\n\r\n")), **proxy)
    yield Case(71, "the proxy closes", proxied(connect_answer(b"")), **proxy)
    yield Case(71, "the SOCKS proxy refuses", proxied(socks_refusal, "socks5h"), **proxy)
    yield Case(72, "every brand is slow", slow_for_all, "deadline-exceeded", attempts=None, whole=True, seen=False, within=6.5)


def answered_gzip(body):
    return sends(reply(body, headers=["Content-Encoding: gzip"]), goes_on=True)
