import type { JsonObject } from '../../contracts/json.ts'
import type { EarlierInstance, MakeStep, Plan, ReuseStep, ScriptStep, Step } from '../../contracts/plan.ts'
import type { InspectedFile, MakePolicy, ToolSpecification } from '../../contracts/run.ts'
import type { ToolVersion } from '../../contracts/tool.ts'
import { detectUses } from '../steps/detect-uses.ts'
import { isTakenByLanguage } from './taken-names.ts'
import { readReferences, type Reference } from './read-references.ts'

/** What a plan is held against. */
export interface PlanSituation {
  files: readonly InspectedFile[]
  make: MakePolicy
  /** A tool that may be used, by name: of the library, or made by an earlier plan of the run. */
  findTool: (name: string) => Promise<ToolVersion | null>
  /** True where the library has a tool of this name in any state that may still be used. */
  isNameTaken: (name: string) => Promise<boolean>
  /** Labels of programs of earlier requests that the planner is shown. */
  instances: ReadonlySet<string>
  /** Steps of earlier plans that succeeded. */
  finished: ReadonlySet<string>
}

export interface Surroundings {
  plan: Plan
  situation: PlanSituation
  /** The steps of the plan that make a tool, by its name. */
  made: ReadonlyMap<string, MakeStep>
}

/** Holds one step against what there is; gives it back with its `needs` completed, and what is wrong with it. */
export async function checkStep(step: Step, around: Surroundings): Promise<{ step: Step; problems: string[] }> {
  const check = new StepCheck(step, around)
  return { step: await check.run(), problems: check.problems }
}

class StepCheck {
  readonly problems: string[] = []
  readonly #step: Step
  readonly #around: Surroundings
  readonly #needs: Set<string>

  constructor(step: Step, around: Surroundings) {
    this.#step = step
    this.#around = around
    this.#needs = new Set(step.needs)
  }

  async run(): Promise<Step> {
    const step = this.#step
    const known = new Set([...this.#around.plan.steps.map(({ id }) => id), ...this.#around.situation.finished])
    for (const id of step.needs) {
      if (!known.has(id)) this.problems.push(`it needs step ${id}, which does not exist`)
    }
    let checked = step
    if (step.decision === 'script') checked = await this.#checkScript(step)
    else if (step.decision === 'reuse') await this.#checkReuse(step)
    else await this.#checkMake(step)
    if (step.decision !== 'script') this.#checkReferences(step.arguments, known)
    // Steps of earlier plans are done: nothing has to wait for them.
    return { ...checked, needs: [...this.#needs] }
  }

  async #checkReuse(step: ReuseStep): Promise<void> {
    const maker = this.#around.made.get(step.tool)
    if (maker !== undefined) {
      this.#needs.add(maker.id)
      this.#checkNames(step.arguments, namesOf(maker.specification))
      return
    }
    const tool = await this.#around.situation.findTool(step.tool)
    if (tool === null) {
      this.problems.push(`there is no tool ${step.tool}; reuse one of the list, or make it in a step`)
      return
    }
    this.#checkNames(step.arguments, namesOfSchema(tool.inputSchema))
  }

  async #checkMake(step: MakeStep): Promise<void> {
    const { specification } = step
    if (this.#around.situation.make === 'never') {
      this.problems.push('making tools is switched off for this run: use a script instead')
      return
    }
    if (await this.#around.situation.isNameTaken(specification.name)) {
      this.problems.push(
        `the library has a tool ${specification.name} already: reuse it if it fits exactly, else choose a name that says the difference`,
      )
    }
    if (isTakenByLanguage(specification.name, specification.language)) {
      this.problems.push(
        `the name ${specification.name} belongs to the language: choose one that says what the tool gives`,
      )
    }
    const names = namesOf(specification)
    if (new Set(names.known).size < names.known.length) this.problems.push('two parameters have the same name')
    const firstOptional = specification.parameters.findIndex((parameter) => !parameter.required)
    if (firstOptional !== -1 && specification.parameters.slice(firstOptional).some((parameter) => parameter.required)) {
      this.problems.push('required parameters have to come before optional ones')
    }
    this.#checkNames(step.arguments, names)
    ;(step.from ?? []).forEach((instance, index) => this.#checkInstance(instance, names, `from[${index}]`))
    specification.examples.forEach((example, index) => this.#checkNames(example.arguments, names, `examples[${index}]`))
  }

  #checkInstance({ script, arguments: args }: EarlierInstance, names: ParameterNames, where: string): void {
    const { instances } = this.#around.situation
    if (!instances.has(script)) this.problems.push(`${where}: there is no earlier program ${script}`)
    if (args === null) return
    this.#checkNames(args, names, `${where}.arguments`)
    const reading = readReferences(args)
    if ('problems' in reading) {
      this.problems.push(...reading.problems.map((problem) => `${where}.arguments.${problem}`))
    } else if (reading.references.some(({ step }) => step !== null)) {
      this.problems.push(`${where}.arguments: an earlier request knew nothing of the steps of this plan`)
    }
  }

  async #checkScript(step: ScriptStep): Promise<ScriptStep> {
    if (this.#around.situation.make === 'always') {
      this.problems.push('this run keeps everything as tools: make a tool (or reuse one) instead of a script')
    }
    const uses = [...new Set([...step.uses, ...(step.code === null ? [] : detectUses(step.code, step.language))])]
    for (const name of uses) {
      const maker = this.#around.made.get(name)
      if (maker !== undefined) this.#needs.add(maker.id)
      const tool = maker?.specification ?? (await this.#around.situation.findTool(name))
      if (tool === null) this.problems.push(`it uses a tool ${name}, which does not exist`)
      else if ((tool.language === 'python') !== (step.language === 'python')) {
        this.problems.push(
          `it is written in ${step.language} and cannot import ${name}, which is ${tool.language}: reuse that tool in a step of its own and take its value`,
        )
      }
    }
    return { ...step, uses }
  }

  #checkNames(args: JsonObject, { known, required }: ParameterNames, where = 'arguments'): void {
    const unknown = known === null ? [] : Object.keys(args).filter((name) => !known.includes(name))
    if (unknown.length > 0) {
      this.problems.push(`${where}: no parameter ${unknown.join(', ')}; there are ${known?.join(', ') || 'none'}`)
    }
    const missing = required.filter((name) => !Object.hasOwn(args, name))
    if (missing.length > 0) this.problems.push(`${where}: ${missing.join(', ')} is missing`)
  }

  #checkReferences(args: JsonObject, known: ReadonlySet<string>): void {
    const reading = readReferences(args)
    if ('problems' in reading) {
      this.problems.push(...reading.problems.map((problem) => `arguments.${problem}`))
      return
    }
    for (const reference of reading.references) {
      if (reference.step === null) this.#checkFile(reference)
      else if (!known.has(reference.step)) this.problems.push(`there is no step ${reference.step} to take a value from`)
      else this.#needs.add(reference.step)
    }
  }

  #checkFile({ file: name, columns, kind }: Reference): void {
    const { files } = this.#around.situation
    const file = files.find((candidate) => candidate.name === name)
    if (file === undefined) {
      const list = files.map((candidate) => candidate.name).join(', ')
      this.problems.push(`there is no file ${name}; ${list === '' ? 'no files were given' : `the files are ${list}`}`)
      return
    }
    if (kind === 'columns' || kind === 'column' || kind === 'records') this.#checkColumns(file, columns ?? [])
  }

  #checkColumns(file: InspectedFile, columns: readonly string[]): void {
    if (file.table === null) {
      this.problems.push(`${file.name} is not a table but ${file.kind}`)
      return
    }
    const names = file.table.columns.map((column) => column.name)
    const missing = columns.filter((column) => !names.includes(column))
    if (missing.length > 0) {
      this.problems.push(
        `${file.name} has no column ${missing.join(', ')}; its columns are ${names.slice(0, 60).join(', ')}`,
      )
    }
  }
}

interface ParameterNames {
  /** Null where a schema lets any name through. */
  known: string[] | null
  required: string[]
}

function namesOf({ parameters }: ToolSpecification): { known: string[]; required: string[] } {
  return {
    known: parameters.map((parameter) => parameter.name),
    required: parameters.filter((parameter) => parameter.required).map((parameter) => parameter.name),
  }
}

function namesOfSchema(schema: JsonObject): ParameterNames {
  const properties = schema['properties']
  const required = Array.isArray(schema['required'])
    ? schema['required'].filter((name) => typeof name === 'string')
    : []
  const open = schema['additionalProperties'] !== undefined && schema['additionalProperties'] !== false
  const known = properties !== null && typeof properties === 'object' ? Object.keys(properties) : []
  return { known: open ? null : known, required }
}
