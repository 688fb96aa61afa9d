# SPDX-License-Identifier: Apache-2.0
"""Runs one program under `measure` (measure.c) and returns its cost."""

import os
import signal
import statistics
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path


class Broken(Exception):
    """A run that did not do its work. Its numbers must not be used."""


@dataclass
class Cost:
    """What one run cost. Times in seconds, memory in MiB; connections as the server accepted them."""

    wall: float
    cpu: float
    memory: float
    connections: int | None = None

    def as_dict(self) -> dict:
        return asdict(self)


#: The same small environment for every program: no proxy, locale or CA variable of the caller.
ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/", "LC_ALL": "C"}


class Stopwatch:
    """Builds `measure` and runs programs under it, one at a time."""

    def __init__(self, sources: Path, work: Path):
        self.work = work
        self.binary = compile_program("cc", "-O2", "-Wall", "-Wextra", "-o", work / "measure", sources / "measure.c")
        floor = self.run(["true"]).memory
        if floor > 5:
            raise Broken(f"`true` seems to need {floor:.1f} MiB: memory cannot be measured here")

    def run(self, argv, *, environment=None, stdin=None, timeout=120) -> Cost:
        """Runs to the end and returns the cost. Exit status not 0, a signal or the timeout: `Broken`."""
        program = Path(argv[0]).name
        read, write = os.pipe()
        with (
            open(self.work / "stdout", "wb") as stdout,
            open(self.work / "stderr", "wb") as stderr,
            open(stdin or os.devnull, "rb") as source,
            os.fdopen(read) as result,
        ):
            process = subprocess.Popen(
                [self.binary, str(write), *map(str, argv)],
                stdin=source, stdout=stdout, stderr=stderr, env=ENVIRONMENT | (environment or {}),
                pass_fds=[write], start_new_session=True,
            )  # fmt: skip
            os.close(write)
            try:
                process.wait(timeout)
                line = result.read().split()
            except subprocess.TimeoutExpired:
                raise Broken(f"{program}: not finished after {timeout} s") from None
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
        if len(line) != 5:
            raise Broken(f"{program}: did not start: {self.stderr()}")
        wall, user, system, memory, status = map(int, line)
        if status != 0:
            raise Broken(f"{program}: exit status {os.waitstatus_to_exitcode(status)}: {self.stderr()}")
        return Cost(wall / 1e6, (user + system) / 1e6, memory / 1024)

    def stdout(self) -> str:
        """What the last run printed."""
        return (self.work / "stdout").read_text(errors="replace")

    def stderr(self) -> str:
        """The end of what the last run wrote to standard error."""
        return (self.work / "stderr").read_text(errors="replace").strip()[-600:] or "(silent)"


def compile_program(*command, environment: dict | None = None) -> Path:
    """Runs a compiler whose command has `-o BINARY`, and returns that binary."""
    words = list(map(str, command))
    done = subprocess.run(words, capture_output=True, text=True, env=os.environ | (environment or {}))
    if done.returncode != 0:
        raise Broken(f"{words[-1]} does not compile:\n{done.stderr}")
    return Path(words[words.index("-o") + 1])


#: Brands, the server's delay in milliseconds, and where the files go: `disk` or `tmpfs`.
Setting = tuple[int, int, str]


class Results(dict[Setting, dict[str, list[Cost]]]):
    """The costs of all runs, by setting and program, in the order of the rounds."""

    def median(self, setting: Setting, program: str, field: str) -> float | None:
        costs = self.get(setting, {}).get(program)
        return median(costs, field) if costs else None

    def ratio(self, setting: Setting, above: str, below: str, field: str) -> float | None:
        costs = self.get(setting, {})
        return paired_ratio(costs.get(above, []), costs.get(below, []), field)


def median(costs: list[Cost], field: str) -> float:
    return statistics.median(getattr(cost, field) for cost in costs)


def paired_ratio(numerators: list[Cost], denominators: list[Cost], field: str) -> float | None:
    """The median of the ratios of runs of one round, so that a slow period of the machine cancels out."""
    pairs = [
        getattr(above, field) / getattr(below, field)
        for above, below in zip(numerators, denominators)
        if getattr(below, field) > 0
    ]
    return statistics.median(pairs) if pairs else None
