"""English as questions use it: words, numbers, dates and the words that structure a question."""
