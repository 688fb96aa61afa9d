# SPDX-License-Identifier: Apache-2.0
"""The tables on stdout, and the same as JSON."""

import json
import os
import platform
import subprocess
from pathlib import Path

from .bars import Bar
from .measuring import Results, Setting, median, paired_ratio


def machine() -> dict:
    """What the numbers depend on."""

    def first_line(*command: str) -> str:
        try:
            done = subprocess.run(command, capture_output=True, text=True)
        except OSError:
            return "none"
        return ((done.stdout + done.stderr).splitlines() or ["none"])[0]

    return {
        "cores": len(os.sched_getaffinity(0)),
        "load": round(os.getloadavg()[0], 1),
        "kernel": platform.release(),
        "architecture": platform.machine(),
        "curl": " ".join(first_line("curl", "--version").split()[:2]),
        "openssl": first_line("openssl", "version").split(" (")[0],
        "nginx": first_line("/usr/sbin/nginx", "-v").removeprefix("nginx version: "),
        "h2load": first_line("h2load", "--version"),
        "go": first_line("go", "version").removeprefix("go version "),
    }


def relative(programs: dict, program: str, field: str) -> float | None:
    """How many times the rotator's cost, run by run, this program costs. None: there is nothing to compare."""
    if program in ("rotator", "curl --version") or "rotator" not in programs:
        return None
    return paired_ratio(programs[program], programs["rotator"], field)


def times(value: float | None) -> str:
    if value is None:
        return ""
    return f"×{value:.2f}" if value < 10 else f"×{value:.0f}"


def describe(setting: Setting) -> str:
    brands, delay, place = setting
    number = f"{brands:,}".replace(",", " ")
    return f"{number} brand{'s' * (brands > 1)}, {delay} ms away, files on {place}"


def print_case(setting: Setting, programs: dict) -> None:
    """One block: a line per program, with its medians and how many times the rotator's they are."""
    print(f"\n{describe(setting)}")
    print(f"  {'':28}{'wall s':>9}{'':>7}{'CPU s':>10}{'':>7}{'MiB':>8}{'conn.':>7}{'runs':>6}")
    for program, costs in programs.items():
        connections = {cost.connections for cost in costs if cost.connections is not None}
        shown = "–".join(str(edge) for edge in sorted({min(connections), max(connections)})) if connections else ""
        print(
            f"  {program:28}{median(costs, 'wall'):9.3f}{times(relative(programs, program, 'wall')):>7}"
            f"{median(costs, 'cpu'):10.4f}{times(relative(programs, program, 'cpu')):>7}"
            f"{median(costs, 'memory'):8.1f}{shown:>7}{len(costs):6}",
            flush=True,
        )


def comparison(results: Results) -> list[tuple]:
    """(setting, program, ratios by field) for each program of the rotator and the same of the other build."""
    return [
        (setting, program, {field: paired_ratio(costs, programs[f"other {program}"], field)
                         for field in ("wall", "cpu", "memory")})
        for setting, programs in results.items()
        for program, costs in programs.items()
        if f"other {program}" in programs
    ]  # fmt: skip


def print_comparison(results: Results, other: Path) -> None:
    """The rotator as a multiple of the other build, from runs of the same round."""
    print(f"\nAs a multiple of {other}\n  {'':64}{'wall':>8}{'CPU':>8}{'memory':>8}")
    for setting, program, ratios in comparison(results):
        print(f"  {f'{describe(setting)}: {program}':64}", *(f"{ratio:7.3f}" for ratio in ratios.values()))


def print_bars(bars: list[Bar]) -> None:
    print("\nBars")
    for bar in bars:
        value = "" if bar.value is None else f"{bar.value:.2f}".rstrip("0").rstrip(".") + bar.unit
        print(f"  {bar.verdict:13}{bar.what:53}{value:>12}  (≤ {bar.limit:g}{bar.unit})  {bar.detail}".rstrip())


def write_json(path: Path, results: Results, bars: list[Bar], broken: list[str]) -> None:
    document = {
        "machine": machine(),
        "cases": [
            {
                "case": describe(setting),
                "programs": [
                    {
                        "name": program,
                        "runs": [cost.as_dict() for cost in costs],
                        "times_the_rotator": {
                            "wall": relative(programs, program, "wall"),
                            "cpu": relative(programs, program, "cpu"),
                        },
                    }
                    for program, costs in programs.items()
                ],
            }
            for setting, programs in results.items()
        ],
        "comparison": [
            {"case": describe(setting), "program": program, "times_the_other": ratios}
            for setting, program, ratios in comparison(results)
        ],
        "bars": [
            {"what": bar.what, "limit": bar.limit, "value": bar.value, "unit": bar.unit.strip(), "verdict": bar.verdict}
            for bar in bars
        ],
        "broken": broken,
    }
    path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
