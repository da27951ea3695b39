import { dirname } from 'node:path'
import type { Agent } from '../contracts/agent.ts'
import type { AskForPackages } from '../contracts/environment.ts'
import type { Library } from '../contracts/library.ts'
import type { Gateway } from '../contracts/models.ts'
import type { BackendChoice, Requirements } from '../contracts/policy.ts'
import type { Sandbox } from '../contracts/sandbox.ts'
import { HandaxeError } from '../contracts/errors.ts'
import type { JournalStore } from '../contracts/store.ts'
import type { StoreWithVectors } from '../contracts/vectors.ts'
import type { VectorIndex, VectorWarning } from '../library/search/open-vector-index.ts'
import { combineRequirements } from '../sandbox/choose/unmet-requirements.ts'
import { STANDARD_PACKAGE_NAMES } from '../sandbox/standard-packages.ts'
import type { SandboxOptions } from '../sandbox/sandbox-options.ts'
import type { Config } from './resolve-config.ts'
import { closeAll } from '../util/close-all.ts'
import { createFolder } from './create-folder.ts'
import { runsFolder } from './runs-folder.ts'
import { environmentsFolder } from './environments-folder.ts'
import { once } from './once.ts'
import type { DaemonSelection } from './open-through-daemon.ts'
import { selectGateway, type ModelSelection } from './select-gateway.ts'

/** What one call of the program asks for, over the configuration. */
export interface AppSelection extends ModelSelection {
  /** For a single execution: only the sandbox that it needs is made. */
  singleExecution?: boolean
  /** In place of the configured one. */
  backend?: BackendChoice
  /** Besides what the configuration demands. */
  require?: Requirements
  /** Told what a person should know of how the sandbox was chosen. */
  onSandboxProgress?: (line: string) => void
  /** Asks the user for packages that model-written code wants. Absent: nobody can be asked. */
  askForPackages?: AskForPackages
  /** Answers in place of the configured models. It stays with who opened it. */
  gateway?: Gateway
  /** Present: executions go through the daemon where there can be one. */
  daemon?: DaemonSelection
  /** Told why tools are found by words alone although an embedding model is configured. Default: a warning of Node's. */
  onVectorWarning?: (warning: VectorWarning) => void
}

/** The parts of handaxe, opened when they are first asked for and closed together. Their code is loaded then, too. */
export interface App {
  readonly config: Config
  store(): Promise<StoreWithVectors>
  library(): Promise<Library>
  /** Null where no embedding model is configured. */
  vectors(): Promise<VectorIndex | null>
  sandbox(): Promise<Sandbox>
  gateway(): Promise<Gateway>
  agent(): Promise<Agent>
  close(): Promise<void>
}

export function openApp(config: Config, selection: AppSelection = {}): App {
  const store = once(async () => {
    const { openStore } = await import('../store/open-store.ts')
    // An address is no path: a folder of its name would have the password in it.
    if (!config.storePath.includes('://')) await createFolder(dirname(config.storePath))
    return openStore({ path: config.storePath })
  })
  const vectors = once(async () => {
    if (config.embedding === null) return { index: null }
    const { openVectors } = await import('./open-vectors.ts')
    return { index: await openVectors(config, store, selection.onVectorWarning) }
  })
  const library = once(async () => {
    const { openLibrary } = await import('../library/open-library.ts')
    const { index } = await vectors()
    return openLibrary({
      store: await store(),
      keepCalls: config.keepCalls,
      ...(index === null ? {} : { vectors: index }),
    })
  })
  const sandbox = once(async () => {
    await createFolder(config.folders.state)
    const options = sandboxOptions(config, selection)
    if (selection.daemon !== undefined) {
      const { openThroughDaemon } = await import('./open-through-daemon.ts')
      const served = await openThroughDaemon(options, selection.daemon)
      if (served !== null) return served
    }
    const { openSandbox } = await import('../sandbox/open-sandbox.ts')
    return openSandbox({
      ...options,
      ...(selection.singleExecution ? { idlePython: 1, idleJavascript: 0 } : {}),
    })
  })
  const given = selection.gateway
  const gateway = once(async () => given ?? selectGateway(config, selection))
  const agent = once(() => wireAgent(config, { store, library, sandbox, gateway }, selection.askForPackages))
  return {
    config,
    store,
    library,
    vectors: async () => (await vectors()).index,
    sandbox,
    gateway,
    agent,
    // The agent first: its runs use the rest.
    close: () => {
      const parts = given === undefined ? [agent, gateway, sandbox, store] : [agent, sandbox, store]
      return closeAll(parts.map((part) => () => part.closeIfOpened()))
    },
  }
}

/** The configuration as the sandbox takes it, with what one call of the program asks for over it. */
export function sandboxOptions(config: Config, selection: AppSelection = {}): SandboxOptions {
  const { backend, require, network, docker, e2b } = config.sandbox
  return {
    backend: selection.backend ?? backend,
    require: combineRequirements(require, selection.require ?? {}),
    network,
    docker,
    e2b,
    pythonPath: config.pythonPath,
    nodePath: process.execPath,
    stateFolder: config.folders.state,
    environmentsFolder: environmentsFolder(config),
    environment: config.environment,
    ...(selection.onSandboxProgress === undefined ? {} : { onProgress: selection.onSandboxProgress }),
  }
}

async function wireAgent(
  config: Config,
  { store, library, sandbox, gateway }: Pick<App, 'store' | 'library' | 'sandbox' | 'gateway'>,
  askForPackages: AskForPackages | undefined,
): Promise<Agent> {
  const artifactsFolder = runsFolder(config)
  const openedGateway = await gateway()
  // Without a key there is nothing to do in a sandbox: it takes seconds to open, and the error is known now.
  openedGateway.assertUsable?.()
  // Its Python imports its packages while the files of handaxe are still being loaded and the first model thinks.
  sandbox().catch(() => undefined)
  const [
    { createAgent },
    { readSignature },
    { checkCode },
    { readNeeds },
    { describeSpecification },
    { renderSignature },
    { openAdmissionGate },
    { openPackageProvider },
    openedStore,
    openedLibrary,
  ] = await Promise.all([
    import('../agent/create-agent.ts'),
    import('../library/read-signature.ts'),
    import('../library/check-code.ts'),
    import('../library/read-needs.ts'),
    import('../library/describe-specification.ts'),
    import('../library/tool-prompt.ts'),
    import('./open-admission-gate.ts'),
    import('./open-package-provider.ts'),
    store(),
    library(),
    createFolder(artifactsFolder),
  ])
  await removeExpired(config, openedStore.journal)
  return createAgent({
    gateway: openedGateway,
    sandbox,
    library: openedLibrary,
    journal: openedStore.journal,
    readSignature,
    checkCode,
    readNeeds,
    describeSpecification: (tool) => describeSpecification(tool, tool),
    admission: openAdmissionGate(),
    renderSignature,
    artifactsFolder,
    limits: config.limits,
    admissionBudget: config.admissionBudget,
    packages: openPackageProvider(config, askForPackages),
    environmentPackages: { python: STANDARD_PACKAGE_NAMES, javascript: [] },
  })
}

/** That old runs could not be removed is told, and keeps nobody from a new one. */
async function removeExpired(config: Config, journal: JournalStore): Promise<void> {
  if (config.keepRunsDays === null) return
  const { removeExpiredRuns } = await import('./remove-runs.ts')
  try {
    await removeExpiredRuns(config, journal)
  } catch (error) {
    if (!HandaxeError.isInstance(error)) throw error
    process.emitWarning(`Old runs could not be removed: ${error.message}`, 'HandaxeWarning')
  }
}
