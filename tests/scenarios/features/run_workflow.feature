Feature: A task runs another workflow
  The other workflow is a run of its own, with an input, an output and a log of its own. It lives with the run
  that began it, unless that one does not wait for it.

  Scenario: The other workflow gets the input that the task makes, and the task gives its output
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: outer, version: '1.0.0' }
      do:
        - square:
            run:
              workflow: { namespace: scenarios, name: power, version: '1.0.0', input: { base: '${ .n }' } }
        - show: { set: { squared: '${ .result }' } }
      """
    And a workflow beside it
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: power, version: '1.0.0' }
      do:
        - multiply: { set: { result: '${ .base * .base }' } }
      """
    When it runs with the input { n: 6 }
    Then it completes with the output { squared: 36 }
    And the run that "square" began was given { base: 6 }
    And the run that "square" began completes with the output { result: 36 }
    And the tasks ran in the order square, show
    And there are 2 runs in all

  Scenario: The latest version is the highest one
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: outer, version: '1.0.0' }
      do:
        - newest: { run: { workflow: { namespace: scenarios, name: said, version: latest } } }
      """
    And a workflow beside it
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: said, version: '1.10.0' }
      do: [ { say: { set: { version: ten } } } ]
      """
    And a workflow beside it
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: said, version: '1.9.0' }
      do: [ { say: { set: { version: nine } } } ]
      """
    When it runs
    Then it completes with the output { version: ten }

  Scenario: Its fault is the fault of the task, which may catch it
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: outer, version: '1.0.0' }
      do:
        - safe:
            try:
              - sub: { run: { workflow: { namespace: scenarios, name: broken, version: '1.0.0' } } }
            catch: { do: [ { note: { set: { status: '${ $error.status }' } } } ] }
        - again: { run: { workflow: { namespace: scenarios, name: broken, version: '1.0.0' } } }
      """
    And a workflow beside it
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: broken, version: '1.0.0' }
      do:
        - snap: { raise: { error: { type: https://example.com/snapped, status: 418 } } }
      """
    When it runs
    Then it faults with the error { type: https://example.com/snapped, status: 418, instance: /do/1/again }
    And the task "note" gave { status: 418 }

  Scenario: A workflow that is not there is missed before anything runs
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: outer, version: '1.0.0' }
      do:
        - sub: { run: { workflow: { namespace: scenarios, name: missing, version: '1.0.0' } } }
      """
    Then it is refused with "There is no workflow `scenarios/missing:1.0.0`"

  Scenario: One that is cancelled takes along the one that it waits for
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: outer, version: '1.0.0' }
      do:
        - sub: { run: { workflow: { namespace: scenarios, name: patient, version: '1.0.0' } } }
      """
    And a workflow beside it
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: patient, version: '1.0.0' }
      do:
        - sit: { wait: { hours: 1 } }
      """
    When it runs
    And the task "sit" waits
    And it is cancelled
    Then it ends as cancelled
    And the run that "sub" began ends as cancelled

  Scenario: One that is not waited for goes its own way
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: outer, version: '1.0.0' }
      do:
        - free: { run: { workflow: { namespace: scenarios, name: slow, version: '1.0.0' }, await: false } }
        - gone: { set: '${ {left: .} }' }
      """
    And a workflow beside it
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: slow, version: '1.0.0' }
      do:
        - call: { listen: { to: { one: { with: { type: called } } } } }
      """
    When it runs with the input { a: 1 }
    Then it completes with the output { left: { a: 1 } }
    When the task "call" waits
    And the event "called" is published with the data back
    Then the run that "free" began completes with the output [ back ]

  Scenario: A restart goes on with the same other run
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: outer, version: '1.0.0' }
      do:
        - sub: { run: { workflow: { namespace: scenarios, name: waiting, version: '1.0.0', input: { n: 1 } } } }
      """
    And a workflow beside it
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: waiting, version: '1.0.0' }
      do:
        - wait_for_it:
            listen: { to: { one: { with: { type: it } } } }
            output: { as: '${ {n: $input.n, it: .[0]} }' }
      """
    When it runs
    And the task "wait_for_it" waits
    And Nexus is killed and goes on
    And the event "it" is published with the data here
    Then it completes with the output { n: 1, it: here }
    And there are 2 runs in all
