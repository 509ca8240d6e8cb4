"""Values of JSON that are changed within its grammar: for files whose checksum hides changed bytes."""

import copy

ODD_VALUES = [
    None,
    True,
    0,
    -1,
    1,
    1.5,
    -0.0,
    1e308,
    float("nan"),
    float("inf"),
    2**31,
    2**63,
    -(2**63),
    10**400,
    "",
    "a",
    "\x1b[2J\u202e",
    "\ud800",
    "9" * 5000,
    "x" * 300,
    [],
    [[]],
    [None],
    ["a", "a"],
    [0, 1],
    {},
    {"a": 1},
    {"pairs": []},
    {"pairs": [[[], 1]]},
    {"tensor": "0"},
    {"tensor": "0", "order": [0, 0]},
    {"tensor": 0, "order": "x"},
]


def places(value, path=()):
    """The paths of all values within a value."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from places(inner, (*path, key))


def changed(value, rng):
    """A copy with one to three changes: values replaced, left out, repeated, exchanged or nested."""
    holder = [copy.deepcopy(value)]
    for _ in range(rng.choice((1, 1, 2, 3))):
        *above, key = rng.choice([path for path in places(holder) if path])
        inside = holder
        for step in above:
            inside = inside[step]
        kind = rng.randrange(8)
        if kind == 0 and above:
            del inside[key]
        elif kind == 1 and isinstance(inside, list) and above:
            inside.insert(key, copy.deepcopy(inside[key]))
        elif kind == 2 and isinstance(inside, dict):
            inside[rng.choice(["a", "", "tensor", "pairs", "order"])] = inside[key]
        elif kind == 3:
            other = holder
            for step in rng.choice(list(places(holder))):
                other = other[step]
            inside[key] = copy.deepcopy(other)
        elif kind == 4:
            for _ in range(rng.choice((1, 3, 200))):
                inside[key] = [inside[key]] if rng.random() < 0.5 else {"a": inside[key]}
        elif kind == 5 and isinstance(inside[key], (int, float)):
            inside[key] = rng.choice([-inside[key], inside[key] + 1, inside[key] * 10**9, inside[key] // 3])
        else:
            inside[key] = copy.deepcopy(rng.choice(ODD_VALUES))
    return holder[0]
