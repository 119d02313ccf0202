"""Reads a model and its tokenizer back from a GGUF file that export.py wrote, to train it further."""

import dataclasses
from pathlib import Path

import gguf
import torch
from tokenizers import Tokenizer

from export import LAYER_NAMES
from model import Llama, Shape, rope_table, rotate
from tokenizer import assemble


def import_tokenizer(path: Path) -> Tokenizer:
    field = gguf.GGUFReader(path).get_field
    tokens = field("tokenizer.ggml.tokens").contents()
    merges = field("tokenizer.ggml.merges").contents()
    return assemble({t: i for i, t in enumerate(tokens)}, [m.split(" ") for m in merges])


def import_model(path: Path) -> Llama:
    reader = gguf.GGUFReader(path)
    of = lambda key: reader.get_field(f"llama.{key}").contents()
    tensors = {t.name: torch.tensor(t.data).float() for t in reader.tensors}
    model = Llama(Shape(vocab=of("vocab_size"), width=of("embedding_length"), layers=of("block_count"),
                        heads=of("attention.head_count"), kv_heads=of("attention.head_count_kv"),
                        ffn=of("feed_forward_length"), head_size=of("attention.key_length"),
                        context=of("context_length"), rope_base=of("rope.freq_base"),
                        eps=of("attention.layer_norm_rms_epsilon")))
    weights = {"embed.weight": tensors["token_embd.weight"], "norm.weight": tensors["output_norm.weight"]}
    for i in range(model.shape.layers):
        for ours, theirs in LAYER_NAMES.items():
            weights[f"blocks.{i}.{ours}.weight"] = tensors[f"blk.{i}.{theirs}.weight"]
    model.load_state_dict(weights)
    return model


@torch.no_grad()
def with_rope_base(model: Llama, base: float) -> Llama:
    """The same model with other rotary frequencies, hurt as little as possible: in layer 0 head h looks h + 1
    tokens back (init.py), so its queries are turned to give the old products at that distance."""
    s = model.shape
    if base == s.rope_base:
        return model
    changed = Llama(dataclasses.replace(s, rope_base=base))
    changed.load_state_dict(model.state_dict())
    for h in range(s.heads):
        turn = h + 1
        (old_cos, old_sin), (cos, sin) = (rope_table(m.shape, turn + 1) for m in (model, changed))
        angle = torch.atan2(sin[turn], cos[turn]) - torch.atan2(old_sin[turn], old_cos[turn])
        q = changed.blocks[0].q.weight[h * s.head_size:(h + 1) * s.head_size]
        q.copy_(rotate(q.T[None, None], (-angle).cos(), (-angle).sin())[0, 0].T)
    return changed
