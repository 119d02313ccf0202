#!/usr/bin/env python3
"""replay_executor.py LOG: an executor that answers each message as one did before (a log as examples/offline.c writes it).

A message that is not in the log is no mistake of the log's: it is answered with an error that shows it."""
import json
import sys


def key(message):
    return json.dumps({name: value for name, value in message.items() if name != "id"}, sort_keys=True)


def read(file):
    answers, last = {}, None
    for line in open(file, encoding="utf-8"):
        mark, message = line[0], line[2:]
        if mark == ">":
            last = answers.setdefault(key(json.loads(message)), [])
            last.clear()
        elif mark == "<":
            last.append(json.loads(message))
    return answers


def main():
    answers = read(sys.argv[1])
    for line in sys.stdin:
        message = json.loads(line)
        if message["type"] == "bye":
            return
        if message["type"] == "score":
            said = [{"type": "error", "kind": "unsupported", "reason": "nothing was scored before"}]
        else:
            said = answers.get(key(message)) or [
                {"type": "error", "kind": "failed", "reason": "this was not asked before: " + line}]
        for answer in said:
            if "id" in message:
                answer = {**answer, "id": message["id"]}
            print(json.dumps(answer), flush=True)


main()
