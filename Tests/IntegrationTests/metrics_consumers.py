#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the metrics of real runs against their real readers, all of them on loopback, in the working directory.

usage: metrics_consumers.py ROTATOR SANDBOX
Prints a scoreboard line; exits 1 at the first thing that is wrong.
"""

import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

ROTATOR, SANDBOX = sys.argv[1:3]
REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
PROMETHEUS = REPOSITORY / "config/prometheus"
work = pathlib.Path.cwd()
children = []
checks = 0


def check(holds, what):
    global checks
    checks += 1
    if not holds:
        raise SystemExit(f"wrong: {what}")


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def start(*argv, **options):
    log = open(work / f"{pathlib.Path(argv[0]).name}.log", "w")
    guard = ["setpriv", "--pdeathsig", "KILL"]
    child = subprocess.Popen([*guard, *map(str, argv)], stdout=log, stderr=log, stdin=subprocess.DEVNULL, **options)
    children.append(child)
    return child


def get(url):
    with urllib.request.urlopen(url, timeout=5) as reply:
        return reply.read().decode()


def wait_for(what, seconds, look):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            found = look()
            if found:
                return found
        except OSError:
            pass
        time.sleep(0.1)
    raise SystemExit(f"wrong: waited {seconds} s in vain for {what}")


def rotate(*arguments):
    return subprocess.run(
        [ROTATOR, "--config", "config.yaml", *arguments], capture_output=True, text=True, timeout=60).returncode


def samples(text):
    """Our samples: name, labels in any order, and value in any notation."""
    found = set()
    for line in text.splitlines():
        if line.startswith("doku_"):
            name, labels, value = re.fullmatch(r"(\w+)(?:\{(.*)\})? (\S+)", line).groups()
            found.add((name, frozenset(re.findall(r'(\w+)="([^"]*)"', labels or "")), float(value)))
    return found


def main():
    # The sandbox grants kopi 90 seconds whatever is asked for: too little for a run every minute.
    brands = {"brands": [
        {"client_id": "BRN-0001-1", "secret": "SK-batik"},
        {"client_id": "BRN-0002-2", "secret": "SK-kopi", "fault": "short-lived"},
    ]}
    (work / "brands.json").write_text(json.dumps(brands))
    for name in ("batik", "kopi"):
        (work / name).write_text(f"SK-{name}")
        (work / name).chmod(0o600)
    start(SANDBOX, "--brands", "brands.json", "--exit-after", "120")
    url = wait_for("the sandbox", 30, lambda: (work / "doku-sandbox.log").read_text().strip())
    collected, tokens = work / "collected", work / "tokens"
    for folder in (collected, tokens):
        folder.mkdir(mode=0o755)
    ports = {name: free_port() for name in ("exporter", "gateway", "prometheus")}
    (work / "config.yaml").write_text(f"""\
endpoint: "{url}/adv-core-api/partner/v1.0/token"
run_every: 1m
deadline: 10s
request_timeout: 5s
brands:
  - {{ name: batik, client_id: BRN-0001-1, secret: {{ file: batik }}, outputs: [{{ file: tokens/batik }}] }}
  - {{ name: kopi, client_id: BRN-0002-2, secret: {{ file: kopi }}, outputs: [{{ file: tokens/kopi }}] }}
report:
  metrics_file: collected/doku.prom
  pushgateway: http://127.0.0.1:{ports["gateway"]}
""")

    # The gateway, not started yet, is only warned of.
    check(rotate() == 21, "a short-lived token is exit status 21, with or without a gateway")
    issued = time.time()
    start("prometheus-pushgateway", f"--web.listen-address=127.0.0.1:{ports['gateway']}")
    wait_for("the gateway", 30, lambda: get(f"http://127.0.0.1:{ports['gateway']}/-/ready"))
    check(rotate("--brand", "batik") == 0, "a fresh brand is exit status 0")

    start("prometheus-node-exporter", f"--web.listen-address=127.0.0.1:{ports['exporter']}",
          "--collector.disable-defaults", "--collector.textfile", f"--collector.textfile.directory={collected}")
    exported = wait_for("node_exporter", 30, lambda: get(f"http://127.0.0.1:{ports['exporter']}/metrics"))
    check("node_textfile_scrape_error 0" in exported, "node_exporter reads the file without an error")
    written = (collected / "doku.prom").read_text()
    check(len(samples(written)) > 20 and samples(written) == samples(exported), "node_exporter hands on each sample")
    pushed = get(f"http://127.0.0.1:{ports['gateway']}/metrics")
    names = {name for name, _, _ in samples(written)}
    check(names <= {name for name, _, _ in samples(pushed)}, "the gateway has each name")
    check('doku_token_expiry_timestamp_seconds{brand="kopi",instance="",job="doku_token_rotator"}' in pushed,
          "the gateway has the brand that this run left alone")
    check("push_failure_time_seconds" in pushed and
          re.search(r'push_failure_time_seconds\{[^}]*job="doku_token_rotator"[^}]*\} 0\b', pushed),
          "the gateway refused nothing")

    # The queries of the dashboard and of the alerts name nothing that is not there.
    known = names | {"doku_rotator_clock_offset_seconds", "doku_rotator_last_success_timestamp_seconds"}
    dashboard = json.loads((PROMETHEUS / "dashboard.json").read_text())
    queries = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    check(len(queries) >= 10, "the dashboard has queries")
    text = " ".join(queries) + (PROMETHEUS / "alerts.yaml").read_text()
    used = set(re.findall(r"\bdoku_(?:token|rotator)_[a-z_]+", text))
    check(used <= known, f"not a metric: {sorted(used - known)}")
    check(len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"]), "panels have their own ids")
    for arguments in (["check", "rules", "alerts.yaml"], ["test", "rules", "alerts_test.yaml"]):
        ended = subprocess.run(["promtool", *arguments], cwd=PROMETHEUS, capture_output=True, text=True)
        check(ended.returncode == 0, f"promtool {arguments}: {ended.stdout}{ended.stderr}")

    # A Prometheus that scrapes the real file fires when kopi's token has less left than a minute, and not before.
    shutil.copy(PROMETHEUS / "alerts.yaml", work)
    (work / "prometheus.yaml").write_text(f"""\
global: {{ scrape_interval: 1s, evaluation_interval: 1s }}
rule_files: [alerts.yaml]
scrape_configs: [{{ job_name: node, static_configs: [{{ targets: ["127.0.0.1:{ports['exporter']}"] }}] }}]
""")
    start("prometheus", "--config.file=prometheus.yaml", "--storage.tsdb.path=tsdb",
          f"--web.listen-address=127.0.0.1:{ports['prometheus']}")
    base = f"http://127.0.0.1:{ports['prometheus']}/api/v1"

    def query(expression):
        return json.loads(get(f"{base}/query?query={urllib.request.quote(expression)}"))["data"]["result"]

    wait_for("the first scrape", 30, lambda: query("doku_rotator_run_every_seconds"))
    for expression in queries:
        # An expression that Prometheus cannot read is an HTTP error.
        query(expression.replace("$instance", ".*"))

    def firing():
        return {(one["labels"]["alertname"], one["labels"].get("brand"))
                for one in json.loads(get(f"{base}/alerts"))["data"]["alerts"] if one["state"] == "firing"}

    soon = ("DokuTokenDiesSoon", "kopi")
    while time.time() < issued + 27:
        check(soon not in firing() or time.time() > issued + 29, "the alert fired too early")
        time.sleep(1)
    wait_for("the alert", 20, lambda: soon in firing())
    check(firing() == {soon}, f"another alert fired: {firing()}")
    check(time.time() < issued + 55, "the alert came late")

    # Tokens that are gone: a gateway keeps what it has of a name that does not come.
    for token in tokens.iterdir():
        token.unlink()
    (work / "batik").write_text("SK-wrong")
    (work / "kopi").write_text("SK-wrong")
    check(rotate() == 22, "two rejected brands without a token are exit status 22")
    gone = [value for name, _, value in samples(get(f"http://127.0.0.1:{ports['gateway']}/metrics"))
            if name == "doku_token_expiry_timestamp_seconds"]
    check(gone == [0, 0], f"the gateway claims no token that is gone: {gone}")
    print(f"scoreboard: metrics and alerts: {checks} checks, 0 wrong")


try:
    main()
finally:
    for child in children:
        child.kill()
        child.wait()
