import { hostname } from 'node:os'
import { expect } from 'vitest'
import type { Attack } from '../../support/attack.ts'

/** Sections X and S, as they end in a container. */
export const SECRETS_AND_STATE_IN_CONTAINER: Attack[] = [
  {
    id: 'X1',
    title: 'no variable, name or process of the host is seen',
    code: "import os, socket\nresult([sorted(os.environ), socket.gethostname(), sorted(int(name) for name in os.listdir('/proc') if name.isdigit())[:1]])\n",
    expect(result) {
      const [names, name, [first]] = result.value as [string[], string, number[]]
      const fixed = ['HOME', 'HOSTNAME', 'LANG', 'MPLBACKEND', 'MPLCONFIGDIR', 'MKL_NUM_THREADS', 'NODE_NO_WARNINGS']
      const more = [
        'OMP_NUM_THREADS',
        'NUMEXPR_MAX_THREADS',
        'NUMEXPR_NUM_THREADS',
        'OPENBLAS_NUM_THREADS',
        'PATH',
        'PYTHONDONTWRITEBYTECODE',
        'TMPDIR',
        'TZ',
        'USER',
      ]
      expect(names).toEqual([...fixed, ...more, 'UV_USE_IO_URING'].sort())
      expect(name).toBe('sandbox')
      expect(name).not.toBe(hostname())
      expect(first).toBe(1)
    },
  },
  {
    id: 'S1',
    title: 'random numbers differ between executions',
    code: 'import random, numpy, uuid\nresult([random.random(), float(numpy.random.rand()), str(uuid.uuid4())])\n',
    async expect(result, _, execute) {
      const again = await execute({
        language: 'python',
        code: 'import random, numpy, uuid\nresult([random.random(), float(numpy.random.rand()), str(uuid.uuid4())])\n',
      })
      const [one, other] = [result.value as unknown[], again.value as unknown[]]
      one.forEach((value, index) => expect(value).not.toBe(other[index]))
    },
  },
  {
    id: 'S4',
    title: 'no file of one execution is there in the next',
    code: "for folder in ('/tmp', '/box', '/dev/shm', '/box/output'):\n    open(folder + '/left', 'w').write('x')\n",
    async expect(_, __, execute) {
      const code =
        "import os\nresult([name for f in ('/tmp', '/box', '/dev/shm', '/box/output') for name in os.listdir(f)])"
      const next = await execute({ language: 'python', code })
      expect(next.value).toEqual(['output', 'input'])
    },
  },
]
