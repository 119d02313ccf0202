#!/usr/bin/env python3
"""exports_test.py NM LIBRARY HEADER: libedgelab shows the functions that edgelab.h declares, and nothing else."""
import re
import subprocess
import sys

nm, library, header = sys.argv[1:]
shown = {line.split()[-1].split("@")[0]
         for line in subprocess.run([nm, "-D", "--defined-only", library], capture_output=True, text=True, check=True).stdout.splitlines()}
declared = set(re.findall(r"^EDGELAB_API [^;]*?\b(edgelab_\w+)\(", open(header, encoding="utf-8").read(), re.MULTILINE))
assert declared, header
if shown != declared:
    sys.exit(f"shown and not declared: {sorted(shown - declared)}; declared and not shown: {sorted(declared - shown)}")
