public import KeyStore
import LedgerCrypto
public import LedgerDomain
public import LedgerEvents

/// A change that rules may say needs the approval of a second operator: see ``Operators/configure(_:context:)``.
public enum ProposedChange: Sendable {
  /// The erasure of an account's person.
  case eraseAccount(AccountID)
  /// The erasure of a number that no account holds.
  case eraseNumber(PhoneNumber)
  /// Another role of an account.
  case changeRole(of: AccountID, to: AccountRole)
  /// Other rules for operators.
  case configure(Oversight)
  /// New keys of some kinds.
  case rotateKeys([KeyKind], overlap: Duration? = nil)
  /// The end of earlier keys of a kind.
  case dropKeys(KeyKind, below: UInt32 = .max)
  /// A new signing key: one that is made, or with 32 bytes one that is kept elsewhere and has this public key.
  case rotateSigningKey(to: [UInt8]? = nil)
  /// Another master key: one that is drawn, or with 16 hexadecimal digits the one of this fingerprint
  /// (``Keys/fingerprint(of:)``).
  case rotateMasterKey(to: String? = nil)
}

extension Ledger {
  /// What a proposal says of a change, and what is compared when the change is made.
  func request(_ change: ProposedChange) throws(LedgerError) -> ProposedRequest {
    switch change {
    case .eraseAccount(let id): return ProposedRequest(.erasure, .erase(id), "erase the person of \(id)", id)
    case .eraseNumber(let number):
      let hash = try hash(of: number)
      let person = try reading { (state) throws(StateUnreadable) in try state.person(ofNumber: hash) }
      guard let person else {
        throw LedgerError(Refusal(.notFound, field: "number", expected: "a number that the ledger knows"))
      }
      return ProposedRequest(
        .erasure, .erase(person: person), "erase the person \(Hex.encode(person)), a number without an account")
    case .changeRole(let id, let role):
      let asked = ChangeAccountRole(account: id, role: role, requester: .operator).encoding
      return ProposedRequest(.roles, asked, "give \(id) the role \(role.word)", id)
    case .configure(let rules):
      let guarded = rules.guarded.sorted { $0.rawValue < $1.rawValue }.map(\.word).joined(separator: ", ")
      return ProposedRequest(
        .roles, .configure(rules),
        "have \(rules.namesOperators ? "operators named" : "nobody named"), and two of them for "
          + (guarded.isEmpty ? "nothing" : guarded))
    case .rotateKeys(let kinds, let overlap):
      let all = kinds == KeyKind.allCases ? "every kind" : kinds.map(\.rawValue).joined(separator: ", ")
      let overlap = overlap.map { (Timestamp(milliseconds: 0) + $0).milliseconds }
      return ProposedRequest(
        .keys, .rotate(kinds, overlap: overlap),
        "rotate the keys of \(all)" + (overlap.map { ", with an overlap of \($0) ms" } ?? ""))
    case .dropKeys(let kind, let number):
      return ProposedRequest(
        .keys, .drop(kind, below: number),
        "drop keys of \(kind)" + (number == .max ? " but the newest" : " below \(number)"))
    case .rotateSigningKey(let key):
      return ProposedRequest(
        .keys, .rotateSigningKey(to: key),
        key.map { "have the key \(Base64.encode($0)) sign, which is kept elsewhere" } ?? "replace the signing key")
    case .rotateMasterKey(let fingerprint):
      return ProposedRequest(
        .keys, .rotateMasterKey(to: fingerprint),
        fingerprint.map { "replace the master key by the one of the fingerprint \($0)" } ?? "draw a new master key")
    }
  }

  /// What must have been approved where a context names a proposal; nil where it names none.
  func proposed(_ change: ProposedChange, in context: RequestContext) throws(LedgerError) -> ProposedRequest? {
    try context.proposal == nil ? nil : request(change)
  }

  /// Says of a request by which proposal it is done, where one is named.
  func propose(
    _ request: inout PreparedRequest, _ change: @autoclosure () throws(LedgerError) -> ProposedChange
  ) throws(LedgerError) {
    if request.proposal != nil { request.proposed = try self.request(change()) }
  }

  /// Refuses what no event can take back where nobody answers for it, or no second operator approved it; and uses up the
  /// proposal before it is done.
  package func authorize(
    _ request: inout PreparedRequest, _ kind: Oversight.Guarded,
    _ change: @autoclosure () throws(LedgerError) -> ProposedChange
  ) async throws(LedgerError) {
    try requireNamed(request)
    try propose(&request, change())
    // A change that needs no approval takes no commit before it.
    let isGuarded = try reading { (state) throws(StateUnreadable) in try state.oversight().guarded.contains(kind) }
    guard isGuarded || request.proposal != nil else { return }
    let command = UseProposal(of: kind, request.approval)
    request.hasUsedProposal = true
    try await submit(command, in: request)
  }
}

extension ProposedRequest {
  fileprivate init(_ kind: Oversight.Guarded, _ encoding: RequestEncoding, _ words: String, _ account: AccountID? = nil)
  {
    self.init(kind: kind, digest: SHA256.hash(encoding.bytes), words: words, account: account)
  }
}
