import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { OWN_BUBBLEWRAP, PROFILE_FILE, readAppArmor } from '../../src/sandbox/backends/linux/apparmor-state.ts'
import { explainRefusal } from '../../src/sandbox/backends/linux/explain-refusal.ts'
import { findBubblewrap, isCopied } from '../../src/sandbox/backends/linux/find-bubblewrap.ts'
import { unavailable } from '../../src/sandbox/backends/linux/zygote.ts'
import { canMountInside } from '../../src/sandbox/setup/allow-namespaces.ts'
import { planAppArmor, planAppArmorUndo, renderStep } from '../../src/sandbox/setup/plan-apparmor.ts'

// Recorded states of /proc, /sys and /etc: no machine of these tests has AppArmor, and none of the commands is run.
const BWRAP = '/usr/bin/bwrap'
const SYSTEMS = { path: BWRAP, isRootsOwn: true, isCopied: false }
const RESTRICTS = {
  'sys/module/apparmor/parameters/enabled': 'Y\n',
  'proc/sys/kernel/apparmor_restrict_unprivileged_userns': '1\n',
  'proc/sys/kernel/unprivileged_userns_clone': '1\n',
  'proc/sys/user/max_user_namespaces': '63493\n',
  'proc/self/mountinfo': '29 1 259:2 / / rw,relatime shared:1 - ext4 /dev/sda2 rw\n',
}
const UBUNTU_24_04 = {
  ...RESTRICTS,
  'usr/sbin/apparmor_parser': '',
  'etc/apparmor.d/unprivileged_userns':
    'profile unprivileged_userns {\n  audit deny capability,\n  allow pix /** ,\n}\n',
  'etc/apparmor.d/chrome':
    'profile chrome /opt/google/chrome/chrome flags=(unconfined) {\n  userns,\n  include if exists <local/chrome>\n}\n',
}
/** Its header and the rule that matters, as Ubuntu 25.04 has them. */
const UBUNTU_25_04 = {
  ...UBUNTU_24_04,
  'etc/apparmor.d/bwrap-userns-restrict':
    'abi <abi/4.0>,\n\nprofile bwrap /usr/bin/bwrap flags=(attach_disconnected,mediate_deleted) {\n  allow userns,\n  allow pix /** -> &bwrap//&unpriv_bwrap,\n}\n\nprofile unpriv_bwrap flags=(attach_disconnected) {\n  audit deny capability,\n}\n',
}

const folders: string[] = []
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })))

function machine(files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), 'handaxe-apparmor-'))
  folders.push(root)
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), text)
  }
  return root
}

const plan = (files: Record<string, string>, bubblewrap = SYSTEMS) =>
  planAppArmor(readAppArmor(BWRAP, machine(files)), bubblewrap)

describe('nothing is done', () => {
  test.each([
    ['without AppArmor', {}],
    ['where AppArmor is off', { ...UBUNTU_24_04, 'sys/module/apparmor/parameters/enabled': 'N\n' }],
    ['where it does not restrict', { ...UBUNTU_24_04, 'proc/sys/kernel/apparmor_restrict_unprivileged_userns': '0\n' }],
    ['on a kernel without the restriction', { 'sys/module/apparmor/parameters/enabled': 'Y\n' }],
    [
      'where somebody has allowed it already',
      {
        ...UBUNTU_24_04,
        'etc/apparmor.d/bwrap': 'profile bwrap /usr/bin/bwrap flags=(unconfined) {\n  userns,\n}\n',
      },
    ],
  ])('%s', (_, files) => {
    expect(plan(files)).toEqual({ bubblewrapPath: BWRAP, reason: null, problem: null, profile: null, steps: [] })
  })
})

describe('Ubuntu 24.04', () => {
  test('gets one profile for one path, which is said, and which is loaded', () => {
    const { profile, steps, reason, bubblewrapPath } = plan(UBUNTU_24_04)
    expect(bubblewrapPath).toBe(BWRAP)
    expect(reason).toContain('kernel.apparmor_restrict_unprivileged_userns=1')
    expect(profile).toContain('profile handaxe-bwrap "/usr/bin/bwrap" flags=(unconfined) {\n  userns,\n')
    expect(profile).toContain('abi <abi/4.0>,\ninclude <tunables/global>\n')
    expect(steps.map(renderStep)).toEqual([
      `install -o root -g root -m 0644 '{profile}' ${PROFILE_FILE}`,
      `/usr/sbin/apparmor_parser -r ${PROFILE_FILE}`,
    ])
  })

  test('a second set-up does nothing, one after a move of bubblewrap writes the profile anew', () => {
    const { profile } = plan(UBUNTU_24_04)
    const after = { ...UBUNTU_24_04, [PROFILE_FILE.slice(1)]: profile ?? '' }
    expect(plan(after).steps).toEqual([])
    const moved = planAppArmor(readAppArmor('/usr/local/bin/bwrap', machine(after)), {
      ...SYSTEMS,
      path: '/usr/local/bin/bwrap',
    })
    expect(moved.profile).toContain('"/usr/local/bin/bwrap"')
    expect(moved.steps).toHaveLength(2)
  })

  test('a path is quoted as AppArmor reads it', () => {
    const path = '/opt/a [b]*/bw"rap'
    const { profile } = planAppArmor(readAppArmor(path, machine(UBUNTU_24_04)), { ...SYSTEMS, path })
    expect(profile).toContain(String.raw`profile handaxe-bwrap "/opt/a \[b\]\*/bw\"rap" flags`)
  })

  test('without its parser, or for a program that others can write to, it says what to do', () => {
    const { 'usr/sbin/apparmor_parser': _, ...withoutParser } = UBUNTU_24_04
    expect(plan(withoutParser)).toMatchObject({ steps: [], problem: { hint: expect.stringContaining('apparmor') } })
    expect(plan(UBUNTU_24_04, { ...SYSTEMS, isRootsOwn: false })).toMatchObject({
      steps: [],
      problem: { hint: expect.stringContaining('apt-get install -y bubblewrap') },
    })
  })
})

describe('where another profile holds the path', () => {
  test('handaxe gets a bubblewrap of its own: the other profile stays as it is', () => {
    const { bubblewrapPath, profile, steps } = plan(UBUNTU_25_04)
    expect(bubblewrapPath).toBe(OWN_BUBBLEWRAP)
    expect(profile).toContain(`profile handaxe-bwrap "${OWN_BUBBLEWRAP}"`)
    expect(steps.map(renderStep)).toEqual([
      `install -D -o root -g root -m 0755 ${BWRAP} ${OWN_BUBBLEWRAP}`,
      `install -o root -g root -m 0644 '{profile}' ${PROFILE_FILE}`,
      `/usr/sbin/apparmor_parser -r ${PROFILE_FILE}`,
    ])
    expect(steps[0]?.purpose).toContain('/etc/apparmor.d/bwrap-userns-restrict')
    const after = { ...UBUNTU_25_04, [PROFILE_FILE.slice(1)]: profile ?? '', [OWN_BUBBLEWRAP.slice(1)]: 'same' }
    expect(plan(after, { ...SYSTEMS, isCopied: true }).steps).toEqual([])
    // The system's has been updated.
    expect(plan(after).steps).toHaveLength(3)
  })

  test.each([
    ['/usr/bin/bwrap {', true],
    ['/{usr/,}bin/bwrap flags=(complain) {', true],
    ['profile sandboxes @{bin}/bwrap {', true],
    ['profile "my tool" "/usr/bin/bwrap" {', true],
    ['profile all /usr/bin/* {', true],
    ['profile /usr/**/bwrap {', true],
    ['  profile nested /usr/bin/b[w]rap flags=( attach_disconnected ) { # a comment', true],
    ['profile bwrap {', false],
    ['profile other /usr/bin/bwrapper {', false],
    ['profile other /usr/*/x/bwrap {', false],
    ['# profile bwrap /usr/bin/bwrap {', false],
    ['profile other /usr/bin/bw.ap {', false],
  ])('%s', (header, isHeld) => {
    const files = { ...UBUNTU_24_04, 'etc/apparmor.d/other': `${header}\n  capability,\n}\n` }
    expect(readAppArmor(BWRAP, machine(files)).foreign).toHaveLength(isHeld ? 1 : 0)
    expect(plan(files).bubblewrapPath).toBe(isHeld ? OWN_BUBBLEWRAP : BWRAP)
  })

  test.each([
    ['disabled', 'etc/apparmor.d/bwrap-userns-restrict', 'etc/apparmor.d/disable/bwrap-userns-restrict'],
    ["a package's leftover", 'etc/apparmor.d/bwrap-userns-restrict.dpkg-old', null],
    ['only an example', 'usr/share/apparmor/extra-profiles/bwrap-userns-restrict', null],
  ])('a profile that is %s holds nothing', (_, name, link) => {
    const root = machine({ ...UBUNTU_24_04, [name]: UBUNTU_25_04['etc/apparmor.d/bwrap-userns-restrict'] })
    if (link !== null) {
      mkdirSync(dirname(join(root, link)), { recursive: true })
      symlinkSync(join(root, name), join(root, link))
    }
    expect(readAppArmor(BWRAP, root).foreign).toEqual([])
  })
})

describe('--undo', () => {
  test('takes back all that set-up has done, and nothing else', () => {
    const steps = (files: Record<string, string>) => planAppArmorUndo(readAppArmor('', machine(files))).map(renderStep)
    expect(steps(UBUNTU_25_04)).toEqual([])
    const profile = { ...UBUNTU_25_04, [PROFILE_FILE.slice(1)]: 'x' }
    const first = [`/usr/sbin/apparmor_parser -R ${PROFILE_FILE}`, `rm -f ${PROFILE_FILE}`]
    expect(steps(profile)).toEqual(first)
    expect(steps({ ...profile, [OWN_BUBBLEWRAP.slice(1)]: 'x' })).toEqual([...first, `rm -f ${OWN_BUBBLEWRAP}`])
    // AppArmor is gone, its folder is not.
    expect(steps({ [PROFILE_FILE.slice(1)]: 'x' })).toEqual([`rm -f ${PROFILE_FILE}`])
  })
})

describe('a refusal is explained', () => {
  const at = (files: Record<string, string>) => explainRefusal(BWRAP, machine(files))

  test('by AppArmor before anything else, with the command that helps', () => {
    const refusal = at({ ...UBUNTU_24_04, 'proc/sys/user/max_user_namespaces': '0\n' })
    expect(refusal).toMatchObject({ cause: 'apparmor', remedy: expect.stringMatching(/^handaxe setup /) })
    expect(at(UBUNTU_25_04).problem).toContain('/etc/apparmor.d/bwrap-userns-restrict')
  })

  test('with our profile there, by how to load it', () => {
    const refusal = at({ ...UBUNTU_24_04, [PROFILE_FILE.slice(1)]: 'x' })
    expect(refusal.remedy).toContain(`sudo apparmor_parser -r ${PROFILE_FILE}`)
    // Another one has come since, for the same path.
    expect(at({ ...UBUNTU_25_04, [PROFILE_FILE.slice(1)]: 'x' }).remedy).toMatch(/^handaxe setup /)
  })

  test.each([
    ['proc/sys/kernel/unprivileged_userns_clone', 'setting', 'kernel.unprivileged_userns_clone=1'],
    ['proc/sys/user/max_user_namespaces', 'setting', 'user.max_user_namespaces='],
  ])('by %s', (file, cause, remedy) => {
    expect(at({ [file]: '0\n' })).toMatchObject({ cause, remedy: expect.stringContaining(remedy) })
  })

  test('by a chroot: no mount is its root', () => {
    const mounts = '31 29 0:22 / /proc rw - proc proc rw\n32 29 0:23 / /sys rw - sysfs sysfs rw\n'
    expect(at({ 'proc/self/mountinfo': mounts })).toMatchObject({
      cause: 'chroot',
      remedy: expect.stringContaining('pivot_root'),
    })
    expect(at({ 'proc/self/mountinfo': RESTRICTS['proc/self/mountinfo'] })).toMatchObject({ cause: 'unknown' })
  })

  test('a stack of the launcher is no sentence: its last line is said, the rest is for reports', () => {
    const stack =
      'Traceback (most recent call last):\n  File "launch.py", line 62, in <module>\n    main()\nOSError: [Errno 22] Invalid argument: \'mount  None /\''
    const root = machine({ 'proc/self/mountinfo': '31 29 0:22 / /proc rw - proc proc rw\n' })
    const error = unavailable(stack, BWRAP, root)
    expect(error.message).toBe(
      "The sandbox did not start: This is a chroot, in which the kernel gives nobody a user namespace (OSError: [Errno 22] Invalid argument: 'mount  None /')",
    )
    expect(error).toMatchObject({ hint: expect.stringContaining('pivot_root'), details: { reason: stack } })
    const elsewhere = unavailable(stack, BWRAP, machine({ 'proc/self/mountinfo': RESTRICTS['proc/self/mountinfo'] }))
    expect(elsewhere).toMatchObject({ hint: 'Run `handaxe doctor`' })
    expect(elsewhere.message).not.toContain('Traceback')
    const ubuntu = unavailable('bwrap: setting up uid map: Permission denied', BWRAP, machine(UBUNTU_24_04))
    expect(ubuntu).toMatchObject({ hint: expect.stringMatching(/^handaxe setup /) })
  })
})

test('handaxe’s own bubblewrap comes first, where it is root’s alone', () => {
  const root = machine({ 'own/bwrap': 'copy', 'bin/bwrap': 'copy', 'newer/bwrap': 'newer' })
  const [own, system] = [join(root, 'own/bwrap'), join(root, 'bin/bwrap')]
  for (const file of [own, system]) chmodSync(file, 0o755)
  // The folder of temporary files is everybody's: nobody should trust what lies in it.
  expect(findBubblewrap(dirname(system), own)).toBe(system)
  expect(findBubblewrap('/nowhere', own)).toBeNull()
  expect([isCopied(system, own), isCopied(join(root, 'newer/bwrap'), own)]).toEqual([true, false])
  expect(findBubblewrap('/usr/bin', '/usr/bin/env')).toBe('/usr/bin/env')
})

test('whether bubblewrap works is tried with what it starts, too', () => {
  expect(canMountInside(BWRAP)).toBe(true)
  // As `bwrap-userns-restrict` leaves it: it starts, and what it starts has no rights.
  const through = (more: string): string =>
    `#!/bin/sh\nfor word; do shift; [ "$word" = -- ] && set -- "$@" ${more}; set -- "$@" "$word"; done\nexec ${BWRAP} "$@"\n`
  const folder = machine({
    restricted: through('--cap-drop ALL'),
    plain: through('--new-session'),
    none: '#!/bin/sh\nexit 1\n',
  })
  chmodSync(folder, 0o755)
  const works = (name: string): boolean => {
    chmodSync(join(folder, name), 0o755)
    return canMountInside(join(folder, name))
  }
  expect([works('plain'), works('restricted'), works('none')]).toEqual([true, false, false])
})
