import { expect, test } from 'vitest'
import { explainNpmFailure } from '../../../../src/sandbox/environments/javascript/explain-npm-failure.ts'

const failed = (error: object): { exitCode: number; stdout: string; stderr: string } => ({
  exitCode: 1,
  stdout: JSON.stringify({ error }),
  stderr: '',
})

test.each([
  ['E404', 'not-found'],
  ['ETARGET', 'no-version'],
  ['ERESOLVE', 'conflict'],
  ['EINTEGRITY', 'hash-mismatch'],
  ['E401', 'registry-refused'],
  ['E403', 'registry-refused'],
  ['E503', 'registry-unreachable'],
  ['ENOTFOUND', 'registry-unreachable'],
  ['EAI_AGAIN', 'registry-unreachable'],
  ['ERR_SOCKET_TIMEOUT', 'registry-unreachable'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'registry-unreachable'],
  ['EALLOWGIT', 'unsafe-package'],
  ['ENOSPC', 'no-space'],
  ['EWHATEVER', 'other'],
])('%s is %s', (code, reason) => {
  const detail = "The requested resource 'lodahs@*' could not be found"
  expect(explainNpmFailure(failed({ code, summary: 'it failed', detail })).details).toMatchObject({ reason })
})

test('an unknown scoped package is named from the address where nothing else names it', () => {
  const summary = 'Not Found - GET https://registry.invalid/@scope%2fname - Not found'
  expect(explainNpmFailure(failed({ code: 'E404', summary, detail: '' })).details).toMatchObject({
    package: '@scope/name',
  })
})

test.each([
  ['nothing', '', ''],
  ['no JSON', 'oops {', 'npm error code ENOSPC\nnpm error write'],
  ['another shape', '{"error":"text"}', 'npm ERR! code ENOSPC'],
  ['a list', '[]', 'npm error code ENOSPC'],
])('output that is %s still gives an error with a hint', (_, stdout, stderr) => {
  const error = explainNpmFailure({ exitCode: 1, stdout, stderr })
  expect(error.hint).toBeTruthy()
  expect(error.details['reason']).toBe(stderr.includes('ENOSPC') ? 'no-space' : 'other')
})

test('credentials and control characters of the output are not repeated', () => {
  const error = explainNpmFailure(
    failed({ code: 'X', summary: 'GET https://me:secret@host/x \u001b[2J\u202E', detail: null }),
  )
  expect(JSON.stringify([error.message, error.details])).not.toMatch(/secret|\\u001b|\u202E/)
})
