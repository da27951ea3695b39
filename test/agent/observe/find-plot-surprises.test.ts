import { expect, test } from 'vitest'
import { findPlotSurprises } from '../../../src/agent/observe/find-plot-surprises.ts'
import type { Artifact, ExecutionResult } from '../../../src/contracts/sandbox.ts'

const find = (goal: string | null, mediaTypes: string[] = [], stderr = '') =>
  findPlotSurprises(goal, {
    artifacts: mediaTypes.map((mediaType) => ({ mediaType }) as Artifact),
    stderr: { head: stderr, tail: '', totalBytes: 0, truncated: false },
  } as ExecutionResult)

test.each([
  'Plot the rolling 37-day volatility',
  'plot residuals against fitted values',
  'Draw a Kaplan-Meier curve',
  'Compute the means and plot them',
  'Create a bar chart of sales by month',
  'Save a heatmap of the correlations',
  'Visualise the clusters',
  'Zeichne den Verlauf der Preise',
  'Erstelle ein Diagramm der Umsätze',
])('a plot is promised and there is none: %s', (goal) => {
  expect(find(goal)).toEqual([expect.stringContaining('a plot is promised and there is none')])
  expect(find(goal, ['text/csv'])).toHaveLength(1)
  for (const mediaType of ['image/png', 'image/svg+xml', 'application/pdf', 'text/html']) {
    expect(find(goal, [mediaType])).toEqual([])
  }
})

test.each([
  null,
  'Compute the data for the plot',
  'Find the plot with the largest area',
  'The share of graphite in the ore',
  'Count charted songs',
  'Volatility over the last 37 days',
])('nothing is promised: %s', (goal) => {
  expect(find(goal)).toEqual([])
})

test('labels that no font has are told where there is a picture', () => {
  const warning =
    'main.py:3: UserWarning: Glyph 26481 (\\N{CJK UNIFIED IDEOGRAPH-6771}) missing from font(s) DejaVu Sans.\n  savefig()'
  expect(find('Plot it', ['image/png'], warning)).toEqual([
    expect.stringMatching(/^labels of the plot are boxes: no font here has cjk unified ideograph-6771/),
  ])
  expect(find(null, [], warning)).toEqual([])
  expect(find('Plot it', ['image/png'], 'UserWarning: something else')).toEqual([])
})
