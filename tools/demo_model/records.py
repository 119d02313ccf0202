"""Records: a few fields with values, and their text as prose or as a list of keys.

Prose is a subject and clauses in any order. The form (kind, order and wording of clauses) has a side
too: the forms of held-out records never occur in training.
"""

from dataclasses import dataclass

from values import NoneOnThisSide, Values

NUMBERS = {"age", "price", "temperature", "battery", "platform"}


@dataclass(frozen=True)
class Kind:
    subject: str                     # the field that starts the prose
    opening: tuple[str, ...]         # wordings of the subject
    clauses: dict[str, tuple[str, ...]]


KINDS = {
    "person": Kind("name", ("{}",), {
        "city": ("lives in {}", "is based in {}", "has a flat in {}"),
        "age": ("is {} years old", "turned {} this year"),
        "job": ("works as a {}", "earns money as a {}"),
        "phone": ("can be called on {}", "has the phone number {}"),
    }),
    "order": Kind("customer", ("{}",), {
        "item": ("ordered a {}", "wants to buy a {}"),
        "price": ("will pay {} euros", "was billed {} euros"),
        "order": ("got the order number {}", "has order {}"),
        "day": ("expects it on {}", "wants delivery on {}"),
    }),
    "sensor": Kind("sensor", ("Sensor {}", "The sensor {}"), {
        "room": ("hangs in the {}", "watches the {}"),
        "temperature": ("reads {} degrees", "measures {} degrees"),
        "battery": ("has {} percent battery", "is charged to {} percent"),
        "status": ("says {}", "has the status {}"),
    }),
    "event": Kind("event", ("The {}", "Our {}"), {
        "place": ("takes place in {}", "will be held in {}"),
        "time": ("starts at {}", "begins at {}"),
        "date": ("is on {}", "was moved to {}"),
        "host": ("is led by {}", "is hosted by {}"),
    }),
    "train": Kind("train", ("Train {}", "The train {}"), {
        "from": ("comes from {}", "leaves the town of {}"),
        "to": ("goes to {}", "runs to {}"),
        "time": ("departs at {}", "leaves at {}"),
        "platform": ("uses platform {}", "stops at platform {}"),
    }),
}

MAKERS = {
    "name": Values.name, "customer": Values.name, "host": Values.name, "city": Values.city,
    "place": Values.city, "from": Values.city, "to": Values.city, "age": Values.age, "job": Values.job,
    "phone": Values.phone, "item": Values.item, "price": Values.price, "order": Values.code,
    "day": Values.day, "sensor": Values.code, "room": Values.room, "temperature": Values.degrees,
    "battery": Values.percent, "status": Values.state, "event": Values.title, "time": Values.clock,
    "date": Values.date, "train": Values.code, "platform": Values.platform,
}
LEADS = ("", "", "", "Note: ", "News: ", "From the log: ", "Please note: ")


@dataclass(frozen=True)
class Record:
    fields: dict[str, str]
    text: str


def join(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]


def prose(values: Values, kind_name: str, fields: dict[str, str]) -> str:
    kind, rng = KINDS[kind_name], values.rng

    def form() -> str:
        keys = [k for k in fields if k != kind.subject]
        rng.shuffle(keys)
        clauses = [rng.choice(kind.clauses[k]).replace("{}", "{" + k + "}") for k in keys]
        opening = rng.choice(kind.opening).replace("{}", "{" + kind.subject + "}")
        return rng.choice(LEADS) + opening + " " + join(clauses) + "."

    # Records of two clauses have few forms: with one in eight held out, some had none on that side.
    return values.on_side(form, one_in=3).format(**fields)


def listed(values: Values, fields: dict[str, str]) -> str:
    keys = list(fields)
    values.rng.shuffle(keys)
    return "; ".join(f"{k}: {fields[k]}" for k in keys) + "."


def make_record(values: Values, prose_only: bool = False) -> Record:
    rng = values.rng
    kind_name = rng.choice(list(KINDS))
    kind = KINDS[kind_name]
    keys = [kind.subject] + rng.sample(list(kind.clauses), rng.choice((2, 3, 3, 4)))
    fields: dict[str, str] = {}
    for key in keys:
        value = MAKERS[key](values)
        while value in fields.values():
            value = MAKERS[key](values)
        fields[key] = value
    if prose_only or rng.random() < 0.75:
        try:
            return Record(fields, prose(values, kind_name, fields))
        except NoneOnThisSide:
            return make_record(values, prose_only)
    return Record(fields, listed(values, fields))
