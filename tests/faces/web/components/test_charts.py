"""Charts are drawn where their values say."""

from __future__ import annotations

from itertools import pairwise

from fluxstudio.faces.web.components.charts import HEIGHT, WIDTH, plot
from fluxstudio.faces.web.components.views import ChartView, PointView


def chart(*values: float) -> ChartView:
    return ChartView(
        caption="Calls", points=tuple(PointView(label=str(value), value=value) for value in values)
    )


def test_the_largest_value_touches_the_top_and_zero_the_floor() -> None:
    assert plot(chart(0, 5, 10)).points == f"0,{HEIGHT:g} {WIDTH / 2:g},{HEIGHT / 2:g} {WIDTH:g},0"


def test_bars_share_the_width_and_never_touch() -> None:
    bars = plot(chart(1, 2, 3, 4)).bars
    assert bars[0].x > 0
    assert bars[-1].x + bars[-1].width < WIDTH
    assert all(left.x + left.width < right.x for left, right in pairwise(bars))
    assert [bar.height for bar in bars] == [30, 60, 90, 120]


def test_no_values_one_value_and_only_zeros_draw_without_dividing_by_nothing() -> None:
    assert plot(chart()).bars == ()
    assert plot(chart(7)).points == f"{WIDTH / 2:g},0"
    assert plot(chart(0, 0)).points == f"0,{HEIGHT:g} {WIDTH:g},{HEIGHT:g}"
