"""A run whose answers are graded by a judge: a local server that says what the test wants."""
import http.server
import json
import os
import threading
import unittest

from lab import LabTest

KEY = "sk-very-secret"


class Judge(http.server.ThreadingHTTPServer):
    """Grades by what the answer says, and counts how often it is asked. `script` has replies that come first."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.script = []
        self.asked = 0
        self.keys = set()
        self.url = f"http://127.0.0.1:{self.server_port}/v1"
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked += 1
        self.server.keys.add(self.headers["Authorization"])
        if self.server.script:
            status, reply = self.server.script.pop(0)
        else:
            score = 5 if "well said" in body["messages"][1]["content"] else 2
            status, reply = 200, self.completion(json.dumps({"reason": "so it is", "score": score}))
        data = reply.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Retry-After", "0")
        self.end_headers()
        self.wfile.write(data)

    @staticmethod
    def completion(text):
        return json.dumps({"choices": [{"message": {"role": "assistant", "content": text}}]})


EXPERIMENT = """\
schema: edge-llm-lab/1
name: judged
workloads:
  - {id: w, file: prompts.jsonl}
executors: ['null']
rounds:
  - {name: baseline, category: baseline, flags: {null.text: well said}}
  - {name: poor, flags: {null.text: hm}}
protocol: {warmup: 0, blocks: 2, seed: 7}
quality:
  judge: {url: '%s', model: grader, key_env: EDGELAB_TEST_KEY, scale: [1, 5], retries: %d, rubric: 'Is it well said?'}
"""


class Judged(LabTest):
    def setUp(self):
        super().setUp()
        self.judge = Judge()
        self.addCleanup(self.judge.server_close)
        self.addCleanup(self.judge.shutdown)
        (self.dir / "prompts.jsonl").write_text(
            "".join(json.dumps({"id": f"q{i}", "prompt": f"question {i}", "max_tokens": 16}) + "\n" for i in range(6)))
        self.environment = dict(os.environ, EDGELAB_CACHE=str(self.dir / "cache"), EDGELAB_TEST_KEY=KEY)

    def measure(self, out="out", retries=2, environment=None, resume=False):
        self.out = self.dir / out
        arguments = ["run", "--resume", self.out] if resume else [
            "run", self.write(EXPERIMENT % (self.judge.url, retries)), "--out", self.out]
        done = self.edgelab(*arguments, env=environment or self.environment)
        self.assert_all_outputs()
        for file in [*self.out.iterdir(), *(self.dir / "cache").glob("**/*")]:
            if file.is_file():
                self.assertNotIn(KEY.encode(), file.read_bytes(), file)
        self.assertNotIn(KEY, done.stdout + done.stderr)
        return self.summary(), done

    def test_grades_are_reported_apart_and_asked_for_once(self):
        summary, done = self.measure()
        self.assertIn("after the trials: judge, none/null/w/poor, 12 of at most 12 answers", done.stderr)
        baseline, poor = summary["judge"]
        self.assertEqual((baseline["grade"], poor["grade"], poor["difference"]), (5.0, 2.0, -3.0))
        self.assertEqual((poor["requests"], poor["ungraded"], poor["lowest"], poor["highest"]), (6, 0, 1, 5))
        self.assertEqual(poor["judge"], "grader")
        self.assertEqual(self.judge.keys, {"Bearer " + KEY})
        self.assertEqual(self.judge.asked, 12)        # six answers of two rounds, however often they were given
        self.assertEqual(summary["quality"], [])
        report = (self.out / "report.md").read_text()
        self.assertIn("## What a judge says", report)
        self.assertNotIn("## Right answers", report)

        again, _ = self.measure("again")
        self.assertEqual(self.judge.asked, 12)
        self.assertEqual(again["judge"], summary["judge"])
        self.edgelab("report", self.out)
        self.assertEqual(self.summary()["judge"], summary["judge"])

    def test_one_bad_reply_costs_one_grade(self):
        self.judge.script = [(200, Handler.completion("rather nice"))]
        summary, _ = self.measure()
        baseline, poor = summary["judge"]
        self.assertEqual((baseline["requests"], baseline["ungraded"], poor["ungraded"]), (5, 1, 0))
        self.assertIn("the judge gave no score", baseline["first_error"])
        self.assertIn("rather nice", baseline["first_error"])
        self.assertIn("one answer is without a grade", (self.out / "report.md").read_text())
        summary, _ = self.measure(resume=True)        # what was graded is not asked for again
        self.assertEqual((summary["judge"][0]["ungraded"], self.judge.asked), (0, 13))

    def test_busy_at_first(self):
        self.judge.script = [(429, '{"error": {"message": "slow down"}}')]
        summary, _ = self.measure()
        self.assertEqual([row["ungraded"] for row in summary["judge"]], [0, 0])
        self.assertEqual(self.judge.asked, 13)

    def test_a_refused_key_loses_nothing_but_the_grades(self):
        self.judge.script = [(401, '{"error": {"message": "Incorrect API key provided: %s"}}' % KEY)] * 2
        summary, done = self.measure()
        self.assertEqual(self.judge.asked, 1)
        self.assertEqual(summary["judge"], [])
        self.assertEqual([cell["status"] for cell in summary["cells"]], ["ok", "ok"])
        self.assertEqual([row["what"] for row in summary["unscored"]], ["judge", "judge"])
        self.assertIn("answered 401: Incorrect API key provided: (the key)", summary["unscored"][0]["reason"])
        self.assertIn("answered 401", done.stderr)
        self.assertIn("answered 401", (self.out / "report.md").read_text())
        self.judge.script = []
        summary, _ = self.measure(resume=True)
        self.assertEqual([row["grade"] for row in summary["judge"]], [5.0, 2.0])
        self.assertEqual(summary["unscored"], [])

    def test_busy_all_the_time(self):
        self.judge.script = [(503, "<html>over capacity</html>")] * 100
        summary, _ = self.measure(retries=1)
        self.assertEqual(self.judge.asked, 6)        # three answers, twice each
        self.assertIn("answered 503: <html>over capacity</html> (asked 2 times)", summary["unscored"][0]["reason"])

    def test_without_the_key(self):
        environment = {name: value for name, value in self.environment.items() if name != "EDGELAB_TEST_KEY"}
        summary, _ = self.measure(environment=environment)
        self.assertEqual(self.judge.asked, 0)
        self.assertEqual(summary["unscored"][0]["reason"], "the environment variable EDGELAB_TEST_KEY is not set")


if __name__ == "__main__":
    unittest.main()
