import CredentialLedger
import Glibc
import LedgerOperations
import Synchronization

// Works on a ledger until it is killed, or until the ledger fails it: many tasks at once, each with commands of its
// own. After each acknowledged command it writes a line, by one write, so that a line is there whole or not at all:
// the position of the first event, how many events there are, and the first one's type. When the ledger refuses to
// write any more, the line says why: `stopped` and the error's code.
//
// Arguments: what to do, the ledger's folder, then what that needs.
//   create PATH                          makes ledgers, one after the other
//   work PATH ID SECRET REFRESH          works as described
//   deliver PATH ID SECRET REFRESH       puts deliveries in and takes them out, and tells `enqueued N`, `delivered N`
//   witness PATH ID SECRET REFRESH FILE  issues tokens and signs checkpoints, of which FILE keeps the newest
//   hold PATH                            opens the ledger for writing, and waits

/// Writes one line.
@Sendable func tell(_ line: String) {
  let bytes = Array("\(line)\n".utf8)
  _ = unsafe bytes.withUnsafeBytes { unsafe write(STDOUT_FILENO, $0.baseAddress, $0.count) }
}

@Sendable func tell(_ first: UInt64, _ count: Int, _ type: EventType) { tell("\(first) \(count) \(type)") }

let configuration = LedgerConfiguration()
let arguments = CommandLine.arguments

/// Commands of one task, again and again, until several have failed: a ledger that stopped writing must not begin again.
@Sendable func repeating(_ body: @Sendable () async throws(LedgerError) -> Void) async {
  var failures = 0
  while failures < 4 {
    do throws(LedgerError) {
      try await body()
    } catch {
      tell("stopped \(error.code)")
      failures += 1
    }
  }
}

func work(_ ledger: Ledger, _ connector: PublicID, _ secret: ConnectorSecret, _ refresh: RefreshToken) async throws {
  guard let known = try ledger.connectors.connector(publicID: connector) else { exit(2) }
  let owner = known.owner
  let group = try await ledger.groups.create(name: "Crashing", by: owner).id
  let other = try await ledger.accounts.signIn(
    issuer: "https://id.example.org", subject: "other-\(UInt64.random(in: 0...UInt64.max))"
  ).account
  await withTaskGroup(of: Void.self) { tasks in
    for _ in 0..<10 {
      tasks.addTask {
        await repeating { () throws(LedgerError) in
          let token = try await ledger.tokens.issue(connector: connector, secret: secret, refreshToken: refresh)
          tell(token.handle.rawValue, 1, .tokenIssued)
        }
      }
    }
    for _ in 0..<2 {
      tasks.addTask {
        await repeating { () throws(LedgerError) in
          let token = try await ledger.tokens.issue(connector: connector, secret: secret, refreshToken: refresh)
          tell(token.handle.rawValue, 1, .tokenIssued)
          _ = try await ledger.tokens.revoke(.token(token.handle), by: Requester.operator)
          // Where the revocation is in the log is not part of its answer.
          tell(0, 1, .tokenRevoked)
        }
      }
    }
    tasks.addTask {
      await repeating { () throws(LedgerError) in
        let membership = try await ledger.groups.add(other, to: group, by: owner)
        tell(membership.rawValue, 1, .groupMemberAdded)
        try await ledger.groups.remove(membership, from: group, by: owner)
        tell(0, 1, .groupMemberRemoved)
      }
    }
    tasks.addTask {
      await repeating { () throws(LedgerError) in
        let made = try await ledger.connectors.create(
          name: "Connector \(UInt64.random(in: 0...UInt64.max))", permissions: [.textMessage], by: owner)
        tell(made.connector.id.rawValue, 1, .connectorCreated)
        let granted = try await ledger.grants.grant(made.connector.id, consent: .scopes(.all), access: .user, by: owner)
        tell(granted.grant.rawValue, 2, .permissionGranted)
      }
    }
    tasks.addTask {
      // What is killed here must leave the old projections, or the new ones whole.
      await repeating { () throws(LedgerError) in try await ledger.integrity.rebuildProjections() }
    }
  }
}

/// Deliveries to a webhook of an action, numbered by the head when they were put in.
func deliver(_ ledger: Ledger, _ connector: PublicID, _ secret: ConnectorSecret, _ refresh: RefreshToken) async throws {
  let token = try await ledger.tokens.issue(connector: connector, secret: secret, refreshToken: refresh)
  guard case .valid(let claims) = try ledger.tokens.validate(token.accessToken) else { exit(2) }
  let object: WebhookObject
  if let known = try claims.grant.flatMap({ try ledger.webhooks.states(of: $0).first }) {
    object = known.webhook.object
  } else {
    object = .action("crash", in: try await ledger.groups.create(name: "Crash", by: claims.granter).id)
    _ = try await ledger.webhooks.register(
      on: object, for: [.jobCreated], callbackURL: "https://hook.example.org", with: claims)
  }
  await withTaskGroup(of: Void.self) { tasks in
    tasks.addTask {
      let run = token.handle.rawValue * 1_000_000
      let count = Atomic<UInt64>(0)
      await repeating { () throws(LedgerError) in
        let number = run + count.wrappingAdd(1, ordering: .relaxed).newValue
        let event = WebhookEvent(object: object, type: .jobCreated, eventID: "\(number)", payload: [1, 2, 3])
        if try await ledger.deliveries.enqueue(event).count == 1 { tell("enqueued \(number)") }
      }
    }
    tasks.addTask {
      await repeating { () throws(LedgerError) in
        await Task.yield()
        for delivery in try await ledger.deliveries.lease() {
          // Some are left for later, as a process that is killed leaves them.
          if try await ledger.deliveries.acknowledge(delivery) { tell("delivered \(delivery.eventID)") }
        }
      }
    }
  }
}

/// Tokens, and checkpoints over them as fast as they can be signed.
func sign(_ ledger: Ledger, _ connector: PublicID, _ secret: ConnectorSecret, _ refresh: RefreshToken) async {
  await withTaskGroup(of: Void.self) { tasks in
    for _ in 0..<4 {
      tasks.addTask {
        await repeating { () throws(LedgerError) in
          let token = try await ledger.tokens.issue(connector: connector, secret: secret, refreshToken: refresh)
          tell(token.handle.rawValue, 1, .tokenIssued)
        }
      }
    }
    tasks.addTask { await repeating { () throws(LedgerError) in _ = try await ledger.checkpoint() } }
  }
}

guard arguments.count >= 3 else { exit(2) }
do {
  try await run()
} catch {
  tell("stopped \((error as? LedgerError)?.code.description ?? "\(error)")")
  exit(3)
}

func run() async throws {
  switch arguments[1] {
  case "create":
    var number = 0
    while true {
      tell("creating \(number)")
      let ledger = try await Ledger.create(at: "\(arguments[2])/\(number)", origin: "crash.example.org", configuration)
      tell("created \(number)")
      await ledger.close()
      number += 1
    }
  case "hold":
    let ledger = try await Ledger.open(at: arguments[2], configuration)
    tell("holding \(try ledger.head())")
    while getchar() != EOF {}
    await ledger.close()
  case "deliver":
    guard arguments.count == 6, let connector = PublicID(arguments[3]) else { exit(2) }
    let ledger = try await Ledger.open(at: arguments[2], configuration)
    try await deliver(ledger, connector, ConnectorSecret(arguments[4]), RefreshToken(arguments[5]))
    exit(3)
  case "witness":
    guard arguments.count == 7, let connector = PublicID(arguments[3]) else { exit(2) }
    var configuration = configuration
    configuration.witnessFile = arguments[6]
    let ledger = try await Ledger.open(at: arguments[2], configuration)
    await sign(ledger, connector, ConnectorSecret(arguments[4]), RefreshToken(arguments[5]))
    exit(3)
  case "work":
    guard arguments.count == 6, let connector = PublicID(arguments[3]) else { exit(2) }
    let ledger = try await Ledger.open(at: arguments[2], configuration)
    try await work(ledger, connector, ConnectorSecret(arguments[4]), RefreshToken(arguments[5]))
    exit(3)
  default: exit(2)
  }
}
