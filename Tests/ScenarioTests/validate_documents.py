#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds JSON documents of the program against config/report.schema.json.

usage: validate_documents.py SCHEMA DOCUMENT…
Each document must be accepted. A copy that lacks a member, or has an unknown one, must be refused.
Prints each disagreement; exits 1 if there is one.
"""

import json
import pathlib
import sys

import jsonschema


def main():
    schema = json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    disagreements = []
    for name in sys.argv[2:]:
        document = json.loads(pathlib.Path(name).read_text(encoding="utf-8"))
        for error in validator.iter_errors(document):
            causes = sorted(error.context, key=lambda cause: -len(cause.absolute_path))
            told = "; ".join(f"{cause.json_path}: {cause.message[:200]}" for cause in causes[:6]) or error.message
            disagreements.append(f"{name}: refused: {told}")
        for key in document:
            if validator.is_valid({other: value for other, value in document.items() if other != key}):
                disagreements.append(f"{name}: accepted without {key}")
        if validator.is_valid(document | {"surplus": 1}):
            disagreements.append(f"{name}: accepted with an unknown member")
    for line in disagreements:
        print(line)
    print(f"{len(sys.argv) - 2} documents, {len(disagreements)} disagreements")
    return 1 if disagreements else 0


if __name__ == "__main__":
    sys.exit(main())
