public import LedgerEvents

/// The resource servers that a token is restricted to (RFC 8707): up to three, by their numbers; 1 stands for the ledger's own
/// server. A token without a restriction is good for all of them.
public struct Audiences: Sendable, Equatable, BitwiseCopyable {
  /// How many one token may have.
  public static let maximumCount = 3
  /// The number of the ledger's own server. No event but the ledger's own creation has it, so no resource server does.
  static let ownServer: UInt64 = 1

  /// The numbers in ascending order, and 0 where there are fewer.
  @usableFromInline
  package var slots: InlineArray<3, UInt64>

  /// No restriction.
  public static let unrestricted = Audiences(0, 0, 0)

  /// The numbers as ``slots`` has them.
  @usableFromInline
  package init(_ first: UInt64, _ second: UInt64, _ third: UInt64) { slots = [first, second, third] }

  /// The audiences of these numbers; nil where there are too many.
  package init?(_ numbers: [UInt64]) {
    guard !numbers.isEmpty else {
      self = .unrestricted
      return
    }
    let sorted = Set(numbers).subtracting([0]).sorted()
    guard sorted.count <= Self.maximumCount else { return nil }
    slots = [0, 0, 0]
    for index in sorted.indices { slots[index] = sorted[index] }
  }

  /// These resource servers, and the ledger's own server where that is among them; nil where there are more than
  /// ``maximumCount``.
  public init?(_ servers: [ResourceServerID], includingOwn: Bool = false) {
    self.init(servers.map(\.rawValue) + (includingOwn ? [Self.ownServer] : []))
  }

  /// Whether the token is good for some resource servers only.
  public var isRestricted: Bool { slots[0] != 0 }

  /// Whether the ledger's own server is among those named.
  public var includesOwn: Bool { slots[0] == Self.ownServer }

  /// The resource servers named, without the ledger's own.
  public var servers: [ResourceServerID] {
    numbers.filter { $0 != Self.ownServer }.map { ResourceServerID(rawValue: $0) }
  }

  /// All numbers, in ascending order.
  @usableFromInline
  package var numbers: [UInt64] { slots.indices.map { slots[$0] }.filter { $0 != 0 } }

  /// Whether a token with these is good for a target.
  public func allow(_ target: TokenTarget) -> Bool {
    guard isRestricted else { return true }
    switch target {
    case .any: return true
    case .ownServer: return includesOwn
    // An empty slot is 0, which is no resource server.
    case .resourceServer(let id): return id.rawValue != 0 && slots.indices.contains { slots[$0] == id.rawValue }
    }
  }

  /// Whether each of these is among others.
  func isSubset(of others: Audiences) -> Bool {
    slots.indices.allSatisfy { index in
      slots[index] == 0 || others.slots.indices.contains { others.slots[$0] == slots[index] }
    }
  }

  public static func == (one: Audiences, other: Audiences) -> Bool {
    one.slots.indices.allSatisfy { one.slots[$0] == other.slots[$0] }
  }
}

/// Where a token is shown.
public enum TokenTarget: Sendable, Hashable {
  /// The server of the ledger itself, and what stands behind it.
  case ownServer
  case resourceServer(ResourceServerID)
  /// Anywhere: the caller compares the audiences itself.
  case any
}

extension Audiences {
  /// What a token gets that is asked for with these, of what was granted.
  ///
  /// - Parameter asked: nil where the client named none: all that was granted.
  /// - Throws: ``ErrorCode/invalidTarget`` where something is asked for that was not granted, or exists no more.
  @usableFromInline
  func narrowed(
    to asked: Audiences?, _ state: borrowing some DomainReader & ~Copyable
  ) throws(DecisionFailure) -> Audiences {
    guard let asked, asked.isRestricted else { return self }
    guard !isRestricted || asked.isSubset(of: self) else { throw .invalidTarget }
    try asked.requireKnown(state)
    return asked
  }

  /// - Throws: ``ErrorCode/invalidTarget`` where a resource server is unknown or deleted.
  func requireKnown(_ state: borrowing some DomainReader & ~Copyable) throws(DecisionFailure) {
    for id in servers {
      guard let server = try read(state.resourceServer(id)), !server.isDeleted else { throw .invalidTarget }
    }
  }
}

extension DecisionFailure {
  static var invalidTarget: Self {
    .refused(
      .invalidTarget, field: "resource",
      expected: "resource servers that are registered, of those that access was given for")
  }
}

extension Standing {
  /// Of a token, or a family's first refresh token: what it is restricted to.
  @inlinable
  package var audiences: Audiences {
    get { Audiences(parents[1], parents[2], parents[3]) }
    set { for index in 0..<3 { parents[index + 1] = newValue.slots[index] } }
  }

  /// Of a connector: position of the event that last took from it the permission to get tokens of its own; 0 if none did.
  /// Those it got before that are stopped.
  @inlinable
  package var ownTokensStoppedBy: UInt64 {
    get { parents[1] }
    set { parents[1] = newValue }
  }
}
