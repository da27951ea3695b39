import { createHash } from 'node:crypto'
import type { AskForPackages, PackageProvider } from '../contracts/environment.ts'
import type { ToolLanguage } from '../contracts/sandbox.ts'
import { codeFacts } from '../library/signature/code-facts.ts'
import { decidePackages } from '../sandbox/environments/decide-packages.ts'
import { findEnvironment } from '../sandbox/environments/list-environments.ts'
import { packageOfModule } from '../sandbox/environments/package-of-module.ts'
import { createEnvironment } from './environments.ts'
import { environmentsFolder } from './environments-folder.ts'
import type { Config } from './resolve-config.ts'

/** Packages for model-written code, by the policy of the configuration, from the user's registries. Without `ask` nobody is asked. */
export function openPackageProvider(config: Config, ask: AskForPackages | undefined): PackageProvider {
  const folder = environmentsFolder(config)
  const policy = config.sandbox.packages
  return {
    ...(typeof policy === 'object' ? { allowList: policy.allow } : {}),
    missingImports: (facts) => codeFacts.pick({ unavailableImports: true }).parse(facts).unavailableImports,
    packageOf: packageOfModule,
    decide: (language, packages) =>
      decidePackages(config.sandbox.packages, packages, { interactive: ask !== undefined, language }),
    ask: async (question, options) => (await ask?.(question, options)) ?? false,
    provide: async (language, packages, { signal }) => {
      const name = environmentName(language, packages)
      const request = { name, language, packages, allowSource: false, refresh: false }
      await createEnvironment(config, request, { onProgress: () => undefined, signal })
      return name
    },
    has: async (name) => (await findEnvironment(folder, name)) !== null,
  }
}

/** The same packages have the same name: a later run finds what an earlier one has built. */
function environmentName(language: ToolLanguage, packages: readonly string[]): string {
  const sorted = [...new Set(packages)].sort()
  const digest = createHash('sha256')
    .update(JSON.stringify([language, sorted]))
    .digest('hex')
  return `auto-${language}-${digest.slice(0, 12)}`
}
