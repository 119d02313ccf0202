"""What happens to real runs of real models: kills, stops, limits of memory and disk, clocks that jump. What has ended is kept,
what failed is named, and nobody is left behind."""
import os
import pathlib
import random
import resource
import signal
import sqlite3
import subprocess
import time
import unittest

from lab import BIN, EDGELAB, PATIENCE_S, LabTest

SHAPE = "n_embd=256,n_layer=4,n_head=4,n_head_kv=2,n_ff=512,n_vocab=512,n_ctx=4096"
EXPERIMENT = """\
schema: edge-llm-lab/1
name: faults
models:
  - {id: m, path: m.gguf}
workloads:
  - {id: w, kind: synthetic, prompt_tokens: [%(prompt)d], output_tokens: %(output)d, count: 2}
executors: [{id: llama, kind: llama%(command)s}]
rounds:
  - {name: baseline, category: baseline, flags: {threads: 1}}
  - {name: fa, flags: {threads: 1, flash-attn: on%(flags)s}}
protocol: {warmup: 0, blocks: %(blocks)d, seed: 7, trial: {min_seconds: 0.5, min_tokens: 1, timeout: %(timeout)s}}
"""


def descendants(root):
    """Process ids below `root`, with their names."""
    parents, names = {}, {}
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            name, rest = (entry / "stat").read_text().split("(", 1)[1].rsplit(")", 1)
        except (OSError, IndexError):
            continue
        parents[int(entry.name)], names[int(entry.name)] = int(rest.split()[1]), name
    found, growing = {}, True
    while growing:
        new = {pid: names[pid] for pid, parent in parents.items() if (parent == root or parent in found) and pid not in found}
        found.update(new)
        growing = bool(new)
    return found


class LlamaFaults(LabTest):
    def setUp(self):
        super().setUp()
        self.edgelab("model", "synth", "--shape", SHAPE, "-o", self.dir / "m.gguf")

    def experiment(self, prompt=16, output=64, command="", flags="", blocks=3, timeout="1h"):
        return self.write(EXPERIMENT % {"prompt": prompt, "output": output, "command": command, "flags": flags,
                                        "blocks": blocks, "timeout": timeout})

    def executor_of(self, run):
        """The process id of the run's edgelab-llama, once there is one."""
        deadline = time.monotonic() + PATIENCE_S
        while run.poll() is None and time.monotonic() < deadline:
            found = [pid for pid, name in descendants(run.pid).items() if name.startswith("edgelab-llama")]
            if found:
                return found[0]
            time.sleep(0.01)
        self.fail(f"no executor: {run.communicate()}")

    def struck(self, strike, **options):
        """A run whose executor is struck once while it is at work on timed trials."""
        run = self.start("run", self.experiment(**options), "--out", self.out, "--quiet")
        self.wait_for_trials(3, run)     # two of memory, one that is timed
        time.sleep(random.Random(options["prompt"]).uniform(0.05, 0.3))
        pid = self.executor_of(run)
        os.kill(pid, strike)
        said = run.communicate(timeout=PATIENCE_S)
        self.assertEqual(run.returncode, 1, said)
        self.assert_all_outputs()
        trials = self.trials()
        self.assertEqual(len(trials), 2 + 2 * options.get("blocks", 3))
        bad = [trial for trial in trials if trial["status"] != "ok"]
        self.assertEqual(len(bad), 1, bad)
        self.assertEqual(bad[0]["metrics"], {})
        self.assertFalse(pathlib.Path(f"/proc/{pid}").exists())
        return bad[0]

    def test_killed_in_prefill(self):
        bad = self.struck(signal.SIGKILL, prompt=3000, output=1)
        self.assertEqual(bad["status"], "failed")
        self.assertIn("SIGKILL", bad["reason"])

    def test_killed_in_decode(self):
        bad = self.struck(signal.SIGKILL, prompt=8, output=1500)
        self.assertEqual(bad["status"], "failed")
        self.assertIn("SIGKILL", bad["reason"])

    def test_stopped_is_a_timeout_and_the_process_is_gone(self):
        self.assertEqual(self.struck(signal.SIGSTOP, prompt=12, output=256, timeout="8s")["status"], "timeout")

    def test_too_little_memory_fails_the_cell_and_not_the_run(self):
        # A KV cache of some GB does not fit below the limit, the baseline's does.
        limit = 3 << 30
        command = f', command: [/bin/sh, -c, "ulimit -v {limit >> 10}; exec {BIN / "edgelab-llama"}"]'
        self.edgelab("run", self.experiment(command=command, flags=", parallel: 2, ctx-size: 8388608"), "--out", self.out, expect=1)
        self.assertEqual(self.cell("baseline")["status"], "ok")
        bad = self.cell("fa")
        self.assertIn(bad["status"], ["oom", "failed"])
        self.assertRegex(bad["reason"], "memory|allocat|context")

    def test_a_full_disk_ends_the_run_with_what_there_is(self):
        def small_disk():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)     # a write beyond the limit fails, as on a full disk
            resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
        done = subprocess.run([EDGELAB, "run", self.experiment(output=512, blocks=200), "--out", str(self.out), "--quiet"],
                              capture_output=True, text=True, cwd=self.dir, stdin=subprocess.DEVNULL, timeout=PATIENCE_S,
                              preexec_fn=small_disk)
        self.assertNotEqual(done.returncode, 0, done)
        self.assertIn(str(self.out), done.stderr)
        self.assertRegex(done.stderr, "full|disk|space|I/O")
        kept = sqlite3.connect(self.out / "results.db").execute("select count(*) from trial where status = 'ok'").fetchone()[0]
        self.assertGreater(kept, 2)
        # With room again it goes on where it was.
        self.edgelab("run", "--resume", self.out, "--blocks", 2)
        self.assertEqual(self.cell("baseline")["status"], "ok")

    def test_a_coordinator_that_is_killed_leaves_nobody(self):
        run = self.start("run", self.experiment(output=1500), "--out", self.out, "--quiet")
        self.wait_for_trials(3, run)
        pid = self.executor_of(run)
        run.kill()
        run.communicate()
        deadline = time.monotonic() + PATIENCE_S
        while pathlib.Path(f"/proc/{pid}/cmdline").exists() and time.monotonic() < deadline:
            if not pathlib.Path(f"/proc/{pid}/cmdline").read_bytes():      # a zombie that nobody has waited for
                break
            time.sleep(0.01)
        else:
            self.assertFalse(pathlib.Path(f"/proc/{pid}/cmdline").exists())
        self.edgelab("run", "--resume", self.out, "--blocks", 1, "--quiet")
        self.assertEqual(self.cell("fa")["status"], "ok")

    def test_a_clock_that_jumps_changes_no_figure(self):
        environment = dict(os.environ, LD_PRELOAD=str(BIN.parent / "lib" / "libjumping_clock.so"))
        self.assertTrue(pathlib.Path(environment["LD_PRELOAD"]).exists())
        self.edgelab("run", self.experiment(blocks=2), "--out", self.out, "--quiet", env=environment)
        trials = self.trials()
        started = [trial["started"] for trial in trials]
        self.assertNotEqual(started, sorted(started), "the clock did not jump")
        for trial in trials:
            self.assertEqual(trial["status"], "ok", trial)
            self.assertGreater(trial["wall_ms"], 0)
            self.assertLess(trial["wall_ms"], 1000 * PATIENCE_S)
            for name in ["ttft_ms", "decode_tps"] if trial["kind"] == "timed" else []:
                self.assertGreater(trial["metrics"][name], 0)


if __name__ == "__main__":
    unittest.main()
