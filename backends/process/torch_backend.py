"""PyTorch behind Etalon's protocol: its own functions, and its own automatic differentiation for every gradient.

    etalon check --backend torch
"""

import sys
import warnings

import etalon

try:
    import torch
    import torch.nn.functional as F
except ModuleNotFoundError as missing:
    sys.exit(f"{missing}; run: etalon setup torch")

# They are only read here.
warnings.filterwarnings("ignore", message="The given NumPy array is not writable")


def tensors(inputs):
    return {name: torch.from_numpy(value) if hasattr(value, "dtype") else value for name, value in inputs.items()}


def numbers(outputs):
    return {name: value.detach().numpy() for name, value in outputs.items()}


def operation(name, output="y"):
    """Registers a function of tensors; its result is called `output`, unless it names its results itself."""

    def register(function):
        def compute(**inputs):
            result = function(**tensors(inputs))
            return numbers(result if isinstance(result, dict) else {output: result})

        etalon.operation(name)(compute)
        return function

    return register


def gradient(name, of, with_respect_to, output, upstream="dy"):
    """Registers the vector-Jacobian product of a function, or the gradient of a scalar one where there is no upstream."""

    def compute(**inputs):
        values = tensors(inputs)
        dy = values.pop(upstream) if upstream else None
        variable = values[with_respect_to].clone().requires_grad_()
        y = of(**{**values, with_respect_to: variable})
        return numbers({output: torch.autograd.grad(y, variable, dy)[0]})

    etalon.operation(name)(compute)


def gradient_name(name):
    return f"d{name[0].upper()}{name[1:]}"


def loss_and_gradients(compute, **parameters):
    """The scalar that a function of the parameters computes, and its gradients."""
    variables = {name: value.clone().requires_grad_() for name, value in parameters.items()}
    loss = compute(**variables)
    gradients = torch.autograd.grad(loss, tuple(variables.values()))
    return {"loss": loss, **{gradient_name(name): value for name, value in zip(variables, gradients)}}


def descended(weights, gradient, **options):
    """One step of the library's gradient descent."""
    parameter = torch.nn.Parameter(weights.clone())
    parameter.grad = gradient.clone()
    torch.optim.SGD([parameter], **options).step()
    return parameter


def loss_and_step(compute, learningRate, **parameters):
    """The scalar that a function of the parameters computes, and the parameters after one step down its gradient."""
    found = loss_and_gradients(compute, **parameters)
    moved = {name: descended(value, found[gradient_name(name)], lr=learningRate) for name, value in parameters.items()}
    return {"loss": found["loss"], **moved}


functions = {}


def activation(name, function):
    functions[name] = function
    operation(name)(function)
    gradient(f"{name}.backward", function, "x", "dx")

    def derivative(x, **attributes):
        variable = x.clone().requires_grad_()
        return torch.autograd.grad(function(variable, **attributes), variable, torch.ones_like(x))[0]

    operation(f"{name}.derivative")(derivative)


activation("identity", lambda x: x * 1)
activation("sign", lambda x: torch.sign(x))
activation("step", lambda x: torch.where(torch.isnan(x), x, torch.heaviside(x.detach(), torch.ones(()))))
activation("sigmoid", lambda x: torch.sigmoid(x))
activation("tanh", lambda x: torch.tanh(x))
activation("scaledTanh", lambda x, a, b: a * torch.tanh(b * x))
activation("relu", lambda x: F.relu(x))
activation("leakyRelu", lambda x, alpha: F.leaky_relu(x, alpha))
activation("elu", lambda x, alpha: F.elu(x, alpha))
activation("silu", lambda x: F.silu(x))
activation("gelu", lambda x, approximate: F.gelu(x, approximate=approximate))
activation("hardTanh", lambda x: F.hardtanh(x))
activation("softplus", lambda x: F.softplus(x))


@operation("softmax")
def softmax(x):
    return F.softmax(x, dim=-1)


gradient("softmax.backward", softmax, "x", "dx")


@operation("softmax.jacobian", "jacobian")
def softmax_jacobian(x):
    rows = [torch.autograd.functional.jacobian(lambda row: F.softmax(row, dim=-1), row) for row in x]
    return torch.cat(rows).reshape(*x.shape, x.shape[1]) if rows else torch.zeros(*x.shape, x.shape[1])


@operation("matmul")
def matmul(a, b):
    return a @ b


@operation("dense")
def dense(x, weights, bias):
    return F.linear(x, weights, bias)


@operation("dense.inputGradient", "dx")
def dense_input_gradient(weights, dy):
    x = torch.zeros(dy.shape[0], weights.shape[1], requires_grad=True)
    return torch.autograd.grad(F.linear(x, weights), x, dy)[0]


@operation("dense.weightGradient", "dWeights")
def dense_weight_gradient(x, dy):
    weights = torch.zeros(dy.shape[1], x.shape[1], requires_grad=True)
    return torch.autograd.grad(F.linear(x, weights), weights, dy)[0]


@operation("dense.biasGradient", "dBias")
def dense_bias_gradient(dy):
    bias = torch.zeros(dy.shape[1], requires_grad=True)
    return torch.autograd.grad(torch.zeros_like(dy) + bias, bias, dy)[0]


@operation("squaredError", "loss")
def squared_error(prediction, target):
    return F.mse_loss(prediction, target, reduction="sum") / 2


@operation("crossEntropy", "loss")
def cross_entropy(prediction, target):
    # The library's own cross entropy takes logits, and its xlogy has 0·ln 0 = 0 with the gradient NaN.
    return -(target * torch.log(torch.where(target == 0, 1, prediction))).sum()


@operation("binaryCrossEntropy", "loss")
def binary_cross_entropy(prediction, target):
    return F.binary_cross_entropy(prediction, target, reduction="sum")


for name, function in (
    ("squaredError", squared_error),
    ("crossEntropy", cross_entropy),
    ("binaryCrossEntropy", binary_cross_entropy),
):
    gradient(f"{name}.gradient", function, "prediction", "dPrediction", upstream=None)


def with_padding(x, padding, value=0.0):
    top, left, bottom, right = padding
    return F.pad(x, (left, right, top, bottom), value=value)


@operation("conv2d")
def conv2d(x, weights, stride, padding, dilation, groups, bias=None):
    return F.conv2d(with_padding(x, padding), weights, bias, tuple(stride), 0, tuple(dilation), groups)


@operation("conv2d.inputGradient", "dx")
def conv2d_input_gradient(weights, dy, inputSize, groups, **geometry):
    x = torch.zeros(dy.shape[0], weights.shape[1] * groups, *inputSize, requires_grad=True)
    return torch.autograd.grad(conv2d(x, weights, groups=groups, **geometry), x, dy)[0]


@operation("conv2d.weightGradient", "dWeights")
def conv2d_weight_gradient(x, dy, kernelSize, groups, **geometry):
    weights = torch.zeros(dy.shape[1], x.shape[1] // groups, *kernelSize, requires_grad=True)
    return torch.autograd.grad(conv2d(x, weights, groups=groups, **geometry), weights, dy)[0]


@operation("conv2d.biasGradient", "dBias")
def conv2d_bias_gradient(dy):
    bias = torch.zeros(dy.shape[1], requires_grad=True)
    return torch.autograd.grad(torch.zeros_like(dy) + bias[:, None, None], bias, dy)[0]


@operation("conv2d.matrix", "matrix")
def conv2d_matrix(weights, inputSize, groups, **geometry):
    """Its columns are the convolutions of the images that have one 1."""
    channels = weights.shape[1] * groups
    pixels = channels * inputSize[0] * inputSize[1]
    images = torch.eye(pixels).reshape(pixels, channels, *inputSize)
    return conv2d(images, weights, groups=groups, **geometry).reshape(pixels, -1).T


@operation("locallyConnected2d")
def locally_connected(x, weights, stride, padding, bias=None):
    rows, columns, channels, *_ = weights.shape
    patches = F.unfold(with_padding(x, padding), tuple(weights.shape[4:]), stride=tuple(stride))
    y = torch.einsum("nkp,pok->nop", patches, weights.flatten(3).flatten(0, 1))
    y = y.reshape(x.shape[0], channels, rows, columns)
    return y if bias is None else y + bias


@operation("locallyConnected2d.inputGradient", "dx")
def locally_connected_input_gradient(weights, dy, inputSize, **geometry):
    x = torch.zeros(dy.shape[0], weights.shape[3], *inputSize, requires_grad=True)
    return torch.autograd.grad(locally_connected(x, weights, **geometry), x, dy)[0]


@operation("locallyConnected2d.weightGradient", "dWeights")
def locally_connected_weight_gradient(x, dy, kernelSize, **geometry):
    weights = torch.zeros(*dy.shape[2:], dy.shape[1], x.shape[1], *kernelSize, requires_grad=True)
    return torch.autograd.grad(locally_connected(x, weights, **geometry), weights, dy)[0]


@operation("locallyConnected2d.biasGradient", "dBias")
def locally_connected_bias_gradient(dy):
    bias = torch.zeros(dy.shape[1:], requires_grad=True)
    return torch.autograd.grad(torch.zeros_like(dy) + bias, bias, dy)[0]


@operation("maxPool2d")
def max_pool(x, window, stride, padding):
    return F.max_pool2d(with_padding(x, padding, -torch.inf), tuple(window), tuple(stride))


gradient("maxPool2d.backward", max_pool, "x", "dx")


@operation("averagePool2d")
def average_pool(x, window, stride, padding):
    """The library pads both sides alike and by half the window at most; other padding is a sum over a count."""
    top, left, bottom, right = padding
    if top == bottom and left == right and 2 * top <= window[0] and 2 * left <= window[1]:
        return F.avg_pool2d(x, tuple(window), tuple(stride), (top, left), count_include_pad=False)

    def sums(values):
        return F.avg_pool2d(with_padding(values, padding), tuple(window), tuple(stride), divisor_override=1)

    return sums(x) / sums(torch.ones(1, 1, *x.shape[2:]))


@operation("averagePool2d.backward", "dx")
def average_pool_backward(dy, inputSize, **geometry):
    x = torch.zeros(*dy.shape[:2], *inputSize, requires_grad=True)
    return torch.autograd.grad(average_pool(x, **geometry), x, dy)[0]


def mlp_layers(x, activations, layers, below=0):
    """Carries x through the layers that follow the first `below` ones."""
    for number, name in enumerate(activations[below:], below + 1):
        x = functions[name](F.linear(x, layers[f"weights{number}"], layers[f"bias{number}"]))
    return x


@operation("mlp.forward")
def mlp_forward(x, activations, **layers):
    return mlp_layers(x, activations, layers)


@operation("mlp.backward")
def mlp_backward(x, target, activations, **layers):
    return loss_and_gradients(lambda **own: squared_error(mlp_layers(x, activations, own), target), **layers)


@operation("mlp.trainStep")
def mlp_train_step(x, target, activations, learningRate, **layers):
    return loss_and_step(lambda **own: squared_error(mlp_layers(x, activations, own), target), learningRate, **layers)


@operation("mlp.pathGradient", "gradient")
def mlp_path_gradient(x, target, activations, **layers):
    start = layers.pop("from")
    values = mlp_layers(x, activations[:start], layers).clone().requires_grad_()
    loss = squared_error(mlp_layers(values, activations, layers, start), target)
    return torch.autograd.grad(loss, values)[0].flatten()


@operation("mlp.collapse")
def mlp_collapse(depth, **layers):
    weights, bias = layers["weights1"], layers["bias1"]
    for number in range(2, depth + 1):
        own = layers[f"weights{number}"]
        weights, bias = own @ weights, own @ bias + layers[f"bias{number}"]
    return {"weights": weights, "bias": bias}


@operation("multiplicationGate")
def multiplication_gate(u, v, activation, mu, shift, **attributes):
    unit, rate = functions[activation], attributes["lambda"]

    def pair(z):
        return unit(shift + z) + unit(shift - z)

    return mu * (pair(rate * (u + v)) - pair(rate * (u - v)))


@operation("pretraining.supervisedStep")
def supervised_step(x, target, activations, learningRate, **layers):
    """The last two layers learn; those below carry x upwards. Without a target it is the input that they get."""
    below = max(len(activations) - 2, 0)
    x = mlp_layers(x, activations[:below], layers)
    target = x if target is None else target
    learning = {name: layers[name] for number in (1, 2) for name in (f"weights{below + number}", f"bias{below + number}")}
    return loss_and_step(
        lambda **own: squared_error(mlp_layers(x, activations, own, below), target), learningRate, **learning
    )


@operation("pretraining.autoencoderStep")
def autoencoder_step(x, **step):
    return supervised_step(x, None, **step)


def network_logits(x, convolution, pooling, kernels, kernelBias, weights, bias):
    features = max_pool(F.relu(conv2d(x, kernels, bias=kernelBias, **convolution)), **pooling)
    return F.linear(features.flatten(1), weights, bias)


@operation("convolutionalNetwork.forward", "probabilities")
def network_forward(x, **network):
    return softmax(network_logits(x, **network))


def network_loss(x, target, convolution, pooling):
    return lambda **own: F.cross_entropy(network_logits(x, convolution, pooling, **own), target, reduction="sum")


@operation("convolutionalNetwork.backward")
def network_backward(x, target, convolution, pooling, **parameters):
    return loss_and_gradients(network_loss(x, target, convolution, pooling), **parameters)


@operation("convolutionalNetwork.trainStep")
def network_train_step(x, target, convolution, pooling, learningRate, **parameters):
    return loss_and_step(network_loss(x, target, convolution, pooling), learningRate, **parameters)


@operation("dropout")
def dropout(x, mask, keep):
    # The library's own dropout draws the mask itself.
    return x * mask / keep


@operation("dropout.backward", "dx")
def dropout_backward(mask, dy, keep):
    x = torch.zeros_like(dy, requires_grad=True)
    return torch.autograd.grad(dropout(x, mask, keep), x, dy)[0]


@operation("dropconnect")
def dropconnect(x, weights, mask, bias, keep):
    return F.linear(x, dropout(weights, mask, keep), bias)


@operation("dropconnect.backward")
def dropconnect_backward(x, weights, mask, dy, keep):
    variables = {"x": x, "weights": weights, "bias": torch.zeros(dy.shape[1])}
    variables = {name: value.clone().requires_grad_() for name, value in variables.items()}
    gradients = torch.autograd.grad(dropconnect(mask=mask, keep=keep, **variables), tuple(variables.values()), dy)
    return dict(zip(("dx", "dWeights", "dBias"), gradients))


@operation("linearDiscriminant")
def linear_discriminant(x, weights, bias):
    values = x @ weights + bias
    return {"values": values, "classes": torch.sign(values), "distances": values / torch.linalg.vector_norm(weights)}


def perceptron_loss(x, labels):
    def loss(weights):
        margins = labels * (x @ weights)
        return -margins[margins <= 0].sum()

    return loss


@operation("perceptronCriterion")
def perceptron_criterion(x, labels, weights):
    found = loss_and_gradients(perceptron_loss(x, labels), weights=weights)
    return {"loss": found["loss"], "gradient": found["dWeights"]}


@operation("batchPerceptronStep", "weights")
def batch_perceptron_step(x, labels, weights, learningRate):
    return loss_and_step(perceptron_loss(x, labels), learningRate, weights=weights)["weights"]


@operation("surrogatePerceptronStep")
def surrogate_perceptron_step(x, labels, weights, learningRate):
    errors = labels - torch.sign(x @ weights)
    return {"loss": errors.square().sum() / 2, "weights": descended(weights, -(errors @ x), lr=learningRate)}


@operation("stochasticPerceptronEpoch", "weights")
def stochastic_perceptron_epoch(x, labels, weights, learningRate, order):
    for n in order:
        weights = weights + learningRate * (labels[n] - torch.sign(x[n] @ weights)) * x[n]
    return weights


@operation("perceptron.train")
def perceptron_train(x, labels, passes):
    weights = torch.zeros(x.shape[1])
    mistakes = torch.zeros(passes, x.shape[0])
    for turn in range(passes):
        for n, row in enumerate(x):
            if labels[n] * (row @ weights) <= 0:
                mistakes[turn, n] = 1
                weights = weights + labels[n] * row
    return {"weights": weights, "mistakes": mistakes}


@operation("novikoff.bound")
def novikoff_bound(x, labels, separator):
    radius, margin = x.square().sum(dim=1).max(), (labels * (x @ separator)).min()
    return {"radius": radius.sqrt(), "margin": margin, "bound": separator.square().sum() * radius / margin.square()}


@operation("maximumMargin")
def maximum_margin(x, labels, tolerance):
    """Dual coordinate ascent in float64, sweep after sweep until primal and dual are within the tolerance."""
    signed = x.double() * labels[:, None]
    squares = signed.square().sum(dim=1).tolist()
    multipliers, u = [0.0] * len(squares), torch.zeros(x.shape[1], dtype=torch.float64)
    for _ in range(100_000):
        for n, row in enumerate(signed.unbind()):
            larger = max(0.0, multipliers[n] + (1 - row.dot(u).item()) / squares[n])
            u.add_(row, alpha=larger - multipliers[n])
            multipliers[n] = larger
        smallest, squared = (signed @ u).min(), u.dot(u)
        if smallest > 0:
            primal, dual = squared / (2 * smallest**2), sum(multipliers) - squared / 2
            if primal - dual <= tolerance * primal:
                outputs = {"separator": u / smallest, "margin": smallest / squared.sqrt(), "primal": primal, "dual": dual}
                return {name: value.float() for name, value in outputs.items()}
    raise ValueError("no separator within the tolerance")


@operation("thresholdNetwork")
def threshold_network(x, hiddenWeights, hiddenBias, outputWeights, outputBias):
    hidden = functions["step"](F.linear(x, hiddenWeights, hiddenBias))
    return {"hidden": hidden, "y": functions["step"](hidden @ outputWeights + outputBias)}


def linear_model(name, data, error):
    """Registers the loss and gradients of a linear model whose weights are penalized; its bias is subtracted."""

    def compute(x, weights, bias, penalty, **others):
        def loss(weights, bias):
            return error(F.linear(x, weights) - bias, others[data]) + penalty / 2 * weights.square().sum()

        return loss_and_gradients(loss, weights=weights, bias=bias)

    operation(name)(compute)


linear_model("leastSquares", "targets", lambda scores, targets: F.mse_loss(scores, targets, reduction="sum"))
linear_model("softMargin", "labels", lambda scores, labels: F.relu(1 - labels * scores).sum())
linear_model("softmaxRegression", "targets", lambda scores, targets: F.cross_entropy(scores, targets, reduction="sum"))


@operation("kFolds")
def k_folds(order, folds):
    validation = torch.zeros(folds, len(order))
    for fold, members in enumerate(torch.tensor_split(order.long(), folds)):
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
    return {"weights": weights[best], "bestStep": torch.tensor(float(best)), "lastStep": torch.tensor(float(last))}


@operation("ensemble")
def ensemble(predictions, target):
    prediction = predictions.mean(dim=0)
    return {
        "prediction": prediction,
        "squaredError": F.mse_loss(prediction, target),
        "memberErrors": (predictions - target).square().mean(dim=1),
    }


@operation("biasVariance")
def bias_variance(predictions, truth):
    mean = predictions.mean(dim=0)
    return {"squaredBias": F.mse_loss(mean, truth), "variance": predictions.var(dim=0, correction=0).mean()}


@operation("gradientStep", "weights")
def gradient_step(weights, gradient, learningRate):
    return descended(weights, gradient, lr=learningRate)


@operation("weightDecayStep", "weights")
def weight_decay_step(weights, gradient, learningRate, penalty):
    return descended(weights, gradient, lr=learningRate, weight_decay=penalty)


@operation("momentumStep")
def momentum_step(weights, gradient, change, learningRate, momentum):
    # The library's optimizer remembers the change divided by the rate; what comes in here is the change itself.
    change = momentum * change - learningRate * gradient
    return {"weights": weights + change, "change": change}


def optimized(optimizer, weights, gradient, state, **options):
    """One step of a library's optimizer that remembers `state`; the parameter, and what it remembers then."""
    parameter = torch.nn.Parameter(weights.clone())
    parameter.grad = gradient.clone()
    optimizer = optimizer([parameter], **options)
    optimizer.state[parameter] = {name: value.clone() for name, value in state.items()}
    optimizer.step()
    return parameter, optimizer.state[parameter]


@operation("adagradStep")
def adagrad_step(weights, gradient, squares, learningRate, epsilon):
    state = {"step": torch.tensor(0.0), "sum": squares}
    weights, state = optimized(torch.optim.Adagrad, weights, gradient, state, lr=learningRate, eps=epsilon)
    return {"weights": weights, "squares": state["sum"]}


@operation("rmspropStep")
def rmsprop_step(weights, gradient, squares, decay, learningRate, epsilon):
    state = {"step": torch.tensor(0.0), "square_avg": squares}
    options = {"lr": learningRate, "alpha": decay, "eps": epsilon}
    weights, state = optimized(torch.optim.RMSprop, weights, gradient, state, **options)
    return {"weights": weights, "squares": state["square_avg"]}


@operation("adamStep")
def adam_step(weights, gradient, means, squares, beta1, beta2, step, learningRate, epsilon):
    state = {"step": torch.tensor(step - 1.0), "exp_avg": means, "exp_avg_sq": squares}
    options = {"lr": learningRate, "betas": (beta1, beta2), "eps": epsilon}
    weights, state = optimized(torch.optim.Adam, weights, gradient, state, **options)
    return {"weights": weights, "means": state["exp_avg"], "squares": state["exp_avg_sq"]}


@operation("conjugateGradientStep")
def conjugate_gradient_step(a, x, residual, direction):
    """Where the residual is 0 the system is solved, and nothing moves."""
    product, squared = a @ direction, residual @ residual
    length = squared / (direction @ product) if squared != 0 else 0
    following = residual - length * product
    ratio = following @ following / squared if squared != 0 else 1
    return {"x": x + length * direction, "residual": following, "direction": following + ratio * direction}


@operation("batchEpoch", "weights")
def batch_epoch(x, targets, weights, learningRate):
    return loss_and_step(lambda weights: squared_error(x @ weights, targets), learningRate, weights=weights)["weights"]


@operation("patternEpoch", "weights")
def pattern_epoch(x, targets, weights, learningRate):
    for pattern in zip(x.split(1), targets.split(1)):
        weights = batch_epoch(*pattern, weights, learningRate)
    return weights


etalon.serve(name="torch", library="torch", version=torch.__version__.split("+")[0], numpy=True)
