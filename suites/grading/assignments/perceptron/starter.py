"""The perceptron and Novikoff's bound: text.md says what is asked. Arrays are nested lists; with the next line they are numpy arrays."""

# arrays = "numpy"


def perceptron_train(x, labels, passes):
    """x [sample][feature], labels [sample], each -1 or 1 -> {"weights": [feature], "mistakes": [pass][sample]}"""
    raise NotImplementedError


def novikoff_bound(x, labels, separator):
    """x [sample][feature], labels [sample], separator [feature] -> {"radius": ..., "margin": ..., "bound": ...}"""
    raise NotImplementedError
