import type { ConfigFile } from '../contracts/config.ts'
import { HandaxeError } from '../contracts/errors.ts'

/** What a project's file may not say, and what would come of it. A project may have been fetched from a stranger. */
const REFUSED: { setting: string; danger: string; isSaid(file: ConfigFile): boolean }[] = [
  {
    setting: 'python',
    danger: 'names a program that is run on this machine',
    isSaid: (file) => file.python !== undefined,
  },
  {
    setting: 'providers',
    danger: 'says where keys and requests are sent',
    isSaid: ({ providers }) => Object.keys(providers ?? {}).length > 0,
  },
  {
    setting: 'store',
    danger: 'is an address, to which requests and results would be sent',
    isSaid: ({ store }) => store?.includes('://') === true,
  },
  {
    setting: 'sandbox.docker',
    danger: 'chooses what encloses the code',
    isSaid: ({ sandbox }) => sandbox?.docker !== undefined,
  },
  {
    setting: 'sandbox.e2b',
    danger: 'chooses a template, whose maker can see what runs in it',
    isSaid: ({ sandbox }) => sandbox?.e2b !== undefined,
  },
  {
    setting: 'sandbox.backend',
    danger: 'would send code and files to a cloud',
    isSaid: ({ sandbox }) => sandbox?.backend === 'e2b',
  },
]

/** Throws `invalid_configuration` where the project's `file` says what only the user's own may say. */
export function refuseForeignSettings(
  settings: ConfigFile,
  { file, ownFile }: { file: string; ownFile: string },
): void {
  const refused = REFUSED.find(({ isSaid }) => isSaid(settings))
  if (refused === undefined) return
  throw new HandaxeError(
    'invalid_configuration',
    `${file}: ${refused.setting}: it ${refused.danger}; a project may not decide that`,
    { hint: `If you want it, write it into your own ${ownFile}.`, details: { file, setting: refused.setting } },
  )
}
