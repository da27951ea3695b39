import { describe, expect, test } from 'vitest'
import { decideSync, type SyncFacts, type SyncPreference } from '../../../src/app/exchange/decide-sync.ts'

const folder = (changed: boolean | null, over: Partial<NonNullable<SyncFacts['folder']>> = {}): SyncFacts['folder'] => {
  return { changed, sameAsLibrary: false, isOurs: true, ...over }
}
const library = (changed: boolean, state: 'in-use' | 'quarantined' | 'retired' = 'in-use'): SyncFacts['library'] => {
  return { changed, state, pinnedVersion: null }
}
const act = (
  facts: Pick<SyncFacts, 'folder' | 'library'> & { wasExported?: boolean },
  prefer: SyncPreference | null = null,
): string => decideSync({ wasExported: true, ...facts }, prefer).action

describe('a tool that both sides have', () => {
  test('goes from the side that changed to the other', () => {
    expect(act({ folder: folder(true), library: library(false) })).toBe('import')
    expect(act({ folder: folder(false), library: library(true) })).toBe('write')
    expect(act({ folder: folder(false), library: library(false) })).toBe('none')
  })

  test('is a conflict where both changed it, or nobody knows who did', () => {
    expect(act({ folder: folder(true), library: library(true) })).toBe('conflict')
    expect(act({ folder: folder(null), library: library(true) })).toBe('conflict')
    expect(act({ folder: folder(null), library: library(false) })).toBe('conflict')
  })

  test('is decided by the preference then, and only then', () => {
    expect(act({ folder: folder(true), library: library(true) }, 'folder')).toBe('import')
    expect(act({ folder: folder(true), library: library(true) }, 'library')).toBe('write')
    expect(act({ folder: folder(false), library: library(true) }, 'folder')).toBe('write')
    expect(act({ folder: folder(true), library: library(false) }, 'library')).toBe('import')
  })

  test('whose edit the library took over already only has its record renewed', () => {
    expect(act({ folder: folder(true, { sameAsLibrary: true }), library: library(true) })).toBe('write')
    expect(act({ folder: folder(false, { sameAsLibrary: true }), library: library(true) })).toBe('none')
  })

  test('that is pinned in the library takes no edit in: the new version would not be the current one', () => {
    const pinned = { changed: false, state: 'in-use', pinnedVersion: 1 } as const
    expect(act({ folder: folder(true), library: pinned })).toBe('conflict')
    expect(act({ folder: folder(true), library: pinned }, 'folder')).toBe('conflict')
    expect(act({ folder: folder(false), library: { ...pinned, changed: true } })).toBe('write')
  })

  test('is never written over a skill of others', () => {
    expect(act({ folder: folder(false, { isOurs: false }), library: library(true) })).toBe('conflict')
    expect(act({ folder: folder(null, { isOurs: false }), library: library(true) }, 'library')).toBe('conflict')
    expect(act({ folder: folder(null, { isOurs: false, sameAsLibrary: true }), library: library(true) })).toBe('none')
  })
})

describe('a tool that one side has', () => {
  test('in the folder only is imported: sync removes nothing because this library does not know it', () => {
    expect(act({ folder: folder(false), library: null })).toBe('import')
    expect(act({ folder: folder(null), library: null, wasExported: false })).toBe('import')
  })

  test('in the library only is written', () => {
    expect(act({ folder: null, library: library(true), wasExported: false })).toBe('write')
    expect(act({ folder: null, library: library(true, 'quarantined'), wasExported: false })).toBe('none')
  })

  test('whose folder was removed is retired, unless the library changed it since', () => {
    expect(act({ folder: null, library: library(false) })).toBe('retire')
    expect(act({ folder: null, library: library(true) })).toBe('conflict')
    expect(act({ folder: null, library: library(true) }, 'folder')).toBe('retire')
    expect(act({ folder: null, library: library(false) }, 'library')).toBe('write')
  })
})

describe('a tool that was in step before', () => {
  const remembered = { libraryChanged: false, folderChanged: false }
  const memory = { remembered, hasMemory: true }
  const at = (facts: Partial<SyncFacts>, prefer: SyncPreference | null = null): string =>
    decideSync({ folder: null, library: null, wasExported: true, ...memory, ...facts }, prefer).action

  test('and was removed from the library leaves the folder, unless somebody changed it there', () => {
    expect(at({ folder: folder(false) })).toBe('remove')
    expect(at({ folder: folder(true) })).toBe('conflict')
    expect(at({ folder: folder(false), remembered: { ...remembered, folderChanged: true } })).toBe('conflict')
    expect(at({ folder: folder(true) }, 'library')).toBe('remove')
    expect(at({ folder: folder(false) }, 'folder')).toBe('import')
    expect(at({ folder: folder(false, { isOurs: false }) })).toBe('conflict')
  })

  test('and whose folder and record somebody removed is retired, unless the library changed it', () => {
    const gone = { library: library(true), wasExported: false }
    expect(at(gone)).toBe('retire')
    expect(at({ ...gone, remembered: { ...remembered, libraryChanged: true } })).toBe('conflict')
    expect(at(gone, 'library')).toBe('write')
    expect(at({ ...gone, remembered: null })).toBe('write')
  })

  test('and was retired, but is in the folder again, is a conflict: somebody wants it back', () => {
    const back = { folder: folder(false), library: library(false, 'retired'), remembered: null }
    expect(at(back)).toBe('conflict')
    expect(at(back, 'folder')).toBe('import')
    expect(at(back, 'library')).toBe('remove')
    expect(at({ ...back, remembered })).toBe('remove')
    expect(at({ ...back, remembered: { ...remembered, folderChanged: true } })).toBe('conflict')
  })

  test('and is gone on both sides is nothing', () => {
    expect(at({})).toBe('none')
  })
})

describe('a tool that is out of use in the library', () => {
  test('retired: its files go, unless somebody edited them', () => {
    expect(act({ folder: folder(false), library: library(true, 'retired') })).toBe('remove')
    expect(act({ folder: folder(true), library: library(true, 'retired') })).toBe('conflict')
    expect(act({ folder: folder(true), library: library(true, 'retired') }, 'folder')).toBe('import')
    expect(act({ folder: folder(true), library: library(true, 'retired') }, 'library')).toBe('remove')
    expect(act({ folder: null, library: library(true, 'retired') })).toBe('none')
  })

  test('quarantined: it is repaired in the folder, and never written there', () => {
    expect(act({ folder: folder(true), library: library(false, 'quarantined') })).toBe('import')
    expect(act({ folder: folder(false), library: library(true, 'quarantined') })).toBe('none')
  })
})
