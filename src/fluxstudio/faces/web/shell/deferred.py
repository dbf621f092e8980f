"""What a page does while it waits for what it shows."""

# A page waits this long for what others answer, then shows a skeleton that asks again.
SKELETON_AFTER_SECONDS = 0.12
