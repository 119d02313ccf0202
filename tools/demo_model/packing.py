"""Endless packed rows of training examples: whole documents, and the weights of the loss on their tokens.

Attention stays inside a document, so nothing is spent on padding but the little that is left at a row's end. A
document about a long text has many questions; each sees the text and itself, from the place right after the
text, exactly as if it were asked alone. So a long text is read once and learnt from many times.
"""

import random
from dataclasses import dataclass

import torch
from tokenizers import Tokenizer

from tasks import TASKS, Example, Reading, reading
from tokenizer import BOS, EOS, SPECIAL
from values import Values

PROMPT_WEIGHT = 0.1      # loss on the prompt, relative to the answer's; none on long texts, which are random
QUESTION_TOKENS = 24     # what a question takes in a prompt, about: texts are made so much shorter than prompts
BINS = 24                # rows that are open at a time; more waste less at their ends


@dataclass(frozen=True)
class Rows:
    mix: dict[str, float]        # share of documents by task, "copy", "lookup" and "reading" (below) included
    row: int = 256
    rows: int = 8                # a step
    text: tuple[int, int] = (0, 0)       # tokens of a "reading"'s text, from and to


@dataclass(frozen=True)
class Stage:
    until_tokens: int            # the stage ends when so many tokens have been trained on
    batches: tuple[Rows, ...]    # what a step learns from
    is_distilled: bool = False   # learn the teacher's distribution, not the data


@dataclass(frozen=True)
class Document:
    tokens: list[int]
    weights: list[float]         # of the loss on predicting each token
    parts: list[int] | None = None       # see model.packed_mask; without them, all of it is part 0
    positions: list[int] | None = None   # without them, 0, 1, 2, …
    names: list[int] | None = None       # the blank after the first name of the fact that each token is in; -1: none yet
    sources: list[int] | None = None     # where the text has the token that comes next in an answer; -1: nowhere


def plain(prompt: list[int], answer: list[int]) -> Document:
    return Document(prompt + answer, [PROMPT_WEIGHT] * len(prompt) + [1.0] * len(answer))


def encode_example(tokenizer: Tokenizer, example: Example) -> tuple[list[int], list[int]]:
    return ([BOS] + tokenizer.encode(example.prompt_text()).ids, tokenizer.encode(example.answer + example.end()).ids)


def copy_document(rng: random.Random, vocab: int) -> Document:
    """Random tokens, then the same again: the shortest way to copying heads."""
    n = rng.randrange(6, 40)
    content = [rng.randrange(len(SPECIAL), vocab) for _ in range(n)]
    return plain([BOS] + content + [EOS], content + [EOS])


def lookup_document(rng: random.Random, vocab: int) -> Document:
    """Pairs of random key and values; then some keys again, in another order, each with its values."""
    keys = rng.sample(range(len(SPECIAL), vocab), rng.randrange(3, 10))
    value = {k: [rng.randrange(len(SPECIAL), vocab) for _ in range(rng.randrange(1, 5))] for k in keys}
    flat = lambda ks: [t for k in ks for t in [k] + value[k]]
    prompt = [BOS] + flat(keys) + [EOS]
    rng.shuffle(keys)
    return plain(prompt, flat(keys) + [EOS])


@dataclass(frozen=True)
class Tokens:
    """How long sentences are, and how long a text may be, in tokens (tasks.reading asks)."""
    tokenizer: Tokenizer
    room: int

    def of(self, sentence: str) -> int:
        return len(self.tokenizer.encode(" " + sentence).ids)


def reading_document(tokenizer: Tokenizer, values: Values, room: int, text_tokens: int) -> Document:
    """A text and as many of its questions as there is room for."""
    encode = lambda text: tokenizer.encode(text).ids
    first_name = lambda sentence: len(encode(sentence.split()[0]))
    text = reading(values, Tokens(tokenizer, text_tokens))
    facts = {answer: question for question, answer in text.questions}
    tokens, names, starts = [BOS] + encode("Text:"), [], {}
    names += [-1] * len(tokens)
    for sentence in text.sentences:
        added, at = encode(" " + sentence), len(tokens)
        tokens += added
        if sentence in facts:
            starts[sentence] = at + 1            # after the blank, which is a token of its own
            named = 1 + first_name(sentence)
            names += [-1] * named + [at + named] * (len(added) - named)
        else:
            names += [-1] * len(added)
    tokens, names = tokens + encode("\n"), names + [-1]
    after = len(tokens)
    weights, parts, positions, sources = [0.0] * after, [0] * after, list(range(after)), [-1] * after
    for part, (sentence, question) in enumerate(values.rng.sample(list(facts.items()), len(facts)), 1):
        asked, answered = encode(Reading.ask(question)), encode(sentence) + [EOS]
        n, said, named = len(asked) + len(answered), len(encode(" ".join(sentence.split()[:2]))), first_name(sentence)
        if len(tokens) + n > room:
            break
        first, start = len(tokens) + len(asked), starts[sentence]
        tokens += asked + answered
        weights += [0.0] * len(asked) + [1.0] * len(answered)
        parts += [part] * n
        positions += range(after, after + n)
        names += [-1] * (len(asked) + named) + [first + named] * (len(answered) - 1 - named) + [-1]
        sources += [-1] * len(asked) + [start + j + 1 if said - 1 <= j < len(answered) - 2 else -1
                                        for j in range(len(answered))]
    return Document(tokens, weights, parts, positions, names, sources)


@dataclass(frozen=True)
class Batch:
    """Tensors (rows, row). weights: of predicting each token from those before it."""
    tokens: torch.Tensor
    documents: torch.Tensor
    parts: torch.Tensor
    positions: torch.Tensor
    weights: torch.Tensor
    names: torch.Tensor          # see Document
    sources: torch.Tensor

    def to(self, device) -> "Batch":
        return Batch(*(t.to(device) for t in vars(self).values()))


class Packer:
    def __init__(self, tokenizer: Tokenizer, rows: Rows, seed: str):
        self.tokenizer, self.rows = tokenizer, rows
        self.rng = random.Random(seed)
        self.values = Values(self.rng, held_out=False)
        self.vocab = tokenizer.get_vocab_size()
        self.bins: list[list[Document]] = [[] for _ in range(BINS)]

    def document(self) -> Document:
        while True:
            task = self.rng.choices(list(self.rows.mix), self.rows.mix.values())[0]
            if task == "copy":
                document = copy_document(self.rng, self.vocab)
            elif task == "lookup":
                document = lookup_document(self.rng, self.vocab)
            elif task == "reading":
                document = reading_document(self.tokenizer, self.values, self.rows.row, self.rng.randint(*self.rows.text))
            else:
                document = plain(*encode_example(self.tokenizer, TASKS[task](self.values)))
            if len(document.tokens) <= self.rows.row:
                return document

    def row(self) -> list[Document]:
        """Best fit; when a document fits nowhere, the fullest bin is given out."""
        size = lambda b: sum(len(d.tokens) for d in b)
        while True:
            document = self.document()
            fitting = [b for b in self.bins if size(b) + len(document.tokens) <= self.rows.row]
            if fitting:
                max(fitting, key=size).append(document)
                continue
            fullest = max(range(BINS), key=lambda i: size(self.bins[i]))
            done, self.bins[fullest] = self.bins[fullest], [document]
            return done

    def batch(self) -> Batch:
        shape = (self.rows.rows, self.rows.row)
        tokens = torch.full(shape, EOS, dtype=torch.long)
        documents = torch.full(shape, -1, dtype=torch.long)
        parts, positions = torch.zeros(shape, dtype=torch.long), torch.zeros(shape, dtype=torch.long)
        weights = torch.zeros(shape)
        names, sources = torch.full(shape, -1), torch.full(shape, -1)
        for r in range(self.rows.rows):
            at = 0
            for i, d in enumerate(self.row()):
                n = len(d.tokens)
                here = slice(at, at + n)
                tokens[r, here] = torch.tensor(d.tokens)
                documents[r, here] = i
                parts[r, here] = torch.tensor(d.parts or [0] * n)
                positions[r, here] = torch.tensor(d.positions or range(n))
                weights[r, here] = torch.tensor(d.weights)
                weights[r, at] = 0       # nothing inside the document comes before its first token
                for places, of in ((names, d.names), (sources, d.sources)):
                    if of:
                        places[r, here] = torch.tensor([p + at if p >= 0 else -1 for p in of])
                at += n
        return Batch(tokens, documents, parts, positions, weights, names, sources)
