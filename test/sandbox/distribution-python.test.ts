import { existsSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openSandbox } from '../../src/sandbox/open-sandbox.ts'

const packaged =
  existsSync('/usr/lib/python3/dist-packages/pandas') && existsSync('/usr/lib/python3/dist-packages/matplotlib')

// What `handaxe setup` falls back to where PyPI cannot be reached. Debian's matplotlib wants its settings from /etc.
test.skipIf(!packaged)(
  'the distribution’s packages serve as well as those of PyPI (needs python3-pandas, python3-matplotlib)',
  async () => {
    const sandbox = await openSandbox({
      pythonPath: '/usr/bin/python3',
      stateFolder: mkdtempSync(join(tmpdir(), 'handaxe-distribution-')),
      environment: process.env,
    })
    try {
      const result = await sandbox.execute({
        language: 'python',
        code: [
          'import pandas, scipy.stats, matplotlib.pyplot as plt',
          'plt.plot([1, 2]); plt.savefig("/box/output/a.png")',
          'result([pandas.DataFrame({"a": [1, 2, 4]}).a.mean(), scipy.stats.norm.cdf(0)])',
        ].join('\n'),
      })
      expect(result.error).toBeUndefined()
      expect(result.status).toBe('ok')
      expect(result.value).toEqual([7 / 3, 0.5])
      expect(result.stderr.head).toBe('')
      expect(result.artifacts).toMatchObject([{ name: 'a.png', mediaType: 'image/png' }])
    } finally {
      await sandbox.close()
    }
  },
)
