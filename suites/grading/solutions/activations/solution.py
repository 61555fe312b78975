import math


def each(function):
    return lambda x: [[function(value) for value in row] for row in x]


def logistic(x):
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def inverse_square_of_cosh(x):
    """4e^(-2|x|)/(1 + e^(-2|x|))^2, which neither overflows nor cancels."""
    power = math.exp(-2 * abs(x))
    return 4 * power / (1 + power) ** 2


def softplus_of(x):
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


def sigmoid(x):
    return each(logistic)(x)


def sigmoid_derivative(x):
    return each(lambda value: logistic(value) * logistic(-value))(x)


def tanh(x):
    return each(math.tanh)(x)


def tanh_derivative(x):
    return each(inverse_square_of_cosh)(x)


def relu(x):
    return each(lambda value: value if value > 0 else 0.0)(x)


def relu_derivative(x):
    return each(lambda value: 1.0 if value > 0 else 0.0)(x)


def softplus(x):
    return each(softplus_of)(x)


def softplus_derivative(x):
    return each(logistic)(x)
