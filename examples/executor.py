#!/usr/bin/env python3
"""A whole executor in one page. It speaks docs/PROTOCOL.md and continues prompts with words that it has seen in them.
In an experiment file:  executors: [{id: markov, kind: exec, command: [python3, examples/executor.py]}]"""
import json, os, queue, random, sys, threading, time

inbox, cancelled, token_ids = queue.Queue(), set(), {}
HELLO = dict(protocol=1, name="markov", version="1", library="",
             flags={"threads": {"support": "fixed", "values": ["1"]}},
             own_flags=[dict(name="delay-ms", type="float", default_value="0", scope="request", effect="exact",
                             help="pause before each word")])

def say(message_type, **fields):
    sys.stdout.write(json.dumps({"type": message_type, **fields}, separators=(",", ":")) + "\n")
    sys.stdout.flush()

def read():   # a thread of its own, so that a cancel is heard while a trial runs
    for line in sys.stdin.buffer:
        try:
            message = json.loads(line)
            cancelled.add(message["id"]) if message["type"] == "cancel" else inbox.put(message)
        except (ValueError, TypeError, KeyError) as error:
            say("error", id=0, kind="bad-request", reason=f"a line that is no message: {error!r}")
    os._exit(0)   # end of input: whatever is running, nobody waits for it

def run(m):
    delay, requests = float(m.get("flags", {}).get("markov.delay-ms", 0)) / 1000, m.get("requests")
    if not requests or not 0 <= delay < 60 or any(r.get("max_tokens", 128) < 1 for r in requests):
        raise ValueError("expected requests, each of a token at least, and a delay from 0")
    if any("arrival_us" in r for r in requests):
        return say("error", id=m["id"], kind="unsupported", reason="requests at fixed times")
    rng, ends, made, last_arrival, lines, start = random.Random(m.get("seed", 0)), [], 0, 0, [], time.monotonic_ns()
    now = lambda: time.monotonic_ns() - start
    passes = 0
    while not passes or made < m.get("min_tokens", 0) or now() < m.get("min_s", 0) * 1e9:
        began = len(ends)
        for r in requests:
            flight = m.get("concurrency", 1)   # closed loop: one arrives whenever one of those in flight has ended
            arrival, admitted = ends[-flight] if len(ends) - began >= flight else (ends[:began] or [0])[-1], now()
            text = r.get("prompt") or " ".join(x["content"] for x in r.get("messages", []))
            prompt = text.split() or [f"w{rng.randrange(50)}" for _ in range(r.get("synthetic_tokens", 1))]
            word, said, gaps, before, prefill_end = prompt[-1], [], [], arrival, now()
            while len(said) < r.get("max_tokens", 128) and (r.get("ignore_eos") or not (said and word.endswith("."))):
                if m["id"] in cancelled:
                    return say("error", id=m["id"], kind="cancelled", reason="as asked")
                time.sleep(delay)
                word = rng.choice([b for a, b in zip(prompt, prompt[1:]) if a == word] or prompt)
                said.append(word)
                gaps.append((at := now()) - before)
                before = at
                if m.get("live"):
                    say("emission", id=m["id"], request=r["id"], tokens=1)
            ends.append(now())
            lines.append({"requests": {name: [value] for name, value in dict(
                id=r["id"], arrival_ns=arrival - last_arrival, admitted_ns=admitted - arrival, prefill_end_ns=prefill_end - admitted,
                end_ns=ends[-1] - arrival, prompt_tokens=len(prompt), cached_tokens=0, emissions=len(said), text=" ".join(said),
                finish="length" if len(said) == r.get("max_tokens", 128) else "stop", **{"pass": passes}).items()}})
            for i in range(0, len(said), 5000):   # so many rows are far below 256 KiB
                ids = [token_ids.setdefault(w, len(token_ids)) for w in said[i:i + 5000]]
                lines.append({"emissions": {"gap_ns": gaps[i:i + 5000], "tokens": [1] * len(ids)}, "token_ids": ids})
            last_arrival, made = arrival, made + len(said)
        passes += 1
    for columns in lines:   # the clock has stopped
        say("timeline", id=m["id"], columns=columns)
    say("done", id=m["id"], in_force={"threads": "1", "markov.delay-ms": str(delay * 1000)})

answers = {"hello": lambda m: say("hello", **HELLO), "load": lambda m: say("loaded", id=m["id"]), "run": run, "bye": lambda m: os._exit(0),
           "score": lambda m: say("error", id=m["id"], kind="unsupported", reason="it knows no probabilities")}
threading.Thread(target=read, daemon=True).start()
while True:
    message = inbox.get()
    try:
        answers[message["type"]](message)
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        say("error", id=message.get("id", 0), kind="bad-request", reason=f"{message['type']}: {error!r}")
