#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Walks all network faults with the real program: one brand, and three of which one is faulty.

usage: run.py ROTATOR [TEXT]
Each run must end with the right outcome, code, exit status, attempts and Request-Ids; the last good token is there to
the last byte unless a new one is; the other brands are renewed; no secret and no token is printed. Only cases whose
number or name holds TEXT, where it is given. Prints a scoreboard line; exits 1 where anything is wrong.
"""

import base64
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

import cases
from peer import FAULTY, Certificates, token

ROTATOR = sys.argv[1]
CLIENTS = {"batik": "BRN-1", "kopi": FAULTY, "teh": "BRN-3"}
TOKEN = re.compile(r"[\w-]+\.[\w-]+\.[\w-]{300,}")


def configuration(stage, names):
    brands = "".join(
        f"  - {{ name: {name}, client_id: {CLIENTS[name]}, secret: {{ file: secrets/{name} }} }}\n" for name in names)
    defaults = {"deadline": "5s", "connect_timeout": "1s", "request_timeout": "1s", "attempts": "2"}
    lines = "".join(f"{key}: {value}\n" for key, value in defaults.items() if f"{key}:" not in stage.settings)
    return (f"endpoint: {stage.url}/adv-core-api/partner/v1.0/token\nrun_every: 15m\n{lines}{stage.settings}"
            "defaults: { valid_time: 6h, outputs: [{ file: 'tokens/{brand}' }] }\n" f"brands:\n{brands}")


def secret_of(name):
    return f"SK-{name}/canary+Qm7w0yTz"


def forms(text):
    """Of a secret: as it is, in hexadecimal, and in base64 at any alignment."""
    data = text.encode()
    yield text
    yield data.hex()
    for offset in range(3):
        whole = base64.b64encode(bytes(offset) + data).decode()
        yield whole[4 if offset else 0:(len(data) + offset) // 3 * 4]


def walk(case, names, folder, certificates):
    """What is wrong with one run of one case; an empty list where nothing is. Torn files and leaks are counted apart."""
    folder.mkdir()
    (folder / "tokens").mkdir(mode=0o755)
    (folder / "secrets").mkdir()
    stage = cases.Stage(certificates, folder)
    old = {}
    for name in names:
        # Still good for the next run, and due since less than a third of its life is left.
        old[name] = token(CLIENTS[name], left=1200)
        (folder / "tokens" / name).write_text(old[name])
        (folder / "secrets" / name).write_text(secret_of(name))
        (folder / "secrets" / name).chmod(0o600)
        (folder / "tokens" / name).chmod(0o600)
    case.setup(stage)
    (folder / "config.yaml").write_text(configuration(stage, names))
    environment = {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")}
    began = time.monotonic()
    ended = subprocess.run([*stage.wrapper, ROTATOR, "--output", "json"], cwd=folder, capture_output=True, timeout=60,
                           env=environment | {"DOKU_TOKEN_ROTATOR_CONFIG": "config.yaml"} | stage.environment)
    duration = time.monotonic() - began
    stage.close()

    wrong, torn, leaks = [], 0, 0
    try:
        report = json.loads(ended.stdout)
        outcomes = {brand["name"]: brand for brand in report["brands"]}
    except ValueError:
        return [f"no report: {ended.stdout[:200]} {ended.stderr[:300]}"], 0, 0

    def expect(what, found, *wanted):
        if found not in wanted:
            wrong.append(f"{what} is {found}, not {' or '.join(map(str, wanted))}")

    for name in names:
        outcome = outcomes[name]
        suffers = name == "kopi" or case.whole
        code = case.code if suffers else None
        current = (folder / "tokens" / name).read_text()
        if code:
            expect(f"{name}'s code", outcome["code"], *([code] if isinstance(code, str) else code))
            expect(f"{name}'s transience", outcome["transient"], case.transient)
            expect(f"{name}'s outcome", outcome["outcome"],
                   "unfinished" if code in ("deadline-exceeded", "unfinished") else "failed")
            if current != old[name]:
                torn += 1
                wrong.append(f"{name}'s last good token is gone")
        else:
            expect(f"{name}'s outcome", outcome["outcome"], "rotated")
            expect(f"{name}'s code", outcome["code"], None)
            keeps = case.keeps and suffers
            if (current == old[name]) != keeps or not TOKEN.fullmatch(current):
                torn += not TOKEN.fullmatch(current)
                wrong.append(f"{name}'s file is not the new token")
        if not suffers:
            expect(f"{name}'s attempts", outcome["attempts"], *((1, 2) if case.shared else (1,)))
        elif case.attempts is not None:
            # What libcurl repeated by itself may have had its answer before our own second attempt.
            expect(f"{name}'s attempts", outcome["attempts"], case.attempts, *((1,) if case.repeats and not code else ()))
        if suffers and case.seen:
            ids = stage.seen.get(CLIENTS[name], [])
            if case.repeats:
                # libcurl's own limit is five repetitions of a request.
                expect(f"{name}'s requests", len(ids), *range(outcome["attempts"], 6 * outcome["attempts"] + 1))
            else:
                expect(f"{name}'s requests", len(ids), outcome["attempts"])
            if case.ids == "same":
                expect("the Request-Ids", len(set(ids)), 1)
            elif case.ids == "new":
                expect("the Request-Ids", len(set(ids)), len(ids))
    expect("the exit status", ended.returncode, 0 if not case.code else 10 if case.transient else 20)
    expect("the report's exit status", report["exit_code"], ended.returncode)
    if case.within and duration > case.within:
        wrong.append(f"it took {duration:.1f} s")
    if duration < case.lasts:
        wrong.append(f"it took only {duration:.1f} s")
    printed = (ended.stdout + ended.stderr).decode(errors="replace")
    for value in [form for name in names for form in forms(secret_of(name))] + [
            text[-48:] for text in [*old.values(), *((folder / "tokens" / name).read_text() for name in names)]]:
        if value in printed:
            leaks += 1
            wrong.append("a secret or a token is printed")
    left = sorted(entry.name for entry in (folder / "tokens").iterdir())
    if left != sorted(names):
        wrong.append(f"left behind: {left}")
    return wrong, torn, leaks


def main():
    wanted = sys.argv[2] if len(sys.argv) > 2 else ""
    everything = [case for case in cases.all_cases() if wanted in f"N{case.number} {case.name}"]
    is_root = os.geteuid() == 0
    runs = [(case, names) for case in everything for names in (["kopi"], ["batik", "kopi", "teh"])]
    skipped = [run for run in runs if run[0].number in (1, 2) and not is_root]
    runs = [run for run in runs if run not in skipped]
    with tempfile.TemporaryDirectory(prefix="network-faults-") as top:
        top = pathlib.Path(top)
        certificates = Certificates(top / "certificates")
        # Names are asked of one address each: those runs go one after the other.
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            serial = [run for run in runs if run[0].number in (1, 2)]
            parallel = [run for run in runs if run not in serial]
            results = list(pool.map(
                lambda run: walk(run[1][0], run[1][1], top / str(run[0]), certificates), enumerate(parallel)))
        results += [walk(case, names, top / f"s{index}", certificates) for index, (case, names) in enumerate(serial)]
    for (case, names), (wrong, _, _) in zip(parallel + serial, results):
        for what in wrong:
            print(f"wrong: N{case.number} {case.name}, {len(names)} brands: {what}")
    bad = sum(bool(wrong) for wrong, _, _ in results)
    for case, names in skipped:
        print(f"skipped: N{case.number} {case.name}: not root")
    numbers = len({case.number for case, _ in runs})
    print(f"{numbers} of 72 faults; N64 is not: no key of the configuration pins a certificate")
    print(f"scoreboard: network faults: {len(runs)} cases, {bad} wrong outcomes, "
          f"{sum(torn for _, torn, _ in results)} torn files, {sum(leaks for _, _, leaks in results)} leaked secrets")
    sys.exit(1 if bad or not runs else 0)


main()
