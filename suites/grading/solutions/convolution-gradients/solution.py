def zeros(size, *inner):
    return [zeros(*inner) if inner else 0.0 for _ in range(size)]


def conv2d_bias_gradient(dy):
    d_bias = zeros(len(dy[0]))
    for image in dy:
        for o, feature_map in enumerate(image):
            d_bias[o] += sum(map(sum, feature_map))
    return d_bias


def products(dy, channels, size, kernel_size, stride, padding):
    """Every product of the forward pass: y[n][o][r][s] takes weights[o][c][i][j] times x[n][c][row][column]."""
    for n in range(len(dy)):
        for o in range(len(dy[n])):
            for r in range(len(dy[n][o])):
                for s in range(len(dy[n][o][r])):
                    for c in range(channels):
                        for i in range(kernel_size[0]):
                            for j in range(kernel_size[1]):
                                row = r * stride[0] + i - padding[0]
                                column = s * stride[1] + j - padding[1]
                                if 0 <= row < size[0] and 0 <= column < size[1]:
                                    yield n, o, r, s, c, i, j, row, column


def conv2d_weight_gradient(x, dy, stride, padding, kernel_size):
    channels = len(x[0])
    d_weights = zeros(len(dy[0]), channels, *kernel_size)
    size = (len(x[0][0]), len(x[0][0][0]))
    for n, o, r, s, c, i, j, row, column in products(dy, channels, size, kernel_size, stride, padding):
        d_weights[o][c][i][j] += dy[n][o][r][s] * x[n][c][row][column]
    return d_weights


def conv2d_input_gradient(weights, dy, stride, padding, input_size):
    channels = len(weights[0])
    dx = zeros(len(dy), channels, *input_size)
    kernel_size = (len(weights[0][0]), len(weights[0][0][0]))
    for n, o, r, s, c, i, j, row, column in products(dy, channels, input_size, kernel_size, stride, padding):
        dx[n][c][row][column] += dy[n][o][r][s] * weights[o][c][i][j]
    return dx
