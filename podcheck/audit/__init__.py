"""The hazards of manifests.  The package is called like the public function, so it can be called:
``podcheck.audit("deploy.yaml")`` (``podcheck.api.audit``)."""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import Any


class _Package(ModuleType):
    def __call__(self, *paths: Any, **options: Any) -> Any:
        return import_module("podcheck.api").audit(*paths, **options)


sys.modules[__name__].__class__ = _Package
