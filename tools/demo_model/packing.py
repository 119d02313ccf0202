"""Endless packed rows of training examples: (tokens, document ids, loss weights).

Each row holds several whole documents; attention stays inside a document, so nothing is spent on
padding but the little that is left at a row's end.
"""

import random
from dataclasses import dataclass

import torch
from tokenizers import Tokenizer

from tasks import TASKS, Example
from tokenizer import BOS, EOS, SPECIAL
from values import Values

PROMPT_WEIGHT = 0.1      # loss on the prompt, relative to the answer's
BINS = 24                # rows that are open at a time; more waste less at their ends


@dataclass(frozen=True)
class Stage:
    until_tokens: int            # the stage ends when so many tokens have been trained on
    mix: dict[str, float]        # share of documents by task, "copy" and "lookup" (below) included
    row: int = 256
    distil: bool = False         # learn the teacher's distribution, not the data


@dataclass(frozen=True)
class Document:
    tokens: list[int]
    answer_from: int             # the first token that counts in full


def encode_example(tokenizer: Tokenizer, example: Example) -> Document:
    prompt = [BOS] + tokenizer.encode(example.prompt_text()).ids
    answer = tokenizer.encode(example.answer + example.end()).ids
    return Document(prompt + answer, len(prompt))


def copy_document(rng: random.Random, vocab: int) -> Document:
    """Random tokens, then the same again: the shortest way to copying heads."""
    n = rng.randrange(6, 40)
    content = [rng.randrange(len(SPECIAL), vocab) for _ in range(n)]
    return Document([BOS] + content + [EOS] + content + [EOS], n + 2)


def lookup_document(rng: random.Random, vocab: int) -> Document:
    """Pairs of random key and values; then some keys again, in another order, each with its values."""
    keys = rng.sample(range(len(SPECIAL), vocab), rng.randrange(3, 10))
    value = {k: [rng.randrange(len(SPECIAL), vocab) for _ in range(rng.randrange(1, 5))] for k in keys}
    flat = lambda ks: [t for k in ks for t in [k] + value[k]]
    prompt = [BOS] + flat(keys) + [EOS]
    rng.shuffle(keys)
    return Document(prompt + flat(keys) + [EOS], len(prompt))


class Packer:
    def __init__(self, tokenizer: Tokenizer, stage: Stage, seed: str):
        self.tokenizer, self.stage = tokenizer, stage
        self.rng = random.Random(seed)
        self.values = Values(self.rng, held_out=False)
        self.vocab = tokenizer.get_vocab_size()
        self.bins: list[list[Document]] = [[] for _ in range(BINS)]

    def document(self) -> Document:
        while True:
            task = self.rng.choices(list(self.stage.mix), self.stage.mix.values())[0]
            if task == "copy":
                document = copy_document(self.rng, self.vocab)
            elif task == "lookup":
                document = lookup_document(self.rng, self.vocab)
            else:
                document = encode_example(self.tokenizer, TASKS[task](self.values))
            if len(document.tokens) <= self.stage.row:
                return document

    def row(self) -> list[Document]:
        """Best fit; when a document fits nowhere, the fullest bin is given out."""
        size = lambda b: sum(len(d.tokens) for d in b)
        while True:
            document = self.document()
            fitting = [b for b in self.bins if size(b) + len(document.tokens) <= self.stage.row]
            if fitting:
                max(fitting, key=size).append(document)
                continue
            fullest = max(range(BINS), key=lambda i: size(self.bins[i]))
            done, self.bins[fullest] = self.bins[fullest], [document]
            return done

    def batch(self, rows: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """tokens, document ids and the weight of predicting each token from those before it."""
        shape = (rows, self.stage.row)
        tokens = torch.full(shape, EOS, dtype=torch.long)
        documents = torch.full(shape, -1, dtype=torch.long)
        weights = torch.zeros(shape)
        for r in range(rows):
            at = 0
            for i, d in enumerate(self.row()):
                n = len(d.tokens)
                tokens[r, at:at + n] = torch.tensor(d.tokens)
                documents[r, at:at + n] = i
                weights[r, at + 1:at + d.answer_from] = PROMPT_WEIGHT
                weights[r, at + d.answer_from:at + n] = 1.0
                at += n
        return tokens, documents, weights
