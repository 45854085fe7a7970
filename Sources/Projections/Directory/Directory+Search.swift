import EventLog
import LMDB
import LedgerCrypto
import LedgerDomain
import LedgerEvents

// The index by which objects are found by their names, and people by what is known of them. Telephone numbers and
// identities have rows of their own.
extension Directory {
  /// Has an account found by what is known of its person: by words of the name and of the e-mail address before the `@`, and by
  /// the subject and the address as a whole. By nothing once the person is erased.
  func index(
    _ account: Account, at position: PositionNumber, _ transaction: inout WriteTransaction
  ) throws(LogError) {
    guard let subject = try personalData.open(account.subject, .accountSubject, at: position) else { return }
    var wholes = [String(decoding: subject, as: UTF8.self)]
    var words: [String] = []
    if let sealed = account.name, let name = try personalData.open(sealed, .accountName, at: position) {
      words += SearchText.words(of: String(decoding: name, as: UTF8.self))
    }
    if let sealed = account.email, let opened = try personalData.open(sealed, .accountEmail, at: position) {
      let email = String(decoding: opened, as: UTF8.self)
      wholes.append(email)
      words += SearchText.words(of: email.prefix { $0 != "@" })
    }
    try index(
      .account, account.id.rawValue, under: try personalData.terms(ofWords: words, wholes: wholes), &transaction)
  }

  /// Has an object found by the words of its name, and by no earlier name any more.
  func index(
    _ kind: SubjectKind, _ number: UInt64, named name: String, _ transaction: inout WriteTransaction
  ) throws(LogError) {
    // A state of the past that a reader without the keys makes has no hashes.
    guard !personalData.isSealed else { return }
    try index(kind, number, under: try personalData.terms(ofWords: SearchText.words(of: name)), &transaction)
  }

  /// Has an object found by these terms and by no other.
  func index(
    _ kind: SubjectKind, _ number: UInt64, under terms: [SearchTerm], _ transaction: inout WriteTransaction
  ) throws(LogError) {
    let list = DirectoryKey.number(.termsOfObject, number)
    let known = try row(SearchTermsRow.self, at: list, in: transaction)?.terms ?? []
    guard known != terms else { return }
    for term in Set(known).subtracting(terms) { try remove(.person(.searchTerm, term, number), in: &transaction) }
    for term in Set(terms).subtracting(known) {
      try put(UInt64(kind.rawValue), at: .person(.searchTerm, term, number), in: &transaction)
    }
    if terms.isEmpty {
      try remove(list, in: &transaction)
    } else {
      try put(SearchTermsRow(terms), at: list, in: &transaction)
    }
  }
}

/// The terms that an object is found by, in order: so that they go when it is called otherwise, or its person is erased.
struct SearchTermsRow: Row {
  let terms: [SearchTerm]

  init(_ terms: [SearchTerm]) { self.terms = terms }

  func encode(to writer: inout RowWriter) {
    writer.number(UInt64(terms.count))
    for term in terms { writer.publicID(term) }
  }

  init?(from reader: inout RowReader) {
    // Three texts of 400 bytes have no more.
    guard let count = reader.number(), count <= 8_192 else { return nil }
    var terms: [SearchTerm] = []
    for _ in 0..<count {
      guard let term = reader.publicID() else { return nil }
      terms.append(term)
    }
    self.terms = terms
  }
}
