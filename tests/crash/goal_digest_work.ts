/** What the process does that is killed while resource_analyzer learns. */
export const roundsOfWork = 4

/** More of it each round, two capabilities by turns. */
export const tasksOfRound = (round: number): readonly object[] =>
  Array.from({ length: 2 * (round + 1) }, (_, at) => ({
    [`task_${at}`]: { call: at % 2 === 0 ? 'test.nap' : 'test.nod' },
  }))

const workflow = { do: [{ nap: { call: 'test.nap' } }, { nod: { call: 'test.nod' } }] }

/** Brings the digests up to date, and compares a run with its estimate. */
export const looking = [
  { estimate: { call: 'resources.estimate', with: { workflow } } },
  {
    observe: {
      call: 'resources.observe',
      with: { estimate: '${ . }', run: '${ $workflow.input.run }' },
    },
  },
]

/** What was counted: of tasks, and of runs that were compared. */
export const telling = [
  {
    estimate: {
      call: 'resources.estimate',
      with: { workflow },
      export: { as: '${ {samples: [.tasks[] | .samples]} }' },
    },
  },
  { calibration: { call: 'resources.calibration', with: {} } },
  { told: { set: '${ $context + {runs: .runs.count, tasks: .tasks.count} }' } },
]

/** Of naps and nods each, over all rounds. */
export const samplesOfWork = (roundsOfWork * (roundsOfWork + 1)) / 2
