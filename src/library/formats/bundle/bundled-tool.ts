import type { JsonObject } from '../../../contracts/json.ts'
import { toJsonRecord, toJsonTests, toToolRecord } from '../tool-record.ts'
import type { ExportPlan } from '../write/plan-export.ts'

/** Everything that the library knows of the tools, but the ledger: how often they were used is this machine's. */
export function toBundledTools({ tools, imported }: ExportPlan): { key: string; tool: JsonObject }[] {
  const asked = new Set(tools)
  return [...tools, ...imported].map((tool) => ({
    key: `${tool.name}@${tool.version}`,
    tool: toJsonRecord({
      ...toToolRecord(tool),
      ...(asked.has(tool) ? {} : { isImported: true }),
      code: tool.code,
      tests: toJsonTests(tool.tests),
    }),
  }))
}
