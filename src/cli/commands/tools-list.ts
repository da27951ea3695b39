import { listTools } from '../../app/operations.ts'
import type { CommandContext } from '../command.ts'
import { switchOption } from '../option-values.ts'
import { formatTable } from '../render/format.ts'
import { safeLine } from '../terminal.ts'

export async function runCommand(context: CommandContext): Promise<number> {
  const tools = await listTools(await context.openApp())
  if (switchOption(context.options, 'json')) {
    context.terminal.writeResult(`${JSON.stringify(tools)}\n`)
    return 0
  }
  if (tools.length === 0) {
    context.terminal.writeProgress('The library is empty. `handaxe run` fills it.\n')
    return 0
  }
  const rows = tools.map((tool) => [
    tool.name,
    tool.newestVersion === tool.version ? `v${tool.version}` : `v${tool.version} of ${tool.newestVersion}`,
    tool.language,
    `${tool.disabled ? 'disabled' : tool.state}${tool.pinnedVersion === null ? '' : ', pinned'}`,
    String(tool.ledger.uses),
    String(tool.ledger.failures),
    safeLine(tool.annotation === '' ? tool.summary : `${tool.summary} [${tool.annotation}]`),
  ])
  context.terminal.writeResult(
    `${formatTable([['NAME', 'VERSION', 'LANGUAGE', 'STATE', 'USES', 'FAILED', 'SUMMARY'], ...rows])}\n`,
  )
  return 0
}
