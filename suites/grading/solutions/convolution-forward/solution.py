def at(image, r, s):
    """image[r][s], and 0 outside the image."""
    return image[r][s] if 0 <= r < len(image) and 0 <= s < len(image[0]) else 0.0


def conv2d(x, weights, bias, stride, padding):
    top, left, bottom, right = padding
    kernel_height, kernel_width = len(weights[0][0]), len(weights[0][0][0])
    rows = (len(x[0][0]) + top + bottom - kernel_height) // stride[0] + 1
    columns = (len(x[0][0][0]) + left + right - kernel_width) // stride[1] + 1

    def element(image, o, r, s):
        total = bias[o]
        for c, plane in enumerate(image):
            for i in range(kernel_height):
                for j in range(kernel_width):
                    total += weights[o][c][i][j] * at(plane, r * stride[0] + i - top, s * stride[1] + j - left)
        return total

    return [
        [[[element(image, o, r, s) for s in range(columns)] for r in range(rows)] for o in range(len(weights))] for image in x
    ]
