import struct


def printed(value):
    if value is None:
        return "n"
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, int):
        return f"i{value}"
    if isinstance(value, float):
        return "dnan" if value != value else "d" + struct.pack(">d", value).hex()
    if isinstance(value, str):
        return "s" + value.encode("utf-8").hex()
    if isinstance(value, list):
        return "[" + ",".join(map(printed, value)) + "]"
    return "{" + ",".join(sorted(f"{printed(key)}:{printed(item)}" for key, item in value.items())) + "}"


def show(value):
    print(printed(value))


