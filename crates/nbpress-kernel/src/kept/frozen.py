"""A copy: it waits, and forks kernels."""


# How soon the system is to end the newest copy, and those before it: all others come after 1000.
NEWEST, OLDER = 900, 1000


class Frozen:
    """The copy: waits, and forks kernels."""

    def __init__(self, hook):
        self.hook = hook
        self.settings = hook.settings
        self.collects = gc.isenabled()
        # A collection would write to all pages.
        gc.disable()
        os.setsid()
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.set_wakeup_fd(-1)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        hook.files.give_up()
        self.leases = {}

    def wait(self):
        """Until its time is over or its folder is gone, and no kernel is left that was made of it."""
        self.hook.describe()
        os.write(self.hook.told, b"1")
        os.close(self.hook.told)
        events = select.poll()
        listener = self.hook.listener
        events.register(listener, select.POLLIN)
        self.tidy()
        while True:
            for descriptor, _event in events.poll(LOOK * 1000):
                if descriptor == listener.fileno():
                    lease = self.answer(listener.accept()[0])
                    if lease is not None:
                        events.register(lease, select.POLLIN)
                else:
                    events.unregister(descriptor)
                    self.give_back(descriptor)
            wanted = lasting_time() < self.hook.ends and os.path.exists(self.hook.place)
            if not wanted and not self.leases:
                shutil.rmtree(self.hook.place, ignore_errors=True)
                os._exit(0)
            if wanted:
                self.tidy()

    def tidy(self):
        """The newest copy ends those that are too many, and all from the oldest on that hold too much. What they
        hold grows while the kernel changes what it shares with them."""
        folder = self.settings["folder"]
        try:
            names = sorted(name for name in os.listdir(folder) if name.isdigit())
        except OSError:
            return
        if names[-1:] != [os.path.basename(self.hook.place)]:
            return
        excess = max(len(names) - self.settings["copies"], 0)
        for name in names[:excess]:
            self.drop(os.path.join(folder, name))
        kept = names[excess:]
        while kept and self.hold_too_much(kept):
            self.drop(os.path.join(folder, kept.pop(0)))
        for process in map(self.process_of, kept[:-1]):
            if process:
                offer_memory(process, OLDER)

    def hold_too_much(self, names):
        """Whether copies hold more than they may together. A look at what they share takes a while, and is needed only
        where they might."""
        processes = [self.process_of(name) for name in names]
        return all(
            sum(measure(pid) for pid in processes if pid) > self.settings["memory"]
            for measure in (resident_memory, share_of_memory)
        )

    def process_of(self, name):
        if name == os.path.basename(self.hook.place):
            return os.getpid()
        description = self.described(os.path.join(self.settings["folder"], name))
        return description and description["process_id"]

    @staticmethod
    def described(place):
        """What a copy says about itself, if it lives."""
        try:
            with open(os.path.join(place, "copy.json")) as file:
                description = json.load(file)
        except (OSError, ValueError):
            return None
        lives = started(description["process_id"]) == description["started"]
        return description if lives else None

    def drop(self, place):
        description = self.described(place)
        shutil.rmtree(place, ignore_errors=True)
        if place == self.hook.place:
            os._exit(0)
        if description:
            try:
                os.kill(description["process_id"], signal.SIGKILL)
            except ProcessLookupError:
                pass

    def answer(self, lease):
        """Forks a kernel for the user of this process, and returns what it lives on."""
        with lease:
            lease.settimeout(LOOK)
            peer = lease.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
            if struct.unpack("3i", peer)[1] != os.geteuid():
                return None
            order, log = receive(lease)
            if order is None:
                return None
            pid = os.fork()
            if pid == 0:
                lease.detach()
                self.become_kernel(order, log)
            os.close(log)
            try:
                lease.sendall(json.dumps({"pid": pid}).encode() + b"\n")
            except OSError:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
                return None
            kept = lease.detach()
        self.leases[kept] = pid
        return kept

    def give_back(self, descriptor):
        """Says how a kernel ended, or ends it when nobody is there to ask."""
        pid = self.leases.pop(descriptor)
        with socket.socket(fileno=descriptor) as lease:
            try:
                asked = lease.recv(1)
            except OSError:
                asked = b""
            if not asked:
                os.kill(pid, signal.SIGKILL)
            _pid, status, usage = os.wait4(pid, 0)
            exit = {
                "code": os.WEXITSTATUS(status) if os.WIFEXITED(status) else None,
                "signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else None,
                "peak_memory_bytes": usage.ru_maxrss * 1024,
                "cpu_microseconds": int((usage.ru_utime + usage.ru_stime) * 1_000_000),
                "disk_bytes": None,
                "out_of_memory": False,
                "memory_limit_reached": None,
            }
            try:
                lease.sendall(json.dumps(exit).encode() + b"\n")
            except OSError:
                pass

    def become_kernel(self, order, log):
        """The process that was forked for somebody. Does not return."""
        hook, application = self.hook, self.hook.application

        def become():
            os.setsid()
            print_to(log)
            for lease in self.leases:
                os.close(lease)
            hook.listener.close()
            mark(order["kernel_id"])
            restore_memory_score()
            hook.files.separate()
            os.environ.update(order["environment"])
            os.environ["JPY_PARENT_PID"] = str(order["parent"])
            # A cell may have gone elsewhere since.
            if order["working_directory"] and working_directory() in (hook.folder, None):
                os.chdir(order["working_directory"])
            revive(hook, order)
            if self.collects:
                gc.enable()
            application.start()

        live(application, become)


def offer_memory(process, score):
    """The system ends a copy before it ends what works, and the newest last."""
    try:
        with open(f"/proc/{process}/oom_score_adj", "r+") as file:
            file.write(str(score))
    except OSError:
        pass


def restore_memory_score():
    try:
        with open("/proc/self/oom_score_adj", "r+") as file:
            file.write(MEMORY_SCORE)
    except OSError:
        pass


def receive(lease):
    """A line with a descriptor; nothing where it does not come."""
    text, received = b"", array.array("i")
    while not text.endswith(b"\n"):
        try:
            more, ancillary, _flags, _address = lease.recvmsg(65536, socket.CMSG_SPACE(2 * received.itemsize))
        except OSError:
            return None, None
        if not more:
            return None, None
        text += more
        for level, kind, data in ancillary:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                received.frombytes(data[: len(data) - len(data) % received.itemsize])
    if len(received) != 1:
        return None, None
    return json.loads(text), received[0]
