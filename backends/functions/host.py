"""Hosts a file of plain Python functions behind the worker protocol: python3 host.py FILE TABLE

Nothing of Etalon is imported here, because nothing that this process can reach may know an answer: the file under test runs in it and
may read and change all of it. Standard library only (3.8 or newer). Requests come on standard input, replies go to descriptor 3, what
the file prints is log.

TABLE is JSON: {"functions":[{"operation","function","arguments":["x","weights[]","stride"],"outputs":["loss","dWeights[]"]}]}. The names
are those of the operation's inputs, attributes and outputs; here they are spelled as Python does: kernelSize is kernel_size. `weights[]`
stands for weights1, weights2, ... as one list. A function whose parameters have exactly these names gets them by name, any other one by
one in their order. Inputs are nested lists. A file that says `arrays = "numpy"` gets numpy arrays.

A kernel's table says more: "arrays" ("numpy" or "torch") is what it gets, in float32, and "forbidden" is a pattern of the
names of the library's kernels that it is to replace and may not call. Its calls are timed on request. Its inputs lie between guards of NaN: it may neither change them nor write beside them,
and what it reads beside them shows. What it returned is overwritten with NaN once it was read, so that no memory holds an old answer.
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
import time
import traceback
import types
import warnings

MOST_NUMBERS = 5_000_000
MOST_AXES = 8
# Elements before and after each input of a kernel; as many as keep it aligned.
GUARD = 64
# Taken before the file under test can put another in its place.
NOW = time.perf_counter


class WrongResult(Exception):
    """What was returned cannot be read as numbers; the message is for its author."""


class WrongFunction(Exception):
    """The function cannot be called as it is asked."""


def main():
    requests, replies = take_channel()
    path, table = os.path.abspath(sys.argv[1]), json.loads(sys.argv[2])
    sys.argv = [path]
    sys.path.extend(table.get("paths", []))
    host = Host(path, table)
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
    def __init__(self, path, table):
        self.path = path
        self.functions = {line["operation"]: line for line in table["functions"]}
        self.found = {}
        self.library = table.get("arrays")
        self.arrays = None
        self.forbidden = table.get("forbidden")

    def answer(self, request):
        calls = {"hello": self.hello, "run": self.run}
        if self.library is not None:
            calls["bench"] = self.bench
        try:
            return {"ok": calls[request["call"]](request)}
        except (WrongResult, WrongFunction) as error:
            return {"error": {"code": "invalid", "message": str(error)}}
        except BaseException as error:
            traceback.print_exc()
            return {"error": {"code": "failed", "message": self.described(error)}}

    def hello(self, request):
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
        if self.forbidden is not None:
            take_away(self.library, re.compile(self.forbidden), source)
        module = types.ModuleType("submission")
        module.__file__ = self.path
        sys.modules["submission"] = module
        exec(compile(source, self.path, "exec"), module.__dict__)
        self.found = {name: value for name, value in vars(module).items() if not name.startswith("__")}
        self.arrays = self.library or self.found.get("arrays")
        if self.arrays not in (None, "lists", "numpy", "torch"):
            raise WrongFunction(f'arrays is {self.arrays!r}; "lists" and "numpy" are allowed')

    def run(self, request):
        line = self.functions[request["operation"]]
        named = self.named_arguments(line, request["inputs"], request["attributes"])
        if self.library is None:
            return {"outputs": outputs_of(line["outputs"], self.call(line, named))}
        return {"outputs": self.timed(line, named)[0]}

    def bench(self, request):
        """Calls with the very numbers are timed; what warms up gets the same numbers in another order, so that no answer can be kept from it."""
        line = self.functions[request["operation"]]
        given = self.named_arguments(line, request["inputs"], request["attributes"])
        for _ in range(request["warmup"]):
            self.timed(line, {name: rearranged(value) for name, value in given.items()})
        samples = [self.timed(line, given) for _ in range(request["iterations"])]
        outputs = samples[-1][0] if samples else {}
        load, execute, read = ([sample[phase] for sample in samples] for phase in (1, 2, 3))
        return {"loadMs": load, "executeMs": execute, "readMs": read, "outputs": outputs}

    def timed(self, line, given):
        """One call of a kernel with inputs of its own: the outputs, and milliseconds of copying the inputs, computing and reading."""
        start = NOW()
        named, guards = guarded(self.library, given)
        synchronize(self.library)
        before = NOW()
        result = self.call(line, named)
        synchronize(self.library)
        after = NOW()
        # At once, so that what is still being computed is not in it.
        kept = snapshot(self.library, result)
        outputs = outputs_of(line["outputs"], kept)
        end = NOW()
        overwrite(result)
        for name, guard in guards:
            if not all(is_whole(self.library, buffer) for buffer in guard):
                raise WrongResult(f"it wrote beside its input {name}; a kernel may write to its own memory only")
        changed = [name for name, value in named.items() if not same(value, given[name])]
        if changed:
            raise WrongResult(f"it changed its input {changed[0]}; a kernel has to leave its inputs as they are")
        return outputs, (before - start) * 1e3, (after - before) * 1e3, (end - after) * 1e3

    def call(self, line, named):
        function = self.found[line["function"]]
        return function(**named) if self.takes_names(function, named) else function(*self.bound(function, named))

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

            return numpy.array(data, dtype=float if self.library is None else numpy.float32).reshape(shape)
        if self.arrays == "torch":
            import torch

            # The library's own call, with which a kernel is compared, gets them here. A kernel may take them to another device.
            return torch.tensor(data, dtype=torch.float32).reshape(shape)
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


def guarded(library, given):
    """Copies of the inputs, each between two guards, and by name the memory that each lies in."""
    named, guards = {}, []
    for name, value in given.items():
        buffers = []

        def copy(part):
            if isinstance(part, list):
                return [copy(one) for one in part]
            if not hasattr(part, "dtype"):
                return part
            buffer, view = between_guards(library, part)
            buffers.append(buffer)
            return view

        named[name] = copy(value)
        guards.append((name, buffers))
    return named, guards


def between_guards(library, value):
    size = math.prod(value.shape)
    if library == "torch":
        import torch

        buffer = torch.full((size + 2 * GUARD,), math.nan, dtype=value.dtype, device=value.device)
    else:
        import numpy

        buffer = numpy.full(size + 2 * GUARD, math.nan, dtype=value.dtype)
    view = buffer[GUARD : GUARD + size].reshape(tuple(value.shape))
    view[...] = value
    return buffer, view


def is_whole(library, buffer):
    ends = buffer[:GUARD], buffer[-GUARD:]
    return all(bool((end != end).all()) for end in ends)


def rearranged(value):
    """The same numbers from the last to the first."""
    if isinstance(value, list):
        return [rearranged(part) for part in value]
    if not hasattr(value, "dtype"):
        return value
    flat = value.reshape(-1)
    return (flat.flip(0) if hasattr(flat, "flip") else flat[::-1].copy()).reshape(value.shape)


def arrays_in(result):
    parts = result.values() if isinstance(result, dict) else result if isinstance(result, (list, tuple)) else [result]
    for part in parts:
        yield from arrays_in(part) if isinstance(part, (list, tuple)) else [part]


def snapshot(library, result):
    """A copy of everything that was returned. Only the library's own arrays are taken: another class could compute when it is looked at."""
    if isinstance(result, dict):
        return {key: snapshot(library, part) for key, part in result.items()}
    if type(result) in (list, tuple):
        return [snapshot(library, part) for part in result]
    if type(result) in (bool, int, float):
        return result
    if library == "torch":
        import torch

        if type(result) is torch.Tensor and result.layout == torch.strided:
            return result.detach().clone()
    else:
        import numpy

        if type(result) is numpy.ndarray or isinstance(result, numpy.generic):
            return result.copy()
    expected = "torch.Tensor" if library == "torch" else "numpy.ndarray"
    raise WrongResult(f"it returned {kind(result)}; a {expected} is needed")


def overwrite(result):
    """Fills what was returned with NaN: whoever returns it again has not computed it."""
    for part in arrays_in(result):
        try:
            (part.detach().fill_ if hasattr(part, "detach") else part.fill)(math.nan)
        except Exception:
            # It is no array, holds whole numbers, or cannot be written to.
            pass


def same(value, other):
    if isinstance(value, list):
        return len(value) == len(other) and all(map(same, value, other))
    if not hasattr(value, "dtype"):
        return value == other
    return value.shape == other.shape and bool(((value == other) | ((value != value) & (other != other))).all())


def synchronize(library):
    if library == "torch":
        import torch

        if torch.cuda.is_available():
            torch.cuda.synchronize()


def take_away(library, forbidden, source):
    """Takes the library's own kernels that the function is to replace out of this process, whichever thread calls them and by whatever name."""
    if library == "torch":
        take_from_torch(forbidden)
    else:
        refuse_in_source(forbidden, source)


def take_from_torch(forbidden):
    import torch

    def taken_away(name):
        def refuse(*_, **__):
            raise WrongResult(f"it calls the library's own {name}, which it is to replace")

        return refuse

    libraries = {space: torch.library.Library(space, "IMPL") for space in ("aten", "mkldnn", "onednn", "quantized")}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for schema in torch._C._jit_get_all_schemas():
            space, name = schema.name.split("::")
            if space not in libraries or not forbidden.search(name):
                continue
            # With `out`, in place, …: each form is a kernel of its own.
            form = f"{name}.{schema.overload_name}" if schema.overload_name else name
            for device in ("CPU", "CUDA", "MkldnnCPU", "SparseCPU", "SparseCsrCPU"):
                try:
                    libraries[space].impl(form, taken_away(name), device)
                except RuntimeError:
                    # It is no kernel, or was taken already.
                    break
    # They come back when nobody holds them.
    Host.taken = libraries


def refuse_in_source(forbidden, source):
    """numpy's kernels cannot be taken away from its arrays: their names may not stand in the file, nor the operator @."""
    for node in ast.walk(ast.parse(source)):
        names = []
        if isinstance(node, (ast.BinOp, ast.AugAssign)) and isinstance(node.op, ast.MatMult):
            names = ["matmul"]
        elif isinstance(node, ast.Attribute):
            names = [node.attr]
        elif isinstance(node, ast.ImportFrom):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names = [node.value]
        for name in names:
            if forbidden.search(name):
                raise WrongResult(f"line {node.lineno}: it calls the library's own {name}, which it is to replace")


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
    if type(value).__module__ == "torch":
        value = value.detach().cpu().numpy()
    if type(value).__module__ == "numpy" and getattr(value, "dtype", None) is not None and value.dtype.kind in "fiub":
        if value.size > MOST_NUMBERS:
            raise WrongResult(f"it returned more than {MOST_NUMBERS} numbers")
        data = value.astype("<f8").tobytes()
        return {"dtype": "float64", "shape": list(value.shape), "data": base64.b64encode(data).decode("ascii")}
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
