import { hidePassword } from '../store/postgres/address.ts'
import type { Config } from './config.ts'
import { KEY_VARIABLES } from './select-gateway.ts'

/** The configuration as it may be shown: which keys are set, never what they are, and no password of a store. */
export function describeConfig({ environment, ...config }: Config) {
  const keys = Object.fromEntries(KEY_VARIABLES.map((name) => [name, Boolean(environment[name])]))
  return { ...config, storePath: hidePassword(config.storePath), keys }
}
