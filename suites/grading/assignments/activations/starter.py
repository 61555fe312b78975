"""Activations and their derivatives: text.md says what is asked. x and the result are [sample][unit], nested lists.

With the next line they are numpy arrays.
"""

# arrays = "numpy"


def sigmoid(x):
    raise NotImplementedError


def sigmoid_derivative(x):
    raise NotImplementedError


def tanh(x):
    raise NotImplementedError


def tanh_derivative(x):
    raise NotImplementedError


def relu(x):
    raise NotImplementedError


def relu_derivative(x):
    raise NotImplementedError


def softplus(x):
    raise NotImplementedError


def softplus_derivative(x):
    raise NotImplementedError
