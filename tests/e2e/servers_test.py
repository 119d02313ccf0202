"""What does not speak the protocol: a llama-server, OpenAI-compatible URLs, a program that only prints."""
import json
import os
import pathlib
import re
import signal
import subprocess
import time
import unittest

from lab import BIN, PATIENCE_S, SOURCE, LabTest

SHAPE = "n_embd=64,n_layer=2,n_head=2,n_head_kv=1,n_ff=128,n_vocab=512,n_ctx=512"
SIDE_BY_SIDE = """\
schema: edge-llm-lab/1
name: servers
models:
  - {id: tiny, path: tiny.gguf}
workloads:
  - {id: w, kind: synthetic, prompt_tokens: [24, 40], output_tokens: 16, count: 2}
executors: [llama, llama-server]
rounds:
  - {name: baseline, category: baseline}
  - {name: fa, category: parallelization, flags: {flash-attn: on}}
  - {name: keep, category: caching, flags: {cache-prompt: on}}
  - {name: lookup, category: speculative, flags: {prompt-lookup: on}}
  - {name: ngram, category: speculative, flags: {spec-type: ngram-simple}}
protocol: {warmup: 1, blocks: 2, seed: 7, trial: {min_seconds: 0.05, min_tokens: 16}}
"""


def servers(model):
    """Process ids of the llama-servers that run this model."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if words[0].endswith(b"llama-server") and str(model).encode() in words:
            found.append(int(entry.name))
    return found


class LlamaServer(LabTest):
    def setUp(self):
        super().setUp()
        self.model = self.dir / "tiny.gguf"
        self.edgelab("model", "synth", "--shape", SHAPE, "--type", "f16", "-o", self.model)

    def cell_of(self, executor, round_name):
        return next(cell for cell in self.summary()["cells"] if cell["executor"] == executor and cell["round"] == round_name)

    def test_side_by_side(self):
        self.edgelab("run", self.write(SIDE_BY_SIDE), "--out", self.out)
        self.assert_all_outputs()
        statuses = {(cell["executor"], cell["round"]): (cell["status"], cell["reason"]) for cell in self.summary()["cells"]}
        for name in ["baseline", "fa", "keep", "ngram"]:
            self.assertEqual(statuses["llama-server", name], ("ok", ""), name)
        self.assertEqual(statuses["llama-server", "lookup"][0], "unsupported")
        self.assertIn("spec-type: ngram-simple", statuses["llama-server", "lookup"][1])
        self.assertEqual(statuses["llama", "ngram"][0], "unsupported")
        for round_name, value in [("baseline", "off"), ("fa", "on")]:
            self.assertEqual(self.cell_of("llama-server", round_name)["flags"]["in_force"]["flash-attn"], value)
        metrics = {metric["name"]: metric["mean"] for metric in self.cell_of("llama-server", "baseline")["metrics"]}
        for name in ["decode_tps", "prefill_tps", "ttft_ms", "server_prefill_ms", "server_tpot_ms", "kv_cache_bytes"]:
            self.assertGreater(metrics[name], 0, name)
        self.assertLess(metrics["server_tpot_ms"], metrics["tpot_ms"] * 1.05 + 0.1, "the client sees no token before it is there")
        log = (self.out / "llama-server.log").read_text()
        # Four sets of options are run by the shared process, in each of two blocks and a warm-up; memory trials have their own.
        starts = [int(number) for number in re.findall(r"start (\d+) of a llama-server", log)]
        self.assertLessEqual(max(starts), 5, "servers are kept from block to block")
        self.assertEqual(servers(self.model), [])
        self.assertIn("llama-server", (self.out / "report.md").read_text())

    def test_kill_9_of_the_coordinator_leaves_nobody_behind(self):
        process = self.start("run", self.write(SIDE_BY_SIDE.replace("blocks: 2", "blocks: 200")), "--out", self.out, "--quiet")
        deadline = time.monotonic() + PATIENCE_S
        while not servers(self.model) and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        self.assertTrue(servers(self.model))
        process.kill()
        process.communicate()
        deadline = time.monotonic() + PATIENCE_S
        while servers(self.model) and time.monotonic() < deadline:
            time.sleep(0.01)
        self.assertEqual(servers(self.model), [])

    def test_what_is_not_there_is_said_before_anything_runs(self):
        text = SIDE_BY_SIDE.replace("[llama, llama-server]", "[{id: s, kind: llama-server, command: [no-such-server]}, "
                                    "{id: far, kind: openai, url: 'http://localhost/v1', key_env: EDGELAB_TEST_NO_KEY}]")
        done = self.edgelab("check", self.write(text), expect=2)
        self.assertRegex(done.stderr, r"experiment.yaml:7:\d+: executor 's': there is no program 'no-such-server' along PATH")
        self.assertRegex(done.stderr, r"experiment.yaml:7:\d+: executor 'far': the environment variable EDGELAB_TEST_NO_KEY")


class Endpoints(LabTest):
    """The examples, with a stand-in that streams as each of the servers does."""

    def standin(self, form):
        file = self.dir / f"{form}.url"
        process = subprocess.Popen([BIN / "openai_standin", form, file, "200"], stdin=subprocess.PIPE)
        self.addCleanup(process.wait)
        self.addCleanup(process.stdin.close)
        while not (file.exists() and file.read_text()):
            time.sleep(0.01)
        return file.read_text()

    def run_example(self, name, url, environment=None):
        text = (SOURCE / "examples" / f"{name}.yaml").read_text()
        text = re.sub(r"http://localhost:\d+/v1(?= )|http://localhost:\d+/v1$", url, text, flags=re.MULTILINE)
        text = re.sub(r"^    model: .*$", "    model: stand-in", text, flags=re.MULTILINE)
        text = text.replace("../workloads", str(SOURCE / "workloads"))
        file = self.write(text, f"{name}.yaml")
        options = {"env": dict(os.environ, **(environment or {}))}
        self.edgelab("check", file, **options)
        self.edgelab("run", file, "--blocks", 2, "--out", self.out, "--quiet", **options)
        self.assert_all_outputs()
        return self.summary()["cells"]

    def test_ollama(self):
        for cell in self.run_example("ollama", self.standin("ollama")):
            self.assertEqual((cell["status"], cell["reason"]), ("ok", ""))
            metrics = {metric["name"] for metric in cell["metrics"]}
            self.assertIn("decode_tps", metrics)
            self.assertIn("retries", metrics)
            self.assertEqual(metrics & {"queue_ms", "prefill_tps", "slots_busy", "cached_prompt_tokens", "rss_peak_bytes"}, set(),
                             "what an endpoint does not tell is absent")
            self.assertEqual(cell["flags"]["in_force"]["flash-attn"], "opaque")
            self.assertEqual(cell["flags"]["in_force"]["token-counts"], "usage")

    def test_vllm(self):
        cells = self.run_example("vllm", self.standin("vllm"), {"VLLM_KEY": "sk-in-no-file"})
        for cell in cells:
            self.assertEqual((cell["status"], cell["reason"]), ("ok", ""))
        for file in self.out.iterdir():
            self.assertNotIn(b"sk-in-no-file", file.read_bytes(), file)

    def test_nobody_there_is_failed_trials(self):
        text = (SOURCE / "examples" / "ollama.yaml").read_text().replace("localhost:11434", "127.0.0.1:9")
        text = text.replace("../workloads", str(SOURCE / "workloads")).replace("retries: 2", "retries: 0")
        self.edgelab("run", self.write(text), "--blocks", 1, "--out", self.out, "--quiet", expect=1)
        for trial in self.trials():
            self.assertEqual((trial["status"], trial["metrics"]), ("failed", {}))
            self.assertIn("cannot be reached", trial["reason"])


PRINTS = """\
schema: edge-llm-lab/1
name: prints
workloads:
  - {id: w, file: prompts.jsonl}
executors: [{id: tool, kind: exec, command: [/bin/sh, %s, '{prompt}', '{max_tokens}']}]
rounds:
  - {name: baseline, category: baseline}
  - {name: broken, flags: {extra-args: [fail]}}
protocol: {warmup: 1, blocks: 2, seed: 7, trial: {min_seconds: 0.02, min_tokens: 1000}}
"""


class Printing(LabTest):
    def test_a_program_that_only_prints(self):
        (self.dir / "prompts.jsonl").write_text(json.dumps({"id": "q", "prompt": "four", "max_tokens": 2, "expected": "w4 w11"}))
        self.edgelab("run", self.write(PRINTS % (SOURCE / "tests" / "support" / "prints.sh")), "--out", self.out, expect=1)
        self.assert_all_outputs()
        cell = self.cell("baseline")
        self.assertEqual((cell["status"], cell["reason"]), ("ok", ""))
        names = {metric["name"] for metric in cell["metrics"]}
        self.assertEqual(names & {"queue_ms", "ttft_ms", "prefill_tps", "tpot_ms", "decode_tps", "system_tps", "output_tokens", "slots_busy",
                                  "tokens_per_emit", "cached_prompt_tokens", "itl_ms_p50"}, set(), "what nobody can know is absent")
        self.assertTrue({"e2e_ms", "requests_per_s"} <= names, names)
        self.assertEqual(self.summary()["quality"][0]["score"], 1.0)
        broken = self.cell("broken")
        self.assertEqual(broken["status"], "failed")
        self.assertIn("exited with status 3", broken["reason"])
        self.assertIn("cannot load the model", broken["reason"])


if __name__ == "__main__":
    unittest.main()
