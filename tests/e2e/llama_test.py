"""Real models through llama.cpp: a tiny one of random weights, and the default pipeline on the demo model."""
import json
import re
import time
import unittest

from lab import SOURCE, LabTest, order

TINY = """\
schema: edge-llm-lab/1
name: tiny
models:
  - {id: tiny, path: tiny.gguf}
workloads:
  - {id: w, kind: synthetic, prompt_tokens: [24, 40], output_tokens: 16, count: 2}
rounds:
  - {name: baseline, category: baseline}
  - {name: fa, category: parallelization, flags: {flash-attn: on}}
  - {name: q8, category: caching, flags: {cache-type-k: q8_0}}
protocol: {warmup: 1, blocks: 2, seed: 7, trial: {min_seconds: 0.1, min_tokens: 16}}
"""
SHAPE = "n_embd=64,n_layer=2,n_head=2,n_head_kv=1,n_ff=128,n_vocab=512,n_ctx=512"


class Tiny(LabTest):
    def setUp(self):
        super().setUp()
        self.edgelab("model", "synth", "--shape", SHAPE, "--type", "q8_0", "-o", self.dir / "tiny.gguf")

    def test_runs(self):
        self.edgelab("run", self.write(TINY), "--out", self.out)
        self.assert_all_outputs()
        for cell in self.summary()["cells"]:
            self.assertEqual(cell["status"], "ok", cell["reason"])
            metrics = {metric["name"]: metric["mean"] for metric in cell["metrics"]}
            for name in ["decode_tps", "prefill_tps", "ttft_ms", "model_bytes", "kv_cache_bytes", "rss_peak_bytes"]:
                self.assertGreater(metrics[name], 0, name)
        self.assertEqual(self.cell("fa")["flags"]["in_force"]["flash-attn"], "on")
        self.assertEqual(self.cell("baseline")["flags"]["in_force"]["flash-attn"], "off")
        self.assertEqual(self.cell("q8")["flags"]["in_force"]["cache-type-k"], "q8_0")
        environment = json.loads((self.out / "environment.json").read_text())
        self.assertIn("llama.cpp", environment["executors"][0]["library"])
        self.assertRegex(environment["models"][0]["sha256"], "^[0-9a-f]{64}$")

    def test_another_model_is_no_resume(self):
        self.edgelab("run", self.write(TINY), "--out", self.out, "--quiet")
        self.edgelab("model", "synth", "--shape", SHAPE, "--type", "q8_0", "-o", self.dir / "tiny.gguf", "--seed", 2)
        done = self.edgelab("run", "--resume", self.out, expect=2)
        self.assertIn("SHA-256", done.stderr)

    def test_the_model_of_the_command_line(self):
        (self.dir / "tiny.gguf").rename(self.dir / "elsewhere.gguf")
        self.edgelab("run", self.write(TINY), "--out", self.out, "--quiet", "--model", "tiny=elsewhere.gguf", "--only", "fa")
        self.assertEqual(len(self.summary()["cells"]), 2)


def seconds(text):
    """Of "1 h 02 min", "3 min 20 s", "4.1 s"."""
    units = {"h": 3600, "min": 60, "s": 1}
    return sum(float(number) * units[unit] for number, unit in re.findall(r"([\d.]+) (h|min|s)\b", text))


class DefaultPipeline(LabTest):
    def test_two_blocks_on_the_demo_model(self):
        file = SOURCE / "experiments" / "default.yaml"
        plan = self.edgelab("plan", file, "--blocks", 2).stdout
        estimate = re.search(r"from (.+?) to (.+?)(?:,|$)", plan, re.MULTILINE)
        begin = time.monotonic()
        self.edgelab("run", file, "--blocks", 2, "--time-budget", "3h", "--out", self.out)
        took = time.monotonic() - begin
        self.assert_all_outputs()
        self.assertIsNotNone(estimate, plan)
        low, high = seconds(estimate[1]), seconds(estimate[2])
        print(f"\nplan: {low:.0f} to {high:.0f} s; took {took:.0f} s")
        # An estimate that is wrong by this much is a mistake in the arithmetic, on any machine.
        self.assertGreater(took, low / 100)
        self.assertLess(took, high * 1000)

        statuses = {cell["id"]: (cell["status"], cell["reason"]) for cell in self.summary()["cells"]}
        for cell, (status, reason) in statuses.items():
            self.assertIn(status, ["ok", "unsupported"], f"{cell}: {reason}")
        for name in ["baseline", "no-kv-cache", "cache-prompt", "kv-q8", "kv-q4", "kv-k8-v4", "fa"]:
            self.assertEqual(statuses[f"demo/llama/extract/{name}"], ("ok", ""), name)
            self.assertEqual(self.summary_cell(f"demo/llama/extract/{name}")["trials"]["ok"], 2)
        trials = self.trials()
        self.assertEqual(len(set(order(trials))), len(trials))
        self.assertIn("kv-q8", (self.out / "report.md").read_text())

    def summary_cell(self, identity):
        return next(cell for cell in self.summary()["cells"] if cell["id"] == identity)


if __name__ == "__main__":
    unittest.main()
