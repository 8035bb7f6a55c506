#: generators
def count():
    n = 0
    while True:
        n += yield n
numbers = count()
#-
next(numbers)
numbers.send(40)
#-
assert numbers.send(2) == 42

#: iterators of itertools
import itertools
one, two = itertools.tee(itertools.count(), 2)
#-
taken = list(itertools.islice(one, 10))
#-
assert next(two) == 0 and next(one) == 10

#: random, its state
import random
random.seed(5)
random.random()
#-
state = random.getstate()
#-
assert random.getstate() == state

#: contextvars
import contextvars
user = contextvars.ContextVar("user", default="nobody")
context = contextvars.copy_context()
#-
context.run(user.set, "ana")
#-
assert context[user] == "ana" and user.get() == "nobody"

#: ctypes, memory of its own
import ctypes
class Point(ctypes.Structure):
    _fields_ = [("x", ctypes.c_int), ("y", ctypes.c_int)]
point = Point(1, 2)
#-
pointer = ctypes.pointer(point)
pointer.contents.x = 5
#-
assert point.x == 5 and pointer.contents.y == 2

#: lru_cache
import functools
@functools.lru_cache
def slow(n):
    return n * n
#-
squares = [slow(n) for n in range(10)]
#-
assert slow(3) == 9 and slow.cache_info().hits == 1

#: classes and their instances
class Account:
    count = 0
    def __init__(self, owner):
        self.owner, self.balance = owner, 0
        Account.count += 1
#-
ana = Account("ana")
ana.balance += 5
#-
assert ana.balance == 5 and Account.count == 1 and type(ana) is Account

#: dataclasses, enums and slots
import dataclasses, enum
class Color(enum.Enum):
    RED = 1
@dataclasses.dataclass(slots=True)
class Car:
    color: Color
#-
car = Car(Color.RED)
#-
assert car.color is Color.RED and dataclasses.replace(car) == car

#: closures and lambdas
def counter():
    n = 0
    def step():
        nonlocal n
        n += 1
        return n
    return step
step = counter()
double = lambda n: 2 * n
#-
step()
#-
assert double(step()) == 4

#: weak references
import weakref
class Thing: pass
thing = Thing()
seen = weakref.WeakValueDictionary(a=thing)
#-
reference = weakref.ref(thing)
#-
assert reference() is thing and seen["a"] is thing
del thing
assert reference() is None

#: filters of warnings
import warnings
warnings.simplefilter("error", DeprecationWarning)
#-
filters = len(warnings.filters)
#-
try:
    warnings.warn("old", DeprecationWarning)
except DeprecationWarning:
    raised = True
assert raised

#: memoryview and bytearray
data = bytearray(b"hello")
view = memoryview(data)
#-
view[0] = ord("j")
#-
assert data == b"jello" and view.obj is data

#: the context of decimal
import decimal
decimal.getcontext().prec = 5
#-
third = decimal.Decimal(1) / 3
#-
assert third == decimal.Decimal("0.33333") and decimal.getcontext().prec == 5

#: locale
import locale
before = locale.setlocale(locale.LC_ALL, "C.UTF-8")
#-
point = locale.localeconv()["decimal_point"]
#-
assert locale.setlocale(locale.LC_ALL) == before and point == "."

#: threading.local and locks
import threading
local, lock = threading.local(), threading.Lock()
local.user = "ana"
#-
lock.acquire()
#-
assert local.user == "ana" and lock.locked()
lock.release()

#: logging, a handler with a file
import logging
log = logging.getLogger("job")
log.setLevel(logging.INFO)
log.addHandler(logging.FileHandler("job.log", mode="w"))
#-
log.info("one")
#-
log.info("two")
assert open("job.log").read() == "one\ntwo\n"

#: asyncio, what was awaited
import asyncio
async def answer():
    await asyncio.sleep(0)
    return 42
first = await answer()
#-
gathered = await asyncio.gather(answer(), answer())
#-
assert first + sum(gathered) == 126 and await answer() == 42

#: asyncio, a task that is on
import asyncio
done = asyncio.Event()
async def wait():
    await done.wait()
    return 42
task = asyncio.create_task(wait())
#-
await asyncio.sleep(0)
#-
done.set()
assert await asyncio.wait_for(task, 5) == 42

#: asynchronous generators
async def count():
    for n in range(10):
        yield n
numbers = count()
#-
first = [await anext(numbers), await anext(numbers)]
#-
assert first == [0, 1] and await anext(numbers) == 2

#: modules that were changed and one made by a cell
import sys, pathlib
pathlib.Path("made.py").write_text("value = 1\n")
sys.path.insert(0, ".")
import made
#-
made.value = 5
import json
json.extra = "set"
#-
import made as again
assert again.value == 5 and json.extra == "set"

#: 64 MiB of Python objects
rows = [{"n": n, "text": str(n)} for n in range(250_000)]
#-
rows[5]["text"] = "changed"
#-
assert len(rows) == 250_000 and rows[5]["text"] == "changed"

#: half a second of work
import time
time.sleep(0.5)
x = 41
#-
x += 1
#-
assert x == 42

#: a class that cannot be pickled
class Handle:
    def __reduce__(self):
        raise TypeError("no")
handle = Handle()
#-
handle.n = 5
#-
assert handle.n == 5
