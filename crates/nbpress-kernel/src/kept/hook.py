"""What is called before and after each cell."""


class Hook:
    """What IPython calls before and after each cell."""

    def __init__(self, settings):
        from ipykernel.kernelapp import IPKernelApp
        from IPython import get_ipython

        self.settings = settings
        self.application = IPKernelApp.instance()
        self.shell = get_ipython()
        # A cell may have put others in their place since the kernel was revived.
        self.streams = getattr(self.application, "nbpress_streams", (sys.stdout, sys.stderr))
        self.application.nbpress_streams = self.streams
        self.folder = getattr(self.application, "nbpress_folder", working_directory())
        self.application.nbpress_folder = self.folder
        self.threads = set(threading.enumerate())
        self.unnamed = set(threads_without_a_name())
        self.native = {task for task, _name in threads_of_others(set())}
        self.known = {"files": set()}
        of_cells = getattr(self.application, "nbpress_of_cells", ())
        for descriptor, status in descriptors():
            if descriptor in of_cells:
                continue
            self.known[descriptor] = (status.st_dev, status.st_ino)
            if stat.S_ISREG(status.st_mode):
                self.known["files"].add(self.known[descriptor])
        if not isinstance(self.application.kernel.shell, type(self.shell)):
            raise RuntimeError("the shell is not the kernel's")
        # Fails where the system does not show a process's environment.
        mark(os.environ[KERNEL_ID])
        ports = {getattr(self.application, name) for name in PORTS}
        self.ports = {"ports": ports, "path": f"{self.application.ip}-"}
        self.libraries = tuple(
            os.path.dirname(sys.modules[name].__file__) + os.sep
            for name in ("IPython", "ipykernel", "jupyter_client", "tornado", "zmq")
            if name in sys.modules
        )
        self.request = ""
        self.count = self.shell.execution_count
        self.ran = None
        self.begun = time.monotonic()
        self.unfinished = []
        self.environment = dict(os.environ)
        self.saving = self.worked = 0
        self.not_saved = None
        # The copy that did not come, by its request, and why; it may be known before the cell runs, or after.
        self.failed = (None, None)
        self.telling = _thread.allocate_lock()

    def register(self):
        events = self.shell.events
        for name in ("pre_run_cell", "post_run_cell"):
            for callback in list(events.callbacks[name]):
                # One that was installed before, also by what this is a copy of.
                if getattr(callback, "__module__", None) == __name__:
                    events.unregister(name, callback)
        events.register("pre_run_cell", self.before)
        events.register("post_run_cell", self.after)

    def before(self, info):
        begun = time.perf_counter()
        request = self.shell.kernel.get_parent("shell").get("header", {}).get("msg_id", "")
        # A cell may run others.
        if request == self.request:
            return
        self.request = request
        reason = None
        wanted = self.settings["after"]
        if wanted is None or self.ran is None or self.ran >= wanted:
            # An interrupt must not come between the two that a fork makes.
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
            try:
                reason = self.keep(begun)
            finally:
                signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        self.say(reason, time.perf_counter() - begun)
        self.begun = time.monotonic()

    def keep(self, begun):
        """Makes a copy, else a file; why there is no copy."""
        try:
            self.finish(MOST_UNFINISHED)
            reason = self.settings["refused"] or self.obstacle() or self.shortage() or self.freeze(begun)
        except Exception as error:
            reason = ("system", f"{type(error).__name__}: {error}")
        self.not_saved = self.save(reason) if reason else None
        return reason

    def after(self, result):
        # Versions of IPython count before or after `pre_run_cell`.
        self.count = self.shell.execution_count
        spent = time.monotonic() - self.begun
        self.ran = (self.ran or 0) + spent
        self.worked += spent
        self.begun = time.monotonic()
        if not result.success:
            # Whoever hears of it looks for the copy.
            self.finish(0)

    def say(self, reason, seconds):
        with self.telling:
            failed, why = self.failed
            if failed == self.request:
                reason = why
            outcome = {"request": self.request, "milliseconds": seconds * 1000, "not_kept": None}
            if reason is not None:
                outcome["not_kept"] = {"kind": reason[0], "detail": reason[1]}
                outcome["not_saved"] = self.not_saved
            try:
                write_whole(self.settings["folder"], "outcome.json", outcome)
            except OSError:
                # Nobody wants copies any more.
                pass

    def obstacle(self):
        """Why no copy could go on, as a kind for programs and a detail for people."""
        if threading.current_thread() is not threading.main_thread():
            return ("threads", threading.current_thread().name)
        alive = [
            thread.name
            for thread in threading.enumerate()
            if thread not in self.threads
            and thread is not threading.main_thread()
            and thread.name != SAVES_HISTORY
        ]
        alive += [name for ident, name in threads_without_a_name().items() if ident not in self.unnamed]
        named = {name for _task, name in threads_of_others(self.native)} - SEE_TO_A_FORK
        alive += [name for name in named if name not in SAVES_HISTORY and name != own_name()]
        if alive:
            return ("threads", ", ".join(sorted(alive)))
        return self.module_obstacle() or self.task_obstacle()

    def shortage(self):
        """Where what a copy takes at once is not there, the system might end the kernel for it."""
        needed = LEAST_FOR_A_COPY + resident_memory(os.getpid()) // TABLES_OF_A_COPY
        left = memory_left(self.settings["counting"])
        if left >= needed:
            return None
        return ("memory", f"{left >> 20} MiB are left, and it takes {needed >> 20} MiB")

    def module_obstacle(self):
        modules = sys.modules
        torch = modules.get("torch")
        if torch is not None and torch.cuda.is_initialized():
            return ("cuda", "torch")
        context = getattr(modules.get("pyspark"), "SparkContext", None)
        if getattr(context, "_gateway", None) is not None:
            return ("jvm", "pyspark")
        if "jpype" in modules and modules["jpype"].isJVMStarted():
            return ("jvm", "jpype")
        if "pyspark" not in modules and "py4j.java_gateway" in modules:
            return ("jvm", "py4j")
        loaded = [name for name in NOT_COPIED if name in modules]
        return ("modules", ", ".join(loaded)) if loaded else None

    def task_obstacle(self):
        """Tasks of cells, also where all they run is of asyncio; those of the kernel itself are made anew."""
        waiting = []
        for task in asyncio.all_tasks():
            code = getattr(task.get_coro(), "cr_code", None)
            if code and task is not asyncio.current_task() and not code.co_filename.startswith(self.libraries):
                waiting.append(code.co_name)
        return ("tasks", ", ".join(sorted(waiting))) if waiting else None

    def processes(self):
        """What cells have started and a copy cannot wait for; not what is between an earlier copy and this process."""
        betweens = {str(between) for between, _ended in self.unfinished}
        with open(f"/proc/self/task/{os.getpid()}/children") as file:
            children = file.read().split()
        for child in children:
            if child in betweens:
                continue
            try:
                with open(f"/proc/{child}/cmdline") as file:
                    words = file.read().replace("\0", " ").split()
            except OSError:
                continue
            if words and not any(name in word for word in words for name in SEEN_TO):
                yield f"the process {os.path.basename(words[0])}"

    def save(self, reason):
        """Writes the variables into a folder of its own; why that could not be done. A program that makes them large
        does not wait for them again and again."""
        if self.saving > CHEAP_SAVING and self.worked < WORK_PER_SAVING * self.saving:
            return "the variables took long to write the last time"
        # To import what writes takes long only once.
        pickler()
        # What the processor did meanwhile for others is not to be counted.
        begun = time.thread_time()
        folder = self.settings["folder"]
        place = os.path.join(folder, f"saved-{time.time_ns()}")
        try:
            os.mkdir(place, 0o700)
            # It is in memory twice before it is in the file.
            most = min(MOST_SAVED, memory_left(self.settings["counting"]) // 4)
            size, missing = save(self.shell, place, self.environment, most, LONGEST_SAVING)
            self.describe_saved(place, size, reason, missing)
            saved = sorted(name for name in os.listdir(folder) if name.startswith("saved-"))
            for name in saved[: -self.settings["copies"]]:
                shutil.rmtree(os.path.join(folder, name), ignore_errors=True)
            self.ran = 0
            return None
        except Exception as error:
            shutil.rmtree(place, ignore_errors=True)
            return str(error) or type(error).__name__
        finally:
            self.saving = time.thread_time() - begun
            self.worked = 0

    def describe_saved(self, place, size, reason, missing):
        now = time.time()
        taken, until = map(moment, (now, now + self.settings["time"]))
        description = {
            "request": self.request,
            "execution_count": self.count,
            "taken_at": taken,
            "until": until,
            "kernel": self.settings["kernel"],
            "python": version(),
            "bytes": size,
            "instead_of": {"kind": reason[0], "detail": reason[1]},
            "missing": [{"name": name, "why": why} for name, why in missing.items()],
            "lost": NEVER_SAVED,
        }
        write_whole(place, "saved.json", description)

    def freeze(self, begun):
        """Forks a copy whose parent is not this process: that would be seen by code that waits for children."""
        self.files = Files(self.known, self.ports)
        self.lost = sorted({*self.files.lost, *self.processes(), *temporary_folders()})
        now = time.time()
        self.until = now + self.settings["time"]
        self.ends = lasting_time() + self.settings["time"]
        self.place = os.path.join(self.settings["folder"], str(time.time_ns()))
        os.mkdir(self.place, 0o700)
        self.listener = self.wait_at()
        # Here, while the numbers are taken of what closes itself at a fork.
        self.heard, self.told = os.pipe()
        self.random = sys.modules["random"].getstate() if "random" in sys.modules else None
        self.stopped_at = (now, begun)
        # After a fork nobody is said to be running.
        self.running = (asyncio.get_running_loop(), asyncio.current_task())
        own_id = os.environ[KERNEL_ID]
        try:
            # Whoever ends the kernel ends what carries its id.
            show_mark(str(uuid.uuid4()))
            between = fork_without_warning()
            if between == 0:
                self.fork_again()
            self.collect(between)
            return None
        except OSError:
            shutil.rmtree(self.place, ignore_errors=True)
            raise
        finally:
            show_mark(own_id)
            self.listener.close()
            os.close(self.heard)
            os.close(self.told)
            self.ran = 0

    def wait_at(self):
        """The socket of the copy, by a path that is short enough whatever the folder's is."""
        folder = os.open(self.place, os.O_RDONLY)
        try:
            listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            listener.bind(f"/proc/self/fd/{folder}/socket")
            listener.listen(8)
            return listener
        finally:
            os.close(folder)

    def collect(self, between):
        """Has a thread wait for the process in between, which ends when the copy waits."""
        place, request = self.place, self.request
        ended = _thread.allocate_lock()
        ended.acquire()

        def wait():
            try:
                status = os.waitpid(between, 0)[1]
            except ChildProcessError:
                # Cells have told the system that nobody waits for children.
                status = 0
            try:
                if status != 0:
                    shutil.rmtree(place, ignore_errors=True)
                    self.failed = (request, ("system", "there are too many processes, or there is too little memory"))
                    if self.request == request:
                        self.say(None, 0)
            finally:
                ended.release()

        self.unfinished.append((between, ended))
        # One of `threading` would be seen by cells, and be waited for until it runs.
        _thread.start_new_thread(wait, ())

    def finish(self, most):
        """Waits until at most so many copies are on their way."""
        self.unfinished = [(between, ended) for between, ended in self.unfinished if ended.locked()]
        while len(self.unfinished) > most:
            with self.unfinished.pop(0)[1]:
                pass

    def fork_again(self):
        """The process in between, which ends when the copy waits. Does not return."""
        status = 1
        try:
            offer_memory("self", NEWEST)
            # Nor is it of the groups of processes that end with the kernel.
            os.setsid()
            enter(self.settings["groups"])
            if os.fork() == 0:
                os.close(self.heard)
                try:
                    Frozen(self).wait()
                finally:
                    os._exit(1)
            os.close(self.told)
            status = 0 if os.read(self.heard, 1) else 1
        finally:
            os._exit(status)

    def describe(self):
        """What the copy says about itself. Whoever reads it can use the copy."""
        now, begun = self.stopped_at
        when = [moment(now), moment(self.until)]
        description = {
            "request": self.request,
            "execution_count": self.count,
            "process_id": os.getpid(),
            "started": started(os.getpid()),
            "taken_at": when[0],
            "until": when[1],
            "fork_milliseconds": (time.perf_counter() - begun) * 1000,
            "kernel": self.settings["kernel"],
            "python": version(),
            "threads": len(self.threads),
            "lost": self.lost,
            "groups": self.settings["groups"],
        }
        write_whole(self.place, "copy.json", description)
