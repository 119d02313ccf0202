"""A whole run with the null executor, and every subcommand on what it leaves."""
import csv
import json
import unittest

from lab import EDGELAB, NULL_EXPERIMENT, SOURCE, LabTest, order


class NullRun(LabTest):
    def test_leaves_every_output(self):
        done = self.edgelab("run", self.write(NULL_EXPERIMENT), "--out", self.out)
        self.assert_all_outputs()
        summary = self.summary()
        self.assertEqual(summary["schema"], "edge-llm-lab/summary/1")
        self.assertEqual(summary["stopped_because"], "2 blocks")
        self.assertEqual([cell["round"] for cell in summary["cells"]], ["baseline", "fast", "noisy"])
        for cell in summary["cells"]:
            self.assertEqual(cell["status"], "ok")
            self.assertEqual(cell["trials"], {"ok": 2, "failed": 0, "warmup": 1})
            names = {metric["name"] for metric in cell["metrics"]}
            self.assertLessEqual({"ttft_ms", "tpot_ms", "decode_tps", "prefill_tps", "e2e_ms", "system_tps", "rss_peak_bytes"}, names)
        fast = {ratio["name"]: ratio["ratio"] for ratio in self.cell("fast")["vs_baseline"]}
        self.assertAlmostEqual(fast["decode_tps"], 2.0, places=6)
        self.assertEqual(self.cell("baseline")["vs_baseline"], [])
        self.assertEqual(self.cell("fast")["flags"]["asked"], {"null.tpot-ms": "2.5"})
        self.assertEqual(self.cell("fast")["flags"]["in_force"]["null.tpot-ms"], "2.5")

        trials = self.trials()
        self.assertEqual(len(trials), 3 * (1 + 1 + 2))
        self.assertEqual([trial["kind"] for trial in trials], ["memory"] * 3 + ["warmup"] * 3 + ["timed"] * 6)
        for trial in trials:
            self.assertLessEqual({"cell", "block", "warmup", "status", "reason", "started", "wall_ms", "metrics"}, trial.keys())
            self.assertEqual(trial["warmup"], trial["kind"] == "warmup")

        rows = list(csv.DictReader((self.out / "summary.csv").read_text().splitlines()))
        self.assertEqual({row["round"] for row in rows}, {"baseline", "fast", "noisy"})
        environment = json.loads((self.out / "environment.json").read_text())
        self.assertGreater(environment["cpu"]["physical_cores"], 0)
        self.assertGreater(environment["memory"]["total_bytes"], 0)
        self.assertEqual(environment["executors"][0]["name"], "null")
        self.assertEqual((self.out / "experiment.yaml").read_text(), NULL_EXPERIMENT)
        self.assertIn("fast", (self.out / "report.md").read_text())
        self.assertIn("fast", done.stdout)
        self.assertIn(str(self.out), done.stdout)

    def test_report_rebuilds_everything_from_the_database_alone(self):
        self.edgelab("run", self.write(NULL_EXPERIMENT), "--out", self.out)
        names = ["summary.json", "summary.csv", "report.md", "trials.jsonl", "environment.json", "experiment.yaml"]
        before = {name: (self.out / name).read_bytes() for name in names}
        moved = self.dir / "moved"
        moved.mkdir()
        (self.out / "results.db").rename(moved / "results.db")
        (self.dir / "experiment.yaml").unlink()
        self.edgelab("report", moved)
        self.assertEqual({name: (moved / name).read_bytes() for name in names}, before)

    def test_the_seed_makes_the_order(self):
        file = self.write(NULL_EXPERIMENT)
        orders = []
        for number, seed in enumerate([7, 7, 8]):
            out = self.dir / f"out{number}"
            self.edgelab("run", file, "--out", out, "--seed", seed, "--blocks", 8, "--quiet")
            orders.append(order(self.trials(out)))
        self.assertEqual(orders[0], orders[1])
        self.assertNotEqual(orders[0], orders[2])
        self.assertEqual(sorted(orders[0]), sorted(orders[2]))

    def test_only_keeps_the_baseline(self):
        self.edgelab("run", self.write(NULL_EXPERIMENT), "--out", self.out, "--only", "fast", "--quiet")
        self.assertEqual([cell["round"] for cell in self.summary()["cells"]], ["baseline", "fast"])

    def test_unsupported_cells_are_rows_and_no_failure(self):
        text = NULL_EXPERIMENT.replace("rounds:\n", "rounds:\n  - {name: fa, category: parallelization, flags: {flash-attn: on}}\n")
        self.edgelab("run", self.write(text), "--out", self.out, "--quiet", expect=0)
        cell = self.cell("fa")
        self.assertEqual(cell["status"], "unsupported")
        self.assertIn("flash-attn", cell["reason"])
        self.assertEqual(cell["metrics"], [])
        self.assertEqual(len([trial for trial in self.trials() if trial["cell"].endswith("/fa")]), 1)

    def test_the_time_budget_ends_it(self):
        text = NULL_EXPERIMENT.replace("blocks: 2", "blocks: 1000000")
        self.edgelab("run", self.write(text), "--out", self.out, "--quiet", "--time-budget", "0.5s")
        self.assertEqual(self.summary()["stopped_because"], "time budget")

    def test_it_stops_when_the_interval_is_reached(self):
        text = NULL_EXPERIMENT.replace("blocks: 2", "blocks: {min: 10, max: 400}, until: {metric: decode_tps, ci95_within: 5%}")
        self.edgelab("run", self.write(text), "--out", self.out, "--quiet")
        summary = self.summary()
        self.assertEqual(summary["stopped_because"], "interval reached")
        self.assertGreaterEqual(summary["blocks"], 10)
        self.assertLess(summary["blocks"], 400)

    def test_what_is_found_out_beyond_the_means(self):
        (self.dir / "p.jsonl").write_text('{"id": "q1", "prompt": "a", "max_tokens": 8, "expected": "never so"}\n')
        text = NULL_EXPERIMENT.replace("{id: w, kind: synthetic, prompt_tokens: [16], output_tokens: 32, count: 2}",
                                       "{id: w, file: p.jsonl}")
        text = text.replace("rounds:\n", "combine: [{of: [fast, noisy]}]\nrounds:\n  - {name: twin, flags: {}}\n")
        self.edgelab("run", self.write(text), "--out", self.out, "--quiet", "--blocks", 6)
        summary = self.summary()
        self.assertEqual(summary["t_level"], 0.95)
        self.assertGreater(summary["false_discoveries"]["comparisons"], 3)
        effects, = summary["effects"]
        self.assertEqual(effects["factors"], ["fast", "noisy"])
        self.assertEqual([term["name"] for term in effects["terms"]], ["fast", "noisy", "fast:noisy"])
        front, = summary["pareto"]
        self.assertCountEqual([member["round"] for member in front["members"]],
                              ["baseline", "twin", "fast", "noisy", "fast+noisy"])
        self.assertEqual([row["score"] for row in summary["quality"]], [0.0] * 5)
        # The twin is the baseline again; of the others the executor says that their flags change no output.
        self.assertEqual({(row["round"], row["effect"], row["identical"]) for row in summary["equivalence"]},
                         {(name, "exact", 1) for name in ["twin", "fast", "noisy", "fast+noisy"]})
        report = (self.out / "report.md").read_text()
        for section in ["Alone and together", "Right answers", "Same output", "What is left to choose between", "How steady it was"]:
            self.assertIn("## " + section, report)
        for before, after in [("fast", "together give"), ("Benjamini", "over these")]:
            self.assertIn(before, report)
            self.assertIn(after, report)

    def test_results_have_a_folder_of_their_own_by_default(self):
        self.edgelab("run", self.write(NULL_EXPERIMENT), "--quiet")
        folders = list((self.dir / "results").iterdir())
        self.assertEqual(len(folders), 1)
        self.assertTrue(folders[0].name.startswith("nulls-"))
        self.assert_all_outputs(folders[0])

    def test_memory_comes_from_fresh_processes(self):
        self.edgelab("run", self.write(NULL_EXPERIMENT), "--out", self.out, "--quiet")
        for cell in self.summary()["cells"]:
            rss = next(metric for metric in cell["metrics"] if metric["name"] == "rss_peak_bytes")
            self.assertEqual(rss["n"], 1)
            self.assertGreater(rss["mean"], 1e5)

    def test_the_stop_is_no_matter_of_the_terminal(self):
        done = self.edgelab("run", self.write(NULL_EXPERIMENT), "--out", self.out, "--quiet")
        self.assertEqual(done.stderr, "")
        self.assertEqual(done.stdout.count("\n"), 1)


class Subcommands(LabTest):
    def test_check(self):
        done = self.edgelab("check", self.write(NULL_EXPERIMENT))
        self.assertIn("3 rounds, 3 cells", done.stdout)

    def test_plan(self):
        done = self.edgelab("plan", self.write(NULL_EXPERIMENT))
        for word in ["none/null/w/fast", "seed 7", "Order", "Time"]:
            self.assertIn(word, done.stdout)
        self.assertFalse(self.out.exists())

    def test_schema(self):
        schema = json.loads(self.edgelab("schema").stdout)
        self.assertIn("rounds", json.dumps(schema))

    def test_flags(self):
        self.assertIn("cache-type-k", self.edgelab("flags").stdout)
        # The page in docs is what the program prints.
        self.assertEqual(self.edgelab("flags", "--markdown").stdout, (SOURCE / "docs" / "FLAGS.md").read_text())

    def test_version_and_help(self):
        self.assertIn("commit", self.edgelab("--version").stdout)
        text = self.edgelab("--help").stdout
        for command in ["run", "check", "plan", "report", "audit", "schema", "flags", "model"]:
            self.assertIn(command, text)
            if command != "model":
                self.assertIn("edgelab " + command, self.edgelab(command, "--help").stdout)
        self.assertIn("Example", self.edgelab("run", "--help").stdout)

    def test_models(self):
        file = self.dir / "tiny.gguf"
        shape = "n_embd=64,n_layer=1,n_head=2,n_head_kv=1,n_ff=64,n_vocab=320,n_ctx=128"
        self.edgelab("model", "synth", "--shape", shape, "--type", "q8_0", "-o", file, "--seed", 3)
        text = self.edgelab("model", "info", file).stdout
        for word in ["llama", "320 tokens", "q8_0"]:
            self.assertIn(word, text)
        again = self.dir / "again.gguf"
        self.edgelab("model", "synth", "--shape", shape, "--type", "q8_0", "-o", again, "--seed", 3)
        self.assertEqual(file.read_bytes(), again.read_bytes())
        self.edgelab("model", "synth", "--shape", "n_embdd=64", "-o", self.dir / "no.gguf", expect=2)
        self.edgelab("model", "synth", "--shape", shape, "--type", "q99", "-o", self.dir / "no.gguf", expect=2)
        self.assertFalse((self.dir / "no.gguf").exists())
        self.edgelab("model", "info", self.dir / "no.gguf", expect=2)


if __name__ == "__main__":
    unittest.main()
