import type { DaemonReport } from '../../app/daemon.ts'
import { formatBytes } from './format.ts'

export function renderDaemons(daemons: DaemonReport[]): string {
  if (daemons.length === 0) return 'no daemon runs\n'
  return daemons.map(renderDaemon).join('')
}

function renderDaemon({ pid, version, startedAt, isEnding, status }: DaemonReport): string {
  if (status === null) return `${pid}  handaxe ${version}, since ${startedAt}: does not answer\n`
  const { executions, underWay, idleMs, residentBytes } = status
  return (
    `${pid}  handaxe ${version}, since ${startedAt}: ${executions} executions, ${underWay} under way, ` +
    `${formatBytes(residentBytes)}, ${isEnding ? 'is ending' : `ends when idle for ${Math.round(idleMs / 1000)} s`}\n`
  )
}
