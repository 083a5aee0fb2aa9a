#!/usr/bin/env python3
"""The metrics are what Prometheus' description of its text format (version 0.0.4) asks for.

Reads every line by the grammar of that description and holds the families, labels, order and histograms
against its rules, then the values against what tests/tools/show_metrics counted. Where promtool is
installed (Debian's package prometheus), it has the second word.
"""
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

PROGRAM = Path(os.environ.get("builddir", "build")) / "tests/tools/show_metrics"
NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"'
SAMPLE = re.compile(rf"({NAME})(?:\{{({LABEL}(?:,{LABEL})*)?\}})? (\S+)( -?\d+)?")
NUMBER = re.compile(r"[+-]?(\d+\.?\d*([eE][+-]?\d+)?|Inf)|NaN")
HELP = re.compile(rf"# HELP ({NAME}) ((?:[^\\]|\\\\|\\n)*)")
TYPE = re.compile(rf"# TYPE ({NAME}) (counter|gauge|histogram|summary|untyped)")


def read(text):
    """Families in order: name -> (type, {(sample name, labels): value}). Raises on what is not allowed."""
    assert text.endswith("\n"), "the last line must end with a line feed"
    families, helped, current = {}, set(), None
    for number, line in enumerate(text[:-1].split("\n"), 1):
        where = f"line {number}: {line}"
        if found := HELP.fullmatch(line):
            assert found[1] not in helped, f"{where}: a second HELP"
            helped.add(found[1])
        elif found := TYPE.fullmatch(line):
            assert found[1] not in families, f"{where}: a second TYPE, or one after its samples"
            current = found[1]
            families[current] = (found[2], {})
        elif found := SAMPLE.fullmatch(line):
            assert NUMBER.fullmatch(found[3]), f"{where}: no number"
            name, labels = found[1], tuple(sorted(re.findall(LABEL, found[2] or "")))
            keys = [label.split("=")[0] for label in labels]
            assert len(set(keys)) == len(keys), f"{where}: a label twice"
            kind, samples = families[current]
            ends = ("_bucket", "_sum", "_count") if kind == "histogram" else ("",)
            assert name in [current + end for end in ends], f"{where}: not of {current}"
            assert (name, labels) not in samples, f"{where}: the same series twice"
            samples[name, labels] = float(found[3])
        else:
            raise AssertionError(f"{where}: not of the format")
    assert helped == set(families), "each family has its HELP and its TYPE"
    return families


def check_histogram(name, samples):
    buckets = [
        (float(label[4:-1].replace("+Inf", "inf")), n)
        for (sample, labels), n in samples.items() if sample == name + "_bucket"
        for label in labels if label.startswith("le=")
    ]
    assert buckets == sorted(buckets), f"{name}: buckets in order, each with all before it"
    assert buckets[-1][0] == float("inf"), f"{name}: the last bucket is +Inf"
    assert buckets[-1][1] == samples[name + "_count", ()], f"{name}: +Inf is the count"
    return dict(buckets)


shown = subprocess.run([PROGRAM], capture_output=True, text=True, check=True).stdout
families = read(shown)
histograms = {}
for name, (kind, samples) in families.items():
    assert samples, f"{name}: no series"
    assert name.startswith("banfad_"), f"{name}: of no program"
    assert (kind == "counter") == name.endswith("_total"), f"{name}: counters end with _total"
    if kind == "histogram":
        histograms[name] = check_histogram(name, samples)
    if kind == "counter":
        assert min(samples.values()) >= 0, f"{name}: a counter is not negative"

value = {key: n for _, samples in families.values() for key, n in samples.items()}
expected = {
    ("banfad_http_requests_total", ('code="2xx"',)): 3,
    ("banfad_http_requests_total", ('code="4xx"',)): 0,
    ("banfad_http_requests_total", ('code="5xx"',)): 1,
    ("banfad_batch_rows_sum", ()): 70006,
    ("banfad_batch_rows_count", ()): 5,
    ("banfad_commit_duration_seconds_sum", ()): 20.000201,
    ("banfad_commit_duration_seconds_count", ()): 3,
    ("banfad_clock_offset_seconds", ()): -1.5,
    ("banfad_clock_state", ('state="running"',)): 0,
    ("banfad_clock_state", ('state="held"',)): 1,
}
for key, n in expected.items():
    assert value[key] == n, f"{key} is {value[key]}, not {n}"
rows, times = histograms["banfad_batch_rows"], histograms["banfad_commit_duration_seconds"]
for bound, n in rows.items():  # a bound is part of its bucket
    assert n == sum(x <= bound for x in (0, 1, 2, 3, 70000)), f"rows up to {bound}: {n}"
for bound, n in times.items():
    assert n == sum(x <= bound for x in (0.0001, 0.000101, 20)), f"seconds up to {bound}: {n}"

for broken in (shown[:-1], shown + shown, shown.replace(" counter", " count", 1), shown.replace('"2xx"', "2xx", 1),
               shown.replace('"4xx"', '"2xx"', 1)):  # the reader sees what is wrong
    try:
        read(broken)
    except AssertionError:
        continue
    sys.exit("the reader takes what is no exposition")

if shutil.which("promtool"):
    said = subprocess.run(["promtool", "check", "metrics"], input=shown, capture_output=True, text=True, check=False)
    if said.returncode or said.stderr or said.stdout:
        sys.exit(f"promtool: {said.returncode}\n{said.stdout}{said.stderr}")
