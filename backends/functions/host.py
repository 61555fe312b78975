"""Hosts a file of plain Python functions behind the worker protocol: python3 host.py FILE TABLE

Nothing of Etalon is imported here, because nothing that this process can reach may know an answer: the file under test runs in it and
may read and change all of it. Standard library only (3.8 or newer). Requests come on standard input, replies go to descriptor 3, what
the file prints is log.

TABLE is JSON: {"functions":[{"operation","function","arguments":["x","weights[]","stride"],"outputs":["loss","dWeights[]"]}]}. The names
are those of the operation's inputs, attributes and outputs; here they are spelled as Python does: kernelSize is kernel_size. `weights[]`
stands for weights1, weights2, ... as one list. A function whose parameters have exactly these names gets them by name, any other one by
one in their order. Inputs are nested lists. A file that says `arrays = "numpy"` gets numpy arrays.
"""

import array
import ast
import base64
import inspect
import json
import math
import os
import re
import sys
import traceback

MOST_NUMBERS = 5_000_000
MOST_AXES = 8


class WrongResult(Exception):
    """What was returned cannot be read as numbers; the message is for its author."""


class WrongFunction(Exception):
    """The function cannot be called as it is asked."""


def main():
    requests, replies = take_channel()
    path, table = os.path.abspath(sys.argv[1]), json.loads(sys.argv[2])
    sys.argv = [path]
    sys.path.extend(table.get("paths", []))
    host = Host(path, table["functions"])
    for line in requests:
        request = json.loads(line)
        if request["call"] == "bye":
            break
        reply = dict(host.answer(request), id=request["id"])
        replies.write(json.dumps(reply).encode() + b"\n")
        replies.flush()
    os._exit(0)


def take_channel():
    """Keeps descriptors 0 and 3 for the protocol; what reads standard input finds it empty."""
    requests = os.fdopen(os.dup(0), "rb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return requests, os.fdopen(3, "wb")


class Host:
    def __init__(self, path, functions):
        self.path = path
        self.functions = {line["operation"]: line for line in functions}
        self.found = {}
        self.arrays = None

    def answer(self, request):
        try:
            return {"ok": self.hello() if request["call"] == "hello" else self.run(request)}
        except (WrongResult, WrongFunction) as error:
            return {"error": {"code": "invalid", "message": str(error)}}
        except BaseException as error:
            traceback.print_exc()
            return {"error": {"code": "failed", "message": self.described(error)}}

    def hello(self):
        self.load()
        names = [name for name, value in self.found.items() if inspect.isfunction(value)]
        return {
            "protocol": 1,
            "name": "submission",
            "version": sys.version.split()[0],
            "device": "cpu",
            "dtype": "float64",
            "precision": "float32",
            "operations": [key for key, line in self.functions.items() if callable(self.found.get(line["function"]))],
            "notes": names,
        }

    def load(self):
        with open(self.path, encoding="utf-8") as file:
            source = file.read()
        ast.parse(source, self.path)
        sys.path.insert(0, os.path.dirname(self.path))
        import types

        module = types.ModuleType("submission")
        module.__file__ = self.path
        sys.modules["submission"] = module
        exec(compile(source, self.path, "exec"), module.__dict__)
        self.found = {name: value for name, value in vars(module).items() if not name.startswith("__")}
        self.arrays = self.found.get("arrays")
        if self.arrays not in (None, "lists", "numpy", "torch"):
            raise WrongFunction(f'arrays is {self.arrays!r}; "lists" and "numpy" are allowed')

    def run(self, request):
        line = self.functions[request["operation"]]
        function = self.found[line["function"]]
        named = self.named_arguments(line, request["inputs"], request["attributes"])
        result = function(**named) if self.takes_names(function, named) else function(*self.bound(function, named))
        return {"outputs": outputs_of(line["outputs"], result)}

    def named_arguments(self, line, inputs, attributes):
        named = {}
        for name in line["arguments"]:
            if name.endswith("[]"):
                stem, values = name[:-2], []
                while f"{stem}{len(values) + 1}" in inputs:
                    values.append(self.decode(inputs[f"{stem}{len(values) + 1}"]))
                named[snake(stem)] = values
            elif name in inputs:
                named[snake(name)] = self.decode(inputs[name])
            elif name in attributes:
                named[snake(name)] = attributes[name]
        return named

    @staticmethod
    def takes_names(function, named):
        try:
            return set(inspect.signature(function).parameters) == set(named)
        except (TypeError, ValueError):
            return False

    @staticmethod
    def bound(function, named):
        try:
            inspect.signature(function).bind(*named.values())
        except ValueError:
            pass
        except TypeError:
            parameters = list(inspect.signature(function).parameters)
            line = getattr(getattr(function, "__code__", None), "co_firstlineno", None)
            place = f"line {line}: " if line else ""
            raise WrongFunction(
                f"{place}{function.__name__} takes {count(parameters)}; it is called with {count(named)}"
            ) from None
        return named.values()

    def decode(self, wire):
        data = array.array("d")
        data.frombytes(base64.b64decode(wire["data"]))
        if sys.byteorder == "big":
            data.byteswap()
        shape = wire["shape"]
        if self.arrays == "numpy":
            import numpy

            return numpy.array(data, dtype=float).reshape(shape)
        return nested(shape, data)

    def described(self, error):
        """The error in one line, with the line of the file that it comes from."""
        if isinstance(error, SyntaxError):
            return f"line {error.lineno}: {type(error).__name__}: {error.msg}"[:500]
        if isinstance(error, SystemExit):
            return f"{self.line(error)}it called sys.exit, which ends the program"
        message = str(error).split("\n")[0]
        return f"{self.line(error)}{type(error).__name__}{': ' if message else ''}{message}"[:500]

    def line(self, error):
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == self.path]
        return f"line {frames[-1].lineno}: " if frames else ""


def count(names):
    names = list(names)
    return f"{len(names)} argument{'' if len(names) == 1 else 's'} ({', '.join(names)})"


def snake(name):
    return re.sub(r"[A-Z]", lambda letter: f"_{letter.group().lower()}", name)


def nested(shape, data):
    """Nested lists of numbers in row-major order."""
    if not shape:
        return data[0]
    if len(shape) == 1:
        return list(data)
    step = math.prod(shape[1:])
    return [nested(shape[1:], data[row * step : (row + 1) * step]) for row in range(shape[0])]


def outputs_of(outputs, result):
    """One output may come without its name; it is then called `result`."""
    stems = [name.replace("[]", "") for name in outputs]
    if not isinstance(result, dict):
        if len(outputs) > 1 or outputs[0].endswith("[]"):
            raise WrongResult(f"it returned {kind(result)}; a dict with {', '.join(map(snake, stems))} is needed")
        return {"result": encode(result, "")}
    given = {snake(str(key)): value for key, value in result.items()}
    encoded = {}
    for output, stem in zip(outputs, stems):
        key = snake(stem)
        if key not in given:
            raise WrongResult(f"the dict that it returned has no {key}")
        if not output.endswith("[]"):
            encoded[stem] = encode(given[key], key)
            continue
        if not isinstance(given[key], (list, tuple)):
            raise WrongResult(f"{key} is {kind(given[key])}; a list with an entry for each layer is needed")
        for i, value in enumerate(given[key][:1000]):
            encoded[f"{stem}{i + 1}"] = encode(value, f"{key}[{i}]")
    return encoded


def encode(value, place):
    shape, numbers = [], []
    walk(value, place, 0, shape, numbers)
    data = array.array("d", numbers)
    if sys.byteorder == "big":
        data.byteswap()
    return {"dtype": "float64", "shape": shape, "data": base64.b64encode(data.tobytes()).decode("ascii")}


def walk(value, place, axis, shape, numbers, state=None):
    state = {} if state is None else state
    if hasattr(value, "tolist"):
        if math.prod(getattr(value, "shape", ())) > MOST_NUMBERS:
            raise WrongResult(f"it returned more than {MOST_NUMBERS} numbers")
        sizes = list(getattr(value, "shape", ()))
        if axis == 0 and 0 in sizes:
            shape.extend(sizes)
            return
        value = value.tolist()
    if not isinstance(value, (list, tuple, array.array)):
        if axis < len(shape):
            raise WrongResult(f"{at(place)}is {kind(value)} where its neighbours are lists")
        numbers.append(number_at(value, place))
        state["closed"] = True
        return
    if axis == MOST_AXES:
        raise WrongResult(f"{at(place)}is nested more than {MOST_AXES} levels deep")
    if axis == len(shape):
        if state.get("closed"):
            raise WrongResult(f"{at(place)}is a list where its neighbours are numbers")
        shape.append(len(value))
    if len(value) != shape[axis]:
        raise WrongResult(f"{at(place)}has {len(value)} entries, its neighbours have {shape[axis]}")
    if len(numbers) + len(value) > MOST_NUMBERS:
        raise WrongResult(f"it returned more than {MOST_NUMBERS} numbers")
    for i, part in enumerate(value):
        walk(part, f"{place}[{i}]", axis + 1, shape, numbers, state)


def number_at(value, place):
    try:
        if value is not None and not isinstance(value, (str, bytes, dict, complex)):
            return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf
    except (TypeError, ValueError):
        pass
    if place == "":
        raise WrongResult(f"it returned {kind(value)}; numbers are needed")
    raise WrongResult(f"{at(place)}is {kind(value)}; a number is needed")


def at(place):
    return "the result " if place == "" else f"{'the result' if place.startswith('[') else ''}{place} "


def kind(value):
    if value is None:
        return "None (is a return missing?)"
    names = {list: "a list", tuple: "a tuple", str: "a string", dict: "a dict", complex: "a complex number"}
    return names.get(type(value)) or f"a value of type {type(value).__name__}"


if __name__ == "__main__":
    main()
