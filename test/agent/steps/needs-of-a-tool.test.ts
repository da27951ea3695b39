import { describe, expect, test } from 'vitest'
import { eventsOf } from '../open-test-agent.ts'
import { makeRange, rangeCode, reuseRange } from '../scripted-replies.ts'
import { useTestAgent } from '../use-test-agent.ts'

const setup = useTestAgent({ each: true })

describe('what an execution of a tool gets', () => {
  test('stands in its version: packages from the code, no network', async () => {
    const withNumpy = rangeCode('float(np.ptp(values))').replace('```python\n', '```python\nimport numpy as np\n\n\n')
    await setup.subject.play([...makeRange.slice(0, 2), { role: 'coder', reply: withNumpy }], setup.request)
    const { needs } = await setup.subject.library.get('value_range')
    expect(needs).toEqual({ packages: ['numpy'], environment: null, network: [], hostFunctions: [] })
  })

  test('is what its version says: an environment that is not there is asked for, and the use fails', async () => {
    await setup.subject.play(makeRange, setup.request)
    const made = await setup.subject.library.get('value_range')
    await setup.subject.library.save({
      ...made,
      code: `${made.code}\n# Another version.\n`,
      needs: { ...made.needs, environment: 'no-such-environment' },
    })
    const { agent } = setup.subject.withScript([{ reply: reuseRange }])
    const run = agent.run(setup.request)
    const events = []
    for await (const event of run) events.push(event)
    expect(await run.result).toMatchObject({ status: 'failed' })
    expect(JSON.stringify(await run.result)).toContain('no-such-environment')
    expect(eventsOf(events, 'execution-finished')).toEqual([])
  })
})
