"""The forward pass of a convolution: text.md says what is asked. Arrays are nested lists; with the next line they are numpy arrays."""

# arrays = "numpy"


def conv2d(x, weights, bias, stride, padding):
    """x [batch][input channel][row][column], weights [output channel][input channel][kernel row][kernel column], bias [output channel]
    -> [batch][output channel][row][column]"""
    raise NotImplementedError
