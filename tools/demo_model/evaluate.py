"""Figures, measured by running GGUF files through llama.cpp's server on the held-out workloads."""

import json
import re
import subprocess
import time
import urllib.request
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from tokenizer import BOS, load_tokenizer

PORT = 18437


def post(path: str, body: dict) -> dict:
    request = urllib.request.Request(f"http://127.0.0.1:{PORT}{path}", json.dumps(body).encode(),
                                     {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=120) as response:
        return json.load(response)


@contextmanager
def server(model: Path, log: Path, flags: tuple[str, ...] = ()):
    """llama-server on a loopback port, ready to answer; ended on leaving."""
    command = ["llama-server", "-m", str(model), "--host", "127.0.0.1", "--port", str(PORT), "-c", "8192",
               "-np", "4", "-t", "1", *flags]
    with open(log, "w") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL)
        try:
            for _ in range(300):
                time.sleep(0.2)
                if process.poll() is not None:
                    raise RuntimeError(f"llama-server ended at once; see {log}")
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{PORT}/health", timeout=5)
                    break
                except OSError:
                    continue
            yield
        finally:
            process.terminate()
            process.wait()


def reply_to(row: dict) -> dict:
    if "messages" in row:
        return post("/v1/chat/completions", {"messages": row["messages"], "max_tokens": row["max_tokens"],
                                             "temperature": 0})
    return post("/completion", {"prompt": row["prompt"], "n_predict": row["max_tokens"], "temperature": 0})


def answer(row: dict) -> str:
    reply = reply_to(row)
    return reply["choices"][0]["message"]["content"] if "messages" in row else reply["content"]


def read_rows(file: Path, limit: int | None = None) -> list[dict]:
    return [json.loads(line) for line in file.read_text().splitlines()][:limit]


def longqa_length(row: dict) -> str:
    facts = len(re.findall(r"[A-Z]\w+ [A-Z]\w+ (?:lives|works|owns|has|is)", row["prompt"].split("\nQuestion")[0]))
    return f"{facts} facts"


def measure(model: Path, workloads: Path, log: Path, flags=(), tasks=("extract", "rewrite", "longqa", "chat"),
            limit: int | None = None, failures: Path | None = None) -> dict[str, float]:
    figures, wrong, by_length = {}, [], defaultdict(list)
    with server(model, log, flags), ThreadPoolExecutor(4) as pool:
        for task in tasks:
            rows = read_rows(workloads / f"{task}.jsonl", limit)
            answers = list(pool.map(answer, rows))
            right = [a == r["expected"] for a, r in zip(answers, rows)]
            figures[task] = sum(right) / len(right)
            wrong += [r | {"answer": a} for r, a, ok in zip(rows, answers, right) if not ok]
            if task == "longqa":
                for row, ok in zip(rows, right):
                    by_length[longqa_length(row)].append(ok)
    figures |= {f"longqa, {k}": sum(v) / len(v) for k, v in sorted(by_length.items())}
    if failures:
        failures.write_text("".join(json.dumps(w) + "\n" for w in wrong))
    return {k: round(v, 4) for k, v in figures.items()}


def agreement(target: Path, draft: Path, workloads: Path, log: Path) -> dict[str, float]:
    """How often the draft's greedy token is the target's: the share accepted when one token is drafted at
    a time, whatever the draft's confidence."""
    flags = ("-md", str(draft), "--spec-type", "draft-simple", "--spec-draft-n-max", "1", "--spec-draft-p-min", "0")
    figures = {}
    with server(target, log, flags):
        for task in ("extract", "rewrite", "longqa", "stories", "chat"):
            drafted = accepted = 0
            for row in read_rows(workloads / f"{task}.jsonl", 60):
                timings = reply_to(row)["timings"]
                drafted += timings.get("draft_n", 0)
                accepted += timings.get("draft_n_accepted", 0)
            figures[task] = round(accepted / drafted, 4) if drafted else float("nan")
    return figures


def check_tokens(model: Path, tokenizer_file: Path, workloads: Path, work: Path) -> None:
    """llama.cpp must give the very tokens that training used."""
    text = "".join(r["prompt"] + r.get("expected", "") for r in read_rows(workloads / "mixed.jsonl") if "prompt" in r)
    text += "\nÄ ß 你好  two  spaces don't (x) [y] 3.14 a_b\tTab"
    (work / "sample.txt").write_text(text)
    out = subprocess.run(["llama-tokenize", "-m", str(model), "-f", str(work / "sample.txt"), "--ids", "--log-disable"],
                         capture_output=True, text=True, check=True).stdout
    theirs, ours = json.loads(out.strip().splitlines()[-1]), [BOS] + load_tokenizer(tokenizer_file).encode(text).ids
    if theirs != ours:
        at = next((i for i, pair in enumerate(zip(theirs, ours)) if pair[0] != pair[1]), min(len(theirs), len(ours)))
        raise RuntimeError(f"llama.cpp tokenizes differently from training, first at token {at}")
    print(f"tokens: {len(ours)} alike", flush=True)


def evaluate(models: Path, workloads: Path, work: Path) -> None:
    """f16, both quantised files and a quantised KV cache; results in figures.json of the work folder."""
    f16 = models / "demo-f16.gguf"
    check_tokens(f16, work / "tokenizer.json", workloads, work)
    results = {"f16": measure(f16, workloads, work / "server.log", failures=work / "failures.jsonl")}
    print("f16", results["f16"], flush=True)
    for kind in ("q8_0", "q4_0"):
        path = work / f"demo-{kind}.gguf"
        subprocess.run(["llama-quantize", str(f16), str(path), kind], check=True, capture_output=True)
        results[kind] = measure(path, workloads, work / "server.log")
        print(kind, results[kind], flush=True)
    for kind in ("q8_0", "q4_0"):
        flags = ("-fa", "on", "-ctk", kind, "-ctv", kind)
        results[f"f16, KV {kind}"] = measure(f16, workloads, work / "server.log", flags)
        print("KV", kind, results[f"f16, KV {kind}"], flush=True)
    results["draft f16"] = measure(models / "demo-draft-f16.gguf", workloads, work / "server.log")
    print("draft", results["draft f16"], flush=True)
    draft = models / "demo-draft-f16.gguf"
    results["draft agrees"] = agreement(f16, draft, workloads, work / "server.log")
    print("draft agrees", results["draft agrees"], flush=True)
    (work / "figures.json").write_text(json.dumps(results, indent=1) + "\n")
