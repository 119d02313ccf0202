"""The demo models' figures: how many held-out answers llama.cpp's llama-server gives whole.

Needs Python and llama-server alone, so tests and `./lab bench models` use it where nothing can be trained.
"""

import json
import re
import socket
import subprocess
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

TASKS = ("extract", "rewrite", "longqa", "chat")     # stories have no right answer
SLOTS = 4
CONTEXT = 2048


def kv(kind: str) -> tuple[str, ...]:
    """Flags for a KV cache of that type; quantised values need FlashAttention."""
    return () if kind == "f16" else ("-fa", "on", "-ctk", kind, "-ctv", kind)


class Server:
    """llama-server on a free loopback port. Use it with `with`; it is ready to answer inside, and ended after."""

    def __init__(self, model: Path, log: Path, flags: tuple[str, ...] = (), threads: int = 1):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        self.log = log
        self.command = ["llama-server", "-m", str(model), "--host", "127.0.0.1", "--port", str(self.port), "-c",
                        str(SLOTS * CONTEXT), "-np", str(SLOTS), "-t", str(threads), *flags]

    def __enter__(self):
        with open(self.log, "w") as out:
            self.process = subprocess.Popen(self.command, stdout=out, stderr=out, stdin=subprocess.DEVNULL)
        while True:
            time.sleep(0.1)
            if self.process.poll() is not None:
                raise RuntimeError(f"llama-server ended at once; see {self.log}")
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=60)
                return self
            except urllib.error.HTTPError as still_loading:
                still_loading.close()
            except OSError:
                pass

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def reply_to(self, row: dict) -> dict:
        if "messages" in row:
            path, body = "/v1/chat/completions", {"messages": row["messages"], "max_tokens": row["max_tokens"]}
        else:
            path, body = "/completion", {"prompt": row["prompt"], "n_predict": row["max_tokens"]}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}",
                                         json.dumps(body | {"temperature": 0}).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=600) as response:
            return json.load(response)

    def answer(self, row: dict) -> str:
        reply = self.reply_to(row)
        return reply["choices"][0]["message"]["content"] if "messages" in row else reply["content"]

    def answers(self, rows: list[dict]) -> list[str]:
        with ThreadPoolExecutor(SLOTS) as pool:
            return list(pool.map(self.answer, rows))


@dataclass
class Share:
    right: int = 0
    count: int = 0

    def add(self, right: int, count: int = 1) -> None:
        self.right, self.count = self.right + right, self.count + count

    @property
    def value(self) -> float:
        return self.right / self.count if self.count else float("nan")

    def __str__(self) -> str:
        return f"{100 * self.value:.1f} %"


@dataclass
class Figures:
    shares: dict[str, Share] = field(default_factory=dict)
    wrong: list[dict] = field(default_factory=list)      # the rows, with the `answer` given

    def add(self, name: str, row: dict, answer: str) -> None:
        self.shares.setdefault(name, Share()).add(answer == row["expected"])


def rows_of(workloads: Path, task: str, limit: int | None = None) -> list[dict]:
    return [json.loads(line) for line in (workloads / f"{task}.jsonl").read_text().splitlines()][:limit]


def length_of(row: dict) -> str | None:
    """The prompt's length in tokens that the id of a longqa row tells: longqa-0512-0003."""
    found = re.fullmatch(r"longqa-0*(\d+)-\d+", row["id"])
    return found and f"longqa {found[1]}"


def measure(server: Server, workloads: Path, tasks=TASKS, limit: int | None = None) -> Figures:
    """Exact match of whole answers by task, and for longqa by length too."""
    figures = Figures()
    for task in tasks:
        rows = rows_of(workloads, task, limit)
        for row, answer in zip(rows, server.answers(rows)):
            for name in filter(None, (task, length_of(row))):
                figures.add(name, row, answer)
            if answer != row["expected"]:
                figures.wrong.append(row | {"answer": answer})
    return figures


def draft_flags(draft: Path) -> tuple[str, ...]:
    """One token is drafted at a time, whatever the draft's confidence."""
    return ("-md", str(draft), "--spec-type", "draft-simple", "--spec-draft-n-max", "1", "--spec-draft-p-min", "0")


def agreement(server: Server, workloads: Path, tasks=(*TASKS, "stories"), limit: int | None = None) -> dict[str, Share]:
    """How often the draft's greedy token is the target's: of a server with draft_flags."""
    shares: dict[str, Share] = {}
    for task in tasks:
        rows = rows_of(workloads, task, limit)
        with ThreadPoolExecutor(SLOTS) as pool:
            for row, reply in zip(rows, pool.map(server.reply_to, rows)):
                for name in filter(None, (task, length_of(row))):
                    timings = reply["timings"]
                    shares.setdefault(name, Share()).add(timings.get("draft_n_accepted", 0), timings.get("draft_n", 0))
    return shares
