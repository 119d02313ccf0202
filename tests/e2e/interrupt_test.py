"""Ctrl-C: a clean end with a report; twice: an end at once."""
import os
import signal
import time
import unittest

from lab import EDGELAB, PATIENCE_S, SLOW_EXPERIMENT, LabTest, in_terminal, order

ENDLESS = SLOW_EXPERIMENT.replace("blocks: 6", "blocks: 100000")
# One trial that would last for an hour.
LONG_TRIAL = SLOW_EXPERIMENT.replace("null.ttft-ms: 5", "null.ttft-ms: 3600000")


class Interrupt(LabTest):
    def assert_ended_with_a_report(self, process):
        output, errors = process.communicate(timeout=PATIENCE_S)
        self.assertEqual(process.returncode, 130, errors)
        self.assert_all_outputs()
        self.assertEqual(self.summary()["stopped_because"], "interrupted")
        self.assertIn("--resume", errors)
        return output

    def test_each_signal_ends_it_with_a_report(self):
        file = self.write(ENDLESS)
        for number, name in enumerate(["SIGINT", "SIGTERM", "SIGHUP"]):
            self.out = self.dir / name
            process = self.start("run", file, "--out", self.out)
            self.wait_for_trials(7 + number, process)
            process.send_signal(getattr(signal, name))
            self.assert_ended_with_a_report(process)
            self.assertNotIn("interrupted", [trial["status"] for trial in self.trials()])
            self.assertNotIn("failed", [trial["status"] for trial in self.trials()])

    def test_a_long_trial_is_cancelled(self):
        process = self.start("run", self.write(LONG_TRIAL), "--out", self.out)
        self.wait_for_trials(0, process)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        self.assert_ended_with_a_report(process)

    def test_the_terminal_sends_it_to_every_program_of_the_job(self):
        sent = []

        def press_ctrl_c(text, terminal):
            if "block" in text and not sent:
                sent.append(os.write(terminal, b"\x03"))

        status, text = in_terminal([EDGELAB, "run", self.write(ENDLESS), "--out", self.out], on_output=press_ctrl_c)
        self.assertEqual(status, 130, text)
        self.assert_all_outputs()
        self.assertEqual({trial["status"] for trial in self.trials()}, {"ok"})

    def test_a_second_one_ends_it_at_once(self):
        # An executor that neither cancels nor ends would be waited for; the second Ctrl-C does not wait.
        text = ENDLESS.replace("executors: ['null']", "executors: [{id: faulty, kind: exec, command: [%s]}]" %
                               os.path.join(os.environ["EDGELAB_BIN_DIR"], "faulty_executor"))
        for name in ["baseline", "one", "two"]:
            text = text.replace("null.real-time: on, null.ttft-ms: 5, null.tpot-ms: 2", "faulty.fault: hang")
            text = text.replace("null.real-time: on, null.ttft-ms: 5, null.tpot-ms: 1", "faulty.fault: hang")
        process = self.start("run", self.write(text), "--out", self.out)
        self.wait_for_trials(0, process)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        time.sleep(0.2)
        self.assertIsNone(process.poll())
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE_S)
        self.assertEqual(process.returncode, 130)
        self.assertEqual(self.trials(), [])
        self.edgelab("report", self.out)

    def test_it_goes_on_afterwards(self):
        file = self.write(SLOW_EXPERIMENT)
        self.edgelab("run", file, "--out", self.dir / "reference", "--quiet")
        process = self.start("run", file, "--out", self.out, "--quiet")
        self.wait_for_trials(8, process)
        process.send_signal(signal.SIGINT)
        process.communicate()
        self.edgelab("run", "--resume", self.out, "--quiet")
        self.assertEqual(order(self.trials()), order(self.trials(self.dir / "reference")))


if __name__ == "__main__":
    unittest.main()
