"""Writes workloads/*.jsonl: prompts of the held-out side, with the right answer where there is one."""

import json
import random
from pathlib import Path

from tokenizers import Tokenizer

from packing import QUESTION_TOKENS, Tokens
from tasks import TASKS, Example, longqa
from values import Values

COUNT = 240
LENGTHS = (128, 256, 512, 1000)      # of longqa's prompts, in tokens, about; as many prompts of each
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


def write_workloads(folder: Path, tokenizer: Tokenizer, seed: int = 2026) -> None:
    folder.mkdir(parents=True, exist_ok=True)

    def held_out(name: str) -> Values:
        return Values(random.Random(f"workload:{seed}:{name}"), held_out=True)

    def of_length(values: Values, length: int) -> Example:
        return longqa(values, Tokens(tokenizer, length - QUESTION_TOKENS))

    def write(name: str, rows: list[dict]) -> None:
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows))

    for name, task in TASKS.items():
        values = held_out(name)
        if name != "longqa":
            write(name, [entry(f"{name}-{i:04}", e) for i, e in enumerate(distinct(lambda: task(values), COUNT), 1)])
            continue
        # Lengths take turns, so that any first few rows hold all of them.
        by_length = [distinct(lambda: of_length(values, length), COUNT // len(LENGTHS)) for length in LENGTHS]
        write(name, [entry(f"longqa-{length:04}-{i:04}", e) for i, group in enumerate(zip(*by_length), 1)
                     for length, e in zip(LENGTHS, group)])

    values = held_out("mixed")
    any_task = lambda: (of_length(values, values.pick(LENGTHS)) if (name := values.pick(list(TASKS))) == "longqa"
                        else TASKS[name](values))
    write("mixed", [entry(f"mixed-{i:04}", e) for i, e in enumerate(distinct(any_task, COUNT), 1)])
