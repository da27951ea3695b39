import { expect, test } from 'vitest'
import { installerVariables } from '../../../src/sandbox/environments/installer-variables.ts'

const given = {
  PATH: '/usr/bin',
  HOME: '/home/user',
  HTTPS_PROXY: 'http://proxy',
  NPM_TOKEN: 'token-of-the-registry',
  API_KEY: 'secret',
  PIP_INDEX_URL: 'https://index.invalid/simple',
  PIP_EXTRA_INDEX_URL: 'https://other.invalid/simple',
  PIP_CERT: '/cert',
  PIP_TARGET: '/elsewhere',
  PIP_USER: '1',
  PIP_NO_BINARY: ':all:',
  PIP_REQUIREMENT: '/evil.txt',
  PYTHONPATH: '/evil',
  PYTHONSTARTUP: '/evil.py',
  NODE_OPTIONS: '--require /evil.js',
  npm_config_registry: 'https://registry.invalid',
  'npm_config_@scope:registry': 'https://scope.invalid',
  'npm_config_//registry.invalid/:_authToken': 'token',
  NPM_CONFIG_STRICT_SSL: 'true',
  'npm_config_min-release-age': '7',
  npm_config_global: 'true',
  npm_config_ignore_scripts: 'false',
  npm_config_script_shell: '/evil',
  npm_package_name: 'handaxe',
  npm_lifecycle_event: 'test',
  INIT_CWD: '/work',
  EMPTY: undefined,
}

test('where packages come from is passed on; where they go, and what else is installed, is not', () => {
  const variables = installerVariables(given, { temporary: '/build/tmp', builds: false })
  const kept =
    'API_KEY HOME HTTPS_PROXY NPM_CONFIG_STRICT_SSL NPM_TOKEN PATH PIP_CERT PIP_EXTRA_INDEX_URL PIP_INDEX_URL TEMP TMP ' +
    'TMPDIR npm_config_//registry.invalid/:_authToken npm_config_@scope:registry npm_config_min-release-age npm_config_registry'
  expect(Object.keys(variables).sort()).toEqual(kept.split(' '))
  expect(variables['TMPDIR']).toBe('/build/tmp')
})

test('a build from source gets no variable that could be a key', () => {
  const variables = installerVariables(given, { temporary: '/build/tmp', builds: true })
  expect(Object.keys(variables).sort()).toEqual([
    'HOME',
    'HTTPS_PROXY',
    'PATH',
    'PIP_CERT',
    'PIP_EXTRA_INDEX_URL',
    'PIP_INDEX_URL',
    'TEMP',
    'TMP',
    'TMPDIR',
  ])
})
