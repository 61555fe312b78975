"""Etalon's protocol for backends written in Python: one file, standard library only (3.8 or newer).

A worker is a script that says what it computes:

    import etalon

    @etalon.operation("relu")
    def relu(x):
        return x.map(lambda value: value if value > 0 else 0.0 * value)

    etalon.serve(name="mine")

A function is called with the operation's inputs and attributes as keyword arguments, under the names that `etalon operations NAME`
prints: conv2d(x, weights, stride, padding, dilation, groups, bias=None). Inputs are `Tensor`s, or numpy arrays after
`serve(..., numpy=True)`. An attribute whose name is a word of Python is passed with an underscore behind it to a function that names it so:
`from_`, `lambda_`. A function returns its only output, or a dict of outputs by name where there are several: {"loss": ..., "gradient":
...}. The only output of an operation that is not Etalon's own is called `y`; a dict names it otherwise. An output is a Tensor, nested lists, a number, or anything with numpy's `shape` and `tobytes`. What it raises becomes the
reason in the report; raise `Unsupported` for attributes that it does not have and `Invalid` for a request that makes no sense.

Importing this module takes standard input and output for the protocol: what the program prints from then on goes to standard error,
where it is kept for the report, and what it reads is empty.
"""

import array
import base64
import inspect
import json
import keyword
import math
import os
import sys
import time
import traceback
import uuid

__all__ = ["Invalid", "Tensor", "Unsupported", "operation", "serve"]

_TYPES = {"float32": "f", "float64": "d", "int32": "i"}
_LITTLE_ENDIAN = {"float32": "<f4", "float64": "<f8", "int32": "<i4"}
_SPELLED = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf, "-0": -0.0}
_FILE_THRESHOLD_BYTES = 2**20

# The only output of operations that do not call it y, by name or by its last part.
_ONLY_OUTPUTS = {
    "backward": "dx",
    "inputGradient": "dx",
    "weightGradient": "dWeights",
    "biasGradient": "dBias",
    "gradient": "dPrediction",
    "jacobian": "jacobian",
    "matrix": "matrix",
    "squaredError": "loss",
    "crossEntropy": "loss",
    "binaryCrossEntropy": "loss",
    "convolutionalNetwork.forward": "probabilities",
    "mlp.pathGradient": "gradient",
    "batchPerceptronStep": "weights",
    "stochasticPerceptronEpoch": "weights",
    "gradientStep": "weights",
    "weightDecayStep": "weights",
    "batchEpoch": "weights",
    "patternEpoch": "weights",
}

_operations = {}
_channel = None


class Unsupported(Exception):
    """The operation exists here, but not with these attributes or shapes."""


class Invalid(Exception):
    """The request makes no sense: a missing input, shapes that do not fit."""


class Tensor:
    """A shape and its numbers in row-major order: `x.shape` is a tuple, `x.data` a flat sequence."""

    def __init__(self, shape, data):
        self.shape = tuple(shape)
        self.data = data
        if len(data) != math.prod(self.shape):
            raise ValueError(f"shape {list(self.shape)} holds {math.prod(self.shape)} values, {len(data)} were given")

    def map(self, function):
        """Applies a function to every number."""
        return Tensor(self.shape, [function(value) for value in self.data])

    def rows(self):
        """The numbers as nested lists, one level an axis; a number where there is no axis."""
        return _nested(self.shape, self.data)


def operation(name):
    """Decorates the function that computes the operation of this name."""

    def register(function):
        _operations[name] = function
        return function

    return register


def serve(name, version="0", device="cpu", dtype="float32", numpy=False, **description):
    """Answers requests until there are no more. `description` may hold library, driver, precision and notes.

    What is allowed only where it is declared stands there too: algorithms=["winograd2x2", "winograd4x4"] for Winograd's convolutions,
    subnormals="flushed" where numbers below the smallest normal one may become zero. deterministic=True promises the same bits for the same
    question; blocks=[8, 128] has sizes beside and between the multiples of these asked too.
    """
    if dtype not in _TYPES:
        raise ValueError(f"serve: dtype {dtype!r} is none of {', '.join(_TYPES)}")
    hello = dict(description, protocol=1, name=name, version=version, device=device, dtype=dtype)
    hello["operations"] = sorted(_operations)
    server = _Server(hello, dtype, numpy)
    requests, replies = _channel
    for line in requests:
        request = json.loads(line)
        if request["call"] == "bye":
            break
        reply = dict(server.answer(request), id=request["id"])
        replies.write(json.dumps(reply, separators=(",", ":"), allow_nan=False).encode() + b"\n")
        replies.flush()


class _Server:
    def __init__(self, hello, dtype, numpy):
        self.hello = hello
        self.dtype = dtype
        self.numpy = numpy
        self.directory = None

    def answer(self, request):
        calls = {"hello": self.say_hello, "run": self.run, "bench": self.bench}
        try:
            if request["call"] not in calls:
                raise Unsupported(f"there is no call {request['call']!r}")
            return {"ok": calls[request["call"]](request)}
        except Exception as error:
            codes = {Unsupported: "unsupported", Invalid: "invalid"}
            traceback.print_exc()
            message = str(error) if type(error) in codes else f"{type(error).__name__}: {error}{_place(error)}"
            return {"error": {"code": codes.get(type(error), "failed"), "message": message}}

    def say_hello(self, request):
        if 1 not in request["protocol"]:
            raise Unsupported(f"this worker speaks protocol 1, asked was {request['protocol']}")
        self.directory = request.get("directory") if request.get("files") else None
        # Requests wait in the pipe while this one is computed.
        return dict(self.hello, files=self.directory is not None, inFlight=8)

    def run(self, request):
        compute = self.prepare(request)
        return {"outputs": self.encode(compute(**self.decode(request)))}

    def bench(self, request):
        """Decoding, computing and encoding are this worker's load, execute and read; files and base64 are not timed."""
        compute = self.prepare(request)
        inputs = self.decode(request)
        tensors = {key: inputs[key] for key in request["inputs"]}

        def iterate():
            start = time.perf_counter()
            loaded = {key: self.load(value) for key, value in tensors.items()}
            before = time.perf_counter()
            result = compute(**dict(inputs, **loaded))
            after = time.perf_counter()
            packed = {key: self.pack(value) for key, value in result.items()}
            end = time.perf_counter()
            return packed, (before - start) * 1e3, (after - before) * 1e3, (end - after) * 1e3

        _, *first = iterate()
        for _ in range(request["warmup"]):
            iterate()
        samples = [iterate() for _ in range(request["iterations"])]
        outputs, *_ = samples[-1]
        return {
            "firstCallMs": sum(first),
            "loadMs": [load for _, load, _, _ in samples],
            "executeMs": [execute for _, _, execute, _ in samples],
            "readMs": [read for _, _, _, read in samples],
            "outputs": {key: self.wire(*packed) for key, packed in outputs.items()},
        }

    def prepare(self, request):
        if request["operation"] not in _operations:
            raise Unsupported(f"{request['operation']} is not among {', '.join(sorted(_operations))}")
        name, function = request["operation"], _operations[request["operation"]]
        reserved = [word for word in request["attributes"] if keyword.iskeyword(word) and f"{word}_" in _parameters(function)]

        def compute(**inputs):
            for word in reserved:
                inputs[f"{word}_"] = inputs.pop(word)
            result = function(**inputs)
            return result if isinstance(result, dict) else {_only_output(name): result}

        return compute

    def decode(self, request):
        inputs = {key: self.decode_tensor(key, value) for key, value in request["inputs"].items()}
        return dict(request["attributes"], **inputs)

    def decode_tensor(self, key, wire):
        if wire["dtype"] != self.dtype:
            raise Invalid(f"inputs.{key}: dtype is {wire['dtype']}, the hello declared {self.dtype}")
        if "values" in wire:
            data = array.array(_TYPES[self.dtype], (_SPELLED.get(v, v) for v in wire["values"]))
        else:
            data = array.array(_TYPES[self.dtype])
            data.frombytes(base64.b64decode(wire["data"]) if "data" in wire else self.take_file(wire["file"]))
            if sys.byteorder == "big":
                data.byteswap()
        tensor = Tensor(wire["shape"], data)
        return self.to_numpy(tensor) if self.numpy else tensor

    def take_file(self, name):
        path = os.path.join(self.directory, name)
        with open(path, "rb") as file:
            data = file.read()
        os.remove(path)
        return data

    def to_numpy(self, tensor):
        import numpy

        return numpy.frombuffer(tensor.data, dtype=self.dtype).reshape(tensor.shape)

    def load(self, value):
        return value.copy() if self.numpy else Tensor(value.shape, value.data[:])

    def encode(self, result):
        return {key: self.wire(*self.pack(value)) for key, value in result.items()}

    def pack(self, value):
        """An output's shape and its little-endian bytes in the dtype of the hello."""
        if hasattr(value, "tobytes") and hasattr(value, "astype"):
            return list(value.shape), value.astype(_LITTLE_ENDIAN[self.dtype]).tobytes()
        if not isinstance(value, Tensor):
            value = Tensor(*_flatten(value))
        data = array.array(_TYPES[self.dtype], value.data)
        if sys.byteorder == "big":
            data.byteswap()
        return list(value.shape), data.tobytes()

    def wire(self, shape, data):
        tensor = {"dtype": self.dtype, "shape": shape}
        if self.directory is None or len(data) <= _FILE_THRESHOLD_BYTES:
            return dict(tensor, data=base64.b64encode(data).decode("ascii"))
        name = f"{uuid.uuid4()}.bin"
        with open(os.path.join(self.directory, name), "xb") as file:
            file.write(data)
        return dict(tensor, file=name)


def _only_output(name):
    return _ONLY_OUTPUTS.get(name, _ONLY_OUTPUTS.get(name.rpartition(".")[2], "y"))


def _parameters(function):
    return inspect.signature(function).parameters


def _nested(shape, data):
    """Nested lists of numbers in row-major order."""
    if not shape:
        return data[0]
    if len(shape) == 1:
        return list(data)
    step = math.prod(shape[1:])
    return [_nested(shape[1:], data[row * step : (row + 1) * step]) for row in range(shape[0])]


def _flatten(value):
    """Shape and numbers of nested sequences."""
    if not isinstance(value, (list, tuple)):
        return (), [value]
    if not any(isinstance(part, (list, tuple)) for part in value):
        return (len(value),), value
    parts = [_flatten(part) for part in value]
    if any(shape != parts[0][0] for shape, _ in parts):
        raise ValueError("an output's nested lists are not a rectangle")
    return (len(parts), *parts[0][0]), [number for _, numbers in parts for number in numbers]


def _place(error):
    """Where in the worker's own code it was raised."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename != __file__]
    return f" ({os.path.basename(frames[-1].filename)}:{frames[-1].lineno})" if frames else ""


def _take_channel():
    """Keeps descriptors 0 and 1 for the protocol and leaves others in their place, for whatever reads or prints."""
    requests = os.fdopen(os.dup(0), "rb")
    replies = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return requests, replies


_channel = _take_channel()
