# SPDX-License-Identifier: Apache-2.0
"""The programs that are compared, and the proof that each did the work it is measured for."""

import base64
import json
import os
import re
import shutil
import stat
from pathlib import Path

from .measuring import Broken, Cost, Stopwatch, compile_c
from .server import Server

CONCURRENCY = 64
BODY = '{"grant_type":"client_credentials","valid_time":"360"}'
HEADERS = [
    "Client-Id: BRN-00001-10791114622547",
    "Request-Id: 6f1c2d3e-4a5b-4c6d-8e7f-901234567890",
    "Request-Timestamp: 2026-01-01T00:00:00Z",
    "Signature: HMACSHA256=FGk4wBM1hbGhU9fyqg0oQ9/Fj0vkFaHbTL2MFC1NuSg=",
    "Content-Type: application/json",
]


def brand(index: int) -> tuple[str, str]:
    """The name and the client id of the brand with this number, from 1."""
    return f"brand-{index:05}", f"BRN-{index:05}-10791114622547"


class Case:
    """So many brands, so far away, published into one directory."""

    def __init__(self, brands: int, delay: int, parent: Path, work: Path, server: Server):
        self.brands, self.delay, self.server = brands, delay, server
        self.output = parent / f"out-{brands}-{delay}"
        self.endpoint = server.endpoint(delay)
        self.secret = work / "secret"
        self.config = work / f"config-{brands}-{delay}.yaml"
        self.list = work / f"brands-{brands}.txt"
        if not self.secret.exists():
            self.secret.write_text("SK-benchmark-only-0123456789abcdef\n")
            self.secret.chmod(0o600)
        self.list.write_text("".join("%s %s\n" % brand(index) for index in range(1, brands + 1)))
        self.config.write_text(self._configuration())
        self.config.chmod(0o600)

    def _configuration(self) -> str:
        head = f"""\
endpoint: {self.endpoint}
run_every: 15m
concurrency: {CONCURRENCY}
tls: {{ ca_directory: "{self.server.trust.directory}" }}
defaults:
  valid_time: 6h
  outputs:
    - {{ file: "{self.output}/{{brand}}.token", format: raw, mode: "0640" }}
brands:
"""
        entry = '  - name: {}\n    client_id: {}\n    secret: {{ file: "' + str(self.secret) + '" }}\n'
        return head + "".join(entry.format(*brand(index)) for index in range(1, self.brands + 1))

    def clear(self) -> None:
        """An empty output directory: every token is due."""
        shutil.rmtree(self.output, ignore_errors=True)
        self.output.mkdir(mode=0o755)

    def verify(self) -> None:
        """Exactly the expected files, none empty, of the right mode, and the right client id in a sample of them."""
        expected = {brand(index)[0] + ".token" for index in range(1, self.brands + 1)}
        found = {entry.name: entry.stat() for entry in os.scandir(self.output)}
        if found.keys() != expected:
            odd = sorted(found.keys() ^ expected)
            raise Broken(f"{len(found)} of {len(expected)} files, unexpected or missing: {odd[:3]}")
        for name, status in found.items():
            if status.st_size < 400 or stat.S_IMODE(status.st_mode) != 0o640:
                raise Broken(f"{name}: {status.st_size} bytes, mode {stat.S_IMODE(status.st_mode):o}")
        for index in range(1, self.brands + 1, max(1, self.brands // 100)):
            name, client = brand(index)
            claims = (self.output / f"{name}.token").read_text().split(".")[1]
            user = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["user"]
            if user["businessServiceClientId"] != client:
                raise Broken(f"{name} holds the token of {user['businessServiceClientId']}")


class Contenders:
    """One method per program. Each returns the cost of one verified run."""

    def __init__(self, rotator: Path, sources: Path, work: Path, watch: Stopwatch):
        self.rotator_binary, self.sources, self.work, self.watch = rotator, sources, work, watch
        self.multi_binary = compile_c(sources / "multi.c", work / "multi", "-lcurl")
        (work / "body").write_text(BODY)

    def rotator(self, case: Case) -> Cost:
        """The subject, with the hashed CA directory."""
        case.clear()
        cost = self._counted(case, self.command(case))
        case.verify()
        return cost

    def rotator_json(self, case: Case) -> Cost:
        """The subject with its report as JSON."""
        case.clear()
        cost = self._counted(case, [*self.command(case), "--output", "json"])
        case.verify()
        try:
            json.loads(self.watch.stdout())
        except ValueError as error:
            raise Broken(f"the rotator's report is no JSON document: {error}") from None
        return cost

    def rotator_replacing(self, case: Case) -> Cost:
        """The subject once more over its own tokens: what a later rotation costs."""
        cost = self._counted(case, [*self.command(case), "--force"])
        case.verify()
        return cost

    def rotator_nothing_due(self, case: Case) -> Cost:
        """The subject when every token is fresh. The tokens must be there already."""
        before = {entry.name: entry.stat().st_mtime_ns for entry in os.scandir(case.output)}
        cost = self._counted(case, self.command(case), requests=0)
        if before != {entry.name: entry.stat().st_mtime_ns for entry in os.scandir(case.output)}:
            raise Broken("nothing was due, and files changed")
        return cost

    def bash(self, case: Case) -> Cost:
        """bash, openssl, curl and jq under xargs, with the CA bundle (curl's default)."""
        case.clear()
        environment = {"ENDPOINT": case.endpoint, "CA_BUNDLE": str(case.server.trust.bundle),
                       "SECRET_FILE": str(case.secret), "OUT": str(case.output)}  # fmt: skip
        argv = ["xargs", "-P", CONCURRENCY, "-L", 1, self.sources / "baseline.sh"]
        cost = self._counted(case, argv, environment=environment, stdin=case.list, timeout=1800)
        case.verify()
        return cost

    def curl(self, case: Case) -> Cost:
        """One curl, unsigned, with the CA bundle in curl's usual way."""
        return self._curl(case, ["--cacert", case.server.trust.bundle])

    def curl_directory(self, case: Case) -> Cost:
        """One curl that is spared the bundle: for information."""
        return self._curl(case, ["--cacert", case.server.trust.ca, "--capath", case.server.trust.directory])

    def multi_files(self, case: Case) -> Cost:
        """Bare libcurl multi in C that also publishes each answer as it came."""
        case.clear()
        cost = self.multi(case, case.output)
        if (found := len(os.listdir(case.output))) != case.brands:
            raise Broken(f"multi: {found} files")
        return cost

    def multi(self, case: Case, *directory: Path) -> Cost:
        """Bare libcurl multi in C, with the hashed CA directory."""
        argv = [self.multi_binary, case.endpoint, case.brands, CONCURRENCY, "--cadir", case.server.trust.directory,
                *directory]  # fmt: skip
        cost = self._counted(case, argv)
        if not self.watch.stdout().startswith(f"{case.brands} succeeded, 0 failed"):
            raise Broken(f"multi: {self.watch.stdout()}")
        return cost

    def h2load(self, case: Case) -> Cost:
        """The load generator of nghttp2: one connection, as many streams as fit. It checks no certificate."""
        argv = ["h2load", "-n", case.brands, "-c", 1, "-m", min(CONCURRENCY, case.brands), "-d", self.work / "body"]
        cost = self._counted(case, [*argv, *(word for line in HEADERS for word in ("-H", line)), case.endpoint])
        if not re.search(rf"status codes: {case.brands} 2xx,", self.watch.stdout()):
            raise Broken(f"h2load: {self.watch.stdout()[-300:]}")
        return cost

    def curl_version(self, _: Case) -> Cost:
        """The time to start a well-known program and end it."""
        return self.watch.run(["curl", "--version"])

    def command(self, case: Case) -> list:
        """What cron would run."""
        return [self.rotator_binary, "rotate", "--config", case.config]

    def _curl(self, case: Case, trust: list) -> Cost:
        answer = self.work / "answer"
        argv = ["curl", "--silent", "--show-error", "--fail", *trust, "--data", BODY, "--output", answer]
        cost = self._counted(case, [*argv, *(word for line in HEADERS for word in ("-H", line)), case.endpoint])
        if "token" not in json.loads(answer.read_text()):
            raise Broken("curl: an answer without a token")
        return cost

    def _counted(self, case: Case, argv: list, requests: int | None = None, **options) -> Cost:
        """Runs, and holds the server's count of requests against what the case asks for."""
        connections, begun = case.server.counters()
        cost = self.watch.run(argv, **options)
        connections_after, begun_after = case.server.counters()
        # Each look at the counters is a connection and a request of its own.
        cost.connections = connections_after - connections - 1
        seen, expected = begun_after - begun - 1, case.brands if requests is None else requests
        if seen != expected:
            raise Broken(f"{Path(str(argv[0])).name}: {seen} requests reached the server, not {expected}")
        return cost
