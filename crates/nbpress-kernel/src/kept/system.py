"""A hook in a running ipykernel that forks before a cell, and the life of what it forks.

The kernel goes on at once. Its copy gives up what is the kernel's and waits at a socket in a folder of its own
for orders to fork once more; what is forked then is a kernel again, of the one who asked.
"""

import array
import asyncio
import contextlib
import datetime
import fcntl
import gc
import logging
import mmap
import select
import shutil
import stat
import struct
import time
import uuid
import warnings
import weakref
import _thread

# What this program is called where frames say in which file they are.
OWN_FILE = sys._getframe().f_code.co_filename
# How many copies may be on their way at once.
MOST_UNFINISHED = 2
# Between two looks of a copy at whether anybody still wants it, in seconds.
LOOK = 2
# Threads, devices or connections that a fork breaks.
NOT_COPIED = ["cupy", "grpc", "jax", "polars", "tensorflow", "torch"]
# IPython ends this thread when the process forks, and starts it again when there is something to save.
SAVES_HISTORY = "IPythonHistorySavingThread"
# What a process of the user that is known to end with the kernel is called.
SEEN_TO = {"multiprocessing.resource_tracker"}
# What two processes that are forked need before one of them waits, in bytes, and which part of the kernel's memory
# again: the system's tables of it.
LEAST_FOR_A_COPY = 16 << 20
TABLES_OF_A_COPY = 128
# What the two versions of control groups call the limit, what is used, and what of that the system can take back.
OF_GROUPS = [
    ("memory.limit_in_bytes", "memory.usage_in_bytes", ("total_inactive_file", "total_active_file")),
    ("memory.max", "memory.current", ("inactive_file", "active_file")),
]
# The largest file of variables, in bytes, and the longest time for writing it, in seconds.
MOST_SAVED = 64 << 20
LONGEST_SAVING = 0.25
# How much longer cells work before the variables are written again, unless that takes no longer than a fork.
WORK_PER_SAVING = 20
CHEAP_SAVING = 0.02


def moment(seconds):
    """A time in words that other programs read."""
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).isoformat()


def lasting_time():
    """In seconds, by a clock that nobody sets; it goes on while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def version():
    """Of Python, for example `3.12.1`."""
    return ".".join(map(str, sys.version_info[:3]))


def write_whole(folder, name, content):
    """A file that is there with all of its content or not at all."""
    path = os.path.join(folder, name)
    with open(path + ".new", "wb", buffering=0) as file:
        file.write(json.dumps(content).encode())
    os.replace(path + ".new", path)


def started(pid):
    """When a process started, in ticks since the system did; nothing for one that is gone."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return int(file.read().rpartition(")")[2].split()[19])
    except OSError:
        return None


def resident_memory(pid):
    """What a process holds in bytes, with everything that it shares; that is known without a look at each page."""
    try:
        with open(f"/proc/{pid}/statm") as file:
            return int(file.read().split()[1]) * mmap.PAGESIZE
    except OSError:
        return 0


def share_of_memory(pid):
    """What a process holds in bytes; what is shared is divided among those who share it."""
    try:
        with open(f"/proc/{pid}/smaps_rollup") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("Pss:")) * 1024
    except (OSError, StopIteration):
        return 0


def memory_left(groups):
    """What this process could hold more, in bytes: what the machine has, or the fullest of some control groups."""
    with open("/proc/meminfo") as file:
        left = number_of("MemAvailable:", file) * 1024
    for group in groups:
        for names in OF_GROUPS:
            try:
                left = min(left, left_in(group, *names))
            except (OSError, ValueError, KeyError):
                # Of the other version, or without a limit.
                continue
    return left


def left_in(group, limit, usage, cached):
    """What is left in a control group; its files in memory give way."""
    with open(os.path.join(group, limit)) as file:
        most = int(file.read())
    with open(os.path.join(group, usage)) as file:
        used = int(file.read())
    with open(os.path.join(group, "memory.stat")) as file:
        counted = dict(line.split() for line in file)
    return most - used + sum(int(counted[name]) for name in cached)


def number_of(name, lines):
    """The number after a name at the beginning of a line."""
    return next(int(line.split()[1]) for line in lines if line.startswith(name))


def enter(groups):
    """Moves this process into control groups."""
    for file in groups:
        with open(file, "w") as processes:
            processes.write("0")


def fork_without_warning():
    """Later versions of Python warn whoever forks beside threads. What has been shown once would be shown again after
    filters have changed, so they change only there."""
    if sys.version_info < (3, 12):
        return os.fork()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return os.fork()


def working_directory():
    """Where this process is; nothing where that is gone."""
    try:
        return os.getcwd()
    except OSError:
        return None


def temporary_folders():
    """Those that Python removes when the process ends that made them."""
    made = getattr(sys.modules.get("tempfile"), "TemporaryDirectory", None)
    for waiting in list(getattr(weakref.finalize, "_registry", {}).values()):
        if made is not None and waiting.func == made._cleanup:
            yield f"the folder {waiting.args[0]}"


def threads_of_others(known):
    """The system's ids of threads that Python does not know, but for some that are known, with their names."""
    started = {str(thread.native_id) for thread in threading.enumerate()}
    for task in set(os.listdir("/proc/self/task")) - started - known:
        try:
            with open(f"/proc/self/task/{task}/comm") as file:
                yield task, file.read().strip()
        except OSError:
            continue


def threads_without_a_name():
    """By their identity, the functions of Python's threads that its module `threading` does not know; but for those
    of this program."""
    named, found = {thread.ident for thread in threading.enumerate()}, {}
    for ident, frame in sys._current_frames().items():
        while frame.f_back is not None:
            frame = frame.f_back
        # One of `threading` that it knows no more is at its end.
        if ident not in named and frame.f_code.co_filename not in (OWN_FILE, threading.__file__):
            found[ident] = frame.f_code.co_name
    return found


def own_name():
    """What the system calls this process. Threads that nobody has named are called so, too."""
    with open("/proc/self/comm") as file:
        return file.read().strip()


def descriptors():
    """The open descriptors of this process, with what they are."""
    for name in os.listdir("/proc/self/fd"):
        try:
            yield int(name), os.fstat(int(name))
        except OSError:
            continue


def file_of(descriptor):
    """Which file a descriptor is of; nothing where there is none. Whoever owns one may close it when the process
    forks: IPython does so with its history."""
    try:
        status = os.fstat(descriptor)
    except OSError:
        return None
    return (status.st_dev, status.st_ino)


def put_nothing_in_place(descriptor, other):
    """Closes a descriptor. Objects that own its number may close it later, so it does not become another's."""
    # The other one has its number where its owner closed it before.
    if descriptor != other and file_of(descriptor):
        os.dup2(other, descriptor, os.get_inheritable(descriptor))
