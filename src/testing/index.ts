export { SCRIPTED_MODEL, scriptedGateway } from '../models/scripted-model.ts'
export type { ScriptedGateway, ScriptedStep } from '../models/scripted-model.ts'
