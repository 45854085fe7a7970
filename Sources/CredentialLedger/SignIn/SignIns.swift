import EventLog
import KeyStore
import LedgerDomain
public import LedgerEvents
import Projections

extension Accounts {
  /// A recorded sign-in, opened.
  public struct RevealedSignIn: Sendable, Equatable {
    /// The position of its event.
    public let position: Position
    public let time: Timestamp
    /// The network address it came from; nil where none was given.
    public let address: String?
    /// The program that the person used; nil where it was not given.
    public let userAgent: String?
  }

  /// Opens the newest sign-ins of an account, its registration among them, newest first: to be asked for on purpose, and
  /// not to be logged. Found by the audit trail, on a thread for reading.
  ///
  /// ```swift
  /// let signIns = try await ledger.accounts.signIns(of: account, under: leave) ?? []
  /// for signIn in signIns { show(signIn.time, signIn.address) }
  /// ```
  ///
  /// - Parameters:
  ///   - limit: 1 to 1,000.
  ///   - disclosure: of the account.
  ///   - before: only events at smaller positions: the last of an answer, to get the ones that follow it.
  /// - Returns: nil where the person is erased.
  /// - Throws: `not_found`, `invalid_value`, `damaged`, `storage`; `forbidden` for an account that the disclosure is not
  ///   about.
  public func signIns(
    of account: AccountID, under disclosure: Disclosure, limit: Int = 50, before: Position? = nil
  ) async throws(LedgerError) -> [RevealedSignIn]? {
    guard (1...1_000).contains(limit) else {
      throw LedgerError(.invalidValue, "limit: expected 1 to 1,000", field: "limit")
    }
    let ledger = ledger
    return try await ledger.blocking(.short) { () throws(LedgerError) in
      guard let known = try ledger.accounts.account(account) else {
        throw LedgerError(Refusal(.notFound, field: "account", expected: "a registered account"))
      }
      guard !known.isErased else { return nil }
      try disclosure.require(known.subject, in: ledger)
      let view = try ledger.snapshot()
      var found: [RevealedSignIn] = []
      var end = before?.rawValue
      while true {
        let page = try logged { () throws(LogError) in
          try view.auditTrail().latest(limit, of: [.actor(LogSubject(Subject(account)))], before: end, in: view)
        }
        for position in page where found.count < limit {
          guard let record = try logged({ () throws(LogError) in try view.record(at: position) }) else { continue }
          if let signIn = try ledger.signIn(in: record) { found.append(signIn) }
        }
        guard page.count == limit, found.count < limit else { return found }
        end = page.last
      }
    }
  }
}

extension Ledger {
  /// What a record says of a sign-in; nil where it is of something else.
  fileprivate func signIn(in record: Record) throws(LedgerError) -> Accounts.RevealedSignIn? {
    let userAgent: Sealed?
    switch try logged({ () throws(LogError) in try record.event }) {
    case .accountRegistered(let event): userAgent = event.hasUserAgent ? event.userAgent : nil
    case .accountSignedIn(let event): userAgent = event.hasUserAgent ? event.userAgent : nil
    default: return nil
    }
    let agent = try userAgent.flatMap { (sealed) throws(LedgerError) in try open(sealed, .userAgent) }
    return Accounts.RevealedSignIn(
      position: Position(record.header.position), time: Timestamp(milliseconds: record.header.recordedAt),
      address: try address(of: record), userAgent: agent.map { String(decoding: $0, as: UTF8.self) })
  }

  /// The address that a request came from; nil where none was given, or the person is erased.
  private func address(of record: Record) throws(LedgerError) -> String? {
    let bytes = Array(record.address)
    guard bytes.count > PersonID.byteCount, let person = PersonID(bytes: Array(bytes.prefix(PersonID.byteCount))) else {
      return nil
    }
    let sealed = SealedValue(person: person, box: Array(bytes.dropFirst(PersonID.byteCount)))
    let opened = try opened(by: person) { () throws(KeyStoreError) in
      try keyStore.vault.open(sealed, purpose: .originAddress)
    }
    return opened.map { String(decoding: $0, as: UTF8.self) }
  }
}
