"""What a difference between two clocks means."""

from __future__ import annotations

from fluxstudio.flows.doctor.finding import CLOCK, Finding

MAX_CLOCK_DRIFT_SECONDS = 30.0


def clock(name: str, whose: str, skew: float) -> Finding:
    """A finding about somebody's clock that is `skew` seconds ahead of ours, behind when negative."""
    if abs(skew) <= MAX_CLOCK_DRIFT_SECONDS:
        return CLOCK.good(name, f"This machine's clock agrees with that of {whose}.")
    side = "behind" if skew > 0 else "ahead of"
    what = (
        f"This machine's clock is {abs(skew):,.0f} s {side} that of {whose}. Logs mislead, and what is "
        "signed for a short time is refused."
    )
    mend = "Switch time synchronisation on (`timedatectl set-ntp true`), on the machine that is wrong."
    return CLOCK.bad(name, what, mend)
