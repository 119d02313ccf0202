"""A small Llama-architecture transformer, written so that its weights go into a GGUF file unchanged.

Rotary pairs are interleaved (x0,x1), as llama.cpp's `llama` architecture wants them. Embeddings are
tied. Knows nothing of corpora, optimisers or files.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn


@dataclass(frozen=True)
class Shape:
    vocab: int
    width: int
    layers: int
    heads: int
    ffn: int
    head_size: int = 64
    kv_heads: int = 1
    context: int = 2048
    rope_base: float = 10000.0
    eps: float = 1e-5


# With a base of a hundred thousand, twelve of the 32 pairs turn by less than a radian in a thousand tokens: room to find
# a name far back. With the usual ten thousand it is eight.
TARGET = dict(width=192, layers=4, heads=3, ffn=512, rope_base=1e5)
DRAFT = dict(width=64, layers=2, heads=1, ffn=192, rope_base=1e5)


def rope_table(shape: Shape, length: int) -> tuple[torch.Tensor, torch.Tensor]:
    """cos and sin, (length, head_size / 2)."""
    freq = shape.rope_base ** (-torch.arange(0, shape.head_size, 2).float() / shape.head_size)
    angle = torch.outer(torch.arange(length).float(), freq)
    return angle.cos(), angle.sin()


def rotate(x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    """x: (batch, heads, length, head_size); neighbouring elements form a pair. cos, sin: (batch, 1, length, …)."""
    even, odd = x[..., 0::2], x[..., 1::2]
    return torch.stack((even * cos - odd * sin, even * sin + odd * cos), dim=-1).flatten(-2)


def attend(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
    """All query heads read the one key and value head. PyTorch's own attention is slow in bfloat16 on a CPU."""
    b, h, t, d = q.shape
    if mask is None or not torch.is_autocast_enabled(q.device.type):
        k, v = k.expand(-1, h, -1, -1), v.expand(-1, h, -1, -1)
        return F.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=mask is None)
    q, k, v = (x.bfloat16() for x in (q, k, v))
    bias = torch.zeros(mask.shape, dtype=q.dtype, device=q.device).masked_fill_(~mask, float("-inf"))
    with torch.autocast(q.device.type, enabled=False):
        scores = (q.reshape(b, h * t, d) @ k[:, 0].mT).view(b, h, t, t)
        weights = torch.add(bias, scores, alpha=d ** -0.5).softmax(-1)
        return (weights.view(b, h * t, t) @ v[:, 0]).view(b, h, t, d)


class Block(nn.Module):
    def __init__(self, shape: Shape):
        super().__init__()
        s = self.shape = shape
        linear = lambda i, o: nn.Linear(i, o, bias=False)
        self.attn_norm = nn.RMSNorm(s.width, eps=s.eps)
        self.q = linear(s.width, s.heads * s.head_size)
        self.k = linear(s.width, s.kv_heads * s.head_size)
        self.v = linear(s.width, s.kv_heads * s.head_size)
        self.o = linear(s.heads * s.head_size, s.width)
        self.ffn_norm = nn.RMSNorm(s.width, eps=s.eps)
        self.gate = linear(s.width, s.ffn)
        self.up = linear(s.width, s.ffn)
        self.down = linear(s.ffn, s.width)

    def forward(self, x, mask, cos, sin, guides=(), found=None):
        s = self.shape
        b, t, _ = x.shape
        h = self.attn_norm(x)
        split = lambda y, n: y.view(b, t, n, s.head_size).transpose(1, 2)
        q = rotate(split(self.q(h), s.heads), cos, sin)
        k = rotate(split(self.k(h), s.kv_heads), cos, sin)
        v = split(self.v(h), s.kv_heads)
        for guide in guides:
            found.append(guide.loss(q, k, mask))
        y = attend(q, k, v, mask)
        x = x + self.o(y.transpose(1, 2).reshape(b, t, -1))
        h = self.ffn_norm(x)
        return x + self.down(F.silu(self.gate(h)) * self.up(h))


class Llama(nn.Module):
    def __init__(self, shape: Shape):
        super().__init__()
        self.shape = shape
        self.embed = nn.Embedding(shape.vocab, shape.width)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.norm = nn.RMSNorm(shape.width, eps=shape.eps)
        cos, sin = rope_table(shape, shape.context)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)
        nn.init.normal_(self.embed.weight, std=0.05)
        for block in self.blocks:
            for name, p in block.named_parameters():
                if p.ndim == 2:
                    last = name.startswith(("o.", "down."))
                    nn.init.normal_(p, std=0.0 if last else p.shape[1] ** -0.5)

    def forward(self, tokens, mask=None, positions=None, wanted=None, guides=()):
        """Logits (batch, length, vocab), or (count, vocab) of the places where `wanted` is True.

        mask: (batch, 1, length, length), True = may attend; without one, causal. positions: (batch, length).
        guides: with some, (logits, their losses).
        """
        if positions is None:
            positions = torch.arange(tokens.shape[1], device=tokens.device)[None]
        cos, sin = self.cos[positions][:, None], self.sin[positions][:, None]
        x = self.embed(tokens)
        found: list[torch.Tensor] = []
        for i, block in enumerate(self.blocks):
            x = block(x, mask, cos, sin, [g for g in guides if g.layer == i], found)
        x = self.norm(x)
        with torch.autocast(x.device.type, enabled=False):
            logits = F.linear((x if wanted is None else x[wanted]).float(), self.embed.weight)
        return (logits, found) if guides else logits


@dataclass(frozen=True)
class Guide:
    """Tells a head where to look: from each place with a target that is not negative, to that target.

    A head that has to match a name over a distance forms late, if at all, from the loss on answers alone.
    """
    layer: int
    head: int
    targets: torch.Tensor        # (batch, length)

    def loss(self, q, k, mask) -> torch.Tensor:
        """Cross entropy of the head's attention, mean over the guided places."""
        losses = []
        for row, targets in enumerate(self.targets):
            here = (targets >= 0).nonzero()[:, 0]
            scores = q[row, self.head, here] @ k[row, 0].T * q.shape[-1] ** -0.5
            scores = scores.masked_fill(~mask[row, 0, here], float("-inf"))
            losses.append(F.cross_entropy(scores, targets[here], reduction="sum"))
        return sum(losses) / max(1, int((self.targets >= 0).sum()))


def packed_mask(documents: torch.Tensor, parts: torch.Tensor) -> torch.Tensor:
    """Causal attention inside each document of packed rows. documents, parts: (batch, length) ids.

    Part 0 of a document is for all of it; every other part sees part 0 and itself.
    """
    t = documents.shape[1]
    query, key = (lambda x: x[:, :, None]), (lambda x: x[:, None, :])
    causal = torch.ones(t, t, dtype=torch.bool, device=documents.device).tril()
    seen = (key(parts) == 0) | (key(parts) == query(parts))
    return ((query(documents) == key(documents)) & seen & causal)[:, None]


def parameter_count(model: nn.Module) -> int:
    return sum(p.numel() for p in model.parameters())
