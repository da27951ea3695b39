import { afterAll, beforeAll, expect } from 'vitest'
import { openTestSandbox, type TestSandbox } from '../../support/open-test-sandbox.ts'
import { testItem } from '../support/invariants.ts'

let opened: TestSandbox

beforeAll(async () => {
  opened = await openTestSandbox({ idleJavascript: 0 })
})
afterAll(() => opened.close())

testItem(
  'S1: random numbers differ between executions, whatever makes them',
  () => opened,
  async ({ python }) => {
    const code = `
import random, uuid, os, secrets
import numpy as np
result([random.random(), str(uuid.uuid4()), os.urandom(8).hex(), secrets.token_hex(8),
        float(np.random.random()), float(np.random.default_rng().random()), float(np.random.RandomState().rand())])
`
    const runs = await Promise.all([python(code), python(code), python(code)])
    const values = runs.map(({ value }) => value as unknown[])
    for (let index = 0; index < 7; index++) expect(new Set(values.map((row) => row[index])).size).toBe(3)
  },
)

testItem(
  'S1: a seed gives the same numbers in every execution',
  () => opened,
  async ({ python }) => {
    const code = 'import numpy as np\nnp.random.seed(7)\nresult(float(np.random.random()))'
    const [one, other] = [await python(code), await python(code)]
    expect(one.value).toBe(other.value)
  },
)

testItem(
  'S3: patched modules, handlers, environment and settings are gone in the next execution',
  () => opened,
  async ({ python }) => {
    const poison = await python(`
import atexit, builtins, gc, json, locale, os, resource, signal, sys
import pandas as pd
sys.modules['json'] = None
json.dumps = lambda *_: 'evil'
pd.DataFrame.std = lambda *_: 'evil'
pd.set_option('display.max_rows', 1)
builtins.print = lambda *_: None
gc.callbacks.append(lambda *_: None)
gc.disable()
signal.signal(signal.SIGTERM, signal.SIG_IGN)
os.environ['EVIL'] = '1'
os.chdir('/tmp')
os.umask(0)
sys.setrecursionlimit(50)
resource.setrlimit(resource.RLIMIT_NOFILE, (20, 20))
`)
    expect(poison.status).toBe('ok')
    const next = await python(`
import gc, json, os, resource, signal, sys
import pandas as pd
print('heard')
result([json.dumps([1]), float(pd.DataFrame({'a': [1, 2, 3]}).a.std()), pd.get_option('display.max_rows'), gc.callbacks,
        gc.isenabled(), signal.getsignal(signal.SIGTERM) == signal.SIG_DFL, os.environ.get('EVIL'), os.getcwd(),
        sys.getrecursionlimit(), resource.getrlimit(resource.RLIMIT_NOFILE)[0], hasattr(sys, 'ps1')])
`)
    expect(next.value).toEqual(['[1]', 1, 60, [], true, true, null, '/box', 1000, 256, false])
    expect(next.stdout.head).toBe('heard\n')
  },
)

testItem(
  'S4: files are gone in the next execution',
  () => opened,
  async ({ python }) => {
    const places = "['/tmp/x', '/box/x', '/dev/shm/x', '/box/output/x', '/var/tmp/y', '/box/usercustomize.py']"
    expect((await python(`for path in ${places}:\n    open(path, 'w').write('x')`)).status).toBe('ok')
    const next = await python(
      `import os\nresult([os.path.exists(path) for path in ${places}] + [sorted(os.listdir('/box'))])`,
    )
    expect(next.value).toEqual([...Array(6).fill(false), ['input', 'output']])
  },
)

testItem(
  'S7: the heap of the next execution holds nothing of the one before',
  () => opened,
  async ({ python }) => {
    const secret = `marker-${Math.random()}`
    await python(`secret = '${secret}'\nprint(secret)\nresult(secret)`)
    const next = await python(`
import re
needle = ('marker' + '-0.').encode()
found = 0
for line in open('/proc/self/maps'):
    start, end = (int(part, 16) for part in line.split()[0].split('-'))
    if 'rw' not in line.split()[1]:
        continue
    try:
        with open('/proc/self/mem', 'rb') as memory:
            memory.seek(start)
            found += len(re.findall(re.escape(needle) + rb'[0-9]{6,}', memory.read(end - start)))
    except (OSError, OverflowError, ValueError):
        pass
result(found)
`)
    expect(next).toMatchObject({ status: 'ok', value: 0 })
  },
)

testItem(
  'S8: no process is used twice',
  () => opened,
  async ({ python }) => {
    const code =
      'import os\nresult(os.readlink("/proc/self/ns/pid") + os.readlink("/proc/self/ns/mnt") + os.readlink("/proc/self/ns/user"))'
    const runs = await Promise.all(Array.from({ length: 40 }, () => python(`${code}\nimport uuid; x = uuid.uuid4()`)))
    expect(runs.every(({ status }) => status === 'ok')).toBe(true)
    const marked = await python("import builtins, sys\nresult(hasattr(builtins, 'used'))\nbuiltins.used = True")
    expect(marked.value).toBe(false)
  },
)

testItem(
  'S9: the first process is 1 in every execution',
  () => opened,
  async ({ python }) => {
    expect((await python('import os\nresult([os.getpid(), os.getppid()])')).value).toEqual([1, 0])
  },
)

testItem(
  'S10: linear algebra works after the fork',
  () => opened,
  async ({ python }) => {
    const result = await python('import numpy as np\nu, s, v = np.linalg.svd(np.eye(300) * 2)\nresult(float(s[0]))')
    expect(result).toMatchObject({ status: 'ok', value: 2 })
  },
)

testItem(
  'S11: the modules of the harness are not in the way of the program',
  () => opened,
  async ({ python }) => {
    const result = await python(`
import importlib.util, sys
names = ['frames', 'jail', 'guard', 'libc', 'seccomp', 'execute', 'warm_up', 'encode_value', 'zygote', 'tools_module']
open('/box/frames.py', 'w').write('own = 1')
import frames
result([frames.own, [name for name in names[1:] if importlib.util.find_spec(name)], sys.path[0]])
`)
    expect(result.value).toEqual([1, [], '/box'])
  },
)

testItem(
  'S11: the warm-up leaves no trace in settings and warnings',
  () => opened,
  async ({ python }) => {
    const result = await python(`
import sys, warnings
import numpy as np, pandas as pd
result([len(warnings.filters) < 12, np.geterr()['divide'], pd.get_option('display.precision'), '__main__' in sys.modules,
        sorted(name for name in globals() if not name.startswith('__'))])
`)
    expect(result.value).toEqual([true, 'warn', 6, true, ['np', 'pd', 'sys', 'warnings']])
  },
)
