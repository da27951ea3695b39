import type { LockedPackage } from '../../contracts/environment.ts'

/** The names of PEP 513, 571 and 599 for what PEP 600 writes with the version of glibc. */
const OLD_NAMES: Readonly<Record<string, string>> = { manylinux1: '2.5', manylinux2010: '2.12', manylinux2014: '2.17' }

/**
 * Which of these files cannot be loaded on a system of the same interpreter and processor, but with this glibc, as half a
 * sentence; null where all can. A wheel says in its name what it needs; what does not say it is not trusted to fit.
 */
export function wheelMisfit(lock: readonly LockedPackage[], glibc: string | null): string | null {
  for (const { name, version, file, fromSource } of lock) {
    if (fromSource) return `${name} ${version} was built from source for the libraries of this machine`
    const platforms = /-([^-]+)\.whl$/.exec(file)?.[1]?.split('.') ?? []
    if (platforms.some((platform) => platform === 'any' || runsOn(platform, glibc))) continue
    return `${file} is not for glibc ${glibc ?? '(there is none)'}`
  }
  return null
}

function runsOn(platform: string, glibc: string | null): boolean {
  const old = OLD_NAMES[platform.split('_')[0] ?? '']
  const needed = old ?? /^manylinux_(\d+_\d+)_/.exec(platform)?.[1]?.replace('_', '.')
  if (needed === undefined || glibc === null) return false
  const [[major, minor], [hasMajor, hasMinor]] = [toNumbers(needed), toNumbers(glibc)]
  return major === hasMajor && minor <= hasMinor
}

function toNumbers(version: string): [number, number] {
  const [major, minor] = version.split('.').map(Number)
  return [major ?? Number.NaN, minor ?? Number.NaN]
}
