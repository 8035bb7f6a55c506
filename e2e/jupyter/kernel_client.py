"""A script that uses `jupyter_kernel_client`: it executes, reads every kind of output, interrupts and restarts."""

import os
import threading

from jupyter_kernel_client import JupyterKernelClient

CONNECTION = {"server_url": os.environ["JUPYTER_URL"].rstrip("/"), "token": os.environ["JUPYTER_TOKEN"]}


def text(reply):
    return "".join(output.get("text", "") for output in reply["outputs"])


with JupyterKernelClient(**CONNECTION) as kernel:
    reply = kernel.execute("import sys\nprint('out')\nprint('err', file=sys.stderr)\n6 * 7")
    assert reply["status"] == "ok", reply
    assert reply["execution_count"] == 1, reply
    kinds = [output["output_type"] for output in reply["outputs"]]
    assert sorted(kinds) == ["execute_result", "stream", "stream"], reply
    result = next(output for output in reply["outputs"] if output["output_type"] == "execute_result")
    assert result["data"] == {"text/plain": "42"}, reply

    reply = kernel.execute("1 / 0")
    assert reply["status"] == "error", reply
    assert reply["outputs"][0]["ename"] == "ZeroDivisionError", reply

    reply = kernel.execute(timeout=60, code="for line in range(20_000):\n    print(line, flush=True)")
    assert text(reply) == "".join(f"{line}\n" for line in range(20_000)), len(text(reply))

    ends = []
    interrupt = threading.Thread(target=kernel.interrupt)

    def interrupt_when_it_runs(message):
        # Once: `running` and its newline may be two messages, and a second interrupt can strike
        # the kernel while it reports the first, which then is never told.
        if message["msg_type"] == "stream" and interrupt.ident is None:
            interrupt.start()
        if message["msg_type"] == "error":
            ends.append(message["content"]["ename"])

    kernel.execute_interactive(
        "print('running', flush=True)\nimport time\ntime.sleep(600)",
        output_hook=interrupt_when_it_runs,
        timeout=60,
    )
    assert ends == ["KeyboardInterrupt"], ends

    kernel.execute("kept = 1")
    kernel.restart(timeout=60)
    reply = kernel.execute("kept")
    assert reply["outputs"][0]["ename"] == "NameError", reply

print("jupyter_kernel_client: executed, failed, streamed 20000 lines, interrupted, restarted")
