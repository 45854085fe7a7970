import CredentialLedger
import LedgerTestSupport
import Synchronization
import Testing

/// Validation remembers what tokens stand on. What it remembers must never outlive what is so.
@Suite struct RememberedPathTests {
  let folder = TemporaryFolder()
  let quick = LedgerConfiguration()

  private func open(_ name: String) async throws -> (Ledger, FourSteps, Tokens.Issued) {
    let ledger = try await Ledger.create(at: "\(folder.path)/\(name)", origin: "\(name).example.org", quick)
    let steps = try await FourSteps(on: ledger)
    let token = try await ledger.tokens.issue(
      connector: steps.connector.publicID, secret: steps.secret, refreshToken: steps.granted.refreshToken)
    // Twice: the second time nothing needs to be looked up.
    for _ in 0..<2 { #expect(try ledger.tokens.validate(token.accessToken).isValid) }
    return (ledger, steps, token)
  }

  @Test("Whatever stops a token does so at once, also where it was just found valid")
  func stops() async throws {
    let stops: [(String, @Sendable (Ledger, FourSteps, Tokens.Issued) async throws -> Void)] = [
      ("grant", { ledger, steps, _ in try await ledger.grants.revoke(steps.granted.grant, by: steps.admin) }),
      ("group", { ledger, steps, _ in try await ledger.groups.delete(steps.group.id, by: steps.admin) }),
      (
        "connector",
        { ledger, steps, _ in try await ledger.connectors.delete(steps.connector.id, by: steps.developer) }
      ),
      (
        "phone",
        { ledger, steps, _ in
          for phone in try ledger.phones.verified(by: steps.admin) {
            try await ledger.phones.remove(phone, by: steps.admin)
          }
        }
      ),
      (
        "family",
        { ledger, steps, _ in
          _ = try await ledger.grants.grant(
            steps.connector.id, consent: .scopes(.all), access: .group(steps.group.id), by: steps.admin)
        }
      ),
    ]
    for (name, stop) in stops {
      let (ledger, steps, token) = try await open(name)
      try await stop(ledger, steps, token)
      #expect(try !ledger.tokens.validate(token.accessToken).isValid, "\(name)")
      #expect(try await ledger.integrity.verify().projectionsMatch)
      await ledger.close()
    }
  }

  @Test("Threads that validate while a grant is revoked find nothing valid once the revocation has returned")
  func concurrently() async throws {
    let (ledger, steps, first) = try await open("concurrent")
    var token = first
    for round in 0..<50 {
      let presented = token.accessToken
      let isRevoked = Flag()
      let (grant, admin) = (
        try #require(try ledger.grants.grants(of: steps.group.id).last).id, steps.admin
      )
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<3 {
          group.addTask {
            var isOver = false
            while !isOver {
              isOver = isRevoked.value
              let isValid = try ledger.tokens.validate(presented).isValid
              #expect(!isOver || !isValid, "round \(round)")
              await Task.yield()
            }
          }
        }
        group.addTask {
          try await ledger.grants.revoke(grant, by: admin)
          isRevoked.value = true
        }
        try await group.waitForAll()
      }
      let granted = try await ledger.grants.grant(
        steps.connector.id, consent: .scopes(.all), access: .group(steps.group.id), by: steps.admin)
      token = try await ledger.tokens.issue(
        connector: steps.connector.publicID, secret: steps.secret, refreshToken: granted.refreshToken)
      #expect(try ledger.tokens.validate(token.accessToken).isValid)
    }
    await ledger.close()
  }

  @Test("Two ledgers in one process, alike to the last position, do not speak for each other")
  func twoLedgers() async throws {
    let (one, steps, token) = try await open("one")
    let (other, _, otherToken) = try await open("other")
    #expect(token.handle == otherToken.handle)
    try await one.grants.revoke(steps.granted.grant, by: steps.admin)
    // What the other one remembers is from a later commit than the revocation, and from none that is still to come.
    for (ledger, count) in [(one, 20), (other, 10)] {
      for _ in 0..<count { _ = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: "dev") }
    }
    #expect(try other.tokens.validate(otherToken.accessToken).isValid)
    #expect(try !one.tokens.validate(token.accessToken).isValid)
    #expect(try !other.tokens.validate(token.accessToken).isValid)
    await one.close()
    await other.close()
  }

  @Test("A process that only reads sees what another one revokes")
  func readers() async throws {
    let (ledger, steps, token) = try await open("read")
    await ledger.close()
    let reader = try await Ledger.openForReading(at: ledger.path, quick)
    #expect(try reader.tokens.validate(token.accessToken).isValid)
    await reader.close()
    let writer = try await Ledger.open(at: ledger.path, quick)
    #expect(try writer.tokens.validate(token.accessToken).isValid)
    try await writer.grants.revoke(steps.granted.grant, by: steps.admin)
    #expect(try !writer.tokens.validate(token.accessToken).isValid)
    await writer.close()
    let again = try await Ledger.openForReading(at: ledger.path, quick)
    #expect(try !again.tokens.validate(token.accessToken).isValid)
    await again.close()
  }
}

/// A value that several tasks see.
private final class Flag: Sendable {
  private let state = Atomic(false)
  var value: Bool {
    get { state.load(ordering: .acquiring) }
    set { state.store(newValue, ordering: .releasing) }
  }
}
