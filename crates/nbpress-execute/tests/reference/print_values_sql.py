import re
import sqlite3
import struct

database = sqlite3.connect(":memory:")
database.create_function("chr", 1, chr)


def printed(value):
    if isinstance(value, int):
        return f"i{value}"
    if isinstance(value, float):
        return "d" + struct.pack(">d", value).hex()
    if isinstance(value, str):
        return "s" + value.encode("utf-8").hex()


def literal(code):
    """SQLite has no variables, lists or mappings: the literals between the brackets are read alone."""
    inside = re.fullmatch(r"(?s)-- Parameters\nSET VARIABLE p0 = (.*);\n", code).group(1)
    row = lambda text: database.execute("SELECT " + text).fetchone() if text else ()
    if inside.startswith("ARRAY["):
        return "[" + ",".join(map(printed, row(inside[len("ARRAY["):-1]))) + "]"
    if inside.startswith("MAP(ARRAY["):
        # The arrays have as many items each, so both halves of one row.
        body = inside[len("MAP(ARRAY["):-len("])")]
        row = row(body.replace("], ARRAY[", ", ", 1)) if body != "], ARRAY[" else ()
        half = len(row) // 2
        return "{" + ",".join(sorted(f"{printed(k)}:{printed(v)}" for k, v in zip(row[:half], row[half:]))) + "}"
    if inside.startswith("CAST("):
        return {"NaN": "dnan", "Infinity": "d7ff0000000000000", "-Infinity": "dfff0000000000000"}[inside.split("'")[1]]
    return printed(row(inside)[0])


def show(code):
    print(literal(code))


