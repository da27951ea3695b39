import type { AdmissionRecord, ToolNeeds } from '../../contracts/tool.ts'
import { hangingText, safeText } from '../terminal.ts'
import { plural } from './format.ts'

/** What a version needs of the sandbox, in words: the same that its executions get. */
export function renderNeeds({ packages, environment, network, hostFunctions }: ToolNeeds): string {
  const from = environment === null ? '' : ` from the environment ${environment}`
  const hosts = network.map(({ host, port }) => (port === undefined ? host : `${host}:${port}`))
  return [
    packages.length === 0 ? `no packages${from}` : `the packages ${packages.join(', ')}${from}`,
    hosts.length === 0 ? 'no network' : `the network: ${hosts.join(', ')}`,
    hostFunctions.length === 0 ? 'no host functions' : `the host functions ${hostFunctions.join(', ')}`,
  ]
    .map(safeText)
    .join('; ')
}

/** What was checked before a version was kept, a line each. */
export function renderAdmission(record: AdmissionRecord | null): string {
  if (record === null) return 'not checked beyond its tests'
  const { at, mutants, repeatedCalls, review, droppedTests, neighbours, stopped } = record
  const facts = [
    repeatedCalls === null ? null : `${plural(repeatedCalls, 'call')} gave the same in two worlds`,
    mutants === null
      ? null
      : `its tests saw ${mutants.tried - mutants.survived} of ${plural(mutants.tried, 'planted fault')}`,
    review === null ? null : `review by ${review.model ?? 'nobody'}: ${[review.verdict, ...review.reasons].join('. ')}`,
    ...neighbours.map(({ name, version, verdict }) => `held against ${name} v${version}: ${verdict}`),
    ...(stopped === undefined ? [] : [stopped]),
    ...droppedTests.map(({ name, reason }) => `left out: ${name}: ${reason}`),
  ].filter((fact) => fact !== null)
  return [`checked ${at.slice(0, 10)}`, ...facts.map((fact) => `  · ${hangingText(fact)}`)].join('\n')
}
