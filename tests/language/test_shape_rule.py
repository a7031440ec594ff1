"""The shape rule against counting: a window is slid cell by cell, and what it reads is written down."""

from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st

from netspec.language.conv import Conv
from netspec.language.geometry import Axis, same_padding
from netspec.language.pool import Pool

small = st.integers(1, 12)
pairs = st.tuples(small, small)


def positions(size: int, kernel: int, stride: int, before: int, after: int) -> list[int]:
    """Where a window of `kernel` cells can start, by trying every place."""
    cells = list(range(-before, size + after))
    return [cells[i] for i in range(0, len(cells), stride) if i + kernel <= len(cells)]


@given(st.integers(1, 40), small, st.integers(1, 5), st.integers(0, 6))
def test_output_is_the_number_of_positions(size: int, kernel: int, stride: int, padding: int) -> None:
    axis = Axis(size, kernel, stride, (padding, padding))
    starts = positions(size, kernel, stride, padding, padding)
    assert axis.fits == bool(starts)
    if starts:
        assert axis.output == len(starts)
        read = {cell for start in starts for cell in range(start, start + kernel)}
        unread_tail = size - 1 - max(cell for cell in read if cell < size) if max(read) < size - 1 else 0
        assert axis.unread == min(unread_tail, size)
        assert axis.arithmetic.endswith(f"= {len(starts)}")


@given(st.integers(1, 60), small, st.integers(1, 6))
def test_same_gives_ceil_and_the_odd_cell_at_the_end(size: int, kernel: int, stride: int) -> None:
    before, after = same_padding(size, kernel, stride)
    assert after - before in (0, 1)
    assert len(positions(size, kernel, stride, before, after)) == -(-size // stride)


@given(
    st.tuples(st.integers(1, 20), st.integers(1, 20)),
    pairs,
    st.tuples(st.integers(1, 4), st.integers(1, 4)),
    pairs,
    st.integers(0, 3),
)
def test_conv_axes_are_independent_and_dilated(size, kernel, dilation, stride, padding) -> None:  # type: ignore[no-untyped-def]
    layer = Conv(filters=6, kernel=kernel, dilation=dilation, stride=stride, padding=(padding, padding))
    inference = layer.infer((*size, 4))
    spans = [range(0, d * (k - 1) + 1, d)[-1] + 1 for k, d in zip(kernel, dilation, strict=True)]
    counts = [len(positions(n, span, s, padding, padding)) for n, span, s in zip(size, spans, stride, strict=True)]
    if min(counts) == 0:
        assert inference.output is None
        assert [problem.code for problem in inference.problems] == ["NS301"]
    else:
        assert inference.output == (*counts, 6)


@given(st.integers(1, 12), st.integers(1, 24), st.integers(1, 12))
def test_groups_divide_channels_and_filters(channels: int, filters: int, groups: int) -> None:
    layer = Conv(filters=filters, kernel=(1, 1), groups=groups)
    codes = [problem.code for problem in layer.infer((1, 1, channels)).problems]
    assert codes == (["NS304"] if channels % groups else ["NS305"] if filters % groups else [])
    if not codes:
        assert layer.parameters((1, 1, channels))["kernel"] == (1, 1, channels // groups, filters)
        assert layer.macs((1, 1, channels), output=(1, 1, filters)) == channels // groups * filters


@given(st.integers(1, 12), st.integers(1, 4))
def test_depthwise_is_one_group_a_channel(channels: int, times: int) -> None:
    layer = Conv(filters=channels * times, kernel=(3, 3), padding="same", groups="depthwise")
    assert layer.infer((5, 7, channels)).output == (5, 7, channels * times)
    assert layer.parameters((5, 7, channels))["kernel"] == (3, 3, 1, channels * times)


@given(pairs, small)
def test_global_pooling(size: tuple[int, int], channels: int) -> None:
    layer = Pool(window="all")
    assert layer.infer((*size, channels)).output == (1, 1, channels)
    assert layer.reach((*size, channels)).kernel == size


@given(st.integers(1, 20), st.integers(1, 6), st.integers(1, 6), st.integers(0, 8))
def test_pool_padding_stays_below_the_window(size: int, window: int, stride: int, padding: int) -> None:
    layer = Pool(window=(window, window), stride=(stride, stride), padding=(padding, padding))
    inference = layer.infer((size, size, 3))
    if padding >= window:
        assert [problem.code for problem in inference.problems] == ["NS303"]
        return
    assume(window <= size + 2 * padding)
    starts = positions(size, window, stride, padding, padding)
    assert inference.output == (len(starts), len(starts), 3)
