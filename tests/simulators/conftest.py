"""The example is run with the wheel in place of this checkout, by test_wheel.py."""

collect_ignore = ["example"]
