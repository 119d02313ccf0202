"""Writes a model as an f16 GGUF file that llama.cpp runs as it is."""

import json
import subprocess
from pathlib import Path

import gguf
import numpy as np
from tokenizers import Tokenizer

from model import Llama
from tasks import CHAT_TEMPLATE
from tokenizer import BOS, EOS, IM_END, LLAMA_CPP_PRE, SPECIAL, sample_texts

LAYER_NAMES = {
    "attn_norm": "attn_norm", "q": "attn_q", "k": "attn_k", "v": "attn_v", "o": "attn_output",
    "ffn_norm": "ffn_norm", "gate": "ffn_gate", "up": "ffn_up", "down": "ffn_down",
}


def add_tokenizer(writer: gguf.GGUFWriter, tokenizer_file: Path) -> None:
    model = json.loads(tokenizer_file.read_text())["model"]
    tokens = sorted(model["vocab"], key=model["vocab"].get)
    kinds = [gguf.TokenType.CONTROL if t in SPECIAL else gguf.TokenType.NORMAL for t in tokens]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(LLAMA_CPP_PRE)
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges([" ".join(m) for m in model["merges"]])
    writer.add_bos_token_id(BOS)
    writer.add_eos_token_id(EOS)
    writer.add_eot_token_id(IM_END)
    writer.add_pad_token_id(EOS)
    writer.add_add_bos_token(True)
    writer.add_add_eos_token(False)
    writer.add_chat_template(CHAT_TEMPLATE)


def export(model: Llama, tokenizer_file: Path, path: Path, name: str) -> None:
    s = model.shape
    writer = gguf.GGUFWriter(str(path), "llama")
    writer.add_name(name)
    writer.add_license("MIT")
    writer.add_context_length(s.context)
    writer.add_embedding_length(s.width)
    writer.add_block_count(s.layers)
    writer.add_feed_forward_length(s.ffn)
    writer.add_head_count(s.heads)
    writer.add_head_count_kv(s.kv_heads)
    writer.add_key_length(s.head_size)
    writer.add_value_length(s.head_size)
    writer.add_rope_dimension_count(s.head_size)
    writer.add_rope_freq_base(s.rope_base)
    writer.add_layer_norm_rms_eps(s.eps)
    writer.add_vocab_size(s.vocab)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    add_tokenizer(writer, tokenizer_file)

    def add(tensor_name, tensor):
        kind = np.float16 if tensor.ndim == 2 else np.float32
        writer.add_tensor(tensor_name + ".weight", tensor.detach().cpu().numpy().astype(kind))

    add("token_embd", model.embed.weight)
    for i, block in enumerate(model.blocks):
        for ours, theirs in LAYER_NAMES.items():
            add(f"blk.{i}.{theirs}", getattr(block, ours).weight)
    add("output_norm", model.norm.weight)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def check_tokens(model: Path, tokenizer: Tokenizer, work: Path) -> None:
    """llama.cpp must give the very tokens that training used."""
    text = "\n".join(sample_texts(0, 200)) + "\nÄ ß 你好  two  spaces don't (x) [y] 3.14 a_b\tTab"
    (work / "sample.txt").write_text(text)
    out = subprocess.run(["llama-tokenize", "-m", str(model), "-f", str(work / "sample.txt"), "--ids", "--log-disable"],
                         capture_output=True, text=True, check=True).stdout
    theirs, ours = json.loads(out.strip().splitlines()[-1]), [BOS] + tokenizer.encode(text).ids
    if theirs != ours:
        at = next((i for i, pair in enumerate(zip(theirs, ours)) if pair[0] != pair[1]), min(len(theirs), len(ours)))
        raise RuntimeError(f"llama.cpp tokenizes differently from training, first at token {at}")
    print(f"{model.name}: {len(ours)} tokens alike", flush=True)
