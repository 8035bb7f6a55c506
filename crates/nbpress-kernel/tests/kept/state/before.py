# %%
import sys, os, random, sqlite3, logging, contextlib
squares = (n * n for n in range(10)); _ = next(squares), next(squares)
# %%
with open("numbers.txt", "w") as out: print(*range(9), sep="\n", file=out)
file = open("numbers.txt"); first = file.readline()
table = sqlite3.connect(":memory:"); _ = table.execute("create table t (n)"); _ = table.execute("insert into t values (7)")
stored = sqlite3.connect("stored.db"); _ = stored.execute("create table if not exists t (n)"); stored.commit()
# %%
random.seed(5); drawn = random.random(); state = random.getstate()
# %%
os.environ["SET"] = "by a cell"; os.makedirs("inner", exist_ok=True); os.chdir("inner")
logging.basicConfig(stream=sys.stdout, format="%(message)s", level="INFO", force=True)
class Own: pass
own = Own(); own.itself = own
try:
    import numpy; numpy.random.seed(3); sums = numpy.ones((300, 300)) @ numpy.ones((300, 300)); nextnumber = numpy.random.RandomState(3).random()
except ImportError: numpy = None
# %%
count = get_ipython().execution_count
# %%
41 + 1;
