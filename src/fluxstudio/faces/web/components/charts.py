"""Where the lines and bars of a chart go, in units of its view box."""

from dataclasses import dataclass

from fluxstudio.faces.web.components.views import ChartView, PointView

WIDTH = 600.0
HEIGHT = 120.0
GAP = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar: left, top, width and height, the part of the height that failed, and its words on hover."""

    x: float
    y: float
    width: float
    height: float
    failed: float
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """A drawn chart: `points` of its line, the closed `area` below, its `bars`, its largest value `top`."""

    width: float
    height: float
    points: str
    area: str
    bars: tuple[Bar, ...]
    top: float


def plot(chart: ChartView) -> Plot:
    """Places a chart's values on a view box of 600 × 120, zero at the bottom and the largest at the top."""
    values = [point.value for point in chart.points]
    top = max([*values, 0.0])
    heights = [_tidy(value / top * HEIGHT if top else 0.0) for value in values]
    line = [
        (_tidy(x), _tidy(HEIGHT - height)) for x, height in zip(_spread(len(values)), heights, strict=True)
    ]
    corners = [(0.0, HEIGHT), *line, (WIDTH, HEIGHT)]
    slot = WIDTH / max(len(values), 1)
    bars = tuple(
        Bar(
            x=_tidy(index * slot + slot * GAP / 2),
            y=_tidy(HEIGHT - height),
            width=_tidy(slot * (1 - GAP)),
            height=height,
            failed=_tidy(point.failed / top * HEIGHT if top else 0.0),
            says=_says(chart, point),
        )
        for index, (height, point) in enumerate(zip(heights, chart.points, strict=True))
    )
    return Plot(width=WIDTH, height=HEIGHT, points=_joined(line), area=_joined(corners), bars=bars, top=top)


def _says(chart: ChartView, point: PointView) -> str:
    failed = f", {point.failed:,g} failed" if point.failed else ""
    return f"{point.label}: {point.value:,g} {chart.unit}".rstrip() + failed


def _spread(count: int) -> list[float]:
    return [WIDTH / 2] if count == 1 else [WIDTH * index / (count - 1) for index in range(count)]


def _joined(points: list[tuple[float, float]]) -> str:
    return " ".join(f"{x:g},{y:g}" for x, y in points)


def _tidy(number: float) -> float:
    return round(number, 2)
