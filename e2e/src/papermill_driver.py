"""Runs papermill's command line in forked children, so that it is imported once.

One JSON request a line on standard input, one JSON answer a line on standard output.
"""

import atexit
import json
import math
import os
import signal
import sys
import tempfile
import traceback

# papermill looks at descriptors 0 and 1 when it is imported: a pipe there changes its arguments.
requests = os.fdopen(os.dup(0), "r")
answers = os.fdopen(os.dup(1), "w")
null = os.open(os.devnull, os.O_RDWR)
os.dup2(null, 0)
os.dup2(2, 1)

import nbformat  # noqa: E402
import papermill.cli  # noqa: E402


def run(request):
    out, err = tempfile.TemporaryFile(), tempfile.TemporaryFile()
    child = os.fork()
    if child == 0:
        os.chdir(request["folder"])
        os.dup2(out.fileno(), 1)
        os.dup2(err.fileno(), 2)
        code = 1
        try:
            papermill.cli.papermill(args=request["arguments"], prog_name="papermill")
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
        except BaseException:
            traceback.print_exc()
        finally:
            atexit._run_exitfuncs()
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    late = False

    def end(*_):
        nonlocal late
        late = True
        os.kill(child, signal.SIGKILL)

    signal.signal(signal.SIGALRM, end)
    signal.alarm(request["seconds"])
    _, status = os.waitpid(child, 0)
    signal.alarm(0)
    exit = os.waitstatus_to_exitcode(status)
    return {
        "exit": exit if exit >= 0 else 128 - exit,
        "late": late,
        "stdout": text(out),
        "stderr": text(err),
    }


def text(file):
    file.seek(0)
    return file.read().decode("utf-8", "replace")


def read(request):
    try:
        notebook = nbformat.reads(request["text"], as_version=4)
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}
    invalid = None
    try:
        nbformat.validate(notebook)
    except Exception as error:
        invalid = str(error)
    canonical = nbformat.writes(notebook) == request["text"]
    return {"notebook": finite(notebook), "canonical": canonical, "invalid": invalid}


def finite(value):
    """JSON has no word for these."""
    if isinstance(value, dict):
        return {key: finite(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [finite(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return f"<{value}>"
    # serde_json's numbers end at 64 bits.
    if isinstance(value, int) and abs(value) >= 2**63:
        return f"<{value}>"
    return value


for line in requests:
    request = json.loads(line)
    answer = {"run": run, "read": read}[request["do"]](request)
    answers.write(json.dumps(answer) + "\n")
    answers.flush()
