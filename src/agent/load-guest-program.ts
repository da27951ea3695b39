import { joinAssets } from '../util/join-assets.ts'

/** Later parts use what the earlier ones define. */
const PARTS = {
  inspect_files: ['text_files.py', 'column_types.py', 'table_files.py', 'inspect_files.py'],
  bind_arguments: ['text_files.py', 'column_types.py', 'table_files.py', 'bind_arguments.py'],
} as const

/** Source of a trusted Python program of the agent, whose function of the same name is called in the sandbox. */
export function loadGuestProgram(name: keyof typeof PARTS): Promise<string> {
  return joinAssets(PARTS[name].map((part) => `agent/guest/${part}`))
}
