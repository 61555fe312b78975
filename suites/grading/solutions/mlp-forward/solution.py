import math

FUNCTIONS = {
    "identity": lambda x: x,
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x)),
    "tanh": math.tanh,
    "relu": lambda x: max(x, 0.0),
    "softplus": lambda x: max(x, 0.0) + math.log1p(math.exp(-abs(x))),
}


def dense(x, weights, bias):
    return [[bias[k] + sum(w * v for w, v in zip(row, sample)) for k, row in enumerate(weights)] for sample in x]


def mlp_forward(x, weights, bias, activations):
    y = x
    for k in range(len(weights)):
        activation = FUNCTIONS[activations[k]]
        y = [[activation(net) for net in row] for row in dense(y, weights[k], bias[k])]
    return y
