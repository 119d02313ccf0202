"""All the figures of models/demo/MODEL_CARD.md, measured again: `./lab bench models [--limit N]`."""

import argparse
import sys
import tempfile
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(SOURCE / "tools/demo_model"))

from evaluate import KINDS, evaluate


def main():
    parser = argparse.ArgumentParser(prog="./lab bench models", description=__doc__)
    parser.add_argument("--limit", type=int, help="only the first N prompts of each workload")
    limit = parser.parse_args().limit
    demo, made = SOURCE / "models/demo", SOURCE / "build/models"
    files = {kind: (demo if kind == "f16" else made) / f"demo-{kind}.gguf" for kind in KINDS}
    with tempfile.TemporaryDirectory(prefix="edgelab-models-") as work:
        evaluate(files, demo / "demo-draft-f16.gguf", SOURCE / "workloads", Path(work), limit)


if __name__ == "__main__":
    main()
