"""What the card states, printed and kept: figures.py's figures for every file and KV type, and the draft."""

import json
import subprocess
from pathlib import Path

from figures import TASKS, Figures, Server, Share, agreement, draft_flags, kv, measure

KINDS = ("f16", "q8_0", "q4_0")


def table(rows: dict[str, dict[str, Share]]) -> str:
    columns = list(dict.fromkeys(name for shares in rows.values() for name in shares))
    lines = [["", *columns]] + [[name, *(str(shares.get(c, "")) for c in columns)] for name, shares in rows.items()]
    widths = [max(len(line[i]) for line in lines) for i in range(len(columns) + 1)]
    return "\n".join("  ".join(cell.ljust(w) for cell, w in zip(line, widths)).rstrip() for line in lines)


def evaluate(files: dict[str, Path], draft: Path, workloads: Path, work: Path, limit: int | None = None) -> None:
    """files: the target by kind. The wrong answers of f16 go into failures.jsonl of the work folder."""
    log, rows = work / "server.log", {}

    def row(name: str, model: Path, flags=()) -> Figures:
        with Server(model, log, flags) as server:
            found = measure(server, workloads, TASKS, limit)
        rows[name] = found.shares
        print(f"{name}: {', '.join(f'{k} {v}' for k, v in found.shares.items())}", flush=True)
        return found

    wrong = row("f16", files["f16"]).wrong
    (work / "failures.jsonl").write_text("".join(json.dumps(w) + "\n" for w in wrong))
    for kind in KINDS[1:]:
        row(kind, files[kind])
    for kind in KINDS[1:]:
        row(f"f16, KV cache {kind}", files["f16"], kv(kind))
    row("q4_0, KV cache q4_0", files["q4_0"], kv("q4_0"))
    row("the draft alone, f16", draft)
    with Server(files["f16"], log, draft_flags(draft)) as server:
        agrees = agreement(server, workloads, limit=limit)
    count = max(share.count for share in rows["f16"].values())
    print(f"\nExact match of whole answers, up to {count} prompts a task\n{table(rows)}")
    print(f"\nThe draft's greedy token is the target's\n{table({'': agrees})}")
