"""The rules of searching: what can be asked, how rows become ranked hits."""
