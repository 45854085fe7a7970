import EventLog
import LMDB
public import LedgerDomain
import LedgerEvents

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
