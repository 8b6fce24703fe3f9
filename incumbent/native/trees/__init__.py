"""Trees, forests and boosted trees: exact, fast over many rows and for one.

``ensemble.py`` is the data; ``masks.py`` and ``walk.py`` sum trees over many rows, ``row.py`` over one;
``engine.py`` says whether numpy or numba does it; ``step.py`` is what a pipeline sees.
"""

from incumbent.native.trees.engine import choose, engine
from incumbent.native.trees.ensemble import Ensemble, Tree, assemble
from incumbent.native.trees.step import Trees

__all__ = ["Ensemble", "Tree", "Trees", "assemble", "choose", "engine"]
