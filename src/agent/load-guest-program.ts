import { joinAssets } from '../util/join-assets.ts'

/** Later parts use what the earlier ones define. */
const TABLES = [
  'guess_encoding.py',
  'text_files.py',
  'number_forms.py',
  'column_types.py',
  'column_notes.py',
  'table_files.py',
] as const

const INSIDES = [
  'value_columns.py',
  'record_shapes.py',
  'documents.py',
  'workbooks.py',
  'databases.py',
  'archives.py',
] as const

const PARTS = {
  inspect_files: [...TABLES, ...INSIDES, 'inspect_files.py'],
  bind_arguments: [...TABLES, 'bind_arguments.py'],
} as const

/** Source of a trusted Python program of the agent, whose function of the same name is called in the sandbox. */
export function loadGuestProgram(name: keyof typeof PARTS): Promise<string> {
  return joinAssets(PARTS[name].map((part) => `agent/guest/${part}`))
}
