import KeyStore
import LedgerDomain
import LedgerEvents

// What a list of members takes of rows that have more: the rest is passed over, and what is sealed is read in the form in which
// it is opened.

/// Of a ``StoredMembership``.
struct ListedMembership: ReadableRow {
  let account: AccountID?
  let role: Role
  let number: SealedValue?
  /// Whether the number can be found by its hash, which goes when the person is erased.
  let isFound: Bool

  init?(from reader: inout RowReader) {
    guard reader.number() != nil, reader.number() != nil, let account = reader.optionalID(AccountID.self),
      let number = reader.optional({ $0.sealedValue() }),
      let role = reader.number().flatMap({ Role(rawValue: Int($0)) }),
      reader.flag() != nil, reader.number() != nil, let hash = reader.optional({ $0.digest() })
    else { return nil }
    (self.account, self.role, self.number) = (account, role, number)
    isFound = hash != nil
  }
}

/// Of a ``StoredPhone``.
struct ListedPhone: ReadableRow {
  let number: SealedValue
  /// As of ``ListedMembership``.
  let isFound: Bool

  init?(from reader: inout RowReader) {
    guard reader.number() != nil, reader.number() != nil, let number = reader.sealedValue(), reader.flag() != nil,
      let hash = reader.optional({ $0.digest() })
    else { return nil }
    self.number = number
    isFound = hash != nil
  }
}

/// Of a ``StoredAccount``.
struct ListedAccount: ReadableRow {
  let person: PersonID
  let name: SealedValue?
  let isErased: Bool

  init?(from reader: inout RowReader) {
    guard reader.number() != nil, reader.skipData(), let person = reader.person(), reader.skipData(),
      let name = reader.optional({ $0.sealedValue() }), reader.skipOptionalSealed(),
      reader.number() != nil, reader.flag() != nil, reader.flag() != nil, let isErased = reader.flag(),
      reader.number() != nil, reader.optional({ $0.digest() }) != nil
    else { return nil }
    (self.person, self.name, self.isErased) = (person, name, isErased)
  }
}
