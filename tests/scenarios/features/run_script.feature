Feature: A task runs a script
  A script is a process of its own: it gets arguments, standard input and variables, and gives what it writes.

  Scenario: What a script writes is what its task gives
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: hello, version: '1.0.0' }
      do:
        - greet:
            run:
              script:
                language: js
                code: console.log(`Hello, ${process.argv[2]}!`)
                arguments: [ '${ .name }' ]
      """
    When it runs with the input { name: Fay }
    Then it completes with the output "Hello, Fay!\n"

  Scenario: A script reads its input and gives data
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: sums, version: '1.0.0' }
      do:
        - sum:
            run:
              script:
                language: js
                stdin: ${ .numbers }
                code: |
                  import { readFileSync } from 'node:fs'
                  const numbers = JSON.parse(readFileSync(0, 'utf8'))
                  console.log(JSON.stringify({ sum: numbers.reduce((a, b) => a + b) }))
            output: { as: '${ fromjson }' }
      """
    When it runs with the input { numbers: [ 1, 2, 3 ] }
    Then it completes with the output { sum: 6 }

  Scenario Outline: The task says what of the process it wants
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: wanted, version: '1.0.0' }
      do:
        - talk:
            run:
              script:
                language: js
                environment: { ERROR: '${ .error }' }
                code: |
                  process.stdout.write('said')
                  process.stderr.write(process.env.ERROR)
                  process.exitCode = <code>
              return: <what>
      """
    When it runs with the input { error: muttered }
    Then it completes with the output <output>

    Examples:
      | what   | code | output                                      |
      | stdout | 0    | said                                        |
      | stderr | 0    | muttered                                    |
      | code   | 3    | 3                                           |
      | all    | 4    | { code: 4, stdout: said, stderr: muttered } |
      | none   | 0    | null                                        |

  Scenario: A script that fails is the fault of its task
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: thrown, version: '1.0.0' }
      do:
        - careful:
            try:
              - break: { run: { script: { language: js, code: 'throw new Error("out of paper")' } } }
            catch:
              errors: { with: { status: 500 } }
              do:
                - note: { set: '${ $error.detail | contains("out of paper") }' }
      """
    When it runs
    Then it completes with the output true
    And the task "break" has the error { type: runtime, status: 500, instance: /do/0/careful/try/0/break }

  Scenario: A script in a language that nobody speaks here is refused before it runs
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: foreign, version: '1.0.0' }
      do:
        - speak: { run: { script: { language: cobol, code: 'DISPLAY "HI".' } } }
      """
    Then it is refused with "found "cobol""

  Scenario: What a script gave is not computed again after a restart
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: once, version: '1.0.0' }
      do:
        - dice:
            run: { script: { language: js, code: 'console.log(Math.random())' } }
            export: { as: '${ {thrown: .} }' }
        - bet: { listen: { to: { one: { with: { type: bet } } } } }
        - again: { set: '${ $context.thrown | fromjson | . >= 0 and . < 1 }' }
      """
    When it runs
    And the task "bet" waits
    And Nexus is killed and goes on
    And the event "bet" is published
    Then it completes with the output true
    And the task "dice" ran 1 time
    And of the task "dice" was told: created, started, completed
