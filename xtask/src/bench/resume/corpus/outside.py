#: a file being written
log = open("log.txt", "w")
#-
log.write("one\n")
#-
log.write("two\n")
log.close()
assert open("log.txt").read() == "one\ntwo\n"

#: a file being read
open("in.txt", "w").write("".join(f"{n}\n" for n in range(1000)))
lines = open("in.txt")
#-
first = [next(lines) for _ in range(10)]
#-
assert next(lines) == "10\n"

#: csv, a writer in its middle
import csv
file = open("a.csv", "w", newline="")
writer = csv.DictWriter(file, ["a", "b"])
#-
writer.writeheader()
writer.writerow({"a": 1, "b": 2})
#-
writer.writerow({"a": 3, "b": 4})
file.close()
assert open("a.csv").read().split() == ["a,b", "1,2", "3,4"]

#: gzip, a stream being written
import gzip
stream = gzip.open("a.gz", "wt")
#-
stream.write("one ")
#-
stream.write("two")
stream.close()
assert gzip.open("a.gz", "rt").read() == "one two"

#: zipfile, an archive being written
import zipfile
archive = zipfile.ZipFile("a.zip", "w")
#-
archive.writestr("one", "1")
#-
archive.writestr("two", "2")
archive.close()
assert zipfile.ZipFile("a.zip").namelist() == ["one", "two"]

#: mmap
import mmap
open("page", "wb").write(bytes(4096))
file = open("page", "r+b")
page = mmap.mmap(file.fileno(), 0)
#-
page[0] = 7
#-
page[1] = 8
page.flush()
assert open("page", "rb").read(2) == b"\x07\x08"

#: tempfile, a folder
import tempfile, pathlib
folder = tempfile.TemporaryDirectory()
#-
kept = pathlib.Path(folder.name) / "kept"
kept.write_text("here")
#-
assert kept.read_text() == "here"

#: chdir and os.environ
import os
os.makedirs("below", exist_ok=True)
os.chdir("below")
#-
os.environ["STAGE"] = "two"
#-
assert os.path.basename(os.getcwd()) == "below" and os.environ["STAGE"] == "two"

#: a connection to a server of its own machine
import socket
server = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(server.getsockname())
peer, _ = server.accept()
#-
client.sendall(b"one")
received = peer.recv(3)
#-
client.sendall(b"two")
assert received == b"one" and peer.recv(3) == b"two"

#: requests, a session and a local server in a process
import subprocess, sys, requests
server = subprocess.Popen([sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
port = int(server.stdout.readline().split(" port ")[1].split()[0])
session = requests.Session()
#-
session.headers["x-a"] = "b"
first = session.get(f"http://127.0.0.1:{port}/").status_code
#-
assert first == session.get(f"http://127.0.0.1:{port}/").status_code == 200
server.terminate()

#: a subprocess that has ended
import subprocess
done = subprocess.run(["echo", "hello"], capture_output=True, text=True)
#-
words = done.stdout.split()
#-
assert words == ["hello"] and done.returncode == 0

#: a subprocess that is on
import subprocess
child = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
#-
child.stdin.write("one\n")
#-
out, _ = child.communicate("two\n")
assert out == "one\ntwo\n"

#: multiprocessing, a pool that was closed
import multiprocessing
context = multiprocessing.get_context("fork")
with context.Pool(2) as pool:
    squares = pool.map(abs, [-1, -2, -3])
#-
total = sum(squares)
#-
assert total == 6

#: multiprocessing, a pool that is open
import multiprocessing
pool = multiprocessing.get_context("fork").Pool(2)
#-
first = pool.map(abs, [-1, -2])
#-
assert first == [1, 2] and pool.map_async(abs, [-3]).get(timeout=5) == [3]
pool.terminate()

#: a thread pool that was closed
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(4) as pool:
    lengths = list(pool.map(len, ["a", "bb", "ccc"]))
#-
total = sum(lengths)
#-
assert total == 6

#: a thread pool that is open
from concurrent.futures import ThreadPoolExecutor
pool = ThreadPoolExecutor(4)
lengths = list(pool.map(len, ["a", "bb"]))
#-
total = sum(lengths)
#-
assert total + pool.submit(len, "ccc").result(timeout=5) == 6

#: a thread with a queue
import queue, threading
asked, answered = queue.Queue(), queue.Queue()
def work():
    while (item := asked.get()) is not None:
        answered.put(item * 2)
threading.Thread(target=work, daemon=True).start()
#-
asked.put(1)
first = answered.get(timeout=5)
#-
asked.put(21)
assert first == 2 and answered.get(timeout=5) == 42
asked.put(None)

#: a timer that waits
import threading
rang = threading.Event()
timer = threading.Timer(3600, rang.set)
timer.start()
#-
waiting = timer.is_alive()
#-
assert waiting and timer.is_alive()
timer.cancel()

#: a queue and an event without a thread
import queue, threading
jobs, ready = queue.PriorityQueue(), threading.Event()
#-
jobs.put((2, "b"))
jobs.put((1, "a"))
ready.set()
#-
assert ready.is_set() and jobs.get_nowait() == (1, "a")

#: signal handlers and an alarm
import signal
heard = []
signal.signal(signal.SIGUSR1, lambda number, frame: heard.append(number))
#-
signal.raise_signal(signal.SIGUSR1)
#-
signal.raise_signal(signal.SIGUSR1)
assert heard == [signal.SIGUSR1] * 2
