"""The second solver: cvc5, an optional extra, asked by nothing but the text of a script."""

from __future__ import annotations

MISSING = "the second solver is missing: pip install 'podcheck[cvc5]'"


class MissingError(Exception):
    """cvc5 is not installed."""


def answer(script: str, seconds: float) -> str:
    """What cvc5 says to a script's one ``(check-sat)``: sat, unsat or unknown.

    Raises ``MissingError``; a script that cvc5 can't read is answered by its complaint.
    """
    try:
        import cvc5
    except ImportError:
        raise MissingError(MISSING) from None
    solver = cvc5.Solver(cvc5.TermManager())
    solver.setOption("tlimit-per", str(int(seconds * 1000)))
    if "(set-logic QF_BV)" in script:
        solver.setOption("bitblast", "eager")  # four times as fast here, and possible there only
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, script, "certificate")
    said = ""
    try:
        while not (command := parser.nextCommand()).isNull():
            said += str(command.invoke(solver, parser.getSymbolManager()))
    except RuntimeError as error:
        return " ".join(str(error).split())
    return said.strip()
