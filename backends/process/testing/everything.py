"""A worker for the client's tests: every way to return, to fail and to make noise."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))

import etalon


@etalon.operation("copy")
def copy(x):
    return x


@etalon.operation("rows")
def rows(x):
    return x.rows()


@etalon.operation("values")
def values(x):
    return etalon.Tensor(x.shape, list(x.data))


@etalon.operation("scalar")
def scalar(x):
    return x.rows() ** 2


@etalon.operation("scale")
def scale(x, by, only):
    scaled = [by * value if index in only else value for index, value in enumerate(x.data)]
    return {"scaled": scaled, "factor": by}


@etalon.operation("multiplicationGate")
def gate(x, from_, lambda_):
    return [from_, lambda_]


@etalon.operation("relu.backward")
@etalon.operation("dense.weightGradient")
@etalon.operation("squaredError.gradient")
@etalon.operation("gradientStep")
def only(x):
    return x


@etalon.operation("noisy")
def noisy(x):
    print("a print", flush=True)
    os.write(1, b"native code")
    return len(sys.stdin.read())


@etalon.operation("picky")
def picky(x):
    raise etalon.Unsupported("only stride 1")


@etalon.operation("strict")
def strict(x):
    raise etalon.Invalid("x must be square")


@etalon.operation("broken")
def broken(x):
    return 1 / 0


@etalon.operation("ragged")
def ragged(x):
    return [[1, 2], [3]]


print("before the first request", flush=True)
etalon.serve(name="everything", version="2", device="abacus", dtype="float64", library="beads", notes=["slow"], algorithms=["winograd4x4"], subnormals="flushed")
