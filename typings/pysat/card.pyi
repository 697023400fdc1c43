from collections.abc import Sequence

class EncType:
    totalizer: int

class CNFPlus:
    clauses: list[list[int]]
    nv: int

class CardEnc:
    @classmethod
    def atmost(
        cls, lits: Sequence[int], bound: int = ..., top_id: int | None = ..., *, encoding: int = ...
    ) -> CNFPlus: ...
