import EventLog
import LMDB
public import LedgerCrypto
public import LedgerDomain
public import LedgerEvents

// What is known of people beside their accounts and phones.
extension LedgerState {
  /// The PINs that were ever asked for, for a number by anybody: newest first. None once the person is erased.
  package func challenges(ofNumber number: Digest) throws(StateUnreadable) -> [ChallengeID] {
    try reading { () throws(LogError) in
      var ids: [ChallengeID] = []
      try stored { () throws(LMDBError) in
        try directory.rows.forEach(
          from: .digest(.challengeOfNumber, number, 0), below: .digest(.challengeOfNumber, number, .max),
          reversed: true, in: transaction
        ) { key, _ in
          if case .digest(_, _, let id) = key { ids.append(ChallengeID(rawValue: id)) }
          return .continue
        }
      }
      return ids
    }
  }

  @usableFromInline package func dayCounts(_ scope: DayCountScope, after moment: Timestamp) throws(StateUnreadable)
    -> DayCounts
  {
    try reading { () throws(LogError) in
      try counts?.counts(of: scope, after: moment, in: transaction) ?? DayCounts()
    }
  }

  @usableFromInline package func identity(of account: AccountID) throws(StateUnreadable) -> Digest? {
    try reading { () throws(LogError) in try directory.identity(of: account.rawValue, in: transaction) }
  }

  @usableFromInline package func number(of phone: PhoneID) throws(StateUnreadable) -> Digest? {
    try row(StoredPhone.self, .number(.phone, phone.rawValue))?.number
  }

  @usableFromInline package func person(ofNumber number: Digest) throws(StateUnreadable) -> [UInt8]? {
    let newest = try newestKey(
      from: .digest(.personByNumber, number, 0), below: .digest(.personByNumber, number, .max))
    return try newest.flatMap { (key) throws(StateUnreadable) in try row(PersonRow.self, key) }?.person.bytes
  }

  /// The numbers of whatever was ever added by a telephone number and carries it: memberships and subscriptions, ended or
  /// not. None once the person is erased.
  package func everythingAdded(by number: Digest) throws(StateUnreadable) -> [UInt64] {
    try reading { () throws(LogError) in
      var numbers: [UInt64] = []
      try stored { () throws(LMDBError) in
        try directory.rows.forEach(
          from: .digest(.personByNumber, number, 0), below: .digest(.personByNumber, number, .max), in: transaction
        ) { key, _ in
          if case .digest(_, _, let id) = key { numbers.append(id) }
          return .continue
        }
      }
      return numbers
    }
  }

  @usableFromInline package func isErased(person: [UInt8]) throws(StateUnreadable) -> Bool {
    guard let name = PublicID(bytes: person) else { return false }
    return try row(UInt64.self, .publicID(.erasedPerson, name)) != nil
  }

  @usableFromInline package func tenantAdmins() throws(StateUnreadable) -> [AccountID] {
    try reading { () throws(LogError) in
      var accounts: [AccountID] = []
      try stored { () throws(LMDBError) in
        try directory.rows.forEach(
          from: .number(.tenantAdmin, 0), below: .number(.tenantAdmin, .max), in: transaction
        ) { key, _ in
          if case .number(_, let id) = key { accounts.append(AccountID(rawValue: id)) }
          return .continue
        }
      }
      return accounts
    }
  }

  @usableFromInline package func recordedSigningKey() throws(StateUnreadable) -> [UInt8]? {
    let newest = try newestKey(from: .number(.signingKey, 0), below: .number(.signingKey, .max))
    return try newest.flatMap { (key) throws(StateUnreadable) in try row(SigningKeyRow.self, key) }?.key.bytes
  }

  @usableFromInline package func recordedKeys(for purpose: KeyPurpose) throws(StateUnreadable) -> KeyNumbers? {
    try row(KeyNumbers.self, Directory.key(ofKeysFor: purpose))
  }

  private func newestKey(from lower: DirectoryKey, below upper: DirectoryKey) throws(StateUnreadable) -> DirectoryKey? {
    try reading { () throws(LogError) in
      var newest: DirectoryKey?
      try stored { () throws(LMDBError) in
        try directory.rows.forEach(from: lower, below: upper, reversed: true, in: transaction) { key, _ in
          newest = key
          return .stop
        }
      }
      return newest
    }
  }

  /// The names of the keys of everybody who was ever erased.
  package func erasedPersons() throws(StateUnreadable) -> [[UInt8]] {
    try reading { () throws(LogError) in
      var persons: [[UInt8]] = []
      try stored { () throws(LMDBError) in
        try directory.rows.forEach(
          from: .number(.erasedPerson, 0), below: .number(.personByNumber, 0), in: transaction
        ) { key, _ in
          if case .publicID(_, let person) = key { persons.append(person.bytes) }
          return .continue
        }
      }
      return persons
    }
  }

  /// Accounts in the order of their numbers, from one on.
  package func accounts(from first: AccountID, limit: Int) throws(StateUnreadable) -> [Account] {
    try reading { () throws(LogError) in
      var accounts: [Account] = []
      var malformed: DirectoryKey?
      try stored { () throws(LMDBError) in
        try directory.rows.forEach(
          from: .number(.account, first.rawValue), below: .number(.account, .max), in: transaction
        ) { key, bytes in
          guard accounts.count < limit else { return .stop }
          guard let row = StoredAccount(decoding: bytes) else {
            malformed = key
            return .stop
          }
          accounts.append(row.account)
          return .continue
        }
      }
      if let malformed { throw Directory.malformed(malformed) }
      return accounts
    }
  }
}
