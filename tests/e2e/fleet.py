"""What the tests of the fleet share: a hub, agents and runs as processes of their own."""
import os
import signal
import socket
import subprocess
import time

from lab import EDGELAB, PATIENCE_S, LabTest

NULL_REMOTE = """\
schema: edge-llm-lab/1
name: nulls
workloads:
  - {{id: w, kind: synthetic, prompt_tokens: [16], output_tokens: 32, count: 2}}
executors: [{executors}]
rounds:
  - {{name: baseline, category: baseline}}
  - {{name: fast, flags: {{null.tpot-ms: 2.5}}}}
  - {{name: noisy, flags: {{null.noise: 0.05, null.block-noise: 0.02}}}}
protocol: {{warmup: 1, blocks: 2, seed: 7}}
"""


def remote(device, name=None, more=""):
    return f"{{id: {name or device}, kind: remote, device: {device}{more}}}"


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def children_of(pid):
    try:
        tasks = os.listdir(f"/proc/{pid}/task")
        return [int(child) for task in tasks for child in open(f"/proc/{pid}/task/{task}/children").read().split()]
    except OSError:
        return []


class FleetTest(LabTest):
    def setUp(self):
        super().setUp()
        self.port, self.ws_port = free_ports(2)
        self.token = "token-of-the-tests"
        self.environment = {**os.environ, "EDGELAB_HUB": f"nats://127.0.0.1:{self.port}", "EDGELAB_HUB_TOKEN": self.token,
                            "EDGELAB_HUB_LEASE_MS": "3000"}
        self.processes = {}

    def tearDown(self):
        for process in self.processes.values():
            self.end(process)
        super().tearDown()

    def begin(self, name, *arguments):
        """Starts it under a name; what it says goes to NAME.log. Never waits."""
        log = open(self.dir / f"{name}.log", "ab")
        self.processes[name] = subprocess.Popen([EDGELAB, *map(str, arguments)], stdout=log, stderr=log, cwd=self.dir, env=self.environment,
                                                stdin=subprocess.DEVNULL, start_new_session=True)
        log.close()
        return self.processes[name]

    def end(self, process, how=signal.SIGKILL):
        if process.poll() is None:
            process.send_signal(how)
        try:
            return process.wait(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            raise

    def log(self, name):
        file = self.dir / f"{name}.log"
        return file.read_text(errors="replace") if file.exists() else ""

    def wait_for(self, what, name):
        """Until the log of that name says so."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            if what in self.log(name):
                return
            process = self.processes.get(name)
            if process and process.poll() is not None and what not in self.log(name):
                self.fail(f"{name} ended with {process.returncode} and never said '{what}':\n{self.log(name)}")
            time.sleep(0.02)
        self.fail(f"{name} never said '{what}':\n{self.log(name)}")

    def hub(self):
        return self.begin("hub", "hub", "--port", self.port, "--ws-port", self.ws_port, "--store", self.dir / "hub")

    def agent(self, device, *more):
        return self.begin(device, "agent", "--name", device, "--store", self.dir / device, "--executor", "null", "--no-bandwidth", *more)

    def run_lab(self, *arguments, expect=0):
        return self.edgelab(*arguments, expect=expect, env=self.environment)
