"""A hundred disturbances, seeded, while two devices run: no trial is lost, none is stored twice."""
import os
import random
import signal
import sqlite3
import time
import unittest

from fleet import FleetTest, children_of, remote

DISTURBANCES = 100
EXPERIMENT = """\
schema: edge-llm-lab/1
name: faults
workloads:
  - {{id: w, kind: synthetic, prompt_tokens: [16], output_tokens: 8, count: 1}}
executors: [{executors}]
rounds:
  - {{name: baseline, category: baseline, flags: {{null.real-time: on, null.ttft-ms: 5, null.tpot-ms: 2}}}}
  - {{name: one, flags: {{null.real-time: on, null.ttft-ms: 5, null.tpot-ms: 1}}}}
protocol: {{warmup: 1, blocks: {blocks}, seed: 11, trial: {{min_seconds: 0.02, min_tokens: 1}}}}
"""


class Disturbances(FleetTest):
    def setUp(self):
        super().setUp()
        self.environment["EDGELAB_HUB_LEASE_MS"] = "1000"
        self.random = random.Random(7)

    def hold(self, pid, seconds):
        """A connection that is silent for a while, as one that is cut: the process behind it stands still."""
        try:
            os.kill(pid, signal.SIGSTOP)
            time.sleep(seconds)
            os.kill(pid, signal.SIGCONT)
        except ProcessLookupError:
            pass

    def kill_agent(self):
        device = self.random.choice(self.devices)
        self.end(self.processes[device])
        self.agent(device)

    def kill_executor(self):
        for child in children_of(self.processes[self.random.choice(self.devices)].pid):
            try:
                os.kill(child, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def restart_hub(self):
        self.end(self.processes["hub"], self.random.choice([signal.SIGKILL, signal.SIGTERM]))
        self.hub()

    def hold_agent(self):
        self.hold(self.processes[self.random.choice(self.devices)].pid, self.random.choice([0.05, 0.3, 1.5]))

    def hold_hub(self):
        for server in children_of(self.processes["hub"].pid):
            self.hold(server, self.random.choice([0.05, 0.3]))

    def disturb(self):
        kinds = [self.kill_agent] * 3 + [self.kill_executor] * 3 + [self.restart_hub] * 2 + [self.hold_agent] * 3 + [self.hold_hub] * 2
        kind = self.random.choice(kinds)
        kind()
        return kind.__name__

    def test_no_trial_is_lost_and_none_is_stored_twice(self):
        self.devices = ["one", "two"]
        self.hub()
        self.wait_for("join", "hub")
        for device in self.devices:
            self.agent(device)
            self.wait_for("joined", device)
        text = EXPERIMENT.format(executors=", ".join(map(remote, self.devices)), blocks=1_000_000)
        run = self.begin("run", "run", self.write(text), "--out", self.out, "--quiet")
        self.wait_for_trials(20, run)
        done = {}
        for _ in range(DISTURBANCES):
            kind = self.disturb()
            done[kind] = done.get(kind, 0) + 1
            time.sleep(self.random.uniform(0.05, 0.3))
        self.assertIsNone(run.poll(), self.log("run"))
        before = len(self.trials())
        self.wait_for_trials(before + 40, run)
        self.assertGreaterEqual(len(self.trials()), before + 40, f"it goes on after the last one\n{self.log('run')}")
        self.end(run, signal.SIGINT)
        self.check(done)

    def check(self, done):
        trials = self.trials()
        keys = [(trial["kind"], trial["block"], trial["cell"]) for trial in trials]
        self.assertEqual(len(keys), len(set(keys)), "a trial is stored twice")
        stored = sqlite3.connect(self.out / "results.db").execute("select count(*) from trial where status <> 'interrupted'").fetchone()[0]
        self.assertEqual(stored, len(trials))
        for cell in {trial["cell"] for trial in trials}:
            rows = sorted((trial for trial in trials if trial["cell"] == cell and trial["kind"] == "timed"), key=lambda row: row["block"])
            # The order within a block is random, so the last block may be begun and not there.
            self.assertEqual([row["block"] for row in rows], list(range(len(rows))), f"a trial of {cell} is lost")
        bad = [trial for trial in trials if trial["status"] != "ok"]
        self.assertTrue(all(trial["reason"] for trial in bad))
        self.assertTrue(all(trial["status"] == "failed" for trial in bad), bad)
        # What befalls the hub befalls the trials of all devices, which run at the same time.
        most = sum(count * (len(self.devices) if kind.endswith("hub") else 1) for kind, count in done.items())
        self.assertLessEqual(len(bad), most, "a disturbance costs a device one trial at most")
        self.assertGreater(len(bad), 0, "some trial was disturbed")
        print(f"{sum(done.values())} disturbances {done}, {len(trials)} trials, {len(bad)} of them failed")


if __name__ == "__main__":
    unittest.main()
