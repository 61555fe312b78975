"""A worker of three operations, one of them wrong:  etalon check --worker "python3 backends/process/example.py" """

import math

import etalon


@etalon.operation("relu")
def relu(x):
    return x.map(lambda value: 0.0 if value <= 0 else value)


@etalon.operation("matmul")
def matmul(a, b):
    columns = list(zip(*b.rows()))
    products = [sum(p * q for p, q in zip(row, column)) for row in a.rows() for column in columns]
    # Nested lists do not say how wide a matrix without rows is.
    return etalon.Tensor((a.shape[0], b.shape[1]), products)


@etalon.operation("tanh.derivative")
def tanh_derivative(x):
    # The mistake: the derivative is 1 - tanh², not 1 - 2 tanh².
    return x.map(lambda value: 1 - 2 * math.tanh(value) ** 2)


etalon.serve(name="example", version="1.0")
