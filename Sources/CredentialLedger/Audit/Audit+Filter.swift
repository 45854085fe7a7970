import EventLog
public import LedgerEvents
import Projections

extension Audit {
  /// Which events are asked for. Filters combine by ``and(_:)``: then all of them must let an event pass.
  ///
  /// ```swift
  /// let filter = Audit.Filter.account(id).and(.anyType(of: EventType.matching("token.*"))).and(.request("r-17"))
  /// ```
  public struct Filter: Sendable, Hashable {
    enum Condition: Sendable, Hashable {
      /// One of these terms of the index.
      case terms([AuditTerm])
      /// One of these requests, numbers, addresses.
      case requests([String])
      case numbers([PhoneNumber])
      case addresses([String])
    }

    var conditions: [Condition]
    /// The names of the persons whose keys open no address here: see ``Audit/withholdingOperators(_:)``.
    var withheld: Set<[UInt8]> = []
    /// Only events recorded then or later; nil from the first on.
    public var since: Timestamp?
    /// Only events recorded before then, so that one range of time ends where the next begins; nil up to the newest.
    public var until: Timestamp?

    private init(_ conditions: Condition..., since: Timestamp? = nil, until: Timestamp? = nil) {
      self.conditions = conditions
      self.since = since
      self.until = until
    }

    /// Whether only the record itself says if an event is meant.
    var asksForAddress: Bool { conditions.contains { if case .addresses = $0 { true } else { false } } }

    /// What one of two filters lets pass that ask for one thing each, and for things of one kind, such as two connectors;
    /// nil for any others.
    package func or(_ other: Filter) -> Filter? {
      guard conditions.count == 1, other.conditions.count == 1, since == nil, until == nil, other.since == nil,
        other.until == nil, withheld.isEmpty, other.withheld.isEmpty
      else { return nil }
      switch (conditions[0], other.conditions[0]) {
      case (.terms(let one), .terms(let two)): return Self(.terms(one + two))
      case (.requests(let one), .requests(let two)): return Self(.requests(one + two))
      case (.numbers(let one), .numbers(let two)): return Self(.numbers(one + two))
      case (.addresses(let one), .addresses(let two)): return Self(.addresses(one + two))
      default: return nil
      }
    }

    /// What this filter lets pass and the other does too.
    public func and(_ other: Filter) -> Filter {
      var both = self
      both.conditions += other.conditions
      both.withheld.formUnion(other.withheld)
      if let since = other.since { both.since = max(since, both.since ?? since) }
      if let until = other.until { both.until = min(until, both.until ?? until) }
      return both
    }
  }
}

extension Audit.Filter {
  /// Everything.
  public static let all = Audit.Filter()

  /// What an account did, and what concerns it.
  public static func account(_ id: AccountID) -> Self { .party(Subject(id)) }

  /// What a connector did, and what concerns it.
  public static func connector(_ id: ConnectorID) -> Self { .party(Subject(id)) }

  private static func concerning(_ subjects: Subject...) -> Self {
    Self(.terms(subjects.map { .subject(LogSubject($0)) }))
  }

  /// What somebody did, and what concerns the same.
  private static func party(_ subject: Subject) -> Self {
    Self(.terms(acting(subject) + [.subject(LogSubject(subject))]))
  }

  /// The index's terms of what somebody did: an account also as the operator who was named.
  private static func acting(_ subject: Subject) -> [AuditTerm] {
    let named = AuditTerm.subject(LogSubject(Subject(kind: .operator, number: subject.number)))
    return switch subject.kind {
    case .account: [.actor(LogSubject(subject)), named]
    case .operator where subject.number > 0: [named]
    default: [.actor(LogSubject(subject))]
    }
  }

  /// What concerns a group.
  public static func group(_ id: GroupID) -> Self { .concerning(Subject(id)) }

  /// What concerns a grant.
  public static func grant(_ id: GrantID) -> Self { .concerning(Subject(id)) }

  /// What concerns an access or refresh token, by its handle.
  public static func token(_ id: TokenID) -> Self {
    .concerning(Subject(id), Subject(kind: .family, number: id.rawValue))
  }

  /// What concerns a phone, by its number in the ledger.
  public static func phone(_ id: PhoneID) -> Self { .concerning(Subject(id)) }

  /// What concerns a telephone number: the PINs made for it, the phones that they verified, and the memberships that
  /// were added by it. The number is looked up by its keyed hash. Of an erased person no hash is left: the events are
  /// then found by the account alone.
  public static func number(_ number: PhoneNumber) -> Self { Self(.numbers([number])) }

  /// Events of one type.
  public static func type(_ type: EventType) -> Self { .anyType(of: CollectionOfOne(type)) }

  /// Events of any of some types; of none, where none is given.
  public static func anyType(of types: some Sequence<EventType>) -> Self {
    Self(.terms(types.map { .type($0.rawValue) }))
  }

  /// What somebody did; what an account did also as the operator who was named at the command line, which `operator:N`
  /// alone asks for.
  public static func actor(_ subject: Subject) -> Self { Self(.terms(acting(subject))) }

  /// What concerns something.
  public static func subject(_ subject: Subject) -> Self { .concerning(subject) }

  /// What came with one request, by its ID: see ``RequestContext/requestID``.
  public static func request(_ id: String) -> Self { Self(.requests([id])) }

  /// What came from a network address, exactly as it was recorded: see ``RequestContext/address``.
  ///
  /// There is no index: see ``Audit/search(_:order:after:limit:steps:)`` for what that costs, and combine it with what
  /// else is known. Where the person was erased, this can no longer be known: ``Audit/Page/undecided`` counts these.
  public static func address(_ address: String) -> Self { Self(.addresses([address])) }

  /// What was recorded in a range of time: from `since` on, and before `until`.
  public static func recorded(since: Timestamp? = nil, until: Timestamp? = nil) -> Self {
    Self(since: since, until: until)
  }
}

extension EventType {
  /// The types of a name, such as `token.issued`, or of a pattern that ends in `.*`, such as `token.*`; none where no type
  /// is meant by it.
  public static func matching(_ pattern: some StringProtocol) -> [EventType] {
    guard pattern.hasSuffix(".*") else { return EventType(name: pattern).map { [$0] } ?? [] }
    let family = pattern.dropLast()
    return allCases.filter { $0.name?.hasPrefix(family) == true }
  }
}
