package import LedgerCrypto

/// The persons' keys used lately, at most `capacity` of them.
///
/// Two tables take turns: a key goes into the young one, and when that holds half the capacity, it becomes the old one
/// and what the old one held is dropped. A key used again moves to the young one. So a key in steady use stays, and
/// every operation takes constant time on average.
package struct KeyCache: Sendable {
  private let capacity: Int
  private var young: [PersonID: Secret] = [:]
  private var old: [PersonID: Secret] = [:]

  /// - Parameter capacity: how many keys at most; 2 or more.
  package init(capacity: Int) {
    self.capacity = capacity
  }

  /// How many keys it holds.
  package var count: Int { young.count + old.count }

  /// The key of a person, if it is here.
  package mutating func find(_ person: PersonID) -> Secret? {
    if let key = young[person] { return key }
    guard let key = old.removeValue(forKey: person) else { return nil }
    insert(key, for: person)
    return key
  }

  /// Keeps the key of a person, at the cost of others when there are too many.
  package mutating func insert(_ key: Secret, for person: PersonID) {
    old[person] = nil
    young[person] = key
    guard young.count * 2 >= capacity else { return }
    old = young
    young = [:]
  }

  /// Forgets the key of a person.
  package mutating func remove(_ person: PersonID) {
    young[person] = nil
    old[person] = nil
  }
}
