"""Multiple choice by likelihood: asked of real executors when the trials are over."""
import json
import unittest

from lab import SOURCE, LabTest

EXPERIMENT = """\
schema: edge-llm-lab/1
name: choices
models:
  - {id: demo, path: %s}
workloads:
  - {id: w, file: choices.jsonl, per_trial: 1%s}
executors: [%s]
rounds:
  - {name: baseline, category: baseline}
  - {name: twin, flags: {}}
protocol: {warmup: 0, blocks: 1, seed: 7, trial: {min_seconds: 0.01, min_tokens: 1}}
"""


class Choices(LabTest):
    def write_choices(self, count=4):
        """What the demo model was trained for: the right JSON, and the same with two values in each other's places."""
        lines = []
        for line in (SOURCE / "workloads" / "extract.jsonl").read_text().splitlines():
            request = json.loads(line)
            values = json.loads(request["expected"])
            first, second = list(values)[:2]
            wrong = dict(values, **{first: values[second], second: values[first]})
            choices = [request["expected"], json.dumps(wrong, separators=(",", ":"), ensure_ascii=False)]
            right = len(lines) % 2
            if right == 1:
                choices.reverse()
            lines.append(dict(request, choices=choices, expected=right, max_tokens=4))
            if len(lines) == count:
                break
        (self.dir / "choices.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))

    def measure(self, executor="llama", scorer="", expect=0):
        model = SOURCE / "models" / "demo" / "demo-f16.gguf"
        text = EXPERIMENT % (model, scorer, executor)
        return self.edgelab("run", self.write(text), "--out", self.out, expect=expect)

    def test_a_trained_model_takes_the_right_one(self):
        self.write_choices()
        told = self.measure().stderr
        self.assertIn("after the trials: choices, demo/llama/w/baseline, 0 of at most 8 requests", told)
        self.assertIn("after the trials: choices, demo/llama/w/twin, 8 of at most 8 requests", told)
        baseline, twin = self.summary()["quality"]
        self.assertEqual((baseline["scorer"], baseline["requests"]), ("acc_norm", 4))
        self.assertGreaterEqual(baseline["right"], 3)
        self.assertEqual((twin["right"], twin["flips"]["right_to_wrong"]), (baseline["right"], 0))
        self.assertEqual(self.summary()["unscored"], [])
        self.assertIn("scored by `acc_norm`", (self.out / "report.md").read_text())
        # Asked once: what is in the store is enough for a report, and a resumed run has nothing to ask.
        before = self.summary()["quality"]
        self.edgelab("run", "--resume", self.out)
        self.assertEqual(self.summary()["quality"], before)

    def test_the_wrong_one_is_wrong(self):
        self.write_choices(2)
        lines = [json.loads(line) for line in (self.dir / "choices.jsonl").read_text().splitlines()]
        for line in lines:
            line["expected"] = 1 - line["expected"]
        (self.dir / "choices.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        self.measure(scorer=", scorer: acc")
        self.assertLessEqual(self.summary()["quality"][0]["right"], 1)
        self.assertEqual(self.summary()["quality"][0]["scorer"], "acc")

    def test_an_executor_that_cannot_score(self):
        self.write_choices(2)
        self.measure(executor="'null'")
        summary = self.summary()
        self.assertEqual(summary["quality"], [])
        self.assertEqual([(row["cell"], row["what"], row["status"]) for row in summary["unscored"]],
                         [("demo/null/w/baseline", "choices", "unsupported"), ("demo/null/w/twin", "choices", "unsupported")])
        self.assertIn("has no model to score with", (self.out / "report.md").read_text())

    def test_bad_input(self):
        (self.dir / "choices.jsonl").write_text('{"prompt": "a", "expected": "b"}\n')
        done = self.measure(scorer=", scorer: acc", expect=2)
        self.assertIn("the scorer acc cannot use what request '1' expects: it has no 'choices' to take it from", done.stderr)
        (self.dir / "choices.jsonl").write_text('{"prompt": "a", "choices": ["b", "c"], "expected": 2}\n')
        self.assertIn("choices.jsonl:1:1: 'expected' is none of the 2 choices", self.measure(expect=2).stderr)


if __name__ == "__main__":
    unittest.main()
