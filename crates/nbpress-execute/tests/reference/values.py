"""Answers a file of questions with papermill's own translators, value typing and YAML loader.

Usage: values.py QUESTIONS.json; the answers go to stdout as JSON.
"""

import json
import sys

import yaml
from papermill.cli import _resolve_type
from papermill.iorw import NoDatesSafeLoader
from papermill.translators import papermill_translators


class Printed:
    """Something papermill knows only by its str()."""

    def __init__(self, text):
        self.text = text

    def __str__(self):
        return self.text

    __repr__ = __str__


def decode(value):
    if isinstance(value, list):
        return [decode(item) for item in value]
    if isinstance(value, dict):
        [(kind, inside)] = value.items()
        if kind == "$float":
            return float(inside)
        if kind == "$int":
            return int(inside)
        if kind == "$str":
            return Printed(inside)
        return {decode(key): decode(item) for key, item in inside}
    return value


def attempt(function):
    try:
        return {"value": function()}
    except RecursionError:
        return {"error": "RecursionError"}
    except Exception as error:
        return {"error": type(error).__name__}


def translate(case):
    translator = papermill_translators.find_translator(case["kernel"], case["language"])
    return translator.codify({name: decode(value) for name, value in case["parameters"]})


def typed(value):
    """A value with its type, also inside: 1, 1.0, True and "1" differ."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{typed(key)}: {typed(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(typed, value)) + "]"
    if value is None or isinstance(value, (bool, int, float, str)):
        return repr(value)
    # Sets have no order.
    return "set" if isinstance(value, (set, frozenset)) and len(value) > 1 else str(value)


def main():
    questions = json.load(open(sys.argv[1], encoding="utf-8"))
    answers = {
        "translate": [attempt(lambda: translate(case)) for case in questions["translate"]],
        "command_line": [attempt(lambda: typed(_resolve_type(text))) for text in questions["command_line"]],
        "yaml": [attempt(lambda: typed(yaml.load(text, Loader=NoDatesSafeLoader))) for text in questions["yaml"]],
    }
    json.dump(answers, sys.stdout)


main()
