#: a thread that goes on, and a table
import threading
threading.Thread(target=threading.Event().wait, daemon=True).start()
#-
import pandas as pd
sales = pd.DataFrame({"region": ["west", "east"] * 5000, "amount": range(10_000)})
#-
totals = sales.groupby("region")["amount"].sum()
#-
assert totals["east"] == 25_000_000 and len(sales) == 10_000

#: a thread that goes on, and functions
import threading
threading.Thread(target=threading.Event().wait, daemon=True).start()
#-
rate = 1.25
def price(amount, discount=0):
    return amount * rate - discount
def total(amounts):
    return sum(price(amount) for amount in amounts)
#-
due = total([4, 8])
#-
assert due == 15 and total([4]) == 5 and price(4, discount=1) == 4

#: a thread that goes on, and half a second of work
import threading, time
threading.Thread(target=threading.Event().wait, daemon=True).start()
#-
time.sleep(0.5)
x = 41
#-
x += 1
#-
assert x == 42

#: a thread that goes on, and random numbers
import threading, random
threading.Thread(target=threading.Event().wait, daemon=True).start()
#-
random.seed(5)
drawn = random.random()
#-
state = random.getstate()
#-
assert random.getstate() == state and drawn != random.random()

#: a thread that goes on, and a generator
import threading
threading.Thread(target=threading.Event().wait, daemon=True).start()
numbers = iter(range(10))
squares = (n * n for n in numbers)
#-
next(squares), next(squares)
#-
assert next(squares) == 4

#: a thread that goes on, and a class
import threading
threading.Thread(target=threading.Event().wait, daemon=True).start()
class Account:
    def __init__(self, owner):
        self.owner, self.balance = owner, 0
#-
ana = Account("ana")
ana.balance += 5
#-
assert ana.balance == 5 and type(ana) is Account

#: asyncio, a task that goes on, and a list
import asyncio
waiting = asyncio.create_task(asyncio.sleep(3600))
#-
rows = [{"n": n} for n in range(1000)]
#-
rows[5]["n"] = "changed"
#-
assert len(rows) == 1000 and rows[5]["n"] == "changed"

#: polars, and what pandas made of it
import polars as pl
made = pl.DataFrame({"a": [1, 2, 3]}).to_dict(as_series=False)
#-
import pandas as pd
table = pd.DataFrame(made)
#-
doubled = table["a"] * 2
#-
assert doubled.sum() == 12

#: polars, a frame of its own
import polars as pl
frame = pl.DataFrame({"a": [1, 2, 3]})
#-
doubled = frame.with_columns(pl.col("a") * 2)
#-
assert doubled["a"].sum() == 12 and frame["a"].sum() == 6

#: with --memory and --cpus
#! --memory 1GiB --cpus 2
import numpy as np
whole = np.zeros((1000, 1000))
#-
whole[3] = 5
#-
rows = iter(whole)
first = [next(rows) for _ in range(3)]
#-
assert next(rows).sum() == 5000

#: with --memory, and room for few copies
#! --memory 128MiB
held, n = bytearray(b"x") * (62 << 20), 41
held = None
#-
held = bytearray(b"x") * (62 << 20)
#-
n += 1
#-
assert n == 42

#: R
#!! ir
sales <- data.frame(region = c("west", "east"), amount = 1:10000)
#-
totals <- tapply(sales$amount, sales$region, sum)
#-
stopifnot(totals[["east"]] == 25005000, nrow(sales) == 10000)

#: R, half a second of work
#!! ir
Sys.sleep(0.5)
x <- 41
#-
x <- x + 1
#-
stopifnot(x == 42)

#: bash
#!! bash
x=41
#-
next() { echo $(($1 + 1)); }
#-
[ "$(next $x)" = 42 ] || no-such-program
