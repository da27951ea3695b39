import type { InspectedFile, Request } from '../../contracts/run.ts'
import { hashInput } from '../steps/hash-input.ts'

const SHOWN_COLUMNS = 12

/** A line on an input file, with a fingerprint of its content at the end: is a file of the same name the same file? */
export async function describeFile(file: Request['files'][number], found: InspectedFile | undefined): Promise<string> {
  const table = found?.table
  const columns = table?.columns.slice(0, SHOWN_COLUMNS).map(({ name, type }) => `${name} ${type}`)
  const shape = table
    ? `${table.rowsAtLeast === true ? 'at least ' : ''}${table.rows} rows: ${columns?.join(', ')}`
    : (found?.kind ?? 'file')
  return `${shape}; fingerprint ${await fingerprint(file)}`
}

export async function isSameFile(description: string, file: Request['files'][number]): Promise<boolean> {
  return description.endsWith(`; fingerprint ${await fingerprint(file)}`)
}

async function fingerprint(file: Request['files'][number]): Promise<string> {
  return (await hashInput({ file: file.name }, [file])).slice(0, 32)
}
