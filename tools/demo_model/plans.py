"""The curricula: how long to train on what."""

from packing import Stage
from training import Plan

TARGET_TOKENS = 24e6
DRAFT_TOKENS = 6e6

WARM_UP = {"copy": 0.5, "lookup": 0.5}
MIX = {"extract": 0.55, "rewrite": 0.17, "longqa": 0.1, "chat": 0.08, "stories": 0.03, "lookup": 0.07}


def target(seed: int, tokens: float) -> Plan:
    return Plan([Stage(600_000, WARM_UP), Stage(int(tokens), MIX)], seed)


def draft(seed: int, tokens: float) -> Plan:
    return Plan([Stage(600_000, WARM_UP), Stage(int(tokens), MIX)], seed)
