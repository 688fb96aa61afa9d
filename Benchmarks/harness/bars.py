# SPDX-License-Identifier: Apache-2.0
"""The bars that the rotator has to reach: each one line, with its limit and how it is measured."""

import math
from dataclasses import dataclass

from .contenders import CONCURRENCY
from .measuring import Results, Setting


ONE, THREE, HUNDRED = (1, 0, "disk"), (3, 0, "disk"), (100, 0, "disk")
THOUSAND, THOUSAND_TMPFS, TEN_THOUSAND = (1000, 100, "disk"), (1000, 100, "tmpfs"), (10000, 0, "tmpfs")


@dataclass
class Bar:
    """One requirement. `value` is None if it was not measured."""

    what: str
    limit: float
    unit: str
    value: float | None
    detail: str = ""

    @property
    def verdict(self) -> str:
        if self.value is None:
            return "not measured"
        return "met" if self.value <= self.limit else "MISSED"


def judge(results: Results, sockets: tuple[int, int] | None, build_seconds: float | None) -> list[Bar]:
    """`sockets`: (internet, other) opened if nothing is due."""

    def ratio(what: str, limit: float, setting: Setting, program: str, other: str, field: str) -> Bar:
        """A bar that another program sets in the same rounds."""
        sides = [results.median(setting, name, field) for name in (program, other)]
        shown = {"memory": "{:.1f} MiB", "wall": "{:.3f} s", "cpu": "{:.4f} s CPU"}[field]
        detail = "" if None in sides else " : ".join(map(shown.format, sides))
        return Bar(what, limit, "×", results.ratio(setting, program, other, field), detail)

    def largest(field: str, *settings: Setting) -> float | None:
        """The largest value of any run that rotated."""
        programs = [results.get(setting, {}) for setting in settings]
        return max((getattr(cost, field) for costs in programs for name in ("rotator", "rotator, replacing")
                    for cost in costs.get(name, [])), default=None)  # fmt: skip

    idle, client = "rotator, nothing due", "Go client"
    ideal = math.ceil(1000 / CONCURRENCY) * 0.1
    thousand = results.median(THOUSAND, "rotator", "wall")
    memory, connections = largest("memory", TEN_THOUSAND), largest("connections", *results)
    return [
        ratio("1 brand, cold: CPU of curl", 0.6, ONE, "rotator", "curl", "cpu"),
        ratio("1 brand, cold: wall time of curl", 1.0, ONE, "rotator", "curl", "wall"),
        Bar("nothing due: sockets", 0, "", sockets and sockets[0], f"and {sockets[1]} local ones" if sockets else ""),
        ratio("nothing due, 3 brands: wall time of curl --version", 1.5, THREE, idle, "curl --version", "wall"),
        Bar("nothing due, 10 000 brands: wall time", 0.5, " s", results.median(TEN_THOUSAND, idle, "wall")),
        Bar("1 000 brands, 100 ms: the ideal wall time", 1.15, "×", thousand and thousand / ideal,
            f"ideal {ideal:.1f} s"),
        ratio("1 000 brands, 100 ms: CPU of the Go client", 0.9, THOUSAND, "rotator", client, "cpu"),
        ratio("1 000 brands, 100 ms, tmpfs: CPU of the Go client", 0.9, THOUSAND_TMPFS, "rotator", client, "cpu"),
        ratio("10 000 brands: CPU of the Go client", 1.0, TEN_THOUSAND, "rotator", client, "cpu"),
        ratio("10 000 brands: wall time of the Go client", 1.0, TEN_THOUSAND, "rotator", client, "wall"),
        ratio("10 000 brands: peak memory of the Go client", 1.0, TEN_THOUSAND, "rotator", client, "memory"),
        Bar("10 000 brands: peak memory", 36, " MiB", memory),
        Bar("connections to the endpoint, every run", 1, "", connections),
        Bar("cold release build", 120, " s", build_seconds, "" if build_seconds else "only with --build"),
    ]  # fmt: skip
