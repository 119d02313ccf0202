#!/usr/bin/env python3
"""A whole experiment inside one program (examples/offline.c), held against `edgelab` with the same timelines: `edgelab run` with
an executor that answers as the program's did. Order, rows and summary have to be the same."""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

BIN = pathlib.Path(os.environ["EDGELAB_BIN_DIR"])
SOURCE = pathlib.Path(os.environ["EDGELAB_SOURCE_DIR"])
REPLAY = pathlib.Path(__file__).with_name("replay_executor.py")
os.environ["EDGELAB_AUDIT"] = "/nonexistent/audit.json"

EXPERIMENT = """\
schema: edge-llm-lab/1
name: offline
models: [{{id: demo, path: {model}}}]
workloads:
  - {{id: ask, file: ask.jsonl, per_trial: 2}}
  - {{id: shape, kind: synthetic, prompt_tokens: [24], output_tokens: 8, count: 2, parallel: 2, concurrency: 2,
     rounds: [lookup]}}
executors: [{executor}]
rounds:
  - {{name: baseline, category: baseline, flags: {{threads: 1}}}}
  - {{name: fa, flags: {{threads: 1, flash-attn: on}}}}
  - {{name: lookup, flags: {{threads: 1, prompt-lookup: on}}, versus: [fa]}}
combine: [{{of: [fa, lookup]}}]
pareto: [decode_tps, ttft_ms]
protocol: {{warmup: 1, blocks: {{min: 2, max: 3}}, until: {{metric: decode_tps, ci95_within: 90%}}, seed: 11, probes: off,
           trial: {{min_seconds: 0.01, min_tokens: 4}}}}
"""
PROMPTS = [{"id": f"q{i}", "prompt": f"The number {i} and then", "max_tokens": 8, "expected": "x"} for i in range(4)]


def run(*command):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=1200)
    if done.returncode:
        raise AssertionError(f"{command}: {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
    return done.stdout


def without(cells, *names):
    """Cells without some metrics, wherever they stand."""
    def clean(value):
        if isinstance(value, list):
            return [clean(one) for one in value if not (isinstance(one, dict) and one.get("name") in names)]
        return {key: clean(one) for key, one in value.items()} if isinstance(value, dict) else value
    return clean(cells)


class Offline(unittest.TestCase):
    maxDiff = 4000

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="edgelab-offline-")
        folder = pathlib.Path(cls.folder.name)
        model = SOURCE / "models" / "demo" / "demo-f16.gguf"
        (folder / "ask.jsonl").write_text("".join(json.dumps(prompt) + "\n" for prompt in PROMPTS))
        cls.file = folder / "offline.yaml"
        cls.file.write_text(EXPERIMENT.format(model=model, executor="llama"))
        cls.log = folder / "log"
        cls.summary = json.loads(run(BIN / "offline", cls.file, "{}", cls.log))
        cls.trials = [json.loads(line[2:]) for line in cls.log.read_text().splitlines() if line.startswith("# ")]

        replay = f'{{id: llama, kind: exec, command: ["{sys.executable}", "{REPLAY}", "{cls.log}"]}}'
        again = folder / "again.yaml"
        again.write_text(EXPERIMENT.format(model=model, executor=replay))
        run(BIN / "edgelab", "run", again, "--out", folder / "out", "--quiet")
        cls.coordinator = json.loads((folder / "out" / "summary.json").read_text())
        cls.rows = [json.loads(line) for line in (folder / "out" / "trials.jsonl").read_text().splitlines()]

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_the_trials_and_their_order_are_the_coordinators(self):
        ran = [(trial["kind"], trial["block"], trial["cell"]) for trial in self.trials]
        self.assertEqual(ran, [(row["kind"], row["block"], row["cell"]) for row in self.rows])
        self.assertGreaterEqual(len(set(ran)), 4 * 6)

    def test_the_first_block_is_as_planned(self):
        plan = run(BIN / "edgelab", "plan", self.file)
        order = re.findall(r"^ +\d+  (\S+)$", plan.split("Order of the first block")[1], re.MULTILINE)
        first = [trial["cell"] for trial in self.trials if trial["kind"] == "timed" and trial["block"] == 0]
        self.assertEqual(first, order)

    def test_the_summary_is_the_coordinators(self):
        own, other = dict(self.summary), dict(self.coordinator)
        self.assertEqual(own.keys(), other.keys())
        for name in ["started", "ended", "audit"]:
            own.pop(name), other.pop(name)
        # Where answers part the coordinator asks what it could not ask here; the replay cannot say, and that is told.
        for row in own["equivalence"] + other["equivalence"]:
            row.pop("reason")
        for name in own:
            with self.subTest(name):
                # The process that replays has another peak than one with a model in it.
                self.assertEqual(without(own[name], "rss_peak_bytes"), without(other[name], "rss_peak_bytes"))

    def test_it_says_what_there_is_to_say(self):
        statuses = {cell["id"]: cell["status"] for cell in self.summary["cells"]}
        self.assertEqual(set(statuses.values()), {"ok"})
        self.assertIn(self.summary["stopped_because"], ["interval reached", "3 blocks"])
        for key in ["effects", "equivalence", "quality", "pareto"]:
            self.assertTrue(self.summary[key], key)
        ratios = next(cell["vs_baseline"] for cell in self.summary["cells"] if cell["id"] == "demo/llama/ask/fa")
        self.assertTrue(next(ratio for ratio in ratios if ratio["name"] == "decode_tps")["ci95"])


if __name__ == "__main__":
    unittest.main()
