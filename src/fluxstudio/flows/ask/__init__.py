"""Questions in words: planned as SQL, checked, and answered with what each person may see."""
