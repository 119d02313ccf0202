"""Starting weights that can already copy a little.

A transformer this small spends most of a short training run before its first copying ("induction")
heads form. So the first two layers start near such a circuit, and training refines it:

- Embeddings fill the first two thirds of the width; dimension 0 is the same for all tokens.
- Layer 0, head h attends h + 1 tokens back (a phase in the fast rotary pairs, read off dimension 0) and
  head 0 writes what it finds into the last third of the width.
- Layer 1 compares the current token with that third, in the slow rotary pairs, which hardly notice
  distance: it finds the place after an earlier occurrence of the current token, and copies its token.
"""

import torch

from model import Llama, rope_table

EMBED_STD = 0.5
CONSTANT = 3.0           # dimension 0, in units of EMBED_STD
FAST_PAIRS = 8
POSITION_GAIN = 1.5
MATCH_DIMS = 24
MATCH_GAIN = 3.0
PREVIOUS_GAIN = 0.5
COPY_GAIN = 4.0


def orthonormal_rows(rows: int, columns: int) -> torch.Tensor:
    return torch.linalg.qr(torch.randn(columns, rows))[0].T


@torch.no_grad()
def start_with_copying(model: Llama) -> Llama:
    s = model.shape
    head = s.head_size
    memory = min(head, s.width // 3)              # the last dimensions, for the previous token
    content = s.width - memory                    # the first ones, for the token itself
    match = min(MATCH_DIMS, memory)
    rank = min(head, content - 1)
    embed = model.embed.weight
    embed.normal_(std=EMBED_STD)
    embed[:, content:] = 0
    embed[:, 0] = CONSTANT * EMBED_STD
    model.norm.weight.fill_(0.1)

    first, second = model.blocks[0], model.blocks[1]
    cos, sin = rope_table(s, s.heads + 1)         # row = angle of that many positions
    fast = torch.arange(FAST_PAIRS)
    first.k.weight[:2 * FAST_PAIRS] = 0
    first.k.weight[2 * fast, 0] = POSITION_GAIN
    first.k.weight[2 * FAST_PAIRS:] *= 0.5
    for h in range(s.heads):
        rows = first.q.weight[h * head:(h + 1) * head]
        rows[:2 * FAST_PAIRS] = 0
        rows[2 * fast, 0] = POSITION_GAIN * cos[h + 1, fast]
        rows[2 * fast + 1, 0] = -POSITION_GAIN * sin[h + 1, fast]
        rows[2 * FAST_PAIRS:] *= 0.5
    identity = torch.zeros(head, s.width)
    identity[:rank, 1:content] = orthonormal_rows(rank, content - 1)
    first.v.weight.copy_(identity)
    first.o.weight[content:, :memory] = PREVIOUS_GAIN * torch.eye(memory)

    second.k.weight.zero_()
    second.k.weight[head - match:, content:content + match] = MATCH_GAIN * torch.eye(match)
    second.q.weight[:head] = 0
    second.q.weight[head - match:head] = MATCH_GAIN * identity[:match]
    second.v.weight.zero_()
    second.v.weight[:rank, 1:content] = orthonormal_rows(rank, content - 1)
    second.o.weight[:, :head] = COPY_GAIN * second.v.weight.T
    return model
