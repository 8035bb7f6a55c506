"""What `scrap` publishes is what scrapbook publishes."""

import io
import math
import sys

import numpy
import pandas
import pytest
import scrapbook
from IPython.core.interactiveshell import InteractiveShell
from IPython.display import HTML, Image, Markdown
from IPython.utils.capture import capture_output

import nbpress


@pytest.fixture(autouse=True)
def shell(monkeypatch):
    """A shell whose published messages can be captured, and which scrapbook takes for a kernel."""
    monkeypatch.setattr("scrapbook.utils.is_kernel", lambda: True)
    shell = InteractiveShell.instance()
    yield shell
    InteractiveShell.clear_instance()


def published(call):
    """Data and metadata of each message that `call` publishes."""
    with capture_output(stdout=False, stderr=False) as captured:
        call()
    return [(output.data, output.metadata) for output in captured.outputs]


FRAME = pandas.DataFrame({"region": ["north", "south"], "revenue": [1.5, 2.5]})

SAME_AS_SCRAPBOOK = {
    "text": "world",
    "empty text": "",
    "text that looks like JSON": '{"a": 1}',
    "text with every kind of character": "ünï \U0001f600 \x00 \u2028 $( ) `x` \"'\\",
    "true": True,
    "zero": 0,
    "long integer": 10**40,
    "negative": -7,
    "float": 0.1,
    "exponent": 1e300,
    "infinity": math.inf,
    "empty list": [],
    "list": [1, "two", 3.0, None, [True]],
    "empty dict": {},
    "dict": {"a": 1, "b": {"c": [1, 2]}, "ü": None},
    "numpy float, a Python float by inheritance": numpy.float64(2.5),
    "frame": FRAME,
    "empty frame": pandas.DataFrame(),
    "HTML": HTML("<b>bold</b>"),
    "Markdown": Markdown("**bold**"),
    "image": Image(data=b"\x89PNG\r\n\x1a\n" + bytes(24), format="png"),
}


@pytest.mark.parametrize("value", SAME_AS_SCRAPBOOK.values(), ids=SAME_AS_SCRAPBOOK.keys())
@pytest.mark.parametrize("display", [None, True, False, ["text/plain"], ("text/html",), {"exclude": ["text/plain"]}])
def test_scrapbook_publishes_the_same(value, display):
    ours = published(lambda: nbpress.scrap("name", value, display=display))
    theirs = published(lambda: scrapbook.glue("name", value, display=display))
    assert ours == theirs


@pytest.mark.parametrize("display", [True, False, ["text/plain"]])
def test_what_no_encoder_takes_can_be_shown(display):
    value = {1, 2}
    ours = published(lambda: nbpress.scrap("name", value, display=display))
    theirs = published(lambda: scrapbook.glue("name", value, display=display))
    assert ours == theirs


@pytest.mark.parametrize("value", [None, {1}, object(), b"bytes", (1, 2), 1j])
def test_what_scrapbook_refuses_is_refused(value):
    with pytest.raises(NotImplementedError):
        scrapbook.glue("name", value)
    with pytest.raises(TypeError, match="cannot keep a"):
        nbpress.scrap("name", value)


@pytest.mark.parametrize("name", [None, 1, b"name"])
def test_a_name_that_is_no_string_is_refused(name):
    with pytest.raises(scrapbook.exceptions.ScrapbookDataException):
        scrapbook.glue(name, 1)
    with pytest.raises(TypeError, match="name is a string"):
        nbpress.scrap(name, 1)


@pytest.mark.parametrize("value", [numpy.int64(3), numpy.bool_(True), numpy.float32(0.5), numpy.str_("x")])
def test_numpy_scalars_are_the_values_in_them(value):
    [(data, _)] = published(lambda: nbpress.scrap("name", value))
    [payload] = data.values()
    assert payload["data"] == value.item()
    assert type(payload["data"]) is type(value.item())


def test_scrapbook_reads_what_we_publish():
    [(data, _)] = published(lambda: nbpress.scrap("frame", FRAME))
    payload = data["application/scrapbook.scrap.pandas+json"]
    import base64

    read = pandas.read_parquet(io.BytesIO(base64.b64decode(payload["data"])))
    pandas.testing.assert_frame_equal(read, FRAME)


def test_a_frame_without_pyarrow_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ImportError, match="pip install pyarrow"):
        nbpress.scrap("frame", FRAME)


def test_outside_a_notebook_nothing_happens_but_the_checks(monkeypatch, capsys):
    monkeypatch.delitem(sys.modules, "IPython")
    nbpress.scrap("name", 1)
    nbpress.scrap("name", 1, display=True)
    assert capsys.readouterr() == ("", "")
    with pytest.raises(TypeError):
        nbpress.scrap("name", None)
