#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures the rotator beside a client in Go, curl and a shell script, in one run, as ratios.

Exit status: 0 if every program could be measured, even if a bar is missed; 1 if a run did not do its work;
64 on wrong usage.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from harness import extras, report
from harness.bars import HUNDRED, ONE, TEN_THOUSAND, THOUSAND, THOUSAND_TMPFS, THREE, judge
from harness.contenders import Case, Contenders
from harness.measuring import Broken, Results, Setting, Stopwatch
from harness.server import Server

SOURCES = Path(__file__).resolve().parent
REPOSITORY = SOURCES.parent


def program(path: str) -> Path:
    if not os.access(path, os.X_OK):
        raise argparse.ArgumentTypeError(f"{path}: no such program; `make build` makes the release build")
    return Path(path).resolve()


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="Benchmarks/run", description=__doc__.splitlines()[0])
    release = str(REPOSITORY / ".build/release/doku-token-rotator")
    parser.add_argument("rotator", nargs="?", type=program, default=release,
                        help="the binary to measure (default: the release build)")  # fmt: skip
    parser.add_argument("--against", type=program, metavar="PATH",
                        help="another build of the rotator, measured in the same rounds")
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    parser.add_argument("--only", type=int, nargs="+", metavar="BRANDS", help="only the cases of these sizes")
    parser.add_argument("--build", action="store_true", help="also time a cold release build of the last commit")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every single run to FILE")
    parser.add_argument("--disk", type=Path, metavar="DIR", help="a directory on a real disk for the synced files")
    try:
        return parser.parse_args()
    except SystemExit as end:
        sys.exit(64 if end.code else 0)


def is_memory(directory: Path) -> bool:
    kind = subprocess.run(["stat", "-f", "-c", "%T", directory], capture_output=True, text=True).stdout.strip()
    return kind in ("tmpfs", "ramfs")


def parent(candidates: list[Path], kind: str) -> Path:
    """The first directory that can be written to and is on the kind of file system: `disk` or `tmpfs`."""
    for candidate in candidates:
        if candidate.is_dir() and os.access(candidate, os.W_OK) and is_memory(candidate) == (kind == "tmpfs"):
            return candidate
    raise Broken(f"no writable directory on a {kind} among {', '.join(map(str, candidates))}")


class Bench:
    """Runs the cases and keeps what they cost."""

    def __init__(self, programs: Contenders, server: Server, places: dict[str, Path]):
        self.programs, self.server, self.places = programs, server, places
        self.results = Results()
        self.sockets: list[tuple[int, int]] = []
        self.broken: list[str] = []

    def run(self, setting: Setting, rounds: int, contenders: list, idle: list) -> None:
        """Measures the contenders, then those in `idle`, which find every token fresh."""
        case = Case(setting, self.places[setting[2]], self.programs.work, self.server)
        self._rounds(case, rounds, contenders)
        binary = self.programs.binary
        if idle and self.attempt(f"{report.describe(setting)}, filling", self.programs.rotate, binary, case):
            self._rounds(case, rounds, idle)
            command = self.programs.command(binary, case)
            if sockets := self.attempt("sockets", extras.sockets_opened, command, self.programs.work):
                self.sockets.append(sockets)
        report.print_case(setting, self.results[setting])
        shutil.rmtree(case.output, ignore_errors=True)

    def _rounds(self, case: Case, rounds: int, contenders: list) -> None:
        """Rounds of A B C, C B A: the order favours no program. The first round does not count."""
        costs = self.results.setdefault(case.setting, {})
        failed = set()
        for turn in range(-1, rounds):
            for name, run in reversed(contenders) if turn % 2 else contenders:
                if name in failed:
                    continue
                os.sync()  # No program pays for what another one has written.
                cost = self.attempt(f"{report.describe(case.setting)}, {name}", run, case)
                if cost is None:
                    failed.add(name)
                    costs.pop(name, None)
                elif turn >= 0:
                    costs.setdefault(name, []).append(cost)

    def attempt(self, what: str, run, *arguments):
        """What `run` returns; None if it did not do its work."""
        try:
            return run(*arguments)
        except (Broken, OSError, subprocess.TimeoutExpired) as error:
            self.broken.append(f"{what}: {error}")
            print(f"BROKEN: {self.broken[-1]}", file=sys.stderr, flush=True)
            return None


def plan(programs: Contenders) -> list[tuple]:
    """(setting, rounds, rounds with --quick, contenders, contenders that find every token fresh)"""
    rotators = programs.rotators("", programs.rotate)
    replacing = programs.rotators(", replacing", programs.replace)
    nothing_due = programs.rotators(", nothing due", programs.find_nothing_due)
    client, h2load, bash = ("Go client", programs.client), ("h2load", programs.h2load), ("shell script", programs.bash)
    curls = [("curl", programs.curl), ("curl, hashed directory", programs.curl_directory)]
    return [
        (ONE, 20, 8, [*rotators, *curls, client, bash], []),
        (THREE, 24, 8, [], [*nothing_due, ("curl --version", programs.curl_version)]),
        (HUNDRED, 4, 2, [*rotators, client, bash], []),
        (THOUSAND, 8, 4, [*rotators, client, h2load], []),
        (THOUSAND_TMPFS, 8, 4, [*rotators, client], []),
        (TEN_THOUSAND, 8, 4, [*rotators, client, *replacing, h2load], nothing_due),
    ]


def bench(options: argparse.Namespace, work: Path, places: dict[str, Path]) -> int:
    began = time.monotonic()
    programs = Contenders(options.rotator, options.against, SOURCES, work, Stopwatch(SOURCES, work))
    print("  ".join(f"{key} {value}" for key, value in report.machine().items()))
    with Server(SOURCES, work) as server:
        print(f"CA store: the system's with ours, {server.trust.count} certificates.  ×N: N times the rotator's")
        run = Bench(programs, server, places)
        for setting, rounds, quick, contenders, idle in plan(programs):
            if not options.only or setting[0] in options.only:
                run.run(setting, quick if options.quick else rounds, contenders, idle)
        if log := server.log():
            print(f"nginx complained:\n{log}", file=sys.stderr)

    seconds = run.attempt("cold build", extras.cold_build, REPOSITORY, work) if options.build else None
    bars = judge(run.results, max(run.sockets, default=None), seconds)
    if options.against:
        report.print_comparison(run.results, options.against)
    report.print_bars(bars)
    if options.json:
        report.write_json(options.json, run.results, bars, run.broken)
    print(f"\n{time.monotonic() - began:.0f} s")
    for line in run.broken:
        print(f"BROKEN: {line}", file=sys.stderr)
    return 1 if run.broken else 0


def main() -> int:
    options = arguments()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(143))
    try:
        disks = [options.disk] if options.disk else [Path(tempfile.gettempdir()), Path("/var/tmp"), REPOSITORY]
        disk, memory = parent(disks, "disk"), parent([Path("/run"), Path("/dev/shm")], "tmpfs")
        with (
            tempfile.TemporaryDirectory(prefix="rotator-bench-", dir=disk) as work,
            tempfile.TemporaryDirectory(prefix="rotator-bench-", dir=memory) as volatile,
        ):
            return bench(options, Path(work), {"disk": Path(work), "tmpfs": Path(volatile)})
    except (Broken, OSError, subprocess.TimeoutExpired) as error:
        print(f"BROKEN: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
