#!/usr/bin/env python3
"""floors.py SRC: a file includes its own folder and lower floors, nothing else (docs/ARCHITECTURE.md).

Prints FILE:LINE: what is wrong, one line an include; exit status 1 if there is any.
"""

import pathlib
import re
import sys

# Higher numbers may include lower ones; folders of one number never include each other.
FLOOR = {
    "app": 8,
    "capi": 8,
    "runner": 7,
    "course": 6,
    "fleet": 6,
    **dict.fromkeys(("spec", "plan", "model", "executor", "store", "stats", "quality", "judge", "report", "probe"), 5),
    "serve": 4,
    "wire": 3,
    "types": 2,
    "core": 1,
}

# The executors' programs see what a stranger's executor would see in docs/PROTOCOL.md.
EXECUTORS = {"llama", "null", "bridge"}
SEEN_BY_EXECUTORS = {"core", "types", "wire", "serve"}

# What phones build too, and what of others they may see: no process, no database.
PORTABLE = {"core", "types", "wire", "serve", "spec", "plan", "stats", "quality", "report", "course", "capi"}
ALSO_PORTABLE = {"executor/answers.hpp", "executor/capability.hpp"}
# An app has its executor in its own process.
HOSTS_AN_EXECUTOR = {("capi", "llama")}

# (header, folders or files that may include it, why)
RESTRICTED = [
    (re.compile(r"llama(-cpp)?\.h$"), {"llama"}, "only src/llama knows libllama"),
    (re.compile(r"(ggml[\w-]*|gguf)\.h$"), {"llama", "model"}, "only src/model and src/llama know ggml"),
    (re.compile(r"soci/"), {"store"}, "only src/store knows the database"),
    (re.compile(r"httplib\.h$"), {"judge", "bridge", "fleet"}, "only src/judge, src/bridge and src/fleet speak HTTP"),
    (re.compile(r"nats/"), {"fleet"}, "only src/fleet knows NATS"),
    (re.compile(r"CLI/"), {"app"}, "only src/app knows the command line"),
    (re.compile(r"boost/process"), {"core/process.cpp", "core/process.hpp", "executor", "runner", "app", "probe"},
     "portable folders start no processes"),
]

INCLUDE = re.compile(r'^\s*#\s*include\s*(?P<mark>["<])(?P<path>[^">]+)[">]')
SOURCE_SUFFIXES = {".cpp", ".hpp", ".h", ".c", ".in"}


def complaint(file, mark, path):
    """What is wrong with including `path` from `file` (relative to src), or None."""
    folder = file.split("/")[0]
    for header, allowed, why in RESTRICTED:
        if header.match(path) and folder not in allowed and file not in allowed:
            return f"includes <{path}>, but {why}"
    if mark == "<":
        return None
    if "/" not in path:
        return f'includes "{path}"; includes are written from src: "{folder}/{path}"'
    target = path.split("/")[0]
    if target == folder:
        return None
    if target not in FLOOR and target not in EXECUTORS:
        return f'includes "{path}", and src/{target} is on no floor (tests/floors/floors.py)'
    if (folder, target) in HOSTS_AN_EXECUTOR:
        return None
    if folder in EXECUTORS:
        if target not in SEEN_BY_EXECUTORS:
            return f'includes "{path}"; an executor sees only {", ".join(sorted(SEEN_BY_EXECUTORS))}'
    elif target in EXECUTORS:
        return f'includes "{path}"; src/{target} is a program of its own, spoken to over the protocol'
    elif FLOOR[target] == FLOOR[folder]:
        return f'includes "{path}"; {folder} and {target} are siblings, which never include each other'
    elif FLOOR[target] > FLOOR[folder]:
        return f'includes "{path}"; {target} is above {folder}'
    elif folder in PORTABLE and target not in PORTABLE and path not in ALSO_PORTABLE:
        return f'includes "{path}"; {folder} is built for phones, and {target} is not'
    return None


def scan(src):
    """All complaints about the tree `src`, as "FILE:LINE: text"."""
    found = []
    for file in sorted(src.rglob("*")):
        if file.suffix not in SOURCE_SUFFIXES or not file.is_file():
            continue
        name = file.relative_to(src).as_posix()
        folder = name.split("/")[0]
        if folder not in FLOOR and folder not in EXECUTORS:
            found.append(f"{file}:1: src/{folder} is on no floor (tests/floors/floors.py)")
            continue
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            include = INCLUDE.match(line)
            text = include and complaint(name, include["mark"], include["path"])
            if text:
                found.append(f"{file}:{number}: {text}")
    return found


if __name__ == "__main__":
    complaints = scan(pathlib.Path(sys.argv[1]))
    print("\n".join(complaints))
    sys.exit(1 if complaints else 0)
