"""Gradients of a convolution: text.md says what is asked. Arrays are nested lists; with the next line they are numpy arrays."""

# arrays = "numpy"


def conv2d_bias_gradient(dy):
    """dy [batch][output channel][row][column] -> [output channel]"""
    raise NotImplementedError


def conv2d_weight_gradient(x, dy, stride, padding, kernel_size):
    """x [batch][input channel][row][column], dy as y -> [output channel][input channel][kernel row][kernel column]"""
    raise NotImplementedError


def conv2d_input_gradient(weights, dy, stride, padding, input_size):
    """weights [output channel][input channel][kernel row][kernel column], dy as y -> as x"""
    raise NotImplementedError
