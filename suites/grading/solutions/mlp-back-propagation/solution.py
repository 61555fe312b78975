import math


def sigmoid(x):
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def slope_of_tanh(x):
    return 1 - math.tanh(x) ** 2 if abs(x) < 1 else 4 / (math.exp(abs(x)) + math.exp(-abs(x))) ** 2 if abs(x) < 300 else 0.0


FUNCTIONS = {
    "identity": (lambda x: x, lambda x: 1.0),
    "sigmoid": (sigmoid, lambda x: sigmoid(x) * sigmoid(-x)),
    "tanh": (math.tanh, slope_of_tanh),
    "relu": (lambda x: max(x, 0.0), lambda x: 1.0 if x > 0 else 0.0),
    "softplus": (lambda x: max(x, 0.0) + math.log1p(math.exp(-abs(x))), sigmoid),
}


def combine(a, b, function):
    return [[function(p, q) for p, q in zip(row, other)] for row, other in zip(a, b)]


def squared_error_gradient(prediction, target):
    return combine(prediction, target, lambda p, t: p - t)


def tanh_backward(x, dy):
    return combine(x, dy, lambda net, upstream: upstream * slope_of_tanh(net))


def dense_weight_gradient(x, dy):
    return [[sum(row[k] * sample[i] for row, sample in zip(dy, x)) for i in range(len(x[0]))] for k in range(len(dy[0]))]


def dense_bias_gradient(dy):
    return [sum(column) for column in zip(*dy)]


def dense_input_gradient(weights, dy):
    return [[sum(u * w[i] for u, w in zip(row, weights)) for i in range(len(weights[0]))] for row in dy]


def mlp_backward(x, target, weights, bias, activations):
    inputs, nets = [x], []
    for w, b, name in zip(weights, bias, activations):
        nets.append([[b[j] + sum(p * q for p, q in zip(w[j], sample)) for j in range(len(w))] for sample in inputs[-1]])
        inputs.append([[FUNCTIONS[name][0](net) for net in row] for row in nets[-1]])
    prediction = inputs[-1]
    loss = 0.5 * sum((t - p) ** 2 for row, other in zip(prediction, target) for p, t in zip(row, other))
    d_weights, d_bias = [], []
    upstream = squared_error_gradient(prediction, target)
    for k in reversed(range(len(weights))):
        delta = combine(nets[k], upstream, lambda net, dy: dy * FUNCTIONS[activations[k]][1](net))
        d_weights.insert(0, dense_weight_gradient(inputs[k], delta))
        d_bias.insert(0, dense_bias_gradient(delta))
        upstream = dense_input_gradient(weights[k], delta)
    return {"loss": loss, "d_weights": d_weights, "d_bias": d_bias}
