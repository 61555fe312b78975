import math


def softmax_of(row):
    largest = max(row)
    powers = [math.exp(value - largest) for value in row]
    total = sum(powers)
    return [power / total for power in powers]


def softmax(x):
    return [softmax_of(row) for row in x]


def softmax_backward(x, dy):
    result = []
    for y, upstream in zip(softmax(x), dy):
        mean = sum(p * q for p, q in zip(y, upstream))
        result.append([p * (q - mean) for p, q in zip(y, upstream)])
    return result


def cross_entropy(prediction, target):
    pairs = [(t, p) for targets, row in zip(target, prediction) for t, p in zip(targets, row)]
    return -sum(t * math.log(p) for t, p in pairs if t != 0)


def cross_entropy_gradient(prediction, target):
    return [[-t / p for t, p in zip(targets, row)] for targets, row in zip(target, prediction)]
