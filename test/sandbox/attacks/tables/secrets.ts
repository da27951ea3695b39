import { expect } from 'vitest'
import { errorOf, type Attack } from '../../support/attack.ts'

/** Stands in the environment of the host. */
export const SECRET = 'sk-test-5f2c91d07e'

/** Section X. */
export const SECRETS: Attack[] = [
  {
    id: 'X1',
    title: 'the environment is small, fixed and holds nothing of the host',
    code: `
import os
result([sorted(os.environ), open('/proc/self/environ').read(), open('/proc/1/environ').read()])
`,
    expect(result) {
      const text = JSON.stringify(result.value)
      expect(text).not.toContain(SECRET)
      expect(text).not.toContain('HANDAXE')
      const [names] = result.value as [string[]]
      const expected =
        'HOME LANG MKL_NUM_THREADS MPLBACKEND MPLCONFIGDIR NUMEXPR_MAX_THREADS NUMEXPR_NUM_THREADS OMP_NUM_THREADS ' +
        'OPENBLAS_NUM_THREADS PATH PWD PYTHONDONTWRITEBYTECODE PYTHONPATH TMPDIR TZ USER'
      expect(names.join(' ')).toBe(expected)
    },
  },
  {
    id: 'X1',
    title: 'the environment of Node holds nothing of the host',
    language: 'javascript',
    code: "import { readFileSync } from 'node:fs'\nresult(JSON.stringify(process.env) + readFileSync('/proc/self/environ', 'utf8'))\n",
    expect(result) {
      expect(String(result.value)).not.toContain(SECRET)
      expect(String(result.value)).not.toContain('HANDAXE')
    },
  },
  {
    id: 'X2',
    title: 'no command line tells anything',
    code: "import os\nresult([open(f'/proc/{pid}/cmdline').read() for pid in os.listdir('/proc') if pid.isdigit()])\n",
    expect(result, opened) {
      expect(result.value).toHaveLength(1)
      expect(String(result.value)).toContain('/opt/guest/python/zygote.py')
      expect(String(result.value)).not.toContain(opened.folder)
    },
  },
  {
    id: 'X3',
    title: 'no memory that the execution can read holds a secret of the host',
    code: `
found = 0
needle = ('sk-' + 'test-').encode()
with open('/proc/self/mem', 'rb') as memory:
    for line in open('/proc/self/maps'):
        fields = line.split()
        if 'r' not in fields[1] or 'vsyscall' in line or 'vvar' in line:
            continue
        start, end = (int(part, 16) for part in fields[0].split('-'))
        try:
            memory.seek(start)
            text = memory.read(min(end - start, 64 << 20))
        except (OSError, ValueError, OverflowError):
            continue
        found += text.count(needle + b'5f2c91')
result(found)
`,
    expect: (result) => expect(result).toMatchObject({ status: 'ok', value: 0 }),
  },
  {
    id: 'X4',
    title: 'files with credentials are absent',
    code: errorOf(
      ...[
        '~/.netrc',
        '~/.npmrc',
        '~/.aws/credentials',
        '~/.config/gcloud',
        '~/.docker/config.json',
        '/etc/pip.conf',
      ].map((path) => `os.stat(os.path.expanduser('${path}'))`),
    ),
    expect: (result) => expect(result.value).toEqual(Array(6).fill('ENOENT')),
  },
  {
    id: 'X8',
    title: 'the machine has a neutral name',
    code: `
import getpass, os, socket
found = [socket.gethostname(), getpass.getuser(), os.getuid(), open('/etc/hostname').read(), os.uname().nodename]
for path in ('/etc/machine-id', '/proc/sys/kernel/random/boot_id', '/var/lib/dbus/machine-id'):
    found.append(os.path.exists(path))
result(found)
`,
    expect: (result) =>
      expect(result.value).toEqual(['sandbox', 'sandbox', 1000, 'sandbox\n', 'sandbox', false, false, false]),
  },
]
