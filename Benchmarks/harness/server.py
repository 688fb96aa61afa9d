# SPDX-License-Identifier: Apache-2.0
"""A real nginx on loopback, its throw-away CA, and a copy of the system's CA store that trusts it."""

import os
import shutil
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

from .measuring import Broken

TARGET = "/adv-core-api/partner/v1.0/token"
SYSTEM_DIRECTORY = Path("/etc/ssl/certs")
SYSTEM_BUNDLE = SYSTEM_DIRECTORY / "ca-certificates.crt"


def openssl(*arguments: str, cwd: Path) -> None:
    done = subprocess.run(["openssl", *arguments], cwd=cwd, capture_output=True, text=True)
    if done.returncode != 0:
        raise Broken(f"openssl {arguments[0]}: {done.stderr}")


class TrustStore:
    """The system's CA store in both its forms, copied and extended by our CA. The machine's own is not touched."""

    def __init__(self, work: Path, ca: Path):
        self.directory = work / "certs"
        self.bundle = work / "ca-certificates.crt"
        self.ca = ca
        self.directory.mkdir()
        system = SYSTEM_BUNDLE.read_bytes() if SYSTEM_BUNDLE.exists() else b""
        self.bundle.write_bytes(system + ca.read_bytes())
        for entry in SYSTEM_DIRECTORY.iterdir() if SYSTEM_DIRECTORY.is_dir() else []:
            # Names only, not the bundle: links stay links to where the system's point.
            if entry.suffix in {".pem", ".0", ".1"} and entry.exists():
                (self.directory / entry.name).symlink_to(entry.resolve())
        shutil.copy(ca, self.directory / "benchmark-ca.pem")
        openssl("rehash", str(self.directory), cwd=work)
        self.count = self.bundle.read_text(errors="replace").count("BEGIN CERTIFICATE")


def make_certificates(work: Path) -> Path:
    """A CA and a certificate for localhost, ECDSA P-256, one day. Returns the CA's certificate."""
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc"]
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "1",
            "-subj", "/CN=doku-token-rotator benchmark CA", cwd=work)  # fmt: skip
    openssl("req", *key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost", cwd=work)
    (work / "server.ext").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
            "-days", "1", "-extfile", "server.ext", "-out", "server.pem", cwd=work)  # fmt: skip
    return work / "ca.pem"


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


class Server:
    """nginx as our foreground child in its own prefix; one port answers at once, the other after 100 ms."""

    def __init__(self, sources: Path, work: Path):
        self.work = work / "nginx"
        self.work.mkdir()
        self.trust = TrustStore(work, make_certificates(self.work))
        self.process = None
        self.sources = sources

    def __enter__(self) -> "Server":
        # A port can be taken between our look and nginx's bind: then others are tried.
        for _ in range(5):
            if self._start(free_ports(3)):
                return self
        raise Broken(f"nginx does not start:\n{self.log()}")

    def __exit__(self, *_: object) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def endpoint(self, delay: int) -> str:
        """The URL of the port that waits `delay` milliseconds (0 or 100)."""
        return f"https://localhost:{self.ports[delay]}{TARGET}"

    def counters(self) -> tuple[int, int]:
        """Connections accepted and requests begun since nginx started, this question included."""
        with urllib.request.urlopen(self.status, timeout=5) as reply:
            numbers = reply.read().decode().splitlines()[2].split()
        return int(numbers[0]), int(numbers[2])

    def log(self) -> str:
        path = self.work / "error.log"
        return path.read_text(errors="replace")[-2000:] if path.exists() else ""

    def _start(self, ports: list[int]) -> bool:
        self.ports = {0: ports[0], 100: ports[1]}
        self.status = f"http://127.0.0.1:{ports[2]}/status"
        nginx = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:" + os.environ["PATH"])
        modules = next(
            (str(found.parent) for found in Path("/usr").glob("lib*/nginx/modules/ngx_http_lua_module.so")), None)
        if not nginx or not modules:
            raise Broken("nginx or its Lua module is missing")
        text = (self.sources / "nginx.conf").read_text()
        for word, value in {
            "MODULES": modules,
            # Workers of a root's nginx would otherwise be "nobody", who cannot enter our directory.
            "USER": "user root;" if os.geteuid() == 0 else "",
            "TARGET": TARGET,
            "PORT_0": ports[0], "PORT_100": ports[1], "PORT_STATUS": ports[2],
        }.items():  # fmt: skip
            text = text.replace(f"@{word}@", str(value))
        (self.work / "nginx.conf").write_text(text)
        # Should this process be killed outright, the kernel ends nginx.
        guard = ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []
        self.process = subprocess.Popen(
            [*guard, nginx, "-p", str(self.work), "-c", str(self.work / "nginx.conf"), "-e", "error.log"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        for _ in range(100):
            if self.process.poll() is not None:
                return False
            try:
                self.counters()
                return True
            except OSError:
                time.sleep(0.05)
        self.__exit__()
        return False
