import { readFile } from 'node:fs/promises'
import type { Environment } from '../../../contracts/environment.ts'
import { HandaxeError } from '../../../contracts/errors.ts'
import type { Sandbox } from '../../../contracts/sandbox.ts'
import { assetPath } from '../../../util/asset-path.ts'
import type { EnvironmentBase } from '../../environments/environment-misfit.ts'
import { parsePythonBase } from '../../environments/python/describe-python-base.ts'

const REMEDY =
  'containers can only use what was built for a Python like that of their image: use the linux backend, or an image with ' +
  'the Python and the packages that handaxe has on this machine'

/**
 * What the image has, asked in a container of it: the host may have another system, Python and C library. Rejects with
 * `sandbox_unavailable` where it cannot be asked, and with `invalid_arguments` for JavaScript, whose compiled modules do not
 * say which C library they need.
 */
export async function imageBase(
  sandbox: Pick<Sandbox, 'execute'>,
  language: Environment['language'],
): Promise<EnvironmentBase> {
  if (language === 'javascript') {
    throw new HandaxeError('invalid_arguments', 'Containers show package environments of Python only', {
      hint: 'Use the linux backend, or leave `environment` out',
    })
  }
  const code = await readFile(assetPath('sandbox/environments/python/describe-python-base.py'), 'utf8')
  const { status, stdout } = await sandbox.execute({ language: 'python', code })
  if (status !== 'ok' || stdout.truncated) {
    throw new HandaxeError('sandbox_unavailable', 'The image does not tell which Python packages it has', {
      hint: 'Run `handaxe doctor --backend docker`',
      details: { status },
    })
  }
  const { interpreter, packages, glibc } = parsePythonBase(stdout.head)
  return { interpreter, packages, glibc, remedy: REMEDY }
}
