import EventLog
import LMDB
package import LedgerDomain
package import LedgerEvents

// Objects by their numbers, of the kinds that the directory has rows of their own for.
extension LedgerState {
  /// The numbers of the objects of a kind, from one on, in order: as many as `limit`. Of other kinds there are none here.
  package func numbers(of kind: SubjectKind, from first: UInt64, limit: Int) throws(StateUnreadable) -> [UInt64] {
    guard let family = Self.family(of: kind) else { return [] }
    return try reading { () throws(LogError) in
      var numbers: [UInt64] = []
      try stored { () throws(LMDBError) in
        try directory.rows.forEach(from: .number(family, first), below: .number(family, .max), in: transaction) {
          key, _ in
          guard numbers.count < limit else { return .stop }
          if case .number(_, let number) = key { numbers.append(number) }
          return .continue
        }
      }
      return numbers
    }
  }

  /// The kind of object that a family has a row for each of, from the event that made it on for good; nil for others.
  static func kind(of family: DirectoryKey.Family) -> SubjectKind? {
    switch family {
    case .account: .account
    case .phone: .phone
    case .challenge: .challenge
    case .connector: .connector
    case .group: .group
    case .membership: .membership
    case .grant: .grant
    case .webhook: .webhook
    case .authorizationCode: .authorizationCode
    case .subscription: .subscription
    case .resourceServer: .resourceServer
    case .proposal: .proposal
    case .eventNamespace: .eventNamespace
    default: nil
    }
  }

  private static func family(of kind: SubjectKind) -> DirectoryKey.Family? {
    DirectoryKey.Family.allCases.first { Self.kind(of: $0) == kind }
  }
}
