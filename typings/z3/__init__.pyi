# The names of z3 that podcheck uses (z3 ships no types).

class Z3Exception(Exception):
    value: object
    def __init__(self, value: object) -> None: ...
