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


TARGET = dict(width=192, layers=4, heads=3, ffn=512)
DRAFT = dict(width=64, layers=2, heads=1, ffn=192)


def rope_table(shape: Shape, length: int) -> tuple[torch.Tensor, torch.Tensor]:
    """cos and sin, (length, head_size / 2)."""
    freq = shape.rope_base ** (-torch.arange(0, shape.head_size, 2).float() / shape.head_size)
    angle = torch.outer(torch.arange(length).float(), freq)
    return angle.cos(), angle.sin()


def rotate(x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    """x: (batch, heads, length, head_size); neighbouring elements form a pair."""
    even, odd = x[..., 0::2], x[..., 1::2]
    return torch.stack((even * cos - odd * sin, even * sin + odd * cos), dim=-1).flatten(-2)


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

    def forward(self, x, mask, cos, sin):
        s = self.shape
        b, t, _ = x.shape
        h = self.attn_norm(x)
        split = lambda y, n: y.view(b, t, n, s.head_size).transpose(1, 2)
        q = rotate(split(self.q(h), s.heads), cos, sin)
        k = rotate(split(self.k(h), s.kv_heads), cos, sin).expand(-1, s.heads, -1, -1)
        v = split(self.v(h), s.kv_heads).expand(-1, s.heads, -1, -1)
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
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

    def forward(self, tokens: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Logits (batch, length, vocab). mask: (batch, 1, length, length), True = may attend."""
        t = tokens.shape[1]
        cos, sin = self.cos[:t], self.sin[:t]
        x = self.embed(tokens)
        for block in self.blocks:
            x = block(x, mask, cos, sin)
        return F.linear(self.norm(x), self.embed.weight)


def document_mask(documents: torch.Tensor) -> torch.Tensor:
    """Causal attention inside each document of packed rows. documents: (batch, length) ids."""
    t = documents.shape[1]
    causal = torch.ones(t, t, dtype=torch.bool, device=documents.device).tril()
    return ((documents[:, :, None] == documents[:, None, :]) & causal)[:, None]


def parameter_count(model: nn.Module) -> int:
    return sum(p.numel() for p in model.parameters())
