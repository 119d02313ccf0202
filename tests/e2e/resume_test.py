"""kill -9, then --resume: the same order, the same seed, nothing twice."""
import os
import signal
import unittest

from lab import NULL_EXPERIMENT, SLOW_EXPERIMENT, LabTest, order


class Resume(LabTest):
    def reference_order(self, file):
        out = self.dir / "reference"
        self.edgelab("run", file, "--out", out, "--quiet")
        return order(self.trials(out))

    def kill_after(self, count, *arguments):
        process = self.start("run", *arguments, "--quiet")
        self.wait_for_trials(count, process)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()

    def test_after_kill_it_goes_on_in_the_same_order(self):
        file = self.write(SLOW_EXPERIMENT)
        expected = self.reference_order(file)
        self.kill_after(2, file, "--out", self.out)          # among the memory trials
        killed_at = len(self.trials())
        self.assertLess(killed_at, len(expected))
        self.edgelab("report", self.out)                     # of what there is
        self.assertEqual(self.summary()["stopped_because"], "not ended")
        self.kill_after(9, "--resume", self.out)             # among the timed ones
        self.kill_after(13, "--resume", self.out)
        os.unlink(file)                                      # the experiment is in the folder
        self.edgelab("run", "--resume", self.out, "--quiet")
        trials = self.trials()
        self.assertEqual(order(trials), expected)
        self.assertEqual(len(set(order(trials))), len(expected))
        self.assert_all_outputs()
        self.assertEqual(self.summary()["stopped_because"], "6 blocks")

    def test_half_a_line_is_mended(self):
        file = self.write(SLOW_EXPERIMENT)
        self.kill_after(4, file, "--out", self.out)
        text = (self.out / "trials.jsonl").read_text()
        (self.out / "trials.jsonl").write_text(text[: len(text) // 2])
        self.edgelab("run", "--resume", self.out, "--quiet")
        self.assertEqual(len(self.trials()), 3 * (1 + 1 + 6))

    def test_a_finished_run_has_nothing_left(self):
        self.edgelab("run", self.write(NULL_EXPERIMENT), "--out", self.out, "--quiet")
        before = self.trials()
        self.edgelab("run", "--resume", self.out, "--quiet")
        self.assertEqual(self.trials(), before)
        # More blocks may be asked for.
        self.edgelab("run", "--resume", self.out, "--quiet", "--blocks", 3)
        self.assertEqual(len(self.trials()), len(before) + 3)
        self.assertEqual(self.summary()["blocks"], 3)

    def test_what_may_not_change(self):
        self.edgelab("run", self.write(NULL_EXPERIMENT), "--out", self.out, "--quiet")
        for more in [["--seed", 8], ["--only", "fast"], ["--model", "a=b"], ["--out", "x"], ["experiment.yaml"]]:
            self.assertIn("--resume", self.edgelab("run", "--resume", self.out, *more, expect=2).stderr)
        self.assertIn("--resume", self.edgelab("run", "experiment.yaml", "--out", self.out, expect=2).stderr)
        self.edgelab("run", "--resume", self.dir / "nowhere", expect=2)
        self.assertFalse((self.dir / "nowhere").exists())

    def test_only_one_may_write(self):
        file = self.write(SLOW_EXPERIMENT.replace("blocks: 6", "blocks: 2000"))
        process = self.start("run", file, "--out", self.out, "--quiet")
        self.wait_for_trials(3, process)
        self.assertIsNone(process.poll())
        self.edgelab("run", "--resume", self.out, expect=2)
        self.edgelab("report", self.out)                     # readers are welcome
        process.send_signal(signal.SIGTERM)
        process.communicate()
        self.assertEqual(process.returncode, 130)


if __name__ == "__main__":
    unittest.main()
