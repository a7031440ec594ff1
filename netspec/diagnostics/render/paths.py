"""File names as other programs want them: relative, with slashes, or as a URI."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote


def relative(name: str) -> str:
    """The name relative to the current folder where it lies in it, with slashes; else as it is.

    >>> relative("./specs/lenet5.yaml")
    'specs/lenet5.yaml'
    """
    path, here = Path(name), Path.cwd()
    return (path.relative_to(here) if path.is_relative_to(here) else path).as_posix()


def uri(name: str) -> str:
    """`relative(name)` as a URI reference, absolute only where it lies outside the current folder.

    A name's undecodable bytes are percent-encoded as they are on disk.

    >>> uri("50% of:it, é.yaml")
    '50%25%20of%3Ait%2C%20%C3%A9.yaml'
    """
    path = relative(name)
    encodable = re.sub("[\ud800-\udc7f\udd00-\udfff]", "\ufffd", path)
    quoted = quote(encodable, safe="/", errors="surrogateescape")
    if not Path(path).is_absolute():
        return quoted
    return f"file://{quoted}" if quoted.startswith("/") else f"file:///{quoted}"
