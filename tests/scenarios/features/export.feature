Feature: A task exports to the context
  The context is what all tasks of a run share. It begins as the input of the workflow; only "export" changes
  it, and it is there again after a restart.

  Scenario: The context begins as the workflow's input, after its transformation
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: beginning, version: '1.0.0' }
      input: { from: '${ .order }' }
      do:
        - other: { set: { something: else } }
        - look: { set: '${ $context }' }
      """
    When it runs with the input { order: { id: 7 }, noise: true }
    Then it completes with the output { id: 7 }

  Scenario: What is exported replaces the context and leaves the output alone
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: replaced, version: '1.0.0' }
      do:
        - measure: { set: { width: 3, height: 4 }, export: { as: '${ {area: (.width * .height)} }' } }
        - both: { set: { passed: '${ . }', shared: '${ $context }' } }
      """
    When it runs with the input { first: true }
    Then it completes with the output { passed: { width: 3, height: 4 }, shared: { area: 12 } }
    And the task "measure" gave { width: 3, height: 4 }

  Scenario: The context grows where an export says so
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: growing, version: '1.0.0' }
      do:
        - one: { set: { a: 1 }, export: { as: '${ $context + . }' } }
        - two: { set: { b: 2 }, export: { as: '${ $context + . }' } }
        - sum: { set: '${ $context }' }
      """
    When it runs with the input { start: 0 }
    Then it completes with the output { start: 0, a: 1, b: 2 }

  Scenario: An export sees the output as it was transformed
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: transformed, version: '1.0.0' }
      do:
        - read:
            set: { celsius: 100 }
            output: { as: '${ {fahrenheit: (.celsius * 9 / 5 + 32)} }' }
            export: { as: { kept: '${ .fahrenheit }', raw: '${ .celsius }' } }
        - look: { set: '${ $context }' }
      """
    When it runs
    Then it completes with the output { kept: 212, raw: null }

  Scenario: What tasks inside a list export is there after the list
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: inside, version: '1.0.0' }
      do:
        - each:
            for: { each: n, in: '${ [1, 2, 3] }' }
            do:
              - add: { set: { n: '${ $n }' }, export: { as: '${ {sum: ($context.sum + $n)} }' } }
        - total: { set: '${ $context.sum }' }
      """
    When it runs with the input { sum: 0 }
    Then it completes with the output 6

  Scenario: What does not fit the schema of the context is not exported
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: unfit, version: '1.0.0' }
      do:
        - count:
            set: { count: many }
            export:
              schema: { document: { type: object, properties: { count: { type: integer } } } }
              as: ${ . }
        - later: { set: { reached: true } }
      """
    When it runs
    Then it faults with the error { type: validation, status: 400, instance: /do/0/count }
    And the task "later" did not run

  Scenario: The context outlives the process
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: outlived, version: '1.0.0' }
      do:
        - remember: { set: { secret: number }, export: { as: '${ {kept: 42} }' } }
        - knock: { listen: { to: { one: { with: { type: knock } } } } }
        - recall: { set: { said: '${ .[0] }', kept: '${ $context.kept }' } }
      """
    When it runs
    And the task "knock" waits
    And Nexus is killed and goes on
    And the event "knock" is published with the data who is there
    Then it completes with the output { said: who is there, kept: 42 }
    And the task "remember" ran 1 time
