export type SyncPreference = 'folder' | 'library'

/**
 * `import`: the folder's text becomes a version of the library, if it passes. `write`: the library's is written to the folder.
 * `remove`: its files go. `retire`: its versions in the library are retired. `conflict`: nothing is touched.
 */
export type SyncAction = 'none' | 'import' | 'write' | 'remove' | 'retire' | 'conflict'

export interface SyncFacts {
  /** Null where the folder has no such tool. */
  folder: {
    /** Against the manifest; null where there is no record of what was exported. */
    changed: boolean | null
    sameAsLibrary: boolean
    /** False for a skill of others, or one under another folder's name: handaxe does not write there. */
    isOurs: boolean
  } | null
  library: { changed: boolean; state: 'in-use' | 'quarantined' | 'retired'; pinnedVersion: number | null } | null
  /** The last export or sync wrote it. */
  wasExported: boolean
  /** What both had in common when they were last brought in step here; null where that is not known of this tool. */
  remembered?: { libraryChanged: boolean; folderChanged: boolean } | null | undefined
  /** They were brought in step here before: what is not remembered came since. */
  hasMemory?: boolean
}

export interface SyncDecision {
  action: SyncAction
  reason: string
}

/** Three-way: the manifest is what both sides began with. Nothing that both changed is overwritten without a preference. */
export function decideSync(facts: SyncFacts, prefer: SyncPreference | null): SyncDecision {
  const found = decideByText(facts, prefer)
  const { state, pinnedVersion = null } = facts.library ?? {}
  const isOut = found.action === 'write' && state === 'quarantined'
  if (found.action === 'import' && pinnedVersion !== null) {
    return decision('conflict', `${found.reason}, and is pinned to version ${pinnedVersion} in the library`)
  }
  return isOut ? decision('none', 'is quarantined in the library, which is not written to the folder') : found
}

function decideByText(facts: SyncFacts, prefer: SyncPreference | null): SyncDecision {
  const { folder, library } = facts
  if (folder === null) return library === null ? decision('none', '') : decideMissingFile(facts, library, prefer)
  if (library === null) return decideMissingTool(facts, folder, prefer)
  if (library.state === 'retired') return decideRetired(facts, folder, prefer)
  if (folder.sameAsLibrary) {
    const isNoted = folder.changed === false || !folder.isOurs
    return isNoted
      ? decision('none', 'is the same in both')
      : decision('write', 'is the same in both: its record is renewed')
  }
  if (folder.changed === false) {
    return library.changed
      ? writeOrLeave(folder, 'was changed in the library')
      : decision('none', 'is the same in both')
  }
  if (folder.changed === true && !library.changed) return decision('import', 'was changed in the folder')
  const both =
    folder.changed === null
      ? 'differs, and there is no record of what both began with'
      : 'was changed in the folder and in the library'
  if (prefer === 'folder') return decision('import', `${both}: the folder is preferred`)
  if (prefer === 'library') return writeOrLeave(folder, `${both}: the library is preferred`)
  return decision('conflict', both)
}

/** A library that never had the tool takes it in; one that had it and removed it does not get it back unasked. */
function decideMissingTool(
  { remembered = null }: SyncFacts,
  folder: NonNullable<SyncFacts['folder']>,
  prefer: SyncPreference | null,
): SyncDecision {
  if (remembered === null) return decision('import', 'is in the folder only')
  const gone = 'was removed from the library'
  if (prefer === 'folder') return decision('import', `${gone}: the folder is preferred`)
  if (!folder.isOurs) return decision('conflict', `${gone}, and its files in the folder are not of an export`)
  const isChanged = folder.changed !== false || remembered.folderChanged
  if (!isChanged || prefer === 'library') return decision('remove', gone)
  return decision('conflict', `${gone} and changed in the folder`)
}

function decideMissingFile(
  { wasExported, remembered = null }: SyncFacts,
  library: NonNullable<SyncFacts['library']>,
  prefer: SyncPreference | null,
): SyncDecision {
  if (library.state !== 'in-use') return decision('none', `is ${library.state} in the library`)
  // Who removed it may have taken its lines out of the manifest as well: then only the memory tells.
  if (!wasExported && remembered === null) return decision('write', 'is in the library only')
  const gone = 'was removed from the folder'
  if (prefer === 'library') return decision('write', `${gone}: the library is preferred`)
  const isChanged = wasExported ? library.changed : remembered?.libraryChanged === true
  if (!isChanged || prefer === 'folder') return decision('retire', gone)
  return decision('conflict', `${gone} and changed in the library`)
}

function decideRetired(
  { hasMemory = false, remembered = null }: SyncFacts,
  folder: NonNullable<SyncFacts['folder']>,
  prefer: SyncPreference | null,
): SyncDecision {
  if (prefer === 'folder') return decision('import', 'was retired in the library: the folder is preferred')
  if (!folder.isOurs) return decision('none', 'was retired in the library, and its files are not of an export')
  // Somebody has brought it back, or changed it and had it written anew: that is no leftover.
  if (prefer === null && hasMemory && remembered === null) {
    return decision('conflict', 'is back in the folder, and was retired in the library')
  }
  const isChanged = folder.changed !== false || remembered?.folderChanged === true
  if (!isChanged || prefer === 'library') return decision('remove', 'was retired in the library')
  return decision('conflict', 'was changed in the folder and retired in the library')
}

function writeOrLeave({ isOurs }: NonNullable<SyncFacts['folder']>, reason: string): SyncDecision {
  if (isOurs) return decision('write', reason)
  return decision('conflict', `${reason}, and its files in the folder are not of an export`)
}

function decision(action: SyncAction, reason: string): SyncDecision {
  return { action, reason }
}
