import type { ExecutionResult } from '../../contracts/sandbox.ts'

/** What a step promises in its goal: "Plot the …", "Draw a chart of …", in a few languages that requests come in. */
const PROMISE =
  /^\s*(?:\S+\s+(?:and|und|et|y|e)\s+)?(?:(?:re)?plot|draw|chart|graph|visuali[sz]e|zeichne|plotte|visualisiere|stelle .{0,80}\bdar|trace[rz]?|tracer|dessine[rz]?|grafica[r]?|dibuja[r]?|traza[r]?)\b|\b(?:and|then|und|et|y) (?:plot|draw|chart|graph|zeichne|trace|grafica)\b|\b(?:make|create|produce|save|render|erstelle|crée|crea)s? (?:an? |the |ein(?:e|en)? |une? |una? )?(?:\S+ ){0,3}(?:plot|chart|graph|histogram|heatmap|diagram|figure|diagramm|grafik|graphique|gr[áa]fic[oa])\b/iu
const PICTURE = /^image\/|^application\/pdf$|^text\/html$/
/** matplotlib's words for a character that its fonts lack. */
const BOXES = /Glyph \d+ \((?:\\N\{([^}]*)\}|[^)]*)\) missing from font/

/** Why files do not look like what the step was for. */
export function findPlotSurprises(goal: string | null, { artifacts, stderr }: ExecutionResult): string[] {
  const found: string[] = []
  const hasPicture = artifacts.some(({ mediaType }) => PICTURE.test(mediaType))
  if (goal !== null && PROMISE.test(goal) && !hasPicture) {
    found.push('a plot is promised and there is none: write it to /box/output as PNG')
  }
  const boxes = BOXES.exec(`${stderr.head}\n${stderr.tail}`)
  if (hasPicture && boxes !== null) {
    found.push(
      `labels of the plot are boxes: no font here has ${boxes[1]?.toLowerCase() ?? 'their characters'}; write them in Latin letters`,
    )
  }
  return found
}
