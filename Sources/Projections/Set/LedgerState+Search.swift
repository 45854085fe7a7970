import EventLog
import LMDB
package import LedgerDomain
package import LedgerEvents

extension LedgerState {
  /// The objects that are found by each of some terms, in the order of their numbers.
  ///
  /// - Parameters:
  ///   - terms: the one that is likely to have the fewest objects first: all of that one's are looked at.
  ///   - number: only objects with a greater one.
  ///   - limit: the most objects to find.
  ///   - budget: how many objects of the first term to look at, at most.
  /// - Returns: the objects, and the number to go on after where not all were looked at.
  package func objects(
    under terms: [SearchTerm], after number: UInt64, limit: Int, budget: Int
  ) throws(StateUnreadable) -> (objects: [Subject], next: UInt64?) {
    guard let first = terms.first, number < .max, limit > 0 else { return ([], nil) }
    let others = terms.dropFirst()
    return try reading { () throws(LogError) in
      var (objects, next, malformed): ([Subject], UInt64?, DirectoryKey?) = ([], nil, nil)
      var (looked, last) = (0, number)
      try stored { () throws(LMDBError) in
        try directory.rows.forEach(
          from: .person(.searchTerm, first, .following(number)), below: .person(.searchTerm, first, .max),
          in: transaction
        ) { key, bytes throws(LMDBError) in
          guard objects.count < limit, looked < budget else {
            next = last
            return .stop
          }
          guard case .person(_, _, let number) = key,
            let kind = UInt64(decoding: bytes).flatMap({ UInt8(exactly: $0) }).flatMap({ SubjectKind(rawValue: $0) })
          else {
            malformed = key
            return .stop
          }
          (looked, last) = (looked + 1, number)
          for term in others {
            guard
              try directory.rows.withBytes(of: .person(.searchTerm, term, number), in: transaction, { _ in true })
                != nil
            else { return .continue }
          }
          objects.append(Subject(kind: kind, number: number))
          return .continue
        }
      }
      if let malformed { throw Directory.malformed(malformed) }
      return (objects, next)
    }
  }
}
