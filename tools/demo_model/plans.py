"""The curricula: how long to train on what."""

from packing import Stage
from training import Plan

TARGET_TOKENS = 5e6
DRAFT_TOKENS = 8e6

EXTRACT_FIRST = {"extract": 0.55, "rewrite": 0.17, "longqa": 0.1, "chat": 0.08, "stories": 0.03, "lookup": 0.07}
EVEN = {"extract": 0.38, "rewrite": 0.27, "longqa": 0.17, "chat": 0.08, "stories": 0.05, "lookup": 0.05}


def target(seed: int, tokens: float) -> Plan:
    return Plan([Stage(1_024_000, EXTRACT_FIRST), Stage(int(tokens), EVEN)], seed)


def draft(seed: int, tokens: float) -> Plan:
    return Plan([Stage(int(tokens * 0.6), EVEN), Stage(int(tokens), EVEN, distil=True)], seed)
