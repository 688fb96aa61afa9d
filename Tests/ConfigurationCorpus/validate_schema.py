#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds config/schema.json against the corpus that the configuration reader is tested with.

Every file of good/ and the shipped example must be accepted, every file of bad/ refused, except those
marked "# schema: accepts": faults that a schema cannot see. A mark that is not needed is a disagreement too.

usage: validate_schema.py [SCHEMA [CORPUS]]
Prints counts and each disagreement; exits 1 where there is one.
"""

import json
import pathlib
import re
import sys

import jsonschema
import yaml


class CoreLoader(yaml.SafeLoader):
    """Plain scalars by the core schema of YAML 1.2, as editors type them: `no` and `12:30:45` are text."""


CoreLoader.yaml_implicit_resolvers = {}
for tag, pattern, first in [
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", list("-+.0123456789")),
]:
    CoreLoader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"), first)


def integer(loader, node):
    text = loader.construct_scalar(node)
    return int(text, 0) if text[:2] in ("0x", "0o") else int(text, 10)


CoreLoader.add_constructor("tag:yaml.org,2002:int", integer)
CoreLoader.add_constructor("tag:yaml.org,2002:float", lambda loader, node: float(loader.construct_scalar(node)))


def verdict(validator, path):
    """True: accepted; False: refused; None: this loader cannot read the file."""
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), CoreLoader)
    except (yaml.YAMLError, ValueError):
        return None
    return validator.is_valid(document)


def main():
    here = pathlib.Path(__file__).resolve().parent
    schema_path = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else here / "../../config/schema.json"
    corpus = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else here
    schema = json.loads(schema_path.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    counts = {"accepted": 0, "refused": 0, "beyond a schema": 0}
    disagreements = []
    good = sorted((corpus / "good").glob("*.yaml")) + sorted(schema_path.parent.glob("*.yaml"))
    for path in good:
        if verdict(validator, path) is True:
            counts["accepted"] += 1
        else:
            disagreements.append(f"{path.name}: good, but the schema refuses it")
    for path in sorted((corpus / "bad").glob("*.yaml")):
        is_marked = any(line == "# schema: accepts" for line in path.read_text(encoding="utf-8").splitlines())
        refused = verdict(validator, path) is False
        if refused and is_marked:
            disagreements.append(f"{path.name}: marked, but the schema refuses it")
        elif refused:
            counts["refused"] += 1
        elif is_marked:
            counts["beyond a schema"] += 1
        else:
            disagreements.append(f"{path.name}: bad, but the schema accepts it")
    if not good or not counts["refused"]:
        disagreements.append("the corpus is empty")
    for line in disagreements:
        print(line)
    print(", ".join(f"{count} {name}" for name, count in counts.items()) + f", {len(disagreements)} disagreements")
    return 1 if disagreements else 0


if __name__ == "__main__":
    sys.exit(main())
