#!/usr/bin/env python3
"""The tree keeps its floors; and the scanner finds what breaks them."""

import pathlib
import tempfile
import unittest

import floors

SRC = pathlib.Path(__file__).resolve().parents[2] / "src"

# (file, its only line, a part of the complaint, or None where there is none)
CASES = [
    ("runner/a.cpp", '#include "stats/estimate.hpp"', None),
    ("app/a.cpp", '#include "runner/runner.hpp"', None),
    ("llama/a.cpp", '#include "wire/wire.hpp"', None),
    ("llama/a.cpp", "#include <llama.h>", None),
    ("model/a.cpp", "#include <gguf.h>", None),
    ("core/process.cpp", "#include <boost/process/v2.hpp>", None),
    ("stats/a.cpp", "#include <boost/math/distributions/students_t.hpp>", None),
    ("stats/a.hpp", '#include "stats/b.hpp"', None),
    ("stats/a.hpp", '// #include "app/b.hpp"', None),
    ("core/a.hpp", '#include "types/plan.hpp"', "types is above core"),
    ("types/a.hpp", '#include "runner/runner.hpp"', "runner is above types"),
    ("types/a.hpp", '#include "wire/wire.hpp"', "wire is above types"),
    ("spec/a.cpp", '#include "plan/plan.hpp"', "siblings"),
    ("stats/a.cpp", '  #  include "report/report.hpp"', "siblings"),
    ("llama/a.cpp", '#include "spec/catalogue.hpp"', "an executor sees only"),
    ("null/a.cpp", '#include "llama/engine.hpp"', "an executor sees only"),
    ("bridge/server/a.cpp", '#include "serve/inbox.hpp"', None),
    ("bridge/server/a.cpp", '#include "null/session.hpp"', "an executor sees only"),
    ("serve/a.cpp", '#include "executor/executor.hpp"', "executor is above serve"),
    ("runner/a.cpp", '#include "llama/engine.hpp"', "a program of its own"),
    ("runner/a.cpp", "#include <llama.h>", "only src/llama"),
    ("spec/a.cpp", '#include "gguf.h"', "only src/model and src/llama"),
    ("plan/a.cpp", "#include <ggml-backend.h>", "only src/model and src/llama"),
    ("plan/a.cpp", "#include <soci/soci.h>", "only src/store"),
    ("spec/a.cpp", "#include <boost/process/v2.hpp>", "portable"),
    ("core/text.cpp", "#include <boost/process/v2.hpp>", "portable"),
    ("stats/a.cpp", '#include "estimate.hpp"', "written from src"),
    ("stats/a.cpp", '#include "attic/a.hpp"', "on no floor"),
    ("attic/a.cpp", "", "on no floor"),
    ("course/a.cpp", '#include "executor/capability.hpp"', None),
    ("course/a.cpp", '#include "executor/executor.hpp"', "is built for phones"),
    ("capi/a.cpp", '#include "store/store.hpp"', "is built for phones"),
    ("capi/a.cpp", '#include "llama/session.hpp"', None),
    ("capi/a.cpp", '#include "null/session.hpp"', "a program of its own"),
    ("course/a.cpp", '#include "llama/session.hpp"', "a program of its own"),
    ("runner/a.cpp", '#include "course/record.hpp"', None),
    ("plan/a.cpp", '#include "course/record.hpp"', "course is above plan"),
]


class Floors(unittest.TestCase):
    def test_the_tree_keeps_them(self):
        self.assertTrue((SRC / "core").is_dir())
        self.assertEqual([], floors.scan(SRC))

    def test_what_breaks_them_is_found(self):
        for file, line, expected in CASES:
            with self.subTest(file=file, line=line), tempfile.TemporaryDirectory() as folder:
                path = pathlib.Path(folder) / file
                path.parent.mkdir(parents=True)
                path.write_text(f"// one line before\n{line}\n")
                found = floors.scan(pathlib.Path(folder))
                if expected is None:
                    self.assertEqual([], found)
                else:
                    self.assertEqual(1, len(found), found)
                    self.assertIn(expected, found[0])
                    self.assertRegex(found[0], rf"{file}:[12]: ")


if __name__ == "__main__":
    unittest.main()
