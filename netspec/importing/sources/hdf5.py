"""HDF5 files of someone else's making: nothing outside the file is read, and no more than it holds."""

from __future__ import annotations

from typing import Any

from netspec.importing.sizes import Broken

LEAST, RATIO = 1 << 20, 64
"""What is packed may be this large when it is unpacked: bytes, or this many times as large. Weights are hardly ever half as large."""


def bound(stored: int) -> int:
    """The most bytes that stored ones may become."""
    return max(LEAST, RATIO * stored)


def opened(file: Any) -> Any:
    """The file. Raises Broken."""
    import h5py

    try:
        return h5py.File(file, "r")
    except OSError as error:
        raise Broken(f"it is no HDF5: {str(error)[:80]}") from None


def inside(group: Any, name: str) -> Any:
    """What stands in a group under a path, without links. Raises Broken where there is none."""
    import h5py

    for part in (one for one in name.split("/") if one not in ("", ".")):
        links, key = getattr(getattr(group, "id", None), "links", None), part.encode()
        if links is None or not links.exists(key):
            raise Broken(f"its weights have no `{name}`")
        if links.get_info(key).type != h5py.h5l.TYPE_HARD:
            raise Broken(f"`{name}` in it is a link, which an import does not follow", code="NS295")
        group = group[part]
    return group


def array(stored: Any) -> Any:
    """The numbers of a data set. Raises Broken where they are elsewhere, or more than the file holds."""
    import h5py

    if not isinstance(stored, h5py.Dataset) or stored.dtype.kind != "f":
        raise Broken("its weights hold something else than floats")
    if stored.is_virtual or stored.external:
        raise Broken(f"the numbers of `{stored.name}` are in another file, which an import does not read", code="NS295")
    held, size = stored.id.get_storage_size(), stored.size * stored.dtype.itemsize
    if size > (bound(held) if stored.id.get_create_plist().get_nfilters() else held):
        raise Broken(f"`{stored.name}` would be {size:,} bytes, and {held:,} are in the file")
    return stored[()]
