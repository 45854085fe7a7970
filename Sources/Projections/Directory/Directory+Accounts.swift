import EventLog
import LMDB
import LedgerCrypto
import LedgerDomain
import LedgerEvents

// Accounts, and the keys that sign checkpoints.
extension Directory {
  func register(
    _ event: V2AccountRegistered, _ position: PositionNumber, _ time: Timestamp, _ transaction: inout WriteTransaction
  ) throws(LogError) {
    let identity = try personalData.hash(issuer: event.issuer, subject: event.subject, at: position)
    let account = Account(
      id: AccountID(rawValue: position), issuer: event.issuer, subject: event.subject,
      name: event.hasName ? event.name : nil, email: event.hasEmail ? event.email : nil, role: event.role,
      isDisabled: false, registeredAt: time)
    try put(StoredAccount(account, identity: identity), at: .number(.account, position), in: &transaction)
    try note(.account, position, of: event.subject.person, &transaction)
    if event.role == .tenantAdmin { try put(EmptyRow(), at: .number(.tenantAdmin, position), in: &transaction) }
    if event.role == .operator { try put(EmptyRow(), at: .number(.operatorAccount, position), in: &transaction) }
    if let identity { try put(position, at: .digest(.accountByIdentity, identity, 0), in: &transaction) }
    try index(account, at: position, &transaction)
  }

  func setDisabled(
    _ account: UInt64, _ isDisabled: Bool, byOperator: Bool = false, _ transaction: inout WriteTransaction
  ) throws(LogError) {
    try change(StoredAccount.self, at: .number(.account, account), in: &transaction) {
      $0.account.isDisabled = isDisabled
      $0.account.isDisabledByOperator = byOperator
    }
  }

  func changeRole(_ event: AccountRoleChanged, _ transaction: inout WriteTransaction) throws(LogError) {
    try change(StoredAccount.self, at: .number(.account, event.account), in: &transaction) {
      $0.account.role = event.after
    }
    for (role, family) in [(AccountRole.tenantAdmin, DirectoryKey.Family.tenantAdmin), (.operator, .operatorAccount)] {
      if event.after == role {
        try put(EmptyRow(), at: .number(family, event.account), in: &transaction)
      } else if event.before == role {
        try remove(.number(family, event.account), in: &transaction)
      }
    }
  }

  func name(
    signingKey key: some Collection<UInt8>, _ position: PositionNumber, _ transaction: inout WriteTransaction
  ) throws(LogError) {
    guard !key.isEmpty else { return }
    let row = SigningKeyRow(key: try Digest(of: key, at: position))
    try put(row, at: .number(.signingKey, position), in: &transaction)
  }
}

extension Directory {
  /// Changes what is known of the keys of a purpose: at first there is one.
  func note(
    _ purpose: KeyPurpose, in transaction: inout WriteTransaction, _ body: (inout KeyNumbers) -> Void
  ) throws(LogError) {
    let key = Self.key(ofKeysFor: purpose)
    var numbers = try row(KeyNumbers.self, at: key, in: transaction) ?? KeyNumbers()
    body(&numbers)
    try put(numbers, at: key, in: &transaction)
  }

  static func key(ofKeysFor purpose: KeyPurpose) -> DirectoryKey {
    .number(.keyNumbers, UInt64(UInt32(truncatingIfNeeded: purpose.rawValue)))
  }
}

extension KeyNumbers: Row {
  func encode(to writer: inout RowWriter) {
    writer.number(UInt64(oldest))
    writer.number(UInt64(newest))
  }

  init?(from reader: inout RowReader) {
    guard let oldest = reader.number().flatMap({ UInt32(exactly: $0) }),
      let newest = reader.number().flatMap({ UInt32(exactly: $0) })
    else { return nil }
    self.init(oldest: oldest, newest: newest)
  }
}

/// A public key: 32 bytes, as many as a digest has.
struct SigningKeyRow: Row {
  let key: Digest

  init(key: Digest) { self.key = key }

  func encode(to writer: inout RowWriter) { writer.digest(key) }

  init?(from reader: inout RowReader) {
    guard let key = reader.digest() else { return nil }
    self.key = key
  }
}
