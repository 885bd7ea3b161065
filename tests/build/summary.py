#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Adds up Meson's test logs: N passed, N failed, N skipped. Exit 1 when a test failed or a part left no log.

usage: summary.py LOG_FOLDER PART...     a part is the logbase of one run of `meson test`
"""
import json
import pathlib
import sys

PASSED, SKIPPED = ("OK", "EXPECTEDFAIL"), ("SKIP",)


def main(folder, parts):
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    for part in parts:
        # Meson appends the name of the test setup to the logbase.
        logs = pathlib.Path(folder).glob(part + "*.json")
        results = [json.loads(line) for path in logs for line in path.read_text().splitlines()]
        if not results:
            print(f"failed: the part '{part}' ran no test")
            counts["failed"] += 1
        for test in results:
            if test["result"] in PASSED:
                counts["passed"] += 1
            elif test["result"] in SKIPPED:
                counts["skipped"] += 1
                words = (test.get("stdout") or "").strip().splitlines()
                print(f"skipped: {test['name']}" + (f" ({words[-1]})" if words else ""))
            else:
                counts["failed"] += 1
                print(f"failed: {test['name']} ({test['result']})")
    print(", ".join(f"{count} {what}" for what, count in counts.items()))
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
