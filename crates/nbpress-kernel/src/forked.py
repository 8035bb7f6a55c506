"""What a process does that becomes a kernel after a fork. Another program follows in the same file."""

import atexit
import ctypes
import functools
import json
import os
import signal
import socket
import sys
import threading

LIBC = ctypes.CDLL(None, use_errno=True)
PR_SET_PDEATHSIG = 1
KERNEL_ID = "NBPRESS_KERNEL_ID"
PORTS = ["shell_port", "iopub_port", "stdin_port", "control_port", "hb_port"]
# Threads of libraries that see to a fork themselves: this one, which pyarrow brings, runs again in the parent and not
# in the child, which then does its work (https://jemalloc.net/jemalloc.3.html, `background_thread`).
SEE_TO_A_FORK = {"jemalloc_bg_thd"}


def die_with_parent(signal_number):
    LIBC.prctl(PR_SET_PDEATHSIG, signal_number, 0, 0, 0)


@functools.lru_cache(maxsize=1)
def place_of_mark():
    """Where this process has the id that the system shows; that stays after a fork."""
    with open("/proc/self/stat") as file:
        # The name before may contain anything; then come the fields of proc_pid_stat(5) from the third on.
        fields = file.read().rpartition(")")[2].split()
    start, end = int(fields[47]), int(fields[48])
    name = f"{KERNEL_ID}=".encode()
    place = (b"\0" + ctypes.string_at(start, end - start)).find(b"\0" + name)
    if place < 0:
        raise OSError(f"{KERNEL_ID} is not in the environment")
    return start + place + len(name)


def show_mark(kernel_id):
    """Puts the id where the system shows this process's environment, which only exec could change."""
    ctypes.memmove(place_of_mark(), kernel_id.encode(), len(kernel_id))


def mark(kernel_id):
    """Has this process, and those it starts, carry the id."""
    show_mark(kernel_id)
    os.environ[KERNEL_ID] = kernel_id


def parent_poller():
    """The thread by which a kernel ends with the one it works for."""
    import select

    from ipykernel import parentpoller

    class ParentPollerUnix(parentpoller.ParentPollerUnix):
        def __init__(self):
            super().__init__()
            self.known = threading.Event()
            self.parent = None

        def watch(self, pid):
            self.parent = os.pidfd_open(pid) if hasattr(os, "pidfd_open") else None
            self.known.set()

        def run(self):
            self.known.wait()
            if self.parent is not None:
                select.select([self.parent], [], [])
                os._exit(1)

    return ParentPollerUnix()


def print_to(log):
    """Makes a pipe the standard output and error of this process."""
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)


def listen(application, file):
    """The sockets, streams and signal handlers of a kernel, in the order of `IPKernelApp.initialize`."""
    import zmq

    application.connection_file = file
    application.config.IPKernelApp.connection_file = file
    application.cli_config.IPKernelApp.connection_file = file
    application.init_connection_file()
    application.poller = parent_poller()
    application.greets = False
    bind = application._bind_socket

    def bind_without_limit(bound, port):
        # A publisher drops what exceeds its limit.
        bound.sndhwm = 0
        application.greets |= bound.type == zmq.XPUB
        return bind(bound, port)

    application._bind_socket = bind_without_limit
    application.init_sockets()
    del application._bind_socket
    application.init_heartbeat()
    application.write_connection_file()
    application.log_connection_info()
    application.init_io()
    application.init_signal()


def employ(application, shell):
    """A kernel around a shell that is there, and the shell as one made by it."""
    application.init_kernel()
    kernel = application.kernel
    shell.parent = kernel
    shell.kernel = kernel
    shell.display_pub.parent = shell
    kernel._process_children = functools.partial(descendants, kernel._process_children)


def descendants(look_through_all):
    """The processes that a kernel ends with itself: mostly none, and then not every process of the machine
    has to be looked at."""
    try:
        for task in os.listdir("/proc/self/task"):
            with open(f"/proc/self/task/{task}/children") as children:
                if children.read(1):
                    return look_through_all()
    except OSError:
        return look_through_all()
    return []


def end(status, application):
    """The end of a Python process without the slow part: taking apart what is in memory."""
    threading._shutdown()
    control = application.control_thread
    if control is not None and control.is_alive():
        # It may be about to flush. `IPKernelApp.close` ends the thread that would do it first, and the two
        # then wait for each other for ten seconds.
        control.stop()
        control.join(1)
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:
            pass
    os._exit(status)


def live(application, become):
    """The whole life of a kernel: `become` runs it. Does not return."""
    status = 1
    try:
        become()
        status = 0
    except SystemExit as exit:
        status = exit.code if isinstance(exit.code, int) else 0
    except BaseException:
        import traceback

        os.write(2, traceback.format_exc().encode())
    end(status, application)


