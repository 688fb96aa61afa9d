#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures the rotator beside what people use today and beside the limit, in one run, as ratios.

Exit status: 0 when everything could be measured, whether or not the bars are met; 1 when some run was broken;
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
from harness.bars import judge
from harness.contenders import Case, Contenders
from harness.measuring import Broken, Cost, Stopwatch
from harness.server import Server

SOURCES = Path(__file__).resolve().parent
REPOSITORY = SOURCES.parent


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="Benchmarks/run", description=__doc__.splitlines()[0])
    parser.add_argument("rotator", nargs="?", type=Path, default=REPOSITORY / ".build/release/doku-token-rotator",
                        help="the binary to measure (default: the release build)")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="under a minute: fewer runs, no long cases")
    size.add_argument("--full", action="store_true", help="bash in every case, 10 000 brands as well: an hour")
    parser.add_argument("--build", action="store_true", help="also time a cold release build of the last commit")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every single run to FILE")
    parser.add_argument("--disk", type=Path, metavar="DIR", help="a directory on a real disk for the synced files")
    options = parser.parse_args()
    if not os.access(options.rotator, os.X_OK):
        print(f"{options.rotator}: not there; build it first: swift build -c release", file=sys.stderr)
        sys.exit(64)
    options.rotator = options.rotator.resolve()
    return options


def is_memory(directory: Path) -> bool:
    kind = subprocess.run(["stat", "-f", "-c", "%T", directory], capture_output=True, text=True).stdout.strip()
    return kind in ("tmpfs", "ramfs")


def disk(asked: Path | None) -> Path:
    for candidate in [asked] if asked else [Path(tempfile.gettempdir()), Path("/var/tmp"), REPOSITORY]:
        if candidate.is_dir() and os.access(candidate, os.W_OK) and not is_memory(candidate):
            return candidate
    raise Broken("no directory on a disk to be found: name one with --disk")


def memory() -> Path | None:
    for candidate in (Path("/run"), Path("/dev/shm")):
        if candidate.is_dir() and os.access(candidate, os.W_OK) and is_memory(candidate):
            return candidate
    return None


def plan(programs: Contenders, options: argparse.Namespace) -> list[tuple]:
    """(brands, delay, files on tmpfs, rounds, programs beside the rotator). bash runs once: it is the slow one,
    a tenth of a second of CPU per brand."""
    multi, h2load = ("multi (C)", programs.multi), ("h2load", programs.h2load)
    files = ("multi (C), publishing", programs.multi_files)
    bash = ("bash, openssl, curl, jq", programs.bash)
    curls = [("curl", programs.curl), ("curl, hashed directory", programs.curl_directory)]
    again = ("rotator, replacing", programs.rotator_replacing)
    report_json = ("rotator, JSON report", programs.rotator_json)
    very_slow = [bash] if options.full else []
    if options.quick:
        return [
            (1, 0, False, 9, [*curls, multi, h2load, bash]),
            (100, 0, False, 3, [multi, h2load, bash]),
            (1000, 0, False, 3, [multi, h2load]),
            (1000, 100, False, 3, [multi, h2load]),
            (10000, 0, True, 3, [multi, files, h2load]),
        ]
    return [
        (1, 0, False, 21, [*curls, multi, h2load, bash]),
        (1, 100, False, 5, [*curls, multi, h2load, bash]),
        (100, 0, False, 5, [multi, h2load, bash]),
        (100, 100, False, 5, [multi, h2load, bash]),
        (1000, 0, False, 5, [again, multi, h2load, *very_slow]),
        (1000, 100, False, 5, [again, multi, h2load, bash]),
        (10000, 0, True, 7, [again, report_json, multi, files, h2load, *very_slow]),
        (10000, 100, False, 1, [multi, h2load, *very_slow]),
    ]


class Bench:
    """Runs the cases and keeps what they cost."""

    def __init__(self, programs: Contenders):
        self.programs = programs
        self.results: dict[tuple[int, int], dict[str, list[Cost]]] = {}
        self.broken: list[str] = []

    def measure(self, case: Case, rounds: int, contenders: list, *, warm_up: bool) -> None:
        """Rounds of A B C, A B C: neighbours in time share the state of the machine. A warm-up counts for none."""
        costs: dict[str, list[Cost]] = self.results.setdefault((case.brands, case.delay), {})
        failed = set()
        for turn in range(-1 if warm_up else 0, rounds):
            for name, run in contenders:
                slow = name.startswith("bash") and case.brands > 1
                if name in failed or (slow and turn != 0):
                    continue
                if not is_memory(case.output.parent):
                    os.sync()  # Nobody pays for the writes of the one before.
                try:
                    cost = run(case)
                except Broken as error:
                    failed.add(name)
                    costs.pop(name, None)
                    self.broken.append(f"{case.brands} brands, {case.delay} ms, {name}: {error}")
                    print(f"BROKEN: {self.broken[-1]}", file=sys.stderr, flush=True)
                    continue
                if turn >= 0:
                    costs.setdefault(name, []).append(cost)

    def nothing_due(self, case: Case, rounds: int, *others: tuple) -> None:
        try:
            self.programs.rotator(case)
        except Broken as error:
            self.broken.append(f"{case.brands} brands, filling: {error}")
            print(f"BROKEN: {self.broken[-1]}", file=sys.stderr, flush=True)
            return
        rotator = ("rotator, nothing due", self.programs.rotator_nothing_due)
        self.measure(case, rounds, [rotator, *others], warm_up=True)

    def sockets(self, case: Case) -> tuple[int, int] | None:
        """Where the runs before proved that nothing was due: a program that does not work opens none either."""
        if "rotator, nothing due" not in self.results.get((case.brands, case.delay), {}):
            return None
        try:
            return extras.sockets_opened(self.programs.command(case), self.programs.work)
        except (Broken, subprocess.TimeoutExpired) as error:
            self.broken.append(f"sockets: {error}")
            return None


def bench(options: argparse.Namespace, work: Path, on_disk: Path, on_memory: Path | None) -> int:
    began = time.monotonic()
    programs = Contenders(options.rotator, SOURCES, work, Stopwatch(SOURCES, work))
    run = Bench(programs)
    print("  ".join(f"{key} {value}" for key, value in report.machine().items()))
    with Server(SOURCES, work) as server:
        print(f"CA store: the system's with ours, {server.trust.count} certificates.  ×N: N times the rotator's")
        for brands, delay, wants_memory, rounds, others in plan(programs, options):
            parent, where = (on_memory, "tmpfs") if wants_memory and on_memory else (on_disk, "disk")
            if wants_memory and not on_memory:
                print("no tmpfs here: files on disk instead", file=sys.stderr)
            case = Case(brands, delay, parent, work, server)
            long = brands * delay >= 1_000_000
            run.measure(case, rounds, [("rotator", programs.rotator), *others], warm_up=not long)
            if wants_memory:
                run.nothing_due(case, rounds)
            report.print_case(brands, delay, where, run.results[brands, delay])
            shutil.rmtree(case.output, ignore_errors=True)

        three = Case(3, 0, on_disk, work, server)
        run.nothing_due(three, 9 if options.quick else 25, ("curl --version", programs.curl_version))
        report.print_case(3, 0, "disk", run.results.get((3, 0), {}))
        sockets = run.sockets(three)
        if log := server.log():
            print(f"nginx complained:\n{log}", file=sys.stderr)

    seconds = None
    if options.build:
        try:
            seconds = extras.cold_build(REPOSITORY, work)
        except (Broken, OSError, subprocess.TimeoutExpired) as error:
            run.broken.append(f"cold build: {error}")
    bars = judge(run.results, sockets, seconds)
    report.print_bars(bars)
    if options.json:
        report.write_json(options.json, run.results, bars, run.broken)
    print(f"\n{time.monotonic() - began:.0f} s", f"{len(run.broken)} broken" if run.broken else "", flush=True)
    for line in run.broken:
        print(f"BROKEN: {line}", file=sys.stderr)
    return 1 if run.broken else 0


def main() -> int:
    options = arguments()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(143))
    try:
        on_disk, on_memory = disk(options.disk), memory()
        with tempfile.TemporaryDirectory(prefix="rotator-bench-", dir=on_disk) as directory:
            work = Path(directory)
            if on_memory is None:
                return bench(options, work, work, None)
            with tempfile.TemporaryDirectory(prefix="rotator-bench-", dir=on_memory) as volatile:
                return bench(options, work, work, Path(volatile))
    except Broken as error:
        print(f"BROKEN: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
