"""The training loop: stages of a curriculum, weighted loss, checkpoints, resuming."""

import json
import random
import time
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer

from model import Guide, Llama, packed_mask
from optim import make_optimisers
from packing import QUESTION_TOKENS, Batch, Packer, Stage, Tokens, encode_example
from tasks import TASKS
from values import Values


def fast_products(device: str):
    """bfloat16 in matrix products and attention, where the machine is quicker at that: four times, on a CPU that has it."""
    has = device == "cuda" or "avx512_bf16" in (flags := cpu_flags()) or "amx_bf16" in flags
    return torch.autocast(device, dtype=torch.bfloat16, enabled=has)


def cpu_flags() -> str:
    file = Path("/proc/cpuinfo")
    return file.read_text() if file.exists() else ""


@dataclass(frozen=True)
class Plan:
    stages: list[Stage]
    seed: int
    muon_lr: float = 0.02
    adam_lr: float = 0.008
    warmup_steps: int = 60
    cooldown: float = 0.3        # the last share of the tokens, in which rates fall to nearly zero
    report_every: int = 20
    guided_until: int = 0        # tokens until which attention is guided, as in packing.Document's names and sources

    @property
    def tokens(self) -> int:
        return self.stages[-1].until_tokens

    def rate(self, step: int, seen: int) -> float:
        left = (self.tokens - seen) / (self.cooldown * self.tokens)
        return min(1.0, (step + 1) / self.warmup_steps, max(left, 0.02))


NAME_HEAD, SOURCE_HEAD = (1, 2), (2, 2)      # layer and head that are guided
GUIDE_WEIGHT = 0.3


def loss_sum(model, batch: Batch, teacher=None, is_guided=False) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """Weighted cross entropy on the data, summed; with a teacher, on its distribution instead. And the guides' losses."""
    mask = packed_mask(batch.documents, batch.parts)
    ahead = torch.cat((batch.weights[:, 1:], torch.zeros_like(batch.weights[:, :1])), 1)   # of what each place predicts
    wanted = ahead > 0
    guides = ()
    if is_guided and bool((batch.sources >= 0).any()):
        guides = (Guide(*NAME_HEAD, batch.names), Guide(*SOURCE_HEAD, batch.sources))
    logits = model(batch.tokens, mask, batch.positions, wanted, guides)
    logits, guide_losses = logits if guides else (logits, [])
    if teacher is None:
        loss = F.cross_entropy(logits, batch.tokens.roll(-1, 1)[wanted], reduction="none")
    else:
        with torch.no_grad():
            target = teacher(batch.tokens, mask, batch.positions, wanted).softmax(-1)
        loss = -(target * logits.log_softmax(-1)).sum(-1)
    return (loss * ahead[wanted]).sum(), guide_losses


@torch.no_grad()
def exact_match(model, tokenizer: Tokenizer, make, count: int, seed: str = "watch") -> float:
    """Share of held-out answers that greedy decoding would give whole. Teacher forcing tells: every
    answer token must be the most likely one after the right ones before it."""
    device = next(model.parameters()).device
    values, right = Values(random.Random(seed), held_out=True), 0
    for _ in range(count):
        prompt, answer = encode_example(tokenizer, make(values))
        tokens = torch.tensor(prompt + answer, device=device)[None]
        wanted = torch.zeros_like(tokens, dtype=torch.bool)
        wanted[0, len(prompt) - 1:-1] = True
        right += bool((model(tokens, wanted=wanted).argmax(-1) == tokens[0, len(prompt):]).all())
    return right / count


def watched(tokenizer: Tokenizer) -> dict:
    """What is looked at during training: makers of held-out examples, and how many of each."""
    at = lambda length: lambda values: TASKS["longqa"](values, Tokens(tokenizer, length - QUESTION_TOKENS))
    return {task: (TASKS[task], 32) for task in ("extract", "rewrite", "chat")} | {
        f"longqa {length}": (at(length), count) for length, count in ((128, 32), (256, 32), (512, 24), (1000, 16))}


def save(path: Path, model, optimisers, seen: int, step: int, seconds: float) -> None:
    temporary = path.with_suffix(".new")
    torch.save({"model": model.state_dict(), "shape": model.shape, "seen": seen, "step": step,
                "seconds": seconds, "optimisers": [o.state_dict() for o in optimisers]}, temporary)
    temporary.rename(path)


def start(model, plan: Plan, checkpoint: Path, seen: int) -> None:
    """A checkpoint of a model trained elsewhere; the optimisers begin anew."""
    save(checkpoint, model, make_optimisers(model, plan.muon_lr, plan.adam_lr), seen, 0, 0.0)


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
    products = fast_products(device)
    start, total, since, guided = time.monotonic(), 0.0, 0, []

    for number, stage in enumerate(plan.stages):
        if seen >= stage.until_tokens:
            continue
        packers = [Packer(tokenizer, rows, f"{plan.seed}:{number}:{seen}:{i}") for i, rows in enumerate(stage.batches)]
        while seen < stage.until_tokens:
            batches = [p.batch().to(device) for p in packers]
            rate = plan.rate(step, seen)
            for o, rates in zip(optimisers, base_rates):
                for g, base in zip(o.param_groups, rates):
                    g["lr"] = base * rate
            weight = sum(float(b.weights.sum()) for b in batches)
            for batch in batches:
                with products:
                    loss, guides = loss_sum(model, batch, teacher if stage.is_distilled else None, seen < plan.guided_until)
                loss = loss / weight
                (loss + GUIDE_WEIGHT * sum(guides)).backward()
                total += float(loss.detach())
                guided = [round(float(g.detach()), 3) for g in guides] or guided
            for o in optimisers:
                o.step()
                o.zero_grad()
            seen, step, since = seen + sum(b.tokens.numel() for b in batches), step + 1, since + 1
            elapsed = before_s + time.monotonic() - start
            out_of_time = elapsed - before_s > stop_after_s
            if step % plan.report_every == 0 or out_of_time:
                line = {"stage": number, "step": step, "tokens": seen, "seconds": round(elapsed),
                        "rate": round(rate, 3), "loss": round(total / since, 4), "guides": guided}
                if step % (8 * plan.report_every) == 0:
                    line |= {name: round(exact_match(model, tokenizer, *what), 3)
                             for name, what in watched(tokenizer).items()}
                save(checkpoint, model, optimisers, seen, step, elapsed)
                print(json.dumps(line), file=log, flush=True)
                total, since = 0.0, 0
            if out_of_time:
                break
        if time.monotonic() - start > stop_after_s:
            break
    save(checkpoint, model, optimisers, seen, step, before_s + time.monotonic() - start)
