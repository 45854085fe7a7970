import LedgerCrypto
import LedgerEvents

extension DomainReader where Self: ~Copyable {
  /// A number that memberships and subscriptions carry is sealed under one key, ever: so erasing that one person erases
  /// it everywhere.
  /// - Throws: ``ErrorCode/conflict``.
  func requireSealed(_ sealed: Sealed, forNumber number: Digest) throws(DecisionFailure) {
    let known = try read(person(ofNumber: number))
    guard try !read(isErased(person: sealed.personBytes)), known == nil || known == sealed.personBytes else {
      throw .refused(
        .conflict, field: "number", expected: "a number sealed under the key that it has", remedy: "ask again")
    }
  }
}
