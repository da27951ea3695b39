import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { createAgent } from '../agent/create-agent.ts'
import type { Agent } from '../contracts/agent.ts'
import { HandaxeError } from '../contracts/errors.ts'
import type { Library } from '../contracts/library.ts'
import type { Gateway } from '../contracts/models.ts'
import type { Sandbox } from '../contracts/sandbox.ts'
import type { Store } from '../contracts/store.ts'
import { checkCode } from '../library/check-code.ts'
import { openLibrary } from '../library/open-library.ts'
import { readSignature } from '../library/read-signature.ts'
import { renderSignature } from '../library/tool-prompt.ts'
import { openSandbox } from '../sandbox/open-sandbox.ts'
import { openStore } from '../store/open-store.ts'
import type { Config } from './config.ts'
import { once } from './once.ts'
import { selectGateway, type ModelSelection } from './select-gateway.ts'

/** What one call of the program asks for, over the configuration. */
export interface AppSelection extends ModelSelection {
  /** How many idle sandboxes to keep; a single execution needs one. */
  idleSandboxes?: number
}

/** The parts of handaxe, opened when they are first asked for and closed together. */
export interface App {
  readonly config: Config
  store(): Promise<Store>
  library(): Promise<Library>
  sandbox(): Promise<Sandbox>
  gateway(): Promise<Gateway>
  agent(): Promise<Agent>
  close(): Promise<void>
}

export function openApp(config: Config, selection: AppSelection = {}): App {
  const store = once(async () => {
    await createFolder(dirname(config.storePath))
    return openStore({ path: config.storePath })
  })
  const library = once(async () => openLibrary({ store: await store() }))
  const sandbox = once(async () => {
    await createFolder(config.folders.state)
    return openSandbox({
      pythonPath: config.pythonPath,
      nodePath: process.execPath,
      stateFolder: config.folders.state,
      environment: config.environment,
      ...(selection.idleSandboxes === undefined ? {} : { idlePython: selection.idleSandboxes }),
    })
  })
  const gateway = once(() => selectGateway(config, selection))
  const agent = once(async () => {
    const artifactsFolder = join(config.folders.data, 'runs')
    const [openedStore, openedLibrary, openedGateway] = await Promise.all([
      store(),
      library(),
      gateway(),
      createFolder(artifactsFolder),
    ])
    return createAgent({
      gateway: openedGateway,
      sandbox,
      library: openedLibrary,
      journal: openedStore.journal,
      readSignature,
      checkCode,
      renderSignature,
      artifactsFolder,
      environmentPackages: { python: ['numpy', 'pandas', 'scipy', 'matplotlib'], javascript: [] },
    })
  })
  return {
    config,
    store,
    library,
    sandbox,
    gateway,
    agent,
    close: async () => {
      // The agent first: its runs use the rest.
      for (const part of [agent, gateway, sandbox, store]) await part.closeIfOpened()
    },
  }
}

async function createFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 })
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    const full = code === 'ENOSPC'
    throw new HandaxeError(full ? 'disk_full' : 'store_read_only', `The folder ${path} cannot be made (${code})`, {
      hint: full ? 'Free some space there.' : 'Set HANDAXE_HOME to a folder that you may write to.',
      cause: error,
    })
  }
}
