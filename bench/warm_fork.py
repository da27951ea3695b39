"""The floor of the benchmark: what a fork of a warm Python costs with no isolation at all. Only for trusted code.

For each line on standard input: forks, evaluates the one-liner in the child, which prints the value and ends.
"""

import os
import sys

import pandas as pd


def evaluate():
    return float(pd.DataFrame({"a": [1, 2, 3]}).a.std())


def main():
    evaluate()
    print("ready", flush=True)
    for _ in sys.stdin:
        pid = os.fork()
        if pid == 0:
            os.write(1, f"{evaluate()}\n".encode())
            os._exit(0)
        os.waitpid(pid, 0)


main()
