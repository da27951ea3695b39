"""Evaluates the filter of system calls as the kernel would, for each machine that it is made for.

Arguments: the folder of the guest programs. Standard input: JSON, [[machine, with network, call, arguments], ...], where a
call is a name of the table or a number. Standard output: JSON, what becomes of each: "allow", "kill" or the error's name.
"""

import errno
import functools
import json
import struct
import sys

sys.path.insert(0, sys.argv[1])

import seccomp
from syscalls import numbers_for

AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7, "i386": 0x40000003, "arm": 0x40000028}


build_program = functools.cache(seccomp.build_program)


def evaluate(rows, data):
    position = accumulator = 0
    while True:
        code, true, false, value = rows[position]
        position += 1
        if code == 0x20:
            accumulator = struct.unpack_from("<I", data, value)[0]
        elif code == 0x54:
            accumulator &= value
        elif code == 0x05:
            position += value
        elif code == 0x06:
            return value
        else:
            holds = {0x15: accumulator == value, 0x35: accumulator >= value, 0x45: accumulator & value != 0}[code]
            position += true if holds else false


def outcome(machine, with_network, call, arguments):
    machine, _, kind = machine.partition("/")
    number = numbers_for(machine)[call] if isinstance(call, str) else call
    data = struct.pack("<IIQ6Q", number, AUDIT[kind or machine], 0, *(arguments + [0] * 6)[:6])
    value = evaluate(build_program(machine, with_network), data)
    names = {0x7FFF0000: "allow", 0x80000000: "kill"}
    return names.get(value) or errno.errorcode[value & 0xFFFF]


json.dump([outcome(*case) for case in json.load(sys.stdin)], sys.stdout)
