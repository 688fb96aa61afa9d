# SPDX-License-Identifier: Apache-2.0
"""The bars the rotator has to reach, and whether it did."""

import math
from dataclasses import dataclass

from .contenders import CONCURRENCY
from .measuring import median, paired_ratio


@dataclass
class Bar:
    """One requirement: met, missed, or (`value` is None) not measured, for the reason given."""

    what: str
    limit: float
    value: float | None
    unit: str = ""
    detail: str = ""

    @property
    def verdict(self) -> str:
        if self.value is None:
            return "not measured"
        return "met" if self.value <= self.limit else "MISSED"


def judge(results: dict, sockets: tuple[int, int] | None, build_seconds: float | None) -> list[Bar]:
    """`results`: the costs by (brands, delay) and program; `sockets`: (internet, other) opened with nothing due."""

    def costs(brands: int, delay: int, program: str) -> list:
        return results.get((brands, delay), {}).get(program, [])

    def ratio(brands: int, delay: int, above: str, below: str, field: str) -> float | None:
        return paired_ratio(costs(brands, delay, above), costs(brands, delay, below), field)

    def middle(brands: int, delay: int, program: str, field: str) -> float | None:
        found = costs(brands, delay, program)
        return median(found, field) if found else None

    def milliseconds(value: float | None) -> str:
        return "–" if value is None else f"{value * 1000:.1f} ms"

    def against(brands: int, delay: int, one: str, other: str, field: str) -> str:
        sides = (milliseconds(middle(brands, delay, name, field)) for name in (one, other))
        return " : ".join(sides)

    ideal = math.ceil(1000 / CONCURRENCY) * 0.1
    thousand = middle(1000, 100, "rotator", "wall")
    connections = [
        cost.connections
        for programs in results.values()
        for cost in programs.get("rotator", []) + programs.get("rotator, replacing", [])
    ]
    memory = [cost.memory for cost in costs(10000, 0, "rotator") + costs(10000, 0, "rotator, replacing")]
    return [
        Bar("one brand, cold, system CA store: CPU of curl", 0.6, ratio(1, 0, "rotator", "curl", "cpu"), "×",
            against(1, 0, "rotator", "curl", "cpu")),
        Bar("one brand, cold, system CA store: wall time of curl", 1.0, ratio(1, 0, "rotator", "curl", "wall"), "×",
            against(1, 0, "rotator", "curl", "wall")),
        Bar("nothing due, 3 brands: sockets opened", 0, sockets and sockets[0], "",
            f"and {sockets[1]} local ones" if sockets else "no strace, not allowed to trace, or a broken run"),
        Bar("nothing due, 3 brands: wall time of `curl --version`", 1.5,
            ratio(3, 0, "rotator, nothing due", "curl --version", "wall"), "×",
            against(3, 0, "rotator, nothing due", "curl --version", "wall")),
        Bar("nothing due, 10 000 brands: wall time", 0.5, middle(10000, 0, "rotator, nothing due", "wall"), " s"),
        Bar("1 000 brands, 100 ms, 64 in flight, synced: the ideal", 1.15, thousand and thousand / ideal, "×",
            f"ideal {ideal:.1f} s"),
        Bar("10 000 brands, 0 ms, tmpfs: CPU of bare multi in C", 1.6, ratio(10000, 0, "rotator", "multi (C)", "cpu"),
            "×", against(10000, 0, "rotator", "multi (C)", "cpu")),
        Bar("10 000 brands: peak memory", 32, max(memory, default=None), " MiB"),
        Bar("connections per endpoint, every run", 1, max(connections, default=None)),
        Bar("cold release build", 120, build_seconds, " s", "" if build_seconds else "asked for with --build"),
    ]  # fmt: skip
