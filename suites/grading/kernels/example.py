"""How a program that writes kernels asks for verdicts: python3 example.py etalon grade --against numpy --json-lines

One JSON object a line goes in, {"id", "operation", "entry", "code"}, and one comes back, with "verdict", "right", "findings" and "speed". This
generator has two ideas of softmax; it tries the second when it hears what is wrong with the first.
"""

import json
import subprocess
import sys

FIRST = """
import numpy
def forward(x):
    powers = numpy.exp(x - x.max(axis=0, keepdims=True))
    return powers / powers.sum(axis=0, keepdims=True)
"""
IDEAS = [FIRST, FIRST.replace("axis=0", "axis=1")]

with subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8") as etalon:
    for attempt, code in enumerate(IDEAS):
        request = {"id": str(attempt), "operation": "softmax", "entry": "forward", "code": code}
        etalon.stdin.write(json.dumps(request) + "\n")
        etalon.stdin.flush()
        answer = json.loads(etalon.stdout.readline())
        print(f"attempt {answer['id']}: {answer.get('verdict') or answer['error']}")
        for finding in answer.get("findings", []):
            print(f"  {finding['headline']}")
        if answer.get("right"):
            break
    etalon.stdin.close()
