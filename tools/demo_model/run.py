#!/usr/bin/env python3
"""Makes the demo models, stage by stage; README.md tells what each stage does.

    run.py [--work build/demo_model] [--seed 1] [STAGE ...]

Stages already done are resumed from their checkpoints. Without a stage: all but `import`, in order.
"""

import argparse
import hashlib
import os
import subprocess
import sys
from pathlib import Path

# Two thread pools (OpenMP's and OpenBLAS's) that both spin make a step four times slower on two cores.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parent))

import torch

import plans
from init import start_with_copying
from model import DRAFT, TARGET, Llama, Shape, parameter_count
from tokenizer import load_tokenizer, train_tokenizer
from training import load_model, start, train

ROOT = Path(__file__).resolve().parents[2]


def tokenizer_stage(args):
    path = args.work / "tokenizer.json"
    if not path.exists():
        train_tokenizer(path, args.seed)


def import_stage(args):
    """Checkpoints of the shipped models, as if they had been trained on short texts alone: long ones come next."""
    from import_gguf import import_model, import_tokenizer, with_rope_base
    import_tokenizer(args.out / "demo-f16.gguf").save(str(args.work / "tokenizer.json"))
    for name, checkpoint, shape, plan, seen in (
            ("demo", "target.pt", TARGET, plans.target(args.seed, args.tokens), plans.SHORT_TOKENS),
            ("demo-draft", "draft.pt", DRAFT, plans.draft(args.seed, args.draft_tokens), plans.DRAFT_SHORT_TOKENS)):
        model = with_rope_base(import_model(args.out / f"{name}-f16.gguf"), shape["rope_base"])
        start(model, plan, args.work / checkpoint, int(seen))


def target_stage(args):
    tokenizer = load_tokenizer(args.work / "tokenizer.json")
    torch.manual_seed(args.seed)
    model = start_with_copying(Llama(Shape(vocab=tokenizer.get_vocab_size(), **TARGET)))
    print(f"target: {parameter_count(model)} parameters", flush=True)
    train(model, tokenizer, plans.target(args.seed, args.tokens), args.work / "target.pt", stop_after_s=args.minutes * 60)


def draft_stage(args):
    tokenizer = load_tokenizer(args.work / "tokenizer.json")
    torch.manual_seed(args.seed)
    model = start_with_copying(Llama(Shape(vocab=tokenizer.get_vocab_size(), **DRAFT)))
    teacher, _ = load_model(args.work / "target.pt")
    print(f"draft: {parameter_count(model)} parameters", flush=True)
    train(model, tokenizer, plans.draft(args.seed, args.draft_tokens), args.work / "draft.pt", teacher, stop_after_s=args.minutes * 60)


def export_stage(args):
    from export import check_tokens, export
    tokenizer, made = args.work / "tokenizer.json", []
    for checkpoint, name in (("target.pt", "demo"), ("draft.pt", "demo-draft")):
        if (args.work / checkpoint).exists():
            model, _ = load_model(args.work / checkpoint)
            made.append(args.out / f"{name}-f16.gguf")
            export(model, tokenizer, made[-1], name)
    files = sorted(args.out.glob("*.gguf"))
    lines = [f"{hashlib.sha256(f.read_bytes()).hexdigest()}  {f.name}\n" for f in files]
    (args.out / "SHA256SUMS").write_text("".join(lines))
    for file in made:
        check_tokens(file, load_tokenizer(tokenizer), args.work)


def workloads_stage(args):
    from workloads import write_workloads
    write_workloads(ROOT / "workloads", load_tokenizer(args.work / "tokenizer.json"))


def evaluate_stage(args):
    from evaluate import KINDS, evaluate
    files = {kind: args.work / f"demo-{kind}.gguf" for kind in KINDS}
    files["f16"] = args.out / "demo-f16.gguf"
    for kind in KINDS[1:]:
        subprocess.run(["llama-quantize", str(files["f16"]), str(files[kind]), kind], check=True, capture_output=True)
    evaluate(files, args.out / "demo-draft-f16.gguf", ROOT / "workloads", args.work)


ALL = ("tokenizer", "workloads", "target", "draft", "export", "evaluate")
STAGES = {"import": import_stage, "tokenizer": tokenizer_stage, "workloads": workloads_stage, "target": target_stage,
          "draft": draft_stage, "export": export_stage, "evaluate": evaluate_stage}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stage", nargs="*", help=", ".join(STAGES))
    parser.add_argument("--work", type=Path, default=ROOT / "build/demo_model", help="checkpoints and logs")
    parser.add_argument("--out", type=Path, default=ROOT / "models/demo", help="where GGUF files go")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=1e9, help="stop a training stage after so long; it resumes")
    parser.add_argument("--tokens", type=float, default=plans.TARGET_TOKENS)
    parser.add_argument("--draft-tokens", type=float, default=plans.DRAFT_TOKENS)
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    args.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(args.threads)
    torch.set_flush_denormal(True)
    for stage in args.stage or ALL:
        if stage not in STAGES:
            parser.error(f"unknown stage {stage!r}; stages are {', '.join(STAGES)}")
        STAGES[stage](args)


if __name__ == "__main__":
    main()
