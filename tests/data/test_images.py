from __future__ import annotations

import errno

import numpy as np
import pytest
from PIL import Image, ImageFile

from netspec.data import Dataset, images, load
from netspec.data.images import decode
from netspec.data.problem import Refused
from tests.data import samples
from tests.data.test_sources import Settings, read, refused

RED, HALF = (255, 0, 0), (255, 255, 255, 128)


def palette() -> Image.Image:
    image = Image.new("P", (8, 8), 1)
    image.putpalette([0, 0, 0, *RED])
    return image


def clear_palette() -> Image.Image:
    image = palette()
    image.info["transparency"] = 1
    return image


LUMA_OF_RED = 76  # 0.299 · 255, ITU-R 601

CASES = [
    ("bilevel.png", Image.new("1", (8, 8), 1), {1: [255], 3: [255, 255, 255]}),
    ("grey.png", Image.new("L", (8, 8), 90), {1: [90], 2: [90, 255], 3: [90] * 3, 4: [90, 90, 90, 255]}),
    ("palette.png", palette(), {1: [LUMA_OF_RED], 3: [*RED], 4: [*RED, 255]}),
    ("palette.gif", palette(), {1: [LUMA_OF_RED], 3: [*RED]}),
    ("clear-palette.png", clear_palette(), {1: [0], 3: [0, 0, 0], 4: [*RED, 0]}),
    ("grey-alpha.png", Image.new("LA", (8, 8), (200, 0)), {1: [0], 2: [200, 0], 3: [0, 0, 0]}),
    ("rgba.png", Image.new("RGBA", (8, 8), HALF), {1: [128], 3: [128] * 3, 4: [*HALF]}),
    ("rgb.png", Image.new("RGB", (8, 8), RED), {1: [LUMA_OF_RED], 2: [LUMA_OF_RED, 255], 3: [*RED]}),
    ("deep.png", Image.fromarray(np.full((8, 8), 0x8080, np.uint16)), {1: [0x80], 3: [0x80] * 3}),
    ("deep.tiff", Image.fromarray(np.full((8, 8), 0xFFFF, np.uint16)), {1: [255]}),
    ("cmyk.tiff", Image.new("CMYK", (8, 8), (0, 255, 255, 0)), {1: [LUMA_OF_RED], 3: [*RED]}),
    ("rgb.bmp", Image.new("RGB", (8, 8), RED), {3: [*RED]}),
    ("rgb.webp", Image.new("RGB", (8, 8), (9, 9, 9)), {3: [9, 9, 9]}),
    ("rgb.ppm", Image.new("RGB", (8, 8), RED), {3: [*RED]}),
]


@pytest.mark.parametrize(
    ("name", "image", "channels", "wanted"),
    [(name, image, channels, wanted) for name, image, cases in CASES for channels, wanted in cases.items()],
    ids=lambda value: str(value) if isinstance(value, str | int) else "",
)
def test_every_mode_becomes_what_a_person_sees(name, image, channels, wanted, tmp_path):
    image.save(tmp_path / name, **({"lossless": True} if name.endswith("webp") else {}))
    found = decode(tmp_path / name, (8, 8, channels), resize=False)
    assert (found.shape, found.dtype) == ((8, 8, channels), np.uint8)
    assert found.reshape(-1, channels).tolist() == [wanted] * 64


def test_grey_times_its_alpha_is_an_image(tmp_path):
    image = Image.new("LA", (8, 8), (200, 128)).convert("La")
    for channels, wanted in ((1, [100]), (2, [200, 128]), (3, [100] * 3), (4, [200, 200, 200, 128])):
        found = images._coloured(image, tmp_path, channels)
        assert np.asarray(found)[0, 0].ravel() == pytest.approx(wanted, abs=1)


def test_a_mistake_of_netspec_is_no_damaged_image(tmp_path, monkeypatch):
    def mistaken(*_, **__):
        raise TypeError("a mistake")

    Image.new("L", (8, 8)).save(tmp_path / "x.png")
    for name in ("_judge", "_coloured"):
        with monkeypatch.context() as patch:
            patch.setattr(images, name, mistaken)
            with pytest.raises(TypeError, match="a mistake"):
                decode(tmp_path / "x.png", (8, 8, 1), resize=False)


def test_an_image_lying_on_its_side_is_set_upright(tmp_path):
    image = Image.fromarray(samples.pixels(4, 8))  # 4 high, 8 wide
    exif = Image.Exif()
    exif[0x0112] = 6
    image.save(tmp_path / "a.png", exif=exif)
    found = decode(tmp_path / "a.png", (8, 4, 1), resize=False)
    np.testing.assert_array_equal(found[..., 0], np.rot90(samples.pixels(4, 8), -1))


def test_resize_makes_every_image_fit(tmp_path):
    samples.good_images(tmp_path)
    Image.new("RGB", (64, 32), RED).save(tmp_path / "train/cat/wide.jpg")
    assert [p.code for p in refused(load(Settings("images", tmp_path), (8, 8, 3), 2))] == ["NS508"]
    found = read(load(Settings("images", tmp_path, resize=True), (8, 8, 3), 2))
    assert found.train.images.shape == (5, 8, 8, 3)
    assert found.classes == ("cat", "dog")
    assert found.train.labels.tolist() == [0, 0, 0, 1, 1]


def waves(*channels):
    """A smooth picture of 150 by 90 pixels, each channel another."""
    y, x = np.mgrid[:90, :150]
    return np.stack([127 + 120 * np.sin(x / (9 + c) + y / (14 - c)) for c in channels], -1).astype(np.uint8)


LARGE = {
    "grey": Image.fromarray(waves(0)[..., 0]),
    "colours": Image.fromarray(waves(0, 1, 2)),
    "clear colours": Image.fromarray(waves(0, 1, 2, 3)),
    "palette": Image.fromarray(waves(0, 1, 2)).quantize(64),
    "clear grey": Image.fromarray(waves(0, 1)),
    "deep": Image.fromarray(waves(0)[..., 0].astype(np.uint16) * 257),
}


@pytest.mark.parametrize("name", LARGE)
def test_a_large_image_is_resized_in_parts_to_nearly_the_same(name, tmp_path, monkeypatch):
    exif = Image.Exif()
    exif[0x0112] = 6
    LARGE[name].save(tmp_path / "a.png", exif=exif)
    monkeypatch.setattr(images, "TILE", 20)
    for channels in (1, 3, 4):
        whole, parts = [], []
        for shape in ((8, 5, channels), (5, 9, channels), (40, 40, channels)):
            monkeypatch.setattr(images, "PLAIN_PIXELS", 1 << 23)
            whole.append(decode(tmp_path / "a.png", shape, resize=True).astype(int).reshape(-1))
            monkeypatch.setattr(images, "PLAIN_PIXELS", 0)
            parts.append(decode(tmp_path / "a.png", shape, resize=True).astype(int).reshape(-1))
        assert np.abs(np.concatenate(whole) - np.concatenate(parts)).max() <= 8


def test_what_systems_leave_behind_is_passed_over(tmp_path):
    samples.good_images(tmp_path)
    for name in ("train/.DS_Store", "train/cat/._0.png", "train/cat/Thumbs.db", "test/dog/desktop.ini"):
        (tmp_path / name).write_bytes(b"junk")
    (tmp_path / "train" / ".ipynb_checkpoints").mkdir()
    assert isinstance(load(Settings("images", tmp_path), (8, 8, 1), 2), Dataset)


def test_a_fault_of_many_files_is_said_once_and_twenty_are_named(tmp_path):
    samples.good_images(tmp_path)
    for number in range(30):
        (tmp_path / "train" / "cat" / f"bad-{number:02}.png").write_bytes(b"text")
    (tmp_path / "test" / "dog" / "none.png").write_bytes(b"")
    found = refused(load(Settings("images", tmp_path), (8, 8, 1), 2))
    assert [problem.code for problem in found] == ["NS502", "NS503"]
    assert found[0].message.startswith(f"`{tmp_path}/train/cat/bad-00.png`, byte 0: is no image")
    assert "; the same with 29 others: `train/cat/bad-01.png`, " in found[0].message
    assert all(f"bad-{number:02}.png" in found[0].message for number in range(20))
    assert found[0].message.endswith("`train/cat/bad-19.png` and 10 more")


def test_different_faults_are_counted_and_twenty_are_shown(tmp_path):
    samples.good_images(tmp_path)
    for number in range(30):
        (tmp_path / "train" / "cat" / f"bad-{number:02}.png").write_bytes(f"text {number}".encode())
    found = refused(load(Settings("images", tmp_path), (8, 8, 1), 2))
    assert [problem.code for problem in found] == ["NS502"] * 21
    assert found[20].message == "10 more like these, 30 in all"


def test_images_of_another_size_are_one_finding(tmp_path):
    samples.good_images(tmp_path)
    count = len(list(tmp_path.glob("*/*/*.png")))
    (found,) = refused(load(Settings("images", tmp_path), (9, 9, 1), 2))
    assert (found.code, found.help) == ("NS508", "set `resize: true` in `data`")
    assert "/train/cat/0.png`, header: is 8×8, `input` is 9×9; the same with " in found.message
    assert (
        f"{count - 1} others: `train/cat/1.png`, `train/dog/0.png`, `train/dog/1.png` and {count - 4}" in found.message
    )
    Image.new("L", (5, 4)).save(tmp_path / "train" / "cat" / "1.png")
    (found,) = refused(load(Settings("images", tmp_path), (9, 9, 1), 2))
    assert f"; another size with {count - 1} others: " in found.message


def test_images_outside_of_class_folders_are_one_finding(tmp_path):
    samples.good_images(tmp_path)
    for number in range(50):
        Image.new("L", (8, 8)).save(tmp_path / "train" / f"{number:02}.png")
    (found,) = refused(load(Settings("images", tmp_path), (8, 8, 1), 2))
    assert "train/00.png`: is in no class folder; the same with 49 others: " in found.message


def test_one_unknown_class_folder_is_one(tmp_path):
    samples.good_images(tmp_path)
    (tmp_path / "test" / "dog").rename(tmp_path / "test" / "cow")
    found = refused(load(Settings("images", tmp_path), (8, 8, 1), 2))
    assert any("test`, 1 class folder: has `cow`, which" in problem.message for problem in found)


@pytest.mark.parametrize("outputs", [1, 3])
def test_class_folders_are_held_against_the_outputs(outputs, tmp_path):
    samples.good_images(tmp_path)
    assert [p.code for p in refused(load(Settings("images", tmp_path), (8, 8, 1), outputs))] == ["NS513"]


def test_five_channels_are_refused(tmp_path):
    samples.good_images(tmp_path)
    assert [p.code for p in refused(load(Settings("images", tmp_path), (8, 8, 5), 2))] == ["NS508"]


def test_what_the_system_does_not_read_is_no_damage(monkeypatch, tmp_path):
    Image.new("L", (8, 8)).save(tmp_path / "a.png")

    def fails(error: Exception) -> None:
        def load(self: Image.Image) -> None:
            raise error

        monkeypatch.setattr(Image.Image, "load", load)
        monkeypatch.setattr(ImageFile.ImageFile, "load", load)
        decode(tmp_path / "a.png", (8, 8, 1), False)

    for error, code in (
        (OSError(errno.EIO, "Input/output error"), "NS501"),
        (OSError(errno.EINVAL, "Invalid argument"), "NS503"),
        (OSError("broken data stream"), "NS503"),
    ):
        with pytest.raises(Refused) as caught:
            fails(error)
        assert caught.value.problems[0].code == code
    with pytest.raises(MemoryError):
        fails(MemoryError())
