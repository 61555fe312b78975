"""Pooling, and a small convolutional network: text.md says what is asked. Arrays are nested lists; with the next line numpy arrays."""

# arrays = "numpy"


def max_pool2d(x, window, stride, padding):
    """x [batch][channel][row][column] -> [batch][channel][row][column]"""
    raise NotImplementedError


def max_pool2d_backward(x, dy, window, stride, padding):
    """dy as max_pool2d(x) -> as x"""
    raise NotImplementedError


def average_pool2d(x, window, stride, padding):
    raise NotImplementedError


def network_forward(x, kernels, kernel_bias, weights, bias, convolution, pooling):
    """kernels [map][channel][row][column], kernel_bias [map], weights [class][feature], bias [class] -> [batch][class]"""
    raise NotImplementedError
