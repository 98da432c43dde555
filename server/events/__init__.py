"""The one vocabulary of recorded facts. PURE: frozen values, no I/O. Events carry ids, never names or addresses.

Every event is a msgspec struct whose tag is its type on the wire (`family.name/1`). A body holds strings, integers,
booleans and lists/objects of these: no floats, so that canonical JSON has one form. Times in bodies are Unix microseconds (`_us`).
Old versions stay readable for ever: a changed event gets a new number and `lift.py` raises the old one on read.
"""
