/** The words of a step that say what it is about, brought to a common form. English alone. */

const textLengthMax = 4_000

const emptyWords: ReadonlySet<string> = new Set(
  (
    'a an the of in on at to for from with without by and or as is are was were be been being it its this that these those ' +
    'their them they he she his her him you your i my we our who which what when where how why than then so if else can could ' +
    'should would will may must do does did not no any all each every some other another such more most between into over under ' +
    'about using use used via within during based same whose including include there up out any only'
  ).split(' '),
)

/** Words that every kind of step has, and that tell none from the others. */
const commonWords: ReadonlySet<string> = new Set(
  (
    'get retrieve fetch find search check obtain identify determine calculate compute provide list show make take give look answer ' +
    'information detail data tool result api number name id value specific current service user function task available related'
  )
    .split(' ')
    .map(stem),
)

export function contentOf(text: string): ReadonlySet<string> {
  const found = new Set<string>()
  for (const [word] of text
    .slice(0, textLengthMax)
    .toLowerCase()
    .matchAll(/[\p{L}\p{N}][\p{L}\p{N}_.@-]*/gu)) {
    const plain = word.replace(/[._-]+$/, '')
    if (emptyWords.has(plain) || plain.length < 2) continue
    const root = stem(plain)
    if (!commonWords.has(root)) found.add(root)
  }
  return found
}

/** Endings that say nothing of the thing meant. */
export function stem(word: string): string {
  if (word.length < 5 || /\d/.test(word)) return word.length > 3 ? word.replace(/(?<=[^s])s$/, '') : word
  return word
    .replace(/(?:ies|ied)$/, 'y')
    .replace(/(?<=[sxz]|ch|sh)es$/, '')
    .replace(/(?<=[^su])s$/, '')
    .replace(/(?<=.{3})(?:ing|ed)$/, '')
    .replace(/(?<=.{3})e$/, '')
}
