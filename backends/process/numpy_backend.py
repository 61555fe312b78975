"""NumPy behind Etalon's protocol: float32 arrays, every formula written out.

    etalon check --backend numpy
"""

import math
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
activation(
    "leakyRelu",
    lambda x, alpha: np.where(x > 0, x, np.float32(alpha) * x),
    lambda x, alpha: keeping_nan(x, np.where(x > 0, 1, np.float32(alpha))),
)
activation(
    "elu",
    lambda x, alpha: np.where(x > 0, x, np.float32(alpha) * np.expm1(np.minimum(x, 0))),
    lambda x, alpha: np.where(x > 0, np.float32(1), np.float32(alpha) * np.exp(np.minimum(x, 0))),
)
activation("hardTanh", lambda x: np.clip(x, -1, 1), lambda x: keeping_nan(x, np.abs(x) < 1))
activation("softplus", lambda x: np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))), sigmoid)



def silu_derivative(x):
    # Infinities leave 0 and 1.
    z = np.clip(x, -200, 200)
    return sigmoid(z) * (1 + z * sigmoid(-z))


activation("silu", lambda x: np.maximum(x, -200) * sigmoid(x), silu_derivative)

# NumPy has no erfc of its own.
complementary_error = np.vectorize(math.erfc, otypes=[np.float64])


def normal_distribution(x):
    return (complementary_error(-x.astype(np.float64) / math.sqrt(2)) / 2).astype(x.dtype)


def tanh_argument(x):
    """2z with z = sqrt(2/pi)(x + 0.044715 x^3), and its derivative."""
    scale = x.dtype.type(2 * math.sqrt(2 / math.pi))
    bend = x.dtype.type(0.044715) * x * x
    return scale * x * (1 + bend), scale * (1 + 3 * bend)


def gelu(x, approximate):
    weight = normal_distribution(x) if approximate == "none" else sigmoid(tanh_argument(x)[0])
    return np.maximum(x, -200) * weight


def gelu_derivative(x, approximate):
    # Infinities leave 0 and 1.
    z = np.clip(x, -200, 200)
    if approximate == "none":
        density = np.exp(-z * z / 2) * x.dtype.type(1 / math.sqrt(2 * math.pi))
        return normal_distribution(z) + z * density
    argument, slope = tanh_argument(z)
    return sigmoid(argument) * (1 + z * slope * sigmoid(-argument))


activation("gelu", gelu, gelu_derivative)


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


def scattered(products, size, stride, padding, dilation=(1, 1)):
    """What `patches` takes apart put together again: each product is added where its element came from."""
    top, left, bottom, right = padding
    batch, channels, rows, columns, height, width = products.shape
    x = np.zeros((batch, channels, size[0] + top + bottom, size[1] + left + right), products.dtype)
    for row in range(height):
        for column in range(width):
            down, across = row * dilation[0], column * dilation[1]
            there = (slice(down, down + rows * stride[0], stride[0]), slice(across, across + columns * stride[1], stride[1]))
            x[:, :, there[0], there[1]] += products[..., row, column]
    return x[:, :, top : top + size[0], left : left + size[1]]


@operation("conv2d.inputGradient")
def conv2d_input_gradient(weights, dy, inputSize, stride, padding, dilation, groups):
    batch = dy.shape[0]
    products = np.einsum("gnohw,gocpq->ngchwpq", grouped(dy, groups, 1), grouped(weights, groups, 0), optimize=True)
    products = products.reshape(batch, groups * weights.shape[1], *products.shape[3:])
    return {"dx": scattered(products, inputSize, stride, padding, dilation)}


@operation("conv2d.matrix")
def conv2d_matrix(weights, inputSize, groups, **geometry):
    """Its columns are the convolutions of the images that have one 1."""
    channels = weights.shape[1] * groups
    pixels = channels * inputSize[0] * inputSize[1]
    images = np.eye(pixels, dtype=weights.dtype).reshape(pixels, channels, *inputSize)
    return {"matrix": conv2d(images, weights, groups=groups, **geometry).reshape(pixels, -1).T}


operation("conv2d.biasGradient")(lambda dy: {"dBias": dy.sum(axis=(0, 2, 3))})


@operation("locallyConnected2d")
def locally_connected(x, weights, stride, padding, bias=None):
    windows = patches(padded(x, padding), weights.shape[4:], stride)
    y = np.einsum("nchwpq,hwocpq->nohw", windows, weights, optimize=True)
    return y if bias is None else y + bias


@operation("locallyConnected2d.weightGradient")
def locally_connected_weight_gradient(x, dy, kernelSize, stride, padding):
    windows = patches(padded(x, padding), kernelSize, stride)[:, :, : dy.shape[2], : dy.shape[3]]
    return {"dWeights": np.einsum("nchwpq,nohw->hwocpq", windows, dy, optimize=True)}


@operation("locallyConnected2d.inputGradient")
def locally_connected_input_gradient(weights, dy, inputSize, stride, padding):
    products = np.einsum("nohw,hwocpq->nchwpq", dy, weights, optimize=True)
    return {"dx": scattered(products, inputSize, stride, padding)}


operation("locallyConnected2d.biasGradient")(lambda dy: {"dBias": dy.sum(axis=0)})


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


@operation("mlp.pathGradient")
def mlp_path_gradient(x, target, activations, **layers):
    start = layers.pop("from")
    passed = mlp_layers(x, activations, layers)
    dy = passed[-1][2] - target
    for number in range(len(activations), start, -1):
        dy = (dy * functions[activations[number - 1]][1](passed[number - 1][1])) @ layers[f"weights{number}"]
    return {"gradient": dy.reshape(-1)}


@operation("mlp.collapse")
def mlp_collapse(depth, **layers):
    weights, bias = layers["weights1"], layers["bias1"]
    for number in range(2, depth + 1):
        own = layers[f"weights{number}"]
        weights, bias = own @ weights, own @ bias + layers[f"bias{number}"]
    return {"weights": weights, "bias": bias}


@operation("multiplicationGate")
def multiplication_gate(u, v, activation, **numbers):
    rate, mu, shift = (np.float32(numbers[name]) for name in ("lambda", "mu", "shift"))
    unit = functions[activation][0]

    def pair(z):
        return unit(shift + z) + unit(shift - z)

    return mu * (pair(rate * (u + v)) - pair(rate * (u - v)))


def pretraining_step(x, target, activations, learningRate, layers):
    """The last two layers learn; those below carry x upwards. Without a target it is the input that they get."""
    below = len(activations) - 2
    if below > 0:
        x = mlp_layers(x, activations[:below], layers)[-1][2]
    own = {f"{kind}{number}": layers[f"{kind}{below + number}"] for kind in ("weights", "bias") for number in (1, 2)}
    moved = mlp_train_step(x, x if target is None else target, activations[below:], learningRate, **own)
    names = {f"{kind}{number}": f"{kind}{below + number}" for kind in ("weights", "bias") for number in (1, 2)}
    return {names.get(name, name): value for name, value in moved.items()}


@operation("pretraining.supervisedStep")
def supervised_step(x, target, activations, learningRate, **layers):
    return pretraining_step(x, target, activations, learningRate, layers)


@operation("pretraining.autoencoderStep")
def autoencoder_step(x, activations, learningRate, **layers):
    return pretraining_step(x, None, activations, learningRate, layers)


def network_layers(x, convolution, pooling, kernels, kernelBias, weights, bias):
    net = conv2d(x, kernels, bias=kernelBias, **convolution)
    active = np.maximum(net, 0)
    pooled = max_pool(active, **pooling)
    features = pooled.reshape(x.shape[0], int(np.prod(pooled.shape[1:])))
    return net, active, pooled, features, features @ weights.T + bias


@operation("convolutionalNetwork.forward")
def network_forward(x, **network):
    return {"probabilities": softmax(network_layers(x, **network)[-1])}


@operation("convolutionalNetwork.backward")
def network_backward(x, target, convolution, pooling, kernels, kernelBias, weights, bias):
    net, active, pooled, features, logits = network_layers(x, convolution, pooling, kernels, kernelBias, weights, bias)
    delta = softmax(logits) - target
    d_active = max_pool_backward(active, (delta @ weights).reshape(pooled.shape), **pooling)["dx"]
    d_net = np.where(net > 0, d_active, 0)
    return {
        "loss": -(target * log_softmax(logits)).sum(),
        "dKernels": conv2d_weight_gradient(x, d_net, kernels.shape[2:], **convolution)["dWeights"],
        "dKernelBias": d_net.sum(axis=(0, 2, 3)),
        "dWeights": delta.T @ features,
        "dBias": delta.sum(axis=0),
    }


@operation("convolutionalNetwork.trainStep")
def network_train_step(x, target, convolution, pooling, learningRate, **parameters):
    gradients = network_backward(x, target, convolution, pooling, **parameters)
    rate = np.float32(learningRate)
    moved = {name: value - rate * gradients[f"d{name[0].upper()}{name[1:]}"] for name, value in parameters.items()}
    return {"loss": gradients["loss"], **moved}


@operation("dropout")
def dropout(x, mask, keep):
    return x * mask / np.float32(keep)


operation("dropout.backward")(lambda mask, dy, keep: {"dx": dropout(dy, mask, keep)})
operation("dropconnect")(lambda x, weights, mask, bias, keep: x @ dropout(weights, mask, keep).T + bias)


@operation("dropconnect.backward")
def dropconnect_backward(x, weights, mask, dy, keep):
    return {
        "dx": dy @ dropout(weights, mask, keep),
        "dWeights": dropout(dy.T @ x, mask, keep),
        "dBias": dy.sum(axis=0),
    }


@operation("linearDiscriminant")
def linear_discriminant(x, weights, bias):
    values = x @ weights + bias
    return {"values": values, "classes": np.sign(values), "distances": values / np.linalg.norm(weights)}


def mistaken(x, labels, weights):
    return labels * (x @ weights) <= 0


@operation("perceptronCriterion")
def perceptron_criterion(x, labels, weights):
    wrong = mistaken(x, labels, weights)
    return {
        "loss": -(labels * (x @ weights))[wrong].sum(),
        "gradient": -(labels[wrong] @ x[wrong]),
    }


@operation("batchPerceptronStep")
def batch_perceptron_step(x, labels, weights, learningRate):
    wrong = mistaken(x, labels, weights)
    return {"weights": weights + np.float32(learningRate) * (labels[wrong] @ x[wrong])}


@operation("surrogatePerceptronStep")
def surrogate_perceptron_step(x, labels, weights, learningRate):
    errors = labels - np.sign(x @ weights)
    return {"loss": np.square(errors).sum() / 2, "weights": weights + np.float32(learningRate) * (errors @ x)}


@operation("stochasticPerceptronEpoch")
def stochastic_perceptron_epoch(x, labels, weights, learningRate, order):
    for n in order:
        weights = weights + np.float32(learningRate) * (labels[n] - np.sign(x[n] @ weights)) * x[n]
    return {"weights": weights}


@operation("perceptron.train")
def perceptron_train(x, labels, passes):
    weights = np.zeros(x.shape[1], x.dtype)
    mistakes = np.zeros((passes, x.shape[0]), x.dtype)
    for turn in range(passes):
        for n, row in enumerate(x):
            if labels[n] * (row @ weights) <= 0:
                mistakes[turn, n] = 1
                weights = weights + labels[n] * row
    return {"weights": weights, "mistakes": mistakes}


@operation("novikoff.bound")
def novikoff_bound(x, labels, separator):
    radius, margin = np.square(x).sum(axis=1).max(), (labels * (x @ separator)).min()
    return {"radius": np.sqrt(radius), "margin": margin, "bound": np.square(separator).sum() * radius / np.square(margin)}


@operation("maximumMargin")
def maximum_margin(x, labels, tolerance):
    """Dual coordinate ascent in float64, sweep after sweep until primal and dual are within the tolerance."""
    signed = x.astype(np.float64) * labels[:, None]
    squares = np.square(signed).sum(axis=1)
    multipliers, u = np.zeros(len(x)), np.zeros(x.shape[1])
    for _ in range(100_000):
        for n, row in enumerate(signed):
            larger = max(0.0, multipliers[n] + (1 - row @ u) / squares[n])
            u = u + (larger - multipliers[n]) * row
            multipliers[n] = larger
        smallest, squared = (signed @ u).min(), u @ u
        if smallest > 0:
            primal, dual = squared / (2 * smallest**2), multipliers.sum() - squared / 2
            if primal - dual <= tolerance * primal:
                outputs = {"separator": u / smallest, "margin": smallest / np.sqrt(squared), "primal": primal, "dual": dual}
                return {name: np.asarray(value, x.dtype) for name, value in outputs.items()}
    raise ValueError("no separator within the tolerance")


@operation("thresholdNetwork")
def threshold_network(x, hiddenWeights, hiddenBias, outputWeights, outputBias):
    hidden = (x @ hiddenWeights.T + hiddenBias >= 0).astype(x.dtype)
    return {"hidden": hidden, "y": (hidden @ outputWeights + outputBias >= 0).astype(x.dtype)}


@operation("leastSquares")
def least_squares(x, targets, weights, bias, penalty):
    errors = x @ weights - bias - targets
    rate = np.float32(penalty)
    return {
        "loss": np.square(errors).sum() + rate / 2 * np.square(weights).sum(),
        "dWeights": 2 * (errors @ x) + rate * weights,
        "dBias": -2 * errors.sum(),
    }


@operation("softMargin")
def soft_margin(x, labels, weights, bias, penalty):
    slacks = 1 - labels * (x @ weights - bias)
    active = np.where(slacks > 0, labels, 0)
    rate = np.float32(penalty)
    return {
        "loss": np.maximum(slacks, 0).sum() + rate / 2 * np.square(weights).sum(),
        "dWeights": rate * weights - active @ x,
        "dBias": active.sum(),
    }


def log_softmax(x):
    shifted = x - x.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


@operation("softmaxRegression")
def softmax_regression(x, targets, weights, bias, penalty):
    scores = x @ weights.T - bias
    delta = softmax(scores) * targets.sum(axis=1, keepdims=True) - targets
    rate = np.float32(penalty)
    return {
        "loss": rate / 2 * np.square(weights).sum() - (targets * log_softmax(scores)).sum(),
        "dWeights": delta.T @ x + rate * weights,
        "dBias": -delta.sum(axis=0),
    }


@operation("kFolds")
def k_folds(order, folds):
    validation = np.zeros((folds, len(order)), order.dtype)
    for fold, members in enumerate(np.array_split(order.astype(int), folds)):
        validation[fold, members] = 1
    return {"validation": validation, "training": 1 - validation}


@operation("earlyStopping")
def early_stopping(losses, weights, patience):
    best = last = 0
    for step in range(1, len(losses)):
        if step - best > patience:
            break
        last = step
        if losses[step] < losses[best]:
            best = step
    return {"weights": weights[best], "bestStep": np.asarray(best, losses.dtype), "lastStep": np.asarray(last, losses.dtype)}


@operation("ensemble")
def ensemble(predictions, target):
    prediction = predictions.mean(axis=0)
    return {
        "prediction": prediction,
        "squaredError": np.square(prediction - target).mean(),
        "memberErrors": np.square(predictions - target).mean(axis=1),
    }


@operation("biasVariance")
def bias_variance(predictions, truth):
    mean = predictions.mean(axis=0)
    return {"squaredBias": np.square(mean - truth).mean(), "variance": np.square(predictions - mean).mean()}


def adapted(weights, gradient, squares, learningRate, epsilon):
    return weights - np.float32(learningRate) * gradient / (np.sqrt(squares) + np.float32(epsilon))


@operation("adagradStep")
def adagrad_step(weights, gradient, squares, **rates):
    squares = squares + np.square(gradient)
    return {"weights": adapted(weights, gradient, squares, **rates), "squares": squares}


@operation("rmspropStep")
def rmsprop_step(weights, gradient, squares, decay, **rates):
    squares = np.float32(decay) * squares + np.float32(1 - decay) * np.square(gradient)
    return {"weights": adapted(weights, gradient, squares, **rates), "squares": squares}


@operation("adamStep")
def adam_step(weights, gradient, means, squares, beta1, beta2, step, **rates):
    means = np.float32(beta1) * means + np.float32(1 - beta1) * gradient
    squares = np.float32(beta2) * squares + np.float32(1 - beta2) * np.square(gradient)
    mean, square = means / np.float32(1 - beta1**step), squares / np.float32(1 - beta2**step)
    return {"weights": adapted(weights, mean, square, **rates), "means": means, "squares": squares}


@operation("conjugateGradientStep")
def conjugate_gradient_step(a, x, residual, direction):
    """Where the residual is 0 the system is solved, and nothing moves."""
    product, squared = a @ direction, residual @ residual
    length = squared / (direction @ product) if squared != 0 else np.float32(0)
    following = residual - length * product
    ratio = following @ following / squared if squared != 0 else np.float32(1)
    return {"x": x + length * direction, "residual": following, "direction": following + ratio * direction}


@operation("batchEpoch")
def batch_epoch(x, targets, weights, learningRate):
    return {"weights": weights + np.float32(learningRate) * ((targets - x @ weights) @ x)}


@operation("patternEpoch")
def pattern_epoch(x, targets, weights, learningRate):
    for target, row in zip(targets, x):
        weights = weights + np.float32(learningRate) * (target - row @ weights) * row
    return {"weights": weights}


# The cases hold overflow, infinities and NaN on purpose.
np.seterr(all="ignore")
etalon.serve(name="numpy", library="numpy", version=np.__version__, numpy=True)
