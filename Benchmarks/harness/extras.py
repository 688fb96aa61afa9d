# SPDX-License-Identifier: Apache-2.0
"""Two measurements that compare no programs: the sockets that a run opens, and a cold build."""

import os
import re
import shutil
import subprocess
import time
from pathlib import Path

from .measuring import ENVIRONMENT, Broken


def sockets_opened(argv: list, work: Path) -> tuple[int, int] | None:
    """Runs under strace; (internet, other) sockets that it and its children opened. None if tracing is not possible."""
    trace = work / "trace"
    if not shutil.which("strace"):
        return None
    tracer = ["strace", "-f", "-e", "trace=network", "-o", str(trace)]
    if subprocess.run([*tracer, "true"], capture_output=True).returncode != 0:
        return None
    done = subprocess.run([*tracer, *map(str, argv)], capture_output=True, env=ENVIRONMENT, timeout=60)
    if done.returncode != 0:
        raise Broken(f"under strace: exit status {done.returncode}: {done.stderr.decode(errors='replace')[-300:]}")
    families = re.findall(r"\bsocket(?:pair)?\((\w+)", trace.read_text())
    internet = sum(family in ("AF_INET", "AF_INET6") for family in families)
    return internet, len(families) - internet


def cold_build(repository: Path, work: Path) -> float:
    """Seconds for `swift build -c release` in a fresh clone on two cores. Fetching the dependencies is not counted."""
    clone = work / "clone"

    def run(*command: str, timeout: int = 1200) -> None:
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout)
        if done.returncode != 0:
            raise Broken(f"{' '.join(command[:3])}: {(done.stdout + done.stderr)[-600:]}")

    run("git", "clone", "--quiet", "--no-hardlinks", str(repository), str(clone))
    run("swift", "package", "--package-path", str(clone), "resolve")
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, cores[:2])
    try:
        start = time.monotonic()
        run("swift", "build", "-c", "release", "--package-path", str(clone))
        return time.monotonic() - start
    finally:
        os.sched_setaffinity(0, cores)
        shutil.rmtree(clone, ignore_errors=True)
