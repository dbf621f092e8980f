"""What a token's value means, however it is written: objects, strings, or the older `value` and `type`."""
