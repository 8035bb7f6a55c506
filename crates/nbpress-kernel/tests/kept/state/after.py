# %%
print(next(squares), file.readline(), file.tell() > 0, end="")
# prints
# 4 1
#  True
# %%
print(table.execute("select n from t").fetchall())
# prints
# [(7,)]
# %%
print(stored.execute("select count(*) from t").fetchall())
# prints
# [(0,)]
# %%
print(random.getstate() == state, own.itself is own, os.environ["SET"], os.environ["OF_THE_REVIVED"], os.path.basename(os.getcwd()))
# prints
# True True by a cell yes inner
# %%
import asyncio
await asyncio.sleep(0.01)
print(asyncio.get_running_loop().is_running(), In[1].split()[0], len(In), get_ipython().history_manager.enabled)
# prints
# True import 12 False
# %%
logging.info("through a logger"); print("printed")
# prints
# through a logger
# printed
# %%
_ = os.system("echo through the descriptor")
for _ in range(1000):
    # What a thread reads there waits in the stream for 0.2 seconds.
    if any("descriptor" in part.getvalue() for part in sys.stdout._buffers.values()): break
    await asyncio.sleep(0.001)
sys.stdout.flush()
# prints
# through the descriptor
# %%
print(numpy is None or all((bool((sums @ sums)[0, 0] == 300 ** 3), numpy.random.random() == nextnumber)), drawn)
# prints
# True 0.6229016948897019
# %%
import threading
other = threading.Thread(target=print, args=("in a thread",)); other.start(); other.join()
# prints
# in a thread
