import EventLog
import LMDB
package import LedgerDomain
import LedgerEvents

// Everything of a kind, a page at a time, in the order of the numbers.
extension LedgerState {
  /// Connectors from a number on, deleted ones included, oldest first, as many as `limit`.
  package func connectors(from first: UInt64, limit: Int) throws(StateUnreadable) -> [Connector] {
    try page(of: Connector.self, .connector, from: first, limit: limit)
  }

  /// Groups from a number on, deleted ones included, oldest first, as many as `limit`.
  package func groups(from first: UInt64, limit: Int) throws(StateUnreadable) -> [Group] {
    try page(of: Group.self, .group, from: first, limit: limit)
  }

  /// Grants from a number on, revoked ones included, oldest first, as many as `limit`.
  package func grants(from first: UInt64, limit: Int) throws(StateUnreadable) -> [Grant] {
    try page(of: Grant.self, .grant, from: first, limit: limit)
  }

  func page<R: Row>(
    of _: R.Type, _ kind: DirectoryKey.Family, from first: UInt64, limit: Int
  ) throws(StateUnreadable) -> [R] {
    try reading { () throws(LogError) in
      var rows: [R] = []
      var malformed: DirectoryKey?
      try stored { () throws(LMDBError) in
        try directory.rows.forEach(from: .number(kind, first), below: .number(kind, .max), in: transaction) {
          key, bytes in
          guard rows.count < limit else { return .stop }
          guard let row = R(decoding: bytes) else {
            malformed = key
            return .stop
          }
          rows.append(row)
          return .continue
        }
      }
      if let malformed { throw Directory.malformed(malformed) }
      return rows
    }
  }
}
