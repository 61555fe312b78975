"""NumPy behind Etalon's protocol: float32 arrays, every formula written out.

    etalon check --backend numpy
"""

import sys

import etalon

try:
    import numpy as np
except ModuleNotFoundError as missing:
    sys.exit(f"{missing}; run: etalon setup python")

operation = etalon.operation


functions = {}


def activation(name, value, derivative):
    """Registers an activation, its derivative and its backward pass; further arguments are its attributes."""
    functions[name] = value, derivative
    operation(name)(value)
    operation(f"{name}.derivative")(derivative)
    operation(f"{name}.backward")(lambda x, dy, **attributes: {"dx": dy * derivative(x, **attributes)})


def keeping_nan(x, y):
    return np.where(np.isnan(x), x, y.astype(x.dtype))


def sigmoid(x):
    # e^-|x| does not overflow, and small results keep all their digits.
    power = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, power) / (1 + power)


def sigmoid_derivative(x):
    power = np.exp(-np.abs(x))
    return power / np.square(1 + power)


def tanh_derivative(x):
    power = np.exp(-2 * np.abs(x))
    return 4 * power / np.square(1 + power)


def constant(value):
    return lambda x: keeping_nan(x, np.full_like(x, value))


activation("identity", lambda x: x, constant(1))
activation("sign", lambda x: np.sign(x), constant(0))
activation("step", lambda x: keeping_nan(x, x >= 0), constant(0))
activation("sigmoid", sigmoid, sigmoid_derivative)
activation("tanh", lambda x: np.tanh(x), tanh_derivative)
activation(
    "scaledTanh",
    lambda x, a, b: np.float32(a) * np.tanh(np.float32(b) * x),
    lambda x, a, b: np.float32(a) * np.float32(b) * tanh_derivative(np.float32(b) * x),
)
activation("relu", lambda x: np.maximum(x, 0), lambda x: keeping_nan(x, x > 0))
activation("hardTanh", lambda x: np.clip(x, -1, 1), lambda x: keeping_nan(x, np.abs(x) < 1))
activation("softplus", lambda x: np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))), sigmoid)


@operation("softmax")
def softmax(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


@operation("softmax.backward")
def softmax_backward(x, dy):
    y = softmax(x)
    return {"dx": y * (dy - (dy * y).sum(axis=-1, keepdims=True))}


@operation("softmax.jacobian")
def softmax_jacobian(x):
    y = softmax(x)
    unit = np.eye(x.shape[-1], dtype=x.dtype)
    return {"jacobian": y[..., :, None] * (unit - y[..., None, :])}


operation("matmul")(lambda a, b: a @ b)
operation("dense")(lambda x, weights, bias: x @ weights.T + bias)
operation("dense.inputGradient")(lambda weights, dy: {"dx": dy @ weights})
operation("dense.weightGradient")(lambda x, dy: {"dWeights": dy.T @ x})
operation("dense.biasGradient")(lambda dy: {"dBias": dy.sum(axis=0)})


def weighted_logarithm(weight, probability):
    """weight·ln probability, where 0·ln 0 is 0."""
    return weight * np.log(np.where(weight == 0, 1, probability))


@operation("squaredError")
def squared_error(prediction, target):
    return {"loss": np.square(target - prediction).sum() / 2}


@operation("crossEntropy")
def cross_entropy(prediction, target):
    return {"loss": -weighted_logarithm(target, prediction).sum()}


@operation("binaryCrossEntropy")
def binary_cross_entropy(prediction, target):
    terms = weighted_logarithm(target, prediction) + weighted_logarithm(1 - target, 1 - prediction)
    return {"loss": -terms.sum()}


operation("squaredError.gradient")(lambda prediction, target: {"dPrediction": prediction - target})


@operation("crossEntropy.gradient")
def cross_entropy_gradient(prediction, target):
    return {"dPrediction": np.where(target == 0, 0, -target / prediction)}


@operation("binaryCrossEntropy.gradient")
def binary_cross_entropy_gradient(prediction, target):
    return {"dPrediction": (1 - target) / (1 - prediction) - target / prediction}


def padded(x, padding, value=0):
    top, left, bottom, right = padding
    return np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)), constant_values=value)


def patches(x, size, stride, dilation=(1, 1)):
    """[batch, channels, output height, output width, kernel height, kernel width], a view of the padded x."""
    reach = [dilation[axis] * (size[axis] - 1) + 1 for axis in (0, 1)]
    windows = np.lib.stride_tricks.sliding_window_view(x, reach, axis=(2, 3))
    return windows[:, :, :: stride[0], :: stride[1], :: dilation[0], :: dilation[1]]


def grouped(x, groups, axis):
    """The axis cut into groups, which become the first axis."""
    return np.stack(np.split(x, groups, axis=axis))


@operation("conv2d")
def conv2d(x, weights, stride, padding, dilation, groups, bias=None):
    windows = grouped(patches(padded(x, padding), weights.shape[2:], stride, dilation), groups, 1)
    y = np.einsum("gnchwpq,gocpq->ngohw", windows, grouped(weights, groups, 0), optimize=True)
    y = y.reshape(x.shape[0], weights.shape[0], *y.shape[3:])
    return y if bias is None else y + bias[:, None, None]


@operation("conv2d.weightGradient")
def conv2d_weight_gradient(x, dy, kernelSize, stride, padding, dilation, groups):
    windows = patches(padded(x, padding), kernelSize, stride, dilation)[:, :, : dy.shape[2], : dy.shape[3]]
    gradient = np.einsum("gnchwpq,gnohw->gocpq", grouped(windows, groups, 1), grouped(dy, groups, 1), optimize=True)
    return {"dWeights": gradient.reshape(dy.shape[1], x.shape[1] // groups, *kernelSize)}


@operation("conv2d.inputGradient")
def conv2d_input_gradient(weights, dy, inputSize, stride, padding, dilation, groups):
    top, left, bottom, right = padding
    batch, _, rows, columns = dy.shape
    products = np.einsum("gnohw,gocpq->ngchwpq", grouped(dy, groups, 1), grouped(weights, groups, 0), optimize=True)
    products = products.reshape(batch, groups * weights.shape[1], *products.shape[3:])
    dx = np.zeros((batch, products.shape[1], inputSize[0] + top + bottom, inputSize[1] + left + right), dy.dtype)
    for row in range(weights.shape[2]):
        for column in range(weights.shape[3]):
            down, across = row * dilation[0], column * dilation[1]
            there = (slice(down, down + rows * stride[0], stride[0]), slice(across, across + columns * stride[1], stride[1]))
            dx[:, :, there[0], there[1]] += products[..., row, column]
    return {"dx": dx[:, :, top : top + inputSize[0], left : left + inputSize[1]]}


operation("conv2d.biasGradient")(lambda dy: {"dBias": dy.sum(axis=(0, 2, 3))})


@operation("maxPool2d")
def max_pool(x, window, stride, padding):
    return patches(padded(x, padding, -np.inf), window, stride).max(axis=(4, 5))


@operation("maxPool2d.backward")
def max_pool_backward(x, dy, window, stride, padding):
    """The whole gradient goes to the first of equal maxima."""
    top, left, bottom, right = padding
    windows = patches(padded(x, padding, -np.inf), window, stride)[:, :, : dy.shape[2], : dy.shape[3]]
    place = windows.reshape(*windows.shape[:4], window[0] * window[1]).argmax(axis=-1)
    dx = np.zeros((*x.shape[:2], x.shape[2] + top + bottom, x.shape[3] + left + right), x.dtype)
    n, c, h, w = np.indices(place.shape)
    np.add.at(dx, (n, c, h * stride[0] + place // window[1], w * stride[1] + place % window[1]), dy)
    return {"dx": dx[:, :, top : top + x.shape[2], left : left + x.shape[3]]}


def element_counts(size, window, stride, padding):
    """How many real elements each window holds."""
    return patches(padded(np.ones((1, 1, *size), np.float32), padding), window, stride).sum(axis=(4, 5))


@operation("averagePool2d")
def average_pool(x, window, stride, padding):
    sums = patches(padded(x, padding), window, stride).sum(axis=(4, 5))
    return sums / element_counts(x.shape[2:], window, stride, padding)


@operation("averagePool2d.backward")
def average_pool_backward(dy, inputSize, window, stride, padding):
    counts = element_counts(inputSize, window, stride, padding)[:, :, : dy.shape[2], : dy.shape[3]]
    ones = np.ones((dy.shape[1], 1, *window), dy.dtype)
    return conv2d_input_gradient(ones, dy / counts, inputSize, stride, padding, (1, 1), dy.shape[1])


def mlp_layers(x, activations, layers):
    """For each layer, first to last: its input, its net and its output."""
    passed = []
    for number, name in enumerate(activations, 1):
        net = x @ layers[f"weights{number}"].T + layers[f"bias{number}"]
        passed.append((x, net, functions[name][0](net)))
        x = passed[-1][2]
    return passed


operation("mlp.forward")(lambda x, activations, **layers: mlp_layers(x, activations, layers)[-1][2])


@operation("mlp.backward")
def mlp_backward(x, target, activations, **layers):
    passed = mlp_layers(x, activations, layers)
    dy = passed[-1][2] - target
    outputs = {"loss": np.square(dy).sum() / 2}
    for number, name in reversed(list(enumerate(activations, 1))):
        below, net, _ = passed[number - 1]
        delta = dy * functions[name][1](net)
        outputs |= {f"dWeights{number}": delta.T @ below, f"dBias{number}": delta.sum(axis=0)}
        dy = delta @ layers[f"weights{number}"]
    return outputs


@operation("mlp.trainStep")
def mlp_train_step(x, target, activations, learningRate, **layers):
    gradients = mlp_backward(x, target, activations, **layers)
    rate = np.float32(learningRate)
    moved = {name: value - rate * gradients[f"d{name[0].upper()}{name[1:]}"] for name, value in layers.items()}
    return {"loss": gradients["loss"], **moved}


@operation("gradientStep")
def gradient_step(weights, gradient, learningRate):
    return {"weights": weights - np.float32(learningRate) * gradient}


@operation("weightDecayStep")
def weight_decay_step(weights, gradient, learningRate, penalty):
    rate = np.float32(learningRate)
    return {"weights": weights - rate * gradient - rate * np.float32(penalty) * weights}


@operation("momentumStep")
def momentum_step(weights, gradient, change, learningRate, momentum):
    change = np.float32(momentum) * change - np.float32(learningRate) * gradient
    return {"weights": weights + change, "change": change}


# The cases hold overflow, infinities and NaN on purpose.
np.seterr(all="ignore")
etalon.serve(name="numpy", library="numpy", version=np.__version__, numpy=True)
