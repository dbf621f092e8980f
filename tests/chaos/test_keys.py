"""Keys that are changed while the product is used, in the short form of `make faults`."""

from __future__ import annotations

from chaos.keys import key_rotation


async def test_a_rotation_under_load_fails_no_call_and_goes_on_after_a_kill() -> None:  # F16
    row = await key_rotation(0, accounts=800, rate=20, pace=0)
    assert row.met, f"{row.experiment}: required {row.required}, seen {row.seen}"
