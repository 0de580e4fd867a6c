# Copyright the Brink authors.
# SPDX-License-Identifier: Apache-2.0
#
"""Input for guests, made from a fixed seed so that every run sees the same bytes."""

import json
import random

_SYLLABLES = ["ba", "re", "ki", "lo", "mun", "ta", "ve", "sor", "in", "da", "qui", "el"]


def prose(lines, seed=1):
    """Lines of made-up words, a few of them frequent, as in real text."""
    chance = random.Random(seed)
    words = ["".join(chance.choices(_SYLLABLES, k=chance.randint(1, 4))) for _ in range(300)]
    weights = [1 / rank for rank in range(1, len(words) + 1)]
    text = []
    for _ in range(lines):
        line = chance.choices(words, weights, k=chance.randint(0, 14))
        text.append(" ".join(line).capitalize() + chance.choice(["", ".", ",", "!"]))
    return "\n".join(text) + "\n"


def noise(size, seed=2):
    return random.Random(seed).randbytes(size)


def numbers(lines, seed=3):
    chance = random.Random(seed)
    values = [
        chance.choice([chance.randint(-999, 999), round(chance.gauss(0, 50), 3)])
        for _ in range(lines)
    ]
    return "".join(f"{value}\n" for value in values)


def document(records, seed=4):
    """A JSON text with every kind of value, escapes and characters of every UTF-8 length."""
    chance = random.Random(seed)
    rows = []
    for number in range(records):
        rows.append(
            {
                "id": number,
                "name": "".join(
                    chance.choices('abcd \u00e9\u4e2d\U0001f600"\\\n', k=chance.randint(0, 12))
                ),
                "weight": chance.choice([chance.random(), chance.gauss(0, 1e6), -1e-9, 5e20]),
                "flags": [chance.choice([True, False, None]) for _ in range(chance.randint(0, 4))],
                "nested": {"empty": {}, "list": [[], [[]]]},
            }
        )
    return json.dumps(rows, ensure_ascii=chance.random() < 0.5)
