"""The training loop: stages of a curriculum, weighted loss, checkpoints, resuming."""

import json
import random
import time
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer

from model import Llama, document_mask
from optim import make_optimisers
from packing import Packer, Stage, encode_example
from tasks import TASKS
from values import Values


@dataclass(frozen=True)
class Plan:
    stages: list[Stage]
    seed: int
    rows: int = 8
    muon_lr: float = 0.02
    adam_lr: float = 0.008
    warmup_steps: int = 60
    cooldown: float = 0.3        # the last share of the tokens, in which rates fall to nearly zero
    report_every: int = 100

    @property
    def tokens(self) -> int:
        return self.stages[-1].until_tokens

    def rate(self, step: int, seen: int) -> float:
        left = (self.tokens - seen) / (self.cooldown * self.tokens)
        return min(1.0, (step + 1) / self.warmup_steps, max(left, 0.02))


def weighted_loss(model, tokens, documents, weights, teacher=None):
    """Cross entropy on the data; with a teacher, on its distribution instead."""
    mask = document_mask(documents)
    logits = model(tokens, mask)[:, :-1].flatten(0, 1)
    w = weights[:, 1:].flatten()
    if teacher is None:
        loss = F.cross_entropy(logits, tokens[:, 1:].flatten(), reduction="none")
    else:
        with torch.no_grad():
            target = teacher(tokens, mask)[:, :-1].flatten(0, 1).softmax(-1)
        loss = -(target * logits.log_softmax(-1)).sum(-1)
    return (loss * w).sum() / w.sum()


@torch.no_grad()
def exact_match(model, tokenizer: Tokenizer, task: str, count: int = 96, seed: str = "watch") -> float:
    """Share of held-out answers that greedy decoding would give whole. Teacher forcing tells: every
    answer token must be the most likely one after the right ones before it."""
    device = next(model.parameters()).device
    values = Values(random.Random(f"{seed}:{task}"), held_out=True)
    docs = [encode_example(tokenizer, TASKS[task](values)) for _ in range(count)]
    length = max(len(d.tokens) for d in docs)
    tokens = torch.zeros(count, length, dtype=torch.long)
    for i, d in enumerate(docs):
        tokens[i, :len(d.tokens)] = torch.tensor(d.tokens)
    tokens = tokens.to(device)
    best = model(tokens, document_mask(torch.zeros_like(tokens))).argmax(-1)
    right = [bool((best[i, d.answer_from - 1:len(d.tokens) - 1] == tokens[i, d.answer_from:len(d.tokens)]).all())
             for i, d in enumerate(docs)]
    return sum(right) / count


def save(path: Path, model, optimisers, seen: int, step: int, seconds: float) -> None:
    temporary = path.with_suffix(".new")
    torch.save({"model": model.state_dict(), "shape": model.shape, "seen": seen, "step": step,
                "seconds": seconds, "optimisers": [o.state_dict() for o in optimisers]}, temporary)
    temporary.rename(path)


def load_model(path: Path) -> tuple[Llama, dict]:
    state = torch.load(path, weights_only=False, map_location="cpu")
    model = Llama(state["shape"])
    model.load_state_dict(state["model"])
    return model, state


def train(model: Llama, tokenizer: Tokenizer, plan: Plan, checkpoint: Path, teacher: Llama | None = None,
          stop_after_s: float = float("inf")) -> None:
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model.to(device)
    if teacher:
        teacher.to(device).eval()
    optimisers = make_optimisers(model, plan.muon_lr, plan.adam_lr)
    base_rates = [[g["lr"] for g in o.param_groups] for o in optimisers]
    seen, step, before_s = 0, 0, 0.0
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=False, map_location=device)
        model.load_state_dict(state["model"])
        for o, s in zip(optimisers, state["optimisers"]):
            o.load_state_dict(s)
        seen, step, before_s = state["seen"], state["step"], state["seconds"]
    log = open(checkpoint.with_suffix(".log.jsonl"), "a")
    start, total, since = time.monotonic(), torch.zeros(()), 0

    for number, stage in enumerate(plan.stages):
        if seen >= stage.until_tokens:
            continue
        packer = Packer(tokenizer, stage, f"{plan.seed}:{number}:{seen}")
        while seen < stage.until_tokens:
            batch = [t.to(device) for t in packer.batch(plan.rows)]
            rate = plan.rate(step, seen)
            for o, rates in zip(optimisers, base_rates):
                for g, base in zip(o.param_groups, rates):
                    g["lr"] = base * rate
            loss = weighted_loss(model, *batch, teacher if stage.distil else None)
            loss.backward()
            for o in optimisers:
                o.step()
                o.zero_grad()
            seen, step = seen + batch[0].numel(), step + 1
            total, since = total + loss.detach().cpu(), since + 1
            elapsed = before_s + time.monotonic() - start
            out_of_time = elapsed - before_s > stop_after_s
            if step % plan.report_every == 0 or out_of_time:
                tasks = [t for t in stage.mix if t in ("extract", "rewrite", "longqa", "chat")]
                line = {"stage": number, "step": step, "tokens": seen, "seconds": round(elapsed),
                        "rate": round(rate, 3), "loss": round(float(total / since), 4)}
                if step % (5 * plan.report_every) == 0:
                    line |= {t: round(exact_match(model, tokenizer, t), 3) for t in tasks}
                    save(checkpoint, model, optimisers, seen, step, elapsed)
                print(json.dumps(line), file=log, flush=True)
                total, since = torch.zeros(()), 0
            if out_of_time:
                break
        if time.monotonic() - start > stop_after_s:
            break
    save(checkpoint, model, optimisers, seen, step, before_s + time.monotonic() - start)
