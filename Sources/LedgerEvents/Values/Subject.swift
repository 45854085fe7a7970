/// What sort of thing a ``Subject`` is. The numbers stand in every record: they are never changed or used again.
public enum SubjectKind: UInt8, Sendable, Hashable, CaseIterable {
  case account = 1
  case phone = 2
  case connector = 3
  case group = 4
  case grant = 5
  case family = 6
  case token = 7
  case webhook = 8
  case membership = 9
  /// Someone at the command line of the machine that holds the ledger, who causes events. With a number, the account of the
  /// operator who was named: among the subjects of what that operator caused.
  case `operator` = 10
  case challenge = 11
  case subscription = 12
  case authorizationCode = 13
  case resourceServer = 20
  /// A change that an operator proposed. Among the subjects of the change that was made by it.
  case proposal = 21
  /// Under whose name a program that embeds the ledger records events of its own.
  case eventNamespace = 22

  /// The name in lower case, as in the text of a ``Subject``.
  public var name: String {
    switch self {
    case .account: "account"
    case .phone: "phone"
    case .connector: "connector"
    case .group: "group"
    case .grant: "grant"
    case .family: "family"
    case .token: "token"
    case .webhook: "webhook"
    case .membership: "membership"
    case .operator: "operator"
    case .challenge: "challenge"
    case .subscription: "subscription"
    case .authorizationCode: "authorization-code"
    case .resourceServer: "resource-server"
    case .proposal: "proposal"
    case .eventNamespace: "event-namespace"
    }
  }

  /// The kind of this name; nil if there is none.
  public init?(name: some StringProtocol) {
    guard let kind = SubjectKind.allCases.first(where: { name == $0.name }) else { return nil }
    self = kind
  }
}

/// Someone or something that an event concerns, or that caused it: what the audit trail is asked about.
@frozen
public struct Subject: Sendable, Hashable {
  public var kind: SubjectKind
  /// The number of the object; 0 where the kind alone says it all.
  public var number: UInt64

  @inlinable
  public init(kind: SubjectKind, number: UInt64) {
    self.kind = kind
    self.number = number
  }

  /// The subject that an object is.
  @inlinable
  public init<Kind: SubjectObjectKind>(_ id: ObjectID<Kind>) {
    self.init(kind: Kind.subjectKind, number: id.rawValue)
  }

  /// Somebody who works at the command line.
  @inlinable
  public static var `operator`: Subject { Subject(kind: .operator, number: 0) }
}

extension Subject: LosslessStringConvertible {
  /// Kind and number, such as `group:1234`; the kind alone where the number is 0.
  public var description: String { number == 0 ? kind.name : "\(kind.name):\(number)" }

  /// Reads what ``description`` gives; nil for any other text.
  public init?(_ text: String) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard let kind = SubjectKind(name: parts[0]) else { return nil }
    guard parts.count == 2 else {
      self.init(kind: kind, number: 0)
      return
    }
    guard parts[1].first != "+", let number = UInt64(parts[1]), number != 0 else { return nil }
    self.init(kind: kind, number: number)
  }
}
