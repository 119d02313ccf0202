"""The tokenizer: byte-level BPE in which a word is the same tokens wherever it stands.

Copying a value from a text into JSON is easy only if it is tokenized alike in both. So no merge ever
joins a space to a word that can be part of a value; the space is a token of its own there. Frequent
lower-case words of the templates get a merge with their leading space, which shortens prompts. Digits
are single tokens. The result is an ordinary GPT-2 style BPE; llama.cpp's pre-tokenizer `smollm` splits
text exactly as `runtime_split` does, and since merges never cross finer pieces, tokens are equal.
"""

import json
import random
import re
from collections import Counter
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from tasks import TASKS
from values import CLOSED_WORDS, Values

SPECIAL = ["<|bos|>", "<|eos|>", "<|im_start|>", "<|im_end|>"]
BOS, EOS, IM_START, IM_END = range(4)
LLAMA_CPP_PRE = "smollm"
BASE_VOCAB = 884
SPACED_WORDS = 140


def runtime_split():
    return pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(r"\p{N}"), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
    ])


def training_split():
    return pre_tokenizers.Sequence([pre_tokenizers.Split(" ", "isolated"), runtime_split()])


def sample_texts(seed: int, count: int) -> list[str]:
    rng = random.Random(f"tokenizer:{seed}")
    values = Values(rng, held_out=False)
    texts = []
    for _ in range(count):
        example = rng.choice(list(TASKS.values()))(values)
        texts.append(example.prompt + example.answer)
        if example.is_chat:
            texts.append("user\nassistant\n")
    return texts


def train_tokenizer(path: Path, seed: int) -> None:
    texts = sample_texts(seed, 20000)
    base = Tokenizer(models.BPE())
    base.pre_tokenizer = training_split()
    base.train_from_iterator(texts, trainers.BpeTrainer(
        vocab_size=BASE_VOCAB, special_tokens=SPECIAL, show_progress=False,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet())))
    spec = json.loads(base.to_str())
    vocab, merges = spec["model"]["vocab"], spec["model"]["merges"]

    counts = Counter(w for t in texts for w in re.findall(r" ([a-z]+)", t))
    starts_value = CLOSED_WORDS | {base.encode(w).tokens[0] for w in CLOSED_WORDS}
    words = [w for w, _ in counts.most_common() if w in vocab and w not in starts_value and len(w) > 1]
    for word in words[:SPACED_WORDS]:
        vocab["Ġ" + word] = len(vocab)
        merges.append(["Ġ", word])

    assemble(vocab, merges).save(str(path))


def assemble(vocab: dict[str, int], merges: list) -> Tokenizer:
    full = Tokenizer(models.BPE(vocab=vocab, merges=[tuple(m) for m in merges]))
    full.add_special_tokens(SPECIAL)
    full.pre_tokenizer = runtime_split()
    full.decoder = decoders.ByteLevel()
    return full


def load_tokenizer(path: Path) -> Tokenizer:
    return Tokenizer.from_file(str(path))
