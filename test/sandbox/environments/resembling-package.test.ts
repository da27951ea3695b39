import { describe, expect, test } from 'vitest'
import { popularPackages } from '../../../src/sandbox/environments/popular-packages.ts'
import { resemblingPackage } from '../../../src/sandbox/environments/resembling-package.ts'

describe('names that imitate others', () => {
  test.each([
    ['reqests', 'requests'],
    ['requestss', 'requests'],
    ['rwquests', 'requests'],
    ['reuqests', 'requests'],
    ['pan-das', 'pandas'],
    ['python-requests', 'requests'],
    ['c0lorama', 'colorama'],
    ['matp1otlib', 'matplotlib'],
    ['dateutil', 'python-dateutil'],
    ['cv2', 'opencv-python-headless'],
  ])('%s is taken for %s', (name, popular) => {
    expect(resemblingPackage(name, 'python')).toBe(popular)
  })

  test.each(['tabulator', 'pip', 'sax', 'my-own-tool', 'a', 'py', 'arviz'])('%s resembles none', (name) => {
    expect(resemblingPackage(name, 'python')).toBeNull()
  })

  test.each(['python', 'javascript'] as const)('no well-known %s package is held for an imitation', (language) => {
    expect(popularPackages(language).filter((name) => resemblingPackage(name, language) !== null)).toEqual([])
  })

  test('npm has its own well-known names, and a policy adds its own', () => {
    expect(resemblingPackage('lodahs', 'javascript')).toBe('lodash')
    expect(resemblingPackage('momentjs', 'javascript')).toBe('moment')
    expect(resemblingPackage('internal-toools', 'javascript', ['internal-tools'])).toBe('internal-tools')
  })
})
