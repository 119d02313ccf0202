"""Bad input: FILE:LINE:COLUMN, what was expected, exit status 2, and nothing has run."""
import re
import unittest

from lab import NULL_EXPERIMENT, LabTest

LLAMA_EXPERIMENT = """\
schema: edge-llm-lab/1
name: models
models:
  - {id: m, path: %(path)s%(draft)s}
workloads:
  - {id: w, kind: synthetic, prompt_tokens: [16], output_tokens: 8, count: 1}
rounds:
  - {name: baseline, category: baseline}
"""
SHAPE = "n_embd=64,n_layer=1,n_head=2,n_head_kv=1,n_ff=64,n_vocab=%d,n_ctx=128"


class BadInput(LabTest):
    def refused(self, text, *messages, arguments=()):
        """Each message is (line, part of the text); they come in this order and are all there are."""
        file = self.write(text)
        for command in [["check", file], ["plan", file], ["run", file, "--out", self.out, *arguments]]:
            if command[0] != "run" and (arguments or "null." in "".join(part for _, part in messages)):
                continue     # plan starts no executor, and only run has these arguments
            done = self.edgelab(*command, expect=2)
            lines = done.stderr.strip().splitlines()
            self.assertEqual(len(lines), len(messages), done.stderr)
            for line, (number, part) in zip(lines, messages):
                self.assertRegex(line, "^" + re.escape(file) + r":\d+:\d+: ")
                if number:
                    self.assertEqual(int(line[len(file) + 1:].split(":")[0]), number, line)
                self.assertIn(part, line)
            self.assertEqual(done.stdout, "")
        self.assertFalse(self.out.exists())

    def test_malformed(self):
        self.refused("schema: [edge\n", (None, ""))

    def test_missing_file(self):
        done = self.edgelab("run", self.dir / "none.yaml", "--out", self.out, expect=2)
        self.assertIn("none.yaml", done.stderr)

    def test_all_mistakes_at_once(self):
        text = NULL_EXPERIMENT.replace("null.tpot-ms: 2.5", "cache-typ-k: q8_0").replace("name: noisy", "name: fast")
        text = text.replace("warmup: 1", "warmup: -1")
        file = self.write(text)
        lines = self.edgelab("check", file, expect=2).stderr.strip().splitlines()
        self.assertEqual(len(lines), 3, lines)
        self.assertTrue(any("did you mean" in line and "cache-type-k" in line for line in lines), lines)

    def test_a_missing_model_beside_other_mistakes(self):
        text = LLAMA_EXPERIMENT % {"path": "/no/such.gguf", "draft": ""} + "  - {name: k, flags: {cache-typ-k: q8_0}}\n"
        lines = self.edgelab("check", self.write(text), expect=2).stderr.strip().splitlines()
        self.assertTrue(any("/no/such.gguf" in line for line in lines), lines)
        self.assertTrue(any("did you mean" in line and "cache-type-k" in line for line in lines), lines)

    def test_a_prompt_that_does_not_fit_is_found_before_the_run(self):
        model = self.dir / "small.gguf"
        self.edgelab("model", "synth", "--shape", SHAPE.replace("n_ctx=128", "n_ctx=512") % 512, "-o", model)
        self.write('{"prompt": "short"}\n{"id": "long", "prompt": "%s"}\n' % ("word " * 800), "prompts.jsonl")
        text = LLAMA_EXPERIMENT % {"path": model, "draft": ""}
        text = re.sub(r"  - {id: w, .*", "  - {id: w, file: prompts.jsonl, max_tokens: 4}", text)
        file = self.write(text)
        for command in [["plan", file], ["run", file, "--out", self.out]]:
            said = self.edgelab(*command, expect=2).stderr
            self.assertIn(file, said)
            self.assertRegex(said, r"workload w, request 'long', model m: a prompt of \d+ tokens and 4 to generate do not fit into the 512")
        self.assertFalse(self.out.exists())

    def test_value_out_of_range(self):
        self.refused(NULL_EXPERIMENT.replace("null.tpot-ms: 2.5", "batch-size: 0"), (8, "batch-size"))

    def test_flag_of_an_executor(self):
        self.refused(NULL_EXPERIMENT.replace("null.tpot-ms: 2.5", "null.tpot-mss: 2.5"),
                     (8, "unknown flag 'null.tpot-mss' (did you mean 'null.tpot-ms'?)"))
        self.assertIn("null.tpot-ms", self.edgelab("check", self.write(
            NULL_EXPERIMENT.replace("null.tpot-ms: 2.5", "null.tpot-mss: 2.5")), expect=2).stderr)

    def test_missing_prompts(self):
        text = NULL_EXPERIMENT.replace("kind: synthetic, prompt_tokens: [16], output_tokens: 32, count: 2", "file: none.jsonl")
        self.refused(text, (4, "none.jsonl"))

    def test_unknown_metric(self):
        self.refused(NULL_EXPERIMENT.replace("seed: 7", "seed: 7, until: {metric: decode_tsp}"), (10, "decode_tps"))

    def model(self, name, vocabulary=320):
        self.edgelab("model", "synth", "--shape", SHAPE % vocabulary, "--type", "f16", "-o", self.dir / name)
        return self.dir / name

    def test_models(self):
        whole = self.model("whole.gguf")
        truncated = self.dir / "truncated.gguf"
        truncated.write_bytes(whole.read_bytes()[:-1000])
        text = self.dir / "text.gguf"
        text.write_text("hello")
        for path, part in [("missing.gguf", "missing.gguf"), (truncated, "truncated"), (text, "GGUF")]:
            self.refused(LLAMA_EXPERIMENT % {"path": path, "draft": ""}, (4, part))
            self.refused(LLAMA_EXPERIMENT % {"path": whole, "draft": f", draft: {path}"}, (4, "draft of model 'm'"))
        self.refused(LLAMA_EXPERIMENT % {"path": whole, "draft": f", draft: {self.model('other.gguf', 384)}"},
                     (4, "another vocabulary"))

    def test_model_of_the_command_line(self):
        whole = self.model("whole.gguf")
        self.refused(LLAMA_EXPERIMENT % {"path": whole, "draft": ""}, (4, "elsewhere.gguf"),
                     arguments=["--model", "m=elsewhere.gguf"])

    def test_command_lines(self):
        file = self.write(NULL_EXPERIMENT)
        for arguments, part in [(["run"], "experiment file"), (["run", file, "--blocks", "0"], "--blocks"),
                                (["run", file, "--time-budget", "soon"], "--time-budget"),
                                (["run", file, "--model", "m"], "ID=PATH"), (["run", file, "--only", "fasst"], "fast"),
                                (["run", file, "--seed", "-1"], "--seed"), (["rum"], "did you mean 'run'"), ([], "subcommand"),
                                (["report", self.dir / "none"], "none"), (["check"], "FILE")]:
            done = self.edgelab(*arguments, expect=2)
            self.assertIn(part, done.stderr, arguments)
        self.assertFalse((self.dir / "results").exists())


if __name__ == "__main__":
    unittest.main()
