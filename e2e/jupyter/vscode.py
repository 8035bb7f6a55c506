"""What VS Code's Jupyter extension asks an existing server, in its order, and what it takes from the answers.

First it finds out whether the server is a hub and whether it wants a password, signs in as a form would, and goes on
with the cookies it was given; a token in the server's URL goes into a header instead. Kernels are spoken to in the
default framing.
"""

import json
import os
import uuid

import requests
import websocket

URL = os.environ["JUPYTER_URL"]
TOKEN = os.environ["JUPYTER_TOKEN"]


def ask(method, path, **options):
    return requests.request(method, URL + path, allow_redirects=False, timeout=60, **options)


def sign_in():
    """The headers that a signed-in client sends."""
    assert ask("GET", "hub/api").status_code != 200, "it is not a hub"
    assert ask("GET", "tree?").status_code != 200, "a stranger has to sign in"
    form = ask("GET", "login?")
    assert form.status_code == 200, form.status_code
    xsrf = form.cookies["_xsrf"]
    wrong = post_password(xsrf, "not the token")
    assert wrong.status_code != 302, "a wrong password signs nobody in"
    signed_in = post_password(xsrf, TOKEN)
    assert signed_in.status_code == 302, signed_in.text
    # The first cookie of this answer is taken for the session, whatever its name.
    name, _, value = signed_in.headers["Set-Cookie"].partition(";")[0].partition("=")
    assert name != "_xsrf" and value, signed_in.headers["Set-Cookie"]
    return {"Cookie": f"_xsrf={xsrf}; {name}={value}", "X-XSRFToken": xsrf}


def post_password(xsrf, password):
    return ask(
        "POST",
        "login?",
        data={"_xsrf": xsrf, "password": password},
        headers={"Cookie": f"_xsrf={xsrf}"},
    )


def works_with(headers):
    """What the extension does once it is connected: it looks around, starts a session, executes, and ends it."""
    assert "version" in ask("GET", "api", headers=headers).json()
    for path in ("", "tree"):
        assert ask("GET", path, headers=headers).status_code in (200, 302), path
    specs = ask("GET", "api/kernelspecs", headers=headers).json()
    assert specs["default"] in specs["kernelspecs"], specs
    assert isinstance(ask("GET", "api/sessions", headers=headers).json(), list)
    assert isinstance(ask("GET", "api/kernels", headers=headers).json(), list)
    # A name and path of its own invention, in a folder of the server.
    name = f"a-{uuid.uuid4()}.ipynb"
    wanted = {"name": name, "path": name, "type": "notebook", "kernel": {"name": specs["default"]}}
    started = ask("POST", "api/sessions", json=wanted, headers=headers)
    assert started.status_code == 201, started.text
    session = started.json()
    kernel = session["kernel"]["id"]
    assert execute(kernel, headers, "print(6 * 7)") == "42\n"
    assert ask("POST", f"api/kernels/{kernel}/interrupt", headers=headers).status_code == 204
    restarted = ask("POST", f"api/kernels/{kernel}/restart", headers=headers)
    assert restarted.json()["id"] == kernel, restarted.text
    assert execute(kernel, headers, "print('again')") == "again\n"
    ended = ask("DELETE", f"api/sessions/{session['id']}", headers=headers)
    assert ended.status_code == 204, ended.text
    assert ask("GET", f"api/kernels/{kernel}", headers=headers).status_code == 404


def execute(kernel, headers, code):
    """What a cell prints, over a WebSocket of its own."""
    session = uuid.uuid4().hex
    socket = websocket.create_connection(
        f"{URL.replace('http', 'ws', 1)}api/kernels/{kernel}/channels?session_id={session}",
        header=headers,
        timeout=60,
    )
    request = {
        "msg_id": uuid.uuid4().hex,
        "msg_type": "execute_request",
        "session": session,
        "username": "",
        "date": "2026-01-01T00:00:00Z",
        "version": "5.3",
    }
    content = {"code": code, "silent": False, "store_history": True, "allow_stdin": True, "stop_on_error": True}
    socket.send(
        json.dumps(
            {"channel": "shell", "header": request, "parent_header": {}, "metadata": {}, "content": content}
        )
    )
    text, ends = "", set()
    while ends != {"execute_reply", "idle"}:
        message = json.loads(socket.recv())
        if message["parent_header"].get("msg_id") != request["msg_id"]:
            continue
        kind, content = message["header"]["msg_type"], message["content"]
        if kind == "stream":
            text += content["text"]
        if kind == "execute_reply":
            ends.add(kind)
        if kind == "status" and content["execution_state"] == "idle":
            ends.add("idle")
    socket.close()
    return text


works_with({"Authorization": f"token {TOKEN}"})
print("VS Code's requests: with a token")
works_with(sign_in())
print("VS Code's requests: signed in with a password")
