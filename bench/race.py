"""How long it takes to find a slowdown of 2 % in llama.cpp's decode: with the lab, by timing a whole program's runs, and by hand
with llama-bench. `./lab bench race [--percent P] [--seconds S] [--repetitions N]`.

The slowdown is planted by a library that is preloaded (race/slow_decode.cpp), the same in all programs. In each repetition each
method has the same time:

lab           edgelab with both builds as executors, `versus`: blocks until the time is up; its own 95 % interval
whole runs    llama-completion, all runs of one build, then all of the other; wall time; Welch's test
llama-bench   its repetitions of one build, then of the other; tokens per second; Welch's test

Found is a difference that is significant at 5 % and in the right direction; told wrongly is one in the other direction. From the mean
t statistic over the repetitions follows the time for a power of 80 %, since t grows with the root of the time. But a test that is
right one time in twenty has a t that scatters by 1. Where a machine's speed drifts while one build is measured and then the other,
it scatters by more, and what is called significant is not. So the mean is taken in units of the scatter that was seen, where that is
more than 1: the time that is needed once the method keeps its 5 %."""

import argparse
import json
import math
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[1]
BIN = Path(shutil.which("edgelab") or SOURCE / "build/release/bin/edgelab").resolve().parent
SHIM = BIN.parent / "lib/libslow_decode.so"
MODEL = SOURCE / "build/models/demo-wide-q4_0.gguf"
TOKENS = 64
GOAL = 1 / 3

EXPERIMENT = """\
schema: edge-llm-lab/1
name: race
models: [{{id: wide, path: {model}}}]
workloads: [{{id: w, kind: synthetic, prompt_tokens: [16], output_tokens: {tokens}, count: 1}}]
executors:
  - {{id: before, kind: llama}}
  - {{id: after, kind: llama, command: [/usr/bin/env, "LD_PRELOAD={shim}", "SLOW_DECODE_PERCENT={percent}", {llama}], versus: [before]}}
rounds: [{{name: baseline, category: baseline, flags: {{threads: 2}}}}]
protocol: {{warmup: 1, blocks: {{min: 10, max: 10000}}, time_budget: {seconds}s, seed: {seed}, trial: {{min_seconds: 0.3, min_tokens: 1}}}}
"""


def slowed(percent):
    return dict(os.environ, LD_PRELOAD=str(SHIM), SLOW_DECODE_PERCENT=str(percent))


def welch(slow, fast):
    """t of Welch's test that `slow` is larger, and its degrees of freedom."""
    parts = [statistics.variance(values) / len(values) for values in (slow, fast)]
    t = (statistics.fmean(slow) - statistics.fmean(fast)) / math.sqrt(sum(parts))
    return t, sum(parts) ** 2 / sum(part ** 2 / (len(values) - 1) for part, values in zip(parts, (slow, fast)))


def critical(freedom):
    """The 97.5 % quantile of Student's t, by Hill's expansion (1970): within 0.1 % from five degrees of freedom on."""
    z = 1.959964
    return z + (z ** 3 + z) / (4 * freedom) + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * freedom ** 2) \
        + (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / (384 * freedom ** 3)


def until(seconds, measure):
    """As many measurements as fit into the time, at least three."""
    values, end = [], time.monotonic() + seconds
    while len(values) < 3 or time.monotonic() < end:
        values += measure()
    return values


def by_the_lab(percent, seconds, seed):
    with tempfile.TemporaryDirectory(prefix="edgelab-race-") as folder:
        file = Path(folder) / "race.yaml"
        file.write_text(EXPERIMENT.format(model=MODEL, tokens=TOKENS, shim=SHIM, percent=percent, llama=BIN / "edgelab-llama",
                                          seconds=seconds, seed=seed))
        subprocess.run([BIN / "edgelab", "run", file, "--out", Path(folder) / "out", "--quiet"], check=True, stdout=subprocess.DEVNULL)
        summary = json.loads((Path(folder) / "out/summary.json").read_text())
    cell = next(cell for cell in summary["cells"] if cell["executor"] == "after")
    ratio = next(ratio for ratio in cell["versus"][0]["ratios"] if ratio["name"] == "decode_tps")
    low, high = ratio["ci95"]
    freedom = ratio["n"] - 1
    t = -math.log(ratio["ratio"]) / ((math.log(high) - math.log(low)) / 2 / critical(freedom))
    return t, freedom, high < 1


def by_whole_runs(percent, seconds, _):
    command = ["llama-completion", "-m", str(MODEL), "-p", "Once upon a time", "-n", str(TOKENS), "-t", "2", "--temp", "0",
               "-no-cnv", "--ignore-eos"]

    def run(environment):
        begin = time.monotonic()
        subprocess.run(command, check=True, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        return [time.monotonic() - begin]
    fast = until(seconds / 2, lambda: run(slowed(0)))
    slow = until(seconds / 2, lambda: run(slowed(percent)))
    t, freedom = welch(slow, fast)
    return t, freedom, t > critical(freedom)


def by_llama_bench(percent, seconds, _):
    command = ["llama-bench", "-m", str(MODEL), "-p", "0", "-n", str(TOKENS), "-t", "2", "-r", "5", "-o", "json"]

    def run(environment):
        said = subprocess.run(command, check=True, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL).stdout
        return [1 / rate for rate in json.loads(said)[0]["samples_ts"]]
    fast = until(seconds / 2, lambda: run(slowed(0)))
    slow = until(seconds / 2, lambda: run(slowed(percent)))
    t, freedom = welch(slow, fast)
    return t, freedom, t > critical(freedom)


METHODS = {"lab": by_the_lab, "whole runs": by_whole_runs, "llama-bench": by_llama_bench}


def main():
    parser = argparse.ArgumentParser(prog="./lab bench race", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--percent", type=float, default=2.0)
    parser.add_argument("--seconds", type=int, default=30, help="of each method in each repetition")
    parser.add_argument("--repetitions", type=int, default=20)
    options = parser.parse_args()
    if not SHIM.exists():
        sys.exit(f"{SHIM} is not there: ./lab build makes it")
    found = {name: [] for name in METHODS}
    for repetition in range(options.repetitions):
        order = list(METHODS)
        random.Random(repetition).shuffle(order)
        for name in order:
            found[name].append(METHODS[name](options.percent, options.seconds, repetition))
            t, freedom, told = found[name][-1]
            print(f"  {repetition + 1}/{options.repetitions} {name}: t {t:.2f} ({freedom:.0f} degrees of freedom){', found' if told else ''}",
                  file=sys.stderr, flush=True)
    needed = {}
    for name, results in found.items():
        ts = [t for t, _, _ in results]
        mean, scatter = statistics.fmean(ts), max(1.0, statistics.stdev(ts)) if len(ts) > 1 else 1.0
        told = sum(result[2] for result in results)
        wrongly = sum(t < -critical(freedom) for t, freedom, _ in results)
        needed[name] = options.seconds * ((1.959964 + 0.841621) * scatter / mean) ** 2 if mean > 0 else math.inf
        print(f"{name:12} found {options.percent:g} % in {told} of {len(results)} times of {options.seconds} s, told wrongly in {wrongly}; "
              f"t {mean:.2f}, scatter {scatter:.2f}; 80 % power after {needed[name]:.0f} s")
    best = min(needed[name] for name in METHODS if name != "lab")
    ratio = needed["lab"] / best if best < math.inf else 0.0
    print(f"lab / better of the others: {ratio:.2f} of the time  goal {GOAL:.2f}")
    return 0 if ratio <= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
