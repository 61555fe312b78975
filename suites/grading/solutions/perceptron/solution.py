import math


def dot(a, b):
    return sum(p * q for p, q in zip(a, b))


def perceptron_train(x, labels, passes):
    weights = [0.0] * len(x[0])
    mistakes = []
    for _ in range(passes):
        row = [0] * len(x)
        for n, sample in enumerate(x):
            if labels[n] * dot(weights, sample) > 0:
                continue
            row[n] = 1
            weights = [weight + labels[n] * value for weight, value in zip(weights, sample)]
        mistakes.append(row)
    return {"weights": weights, "mistakes": mistakes}


def novikoff_bound(x, labels, separator):
    radius = max(math.sqrt(dot(sample, sample)) for sample in x)
    margin = min(label * dot(separator, sample) for label, sample in zip(labels, x))
    return {"radius": radius, "margin": margin, "bound": dot(separator, separator) * radius**2 / margin**2}
