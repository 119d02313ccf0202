"""The curricula: how long to train on what."""

from packing import Rows, Stage
from training import Plan

SHORT_TOKENS, TARGET_TOKENS = 5e6, 8e6         # on short texts alone; in all
DRAFT_SHORT_TOKENS, DRAFT_TOKENS = 6e6, 6.5e6

EXTRACT_FIRST = {"extract": 0.55, "rewrite": 0.17, "longqa": 0.1, "chat": 0.08, "stories": 0.03, "lookup": 0.07}
EVEN = {"extract": 0.38, "rewrite": 0.27, "longqa": 0.17, "chat": 0.08, "stories": 0.05, "lookup": 0.05}

# Beside long texts, the other tasks go on, so that they are not forgotten.
KEPT = Rows({"extract": 0.45, "rewrite": 0.33, "longqa": 0.07, "chat": 0.09, "stories": 0.06}, 256, 4)


def readings(row: int, rows: int, text: tuple[int, int]) -> tuple[Rows, Rows]:
    return (KEPT, Rows({"reading": 1.0}, row, rows, text))


def target(seed: int, tokens: float) -> Plan:
    short = int(SHORT_TOKENS)
    share = lambda part: int(short + part * (tokens - short))
    return Plan([Stage(1_024_000, (Rows(EXTRACT_FIRST),)), Stage(short, (Rows(EVEN),)),
                 Stage(share(0.25), readings(512, 6, (60, 240))),
                 Stage(share(0.5), readings(896, 3, (60, 560))),
                 Stage(share(1.0), readings(1536, 2, (60, 1040)))], seed,
                muon_lr=0.015, adam_lr=0.006, guided_until=share(0.75))


def draft(seed: int, tokens: float) -> Plan:
    short = int(DRAFT_SHORT_TOKENS)
    share = lambda part: int(short + part * (tokens - short))
    return Plan([Stage(int(short * 0.75), (Rows(EVEN),)), Stage(short, (Rows(EVEN),), is_distilled=True),
                 Stage(share(0.3), readings(512, 6, (60, 240))),
                 Stage(share(1.0), readings(1536, 2, (60, 1040)))], seed)
