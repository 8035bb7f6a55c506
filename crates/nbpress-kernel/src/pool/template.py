"""A Python process that has built everything of an ipykernel which needs neither sockets nor threads,
and forks a kernel whenever it is asked to.

Standard input is a Unix socket: a line of JSON per order, one line as the answer to the first. An order to
fork comes with two descriptors, the new kernel's own end of such a socket and its log. The kernel says there
when it listens, and is told there for whom it works.
"""

import os
import sys

CONTROL = os.dup(0)
NOTHING = os.open(os.devnull, os.O_RDONLY)
os.dup2(NOTHING, 0)
os.close(NOTHING)
STARTED_WITH = dict(os.environ)
READ = set()


class RecordingEnvironment(type(os.environ)):
    """Remembers which variables mattered."""

    def __getitem__(self, name):
        READ.add(os.fsdecode(name))
        return super().__getitem__(name)


PLAIN_ENVIRONMENT = type(os.environ)
os.environ.__class__ = RecordingEnvironment
# The folder of this file; a kernel has none there while it starts.
if sys.path and sys.path[0] == os.path.dirname(os.path.abspath(__file__)):
    del sys.path[0]

import gc
import importlib
import importlib.util
import time

# What an application imports only when its first requests arrive.
LATER = [
    "IPython.core.completer",
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.guarded_eval",
    "IPython.core.logger",
    "IPython.core.magics",
    "IPython.core.oinspect",
    "IPython.core.payloadpage",
    "IPython.core.pylabtools",
    "IPython.core.ultratb",
    "IPython.extensions.storemagic",
    "IPython.external.pickleshare",
    "IPython.utils.wildcard",
    "comm",
    "debugpy",
    "faulthandler",
    "ipykernel.comm",
    "ipykernel.datapub",
    "ipykernel.debugger",
    "ipykernel.displayhook",
    "ipykernel.jsonutil",
    "ipykernel.subshell_manager",
    "nest_asyncio",
    "psutil",
    "sqlite3",
    "stack_data",
    "tornado.platform.asyncio",
]
# Threads, devices or connections that a fork breaks even while none is there yet.
NOT_FORKABLE = ["cupy", "grpc", "jax", "polars", "pyspark", "tensorflow", "torch"]
# Those of all modules.
FILES = []


class Refused(Exception):
    """This environment cannot be forked from: a kind for programs, a detail for people."""


def modified(path):
    """When a file or folder changed, in nanoseconds; nothing where there is none."""
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return None


def installed():
    """What changes when packages are installed, upgraded or removed."""
    paths = {sys.executable, os.path.join(sys.prefix, "pyvenv.cfg")}
    for folder in sys.path:
        paths.add(folder)
        if os.path.isdir(folder):
            paths.update(
                entry.path for entry in os.scandir(folder) if entry.name.endswith(".pth")
            )
    return {path: modified(path) for path in paths if path}


def build(arguments, modules):
    """The application and its shell, as far as they go without sockets."""
    from ipykernel.kernelapp import IPKernelApp

    application = IPKernelApp.instance()
    arguments = ["-f", os.devnull, *arguments]
    super(IPKernelApp, application).initialize(arguments)
    if application.subapp is not None:
        raise Refused("arguments", " ".join(arguments))
    refuse_configuration(application)
    application.init_pdb()
    application.init_blackhole()
    shell = build_shell(application)
    for name in LATER:
        try:
            importlib.import_module(name)
        except ImportError:
            pass
    for name in modules:
        try:
            importlib.import_module(name)
        except Exception as error:
            raise Refused("import", f"{name}: {error!r}") from error
    return application, shell


def refuse_configuration(application):
    """What a user runs at the start of each kernel has to run in that kernel's place and time."""
    configured = list(application.loaded_config_files)
    startup = application.profile_dir.startup_dir
    if os.path.isdir(startup):
        scripts = sorted(os.listdir(startup))
        configured += [name for name in scripts if name.endswith((".py", ".ipy"))]
    if os.environ.get("PYTHONSTARTUP"):
        configured.append("PYTHONSTARTUP")
    if configured:
        raise Refused("configuration", ", ".join(configured))


def configurable(application):
    """Where the user could have configured something, with what is there."""
    names = {"ipython_config", os.path.splitext(application.config_file_name)[0]}
    paths = [application.profile_dir.startup_dir]
    for folder in application.config_file_paths:
        paths += [os.path.join(folder, name + end) for name in names for end in (".py", ".json")]
    return {path: modified(path) for path in paths}


def build_shell(application):
    """The shell, with its history kept out of this process."""
    from ipykernel.compiler import XCachingCompiler

    kernel = application.kernel_class
    if kernel.__module__ != "ipykernel.ipkernel":
        raise Refused("arguments", f"the kernel class {kernel.__name__}")
    configuration = application.config
    configured = "HistoryManager" in configuration
    configuration.HistoryManager.enabled = False
    shell = kernel.shell_class.default_value.instance(
        parent=application,
        profile_dir=application.profile_dir,
        user_ns=None,
        kernel=None,
        compiler_class=XCachingCompiler,
    )
    # What the first cell of a process, and the first value that is shown, import and fill.
    shell.run_cell("pass", silent=True)
    shell.display_formatter.format(0)
    del configuration.HistoryManager["enabled"]
    if not configured:
        del configuration["HistoryManager"]
    return shell


def refuse_live_state():
    """Threads and sockets do not survive a fork. Libraries that stop their threads when a process forks have
    done so after the first."""
    loaded = [name for name in NOT_FORKABLE if name in sys.modules]
    if loaded:
        raise Refused("modules", ", ".join(loaded))
    alive = [thread.name for thread in threading.enumerate() if thread is not threading.main_thread()]
    if not alive:
        probe = os.fork()
        if probe == 0:
            os._exit(0)
        os.waitpid(probe, 0)
        tasks = os.listdir("/proc/self/task")
        names = {open(f"/proc/self/task/{task}/comm").read().strip() for task in tasks[1:]}
        alive = names - SEE_TO_A_FORK
    if alive:
        raise Refused("threads", ", ".join(sorted(alive)))
    for descriptor in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink(f"/proc/self/fd/{descriptor}")
        except OSError:
            continue
        if int(descriptor) != CONTROL and target.startswith(("socket:", "anon_inode:")):
            raise Refused("descriptors", target)


def reseed():
    """Gives this process random numbers of its own; `random` does so by itself."""
    if "numpy.random" in sys.modules:
        sys.modules["numpy.random"].seed()
    if "multiprocessing.process" in sys.modules:
        sys.modules["multiprocessing.process"].current_process().authkey = os.urandom(32)
    if "tempfile" in sys.modules:
        sys.modules["tempfile"].tempdir = None


def become_kernel(application, shell, order, channel, log):
    """A kernel's start, in the order of `IPKernelApp.initialize`, around the shell that is there."""
    os.setsid()
    die_with_parent(signal.SIGKILL)
    print_to(log)
    os.close(CONTROL)
    mark(order["kernel_id"])
    reseed()
    gc.enable()
    file = order["connection_file"]
    sys.argv = [LAUNCHER, "-f", file, *ARGUMENTS]
    sys.orig_argv = [*COMMAND, "-f", file, *ARGUMENTS]
    listen(application, file)
    join(application, shell)
    application.init_path()
    application.init_shell()
    application.init_gui_pylab()
    application.init_extensions()
    application.init_code()
    sys.stdout.flush()
    sys.stderr.flush()
    serve(application, shell, channel, order["tells"])


def join(application, shell):
    """The kernel, and the shell as one made by it."""
    atexit.unregister(shell.atexit_operations)
    shell.save_sys_module_state()
    place = shell.configurables.index(shell.history_manager)
    shell.init_history()
    shell.configurables[place] = shell.configurables.pop()
    shell.init_user_ns()
    employ_with(application, shell, FILES)
    atexit.register(shell.atexit_operations)


class NoModules:
    """`sys` for one who would look at each module there is, and so have its memory copied."""

    modules = {}

    def __getattr__(self, name):
        return getattr(sys, name)


def employ_with(application, shell, files):
    """The kernel, with the list of files that its debugger steps over."""
    from ipykernel import ipkernel

    ipkernel.sys = NoModules()
    try:
        employ(application, shell)
    finally:
        ipkernel.sys = sys
    kernel = application.kernel
    if hasattr(kernel, "_kernel_modules"):
        kernel._kernel_modules = files
    if hasattr(getattr(kernel, "debugger", None), "kernel_modules"):
        kernel.debugger.kernel_modules = files


def serve(application, shell, channel, tells):
    """Runs the kernel; the first thing its loop does is to say that it listens."""
    from tornado.ioloop import IOLoop

    loop = IOLoop.current()

    def hand_over(_descriptor, _events):
        loop.remove_handler(channel.fileno())
        with channel.makefile("rb") as lines:
            line = lines.readline()
        if not line:
            os._exit(0)
        try:
            work_for(json.loads(line), application, shell)
            answer = {}
        except OSError as error:
            answer = {"failed": str(error)}
        channel.sendall(json.dumps(answer).encode() + b"\n")
        channel.close()

    def ready():
        os.environ.__class__ = PLAIN_ENVIRONMENT
        # Whoever is not greeted by a publisher has to ask all the same, to know that it hears it.
        told = application.kernel.kernel_info if tells and application.greets else None
        answer = {"pid": os.getpid(), "read": sorted(READ), "told": told}
        channel.sendall(json.dumps(answer).encode() + b"\n")

    loop.add_handler(channel.fileno(), hand_over, IOLoop.READ)
    loop.add_callback(ready)
    application.start()


def work_for(order, application, shell):
    """Takes the place, the environment and the master of the one this kernel is for."""
    os.chdir(order["working_directory"])
    ours = {
        name: value for name, value in os.environ.items() if STARTED_WITH.get(name) != value
    }
    become_environment({**order["environment"], **ours, "JPY_PARENT_PID": str(order["parent"])})
    shell.history_manager.dir_hist[:] = [type(shell.history_manager.dir_hist[0])(os.getcwd())]
    time.tzset()
    die_with_parent(0)
    application.poller.watch(order["parent"])


def become_environment(wanted):
    """Changes only what differs: the system looks through all variables for each that is set."""
    for name in set(os.environ) - set(wanted):
        del os.environ[name]
    for name, value in wanted.items():
        if os.environ.get(name) != value:
            os.environ[name] = value


def fork(application, shell, order, descriptors):
    """A kernel whose parent is the owner of the pool: the process in between ends at once."""
    between = os.fork()
    if between:
        os.waitpid(between, 0)
        return
    if os.fork():
        os._exit(0)

    def become():
        owner = order["owner"]
        while os.getppid() != owner:
            if os.getppid() == 1:
                os._exit(1)
            time.sleep(0.0002)
        channel = socket.socket(fileno=descriptors[0])
        become_kernel(application, shell, order, channel, descriptors[1])

    live(application, become)


def orders(control):
    """Each order with its descriptors, until nobody is there to give one."""
    pending, descriptors = b"", []
    while True:
        received, more, _flags, _address = socket.recv_fds(control, 65536, 8)
        if not received:
            return
        pending += received
        descriptors += more
        while b"\n" in pending:
            line, pending = pending.split(b"\n", 1)
            yield json.loads(line), [descriptors.pop(0) for _ in range(2)]


def main():
    control = socket.socket(fileno=CONTROL)
    watched = installed()
    try:
        application, shell = build(ARGUMENTS, SETTINGS["modules"])
        watched.update(configurable(application))
        refuse_live_state()
    except Refused as refusal:
        kind, detail = refusal.args
        control.sendall(json.dumps({"refused": kind, "detail": detail}).encode() + b"\n")
        return
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if file:
            FILES.append(file)
            folder = os.path.dirname(file)
            if folder not in watched:
                watched[folder] = modified(folder)
    gc.collect()
    gc.disable()
    gc.freeze()
    control.sendall(json.dumps({"watched": watched, "read": sorted(READ)}).encode() + b"\n")
    for order, descriptors in orders(control):
        fork(application, shell, order, descriptors)
        for descriptor in descriptors:
            os.close(descriptor)


SETTINGS = json.loads(sys.argv[1])
ARGUMENTS = SETTINGS["arguments"]
COMMAND = SETTINGS["command"]
LAUNCHER = importlib.util.find_spec(COMMAND[-1]).origin
sys.argv = [LAUNCHER, "-f", os.devnull, *ARGUMENTS]
main()
os._exit(0)
