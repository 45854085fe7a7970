import KeyStore
public import LedgerDomain
public import LedgerEvents
import Projections

// The numbers of people in groups, opened on purpose.
extension Groups {
  /// Opens the numbers of members, in E.164 form: to be asked for on purpose, and not to be logged.
  ///
  /// ```swift
  /// let members = try ledger.groups.members(of: group)
  /// let leave = try await ledger.disclose(.members(members), for: "call list", by: Requester.operator)
  /// let numbers = try await ledger.groups.revealNumbers(of: members, under: leave)
  /// ```
  ///
  /// Costs some microseconds each, on a thread for reading.
  ///
  /// - Returns: for each, in order, the number that the member was added by, or else the first that its account has
  ///   verified; nil where there is none, and where the person is erased.
  /// - Throws: `key_unavailable`, `damaged`; `forbidden` where the disclosure is not about all of them.
  public func revealNumbers(
    of members: [Membership], under disclosure: Disclosure
  ) async throws(LedgerError) -> [String?] {
    try await ledger.numbers(of: members.map { ($0.number, $0.account) }, sealedAs: .memberNumber, under: disclosure)
  }

  /// Opens the numbers of subscribers, as ``revealNumbers(of:under:)-([Membership],_)`` does for members.
  ///
  /// ```swift
  /// let page = try ledger.groups.subscribers(of: group, by: admin)
  /// let leave = try await ledger.disclose(.subscribers(page.subscribers), for: "call list", by: Requester.operator)
  /// let numbers = try await ledger.groups.revealNumbers(of: page.subscribers, under: leave)
  /// ```
  ///
  /// - Parameters:
  ///   - subscribers: at best one page of them: some microseconds each, on a thread for reading.
  ///   - disclosure: names the subscribers whose numbers may be opened.
  /// - Returns: for each, in order, the number; nil where there is none, or its person is erased.
  /// - Throws: `key_unavailable`, `damaged`; `forbidden` where the disclosure is not about all of them.
  public func revealNumbers(
    of subscribers: [GroupSubscription], under disclosure: Disclosure
  ) async throws(LedgerError) -> [String?] {
    try await ledger.numbers(
      of: subscribers.map { ($0.number, $0.account) }, sealedAs: .subscriberNumber, under: disclosure)
  }
}

extension Accounts {
  /// Opens the first number that an account has verified, in E.164 form: to be asked for on purpose, and not to be logged.
  ///
  /// - Returns: nil where it has none, and where the person is erased.
  /// - Throws: `key_unavailable`, `damaged`.
  public func revealFirstNumber(
    of account: AccountID, under disclosure: Disclosure
  ) async throws(LedgerError) -> String? {
    try await ledger.numbers(of: [(nil, account)], sealedAs: .memberNumber, under: disclosure)[0]
  }

  /// Opens the names of accounts: to be asked for on purpose, and not to be logged. Some microseconds each, on a thread for
  /// reading.
  ///
  /// - Returns: for each, in order, its name; nil where it has none, is erased, or there is no such account.
  /// - Throws: `key_unavailable`, `damaged`.
  public func revealNames(
    of accounts: [AccountID?], under disclosure: Disclosure
  ) async throws(LedgerError) -> [String?] {
    let ledger = ledger
    return try await ledger.blocking(.short) { () throws(LedgerError) in
      var names: [String?] = []
      for id in accounts {
        let sealed = try id.flatMap { (id) throws(LedgerError) in
          try ledger.reading { (state) throws(StateUnreadable) in try state.account(id) }?.name
        }
        let name = try sealed.flatMap { (sealed) throws(LedgerError) -> [UInt8]? in
          guard try !ledger.isErased(sealed) else { return nil }
          try disclosure.require(sealed, in: ledger)
          return try ledger.open(sealed, .accountName)
        }
        names.append(name.map { String(decoding: $0, as: UTF8.self) })
      }
      return names
    }
  }
}

extension Ledger {
  fileprivate func numbers(
    of people: [(number: Sealed?, account: AccountID?)], sealedAs purpose: Purpose,
    under disclosure: Disclosure
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
        guard let number, try !isErased(number.value) else {
          numbers.append(nil)
          continue
        }
        try disclosure.require(number.value, in: self)
        guard let digits = try open(number.value, number.purpose) else {
          numbers.append(nil)
          continue
        }
        numbers.append(String(decoding: digits, as: UTF8.self))
      }
      return numbers
    }
  }

  /// Whether the person is erased, and nothing is left to open.
  fileprivate func isErased(_ sealed: Sealed) throws(LedgerError) -> Bool {
    try reading { (state) throws(StateUnreadable) in try state.isErased(person: sealed.personBytes) }
  }
}
