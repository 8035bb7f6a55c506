# %%
import os, sys; print(os.getcwd(), __name__, sys.flags, sys.path, sys.prefix, sys.executable, sys.stdin, sys.__stdout__)
# %%
print(os.path.basename(sys.argv[0]), sys.argv[1], len(sys.argv), sys.orig_argv[1:-1], open(sys.argv[2]).read().count("iopub_port"))
# %%
print(sorted((k, v) for k, v in os.environ.items() if k not in ("NBPRESS_KERNEL_ID", "_")))
# %%
print(len(os.environ["NBPRESS_KERNEL_ID"]), os.environ["NBPRESS_KERNEL_ID"].encode() in open("/proc/self/environ", "rb").read())
# %%
print(os.getpid() == int(os.readlink("/proc/self")), os.getsid(0) == os.getpid(), os.getpgrp() == os.getpid(), os.umask(0o22))
# %%
import random, uuid; a = random.random(); random.seed(1); print(a != random.random(), random.random(), uuid.uuid4().version)
# %%
import tempfile; print(tempfile.gettempdir(), os.path.exists(tempfile.mkdtemp()))
# %%
import threading; print(threading.current_thread().name, sorted(type(t).__name__ for t in threading.enumerate()), threading.main_thread() is threading.current_thread())
# %%
t = threading.Thread(target=print, args=("in a thread",)); t.start(); t.join()
# %%
import asyncio; await asyncio.sleep(0); print(asyncio.get_event_loop().is_running(), type(asyncio.get_running_loop()).__name__, (await asyncio.gather(asyncio.sleep(0, 1), asyncio.to_thread(lambda: 2))))
# %%
import signal; print([(s.name, str(signal.getsignal(s)).split(" at ")[0]) for s in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD, signal.SIGPIPE, signal.SIGHUP)])
# %%
import subprocess; print(subprocess.run(["sh", "-c", "echo $PWD $NBPRESS_KERNEL_ID | wc -w; cat"], capture_output=True, text=True))
# %%
os.system("echo through the descriptor")
for _ in range(1000):
    # What a thread reads there waits in the stream for 0.2 seconds.
    if any("descriptor" in part.getvalue() for part in sys.stdout._buffers.values()): break
    await asyncio.sleep(0.001)
sys.stdout.flush()
# %%
!echo through a shell
# %%
%%bash
echo in a script
# %%
import multiprocessing as mp; pool = mp.get_context("fork").Pool(2); print(pool.map(abs, [-1, -2]), mp.parent_process(), mp.get_start_method()); pool.close(); pool.join()
# %%
from concurrent.futures import ThreadPoolExecutor; print(list(ThreadPoolExecutor(2).map(abs, [-3, -4])))
# %%
input("?")
# %%
1 / 0
# %%
def f(): raise ValueError("deep")
# %%
f()
# %%
from IPython.display import display, HTML, Markdown; display(HTML("<b>x</b>"), Markdown("*y*")); h = display("z", display_id="one"); h.update("w")
# %%
ip = get_ipython(); print(type(ip), ip.execution_count, ip.kernel.shell is ip, type(ip.parent).__name__, ip.history_manager.enabled, ip.history_manager.session_number > 0, ip.config.keys(), len(In), _dh)
# %%
print(list(ip.history_manager.get_range())[:2], sorted(n for n in ip.user_ns if n.startswith("_") and not n.startswith(("_i", "__"))))
# %%
print([type(c).__name__ for c in ip.configurables], ip.profile, sorted(ip.magics_manager.magics["line"])[:5], len(ip.magics_manager.magics["cell"]))
# %%
import warnings; warnings.warn("careful"); print(warnings.filters[:3])
# %%
import locale, time; print(locale.getlocale(), locale.getpreferredencoding(), time.tzname, sys.getdefaultencoding(), sys.getfilesystemencoding())
# %%
print(sys.stdout.encoding, type(sys.stdout).__name__, sys.stdout.isatty(), sys.stderr.errors if hasattr(sys.stderr, "errors") else None)
# %%
import logging; logging.warning("logged"); print(logging.getLogger().handlers, logging.getLogger("tornado").handlers)
# %%
import gc; print(gc.isenabled(), gc.get_threshold(), sys.getrecursionlimit(), sys.getswitchinterval())
# %%
import resource; print(resource.getrlimit(resource.RLIMIT_NOFILE), resource.getrlimit(resource.RLIMIT_STACK), os.nice(0))
# %%
print(sorted(set(os.readlink(f"/proc/self/fd/{d}").split(":")[0] for d in (0,))), [os.get_inheritable(d) for d in (0, 1, 2)])
# %%
print(sorted(k for k in globals() if not k.startswith("_")))
# %%
import __main__; print(__main__.__dict__ is globals(), __main__.__name__, hasattr(__main__, "__file__"), sys.modules["__main__"] is __main__)
# %%
print(sys.displayhook.__class__.__name__, sys.excepthook.__qualname__ if hasattr(sys.excepthook, "__qualname__") else 0, [h for h in sys.meta_path[:1]], len(sys.path_hooks))
# %%
import decimal, contextvars; print(decimal.getcontext(), len(list(contextvars.copy_context())) > 0)
# %%
import faulthandler; print(faulthandler.is_enabled(), sys.gettrace(), sys.getprofile())
# %%
import pickle; class_ = type("C", (), {}); print(pickle.loads(pickle.dumps([1, {"a": (2, 3)}])))
# %%
print([name for name in ("numpy", "pandas", "matplotlib", "IPython", "zmq") if name in sys.modules])
# %%
%who
# %%
x = 5; del x; x
# %%
print(open("written", "w").write("1"), os.path.abspath("written"))
# %%
import atexit; atexit.register(lambda: open("at-exit", "a").write("ended ")); atexit.register(lambda: print("bye"))
