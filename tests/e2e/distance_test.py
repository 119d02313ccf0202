"""The distance of distributions across model files, and of techniques together, through the real programs."""
import json
import unittest

from lab import BIN, SOURCE, LabTest

MODELS = """\
schema: edge-llm-lab/1
name: distance
models:
  - {id: f16, path: %s}
  - {id: q8, path: q8.gguf}
workloads:
  - {id: w, file: short.jsonl, per_trial: 1}
executors: [llama, {id: again, kind: llama, command: [%s]}]
rounds:
  - {name: baseline, category: baseline, flags: {threads: 1}}
  - {name: kq8, flags: {threads: 1, cache-type-k: q8_0}}
  - {name: lookup, flags: {threads: 1, prompt-lookup: on}}
combine:
  - {of: [kq8, lookup]}
protocol: {warmup: 0, blocks: 1, seed: 7, probes: off, trial: {min_seconds: 0.01, min_tokens: 1}}
quality: {checks: [kld], tokens: 400%s}
"""
SHAPE = "n_embd=64,n_layer=2,n_head=2,n_head_kv=1,n_ff=128,n_vocab=%d,n_ctx=512"


class Distance(LabTest):
    def setUp(self):
        super().setUp()
        # Short enough for a model that was "trained" for 512 tokens, of which a byte may be one.
        towns = ["Tanstad", "Harrohaven", "Gelborrick", "Adamsford", "Norwick", "Ellerby"]
        lines = [{"id": town, "prompt": f"The ferry from {town} leaves at {i + 7} in the morning. When does it leave?",
                  "max_tokens": 4, "expected": f"The ferry from {town} leaves at {i + 7}."} for i, town in enumerate(towns)]
        (self.dir / "short.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))

    def synth(self, name, vocabulary=512, kind="f16", seed=1):
        self.edgelab("model", "synth", "--shape", SHAPE % vocabulary, "--type", kind, "-o", self.dir / name, "--seed", seed)

    def experiment(self, reference):
        return self.write(MODELS % ("f16.gguf", BIN / "edgelab-llama", reference))

    def rows(self):
        rows = self.summary()["divergence"]
        self.assertEqual([row["reason"] for row in rows if row["status"] != "ok"], [])
        return {(row["model"], row["executor"], row["round"]): row for row in rows if row["shape"] == "prefill"}

    def test_another_file_and_another_executor(self):
        self.synth("f16.gguf")
        self.synth("q8.gguf", kind="q8_0")
        done = self.edgelab("run", self.experiment(", reference_model: f16, reference_executor: llama"), "--out", self.out)
        rows = self.rows()
        # All but the reference itself and what only drafts: on each model and executor the baseline, kq8 and kq8 with lookup.
        self.assertEqual(len(rows), 11)
        self.assertNotIn(("f16", "llama", "baseline"), rows)
        q8 = rows["q8", "llama", "baseline"]
        self.assertEqual((q8["reference"], q8["reference_model"], q8["reference_executor"]), ("baseline", "f16", None))
        self.assertGreater(q8["kld_mean"], 1e-7)
        # The same build under another name says the same of the same file, to the last bit; of another file, what the first says.
        same = rows["f16", "again", "baseline"]
        self.assertEqual((same["kld_mean"], same["top1_agreement"], same["reference_executor"]), (0, 1, "llama"))
        self.assertEqual(rows["q8", "again", "baseline"]["kld_mean"], q8["kld_mean"])
        self.assertIn("away from `baseline` of `f16`", (self.out / "report.md").read_text())
        # What is asked after the trials says how far it is.
        self.assertRegex(done.stderr, r"after the trials: texts, f16/llama/w/kq8, 0 of at most \d+ tokens")
        self.assertRegex(done.stderr, r"after the trials: texts, \S+, \d+ of at most \d+ tokens, at most .* left")
        # Techniques together, of what only drafts: exactly the sum.
        effects = next(row for row in self.summary()["effects"] if (row["model"], row["executor"]) == ("f16", "llama"))
        nats = next(score for score in effects["scores"] if score["name"] == "kld_mean")
        both = nats["combinations"][0]
        self.assertEqual(both["round"], "kq8+lookup")
        self.assertAlmostEqual(both["measured"], rows["f16", "llama", "kq8"]["kld_mean"], places=9)
        self.assertEqual(both["difference"], 0)
        # The same rounds on two executors, which are the same: nothing is told apart with one block.
        across = self.summary()["across_executors"]
        self.assertEqual(across["executors"], ["llama", "again"])
        self.assertEqual({row["verdict"] for row in across["transfer"]}, {"unknown"})
        self.assertIn("## Across executors", (self.out / "report.md").read_text())

    def test_another_vocabulary_is_refused_before_anything_runs(self):
        self.synth("f16.gguf")
        self.synth("q8.gguf", vocabulary=640)
        file = self.experiment(", reference_model: f16")
        done = self.edgelab("run", file, "--out", self.out, expect=2)
        self.assertRegex(done.stderr, r"experiment.yaml:5:\d+: model 'q8': .*q8.gguf has another vocabulary \(640 tokens\) than "
                                      r".*f16.gguf \(512 tokens\)")
        self.assertFalse(self.out.exists())
        self.edgelab("plan", self.experiment(""))    # each beside its own baseline

    def test_the_demo_models_distance_is_what_quantising_costs(self):
        demo = SOURCE / "models" / "demo" / "demo-f16.gguf"
        text = MODELS % (demo, BIN / "edgelab-llama", ", reference_model: f16")
        text = text.replace("path: q8.gguf", "path: %s" % (SOURCE / "build" / "models" / "demo-q4_0.gguf"))
        text = text.replace(", {id: again, kind: llama, command: [%s]}" % (BIN / "edgelab-llama"), "")
        self.edgelab("run", self.write(text), "--out", self.out, "--only", "kq8")
        rows = self.rows()
        self.assertGreater(rows["q8", "llama", "baseline"]["kld_mean"], 2 * rows["f16", "llama", "kq8"]["kld_mean"])
        self.assertLess(rows["q8", "llama", "baseline"]["top1_agreement"], 1)


if __name__ == "__main__":
    unittest.main()
