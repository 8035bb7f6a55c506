"""The variables of cells in a file: how they are written, and read by another kernel.

Functions that cells defined are written as their code and read as functions of the kernel that reads them, so that they
see its variables. What shares an object goes on sharing it, also variables of a function around.
"""

import functools
import importlib
import io
import json
import marshal
import os
import pickle
import re
import stat
import sys
import time
import types

# What the file of a namespace is called.
NAMESPACE = "namespace.pickle"
# Of IPython: the last outputs and inputs, and the numbered ones.
OF_HISTORY = re.compile(r"_{1,3}|_i{1,3}|_i?\d+|_[ido]h|In|Out")
# What is never in it.
NEVER_SAVED = ["what modules hold (options, caches, plots)", "In and Out"]


# What a function has besides its code and its own attributes.
OF_FUNCTIONS = ["__qualname__", "__doc__", "__module__", "__defaults__", "__kwdefaults__", "__annotations__"]


class TooMuch(Exception):
    """The namespace is too large, or writing it takes too long."""


class Limited(io.RawIOBase):
    """A file in memory that takes so many bytes and so much time."""

    def __init__(self, most, until):
        self.parts, self.left, self.until = [], most, until

    def writable(self):
        return True

    def write(self, part):
        size = memoryview(part).nbytes
        self.left -= size
        if self.left < 0:
            raise TooMuch("the variables are too large")
        if time.perf_counter() > self.until:
            raise TooMuch("writing the variables takes too long")
        self.parts.append(bytes(part))
        return size


def variables_around(module):
    """Those of a module, or of the cells."""
    from IPython import get_ipython

    return get_ipython().user_ns if module is None else vars(importlib.import_module(module))


def make_function(code, name, cells, module):
    """A function of the namespace that is being read, still without what may contain it."""
    return types.FunctionType(marshal.loads(code), variables_around(module), name, None, cells)


def fill_function(function, rest):
    attributes, *known = rest
    for name, value in zip(OF_FUNCTIONS, known):
        setattr(function, name, value)
    function.__dict__.update(attributes)


def make_cell():
    """A variable of a function around, still without its value."""
    return types.CellType()


def fill_cell(cell, value):
    (cell.cell_contents,) = value


MAKERS = {maker.__name__: maker for maker in (make_function, fill_function, make_cell, fill_cell)}


@functools.lru_cache(maxsize=1)
def pickler():
    """The class that writes objects. `cloudpickle` writes the classes that cells defined, too; without it they cannot
    be saved."""
    try:
        from cloudpickle import Pickler as base
    except ImportError:
        base = pickle.Pickler

    class Pickler(base):
        def reducer_override(self, found):
            of_cells = getattr(found, "__module__", None) == "__main__"
            if isinstance(found, types.FunctionType) and of_cells:
                return function(found)
            if isinstance(found, types.ModuleType):
                if sys.modules.get(found.__name__) is not found:
                    raise pickle.PicklingError("a module that is not imported by its name")
                return importlib.import_module, (found.__name__,)
            if isinstance(found, types.CellType):
                return variable(found)
            if type(found).__module__ == "dataclasses" and (name := name_of_constant(found)):
                return getattr, (sys.modules["dataclasses"], name)
            wraps = hasattr(found, "__wrapped__") and not isinstance(found, (classmethod, staticmethod))
            if of_cells and wraps:
                raise pickle.PicklingError("what wraps a function of a cell")
            if base is not pickle.Pickler:
                return super().reducer_override(found)
            if isinstance(found, type) and of_cells:
                raise pickle.PicklingError("a class of a cell, without cloudpickle")
            return NotImplemented

    return Pickler


def module_of(function):
    """Where a function finds its variables: nothing for cells. What decorates a function is said to be where that is."""
    if function.__globals__ is variables_around(None):
        return None
    name = function.__globals__.get("__name__")
    if vars(sys.modules.get(name, types)) is not function.__globals__:
        raise pickle.PicklingError("a function with variables of its own")
    return name


def function(found):
    rest = [found.__dict__, *(getattr(found, name) for name in OF_FUNCTIONS)]
    made_of = (marshal.dumps(found.__code__), found.__name__, found.__closure__, module_of(found))
    return make_function, made_of, rest, None, None, fill_function


def variable(found):
    try:
        value = (found.cell_contents,)
    except ValueError:
        # It has none yet.
        return make_cell, ()
    return make_cell, (), value, None, None, fill_cell


def name_of_constant(found):
    """What the standard library calls a value that only counts as itself."""
    return next((name for name, value in vars(sys.modules["dataclasses"]).items() if value is found), None)


class Unpickler(pickle.Unpickler):
    def find_class(self, module, name):
        return MAKERS[name] if module == __name__ and name in MAKERS else super().find_class(module, name)


def written(content, most, until):
    """As bytes."""
    # Whoever writes a function by its name looks for it there.
    this = types.ModuleType(__name__)
    vars(this).update(MAKERS)
    sys.modules[__name__] = this
    try:
        file = Limited(most, until)
        pickler()(file, protocol=pickle.HIGHEST_PROTOCOL).dump(content)
        return b"".join(file.parts)
    finally:
        del sys.modules[__name__]


def variables_of(shell):
    """What cells have defined."""
    hidden, nothing = shell.user_ns_hidden, object()
    return {
        name: value
        for name, value in shell.user_ns.items()
        if hidden.get(name, nothing) is not value and not OF_HISTORY.fullmatch(name)
    }


def separate_what_fails(variables, most, until):
    """Those variables that can be written, and why others cannot."""
    missing = {}
    for name, value in variables.items():
        try:
            written(value, most, until)
        except TooMuch:
            raise
        except Exception as error:
            missing[name] = str(error) or type(error).__name__
    # A function that uses what is missing is of no use.
    found = True
    while found:
        found = {
            name
            for name, value in variables.items()
            if name not in missing and missing.keys() & set(getattr(getattr(value, "__code__", None), "co_names", ()))
        }
        missing.update((name, "it uses what cannot be saved") for name in found)
    return {name: value for name, value in variables.items() if name not in missing}, missing


def surroundings(environment):
    """What cells often change outside of variables: random numbers, where modules are, the environment."""
    modules = sys.modules
    changed = {name: value for name, value in os.environ.items() if environment.get(name) != value}
    return {
        "path": list(sys.path),
        "environment": changed,
        "random": modules["random"].getstate() if "random" in modules else None,
        "numpy": modules["numpy"].random.get_state() if "numpy.random" in modules else None,
    }


def save(shell, place, environment, most, seconds):
    """Writes the namespace into a folder, and returns its size and what is missing with the reason."""
    until = time.perf_counter() + seconds
    content = {"variables": variables_of(shell), **surroundings(environment)}
    missing = {}
    try:
        saved = written(content, most, until)
    except TooMuch:
        raise
    except Exception:
        content["variables"], missing = separate_what_fails(content["variables"], most, until)
        saved = written(content, most, until)
    descriptor = os.open(os.path.join(place, NAMESPACE), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "wb") as file:
        file.write(saved)
    return len(saved), missing


def load(place, count):
    """Reads a namespace that this user wrote: what it holds can have the kernel do anything."""
    from IPython import get_ipython

    shell = get_ipython()
    descriptor = os.open(os.path.join(place, NAMESPACE), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with open(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if status.st_uid != os.geteuid() or stat.S_IMODE(status.st_mode) != 0o600 or not stat.S_ISREG(status.st_mode):
            raise PermissionError("the file is not this user's alone")
        content = Unpickler(file).load()
    sys.path[:] = content["path"]
    os.environ.update(content["environment"])
    shell.user_ns.update(content["variables"])
    shell.execution_count = count
    if content["random"] is not None:
        importlib.import_module("random").setstate(content["random"])
    if content["numpy"] is not None:
        importlib.import_module("numpy").random.set_state(content["numpy"])


def answer(place, count, path):
    """Loads, and leaves in a file whether that was possible."""
    failed = None
    try:
        load(place, count)
    except BaseException as error:
        failed = f"{type(error).__name__}: {error}"
    with open(path + ".new", "w") as file:
        json.dump({"failed": failed}, file)
    os.replace(path + ".new", path)
