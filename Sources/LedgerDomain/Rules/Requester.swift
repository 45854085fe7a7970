public import LedgerEvents

/// Who asks for something, and so is recorded as having caused it.
public enum Requester: Sendable, Hashable {
  /// A person, through the portal.
  case account(AccountID)
  /// A connector, by an access token, for the person who granted it. What that person may not do, it may not either.
  case connector(ConnectorID, for: AccountID)
  /// Someone at the command line of the machine that holds the ledger.
  case `operator`

  /// Who is recorded as the actor.
  public var actor: Subject {
    switch self {
    case .account(let id): Subject(id)
    case .connector(let id, _): Subject(id)
    case .operator: .operator
    }
  }

  /// Whose rights count; nil for an operator, who has every right.
  public var account: AccountID? {
    switch self {
    case .account(let id), .connector(_, let id): id
    case .operator: nil
    }
  }

  /// The person for whom a connector acts: named among the subjects of what it causes.
  public var onBehalfOf: Subject? {
    if case .connector(_, let id) = self { Subject(id) } else { nil }
  }
}

/// What may stand where somebody is to be named who asks: an account's ID, or a ``Requester`` itself.
///
/// So calls read `by: admin` with an account, and `by: Requester.operator` as well.
public protocol Requesting: Sendable {
  /// Who asks.
  var requester: Requester { get }
}

extension Requester {
  /// Who asks, of what a call was given in its place.
  package init(_ asking: some Requesting) { self = asking.requester }
}

extension Requester: Requesting {
  public var requester: Requester { self }
}

extension Requesting where Self == Requester {
  // Disfavoured, so that `Requester.operator` stays the case.
  /// Someone at the command line of the machine that holds the ledger: so calls read `by: .operator`.
  @_disfavoredOverload
  public static var `operator`: Requester { Requester.operator }
}

extension ObjectID: Requesting where Kind == ObjectKinds.Account {
  public var requester: Requester { .account(self) }
}

extension DomainReader where Self: ~Copyable {
  /// The account whose rights count, which must not be disabled; nil for an operator.
  /// - Throws: ``ErrorCode/notFound`` or ``ErrorCode/accountDisabled``.
  @discardableResult
  func requireActive(_ requester: Requester, field: String = "requester") throws(DecisionFailure) -> Account? {
    guard let id = requester.account else { return nil }
    return try requireActiveAccount(id, field: field)
  }
}
