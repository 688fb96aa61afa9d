# SPDX-License-Identifier: Apache-2.0
"""The programs that are compared, and the check that each did the work it is measured for."""

import base64
import json
import os
import re
import shutil
import stat
from functools import partial
from pathlib import Path

from .measuring import Broken, Cost, Setting, Stopwatch, compile_program
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
    """The configuration, secrets and output directory of one setting."""

    def __init__(self, setting: Setting, parent: Path, work: Path, server: Server):
        self.setting, self.server = setting, server
        self.brands, delay, place = setting
        self.output = parent / "out"
        self.endpoint = server.endpoint(delay)
        self.secrets = work / "secrets"
        self.config = work / f"config-{self.brands}-{delay}-{place}.yaml"
        self.list = work / f"brands-{self.brands}.txt"
        self.clear()
        self.secrets.mkdir(mode=0o700, exist_ok=True)
        for name, _ in map(brand, range(1, self.brands + 1)):
            (self.secrets / name).touch(mode=0o600)
            (self.secrets / name).write_text(f"SK-benchmark-only-{name}\n")
        self.list.write_text("".join("%s %s\n" % brand(index) for index in range(1, self.brands + 1)))
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
        return head + "".join(
            f'  - name: {name}\n    client_id: {client}\n    secret: {{ file: "{self.secrets}/{name}" }}\n'
            for name, client in map(brand, range(1, self.brands + 1))
        )

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

    def __init__(self, binary: Path, other: Path | None, sources: Path, work: Path, watch: Stopwatch):
        self.binary, self.other, self.sources, self.work, self.watch = binary, other, sources, work, watch
        # The YAML library comes from Debian's package. The build downloads nothing.
        go = {"GOPATH": "/usr/share/gocode", "GO111MODULE": "off", "GOCACHE": str(work / "go-cache"), "GOENV": "off"}
        build = ["go", "build", "-o", work / "client", sources / "client.go"]
        self.client_binary = compile_program(*build, environment=go)
        (work / "body").write_text(BODY)

    def rotators(self, label: str, run) -> list[tuple]:
        """The rotator and, if there is one, the other build of it, side by side."""
        found = [("rotator" + label, partial(run, self.binary))]
        return found + ([("other rotator" + label, partial(run, self.other))] if self.other else [])

    def rotate(self, binary: Path, case: Case) -> Cost:
        """The rotator, with the hashed CA directory."""
        case.clear()
        return self._publishing(case, self.command(binary, case))

    def replace(self, binary: Path, case: Case) -> Cost:
        """The rotator with `--force` over existing tokens: what a later rotation costs."""
        return self._publishing(case, [*self.command(binary, case), "--force"])

    def find_nothing_due(self, binary: Path, case: Case) -> Cost:
        """The rotator when every token is fresh. The tokens must be there already."""
        before = {entry.name: entry.stat().st_mtime_ns for entry in os.scandir(case.output)}
        cost = self._counted(case, self.command(binary, case), requests=0)
        if before != {entry.name: entry.stat().st_mtime_ns for entry in os.scandir(case.output)}:
            raise Broken("nothing was due, and files changed")
        return cost

    def client(self, case: Case) -> Cost:
        """The client in Go, with the rotator's configuration."""
        case.clear()
        return self._publishing(case, [self.client_binary, case.config])

    def bash(self, case: Case) -> Cost:
        """bash, openssl, curl and jq under xargs, with the CA bundle (curl's default)."""
        case.clear()
        environment = {"ENDPOINT": case.endpoint, "CA_BUNDLE": str(case.server.trust.bundle),
                       "SECRETS": str(case.secrets), "OUT": str(case.output)}  # fmt: skip
        argv = ["xargs", "-P", CONCURRENCY, "-L", 1, self.sources / "baseline.sh"]
        return self._publishing(case, argv, environment=environment, stdin=case.list)

    def curl(self, case: Case) -> Cost:
        """One curl, unsigned, with the CA bundle, which is curl's default."""
        return self._curl(case, ["--cacert", case.server.trust.bundle])

    def curl_directory(self, case: Case) -> Cost:
        """One curl that reads the hashed CA directory instead of the bundle."""
        return self._curl(case, ["--cacert", case.server.trust.ca, "--capath", case.server.trust.directory])

    def h2load(self, case: Case) -> Cost:
        """The load generator of nghttp2: one connection, as many streams as fit. It checks no certificate."""
        argv = ["h2load", "-n", case.brands, "-c", 1, "-m", min(CONCURRENCY, case.brands), "-d", self.work / "body"]
        cost = self._counted(case, [*argv, *(word for line in HEADERS for word in ("-H", line)), case.endpoint])
        if not re.search(rf"status codes: {case.brands} 2xx,", self.watch.stdout()):
            raise Broken(f"h2load: {self.watch.stdout()[-300:]}")
        return cost

    def curl_version(self, _: Case) -> Cost:
        """The time that a well-known program needs to start and to exit."""
        return self.watch.run(["curl", "--version"])

    def command(self, binary: Path, case: Case) -> list:
        """What cron would run."""
        return [binary, "rotate", "--config", case.config]

    def _publishing(self, case: Case, argv: list, **options) -> Cost:
        """Runs a program that publishes every token of the case, and checks the files."""
        cost = self._counted(case, argv, **options)
        case.verify()
        return cost

    def _curl(self, case: Case, trust: list) -> Cost:
        answer = self.work / "answer"
        argv = ["curl", "--silent", "--show-error", "--fail", *trust, "--data", BODY, "--output", answer]
        cost = self._counted(case, [*argv, *(word for line in HEADERS for word in ("-H", line)), case.endpoint])
        if "token" not in json.loads(answer.read_text()):
            raise Broken("curl: an answer without a token")
        return cost

    def _counted(self, case: Case, argv: list, requests: int | None = None, **options) -> Cost:
        """Runs a program and checks how many requests the server received from it."""
        connections, begun = case.server.counters()
        cost = self.watch.run(argv, **options)
        connections_after, begun_after = case.server.counters()
        # Reading the counters costs one connection and one request.
        cost.connections = connections_after - connections - 1
        seen, expected = begun_after - begun - 1, case.brands if requests is None else requests
        if seen != expected:
            raise Broken(f"{Path(str(argv[0])).name}: {seen} requests reached the server, not {expected}")
        return cost
