"""What is shown of a data frame: its first rows, and where all of them are."""

import contextlib
import datetime
import decimal
import hashlib
import json
import math
import os
import sys
import time
import uuid
import warnings

# Rows of an output, as long as they have no more fields and bytes together.
FIRST_ROWS = 100
MOST_FIELDS = 20_000
MOST_BYTES = 256 << 10
MOST_COLUMNS = 1_000
# What is converted at once: all that a table takes besides itself.
SLICE_ROWS = 1 << 16
SLICE_BYTES = 32 << 20
# What a cell waits for its table, in seconds.
PATIENCE = 5


class Omitted(Exception):
    """Why not all rows are kept."""


def resource(kind, frame, settings):
    """The output of a frame; nothing where it has no columns or too many."""
    with without_warnings():
        if not 0 < len(frame.keys if kind == "results" else frame.columns) <= MOST_COLUMNS:
            return None
        view = VIEWS[kind](frame)
        rows, row_bytes = first_rows(view)
        about = {}
        if len(rows) < view.rows:
            view.slice = max(1, min(SLICE_ROWS, SLICE_BYTES // row_bytes))
            about = kept(view, settings)
        # How many there are is known of some only when they are written.
        about = {"rows": view.rows, **about}
        if view.rows and not rows and "table" not in about:
            return None
    fields = [{"name": name, "type": word} for name, word in zip(view.names, view.types)]
    schema = {"fields": fields, "primaryKey": view.key} if view.key else {"fields": fields}
    return {"schema": schema, "data": rows, "nbpress": about}


@contextlib.contextmanager
def without_warnings():
    """`warnings.catch_warnings` would have those shown again that the notebook has shown once."""
    show = warnings.showwarning
    warnings.showwarning = lambda *_args, **_named: None
    try:
        yield
    finally:
        warnings.showwarning = show


def first_rows(view):
    """As many as an output may have, and how many bytes each of them is."""
    count = min(FIRST_ROWS, view.rows, max(1, MOST_FIELDS // len(view.names)))
    columns = []
    for at, values in enumerate(view.values(0, count)):
        column = [value_of(view.types[at], value) for value in values]
        # Readers of JSON take them for 64 bits.
        if view.types[at] == "integer" and not all(-(2**63) <= value < 2**63 for value in column if value):
            view.types[at] = "string"
            column = [None if value is None else str(value) for value in column]
        columns.append(column)
    rows, spent = [], 0
    for row in zip(*columns):
        row = dict(zip(view.names, row))
        length = len(json.dumps(row, allow_nan=False))
        if spent + length > MOST_BYTES:
            return rows, max(length, MOST_BYTES // (len(rows) + 1))
        spent += length
        rows.append(row)
    return rows, max(1, spent // max(1, len(rows)))


def value_of(word, value):
    """A value in JSON, as the word for its column's type has it."""
    if value is None or is_missing(value):
        return None
    if word == "boolean":
        return bool(value)
    if word == "integer":
        return int(value)
    if word == "number":
        value = float(value)
        return value if math.isfinite(value) else None
    return text_of(value)


def is_missing(value):
    try:
        # NaN and NaT differ from themselves; pandas.NA says neither.
        return bool(value != value)
    except Exception:
        return type(value).__name__ == "NAType"


def text_of(value):
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, (bytes, bytearray)):
        return value.hex()
    return str(value)


def kept(view, settings):
    """Writes all rows to a file named by the SHA-256 of its bytes, or says why not."""
    folder = settings["folder"]
    if folder is None:
        return {"omitted": "tables of this run are not kept"}
    if view.rows > settings["rows"]:
        return {"omitted": f"it has more than {settings['rows']} rows"}
    unfinished = os.path.join(folder, f".{uuid.uuid4().hex}")
    try:
        written = view.write(unfinished, Room(min(settings["bytes"], settings["left"]), settings["rows"]))
        settings["left"] -= os.path.getsize(unfinished)
        name = sha256(unfinished)
        os.rename(unfinished, os.path.join(folder, name))
        return {"table": name, "format": written}
    except Omitted as omitted:
        return {"omitted": str(omitted)}
    except Exception as error:
        return {"omitted": f"it could not be written: {type(error).__name__}"}
    finally:
        with contextlib.suppress(OSError):
            os.unlink(unfinished)


class Room:
    """What may still be written of a table, and until when."""

    def __init__(self, most, rows):
        self.left = most
        self.rows = rows
        self.until = time.monotonic() + PATIENCE

    def take(self, size):
        self.left -= size
        if self.left < 0:
            raise Omitted("it takes more bytes than are kept")
        if time.monotonic() > self.until:
            raise Omitted(f"it takes longer than {PATIENCE} s to write")


def slices(view):
    """The first row and the number of rows of each part."""
    for first in range(0, view.rows, view.slice):
        yield first, min(view.slice, view.rows - first)


def sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def distinct(names, taken=()):
    """Texts, each different from all others: a name that comes again is numbered."""
    found, taken = [], set(taken)
    for name in names:
        parts = name if isinstance(name, tuple) else (name,)
        wanted = text = ", ".join(str(part) for part in parts if part != "") or "column"
        number = 1
        while text in taken:
            number += 1
            text = f"{wanted}_{number}"
        taken.add(text)
        found.append(text)
    return found
