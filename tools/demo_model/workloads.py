"""Writes workloads/*.jsonl: prompts of the held-out side, with the right answer where there is one."""

import json
import random
from pathlib import Path

from tasks import TASKS, Example
from values import Values

COUNT = 240
MAX_TOKENS = {"extract": 96, "rewrite": 128, "longqa": 48, "stories": 128, "chat": 48}


def entry(id_: str, example: Example) -> dict:
    prompt = ({"messages": [{"role": "user", "content": example.prompt}]} if example.is_chat
              else {"prompt": example.prompt})
    row = {"id": id_, **prompt, "max_tokens": MAX_TOKENS[example.task]}
    return row | {"expected": example.answer} if example.is_exact else row


def distinct(make, count: int) -> list[Example]:
    found: dict[str, Example] = {}
    while len(found) < count:
        example = make()
        found.setdefault(example.prompt, example)
    return list(found.values())


def write_workloads(folder: Path, seed: int = 2026) -> None:
    folder.mkdir(parents=True, exist_ok=True)

    def write(name: str, make) -> None:
        rows = [entry(f"{name}-{i:04}", e) for i, e in enumerate(distinct(make, COUNT), 1)]
        text = "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows)
        (folder / f"{name}.jsonl").write_text(text)

    for name, task in TASKS.items():
        values = Values(random.Random(f"workload:{seed}:{name}"), held_out=True)
        write(name, lambda: task(values))
    rng = random.Random(f"workload:{seed}:mixed")
    values = Values(rng, held_out=True)
    write("mixed", lambda: rng.choice(list(TASKS.values()))(values))
