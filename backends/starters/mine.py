"""A backend for Etalon. Check it:

    etalon check --worker "python3 mine.py"

`etalon operations` lists what can be asked; `etalon operations matmul` prints names, shapes and the limit of the error.
"""

import etalon


@etalon.operation("relu")
def relu(x):
    return x.map(lambda value: 0.0 if value < 0 else value)


@etalon.operation("matmul")
def matmul(a, b):
    columns = list(zip(*b.rows()))
    products = [sum(p * q for p, q in zip(row, column)) for row in a.rows() for column in columns]
    # Nested lists do not say how wide a matrix without rows is.
    return etalon.Tensor((a.shape[0], b.shape[1]), products)


etalon.serve(name="mine", version="1.0")
