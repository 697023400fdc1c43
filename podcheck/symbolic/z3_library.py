"""z3's C interface, without its layer of Python expressions.

The engines build nodes through C calls only, and importing the rest of the z3 package takes
as long as many a proof.  So the package's own ``__init__`` is stepped over while its C layer
is imported; a later ``import z3`` by anybody finds the package as it always is.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from z3 import Z3Exception, z3core
    from z3.z3core import Ast
else:

    def _c_layer() -> ModuleType:
        if "z3" in sys.modules or "z3.z3core" in sys.modules:
            return importlib.import_module("z3.z3core")
        found = importlib.util.find_spec("z3")
        if found is None:
            raise ModuleNotFoundError("No module named 'z3'", name="z3")
        sys.modules["z3"] = importlib.util.module_from_spec(found)
        try:
            return importlib.import_module("z3.z3core")
        finally:
            del sys.modules["z3"]

    z3core = _c_layer()
    Ast = z3core.Ast
    Z3Exception = z3core.Z3Exception

__all__ = ["Ast", "Z3Exception", "z3core"]
