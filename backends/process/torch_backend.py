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
    """Registers a function of tensors whose result is called `output`."""

    def register(function):
        etalon.operation(name)(lambda **inputs: numbers({output: function(**tensors(inputs))}))
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
activation("sigmoid", lambda x: torch.sigmoid(x))
activation("tanh", lambda x: torch.tanh(x))
activation("scaledTanh", lambda x, a, b: a * torch.tanh(b * x))
activation("relu", lambda x: F.relu(x))
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
    # The library's own cross entropy takes logits; xlogy has 0·ln 0 = 0.
    return -torch.xlogy(target, prediction).sum()


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


@operation("maxPool2d")
def max_pool(x, window, stride, padding):
    return F.max_pool2d(with_padding(x, padding, -torch.inf), tuple(window), tuple(stride))


gradient("maxPool2d.backward", max_pool, "x", "dx")


@operation("averagePool2d")
def average_pool(x, window, stride, padding):
    top, left, bottom, right = padding
    if top != bottom or left != right:
        raise etalon.Unsupported("avg_pool2d pads both sides alike")
    if 2 * top > window[0] or 2 * left > window[1]:
        raise etalon.Unsupported("avg_pool2d pads by half the window at most")
    return F.avg_pool2d(x, tuple(window), tuple(stride), (top, left), count_include_pad=False)


@operation("averagePool2d.backward", "dx")
def average_pool_backward(dy, inputSize, **geometry):
    x = torch.zeros(*dy.shape[:2], *inputSize, requires_grad=True)
    return torch.autograd.grad(average_pool(x, **geometry), x, dy)[0]


@operation("mlp.forward")
def mlp_forward(x, activations, **layers):
    for number, name in enumerate(activations, 1):
        x = functions[name](F.linear(x, layers[f"weights{number}"], layers[f"bias{number}"]))
    return x


def mlp_loss(x, target, activations, layers):
    """The squared error, and the layers as parameters that hold their gradients."""
    parameters = {name: torch.nn.Parameter(value.clone()) for name, value in layers.items()}
    loss = squared_error(mlp_forward(x, activations, **parameters), target)
    loss.backward()
    return loss, parameters


@etalon.operation("mlp.backward")
def mlp_backward(x, target, activations, **layers):
    loss, parameters = mlp_loss(torch.from_numpy(x), torch.from_numpy(target), activations, tensors(layers))
    return numbers({"loss": loss, **{f"d{name[0].upper()}{name[1:]}": value.grad for name, value in parameters.items()}})


@etalon.operation("mlp.trainStep")
def mlp_train_step(x, target, activations, learningRate, **layers):
    loss, parameters = mlp_loss(torch.from_numpy(x), torch.from_numpy(target), activations, tensors(layers))
    torch.optim.SGD(parameters.values(), lr=learningRate).step()
    return numbers({"loss": loss, **parameters})


def descended(weights, gradient, **options):
    parameter = torch.nn.Parameter(weights.clone())
    parameter.grad = gradient.clone()
    torch.optim.SGD([parameter], **options).step()
    return parameter


@operation("gradientStep", "weights")
def gradient_step(weights, gradient, learningRate):
    return descended(weights, gradient, lr=learningRate)


@operation("weightDecayStep", "weights")
def weight_decay_step(weights, gradient, learningRate, penalty):
    return descended(weights, gradient, lr=learningRate, weight_decay=penalty)


@etalon.operation("momentumStep")
def momentum_step(weights, gradient, change, learningRate, momentum):
    # The library's optimizer remembers the change divided by the rate; what comes in here is the change itself.
    next_change = momentum * torch.from_numpy(change) - learningRate * torch.from_numpy(gradient)
    return numbers({"weights": torch.from_numpy(weights) + next_change, "change": next_change})


etalon.serve(name="torch", library="torch", version=torch.__version__.split("+")[0], numpy=True)
