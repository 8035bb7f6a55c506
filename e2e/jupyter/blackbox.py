"""Points jupyter_server's own test suite at a server that runs elsewhere, over HTTP and WebSocket only.

A pytest plugin. The suite's fixtures start a server inside the test's process; those here take their place and
send every request to the process that these variables describe:

| variable | meaning |
|---|---|
| `BLACKBOX_URL` | where it answers, with its base URL: `http://127.0.0.1:7878/a%40b/` |
| `BLACKBOX_TOKEN` | what a client must say |
| `BLACKBOX_ROOT` | the folder it serves; emptied after every test |
| `BLACKBOX_DATA` | a Jupyter data folder in which it finds kernels; emptied after every test |
| `BLACKBOX_REPORT` | the file to which one JSON line per test is written |

A test that reaches into the server's Python objects is skipped as "white-box" by the attribute it reaches for. One
that never asks the server anything is not selected: it could only pass.
"""

import inspect
import json
import os
import shutil
import urllib.parse
from pathlib import Path

import pytest
import tornado.httpclient
import tornado.websocket
from jupyter_server.utils import url_path_join
from tornado.escape import url_escape
from traitlets.config import Config

URL = urllib.parse.urlsplit(os.environ["BLACKBOX_URL"])
TOKEN = os.environ["BLACKBOX_TOKEN"]
ROOT = Path(os.environ["BLACKBOX_ROOT"])
DATA = Path(os.environ["BLACKBOX_DATA"])

# How long an answer may take on a busy machine, in seconds.
PATIENCE = 60

# What a test must use to be about the server, and what says that it starts one of its own.
ASKS = {"jp_fetch", "jp_ws_fetch", "http_server_client"}
STARTS_ITS_OWN = {"jp_configurable_serverapp", "jp_web_app", "http_server", "jp_unix_socket_fetch"}

# Options that change nothing which the tests that set them could see from outside.
WITHOUT_EFFECT = {
    "KernelManager.shutdown_wait_time",
    "ServerApp.TerminalManager",
    "ServerApp.jpserver_extensions",
}
# Options whose value is what a server that nobody configured does.
AS_IT_IS = {
    "ServerApp.base_url": URL.path,
    "ServerApp.nbconvert_csp_sandbox": True,
}
# Options that name one of several Python classes behind the same API, and the class whose tests are kept.
CLASSES = {
    "ContentsManager.files_handler_class": "FilesHandler",
    "ServerApp.contents_manager_class": "AsyncFileContentsManager",
    "ServerApp.kernel_manager_class": "AsyncMappingKernelManager",
}


class WhiteBox:
    """Stands for an object inside the server: says what is known outside, and skips the test for anything else."""

    def __init__(self, name, **known):
        object.__setattr__(self, "_name", name)
        for attribute, value in known.items():
            object.__setattr__(self, attribute, value)

    def __getattr__(self, attribute):
        pytest.skip(f"white-box: reads {self._name}.{attribute}")

    def __setattr__(self, attribute, value):
        pytest.skip(f"white-box: sets {self._name}.{attribute}")


class Fixtures:
    """What takes the place of the suite's own fixtures."""

    @pytest.fixture
    def jp_server_config(self):
        return Config()

    @pytest.fixture
    def jp_root_dir(self):
        return ROOT

    @pytest.fixture
    def jp_data_dir(self):
        return DATA

    @pytest.fixture
    def jp_base_url(self):
        return URL.path

    @pytest.fixture
    def jp_http_port(self):
        return URL.port

    @pytest.fixture
    def jp_auth_header(self):
        return {"Authorization": f"token {TOKEN}"}

    @pytest.fixture
    def jp_configurable_serverapp(self):
        pytest.skip("white-box: starts a server in the test's process")

    @pytest.fixture
    def http_server_client(self, request, jp_asyncio_loop):
        client = Client(request.node, jp_asyncio_loop)
        yield client
        client.close()

    @pytest.fixture
    def jp_serverapp(self, jp_server_config, jp_argv):
        refuse_options(jp_server_config, jp_argv)
        return WhiteBox(
            "jp_serverapp",
            root_dir=str(ROOT),
            base_url=URL.path,
            port=URL.port,
            identity_provider=WhiteBox("identity_provider", token=TOKEN),
            kernel_manager=WhiteBox("kernel_manager", use_pending_kernels=False),
            session_manager=WhiteBox("session_manager"),
            contents_manager=WhiteBox("contents_manager"),
        )

    @pytest.fixture
    def jp_fetch(self, jp_serverapp, http_server_client, jp_auth_header):
        def fetch(*parts, headers=None, params=None, request_timeout=PATIENCE, **options):
            sent = jp_auth_header | dict(headers or {})
            return http_server_client.fetch(
                path_of(parts, params), headers=sent, request_timeout=request_timeout, **options
            )

        return fetch

    @pytest.fixture
    def jp_ws_fetch(self, request, jp_serverapp, jp_auth_header):
        accepted = inspect.signature(tornado.websocket.websocket_connect).parameters

        def fetch(*parts, headers=None, params=None, **options):
            path = path_of(parts, params)
            note(request.node, "WS", path)
            sent = jp_auth_header | dict(headers or {})
            url = f"ws://{URL.netloc}{path}"
            upgrade = tornado.httpclient.HTTPRequest(url, headers=sent, connect_timeout=PATIENCE)
            return tornado.websocket.websocket_connect(
                upgrade, **{name: value for name, value in options.items() if name in accepted}
            )

        return fetch

    @pytest.fixture(autouse=True)
    def jp_server_cleanup(self, request, jp_asyncio_loop):
        yield
        if getattr(request.node, "asked", None):
            client = Client(request.node, jp_asyncio_loop)
            end_everything(client, jp_asyncio_loop)
            client.close()
        empty(ROOT)
        empty(DATA)


class Client:
    """An HTTP client of one event loop; paths are whole and encoded."""

    def __init__(self, test, loop):
        async def open_client():
            return tornado.httpclient.AsyncHTTPClient(force_instance=True)

        self._test = test
        self._client = loop.run_until_complete(open_client())

    def fetch(self, path, **options):
        note(self._test, options.get("method", "GET"), path)
        return self._client.fetch(f"{URL.scheme}://{URL.netloc}{path}", **options)

    def close(self):
        self._client.close()


def path_of(parts, params=None):
    """The path, below the base URL, of pieces that are not yet encoded."""
    path = url_path_join(URL.path, url_escape(url_path_join(*parts), plus=False))
    return f"{path}?{urllib.parse.urlencode(params)}" if params else path


def refuse_options(config, argv):
    """Skips a test whose server would have to be configured in a way that ours is not."""
    options = {
        f"{section}.{name}": value for section, values in config.items() for name, value in values.items()
    }
    for word in argv:
        name, _, value = word.lstrip("-").partition("=")
        if "." in name:
            options[name] = value
    for name, value in sorted(options.items()):
        if name in WITHOUT_EFFECT or (name in AS_IT_IS and value == AS_IT_IS[name]):
            continue
        if name not in CLASSES:
            pytest.skip(f"needs the option {name}")
        if str(value).rpartition(".")[2] != CLASSES[name]:
            pytest.skip("the same test for another Python class")


def note(test, method, path):
    """Remembers what a test asked, for the report."""
    below = urllib.parse.unquote(path.removeprefix(URL.path))
    test.asked = [*getattr(test, "asked", []), f"{method} /{below}"]


def end_everything(client, loop):
    """Ends what a test started on the server."""
    headers = {"Authorization": f"token {TOKEN}"}

    def ask(method, *parts):
        return loop.run_until_complete(
            client.fetch(path_of(parts), method=method, headers=headers, raise_error=False)
        )

    for kind, key in (("sessions", "id"), ("kernels", "id"), ("terminals", "name")):
        answer = ask("GET", "api", kind)
        for model in json.loads(answer.body) if answer.code == 200 else []:
            ask("DELETE", "api", kind, model[key])


def empty(folder):
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            entry.chmod(0o700)
            shutil.rmtree(entry, ignore_errors=True)
        else:
            entry.unlink()


@pytest.hookimpl(trylast=True)
def pytest_sessionstart(session):
    # Among plugins the last one's fixtures win, and the suite's conftest has loaded its own by now.
    session.config.pluginmanager.register(Fixtures(), "blackbox-fixtures")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    about_the_server = [
        item
        for item in items
        if ASKS & set(item.fixturenames) and not STARTS_ITS_OWN & set(item.fixturenames)
    ]
    rest = [item for item in items if item not in about_the_server]
    config.hook.pytest_deselected(items=rest)
    items[:] = about_the_server
    for item in items:
        # Their limits are for a machine that does nothing else; the one in `suite.ini` holds instead.
        item.own_markers = [mark for mark in item.own_markers if mark.name != "timeout"]


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    report.asked = getattr(item, "asked", [])


def pytest_runtest_logreport(report):
    # A test is told once: by its call, or by what kept it from being called.
    if report.when == "call" or (report.when == "setup" and not report.passed) or report.failed:
        told = {
            "test": report.nodeid,
            "outcome": report.outcome,
            "reason": reason(report),
            "asked": report.asked,
        }
        with open(os.environ["BLACKBOX_REPORT"], "a", encoding="utf-8") as file:
            file.write(json.dumps(told) + "\n")


def reason(report):
    """Why a test was skipped, or how it failed."""
    if report.passed:
        return ""
    if hasattr(report, "wasxfail"):
        return f"expected to fail upstream: {report.wasxfail}"
    if report.skipped and isinstance(report.longrepr, tuple):
        return report.longrepr[2].removeprefix("Skipped: ")
    crash = getattr(report.longrepr, "reprcrash", None)
    return f"{crash.message} ({Path(crash.path).name}:{crash.lineno})" if crash else str(report.longrepr)
