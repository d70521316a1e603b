/**
 * The modules of the hosts' suite, by what they do: one dialect for each language that modules are written in, so that
 * every host passes the same tests.
 */

export interface Dialect {
  readonly main: string
  /** A host's artifact of one source. */
  readonly pack: (source: string) => string
  /** The name of an ordinary exception, and of the step that checks a configuration. */
  readonly words: { readonly exception: string; readonly validate: string }
  readonly tasks: Readonly<Record<TaskName, string>>
  readonly wrongResults: Readonly<Record<WrongResult, readonly [source: string, message: RegExp]>>
  readonly refused: Readonly<Record<Refused, readonly [source: string, message: RegExp]>>
  /**
   * A module that hands over: its memory is `{count}`, which a task adds its input to and gives; `migrate` puts
   * `versions` into the state and doubles the count. The input "end" ends its process, "end later" does in a snapshot.
   */
  readonly handing: string
  /** One whose `migrate` gives a number, and whose `snapshot` throws. */
  readonly handingBadly: string
  /** A module that logs its life, and registers two things to release: `first`, then `second`. */
  readonly recording: (how?: { setup?: SetupStory; teardown?: 'throws' | 'hangs' }) => string
}

/** `late` registers something after it got the secret "late"; `stuck` registers something that fails to be released. */
export type SetupStory = 'throws' | 'hangs' | 'late' | 'stuck'

export type TaskName =
  | 'wraps its input'
  | 'gives one'
  | 'shows its context'
  | 'reads state, then gives its input'
  | 'adds its input to a list'
  | 'reads the secret that its input names'
  | 'gives the shape of a result'
  | 'gives a timeout back'
  | 'throws a fault'
  | 'throws'
  | 'throws what has a cause'
  | 'waits to be cancelled, then throws'
  | 'does "one" and no other task'
  /** Gives what a child task, a list, a wait, what was kept, an expression and a call gave; streams and logs. */
  | 'asks its host for everything'
  | 'calls "risky"'
  | 'calls with what is not JSON'
  /** Its input says how many pieces of 100,000 bytes; gives the reference, and how many bytes it then reads of it. */
  | 'writes a blob and reads it'
  /** The pieces end with an exception, "no more"; gives the fault's or the exception's message. */
  | 'fails in the middle of a blob'
  /** Writes ten bytes where five are allowed. */
  | 'writes a blob that is too large'
  /** Reads the blob that its input refers to, and gives it as text. */
  | 'reads the blob of its input'
  | 'shows its policy'
  /** Runs two children, aborts "slow" when "quick" is done, and gives how each of them ended. */
  | 'aborts one of its children'

export const wrongResults = [
  'nothing',
  'a bare output',
  'a function',
  'a function in the output',
  'a number that is too much for JSON',
  'a class instance in the output',
  'a cycle in the output',
  'a number that JSON lacks',
  'metadata that is not JSON',
] as const
export type WrongResult = (typeof wrongResults)[number]

export const refused = [
  'an entry that exports no Module',
  'a class without execute',
  'an entry that throws',
  'code that does not parse',
  'a package that is not listed',
  'a constructor that throws',
  'a configuration that it refuses',
] as const
export type Refused = (typeof refused)[number]
