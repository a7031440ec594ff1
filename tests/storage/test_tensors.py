from __future__ import annotations

import json
import random
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from safetensors import safe_open

from netspec.storage.tensors import Array, Corrupt, load, save_bytes

METADATA = {"step": 7, "name": 'é\ud800"\\', "rows": [{"loss": 0.25}], "hash": "0" * 64}


def example() -> dict[str, Array]:
    generator = np.random.default_rng(0)
    return {
        "conv.kernel": generator.normal(size=(3, 3, 2, 4)).astype(np.float32),
        "conv.bias": np.zeros(4, np.float32),
        "count": np.array(12, np.int64),
        "half": np.arange(5).astype(ml_dtypes.bfloat16),
        "key": np.array([1, 2**32 - 1], np.uint32),
        "none": np.zeros((0, 3), np.float32),
    }


def same(left: Array, right: Array) -> bool:
    return left.dtype == right.dtype and left.shape == right.shape and left.tobytes() == right.tobytes()


def test_round_trip_keeps_bits_shapes_and_types() -> None:
    loaded, metadata = load(save_bytes(example(), METADATA))
    assert metadata == METADATA
    assert loaded.keys() == example().keys()
    assert all(same(loaded[name], array) for name, array in example().items())
    assert all(array.flags.c_contiguous and array.flags.writeable for array in loaded.values())


@pytest.mark.parametrize(
    "dtype",
    [
        *("?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8"),
        *(ml_dtypes.bfloat16, ml_dtypes.float8_e4m3fn, ml_dtypes.float8_e5m2),
    ],
)
def test_every_type_survives(dtype: object) -> None:
    array = np.arange(6).reshape(2, 3).astype(dtype)  # type: ignore[call-overload]
    loaded, _ = load(save_bytes({"a": array, "scalar": array[1, 2], "empty": array[:0]}, {}))
    assert same(loaded["a"], array)
    assert same(loaded["scalar"], np.asarray(array[1, 2]))
    assert same(loaded["empty"], array[:0])


@pytest.mark.parametrize("dtype", ["complex128", "longdouble", "U3", "O", "M8[s]"])
def test_other_types_are_refused(dtype: str) -> None:
    with pytest.raises(Exception, match=r"Unknown dtype|Unable to|invalid"):
        save_bytes({"a": np.zeros(2, dtype)}, {})


@pytest.mark.parametrize("layout", [lambda a: a.T, lambda a: a[::2], lambda a: a[:, ::-1], np.asfortranarray])
def test_layout_in_memory_does_not_matter(layout: object) -> None:
    array = layout(np.arange(24, dtype=np.float32).reshape(4, 6))  # type: ignore[operator]
    data = save_bytes({"a": array}, {})
    assert np.array_equal(load(data)[0]["a"], array)
    assert data == save_bytes({"a": array.copy()}, {})


@pytest.mark.parametrize("dtype", [">f4", ">i8", ">u2", ">f8", ">c8"])
def test_big_endian_values_survive(dtype: str) -> None:
    array = np.array([1, 258, 3], dtype)
    loaded = load(save_bytes({"a": array}, {}))[0]["a"]
    assert loaded.dtype.isnative
    assert np.array_equal(loaded, array)


def test_jax_arrays_are_taken() -> None:
    jnp = pytest.importorskip("jax.numpy")
    array = jnp.arange(6, dtype=jnp.bfloat16).reshape(2, 3)
    assert same(load(save_bytes({"a": array}, {}))[0]["a"], np.asarray(array))


@pytest.mark.parametrize("indent", [None, 1])
def test_a_header_that_is_laid_out_otherwise_is_read(indent: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing rests on the order, the escapes and the spaces of another library's JSON."""
    save = safetensors.numpy.save

    def otherwise(tensors: dict[str, Array], metadata: dict[str, str]) -> bytes:
        data = save(tensors, metadata)
        end = 8 + int.from_bytes(data[:8], "little")
        header = dict(reversed(json.loads(data[8:end]).items()))
        text = json.dumps(header, indent=indent).encode()
        text += b" " * (-len(text) % 8)
        return len(text).to_bytes(8, "little") + text + data[end:]

    monkeypatch.setattr(safetensors.numpy, "save", otherwise)
    named = example() | {'"hash":"' + "0" * 64: np.zeros(2, np.int8)}
    data = save_bytes(named, METADATA)
    assert not data[8:].startswith(b'{"__metadata__"')
    loaded, metadata = load(data)
    assert metadata == METADATA
    assert all(same(loaded[name], array) for name, array in named.items())
    for place in range(0, len(data), 7):
        broken = bytearray(data)
        broken[place] ^= 1
        with pytest.raises(Corrupt):
            load(bytes(broken))


def test_bytes_are_stable() -> None:
    backwards = dict(reversed(example().items()))
    assert save_bytes(example(), METADATA) == save_bytes(backwards, dict(reversed(METADATA.items())))


@given(
    st.dictionaries(
        st.text(min_size=1).filter(lambda name: name != "__metadata__").filter(str.isprintable),
        arrays.arrays(
            st.sampled_from(["f4", "i4", ">f8", "?"]), arrays.array_shapes(min_dims=0, max_dims=3, min_side=0)
        ),
        max_size=4,
    ),
    st.dictionaries(st.text(), st.text() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)),
)
def test_anything_comes_back(tensors: dict[str, Array], metadata: dict[str, object]) -> None:
    loaded, facts = load(save_bytes(tensors, metadata))
    assert facts == metadata
    assert loaded.keys() == tensors.keys()
    for name, array in tensors.items():
        assert loaded[name].shape == array.shape
        assert np.array_equal(loaded[name], array, equal_nan=array.dtype.kind == "f")


def test_other_readers_of_the_format_read_it(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(save_bytes(example(), METADATA))
    with safe_open(tmp_path / "model.safetensors", "np") as file:
        assert sorted(file.keys()) == sorted(example())
        assert list(file.metadata()) == ["netspec"]
        assert np.array_equal(file.get_tensor("conv.kernel"), example()["conv.kernel"])


def test_pytorch_reads_bfloat16(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    from safetensors.torch import load as load_torch

    half = load_torch(save_bytes(example(), {}))["half"]
    assert half.dtype == torch.bfloat16
    assert half.float().tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_metadata_is_json(value: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        save_bytes({}, {"loss": value})


def test_each_single_flipped_byte_of_a_file_is_noticed() -> None:
    data = save_bytes({"a": np.arange(3, dtype=np.float32), "b": np.zeros(1, np.int8)}, {"step": 1})
    for place in range(len(data)):
        for mask in (1, 0x20, 0x80, 0xFF):  # 0x20: the other case of a letter; a space for a NUL
            broken = bytearray(data)
            broken[place] ^= mask
            with pytest.raises(Corrupt):
                load(bytes(broken))


def test_each_length_but_the_right_one_is_noticed() -> None:
    data = save_bytes({"a": np.arange(3, dtype=np.float32)}, {"step": 1})
    for length in range(len(data)):
        with pytest.raises(Corrupt):
            load(data[:length])
    for tail in (b"\0", b" ", b"}", data):
        with pytest.raises(Corrupt):
            load(data + tail)


def test_250_random_corruptions_of_a_larger_file_are_noticed(tmp_path: Path) -> None:
    data = save_bytes(example() | {"big": np.random.default_rng(1).normal(size=(64, 64))}, METADATA)
    dice = random.Random(5)
    for number in range(250):
        broken = bytearray(data)
        if number < 200:
            broken[dice.randrange(len(data))] ^= dice.randrange(1, 256)
        else:
            del broken[dice.randrange(len(data)) :]
        path = tmp_path / "broken.safetensors"
        path.write_bytes(broken)
        with pytest.raises(Corrupt) as caught:
            load(path)
        assert caught.value.path == path
        assert caught.value.reason


def test_moved_and_swapped_content_is_noticed() -> None:
    data = save_bytes({"a": np.arange(4, dtype=np.float32)}, {"step": 1})
    other = save_bytes({"a": np.arange(4, dtype=np.float32) + 1}, {"step": 1})
    for broken in (
        data[:-8] + data[-4:] + data[-8:-4],
        data[:-16] + other[-16:],
        data.replace(b"F32", b"I32"),
    ):
        assert len(broken) == len(data)
        with pytest.raises(Corrupt, match="SHA-256"):
            load(broken)


@pytest.mark.parametrize("content", [b"", b"<html>", b"\0" * 400])
def test_foreign_files_are_not_ours(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    path.write_bytes(content)
    with pytest.raises(Corrupt, match=r"empty|begin"):
        load(path)


def test_a_plain_safetensors_file_is_not_ours() -> None:
    from safetensors.numpy import save

    with pytest.raises(Corrupt, match="begin"):
        load(save({"a": np.zeros(30, np.float32)}, {"format": "pt"}))
