import EventLog
import LMDB
public import LedgerDomain
public import LedgerEvents

// The rules that operators work under.
extension LedgerState {
  @usableFromInline package func operators() throws(StateUnreadable) -> [AccountID] {
    try reading { () throws(LogError) in
      var found: [AccountID] = []
      try stored { () throws(LMDBError) in
        try directory.rows.forEach(
          from: .number(.operatorAccount, 0), below: .number(.operatorAccount, .max), in: transaction
        ) { key, _ in
          if case .number(_, let number) = key { found.append(AccountID(rawValue: number)) }
          return .continue
        }
      }
      return found
    }
  }

  @usableFromInline package func oversight() throws(StateUnreadable) -> Oversight {
    try row(Oversight.self, .number(.oversight, 0)) ?? Oversight()
  }
}

extension Oversight: Row {
  func encode(to writer: inout RowWriter) {
    writer.flag(namesOperators)
    writer.number(guarded.reduce(0) { $0 | 1 << UInt64($1.rawValue) })
  }

  init?(from reader: inout RowReader) {
    guard let namesOperators = reader.flag(), let bits = reader.number() else { return nil }
    self.init(
      namesOperators: namesOperators,
      guarded: Set(Guarded.allCases.filter { bits & 1 << UInt64($0.rawValue) != 0 }))
    guard guarded.reduce(0, { $0 | 1 << UInt64($1.rawValue) }) == bits else { return nil }
  }
}
