"""Answers as papermill, PyYAML and Python do. The one argument is a file with the questions, as JSON."""

import base64
import datetime
import functools
import json
import logging
import sys

import yaml
from click.testing import CliRunner
from papermill.cli import _resolve_type, papermill
from papermill.inspection import _infer_parameters
from papermill.iorw import NoDatesSafeLoader, load_notebook_node
from papermill.parameterize import parameterize_path


class Warnings(logging.Handler):
    def __init__(self):
        super().__init__(logging.WARNING)
        self.messages = []

    def emit(self, record):
        self.messages.append(record.getMessage())


warnings = Warnings()
logging.getLogger("papermill").addHandler(warnings)


def answer(question, *arguments):
    try:
        return {"value": question(*arguments)}
    except RecursionError:
        return {"error": "RecursionError"}
    except Exception as error:
        return {"error": type(error).__name__, "message": str(error)}


@functools.cache
def load_once(text):
    return load(text) or {}


def load(text):
    return yaml.load(text, Loader=NoDatesSafeLoader)


def parameters(encoded):
    merged = {}
    merged.update(load(base64.b64decode(encoded)) or {})
    return repr([(str(name), value) for name, value in merged.items()])


def path(template, text):
    local, utc = (
        datetime.datetime(2026, 3, 7, 9, 5, 4, 71), datetime.datetime(2026, 12, 31, 23, 0, tzinfo=datetime.timezone.utc)
    )
    builtins = {
        "run_uuid": "5f8de2b0-8a3e-4d0f-9d5e-000000000001",
        "current_datetime_local": local,
        "current_datetime_utc": utc,
    }
    return parameterize_path(template, {"pm": builtins, **load_once(text)})


def help_notebook(path):
    warnings.messages.clear()
    result = CliRunner().invoke(papermill, ["--help-notebook", "--log-level", "WARNING", path], prog_name="papermill")
    failed = result.exception is not None and not isinstance(result.exception, SystemExit)
    return {
        "text": result.stdout,
        "exit_code": result.exit_code,
        "warnings": list(warnings.messages),
        "error": str(result.exception) if failed else None,
    }


def infer(path, kernel, language):
    return [parameter.name for parameter in _infer_parameters(load_notebook_node(path), kernel, language)]


with open(sys.argv[1], encoding="utf-8") as questions:
    asked = json.load(questions)
answers = {
    "command_line": [answer(lambda text: repr(_resolve_type(text)), text) for text in asked["command_line"]],
    "yaml": [answer(lambda text: repr(load(text)), text) for text in asked["yaml"]],
    "base64": [answer(parameters, text) for text in asked["base64"]],
    "paths": [answer(path, *pair) for pair in asked["paths"]],
    "help": [help_notebook(path) for path in asked["help"]],
    "infer": [answer(infer, *triple) for triple in asked["infer"]],
}
sys.stdout.reconfigure(encoding="utf-8")
json.dump(answers, sys.stdout)
