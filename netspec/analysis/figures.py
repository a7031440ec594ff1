"""Numbers as people read them."""

from __future__ import annotations

from netspec.language.heads import Metric


def short(number: int) -> str:
    """A count in three or four digits.

    >>> short(416520), short(15470264320), short(840)
    ('416.5k', '15.5G', '840')
    """
    for unit, size in (("T", 10**12), ("G", 10**9), ("M", 10**6), ("k", 10**3)):
        if number >= size:
            return f"{number / size:.1f}{unit}"
    return str(number)


def short_bytes(number: int) -> str:
    """A size in bytes, by powers of 1024.

    >>> short_bytes(18816), short_bytes(40)
    ('18.4KiB', '40B')
    """
    for unit, size in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if number >= size:
            return f"{number / size:.1f}{unit}"
    return f"{number}B"


def short_loss(value: float) -> str:
    """A loss, to four places; of one that has grown beyond all bounds only how large it is.

    >>> short_loss(0.12345), short_loss(2.0955e29), short_loss(float("nan"))
    ('0.1235', '2.1e+29', 'nan')
    """
    return f"{value:.1e}" if abs(value) >= 1e6 else f"{value:.4f}"


def measured(metric: Metric, value: float | None) -> str:
    """A metric by name: a share in percent, all else as a loss; `-` where it is not defined.

    >>> measured(Metric("accuracy", share=True), 0.9712), measured(Metric("loss"), 0.25), measured(Metric("r2"), None)
    ('accuracy 97.12%', 'loss 0.2500', 'r2 -')
    """
    if value is None:
        return f"{metric.words} -"
    return f"{metric.words} {f'{value:.2%}' if metric.share else short_loss(value)}"


def percent(part: int, whole: int) -> str:
    """A share; never 0 % of something, nor 100 % of less than all.

    >>> percent(1, 3), percent(1, 1000), percent(999, 1000), percent(0, 5), percent(5, 5)
    ('33%', '<1%', '>99%', '0%', '100%')
    """
    share = round(100 * part / max(whole, 1))
    if share == 0 and part:
        return "<1%"
    return ">99%" if share == 100 and part < whole else f"{share}%"
