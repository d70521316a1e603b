Feature: A task listens for events
  A listen takes events from outside until it has what it asks for, and gives what they carry, in the order
  of their coming. What it has taken stays taken over the end of the process.

  Scenario: One event is enough, and others are let pass
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: bell, version: '1.0.0' }
      do:
        - bell: { listen: { to: { one: { with: { type: bell, source: /nexus/events } } } } }
      """
    When it runs
    And the task "bell" waits
    And the event "horn" is published with the data loud
    And the event "bell" is published with the data soft
    Then it completes with the output [ soft ]

  Scenario: Only an event whose data are right is taken
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: fever, version: '1.0.0' }
      do:
        - alarm: { listen: { to: { one: { with: { type: temperature, data: '${ .celsius > 38 }' } } } } }
      """
    When it runs
    And the task "alarm" waits
    And the event "temperature" is published with the data { celsius: 36.6 }
    And the event "temperature" is published with the data { celsius: 39.1 }
    Then it completes with the output [ { celsius: 39.1 } ]

  Scenario: The first of any is enough
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: either, version: '1.0.0' }
      do:
        - answer: { listen: { to: { any: [ { with: { type: accepted } }, { with: { type: declined } } ] } } }
      """
    When it runs
    And the task "answer" waits
    And the event "declined" is published with the data too dear
    Then it completes with the output [ too dear ]

  Scenario: All are waited for, in whatever order they come
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: parcel, version: '1.0.0' }
      do:
        - ready: { listen: { to: { all: [ { with: { type: paid } }, { with: { type: packed } } ] } } }
      """
    When it runs
    And the task "ready" waits
    And the event "packed" is published with the data box
    And the event "packed" is published with the data another box
    And the event "paid" is published with the data 20
    Then it completes with the output [ box, 20 ]

  Scenario: Events are taken until an expression holds of them
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: three, version: '1.0.0' }
      do:
        - votes: { listen: { to: { any: [ { with: { type: vote } } ], until: '${ add >= 5 }' } } }
      """
    When it runs
    And the task "votes" waits
    And the event "vote" is published with the data 2
    And the event "vote" is published with the data 2
    And the event "vote" is published with the data 2
    And the event "vote" is published with the data 2
    Then it completes with the output [ 2, 2, 2 ]

  Scenario: The event that ends a listen is no part of what it gives
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: shift, version: '1.0.0' }
      do:
        - guests:
            listen:
              to: { any: [ { with: { type: guest } } ], until: { one: { with: { type: closing } } } }
      """
    When it runs
    And the task "guests" waits
    And the event "guest" is published with the data Ann
    And the event "guest" is published with the data Bo
    And the event "closing" is published with the data nobody
    Then it completes with the output [ Ann, Bo ]

  Scenario: Each event is worked on before the next one is
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: counter, version: '1.0.0' }
      do:
        - orders:
            listen: { to: { any: [ { with: { type: order } } ], until: '${ length == 2 }' } }
            foreach:
              item: order
              at: number
              do:
                - cook: { wait: { milliseconds: 20 } }
                - serve: { set: { number: '${ $number }', dish: '${ $order.dish }' } }
              output: { as: '${ "\(.number): \(.dish)" }' }
      """
    When it runs
    And the task "orders" waits
    And the event "order" is published with the data { dish: soup }
    And the event "order" is published with the data { dish: fish }
    Then it completes with the output [ "0: soup", "1: fish" ]
    And the tasks ended in the order cook, serve, cook, serve, orders

  Scenario: Events that belong together are told apart from others by what they share
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: pair, version: '1.0.0' }
      do:
        - pair:
            listen:
              to:
                all:
                  - { with: { type: left }, correlate: { shoe: { from: '${ .data.shoe }' } } }
                  - { with: { type: right }, correlate: { shoe: { from: '${ .data.shoe }' } } }
            output: { as: '${ map(.shoe) }' }
      """
    When it runs
    And the task "pair" waits
    And the event "left" is published with the data { shoe: 1 }
    And the event "right" is published with the data { shoe: 2 }
    And the event "right" is published with the data { shoe: 1 }
    Then it completes with the output [ 1, 1 ]
    And of the workflow was told: started, correlation-started, correlation-completed, completed

  Scenario: The whole event is given where the envelope is asked for
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: letter, version: '1.0.0' }
      do:
        - letter:
            listen: { to: { one: { with: { type: letter } } }, read: envelope }
            output: { as: '${ .[0] | {specversion, type, source, data} }' }
      """
    When it runs
    And the task "letter" waits
    And the event "letter" is published with the data { dear: you }
    Then it completes with the output
      """yaml
      specversion: '1.0'
      type: letter
      source: /nexus/events
      data: { dear: you }
      """

  Scenario: What was taken before Nexus was killed is not waited for again
    Given a workflow
      """yaml
      document: { dsl: '1.0.3', namespace: scenarios, name: relay, version: '1.0.0' }
      do:
        - runners:
            listen: { to: { all: [ { with: { type: first } }, { with: { type: second } } ] } }
            foreach:
              item: name
              do:
                - run: { set: '${ $name }' }
      """
    When it runs
    And the task "runners" waits
    And the signal "first" is sent to it with the data Cleo
    And the task "run" has ended 1 time
    And Nexus is killed and goes on
    And the event "second" is published with the data Dan
    Then it completes with the output [ Cleo, Dan ]
    And the task "run" ran 2 times
