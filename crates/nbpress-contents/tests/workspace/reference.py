"""Does what it reads with jupyter_server's own contents manager: one JSON list a line, one answer a line."""

import json
import sys

from jupyter_server.services.contents.largefilemanager import LargeFileManager
from tornado.web import HTTPError

manager = LargeFileManager(root_dir=sys.argv[1], delete_to_trash=False)


def new(directory, kind, extension):
    return manager.new_untitled(path=directory, type=kind, ext=extension)["path"]


def save(path, text):
    model = {"type": "file", "format": "text", "content": text}
    return manager.save(model, path)["path"]


def chunk(path, number, text):
    manager.save({"type": "file", "format": "text", "content": text, "chunk": number}, path)
    return None


def copy(path, directory):
    return manager.copy(path, directory)["path"]


def rename(path, to):
    return manager.rename(path, to)


def delete(path):
    return manager.delete(path)


def checkpoint(path):
    return manager.create_checkpoint(path)["id"]


def restore(path, name):
    return manager.restore_checkpoint(name, path)


def checkpoints(path):
    return [found["id"] for found in manager.list_checkpoints(path)]


def entry(path):
    found = manager.get(path, content=False)
    return [found[key] for key in ("name", "path", "type", "mimetype", "size", "writable")]


def listing(path):
    return sorted(found["name"] for found in manager.get(path, type="directory")["content"])


def digest(path):
    return manager.get(path, content=False, require_hash=True)["hash"]


for line in sys.stdin:
    name, *arguments = json.loads(line)
    try:
        answer = globals()[name](*arguments)
    except (HTTPError, OSError):
        answer = "refused"
    print(json.dumps(answer), flush=True)
