import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bindArguments } from '../../src/agent/bind-arguments.ts'
import { inspectInputs } from '../../src/agent/inspect-inputs.ts'
import { HandaxeError } from '../../src/contracts/errors.ts'
import type { JsonObject } from '../../src/contracts/json.ts'
import type { InspectedFile } from '../../src/contracts/run.ts'
import type { InputFile } from '../../src/contracts/sandbox.ts'
import { borrowTestSandbox, type TestSandbox } from '../support/open-test-sandbox.ts'

/** What is told, by the codec that wrote the file; its header and the words of its rows. */
const FILES: [told: string, codec: string, header: string, words: string][] = [
  ['gbk', 'gbk', '城市,人口,日期', '北京 上海 广州 深圳 成都 杭州 武汉'],
  ['gbk', 'gbk', '产品,数量,备注', '产品 苹果'],
  ['gb18030', 'gb18030', '姓名,年龄,城市', '李明 王芳 张伟 䶮䶮 㐱㐱'],
  ['big5', 'big5', '城市,人口,備註', '臺北市 高雄市 臺中市 花蓮縣'],
  ['shift_jis', 'shift_jis', '都市,人口,備考', '東京都 大阪市 カタカナ ひらがな'],
  ['shift_jis', 'shift_jis', '名前,値,備考', 'ｱｲｳ ﾃｽﾄ 東京'],
  ['euc_jp', 'euc_jp', '都市,人口,備考', '東京都 大阪市 カタカナ ひらがな'],
  ['iso2022_jp', 'iso2022_jp', '都市,人口,備考', '東京都 大阪市 ひらがな'],
  ['euc_kr', 'euc_kr', '도시,인구,비고', '서울특별시 부산광역시 대구 제주도'],
  ['koi8-r', 'koi8-r', 'Город,Население,Дата', 'Москва Казань Самара Омск Уфа'],
  ['windows-1251', 'cp1251', 'Город,Население,Дата', 'Москва Казань Самара «Омск» Уфа'],
  ['cp866', 'cp866', 'Город,Население,Дата', 'Москва Казань Самара Омск Уфа'],
  ['windows-1250', 'cp1250', 'Město,Počet,Země', 'Plzeň Žilina Łódź Kraków Děčín Győr'],
  ['windows-1250', 'cp1250', 'név,kor,ország', 'Győző Szűcs Ákos Őrs fűtő'],
  ['iso-8859-2', 'iso8859-2', 'Miasto,Liczba,Uwagi', 'Łódź Kraków Gdańsk Śrem Świdnica Ząbki'],
  ['windows-1252', 'cp1252', 'Straße,Größe,Preis', 'Müller Weiß “Café” São Besançon'],
  ['iso-8859-1', 'latin-1', 'Prénom,Ville,Âge', 'Éloïse François Nîmes Zoë'],
  ['windows-1254', 'cp1254', 'Şehir,Nüfus,Bölge', 'İstanbul İzmir Eskişehir Muğla Iğdır'],
  ['windows-1253', 'cp1253', 'Πόλη,Πληθυσμός,Χώρα', 'Αθήνα Πάτρα Ηράκλειο Βόλος'],
  ['windows-1255', 'cp1255', 'עיר,אוכלוסייה,הערה', 'ירושלים חיפה נתניה'],
  ['windows-1256', 'cp1256', 'المدينة,السكان,البلد', 'القاهرة دمشق بغداد الرياض'],
  ['utf-16-le', 'utf-16-le', '城市,人口,日期', '北京 上海 广州'],
  ['utf-16-be', 'utf-16-be', 'Город,Население,Дата', 'Москва Казань'],
  ['utf-16', 'utf-16', '都市,人口,備考', '東京都 大阪市'],
  ['utf-32', 'utf-32', 'Name,Größe,Art', 'Müller Weiß'],
]

const text = ([, , header, words]: (typeof FILES)[number]): string => {
  const all = words.split(' ')
  const rows = Array.from(
    { length: 20 },
    (_, row) => `${all[row % all.length]},${row * 37},${all[(row * 3) % all.length]}`,
  )
  return `${header}\n${rows.join('\n')}\n`
}

let opened: TestSandbox
let files: InputFile[]
let inspected: InspectedFile[]

beforeAll(async () => {
  opened = await borrowTestSandbox()
  // Node can read these encodings, but not write them.
  const { value } = await opened.sandbox.execute({
    language: 'python',
    code: `
import base64, json
with open('/box/input/texts.json', encoding='utf-8') as file:
    result([base64.b64encode(text.encode(codec)).decode() for codec, text in json.load(file)])
`,
    inputs: [{ name: 'texts.json', content: JSON.stringify(FILES.map((file) => [file[1], text(file)])) }],
  })
  files = (value as string[]).map((content, index) => ({
    name: `${index}.csv`,
    content: Buffer.from(content, 'base64'),
  }))
  inspected = await inspectInputs(opened.sandbox, files)
})
afterAll(() => opened.close())

describe('a table of 20 rows', () => {
  test.each(FILES.map((file, index) => [...file, index] as const))(
    'in %s (%s, %s)',
    async (told, codec, header, words, index) => {
      const file = inspected[index]
      expect(file?.encoding).toBe(told)
      expect(file?.table?.columns.map(({ name }) => name)).toEqual(header.split(','))
      expect(file?.head.split('\n')[1]).toBe(text([told, codec, header, words]).split('\n')[1])
    },
  )

  test('is bound with the encoding that is told, and a script can name it', async () => {
    const args = Object.fromEntries(
      FILES.map(([, , header], index) => [
        String(index),
        { $column: { file: `${index}.csv`, name: header.split(',')[0] ?? '' } },
      ]),
    ) satisfies JsonObject
    const bound = await bindArguments(opened.sandbox, args, { files, stepValues: {} })
    const { value } = await opened.sandbox.execute({
      language: 'python',
      code: `
import pandas as pd
told = ${JSON.stringify(inspected.map(({ encoding }) => encoding))}
result({str(index): pd.read_csv(f'/box/input/{index}.csv', encoding=encoding).iloc[:, 0].tolist() for index, encoding in enumerate(told)})
`,
      inputs: files,
    })
    const first = FILES.map(([, , , words], index) => [
      String(index),
      Array.from({ length: 20 }, (_, row) => words.split(' ')[row % words.split(' ').length]),
    ])
    expect(bound).toEqual(Object.fromEntries(first))
    expect(value).toEqual(Object.fromEntries(first))
  })
})

describe('a binding may name the encoding', () => {
  const short = [
    {
      name: 'names.csv',
      content: Buffer.from([0xd2, 0xe5, 0xf1, 0xf2, 0x2c, 0x78, 0x0a, 0xc4, 0xe0, 0x2c, 0x31, 0x0a]),
    },
    { name: 'note.txt', content: Buffer.from([0xd4, 0xc5, 0xd3, 0xd4]) },
    { name: 'note.json', content: Buffer.from([0x22, 0xa7, 0x41, 0x22]) },
  ]
  const bind = (args: JsonObject): Promise<JsonObject> =>
    bindArguments(opened.sandbox, args, { files: short, stepValues: {} })

  test('of tables, text and JSON', async () => {
    expect(
      await bind({
        table: { $records: { file: 'names.csv', encoding: 'windows-1251' } },
        other: { $column: { file: 'names.csv', name: 'x', encoding: 'koi8-r' } },
        text: { $text: { file: 'note.txt', encoding: 'koi8-r' } },
        json: { $json: { file: 'note.json', encoding: 'big5' } },
      }),
    ).toEqual({ table: [{ Тест: 'Да', x: 1 }], other: [1], text: 'тест', json: '你' })
  })

  test.each(['klingon', 'hex', '../../etc', 'utf-8\u0000', 'x'.repeat(5000)])(
    'that there is not: %j',
    async (encoding) => {
      const error = await bind({ t: { $text: { file: 'note.txt', encoding } } }).catch((caught: unknown) => caught)
      if (!HandaxeError.isInstance(error)) throw new Error('it was bound')
      expect(error.message).toMatch(/^t: there is no encoding "[^]{1,200}\(of note\.txt\)$/)
    },
  )

  test('but only as text', async () => {
    await expect(bind({ t: { $text: { file: 'note.txt', encoding: 5 } } })).rejects.toThrow(
      /t: \$text needs the name of a file, or/,
    )
    await expect(bind({ t: { $records: { file: 'names.csv', encoding: [] } } })).rejects.toThrow(
      /t: the encoding of \$records has to be text/,
    )
  })
})
