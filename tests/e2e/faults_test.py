"""Executors that die, hang or talk nonsense cost one trial each; the run goes on."""
import unittest

from lab import FAULTY, LabTest, faulty_experiment


def experiment(flags, blocks=3, timeout="60s"):
    return faulty_experiment(flags, blocks, trial=f", trial: {{timeout: {timeout}}}")


class Faults(LabTest):
    def run_with(self, flags, expect=1, **options):
        done = self.edgelab("run", self.write(experiment(flags, **options)), "--out", self.out, expect=expect)
        self.assert_all_outputs()
        return done

    def test_a_death_is_one_failed_row(self):
        # The shared process dies in its sixth trial at the earliest: once in a run of eight.
        self.run_with("{faulty.fault: sigkill, faulty.after: 5}")
        failed = [trial for trial in self.trials() if trial["status"] != "ok"]
        self.assertEqual(len(failed), 1, failed)
        self.assertEqual(failed[0]["status"], "failed")
        self.assertIn("SIGKILL", failed[0]["reason"])
        self.assertEqual(failed[0]["metrics"], {})
        self.assertEqual(len(self.trials()), 2 * (1 + 1 + 3))
        cell = self.cell("bad")
        self.assertEqual(cell["trials"]["failed"], 1)
        self.assertEqual(cell["trials"]["ok"], 2)
        self.assertEqual(self.cell("baseline")["trials"], {"ok": 3, "failed": 0, "warmup": 1})

    def test_its_last_words_are_in_the_reason_and_in_the_log(self):
        self.run_with("{faulty.fault: exit, faulty.after: 5}")
        reason = next(trial["reason"] for trial in self.trials() if trial["status"] != "ok")
        self.assertIn("exited with status 3", reason)
        self.assertIn("about to exit", reason)
        self.assertIn("about to exit", (self.out / "faulty.log").read_text())

    def test_nonsense_fails_the_trial(self):
        for number, fault in enumerate(["garbage", "wrong-id", "uneven", "empty", "long-line", "close"]):
            self.out = self.dir / f"out{number}"
            self.run_with("{faulty.fault: %s, faulty.after: 5}" % fault)
            statuses = [trial["status"] for trial in self.trials()]
            self.assertEqual((statuses.count("failed"), statuses.count("ok")), (1, 9), fault)

    def test_a_hang_is_a_timeout(self):
        self.run_with("{faulty.fault: hang, faulty.after: 5}", timeout="5s")
        statuses = [trial["status"] for trial in self.trials()]
        self.assertEqual((statuses.count("timeout"), statuses.count("ok")), (1, 9))

    def test_out_of_memory_is_told_apart(self):
        self.run_with("{faulty.fault: oom, faulty.after: 5}")
        self.assertIn("oom", [trial["status"] for trial in self.trials()])

    def test_a_cell_that_always_fails_is_given_up(self):
        done = self.run_with("{faulty.fault: failed}", blocks=20)
        self.assertEqual(len([trial for trial in self.trials() if trial["cell"].endswith("/bad")]), 3)
        self.assertIn("given up", done.stderr)
        self.assertEqual(self.cell("bad")["status"], "failed")
        self.assertEqual(self.cell("bad")["reason"], "as asked")
        self.assertEqual(self.cell("baseline")["trials"]["ok"], 20)

    def test_unsupported_at_run_time_is_no_failure(self):
        self.run_with("{faulty.fault: unsupported}", expect=0)
        self.assertEqual(self.cell("bad")["status"], "unsupported")
        self.assertEqual(len([trial for trial in self.trials() if trial["cell"].endswith("/bad")]), 1)

    def test_one_that_does_not_start_refuses_the_run(self):
        for hello, message in [("die", "libmagic"), ("wrong-version", "protocol"), ("banner", "Loading the model")]:
            text = experiment("{faulty.after: 1}").replace(f'["{FAULTY}"]', f'["{FAULTY}", {hello}]')
            done = self.edgelab("run", self.write(text), "--out", self.out, expect=2)
            self.assertIn("executor 'faulty' does not start", done.stderr)
            self.assertIn(message, done.stderr)
            self.assertFalse(self.out.exists())
        text = experiment("{faulty.after: 1}").replace(FAULTY, "/no/such/program")
        self.assertIn("/no/such/program", self.edgelab("run", self.write(text), "--out", self.out, expect=2).stderr)


if __name__ == "__main__":
    unittest.main()
