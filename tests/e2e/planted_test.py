"""Defects planted on purpose: each is found and named, and where none is planted nothing is."""
import json
import unittest

from lab import LabTest, faulty_experiment

# Ten prompts, 100 tokens each; a trial asks five of them, drawn anew for each block: 500 tokens.
PROMPTS = "".join(json.dumps({"id": f"q{i}", "prompt": f"question {i}", "max_tokens": 100}) + "\n" for i in range(10))


def null_experiment(rounds, workload="per_trial: 5", blocks=6):
    return f"""\
schema: edge-llm-lab/1
name: planted
workloads:
  - {{id: w, file: prompts.jsonl, {workload}}}
executors: ['null']
rounds:
{rounds}
protocol: {{warmup: 1, blocks: {blocks}, seed: 7, probes: off}}
pareto: [decode_tps, e2e_norm_ms]
"""


def planted(flags, blocks=8):
    return faulty_experiment(flags, blocks, more="pareto: [decode_tps, e2e_norm_ms]\n")


class Outputs(LabTest):
    def measure(self, rounds, **options):
        (self.dir / "prompts.jsonl").write_text(PROMPTS)
        self.edgelab("run", self.write(null_experiment(rounds, **options)), "--out", self.out, "--quiet")
        return self.summary(), (self.out / "report.md").read_text()

    def test_a_wrong_token_in_500(self):
        summary, report = self.measure("""\
  - {name: baseline, category: baseline}
  - {name: draft, flags: {null.tpot-ms: 2.5, null.wrong-token: 500}}
  - {name: sound, flags: {null.tpot-ms: 2.5, null.wrong-token: 0}}""")
        draft, sound = summary["equivalence"]
        self.assertEqual(draft["cell"], "none/null/w/draft")
        # One token of each trial is wrong, the last of the request that happens to be the fifth: so each request is nearly
        # always answered rightly, and a look at what is usual would find nothing.
        self.assertEqual((draft["answers"], draft["differing"]), (30, 6))
        self.assertGreater(draft["identical"], 0)
        self.assertLess(draft["identical"], draft["requests"])
        for divergence in draft["divergences"]:
            self.assertEqual(divergence["token"], 99, divergence)
            self.assertLess(divergence["differing"], divergence["answers"])
        first = draft["divergences"][0]["request"]
        self.assertIn(f"`none/null/w/draft` is **not exact**: 6 of 30 answers are not `baseline`'s, in "
                      f"{len(draft['divergences'])} of {draft['requests']} requests; they part first at token 100 of "
                      f"`{first}`", report)
        self.assertEqual((sound["round"], sound["differing"], sound["divergences"]), ("sound", 0, []))
        self.assertEqual(sound["identical"], sound["requests"])
        self.assertNotIn("`none/null/w/sound` is", report)
        self.assertNotIn("repeat itself", report)

    def test_a_slot_that_leaks(self):
        summary, report = self.measure("""\
  - {name: baseline, category: baseline}
  - {name: slots, flags: {null.leak: on}}
  - {name: sound, flags: {null.leak: off}}""")
        slots, sound = summary["equivalence"]
        # The first request of a trial finds its slot as new.
        self.assertEqual((slots["cell"], slots["answers"], slots["differing"]), ("none/null/w/slots", 30, 24))
        self.assertEqual({divergence["token"] for divergence in slots["divergences"]}, {0})
        self.assertEqual(slots["control_varied"], 0)
        self.assertIn("`none/null/w/slots` is **not exact**", report)
        self.assertIn("they part first at token 1 of", report)
        self.assertEqual((sound["differing"], sound["divergences"]), (0, []))
        self.assertNotIn("repeat itself", report)

    def test_a_slot_that_leaks_in_the_reference_too(self):
        summary, report = self.measure("""\
  - {name: baseline, category: baseline, flags: {null.leak: on}}
  - {name: twin, flags: {null.leak: on}}""")
        twin, = summary["equivalence"]
        self.assertGreater(twin["control_varied"], 0)
        self.assertIn("`baseline` does **not repeat itself**", report)
        self.assertNotIn("not exact", report)

    def test_stopping_early(self):
        summary, report = self.measure("""\
  - {name: baseline, category: baseline}
  - {name: early, flags: {null.tokens: 25}}
  - {name: sound, flags: {null.tokens: 0}}""")
        ratios = {ratio["name"]: ratio["ratio"] for ratio in self.cell("early")["vs_baseline"]}
        self.assertLess(ratios["e2e_ms"], 0.3)        # so it looks,
        self.assertAlmostEqual(ratios["e2e_norm_ms"], 1.0, places=9)     # and so it is
        self.assertAlmostEqual(ratios["output_tokens"], 0.25, places=9)
        self.assertIn("- **shorter answers** from `early`: 25.00 tokens a request in the mean, `baseline` gives 100.0", report)
        self.assertNotIn("answers** from `sound`", report)
        self.assertNotIn("faster", report.split("## Flags")[0].split("## How to read this")[0])
        front, = summary["pareto"]
        for member in front["members"]:
            self.assertNotIn("early", member["dominated_by"])


class Failures(LabTest):
    def measure(self, flags, expect=1, **options):
        self.edgelab("run", self.write(planted(flags, **options)), "--out", self.out, "--quiet", expect=expect)
        return self.summary(), (self.out / "report.md").read_text()

    def assert_never_the_best(self, summary, report):
        """Of a cell whose good trials take the baseline's time: no figure of it is better, nowhere."""
        for ratio in self.cell("bad")["vs_baseline"]:
            if not ratio["name"].endswith("_bytes"):
                self.assertAlmostEqual(ratio["ratio"], 1.0, places=9, msg=ratio["name"])
        for text in [report.split("## How to read this")[0], (self.out / "summary.csv").read_text()]:
            self.assertNotIn("faster", text)
        for front in summary["pareto"]:
            for member in front["members"]:
                self.assertNotIn("bad", member["dominated_by"])

    def test_an_executor_that_ignores_a_flag(self):
        summary, report = self.measure("{faulty.fault: other-flag}")
        self.assertEqual(self.cell("bad")["status"], "failed")
        self.assertEqual(self.cell("bad")["reason"], "flag faulty.fault: asked other-flag, in force none")
        self.assertEqual(self.cell("bad")["metrics"], [])
        self.assertIn("flag faulty.fault: asked other-flag, in force none", report)
        self.assert_never_the_best(summary, report)

    def test_trials_that_fail_fast(self):
        for fault, reason in [("quick-error", "ended with error: out of slots"),
                              ("quick-nothing", "the executor ended the trial after 0 tokens; it was asked to go on until "
                                                "there are 64"),
                              ("failed", "as asked")]:
            with self.subTest(fault):
                # The process is shared, so that in its eighth trial at the latest it is this round's turn.
                self.out = self.dir / fault
                summary, report = self.measure("{faulty.fault: %s, faulty.after: 8}" % fault)
                bad = self.cell("bad")
                failed = [trial for trial in self.trials() if trial["status"] != "ok"]
                self.assertEqual(len(failed), 3)        # then it is given up
                for trial in failed:
                    self.assertEqual((trial["status"], trial["metrics"]), ("failed", {}))
                    self.assertIn(reason, trial["reason"])
                self.assertEqual(bad["trials"]["failed"], 3)
                self.assertIn(reason, bad["reason"])
                self.assertIn(reason, report)
                for metric in bad["metrics"]:
                    if not metric["name"].endswith("_bytes"):
                        self.assertEqual(metric["n"], bad["trials"]["ok"], metric)
                self.assert_never_the_best(summary, report)

    def test_a_cell_that_always_fails_fast(self):
        summary, report = self.measure("{faulty.fault: quick-error}")
        self.assertEqual((self.cell("bad")["status"], self.cell("bad")["metrics"]), ("failed", []))
        self.assertEqual(summary["pareto"], [])        # nobody to choose between
        self.assert_never_the_best(summary, report)

    def test_without_a_fault(self):
        summary, report = self.measure("{faulty.fault: none}", expect=0)
        self.assertEqual((self.cell("bad")["status"], self.cell("bad")["trials"]["failed"]), ("ok", 0))
        self.assertEqual(len(summary["pareto"][0]["members"]), 2)
        self.assert_never_the_best(summary, report)


if __name__ == "__main__":
    unittest.main()
