import type { Environment } from '../../contracts/environment.ts'
import type { EnvironmentBase } from './environment-misfit.ts'
import { nodeInterpreter } from './javascript/javascript-installer.ts'
import { describePythonBase } from './python/describe-python-base.ts'

/** The base where executions use the interpreters of this machine. */
export async function hostBase(
  language: Environment['language'],
  options: { pythonPath: string; environment: Record<string, string | undefined>; workFolder: string },
): Promise<EnvironmentBase> {
  if (language === 'javascript') return { interpreter: nodeInterpreter(), packages: [] }
  const { pythonPath, environment, workFolder } = options
  const { interpreter, packages } = await describePythonBase(pythonPath, { environment, cwd: workFolder })
  return { interpreter, packages }
}
