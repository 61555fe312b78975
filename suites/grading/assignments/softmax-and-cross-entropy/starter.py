"""Softmax and cross entropy: text.md says what is asked. Arrays are [sample][class], nested lists; with the next line numpy arrays."""

# arrays = "numpy"


def softmax(x):
    raise NotImplementedError


def softmax_backward(x, dy):
    """dy is the gradient with respect to softmax(x) -> the gradient with respect to x"""
    raise NotImplementedError


def cross_entropy(prediction, target):
    """-> one number"""
    raise NotImplementedError


def cross_entropy_gradient(prediction, target):
    raise NotImplementedError
