import KeyStore
public import LedgerDomain
import LedgerEvents
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
