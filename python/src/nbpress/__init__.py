"""Report named values from a notebook, in scrapbook's wire format."""

from __future__ import annotations

import base64
import io
import sys
from typing import Any, Collection, Mapping, Optional, Union

__all__ = ["scrap"]
__version__ = "0.1.0"

# What `display` may be: a yes or no, the MIME types wanted, or the keywords of IPython's formatter.
Display = Union[bool, Collection[str], Mapping[str, Any], None]


def scrap(name: str, value: Any, display: Display = None) -> None:
    """Record ``value`` under ``name`` in the notebook that is running.

    The value is kept as text (``str``), JSON (``bool``, ``int``, ``float``, ``list``, ``dict``; numpy scalars too)
    or Parquet (a pandas ``DataFrame``, which needs pyarrow). It does not show in the notebook.

    With ``display`` the value is also kept as it looks: ``True`` for every MIME type it has, or a list of the types
    wanted. Values that can only be shown, such as ``IPython.display.Image``, need no ``display``; a figure, which no
    encoder can keep, needs ``display=True``.

    Outside a notebook the value is checked in the same way and goes nowhere, so that code which reports scraps can
    be tested and run as a script.

    >>> scrap("total_revenue", 48250.5)
    >>> scrap("regions", ["north", "south"])
    """
    if not isinstance(name, str):
        raise TypeError(f"a scrap's name is a string, not {type(name).__name__}")
    kept = _plain_number(value)
    encoder = _encoder_of(kept, may_only_be_shown=display is not None)
    if display is None:
        display = encoder == "display"
    if encoder != "display":
        payload = {"name": name, "data": _encode(kept, encoder), "encoder": encoder, "version": 1}
        _publish(
            {f"application/scrapbook.scrap.{encoder}+json": payload},
            {"scrapbook": {"name": name, "data": True, "display": False}},
        )
    if display:
        data, metadata = _format(value, display)
        metadata["scrapbook"] = {"name": name, "data": False, "display": True}
        _publish(data, metadata)


def _plain_number(value: Any) -> Any:
    """The Python number in a numpy scalar, which is not one by itself (``numpy.int64`` is no ``int``)."""
    numpy = sys.modules.get("numpy")
    return value.item() if numpy is not None and isinstance(value, numpy.generic) else value


def _encoder_of(value: Any, may_only_be_shown: bool) -> str:
    # scrapbook asks its encoders in this order; the first that takes the value wins.
    if isinstance(value, str):
        return "text"
    if isinstance(value, (list, dict, int, float, bool)):
        return "json"
    if _is_display_object(value):
        return "display"
    pandas = sys.modules.get("pandas")
    if pandas is not None and isinstance(value, pandas.DataFrame):
        return "pandas"
    if may_only_be_shown:
        return "display"
    raise TypeError(
        f"cannot keep a {type(value).__name__} as a scrap: give a string, number, bool, list, dict or DataFrame, "
        "or `display=True` to keep how it looks"
    )


def _is_display_object(value: Any) -> bool:
    module = sys.modules.get("IPython.display")
    return module is not None and isinstance(value, module.DisplayObject)


def _encode(value: Any, encoder: str) -> Any:
    if encoder != "pandas":
        return value
    buffer = io.BytesIO()
    try:
        value.to_parquet(buffer, engine="pyarrow")
    except ImportError as cause:
        raise ImportError("a DataFrame is kept as Parquet, which needs pyarrow: pip install pyarrow") from cause
    return base64.b64encode(buffer.getvalue()).decode("ascii")


def _shell() -> Any:
    """The running IPython shell; a notebook's kernel has imported it long before us."""
    module = sys.modules.get("IPython")
    return module.get_ipython() if module is not None else None


def _format(value: Any, display: Display) -> tuple[dict[str, Any], dict[str, Any]]:
    shell = _shell()
    if shell is None:
        return {}, {}
    if isinstance(display, Mapping):
        return shell.display_formatter.format(value, **display)
    if isinstance(display, (list, tuple, set, frozenset)):
        return shell.display_formatter.format(value, include=display)
    return shell.display_formatter.format(value)


def _publish(data: dict[str, Any], metadata: dict[str, Any]) -> None:
    shell = _shell()
    if shell is not None:
        shell.display_pub.publish(data=data, metadata=metadata)
