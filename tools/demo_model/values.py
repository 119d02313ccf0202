"""The values that fill the templates, and the wall between training and held-out values.

A value belongs to exactly one side, decided by a hash of its text: one in eight is held out and never
appears in training. Small closed sets (ages, days, jobs, first names) are on both sides; what is built
from them (full names, items, prose forms) is not.
"""

import random
import zlib

FIRST = """Anna Ben Clara David Elena Felix Greta Hugo Ida Jonas Karin Leo Mara Nils Olga Paul Rosa Sven Tessa
Uwe Vera Walter Yara Zeno Alice Boris Carla Dario Edith Frank Gina Henry Irma Jakob Klara Lukas Mona Noah Otto
Petra Ralf Sofia Timo Ursula Viktor Wanda Xenia Yusuf Zara Adam Berta Cosmo Dora Emil Flora Gustav Helga Ivan
Julia Kurt Linda Martin Nora Oscar Pia Robert Silke Theo Uma Vito Wilma Amir Bela Celia Dennis Erika Fabian
Gerd Hanna Igor Jana Konrad Lena Marco Nina Oleg Paula Rita Simon Tina Ulla Volker Wendy""".split()
SYLLABLES = """ba bel bor bra bri cal cor da del dor dun el far fen fi gar gel gri hal har hol in ka kel kor
la lan len lin lo lor ma mal mer mi mor na nel nor ol or pa pel per ra ran rel ri ro sa sel sen sil so ta tal
tan tel tor tri ul va val ven ver vi vol wa wel win zan zel""".split()
SURNAME_ENDS = "mann berg ner ski ton sen ler rick well ford low by".split()
CITY_ENDS = "brook dale field haven stad port ville burg mouth wick holm bridge".split()
JOBS = """baker painter driver teacher nurse gardener plumber cook lawyer singer tailor farmer pilot waiter
welder dentist butcher guard judge sailor writer mason miner florist""".split()
ADJECTIVES = """red blue green black white yellow small large heavy light wooden steel dark new cheap soft round
plain long short""".split()
NOUNS = """lamp chair table bicycle kettle jacket bottle mirror carpet basket ladder hammer pillow radio clock
blanket drawer shelf bucket camera keyboard helmet piano cable""".split()
TOPICS = """budget harbour garden safety music history winter summer market science bridge chess river forest
energy design""".split()
MEETINGS = "meeting workshop concert lecture festival course contest talk tour lunch".split()
ROOMS = "kitchen cellar attic garage office hall bedroom workshop library garden pantry studio".split()
STATES = "ok low broken idle busy offline ready full".split()
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
MONTHS = "January February March April May June July August September October November December".split()
ANIMALS = "dog cat horse rabbit fox crow goose mouse bear duck goat frog".split()

CLOSED_WORDS = {w.lower() for group in (JOBS, ADJECTIVES, NOUNS, TOPICS, MEETINGS, ROOMS, STATES, ANIMALS)
                for w in group}


def is_held_out(text: str, one_in: int = 8) -> bool:
    return zlib.crc32(text.encode()) % one_in == 0


class NoneOnThisSide(Exception):
    """A small set of values or forms lies wholly on the other side."""


class Values:
    """Draws values of one side of the wall."""

    def __init__(self, rng: random.Random, held_out: bool):
        self.rng, self.held_out = rng, held_out

    def on_side(self, make, one_in: int = 8) -> str:
        for _ in range(10000):
            value = make()
            if is_held_out(value, one_in) == self.held_out:
                return value
        raise ValueError(f"no value on this side of the wall like {value!r}: give it more variants")

    def pick(self, items):
        return self.rng.choice(items)

    def _invented(self, ends) -> str:
        n = self.rng.choice((1, 1, 2))
        return ("".join(self.rng.choice(SYLLABLES) for _ in range(n)) + self.rng.choice(ends)).capitalize()

    def surname(self):
        return self.on_side(lambda: self._invented(SURNAME_ENDS))

    def name(self):
        return f"{self.pick(FIRST)} {self.surname()}"

    def city(self):
        return self.on_side(lambda: self._invented(CITY_ENDS))

    def item(self):
        return self.on_side(lambda: f"{self.pick(ADJECTIVES)} {self.pick(NOUNS)}")

    def title(self):
        return self.on_side(lambda: f"{self.pick(TOPICS)} {self.pick(MEETINGS)}")

    def code(self):
        return self.on_side(lambda: f"{self.pick('ABCDEFGHKLMNPRSTVWX')}{self.rng.randrange(100, 1000)}")

    def phone(self):
        return self.on_side(lambda: f"0{self.rng.randrange(10, 100)}-{self.rng.randrange(1000, 10000)}")

    def price(self):
        return self.on_side(lambda: f"{self.rng.randrange(2, 200)}.{self.rng.randrange(10, 100)}")

    def degrees(self):
        return f"{self.rng.randrange(2, 40)}.{self.rng.randrange(1, 10)}"

    def age(self):
        return str(self.rng.randrange(18, 99))

    def percent(self):
        return str(self.rng.randrange(10, 100))

    def platform(self):
        return str(self.rng.randrange(1, 25))

    def clock(self):
        return f"{self.rng.randrange(6, 23)}:{self.rng.choice(('00', '15', '20', '30', '40', '45'))}"

    def date(self):
        return f"{self.rng.randrange(1, 29)} {self.pick(MONTHS)}"

    def day(self):
        return self.pick(DAYS)

    def job(self):
        return self.pick(JOBS)

    def room(self):
        return self.pick(ROOMS)

    def state(self):
        return self.pick(STATES)
