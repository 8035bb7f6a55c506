"""Says what nbformat makes of notebook files.

Standard input: one path a line. For each, standard output has one line of JSON: whether the file
could be read, upgraded and written, and what the schema has against it. The bytes written go to the
path with `.expected` behind it. Ids that nbformat makes up are `gen00001`, `gen00002`, ….
"""

import json
import logging
import sys
import warnings
from pathlib import Path

import nbformat
from nbformat import corpus, reader, validator
from nbformat.converter import convert


class NumberedIds:
    """Stands in for the module `uuid`."""

    def __init__(self):
        self.count = 0

    def uuid4(self):
        self.count += 1
        return self

    @property
    def hex(self):
        return f"gen{self.count:05d}"


def normalize_only(notebook, **_):
    """Stands in for `nbformat.validate`, whose findings nbformat only logs when it reads and writes."""
    version = reader.get_version(notebook)
    assert all(isinstance(number, int) for number in version)
    if version >= (4, 5):
        validator._normalize(notebook, *version, True, False, False)


def judge(text):
    """The places of what is wrong with the file, after its conversion to format 4."""
    notebook = convert(reader.reads(text), 4)
    minor = notebook.get("nbformat_minor", 0)
    places = [list(error.relative_path) for error in validator.iter_validate(notebook, version=4, version_minor=minor)]
    ids = [cell["id"] for cell in notebook["cells"] if "id" in cell] if minor >= 5 else []
    return places, len(ids) != len(set(ids))


def examine(path):
    corpus.words.uuid = NumberedIds()
    try:
        text = Path(path).read_text(encoding="utf-8")
        places, repeated_ids = judge(text)
        corpus.words.uuid = NumberedIds()
        notebook = nbformat.v4.upgrade(nbformat.reads(text, as_version=4))
        written = nbformat.writes(notebook).encode()
    except Exception as error:
        return {"written": False, "error": f"{type(error).__name__}: {error}"[:200]}
    Path(path + ".expected").write_bytes(written)
    return {"written": True, "places": places, "repeated_ids": repeated_ids}


logging.disable(logging.CRITICAL)
warnings.simplefilter("ignore")
nbformat.validate = normalize_only
for line in sys.stdin:
    print(json.dumps(examine(line.rstrip("\n"))))
