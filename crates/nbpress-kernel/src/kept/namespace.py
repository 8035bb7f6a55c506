"""The variables of cells in a file: how they are written, and read by another kernel.

Functions that cells defined are written as their code and read as functions of the kernel that reads them, so that they
see its variables. What shares an object goes on sharing it.
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


def make_function(code, name, defaults, keywords, annotations, attributes):
    """A function of the namespace that is being read."""
    from IPython import get_ipython

    made = types.FunctionType(marshal.loads(code), get_ipython().user_ns, name, defaults)
    made.__kwdefaults__, made.__annotations__ = keywords, annotations
    made.__dict__.update(attributes)
    return made


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
            if of_cells and hasattr(found, "__wrapped__"):
                raise pickle.PicklingError("what wraps a function of a cell")
            if base is not pickle.Pickler:
                return super().reducer_override(found)
            if isinstance(found, type) and of_cells:
                raise pickle.PicklingError("a class of a cell, without cloudpickle")
            return NotImplemented

    return Pickler


def function(found):
    if found.__closure__:
        # Variables that it shares with others would not be shared any more.
        raise pickle.PicklingError("a closure")
    made_of = (found.__name__, found.__defaults__, found.__kwdefaults__, found.__annotations__, found.__dict__)
    return make_function, (marshal.dumps(found.__code__), *made_of)


class Unpickler(pickle.Unpickler):
    def find_class(self, module, name):
        return make_function if (module, name) == (__name__, "make_function") else super().find_class(module, name)


def written(content, most, until):
    """As bytes."""
    # `make_function` is found by its name while it is written.
    this = types.ModuleType(__name__)
    this.make_function = make_function
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
