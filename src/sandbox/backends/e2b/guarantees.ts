import type { Guarantees } from '../../../contracts/sandbox.ts'
import type { CloudSettings } from './e2b-options.ts'
import type { SessionFacts } from './slot-messages.ts'

/** What holds: the cloud sandbox is E2B's word, what is in it was found when it was started. */
export function describeGuarantees({ domain, sandboxPer }: CloudSettings, { user }: SessionFacts): Guarantees {
  const isShared = sandboxPer === 'session'
  const notes = [
    `Code, inputs, output and artifacts leave this machine for the cloud of ${domain}; that it keeps them apart from those ` +
      'of others, and forgets them, is its word.',
  ]
  if (isShared) {
    notes.push(
      'Executions of one session share a cloud sandbox and are kept apart in it by namespaces and a filter of system calls: ' +
        "use sandboxPer: 'execution' for code of strangers.",
      'Memory and CPU time of all processes of an execution together are looked at from time to time, not bounded by the ' +
        "kernel: use sandboxPer: 'execution' to have nobody else there.",
    )
  }
  if (user === 0) {
    notes.push('The code runs as root of the cloud sandbox, which has no other user: use a template with uid 65534.')
  }
  const tier = isShared ? 'rlimit' : 'microvm'
  return {
    backend: 'e2b',
    isolation: 'microvm',
    systemCalls: 'own-kernel',
    memory: tier,
    processes: tier,
    cpu: tier,
    network: 'none',
    unprivilegedUser: user !== 0,
    freshPerExecution: true,
    notes,
  }
}
