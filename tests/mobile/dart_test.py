#!/usr/bin/env python3
"""dart_test.py LIBRARY [TEST…]: the app's Dart, analysed and run, where there is a Dart SDK (Debian: dart-sdk, dart-ffi); skipped elsewhere.
Flutter is not there: dart/ has stand-ins. LIBRARY is libedgelab_mobile."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

PROJECT = pathlib.Path(__file__).resolve().parents[2]
STAND_INS = pathlib.Path(__file__).with_name("dart")
LIBRARY = pathlib.Path(sys.argv[1]).resolve()
DART = os.environ.get("EDGELAB_DART") or shutil.which("dart") or "/usr/lib/dart/bin/dart"
FFI = pathlib.Path(os.environ.get("EDGELAB_DART_FFI", "/usr/share/dart/packages/ffi"))
SKIPPED = 77   # ctest's SKIP_RETURN_CODE
if not pathlib.Path(DART).exists() or not FFI.exists():
    print(f"skipped: there is no Dart SDK ({DART}) or no package ffi ({FFI})")
    sys.exit(SKIPPED)


class Dart(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="dart"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        app = cls.folder / "app"
        for part in ("lib", "test", "native/lib"):
            shutil.copytree(PROJECT / "mobile" / part, app / part)
        shutil.copytree(PROJECT / "tests" / "fleet", cls.folder / "tests" / "fleet", ignore=shutil.ignore_patterns("*.cpp", "*.hpp"))
        shutil.copy(STAND_INS / "offline.dart", app)
        packages = {path.name: path for path in STAND_INS.iterdir() if path.is_dir()}
        packages |= {"ffi": FFI, "edgelab_mobile": app, "edgelab_native": app / "native"}
        cls.packages = app / ".dart_tool" / "package_config.json"
        cls.packages.parent.mkdir()
        cls.packages.write_text(json.dumps({"configVersion": 2, "packages": [
            {"name": name, "rootUri": path.as_uri(), "packageUri": "lib/", "languageVersion": "3.12"} for name, path in packages.items()]}))
        (app / "analysis_options.yaml").write_text("analyzer: {language: {strict-casts: true, strict-raw-types: true}}\n")
        cls.app = app

    def dart(self, *arguments, cwd=None):
        return subprocess.run([DART, *map(str, arguments)], cwd=cwd or self.app, env={**os.environ, "HOME": str(self.folder)}, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=500)

    def run_dart(self, *arguments, cwd=None):
        return self.dart("--enable-asserts", f"--packages={self.packages}", *arguments, cwd=cwd)

    def test_analysis_finds_nothing(self):
        done = self.dart("analyze", "--fatal-infos", ".")
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_analysis_can_find_something(self):
        wrong = self.app / "lib" / "wrong.dart"
        wrong.write_text("import 'hub/frames.dart';\n\nint seqOf(Frame frame) => frame.seq;\n")   # it may be null
        self.addCleanup(wrong.unlink)
        done = self.dart("analyze", ".")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("return_of_invalid_type", done.stdout)

    def test_its_own_tests(self):
        for test in sorted((self.app / "test").glob("*_test.dart")):
            with self.subTest(test.name):
                done = self.run_dart(test)
                self.assertRegex(done.stdout, r"(?m)^0 failed of [1-9]\d*$")

    def test_a_run_stopped_killed_and_gone_on_with(self):
        framework = self.folder / "edgelab_mobile.framework"
        framework.mkdir()
        (framework / "edgelab_mobile").symlink_to(LIBRARY)
        command = [self.app / "offline.dart", PROJECT, self.folder / "run"]
        rows = self.folder / "run" / "rows.jsonl"
        in_flight = self.folder / "run" / "in_flight.json"

        stopped = self.run_dart(*command, "2", cwd=self.folder)
        self.assertIn("\nstopped 2 ", stopped.stdout)
        self.assertEqual(len(rows.read_text().splitlines()), 2)
        self.assertFalse(in_flight.exists())

        killed = subprocess.Popen([DART, f"--packages={self.packages}", *map(str, command), "0"], cwd=self.folder,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 300
        while time.monotonic() < deadline and not (in_flight.exists() and len(rows.read_text().splitlines()) >= 7):
            time.sleep(0.01)
        time.sleep(0.1)
        killed.kill()
        killed.wait()
        # Else the kill fell between two trials: when the row was there already, or the next had not begun.
        lost = in_flight.exists() and json.loads(in_flight.read_text())["rows"] == len(rows.read_text().splitlines())

        finished = self.run_dart(*command, "0", cwd=self.folder)
        self.assertRegex(finished.stdout, r"\nfinished 1[12] ")
        self.assertEqual(len(rows.read_text().splitlines()), 12)
        failed = sum(int(line.split()[4]) for line in finished.stdout.splitlines() if line.startswith("round "))
        self.assertEqual(failed, 1 if lost else 0, finished.stdout)
        if lost:
            self.assertIn("the app ended during this trial", finished.stdout)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[2:])
