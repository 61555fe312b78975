import math


def windows(height, width, window, stride, padding):
    """Every window of one map, as the list of (row, column) that lie in the image, arranged as the output is."""
    top, left, bottom, right = padding
    rows = (height + top + bottom - window[0]) // stride[0] + 1
    columns = (width + left + right - window[1]) // stride[1] + 1

    def inside(r, s):
        places = [(r * stride[0] + i - top, s * stride[1] + j - left) for i in range(window[0]) for j in range(window[1])]
        return [(row, column) for row, column in places if 0 <= row < height and 0 <= column < width]

    return [[inside(r, s) for s in range(columns)] for r in range(rows)]


def pool(x, window, stride, padding, reduce):
    places = windows(len(x[0][0]), len(x[0][0][0]), window, stride, padding)
    return [[[[reduce([m[r][s] for r, s in inside]) for inside in row] for row in places] for m in image] for image in x]


def max_pool2d(x, window, stride, padding):
    return pool(x, window, stride, padding, max)


def average_pool2d(x, window, stride, padding):
    return pool(x, window, stride, padding, lambda values: sum(values) / len(values))


def max_pool2d_backward(x, dy, window, stride, padding):
    places = windows(len(x[0][0]), len(x[0][0][0]), window, stride, padding)
    result = []
    for n, image in enumerate(x):
        maps = []
        for c, values in enumerate(image):
            dx = [[0.0] * len(row) for row in values]
            for r, row in enumerate(places):
                for s, inside in enumerate(row):
                    i, j = max(inside, key=lambda place: values[place[0]][place[1]])
                    dx[i][j] += dy[n][c][r][s]
            maps.append(dx)
        result.append(maps)
    return result


def conv2d(x, kernels, bias, stride, padding):
    result = []
    for image in x:
        maps = []
        for o, kernel in enumerate(kernels):
            top, left, bottom, right = padding
            height, width = len(image[0]), len(image[0][0])
            rows = (height + top + bottom - len(kernel[0])) // stride[0] + 1
            columns = (width + left + right - len(kernel[0][0])) // stride[1] + 1
            feature_map = []
            for r in range(rows):
                row = []
                for s in range(columns):
                    total = bias[o]
                    for c, plane in enumerate(kernel):
                        for i, weights in enumerate(plane):
                            for j, weight in enumerate(weights):
                                p, q = r * stride[0] + i - top, s * stride[1] + j - left
                                if 0 <= p < height and 0 <= q < width:
                                    total += weight * image[c][p][q]
                    row.append(total)
                feature_map.append(row)
            maps.append(feature_map)
        result.append(maps)
    return result


def softmax(scores):
    largest = max(scores)
    powers = [math.exp(score - largest) for score in scores]
    return [power / sum(powers) for power in powers]


def network_forward(x, kernels, kernel_bias, weights, bias, convolution, pooling):
    net = conv2d(x, kernels, kernel_bias, convolution["stride"], convolution["padding"])
    rectified = [[[[max(value, 0.0) for value in row] for row in m] for m in image] for image in net]
    probabilities = []
    for image in max_pool2d(rectified, pooling["window"], pooling["stride"], pooling["padding"]):
        features = [value for m in image for row in m for value in row]
        scores = [bias[k] + sum(w * f for w, f in zip(row, features)) for k, row in enumerate(weights)]
        probabilities.append(softmax(scores))
    return probabilities
