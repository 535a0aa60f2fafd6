"""The engine of LoopGen: everything public, loaded on first use, so that `import engine` costs nothing.

What there is stands in `__init__.pyi`.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
