"""Back-propagation through a multilayer perceptron: text.md says what is asked. Arrays are nested lists; with the next line numpy arrays."""

# arrays = "numpy"


def squared_error_gradient(prediction, target):
    raise NotImplementedError


def tanh_backward(x, dy):
    raise NotImplementedError


def dense_weight_gradient(x, dy):
    """x [sample][input], dy [sample][unit] -> [unit][input]"""
    raise NotImplementedError


def dense_bias_gradient(dy):
    """dy [sample][unit] -> [unit]"""
    raise NotImplementedError


def dense_input_gradient(weights, dy):
    """weights [unit][input], dy [sample][unit] -> [sample][input]"""
    raise NotImplementedError


def mlp_backward(x, target, weights, bias, activations):
    """weights[k] and bias[k] are those of layer k, activations[k] is its name -> {"loss": ..., "d_weights": [...], "d_bias": [...]}"""
    raise NotImplementedError
