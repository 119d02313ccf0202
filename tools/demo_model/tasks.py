"""The five tasks: each makes one Example from values of one side (training or held out)."""

from dataclasses import dataclass

from records import MAKERS, NUMBERS, make_record
from values import ANIMALS, DAYS, FIRST, Values

CHAT_TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + "
    "'<|im_end|>\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)


@dataclass(frozen=True)
class Example:
    task: str
    prompt: str          # raw text, or the user's message where is_chat
    answer: str
    is_chat: bool = False
    is_exact: bool = True    # one right answer

    def prompt_text(self) -> str:
        """What the model reads; equals CHAT_TEMPLATE applied to one user message."""
        if not self.is_chat:
            return self.prompt
        return f"<|im_start|>user\n{self.prompt}<|im_end|>\n<|im_start|>assistant\n"

    def end(self) -> str:
        return "<|im_end|>" if self.is_chat else "<|eos|>"


def extract(values: Values) -> Example:
    rng = values.rng
    record = make_record(values)
    keys = rng.sample(list(record.fields), rng.randrange(2, len(record.fields) + 1))
    ask = rng.choice(("Extract {} as JSON.", "Give {} as JSON.", "Find {} and write JSON."))
    pair = lambda k: f'"{k}":{record.fields[k]}' if k in NUMBERS else f'"{k}":"{record.fields[k]}"'
    answer = "{" + ",".join(map(pair, keys)) + "}"
    return Example("extract", f"{ask.format(', '.join(keys))}\nText: {record.text}\nJSON:\n", answer)


def rewrite(values: Values) -> Example:
    rng = values.rng
    while True:
        record = make_record(values, prose_only=True)
        key = rng.choice(list(record.fields))
        old, new = record.fields[key], MAKERS[key](values)
        if record.text.count(old) == 1 and new not in record.text:
            break
    ask = rng.choice(("Replace {} with {}.", "Change {} to {}.")).format(old, new)
    return Example("rewrite", f"{ask}\nText: {record.text}\nNew text:\n", record.text.replace(old, new))


FACTS = (
    (lambda v: v.city(), "{} lives in {}.", "Where does {} live?"),
    (lambda v: v.job(), "{} works as a {}.", "What is the work of {}?"),
    (lambda v: v.item(), "{} owns a {}.", "What does {} own?"),
    (lambda v: v.code(), "{} has the code {}.", "Which code does {} have?"),
    (lambda v: v.age(), "{} is {} years old.", "How old is {}?"),
)
FILLER = ("The sun is out.", "It rained all day.", "The shop was closed.", "A bird sang.", "The street was quiet.",
          "Nobody was there.", "The bus was late.", "The tea went cold.")
FILLER_RATES = (0.2, 0.5, 0.8, 1.2)      # filler sentences to a fact; one of these for a whole text


@dataclass(frozen=True)
class Reading:
    """A text of facts about people, whose first names and surnames all differ, and a question about each."""

    sentences: tuple[str, ...]
    questions: tuple[tuple[str, str], ...]       # with its answer, which is the fact's sentence

    @staticmethod
    def ask(question: str) -> str:
        return f"Question: {question}\nAnswer:\n"


def reading(values: Values, sizes) -> Reading:
    """sizes: says how long a sentence is, and how long the text may be (sizes.of, sizes.room)."""
    rng = values.rng
    rate = rng.choice(FILLER_RATES)
    used: set[str] = set()
    sentences, questions, room = [], [], sizes.room

    def add(sentence: str) -> bool:
        nonlocal room
        room -= sizes.of(sentence)
        if room >= 0:
            sentences.append(sentence)
        return room >= 0

    while True:
        name = values.name()
        if not used.isdisjoint(name.split()):
            continue
        used.update(name.split())
        make, fact, question = rng.choice(FACTS)
        sentence = fact.format(name, make(values))
        if not add(sentence):
            break
        questions.append((question.format(name), sentence))
        while rng.random() < rate / (1 + rate) and add(rng.choice(FILLER)):
            pass
    return Reading(tuple(sentences), tuple(questions))


@dataclass(frozen=True)
class Words:
    room: int

    def of(self, sentence: str) -> int:
        return len(sentence.split())


def longqa(values: Values, sizes=None) -> Example:
    """sizes: see reading(); without them, a short text of three facts or more."""
    text = reading(values, sizes or Words(values.rng.randrange(24, 70)))
    question, answer = values.rng.choice(text.questions)
    return Example("longqa", f"Text: {' '.join(text.sentences)}\n{Reading.ask(question)}", answer)


def story(values: Values) -> Example:
    rng = values.rng
    hero, animal, town, day = rng.choice(FIRST), rng.choice(ANIMALS), values.city(), rng.choice(DAYS)
    friend = rng.choice([f for f in FIRST if f != hero])
    item = values.item()
    parts = [
        rng.choice((f"One {day} {hero} went to {town}.", f"{hero} came to {town} on a {day}.")),
        rng.choice((f"There was a {animal} by the road.", f"A {animal} sat at the gate.")),
        rng.choice((f"The {animal} looked at {hero} and did not move.", f"The {animal} was hungry and cold.")),
        rng.choice((f"{hero} gave it some bread and a {item}.", f"{hero} found a {item} and gave it away.")),
        rng.choice((f"Then {friend} came and helped.", f"{friend} saw it and laughed.")),
        rng.choice((f"In the evening they all went home.", f"From that day on the {animal} lived with {hero}.")),
    ]
    prompt = f"Write a story about {hero} and a {animal} in {town}.\nStory:\n"
    return Example("stories", prompt, " ".join(parts), is_exact=False)


def chat(values: Values) -> Example:
    rng = values.rng
    first, city, item, name, day = rng.choice(FIRST), values.city(), values.item(), values.name(), rng.choice(DAYS)
    a, b = rng.randrange(10), rng.randrange(10)
    code = values.code()
    open_pairs = [
        (f"Hello, I am {name}.", f"Hello {name}, nice to meet you."),
        (f"I live in {city}. Where do I live?", f"You live in {city}."),
        (f"I have a {item}. What do I have?", f"You have a {item}."),
        (f"Say {city} and {code}.", f"{city} and {code}."),
        (f"My code is {code}. What is my code?", f"Your code is {code}."),
        (f"Greet {name} from {city}.", f"Hello {name} from {city}, nice to meet you."),
    ]
    closed_pairs = [
        ("Who are you?", "I am a small demo model."),
        (f"What is {a} plus {b}?", f"{a} plus {b} is {a + b}."),
        (f"Which day comes after {day}?", f"{DAYS[(DAYS.index(day) + 1) % 7]} comes after {day}."),
        (f"Thank you, said {first}.", "You are welcome."),
    ]
    pairs = open_pairs if values.held_out else open_pairs + closed_pairs
    user, assistant = rng.choice(pairs)
    return Example("chat", user, assistant, is_chat=True)


TASKS = {"extract": extract, "rewrite": rewrite, "longqa": longqa, "stories": story, "chat": chat}
