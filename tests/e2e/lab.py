"""What the end-to-end tests share: running the programs, writing experiments, reading outputs."""
import fcntl
import json
import os
import pathlib
import pty
import re
import shutil
import signal
import struct
import subprocess
import tempfile
import termios
import time
import unittest

BIN = pathlib.Path(os.environ["EDGELAB_BIN_DIR"])
SOURCE = pathlib.Path(os.environ["EDGELAB_SOURCE_DIR"])
EDGELAB = str(BIN / "edgelab")
FAULTY = str(BIN / "faulty_executor")
# What is known of the machine that the tests run on is in no report here.
os.environ["EDGELAB_AUDIT"] = "/nonexistent/audit.json"
PATIENCE_S = 1200        # how long to wait for what must come: a loaded machine is no failure

OUTPUTS = ["results.db", "summary.json", "summary.csv", "report.md", "trials.jsonl", "environment.json", "experiment.yaml"]

def faulty_experiment(flags, blocks, trial="", more=""):
    """A baseline, and a round with these flags, on an executor that has the faults they name."""
    return f"""\
schema: edge-llm-lab/1
name: faults
workloads:
  - {{id: w, kind: synthetic, prompt_tokens: [16], output_tokens: 32, count: 2}}
executors: [{{id: faulty, kind: exec, command: ["{FAULTY}"]}}]
rounds:
  - {{name: baseline, category: baseline}}
  - {{name: bad, flags: {flags}}}
protocol: {{warmup: 1, blocks: {blocks}, seed: 7, probes: off{trial}}}
{more}"""


NULL_EXPERIMENT = """\
schema: edge-llm-lab/1
name: nulls
workloads:
  - {id: w, kind: synthetic, prompt_tokens: [16], output_tokens: 32, count: 2}
executors: ['null']
rounds:
  - {name: baseline, category: baseline}
  - {name: fast, flags: {null.tpot-ms: 2.5}}
  - {name: noisy, flags: {null.noise: 0.05, null.block-noise: 0.02}}
protocol: {warmup: 1, blocks: 2, seed: 7}
"""

# Trials of some 20 ms that take as long as they say, so that there is time to interrupt them.
SLOW_EXPERIMENT = """\
schema: edge-llm-lab/1
name: slow
workloads:
  - {id: w, kind: synthetic, prompt_tokens: [16], output_tokens: 8, count: 1}
executors: ['null']
rounds:
  - {name: baseline, category: baseline, flags: {null.real-time: on, null.ttft-ms: 5, null.tpot-ms: 2}}
  - {name: one, flags: {null.real-time: on, null.ttft-ms: 5, null.tpot-ms: 2}}
  - {name: two, flags: {null.real-time: on, null.ttft-ms: 5, null.tpot-ms: 1}}
protocol: {warmup: 1, blocks: 6, seed: 11, trial: {min_seconds: 0.02, min_tokens: 1}}
"""


class LabTest(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="edgelab-e2e-"))
        self.out = self.dir / "out"

    def tearDown(self):
        shutil.rmtree(self.dir, ignore_errors=True)

    def write(self, text, name="experiment.yaml"):
        file = self.dir / name
        file.write_text(text)
        return str(file)

    def edgelab(self, *arguments, expect=0, **options):
        done = subprocess.run([EDGELAB, *map(str, arguments)], capture_output=True, text=True, cwd=self.dir,
                              stdin=subprocess.DEVNULL, timeout=PATIENCE_S, **options)
        self.assertEqual(done.returncode, expect,
                         f"edgelab {' '.join(map(str, arguments))}\nstdout: {done.stdout}\nstderr: {done.stderr}")
        return done

    def start(self, *arguments):
        """Runs it in a session of its own, as a shell runs a job in a process group of its own."""
        return subprocess.Popen([EDGELAB, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                cwd=self.dir, stdin=subprocess.DEVNULL, start_new_session=True)

    def trials(self, out=None):
        return [json.loads(line) for line in ((out or self.out) / "trials.jsonl").read_text().splitlines()]

    def summary(self, out=None):
        return json.loads(((out or self.out) / "summary.json").read_text())

    def cell(self, round_name, out=None):
        return next(cell for cell in self.summary(out)["cells"] if cell["round"] == round_name)

    def wait_for_trials(self, count, process):
        """Waits until that many trials are told of, or the process has ended."""
        file = self.out / "trials.jsonl"
        deadline = time.monotonic() + PATIENCE_S
        while process.poll() is None and time.monotonic() < deadline:
            if file.exists() and file.read_text().count("\n") >= count:
                return
            time.sleep(0.002)

    def assert_all_outputs(self, out=None):
        for name in OUTPUTS:
            self.assertTrue(((out or self.out) / name).is_file(), name)
        leftovers = [file.name for file in (out or self.out).iterdir() if file.name.endswith(".part")]
        self.assertEqual(leftovers, [])


def order(trials):
    return [(trial["kind"], trial["block"], trial["cell"]) for trial in trials]


def in_terminal(arguments, rows=30, columns=110, on_output=None, cwd=None):
    """Runs a program in a pseudo-terminal of that size; returns its exit status and all it wrote there.

    on_output(text so far, process id) is called whenever something was written.
    """
    pid, terminal = pty.fork()
    if pid == 0:
        if cwd:
            os.chdir(cwd)
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        os.execv(arguments[0], list(map(str, arguments)))
    written = b""
    while True:
        try:
            piece = os.read(terminal, 65536)
        except OSError:      # the last program on this terminal has ended
            break
        if not piece:
            break
        written += piece
        if on_output:
            on_output(written.decode(errors="replace"), terminal)
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    return os.waitstatus_to_exitcode(status), written.decode(errors="replace")


ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def plain(text):
    return ESCAPES.sub("", text)
