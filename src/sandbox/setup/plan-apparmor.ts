import { OWN_BUBBLEWRAP, PROFILE_FILE, PROFILE_NAME, type AppArmorState } from '../backends/linux/apparmor-state.ts'

/** One command that root runs. */
export interface RootStep {
  /** For people: what it is for. */
  purpose: string
  command: string
  args: string[]
}

export interface AppArmorPlan {
  /** The bubblewrap that handaxe uses afterwards. */
  bubblewrapPath: string
  /** For people, before anything is done: why it is needed. Null where nothing is to be done. */
  reason: string | null
  /** What stands in the way, with the remedy; null where nothing does. */
  problem: { message: string; hint: string } | null
  /** The whole profile; null where none is written. */
  profile: string | null
  steps: RootStep[]
}

export interface BubblewrapFile {
  path: string
  /** It and the folders above belong to root, and nobody else can write to them. */
  isRootsOwn: boolean
  /** The same content as handaxe's own copy. */
  isCopied: boolean
}

/** Stands for the file with the profile, which is written when the steps are run. */
export const PROFILE_TEXT = '{profile}'

/**
 * What makes the sandbox work where AppArmor keeps bubblewrap from user namespaces: a profile of our own that allows them to
 * this one program. Only one profile may attach to a path: where there is another one, handaxe gets a bubblewrap of its own.
 * Pure: the steps are data.
 */
export function planAppArmor(state: AppArmorState, bubblewrap: BubblewrapFile): AppArmorPlan {
  const nothing = { bubblewrapPath: bubblewrap.path, reason: null, problem: null, profile: null, steps: [] }
  if (!state.isRestricting) return nothing
  const confining = state.foreign.filter(({ opensNamespaces }) => !opensNamespaces)
  if (state.foreign.length > 0 && confining.length === 0) return nothing
  if (state.parser === null) {
    const message =
      'AppArmor keeps bubblewrap from user namespaces, and there is no apparmor_parser to load a profile with'
    return { ...nothing, problem: { message, hint: 'sudo apt-get install -y apparmor, then: handaxe setup' } }
  }
  if (!bubblewrap.isRootsOwn) {
    const message = `AppArmor keeps bubblewrap from user namespaces, and a profile for ${bubblewrap.path} would let whoever can write to it have them`
    const hint = 'Install the bubblewrap of this system (sudo apt-get install -y bubblewrap) and let PATH find it first'
    return { ...nothing, problem: { message, hint } }
  }
  const [other] = confining
  const path = other === undefined ? bubblewrap.path : OWN_BUBBLEWRAP
  const profile = renderProfile(path)
  const isCurrent =
    state.ownProfile === profile && (other === undefined || (state.hasOwnBubblewrap && bubblewrap.isCopied))
  if (isCurrent) return { ...nothing, bubblewrapPath: path }
  const copy: RootStep[] =
    other === undefined
      ? []
      : [
          {
            purpose: `a bubblewrap of handaxe's own: ${other.file} holds ${bubblewrap.path}, and takes all rights from what it starts`,
            command: 'install',
            args: ['-D', '-o', 'root', '-g', 'root', '-m', '0755', bubblewrap.path, OWN_BUBBLEWRAP],
          },
        ]
  return {
    bubblewrapPath: path,
    reason: `AppArmor keeps programs from user namespaces here (kernel.apparmor_restrict_unprivileged_userns=1): its profile ${PROFILE_NAME} allows them to ${path} alone`,
    problem: null,
    profile,
    steps: [
      ...copy,
      {
        purpose: 'the profile',
        command: 'install',
        args: ['-o', 'root', '-g', 'root', '-m', '0644', PROFILE_TEXT, PROFILE_FILE],
      },
      { purpose: 'into the kernel', command: state.parser, args: ['-r', PROFILE_FILE] },
    ],
  }
}

/** Takes back what `planAppArmor` did, whatever of it is there. */
export function planAppArmorUndo(state: AppArmorState): RootStep[] {
  const steps: RootStep[] = []
  if (state.ownProfile !== null) {
    if (state.parser !== null) {
      steps.push({ purpose: 'the profile out of the kernel', command: state.parser, args: ['-R', PROFILE_FILE] })
    }
    steps.push({ purpose: 'its file', command: 'rm', args: ['-f', PROFILE_FILE] })
  }
  if (state.hasOwnBubblewrap) {
    steps.push({ purpose: "handaxe's own bubblewrap", command: 'rm', args: ['-f', OWN_BUBBLEWRAP] })
  }
  return steps
}

/** As a shell takes it, for people who want to run it by hand. */
export function renderStep({ command, args }: RootStep): string {
  return [command, ...args].map((word) => (/^[\w./=:-]+$/.test(word) ? word : `'${word}'`)).join(' ')
}

/** As Ubuntu's own profiles for browsers and editors are: nothing is confined, user namespaces are allowed. */
function renderProfile(path: string): string {
  return `# Written by \`handaxe setup\`; \`handaxe setup --undo\` takes it back.
# Lets the bubblewrap that handaxe executes code with make user namespaces. It confines nothing else: what is executed is
# locked in by bubblewrap itself and by a filter of system calls.
abi <abi/4.0>,
include <tunables/global>

profile ${PROFILE_NAME} "${path.replaceAll(/[\\"*?[\]{}^]/g, String.raw`\$&`)}" flags=(unconfined) {
  userns,

  include if exists <local/${PROFILE_NAME}>
}
`
}
