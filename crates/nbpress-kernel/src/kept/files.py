"""What cells have opened, for a copy to give up or to have of its own."""

# What SQLite adds to the name of a database, for the file that it can roll back with.
JOURNAL = "-journal"


class Files:
    """The files, connections and pipes that cells have opened."""

    def __init__(self, known, ports):
        self.regular, self.cut, self.kernels, self.lost = [], [], [], []
        terminals = []
        for descriptor, status in descriptors():
            same = known.get(descriptor) == (status.st_dev, status.st_ino)
            if stat.S_ISREG(status.st_mode):
                path = os.readlink(f"/proc/self/fd/{descriptor}")
                if self.is_kernels(path, status, known["files"]):
                    self.kernels.append(descriptor)
                else:
                    self.remember(descriptor, status, os.path.basename(path))
            elif same:
                self.kernels.append(descriptor)
            elif stat.S_ISSOCK(status.st_mode):
                self.cut.append(descriptor)
                self.name_socket(descriptor, ports)
            elif stat.S_ISFIFO(status.st_mode):
                self.cut.append(descriptor)
                self.lost.append("a pipe")
            elif stat.S_ISCHR(status.st_mode) and os.isatty(descriptor):
                terminals.append(descriptor)
        self.kernels += terminals

    @staticmethod
    def is_kernels(path, status, known):
        """Whether a file was there before cells were: the history's database, or what SQLite makes beside it while a
        thread of the kernel writes."""
        if path.endswith(JOURNAL):
            try:
                status = os.stat(path.removesuffix(JOURNAL))
            except OSError:
                return False
        return (status.st_dev, status.st_ino) in known

    def remember(self, descriptor, status, name):
        """A file's position is shared with whoever was forked, so it has to be noted now."""
        flags = fcntl.fcntl(descriptor, fcntl.F_GETFL)
        position = os.lseek(descriptor, 0, os.SEEK_CUR)
        self.regular.append((descriptor, flags, position, (status.st_dev, status.st_ino)))
        # SQLite rolls back what a process leaves open that ends: https://www.sqlite.org/tempfiles.html.
        if name.endswith(JOURNAL):
            self.lost.append(f"the transaction in {name.removesuffix(JOURNAL)}")

    def name_socket(self, descriptor, ports):
        bound = socket.socket(fileno=descriptor)
        try:
            here = bound.getsockname()
            if bound.family == socket.AF_UNIX:
                if not str(here).startswith(ports["path"]):
                    self.lost.append("a Unix socket")
            elif here[1] not in ports["ports"]:
                try:
                    host, port = bound.getpeername()[:2]
                    self.lost.append(f"the connection to {host}:{port}")
                except OSError:
                    self.lost.append(f"the socket at {here[0]}:{here[1]}")
        except (OSError, IndexError):
            self.lost.append("a socket")
        finally:
            bound.detach()

    def of_cells(self):
        """The descriptors that are not the kernel's."""
        return {descriptor for descriptor, *_rest in self.regular}.union(self.cut)

    def separate(self):
        """Gives this process positions and locks of its own."""
        for descriptor, flags, position, file in self.regular:
            # What closes itself when the process forks leaves its number to another.
            if file_of(descriptor) != file:
                continue
            # The rest would change what is there, or is not for open.
            flags &= os.O_ACCMODE | os.O_APPEND | os.O_NONBLOCK | os.O_SYNC
            try:
                own = os.open(f"/proc/self/fd/{descriptor}", flags)
            except OSError:
                own = os.dup(descriptor)
            os.lseek(own, position, os.SEEK_SET)
            os.dup2(own, descriptor, os.get_inheritable(descriptor))
            os.close(own)

    def give_up(self):
        """Leaves no port, pipe or lock in the hands of this process; who reads from what the other end is gone of
        sees its end."""
        nothing = os.open(os.devnull, os.O_RDWR)
        for descriptor in self.kernels:
            put_nothing_in_place(descriptor, nothing)
        os.close(nothing)
        mine, other = socket.socketpair()
        other.close()
        for descriptor in self.cut:
            put_nothing_in_place(descriptor, mine.fileno())
        mine.close()
        self.separate()
