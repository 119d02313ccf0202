#!/usr/bin/env python3
"""Makes the demo models, stage by stage; README.md tells what each stage does.

    run.py [--work build/demo_model] [--seed 1] [STAGE ...]

Stages already done are resumed from their checkpoints. Without a stage: all of them, in order.
"""

import argparse
import hashlib
import os
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
from training import load_model, train

ROOT = Path(__file__).resolve().parents[2]


def tokenizer_stage(args):
    path = args.work / "tokenizer.json"
    if not path.exists():
        train_tokenizer(path, args.seed)


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
    from export import export
    for checkpoint, name in (("target.pt", "demo"), ("draft.pt", "demo-draft")):
        if (args.work / checkpoint).exists():
            model, _ = load_model(args.work / checkpoint)
            export(model, args.work / "tokenizer.json", args.out / f"{name}-f16.gguf", name)
    files = sorted(args.out.glob("*.gguf"))
    lines = [f"{hashlib.sha256(f.read_bytes()).hexdigest()}  {f.name}\n" for f in files]
    (args.out / "SHA256SUMS").write_text("".join(lines))


def workloads_stage(args):
    from workloads import write_workloads
    write_workloads(ROOT / "workloads")


def evaluate_stage(args):
    from evaluate import evaluate
    evaluate(args.out, ROOT / "workloads", args.work)


STAGES = {"tokenizer": tokenizer_stage, "workloads": workloads_stage, "target": target_stage,
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
    for stage in args.stage or STAGES:
        if stage not in STAGES:
            parser.error(f"unknown stage {stage!r}; stages are {', '.join(STAGES)}")
        STAGES[stage](args)


if __name__ == "__main__":
    main()
