Feature: A loop goes on while a condition holds
  Before each iteration the loop asks its "while", which sees what the iteration before gave, the item and the
  index.

  Scenario: The loop ends before the first iteration for which the condition does not hold
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: budget, version: '1.0.0' }
      do:
        - shop:
            for: { each: price, in: '${ .prices }' }
            while: ${ .spent + $price <= 50 }
            do:
              - buy: { set: '${ .spent += $price | .bought += 1 }' }
      """
    When it runs with the input { spent: 0, bought: 0, prices: [ 20, 25, 30, 1 ] }
    Then it completes with the output { spent: 45, bought: 2, prices: [ 20, 25, 30, 1 ] }
    And the task "buy" ran 2 times

  Scenario: The condition of the first iteration is asked of the task's input
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: none, version: '1.0.0' }
      do:
        - never:
            for: { in: '${ [1, 2] }' }
            while: ${ .open }
            do:
              - enter: { set: { entered: true } }
      """
    When it runs with the input { open: false }
    Then it completes with the output { open: false }
    And the tasks ran in the order never

  Scenario: The condition sees the item and the index by the names that the loop gives them
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: names, version: '1.0.0' }
      do:
        - letters:
            for: { each: letter, in: '${ ["a", "b", "c", "d"] }', at: place }
            while: ${ $letter != "d" and $place < 2 }
            do:
              - write: { set: '${ . + "\($place)\($letter)" }' }
      """
    When it runs with the input ""
    Then it completes with the output "0a1b"

  Scenario: A loop ends with its list, even though the condition still holds
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: exhausted, version: '1.0.0' }
      do:
        - double:
            for: { in: '${ [1, 1, 1] }' }
            while: ${ true }
            do:
              - twice: { set: '${ . * 2 }' }
      """
    When it runs with the input 1
    Then it completes with the output 8
    And the task "twice" ran 3 times

  Scenario: Only "false" and "null" end a loop
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: truth, version: '1.0.0' }
      do:
        - values:
            for: { each: value, in: '${ [0, "", null, 1] }' }
            while: ${ $value }
            do:
              - take: { set: '${ . + [$value] }' }
      """
    When it runs with the input []
    Then it completes with the output [ 0, "" ]

  Scenario: A condition that cannot be evaluated is the loop's fault
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: broken, version: '1.0.0' }
      do:
        - spin:
            for: { each: n, in: '${ [1, 0] }' }
            while: ${ 10 / $n > 1 }
            do:
              - turn: { set: { turned: true } }
      """
    When it runs
    Then it faults with the error { type: expression, status: 400, instance: /do/0/spin }
    And the task "turn" ran 1 time

  Scenario: A loop that was killed goes on in the iteration that it had reached
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: reached, version: '1.0.0' }
      do:
        - collect:
            for: { in: '${ [1, 2, 3, 4] }' }
            while: ${ length < 2 }
            do:
              - next:
                  listen: { to: { one: { with: { type: found } } } }
                  output: { as: '${ $input + . }' }
      """
    When it runs with the input []
    And the task "next" waits
    And the event "found" is published with the data shell
    And the task "next" has started 2 times
    And Nexus is killed and goes on
    And the signal "found" is sent to it with the data pearl
    Then it completes with the output [ shell, pearl ]
