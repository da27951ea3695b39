import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { PROFILE_FILE, readAppArmor } from './apparmor-state.ts'

/** Why the kernel gives bubblewrap no user namespace, as far as files tell it, and what to do. */
export interface Refusal {
  cause: 'apparmor' | 'setting' | 'chroot' | 'unknown'
  problem: string
  remedy: string
}

/** Which of the known settings stands in the way, the most common first. `root` stands for `/`. */
export function explainRefusal(bubblewrapPath: string, root = '/'): Refusal {
  const setting = (name: string): string | null => readText(join(root, 'proc/sys', name))?.trim() ?? null
  const apparmor = readAppArmor(bubblewrapPath, root)
  if (apparmor.isRestricting) {
    const [other] = apparmor.foreign
    const problem =
      other === undefined
        ? 'AppArmor keeps programs without a profile from user namespaces (kernel.apparmor_restrict_unprivileged_userns=1)'
        : `AppArmor's profile ${other.name} (${other.file}) takes all rights from what ${bubblewrapPath} starts`
    const remedy =
      apparmor.ownProfile === null || (other !== undefined && !apparmor.hasOwnBubblewrap)
        ? 'handaxe setup (it needs sudo): it loads a profile that allows user namespaces to the bubblewrap of handaxe alone'
        : `handaxe's profile is there: load it with sudo apparmor_parser -r ${PROFILE_FILE}, and look at what AppArmor says: sudo journalctl -k -g apparmor`
    return { cause: 'apparmor', problem, remedy }
  }
  if (setting('kernel/unprivileged_userns_clone') === '0') {
    const problem = 'User namespaces are switched off for ordinary users (kernel.unprivileged_userns_clone=0)'
    return { cause: 'setting', problem, remedy: 'sysctl -w kernel.unprivileged_userns_clone=1' }
  }
  if (setting('user/max_user_namespaces') === '0') {
    const problem = 'User namespaces are switched off (user.max_user_namespaces=0)'
    return { cause: 'setting', problem, remedy: 'sysctl -w user.max_user_namespaces=15000' }
  }
  if (isChroot(root)) {
    return {
      cause: 'chroot',
      problem: 'This is a chroot, in which the kernel gives nobody a user namespace',
      remedy:
        'Enter the folder by pivot_root, as systemd-nspawn, Docker and `unshare --mount` with pivot_root do, not by chroot; or run handaxe outside of it',
    }
  }
  return {
    cause: 'unknown',
    problem: 'This system gives bubblewrap no user namespace',
    remedy:
      'In a container: allow user namespaces (docker run --security-opt seccomp=unconfined), or use another backend',
  }
}

/** The root of a process in a chroot is no mount of its own, or is another folder than that of the first process. */
function isChroot(root: string): boolean {
  const mounts = readText(join(root, 'proc/self/mountinfo'))
  if (mounts !== null && !mounts.split('\n').some((line) => line.split(' ')[4] === '/')) return true
  try {
    const [own, first] = [statSync(root), statSync(join(root, 'proc/1/root/'))]
    return own.ino !== first.ino || own.dev !== first.dev
  } catch {
    // Only root may look at the first process.
    return false
  }
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // This kernel has no such file.
    return null
  }
}
