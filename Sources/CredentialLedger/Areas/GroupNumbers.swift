import KeyStore
public import LedgerDomain
public import LedgerEvents
import Projections

// The numbers of people in groups, opened on purpose.
extension Groups {
  /// Opens the numbers of members, in E.164 form: to be asked for on purpose, and not to be logged.
  ///
  /// ```swift
  /// let numbers = try await ledger.groups.revealNumbers(of: ledger.groups.members(of: group))
  /// ```
  ///
  /// Costs some microseconds each, on a thread for reading.
  ///
  /// - Returns: for each, in order, the number that the member was added by, or else the first that its account has
  ///   verified; nil where there is none, and where the person is erased.
  /// - Throws: `key_unavailable`, `damaged`.
  public func revealNumbers(of members: [Membership]) async throws(LedgerError) -> [String?] {
    try await ledger.numbers(of: members.map { ($0.number, $0.account) }, sealedAs: .memberNumber)
  }

  /// Opens the numbers of subscribers, as ``revealNumbers(of:)-([Membership])`` does for members.
  ///
  /// ```swift
  /// let page = try ledger.groups.subscribers(of: group, by: admin)
  /// let numbers = try await ledger.groups.revealNumbers(of: page.subscribers)
  /// ```
  public func revealNumbers(of subscribers: [GroupSubscription]) async throws(LedgerError) -> [String?] {
    try await ledger.numbers(of: subscribers.map { ($0.number, $0.account) }, sealedAs: .subscriberNumber)
  }
}

extension Accounts {
  /// Opens the first number that an account has verified, in E.164 form: to be asked for on purpose, and not to be logged.
  ///
  /// - Returns: nil where it has none, and where the person is erased.
  /// - Throws: `key_unavailable`, `damaged`.
  public func revealFirstNumber(of account: AccountID) async throws(LedgerError) -> String? {
    try await ledger.numbers(of: [(nil, account)], sealedAs: .memberNumber)[0]
  }

  /// Opens the names of accounts: to be asked for on purpose, and not to be logged. Some microseconds each, on a thread for
  /// reading.
  ///
  /// - Returns: for each, in order, its name; nil where it has none, is erased, or there is no such account.
  /// - Throws: `key_unavailable`, `damaged`.
  public func revealNames(of accounts: [AccountID?]) async throws(LedgerError) -> [String?] {
    let ledger = ledger
    return try await ledger.blocking(.short) { () throws(LedgerError) in
      var names: [String?] = []
      for id in accounts {
        let sealed = try id.flatMap { (id) throws(LedgerError) in
          try ledger.reading { (state) throws(StateUnreadable) in try state.account(id) }?.name
        }
        let name = try sealed.flatMap { (sealed) throws(LedgerError) in try ledger.open(sealed, .accountName) }
        names.append(name.map { String(decoding: $0, as: UTF8.self) })
      }
      return names
    }
  }
}

extension Ledger {
  fileprivate func numbers(
    of people: [(number: Sealed?, account: AccountID?)], sealedAs purpose: Purpose
  ) async throws(LedgerError) -> [String?] {
    try await blocking(.short) { [self] () throws(LedgerError) in
      let sealed = try reading { (state) throws(StateUnreadable) in
        var sealed: [(value: Sealed, purpose: Purpose)?] = []
        for person in people {
          if let number = person.number {
            sealed.append((number, purpose))
          } else if let account = person.account, let first = try state.phones(of: account).first {
            sealed.append(try state.phone(first).map { ($0.number, .phoneNumber) })
          } else {
            sealed.append(nil)
          }
        }
        return sealed
      }
      var numbers: [String?] = []
      for number in sealed {
        guard let number, let digits = try open(number.value, number.purpose) else {
          numbers.append(nil)
          continue
        }
        numbers.append(String(decoding: digits, as: UTF8.self))
      }
      return numbers
    }
  }
}
