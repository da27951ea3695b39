import type { Guarantees } from '../../../contracts/sandbox.ts'
import type { CgroupTier, NoCgroups } from './cgroup-tier.ts'
import type { SandboxUser } from './sandbox-user.ts'

/** What is really enforced, from what was found and tried when the sandbox was opened. */
export function describeGuarantees(
  cgroups: { tier: CgroupTier } | NoCgroups,
  user: SandboxUser,
  shown: string[],
): Guarantees {
  const tier = cgroups.tier === null ? 'rlimit' : cgroups.tier.version === 2 ? 'cgroup2' : 'cgroup1'
  const notes: string[] = []
  if (cgroups.tier === null) {
    notes.push(
      'Memory and CPU time are bounded for each process, not for all processes of an execution together, because ' +
        `${cgroups.reason}. ${cgroups.remedy}.`,
    )
  }
  if (!user.own) {
    notes.push(
      'On the host the code runs as your own user, kept away from your files by namespaces only: run handaxe as a ' +
        'dedicated user to have a second wall.',
    )
  }
  if (shown.length > 0) {
    notes.push(
      'The code can read in /proc/self/mountinfo where Python lies on the host, because this kernel has no overlay in ' +
        'user namespaces: Linux 5.11 or newer hides it.',
    )
  }
  return {
    backend: 'linux',
    isolation: 'namespaces',
    systemCalls: 'allow-list',
    memory: tier,
    processes: tier,
    cpu: tier,
    network: 'none',
    unprivilegedUser: user.own,
    freshPerExecution: true,
    notes,
  }
}
