/** The words of jq that say nothing about `.`: keywords, constants, and functions that look at their arguments alone. */

export const operators: ReadonlySet<string> = new Set(['and', 'or', 'as', 'try', 'catch', 'def', 'label'])

export const closing: ReadonlySet<string> = new Set(['then', 'elif', 'else'])

export const indifferent: ReadonlySet<string> = new Set([
  'true',
  'false',
  'null',
  'now',
  'empty',
  'infinite',
  'nan',
  'env',
  'break',
  'input',
  'inputs',
  'builtins',
  'halt',
  'range',
  'limit',
  'isempty',
])

/** `first` and `last` look at `.` unless they are given something to look at. */
export const withArguments: ReadonlySet<string> = new Set([
  'first',
  'last',
  'nth',
  'error',
  'any',
  'all',
  'add',
  'skip',
])
