"""The forward pass of a multilayer perceptron: text.md says what is asked. Arrays are nested lists; with the next line numpy arrays."""

# arrays = "numpy"


def dense(x, weights, bias):
    """x [sample][input], weights [unit][input], bias [unit] -> [sample][unit]"""
    raise NotImplementedError


def mlp_forward(x, weights, bias, activations):
    """weights[k] and bias[k] are those of layer k, activations[k] is its name -> [sample][unit of the last layer]"""
    raise NotImplementedError
