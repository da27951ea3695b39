import type { SolvedScript } from '../../contracts/tool.ts'

export interface ScriptRow {
  made_into: string | null
  /** JSON: the rest. */
  body: string
}

export function toScriptBody({ ...script }: Omit<SolvedScript, 'madeInto'>): string {
  return JSON.stringify(script)
}

export function toScript(row: ScriptRow): SolvedScript {
  return { ...(JSON.parse(row.body) as Omit<SolvedScript, 'madeInto'>), madeInto: row.made_into }
}
