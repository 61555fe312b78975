"""Serves numpy_backend.py or torch_backend.py in float64: the same formulas, every number of double precision.

    python in_float64.py numpy
"""

import pathlib
import sys

folder = pathlib.Path(__file__).parent.parent
sys.path.insert(0, str(folder))
file = folder / f"{sys.argv[1]}_backend.py"
source = file.read_text().replace("float32", "float64").replace("etalon.serve(", 'etalon.serve(dtype="float64", ')
if sys.argv[1] == "torch":
    import torch

    torch.set_default_dtype(torch.float64)
exec(compile(source, str(file), "exec"), {"__name__": "__main__"})
