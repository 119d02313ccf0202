"""A phone's browser in the fleet: it opens the hub's page, joins, and runs what wllama can, through the real programs."""
import json
import subprocess
import unittest

from fleet import FleetTest, remote
from lab import PATIENCE_S, SOURCE

EXPERIMENT = """\
schema: edge-llm-lab/1
name: phone
models: [{{id: demo, path: {model}}}]
workloads:
  - {{id: w, kind: synthetic, prompt_tokens: [12], output_tokens: 4, count: 2}}
executors: [{executors}]
rounds:
  - {{name: baseline, category: baseline, flags: {{threads: 1}}}}
  - {{name: two-threads, category: parallelization, flags: {{threads: 2}}}}
  - {{name: flash, category: parallelization, flags: {{threads: 1, flash-attn: on}}}}
  - {{name: lookup, category: speculative, flags: {{threads: 1, prompt-lookup: on}}}}
protocol: {{warmup: 0, blocks: 1, seed: 7, probes: off, trial: {{min_seconds: 0.01, min_tokens: 1}}}}
"""


class Phone(FleetTest):
    def open_page(self, address, name):
        """A browser that opens the page; what that says goes to NAME.log."""
        with open(self.dir / f"{name}.log", "ab") as log:
            self.processes[name] = subprocess.Popen(["node", str(SOURCE / "tests/web/join.mjs"), address, name], stdin=subprocess.PIPE,
                                                    stdout=log, stderr=log, start_new_session=True)
        self.wait_for("page: joined |", name)

    def close_page(self, name):
        self.processes[name].stdin.close()
        self.processes[name].wait(timeout=PATIENCE_S)

    def test_what_wllama_can_is_run_and_the_rest_has_its_reason(self):
        self.begin("hub", "hub", "--port", self.port, "--ws-port", self.ws_port, "--store", self.dir / "hub", "--web", SOURCE / "build/web",
                   "--web-port", 0)
        self.wait_for("Ctrl-C", "hub")
        page = next(line.split()[1] for line in self.log("hub").splitlines() if line.startswith("page"))
        self.open_page(page, "phone")
        file = self.write(EXPERIMENT.format(model=SOURCE / "models/demo/demo-f16.gguf", executors=remote("phone")))
        self.run_lab("run", file, "--out", self.out, "--quiet")
        self.assert_all_outputs()
        cells = {cell["round"]: cell for cell in self.summary()["cells"]}
        for name, threads, multi in (("baseline", "1", "off"), ("two-threads", "2", "on")):
            self.assertEqual(cells[name]["status"], "ok", cells[name]["reason"])
            self.assertEqual(cells[name]["flags"]["in_force"]["threads"], threads)
            self.assertEqual(cells[name]["flags"]["in_force"]["multi-thread"], multi)
            self.assertEqual(cells[name]["flags"]["in_force"]["cross-origin-isolated"], "on")
            metrics = {metric["name"]: metric["mean"] for metric in cells[name]["metrics"]}
            for metric in ("ttft_ms", "decode_tps", "prefill_tps", "kv_cache_bytes"):
                self.assertGreater(metrics[metric], 0, metric)
        for name, reason in (("flash", "only off, auto"), ("lookup", "no drafter without a model")):
            self.assertEqual(cells[name]["status"], "unsupported")
            self.assertIn(reason, cells[name]["reason"])
        environment = json.loads((self.out / "environment.json").read_text())
        self.assertIn("wllama 3.8.1 (llama.cpp b", environment["executors"][0]["library"])
        self.wait_for("page: joined | Waiting for a coordinator. | 4 | none", "phone")
        self.assertIn("The model is here.", self.log("phone"))
        self.assertNotIn("fault", self.log("phone"))
        self.close_page("phone")


if __name__ == "__main__":
    unittest.main()
