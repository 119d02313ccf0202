"""The demo models: their checksums, their workloads, and what they can do on a sample of held-out prompts.

The floors below are lower than what was measured (models/demo/MODEL_CARD.md): by what a sample of that size can miss by
chance, and as greedy decoding may differ a little between machines.
"""

import hashlib
import os
import sys
import tempfile
import unittest
from pathlib import Path

SOURCE = Path(os.environ["EDGELAB_SOURCE_DIR"])
sys.path.insert(0, str(SOURCE / "tools/demo_model"))

import figures

DEMO, MADE, WORKLOADS = SOURCE / "models/demo", SOURCE / "build/models", SOURCE / "workloads"
SAMPLE = 48              # prompts of each workload, and of each length of longqa
FLOORS = {"extract": 0.90, "rewrite": 0.75, "chat": 0.90, "longqa 128": 0.90, "longqa 256": 0.90, "longqa 512": 0.90,
          "longqa 1000": 0.80}
AGREEMENT = 0.75         # in every workload


class Files(unittest.TestCase):
    def test_checksums(self):
        lines = [line.split("  ") for line in (DEMO / "SHA256SUMS").read_text().splitlines()]
        self.assertEqual(sorted(name for _, name in lines), sorted(f.name for f in DEMO.glob("*.gguf")))
        for wanted, name in lines:
            self.assertEqual(hashlib.sha256((DEMO / name).read_bytes()).hexdigest(), wanted, name)

    def test_quantised_files_are_made(self):
        """By ./lab, before the tests."""
        for name in ("demo", "demo-draft"):
            f16 = (DEMO / f"{name}-f16.gguf").stat().st_size
            sizes = [(MADE / f"{name}-{kind}.gguf").stat().st_size for kind in ("q8_0", "q4_0")]
            self.assertGreater(f16, sizes[0])
            self.assertGreater(sizes[0], sizes[1])

    def test_two_hundred_prompts_each_with_the_answer_where_there_is_one(self):
        for task in ("extract", "rewrite", "longqa", "chat", "stories", "mixed"):
            rows = figures.rows_of(WORKLOADS, task)
            self.assertGreaterEqual(len(rows), 200, task)
            self.assertEqual(len({r["id"] for r in rows}), len(rows), task)
            if task not in ("stories", "mixed"):
                self.assertTrue(all("expected" in r for r in rows), task)


class OnASample(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="edgelab-models-")
        self.addCleanup(folder.cleanup)
        self.log = Path(folder.name) / "server.log"

    def server(self, flags=()):
        return figures.Server(DEMO / "demo-f16.gguf", self.log, flags)

    def test_the_target_answers(self):
        with self.server() as server:
            found = figures.measure(server, WORKLOADS, ("extract", "rewrite", "chat"), SAMPLE).shares
            found |= figures.measure(server, WORKLOADS, ("longqa",), 4 * SAMPLE).shares     # four lengths in turn
        print({name: str(share) for name, share in found.items()})
        for name, floor in FLOORS.items():
            self.assertGreaterEqual(found[name].value, floor, name)

    def test_the_draft_agrees(self):
        with self.server(figures.draft_flags(DEMO / "demo-draft-f16.gguf")) as server:
            found = figures.agreement(server, WORKLOADS, limit=24)
        print({name: str(share) for name, share in found.items()})
        for task in (*figures.TASKS, "stories"):
            self.assertGreaterEqual(found[task].value, AGREEMENT, task)


if __name__ == "__main__":
    unittest.main()
