"""nbclient and papermill execute a notebook in a kernel of a remote server, and a `jupyter server` hands on to it."""

import functools
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat
import papermill
import requests
import websocket
from jupyter_kernel_client import JupyterKernelClient
from jupyter_server.gateway.gateway_client import GatewayClient
from nbclient import NotebookClient

URL = os.environ["JUPYTER_URL"].rstrip("/")
TOKEN = os.environ["JUPYTER_TOKEN"]
MANAGER = "jupyter_server.gateway.managers.GatewayKernelManager"

GatewayClient.instance(url=URL, auth_token=TOKEN)
# Its kernel client opens the WebSocket without the token.
websocket.create_connection = functools.partial(
    websocket.create_connection, header=[f"Authorization: token {TOKEN}"]
)


def notebook():
    parameters = nbformat.v4.new_code_cell("days = 1", metadata={"tags": ["parameters"]})
    rest = nbformat.v4.new_code_cell("print(days)\ndays * 2")
    kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return nbformat.v4.new_notebook(cells=[parameters, rest], metadata={"kernelspec": kernelspec})


def outputs(cell):
    return [output.get("text") or output["data"]["text/plain"] for output in cell.outputs]


def with_nbclient():
    executed = NotebookClient(notebook(), kernel_manager_class=MANAGER, timeout=60).execute()
    assert outputs(executed.cells[1]) == ["1\n", "2"], executed.cells[1].outputs


def with_papermill(folder):
    source = folder / "in.ipynb"
    nbformat.write(notebook(), source)
    executed = papermill.execute_notebook(
        str(source),
        str(folder / "out.ipynb"),
        parameters={"days": 60},
        kernel_manager_class=MANAGER,
        progress_bar=False,
    )
    assert outputs(executed.cells[2]) == ["60\n", "120"], executed.cells[2].outputs


def through_a_server(folder):
    """`jupyter server --gateway-url`: its kernels are those of the server behind it."""
    runtime = folder / "runtime"
    with open(folder / "front.log", "w") as log:
        server = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "jupyter_server",
                "--allow-root",
                "--no-browser",
                "--port=0",
                f"--gateway-url={URL}",
                f"--GatewayClient.auth_token={TOKEN}",
                "--IdentityProvider.token=front",
                f"--ServerApp.root_dir={folder}",
            ],
            stderr=log,
            env=os.environ | {"JUPYTER_RUNTIME_DIR": str(runtime)},
        )
    try:
        front = eventually(lambda: address(runtime / f"jpserver-{server.pid}.json"))
        with JupyterKernelClient(server_url=front, token="front") as kernel:
            reply = kernel.execute("6 * 7", timeout=60)
            assert reply["outputs"][0]["data"]["text/plain"] == "42", reply
            behind = requests.get(f"{URL}/api/kernels", headers={"Authorization": f"token {TOKEN}"})
            assert kernel.id in [model["id"] for model in behind.json()], behind.text
    except Exception:
        print((folder / "front.log").read_text(), file=sys.stderr)
        raise
    finally:
        server.terminate()
        server.wait()


def address(file):
    """Where a server answers that says so in a file; it writes that before it listens."""
    url = json.loads(file.read_text())["url"].rstrip("/")
    requests.get(f"{url}/api").raise_for_status()
    return url


def eventually(ask):
    deadline = time.monotonic() + 60
    while True:
        try:
            return ask()
        except (OSError, ValueError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


with tempfile.TemporaryDirectory() as folder:
    with_nbclient()
    with_papermill(Path(folder))
    through_a_server(Path(folder))
print("nbclient, papermill, jupyter server --gateway-url: executed in the remote kernel")
