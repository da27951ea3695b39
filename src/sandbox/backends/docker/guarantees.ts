import type { Guarantees } from '../../../contracts/sandbox.ts'
import type { EngineFacts } from './engine-facts.ts'

/**
 * What is really enforced, from what the engine says and the options that every container gets. A container whose guest
 * could not install the filter of system calls, or found it without effect, does not become ready.
 */
export function describeGuarantees(facts: EngineFacts, runtime: string | null): Guarantees {
  const isGvisor = runtime === 'runsc'
  const notes: string[] = [
    'The code can read in /proc/self/mountinfo where the engine keeps its images: nothing else of the host is in there.',
  ]
  if (!facts.rootless) {
    notes.push(
      'The engine runs as root: an escape from the container would be one to an unprivileged user, but who controls the ' +
        'engine controls the machine. Use rootless Docker to have neither.',
    )
  }
  if (!facts.limits.swap) {
    notes.push('The engine cannot limit swap: a program may use more than its memory there. Turn swap accounting on.')
  }
  return {
    backend: 'docker',
    isolation: isGvisor ? 'gvisor' : 'container',
    systemCalls: isGvisor ? 'own-kernel' : 'allow-list',
    memory: 'container',
    processes: 'container',
    cpu: 'container',
    network: 'none',
    unprivilegedUser: true,
    freshPerExecution: true,
    notes,
  }
}
