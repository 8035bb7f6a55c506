"""A kernel around the shell that was copied."""


def leave_loop(loop, task):
    """The event loop that was running when the copy was made knows sockets that are gone."""
    if task is not None:
        asyncio.tasks._leave_task(loop, task)
    asyncio._set_running_loop(None)
    asyncio.set_event_loop(asyncio.new_event_loop())


def forget_history(history):
    """Keeps inputs and outputs, without the database: its connection does not survive a fork."""
    from IPython.core.history import DummyDB

    gone = (history.db, getattr(history, "save_thread", None))
    history.enabled = False
    history.db = DummyDB()
    history.save_thread = None
    history.using_thread = False
    history.db_input_cache = []
    history.db_output_cache = []
    history.db_input_cache_lock = threading.Lock()
    history.db_output_cache_lock = threading.Lock()
    return gone


def forget_thread_hooks():
    """Kernels of ipykernel 6 note for each new thread which request its output belongs to. The one that is gone would
    do so after the new one."""
    for name in ("run", "__init__"):
        hook = getattr(threading.Thread, name)
        if hook.__module__ == "ipykernel.ipkernel":
            inner = dict(zip(hook.__code__.co_freevars, hook.__closure__))
            original = next(cell for variable, cell in inner.items() if variable.startswith("_threading_Thread"))
            setattr(threading.Thread, name, original.cell_contents)


def use_one_openmp_thread():
    """GNU's OpenMP waits for ever for the threads it had before a fork; alone it does not."""
    with open("/proc/self/maps") as file:
        paths = {line.split(maxsplit=5)[5].strip() for line in file if "libgomp" in line}
    for path in paths:
        try:
            ctypes.CDLL(path).omp_set_num_threads(1)
        except (OSError, AttributeError):
            continue


@contextlib.contextmanager
def streams_that_are_there(streams):
    """Has `IPKernelApp.init_io` begin anew with the streams that cells may have handed on, to a logger for example."""
    module = sys.modules["ipykernel.kernelapp"]
    import_item = module.import_item

    def find(name):
        found = import_item(name)
        return begin_anew if found is type(streams[0]) else found

    def begin_anew(session, thread, name, **options):
        stream = streams[name == "stderr"]
        stream.__init__(session, thread, name, **options)
        return stream

    module.import_item = find
    try:
        yield
    finally:
        module.import_item = import_item


def revive(hook, order):
    """A new kernel around the shell that was copied."""
    application, shell = hook.application, hook.shell
    kernel, redirected = application.kernel, (sys.stdout, sys.stderr)
    # What is taken apart later closes descriptors by number and waits for threads.
    GONE.append((*hook.running, kernel, dict(application.__dict__), forget_history(shell.history_manager)))
    leave_loop(*hook.running)
    use_one_openmp_thread()
    forget_thread_hooks()
    kernel._restore_input()
    application.kernel_class.clear_instance()
    atexit.unregister(application.close)
    application.context = None
    for name in PORTS:
        setattr(application, name, 0)
    if kernel.comm_manager in shell.configurables:
        shell.configurables.remove(kernel.comm_manager)
    sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__
    for handler in application.log.handlers:
        if isinstance(handler, logging.StreamHandler):
            handler.stream = sys.__stderr__
    application.session.pid = os.getpid()
    with streams_that_are_there(hook.streams):
        listen(application, order["connection_file"])
    employ(application, shell)
    sys.stdout, sys.stderr = redirected
    shell.execution_count = hook.count
    for name, own in (("pre_run_cell", hook.before), ("post_run_cell", hook.after)):
        shell.events.unregister(name, own)
    application.nbpress_of_cells = hook.files.of_cells()
    application.poller.watch(order["parent"])
    # A fork gives it another, the sockets use it, and so does who chooses a tip when clients ask for the banner.
    shell.enable_tip = False
    if hook.random is not None:
        sys.modules["random"].setstate(hook.random)


# What a copy must not take apart.
GONE = []
with open("/proc/self/oom_score_adj") as file:
    MEMORY_SCORE = file.read().strip()
