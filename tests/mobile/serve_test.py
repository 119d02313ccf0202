#!/usr/bin/env python3
"""serve_test.py PROGRAM MODEL: an executor behind a socket, as the app's service on Android has it (mobile/native/src/serve.c)."""
import json
import socket
import subprocess
import sys
import time
import unittest

PROGRAM, MODEL = sys.argv[1:3]
HELLO = {"type": "hello", "protocol": 1}


class Serve(unittest.TestCase):
    def setUp(self):
        self.ours, theirs = socket.socketpair()
        self.ours.settimeout(120)
        self.process = subprocess.Popen([PROGRAM, str(theirs.fileno())], pass_fds=[theirs.fileno()], stdout=subprocess.PIPE, text=True)
        theirs.close()
        self.lines = self.ours.makefile("r", encoding="utf-8", newline="\n")

    def tearDown(self):
        self.lines.close()
        self.ours.close()
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def send(self, *messages):
        self.ours.sendall(b"".join(json.dumps(message).encode() + b"\n" for message in messages))

    def hear(self, kind):
        for line in self.lines:
            message = json.loads(line)
            if message["type"] == kind:
                return message
            self.assertIn(message["type"], ("progress", "timeline", "emission"), line)
        self.fail(f"the connection ended before '{kind}'")

    def ended(self):
        said, _ = self.process.communicate(timeout=60)
        return said.strip()

    def load(self):
        self.send({"type": "load", "id": 1, "model": MODEL, "flags": {"threads": "1"}})
        return self.hear("loaded")

    def run_message(self, number, **more):
        return {"type": "run", "id": number, "flags": {"threads": "1"},
                "requests": [{"id": "a", "prompt": "Say hello.", "max_tokens": 4, "ignore_eos": True}], **more}

    def test_a_trial(self):
        self.send(HELLO)
        self.assertEqual(self.hear("hello")["name"], "llama")
        self.load()
        self.send(self.run_message(2))
        self.assertEqual(self.hear("done")["id"], 2)

    def test_a_line_arrives_in_pieces_and_two_arrive_in_one(self):
        text = json.dumps(HELLO).encode() + b"\n"
        for piece in (text[:1], text[1:7], text[7:-1]):
            self.ours.sendall(piece)
            time.sleep(0.02)
        self.ours.sendall(text[-1:] + text)
        self.assertEqual(self.hear("hello")["name"], "llama")
        self.assertEqual(self.hear("hello")["name"], "llama")

    def test_a_line_longer_than_what_is_read_at_once(self):
        self.load()
        self.send(self.run_message(2, comment="x" * 1_000_000))   # unknown fields are ignored
        self.assertEqual(self.hear("done")["id"], 2)

    def test_a_cancel_is_heard_while_it_runs(self):
        self.load()
        self.send(self.run_message(2, min_s=86_400), {"type": "cancel", "id": 2})
        self.assertEqual(self.hear("error")["kind"], "cancelled")

    def test_the_other_end_closes_in_mid_run(self):
        self.load()
        self.send(self.run_message(2, min_s=86_400))
        self.ours.shutdown(socket.SHUT_WR)
        self.assertEqual(self.ended(), "ended")

    def test_the_other_end_is_gone_while_it_is_told_something(self):
        self.load()
        self.send(self.run_message(2, min_s=86_400, live=True))
        self.hear("emission")
        self.ours.shutdown(socket.SHUT_RDWR)
        self.assertEqual(self.ended(), "ended")

    def test_after_bye_it_takes_no_more(self):
        self.send({"type": "bye"})
        deadline = time.monotonic() + 60
        try:
            while self.process.poll() is None and time.monotonic() < deadline:
                self.send(HELLO)
                time.sleep(0.05)
        except OSError:
            pass
        self.assertIn("bye", self.ended())


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
