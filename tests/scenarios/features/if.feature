Feature: A task runs on a condition
  Where the expression of its "if" is neither true nor a value that counts as true, a task is passed over: what
  it was given goes on to the next as it is, and the rest of what the task says is not looked at.

  Scenario Outline: Only a condition that holds lets its task run
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: discount, version: '1.0.0' }
      do:
        - reduce:
            if: ${ .total > 100 }
            set: { total: '${ .total * 0.9 }', reduced: true }
      """
    When it runs with the input <input>
    Then it completes with the output <output>

    Examples:
      | input          | output                        |
      | { total: 200 } | { total: 180, reduced: true } |
      | { total: 100 } | { total: 100 }                |

  Scenario: What is passed over tells only that it came and went
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: passed-over, version: '1.0.0' }
      do:
        - first: { set: { n: 1 } }
        - never: { if: '${ .n > 1 }', set: { n: 100 } }
        - last: { set: '${ {n: (.n + 1)} }' }
      """
    When it runs
    Then it completes with the output { n: 2 }
    And the task "never" was skipped
    And the tasks ran in the order first, last

  Scenario: A task that is passed over leads nowhere but to the next one
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: no-leap, version: '1.0.0' }
      do:
        - leap: { if: '${ false }', set: { leapt: true }, then: landing }
        - between: { set: { walked: true } }
        - landing: { set: '${ . + {there: true} }' }
      """
    When it runs
    Then it completes with the output { walked: true, there: true }
    And the tasks ran in the order between, landing

  Scenario: Neither input, output nor export of a task that is passed over is applied
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: untouched, version: '1.0.0' }
      do:
        - quiet:
            if: ${ .loud }
            input: { from: '${ error("never asked") }' }
            set: { said: nothing }
            output: { as: '${ {wrapped: .} }' }
            export: { as: '${ {touched: true} }' }
        - look: { set: { here: '${ . }', context: '${ $context }' } }
      """
    When it runs with the input { loud: false }
    Then it completes with the output { here: { loud: false }, context: { loud: false } }
    And the task "quiet" was skipped

  Scenario: With a list of tasks all of them are passed over
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: whole-list, version: '1.0.0' }
      do:
        - group:
            if: ${ has("go") }
            do:
              - one: { set: { n: 1 } }
              - two: { set: { n: 2 } }
      """
    When it runs with the input { stay: true }
    Then it completes with the output { stay: true }
    And the task "group" was skipped
    And the task "one" did not run
    And the task "two" did not run

  Scenario: A condition that cannot be evaluated is the task's fault
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: no-number, version: '1.0.0' }
      do:
        - odd: { if: '${ .word * {} }', set: { n: 1 } }
      """
    When it runs with the input { word: seven }
    Then it faults with the error { type: expression, status: 400, instance: /do/0/odd }
    And the task "odd" faulted

  Scenario: What was decided before a restart stays decided
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: decided, version: '1.0.0' }
      do:
        - morning: { if: '${ .hour < 12 }', set: { hour: 15, greeting: hello } }
        - visitor: { listen: { to: { one: { with: { type: door.bell } } } }, output: { as: '${ $input }' } }
        - evening: { if: '${ .hour > 18 }', set: { greeting: good night } }
      """
    When it runs with the input { hour: 9 }
    And the task "visitor" waits
    And Nexus is restarted
    And the event "door.bell" is published
    Then it completes with the output { hour: 15, greeting: hello }
    And the tasks ran in the order morning, visitor
    And the task "evening" was skipped
