import { userInfo } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { resolveFolders } from '../../src/app/folders.ts'

test('on Linux the XDG defaults below the home folder are used', () => {
  expect(resolveFolders({ HOME: '/home/ada' }, 'linux')).toEqual({
    config: '/home/ada/.config/handaxe',
    data: '/home/ada/.local/share/handaxe',
    state: '/home/ada/.local/state/handaxe',
    cache: '/home/ada/.cache/handaxe',
  })
})

test('the XDG variables win, and a relative one is ignored as the specification says', () => {
  const folders = resolveFolders({ HOME: '/home/ada', XDG_DATA_HOME: '/data', XDG_CACHE_HOME: 'cache' }, 'linux')
  expect(folders.data).toBe('/data/handaxe')
  expect(folders.cache).toBe('/home/ada/.cache/handaxe')
})

test('HANDAXE_HOME holds everything', () => {
  expect(resolveFolders({ HOME: '/home/ada', HANDAXE_HOME: '/x', XDG_DATA_HOME: '/data' }, 'linux').data).toBe('/x')
})

test('without a HOME, or with an empty one, it is the home of the user, never a shared folder', () => {
  const { homedir } = userInfo()
  for (const environment of [{}, { HOME: '' }, { HOME: '', HANDAXE_HOME: '' }]) {
    expect(resolveFolders(environment, 'linux').config).toBe(join(homedir, '.config', 'handaxe'))
  }
})

test('relative folders are those of the working folder, whole, wherever a process of the sandbox starts', () => {
  expect(resolveFolders({ HANDAXE_HOME: 'own' }, 'linux').state).toBe(resolve('own', 'state'))
  expect(resolveFolders({ HOME: 'home' }, 'linux').data).toBe(resolve('home', '.local/share/handaxe'))
})

test('macOS and Windows have folders of their own', () => {
  expect(resolveFolders({ HOME: '/Users/ada' }, 'darwin').data).toContain('Library/Application Support/handaxe')
  expect(resolveFolders({ LOCALAPPDATA: 'C:\\L' }, 'win32').data).toContain('handaxe')
})
