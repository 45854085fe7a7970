import LedgerDomain
import LedgerEvents

/// A person's place in a group, in the row that lists it: what counting needs, so that a list is counted from rows that
/// lie side by side.
struct PlaceRow: Row {
  /// 0 while no account holds the number.
  var account: UInt64
  var role: Role
  /// The name of the key that the number is sealed under, where the person was added by number.
  var person: PublicID?

  init(account: UInt64, role: Role, person: PublicID?) {
    self.account = account
    self.role = role
    self.person = person
  }

  func encode(to writer: inout RowWriter) {
    writer.number(account)
    writer.byte(UInt8(truncatingIfNeeded: role.rawValue))
    writer.optional(person) { $0.publicID($1) }
  }

  init?(from reader: inout RowReader) {
    guard let account = reader.number(), let role = reader.byte().flatMap({ Role(rawValue: Int($0)) }),
      let person = reader.optional({ $0.publicID() })
    else { return nil }
    self.init(account: account, role: role, person: person)
  }
}
