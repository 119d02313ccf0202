"""The self-audit: what it measures, where it is kept, where it stands afterwards, and which lies it catches."""
import json
import os
import signal
import stat
import unittest

from lab import BIN, NULL_EXPERIMENT, PATIENCE_S, SOURCE, LabTest

# Trials that take a while, with time enough before the first token to be reported too early.
SPEAKING = ["--flag", "null.ttft-ms=120", "--flag", "null.tpot-ms=5"]
EARLY = SPEAKING + ["--flag", "null.early-by-ms=100"]
SLOW_CLOCK = SPEAKING + ["--flag", "null.clock-rate=0.5"]

# Like examples/executor.py, and deaf to `live`.
MUTE = """#!/usr/bin/env python3
import json, sys
for line in sys.stdin:
    m = json.loads(line)
    say = lambda **fields: print(json.dumps(fields), flush=True)
    if m["type"] == "hello": say(type="hello", protocol=1, name="mute", version="1")
    if m["type"] == "load": say(type="loaded", id=m["id"])
    if m["type"] == "bye": break
    if m["type"] != "run": continue
    n = len(m["requests"])
    if n == 0:
        say(type="error", id=m["id"], kind="bad-request", reason="a run without requests")
        continue
    say(type="timeline", id=m["id"], columns={"requests": {"id": [r["id"] for r in m["requests"]], "pass": [0] * n,
        "arrival_ns": [0] * n, "admitted_ns": [0] * n, "prefill_end_ns": [5] * n, "end_ns": [9000 + m["id"]] * n,
        "prompt_tokens": [3] * n, "cached_tokens": [0] * n, "emissions": [2] * n, "finish": ["length"] * n,
        "text": ["x"] * n}, "emissions": {"gap_ns": [4000, 1000 + m["id"] % 3] * n, "tokens": [1, 99] * n}})
    say(type="done", id=m["id"])
"""


class Audits(LabTest):
    def setUp(self):
        super().setUp()
        self.file = self.dir / "state" / "edge-llm-lab" / "audit.json"
        os.environ["EDGELAB_AUDIT"] = str(self.file)

    def audit(self, *arguments, expect=0):
        return self.edgelab("audit", "--time", "1s", "--blocks", 6, *arguments, expect=expect)

    def test_is_kept_and_stands_in_reports_from_then_on(self):
        experiment = self.write(NULL_EXPERIMENT)
        self.edgelab("run", experiment, "--out", self.dir / "before", "--quiet")
        self.assertIsNone(self.summary(self.dir / "before")["audit"])
        self.assertIn("`edgelab audit` makes one", (self.dir / "before" / "report.md").read_text())

        done = self.audit("--executor", "null", "--flag", "null.noise=0.02", "--json")
        printed = json.loads(done.stdout)
        self.assertEqual(json.loads(self.file.read_text()), printed)
        self.assertIn(str(self.file), done.stderr)
        self.assertEqual(printed["schema"], "edge-llm-lab/audit/1")
        self.assertGreater(printed["harness"]["us_per_trial"], 0)
        self.assertGreater(printed["timer"]["step_ns"], 0)
        self.assertGreater(printed["machine"]["usable_cores"], 0)
        null, = printed["executors"]
        self.assertEqual(null["flags"], {"null.noise": "0.02"})
        noise = null["noise"]
        self.assertEqual(noise["blocks"], 6)
        decode = noise["metrics"][0]
        self.assertEqual((decode["name"], decode["n"]), ("decode_tps", 6))
        # The planted spread of a ratio, 0.02 times the root of 2, from six values: this seed's, which never changes.
        self.assertGreater(decode["sd_log"], 0.005)
        self.assertLess(decode["sd_log"], 0.08)
        self.assertEqual([effort["effect"] for effort in decode["efforts"]], [0.1, 0.05, 0.02, 0.01])
        self.assertEqual(null["live"]["verdict"], "honest", null["live"]["reason"])

        self.edgelab("run", experiment, "--out", self.out, "--quiet")
        self.assertEqual(self.summary()["audit"], {"audit": printed, "differences": []})
        report = (self.out / "report.md").read_text()
        self.assertIn("The lab was audited on this machine on " + printed["made"][:10], report)
        self.assertIn("of decode tok/s is found in", report)

        # The run keeps the audit that it ended with: rendered elsewhere, and after another audit, it says the same.
        self.file.write_text("no longer an audit")
        moved = self.dir / "moved"
        moved.mkdir()
        (self.out / "results.db").rename(moved / "results.db")
        self.edgelab("report", moved)
        self.assertEqual((moved / "report.md").read_text(), report)
        noted = self.edgelab("run", experiment, "--out", self.dir / "noted", "--quiet")
        self.assertIn(f"note: the report has no audit: {self.file}: not an audit", noted.stderr)

        # The run before it still has none; one on other things is told that the audit does not apply.
        self.edgelab("report", self.dir / "before")
        self.assertIsNone(self.summary(self.dir / "before")["audit"])
        printed["machine"]["cpu"] = "Another"
        self.file.write_text(json.dumps(printed))
        other = self.edgelab("run", experiment, "--out", self.dir / "other")
        self.assertIn("does not apply to this run: it was made on Another", " ".join(other.stdout.split()))
        self.assertIn("**does not apply** to this run", (self.dir / "other" / "report.md").read_text())

    def test_tokens_reported_before_they_happen_are_caught(self):
        for flags, verdict in [(SPEAKING, "honest"), (EARLY, "early"), (SLOW_CLOCK, "drifting")]:
            with self.subTest(verdict):
                status = 0 if verdict == "honest" else 1
                done = self.audit("--executor", "null", *flags, "--json", expect=status)
                live = json.loads(done.stdout)["executors"][0]["live"]
                self.assertEqual(live["verdict"], verdict, live["reason"])

    def test_an_executor_that_streams_nothing_is_not_checked(self):
        program = self.dir / "mute.py"
        program.write_text(MUTE)
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        model = self.dir / "any.bin"
        model.write_text("not looked at")
        done = self.audit("--executor", program, "--model", model)
        self.assertIn("not checked: it streams nothing while a trial runs", " ".join(done.stdout.split()))
        for word in ["machine", "timer", "harness", "mute", "against itself"]:
            self.assertIn(word, done.stdout)

    def test_an_interrupted_one_keeps_nothing(self):
        self.file.parent.mkdir(parents=True)
        self.file.write_text("as it was")
        temporary = self.dir / "tmp"
        temporary.mkdir()
        os.environ["TMPDIR"] = str(temporary)
        try:
            process = self.start("audit", "--executor", "null", "--time", "10m", "--blocks", 1000000)
            # Into the harness's runs, and then into the blocks of the second one.
            line = ""
            while "what the harness costs" not in line:
                line = process.stderr.readline()
                self.assertTrue(line, "it ended before")
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=PATIENCE_S)
        finally:
            del os.environ["TMPDIR"]
        self.assertEqual(process.returncode, 130, errors)
        self.assertIn("interrupted; nothing was kept", errors)
        self.assertEqual(self.file.read_text(), "as it was")
        self.assertEqual(list(self.file.parent.iterdir()), [self.file])
        self.assertEqual([entry for entry in temporary.iterdir() if entry.name.startswith("edgelab")], [])

    def test_what_cannot_be_audited_is_said(self):
        for arguments, said in [
            (["--executor", "lama"], "did you mean 'llama'?"),
            (["--executor", "null", "--flag", "null.nois=1"], "null.nois"),
            (["--executor", "null", "--flag", "null.noise"], "expected NAME=VALUE"),
            (["--executor", "null", "--flag", "llama.x=1"], "belongs to none of the executors"),
            (["--executor", "llama", "--model", "none.gguf"], "none.gguf: no such file"),
            (["--executor", "llama", "--model", str(SOURCE / "README.md")], "README.md"),
            (["--time", "soon"], "such as 90s, 10m"),
            (["--blocks", "1"], "--blocks"),
        ]:
            with self.subTest(said):
                done = self.edgelab("audit", *arguments, expect=2)
                self.assertIn(said, done.stderr)
                self.assertFalse(self.file.exists())

    def test_a_value_that_only_the_executor_can_judge_is_said(self):
        done = self.audit("--executor", "null", "--flag", "null.noise=7", expect=1)
        self.assertIn("'null.noise' is '7'; expected a number from 0 to 1", " ".join(done.stdout.split()))
        self.assertFalse(self.file.exists())

    def test_a_round_that_fails_is_not_kept(self):
        done = self.audit("--executor", BIN / "faulty_executor", "--flag", "faulty.fault=exit", "--model", SOURCE / "README.md",
                          expect=1)
        self.assertIn("no noise floor: failed", " ".join(done.stdout.split()))
        self.assertIn("nothing was kept", done.stderr)
        self.assertFalse(self.file.exists())


if __name__ == "__main__":
    unittest.main()
