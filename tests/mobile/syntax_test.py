#!/usr/bin/env python3
"""syntax_test.py FOLDER: every source of the app parses, with the grammars that npm puts into FOLDER; and what is broken does not."""
import hashlib
import pathlib
import shutil
import subprocess
import sys
import unittest
import xml.etree.ElementTree

PROJECT = pathlib.Path(__file__).resolve().parents[2]
SYNTAX = PROJECT / "tools" / "syntax"
ENDINGS = {".dart", ".kt", ".kts", ".swift", ".yaml", ".json", ".podspec"}
MADE = {"build", "prefix", "Frameworks", ".dart_tool"}   # what the app's own build leaves in mobile/
NPM_TRIES = 2


def sources(endings):
    """Of the app, without what is made by its tools: the runners of the platforms, libraries."""
    mobile = PROJECT / "mobile"
    found = [path for path in sorted(mobile.rglob("*")) if path.suffix in endings and path.is_file()]
    return [path for path in found
            if not MADE & set(path.relative_to(mobile).parts) and path.relative_to(mobile).parts[0] not in ("android", "ios", "assets")]


def grammars(folder):
    """The folder of the packages; made once for each lock file, and whole or not at all."""
    lock = (SYNTAX / "package-lock.json").read_bytes()
    done = folder / hashlib.sha256(lock).hexdigest()[:16]
    if done.exists():
        return done / "node_modules"
    if shutil.which("npm") is None or shutil.which("node") is None:
        sys.exit("there is no npm or no node: they are in tools/lab/packages.dev")
    making = done.with_suffix(".making")
    for attempt in range(NPM_TRIES):
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(parents=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(SYNTAX / name, making)
        npm = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=making, text=True, check=False,
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300)
        if npm.returncode == 0:
            making.rename(done)
            return done / "node_modules"
    sys.exit("the grammars that the app's sources are parsed with are not here, and npm cannot get them from its registry:\n"
             f"{npm.stdout}\nNothing was parsed. With a registry that can be reached, or with these packages in npm's cache, run this again.")


MODULES = grammars(pathlib.Path(sys.argv[1]))


def parse(*files):
    # Some grammars are too large for node's optimising compiler, which ends the process then; the other one is quicker to start, too.
    return subprocess.run(["node", "--liftoff-only", SYNTAX / "parse.mjs", MODULES, *files], capture_output=True, text=True, check=False, timeout=120)


class Syntax(unittest.TestCase):
    def test_every_source_parses(self):
        files = sources(ENDINGS)
        for ending in ENDINGS:
            self.assertTrue(any(file.suffix == ending for file in files), f"there is no {ending}: is that the app's folder?")
        result = parse(*files)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn(f"{len(files)} files, 0 errors", result.stdout)

    def test_what_is_broken_is_refused_with_its_place(self):
        broken = sorted((SYNTAX / "broken").iterdir())
        self.assertEqual({file.suffix for file in broken}, ENDINGS)
        result = parse(*broken)
        self.assertEqual(result.returncode, 1, result.stdout + result.stderr)
        for file in broken:
            self.assertRegex(result.stderr, rf"(?m)^{file}:\d+:\d+: ")

    def test_an_ending_without_a_grammar_is_no_success(self):
        self.assertEqual(parse(SYNTAX / "README.md").returncode, 2)

    def test_xml_is_well_formed(self):
        files = sources({".xml", ".plist"})
        self.assertTrue(files)
        for file in files:
            xml.etree.ElementTree.parse(file)

    def test_the_lock_file_has_no_download_addresses(self):
        self.assertNotIn("resolved", (SYNTAX / "package-lock.json").read_text(encoding="utf-8"))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
