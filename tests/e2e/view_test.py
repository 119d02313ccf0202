"""The live view in a pseudo-terminal; plain lines where there is none."""
import unittest

from lab import EDGELAB, NULL_EXPERIMENT, SLOW_EXPERIMENT, LabTest, in_terminal, plain


class View(LabTest):
    def test_live_in_a_terminal(self):
        status, text = in_terminal([EDGELAB, "run", self.write(SLOW_EXPERIMENT), "--out", self.out])
        self.assertEqual(status, 0, text)
        self.assertIn("\x1b[1A", text)                   # it is redrawn in place
        shown = plain(text)
        for word in ["slow: block", "/6, none/null/w/", "/24 trials", "left", "decode_tps", "x1.", "24/24 trials",
                     "ended: 6 blocks"]:
            self.assertIn(word, shown)
        self.assertIn("█", shown)
        # It leaves the terminal as it was: no other screen, the cursor visible.
        for sequence in ["\x1b[?1049h", "\x1b[?25l", "\x1b[?1000h"]:
            self.assertNotIn(sequence, text)
        self.assertLess(shown.rindex("ended: 6 blocks"), shown.rindex("stopped because"))

    def test_it_is_never_wider_or_higher_than_the_terminal(self):
        for rows, columns in [(8, 40), (3, 20), (50, 200)]:
            out = self.dir / f"{rows}x{columns}"
            status, text = in_terminal([EDGELAB, "run", self.write(SLOW_EXPERIMENT), "--out", out], rows, columns)
            self.assertEqual(status, 0, text)
            drawn = text.split("\nslow: 6 blocks")[0].split("\x1b[2K\x1b[1A")
            for frame in plain(text).split("slow: block")[1:-1]:
                for line in frame.splitlines()[1:]:
                    self.assertLessEqual(len(line.rstrip()), columns)
            self.assertTrue(drawn)

    def test_failures_stay_above_it(self):
        from lab import FAULTY
        text = NULL_EXPERIMENT.replace("['null']", '[{id: faulty, kind: exec, command: ["%s"]}]' % FAULTY)
        text = text.replace("null.tpot-ms: 2.5", "faulty.fault: failed")
        text = text.replace("null.noise: 0.05, null.block-noise: 0.02", "faulty.after: 1")
        status, written = in_terminal([EDGELAB, "run", self.write(text), "--out", self.out])
        self.assertEqual(status, 1, written)
        self.assertIn("none/faulty/w/fast: failed: as asked", plain(written))

    def test_plain_lines_elsewhere(self):
        done = self.edgelab("run", self.write(NULL_EXPERIMENT), "--out", self.out)
        self.assertNotIn("\x1b", done.stderr + done.stdout)
        lines = done.stderr.splitlines()
        self.assertEqual(len([line for line in lines if line.startswith("[")]), 12)
        self.assertTrue(lines[-1].startswith("ended: 2 blocks"))
        self.assertTrue(any("timed block 2/2: none/null/w/fast: " in line for line in lines))

    def test_quiet_in_a_terminal(self):
        status, text = in_terminal([EDGELAB, "run", self.write(NULL_EXPERIMENT), "--out", self.out, "--quiet"])
        self.assertEqual(status, 0)
        self.assertEqual(text.count("\n"), 1, text)
        self.assertIn(str(self.out), text)


if __name__ == "__main__":
    unittest.main()
