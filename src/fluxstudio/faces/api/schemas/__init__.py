"""The shapes that the API takes and answers with."""
