package import EventLog
import KeyStore
import LedgerCrypto
package import LedgerEvents

/// A keyed hash of a word, a beginning of one, or a whole text: 16 bytes of HMAC-SHA-256. The row's key is not to be long, and
/// nobody can have two texts made that share one without the key.
package typealias SearchTerm = PublicID

extension PersonalData {
  /// The term that objects with a word are found by, or with one that begins so.
  ///
  /// - Parameter word: one of ``SearchText/words(of:)``.
  /// - Throws: ``LogError/Code/keyUnavailable`` in a reader without the keys.
  package func term(ofWord word: String) throws(LogError) -> SearchTerm { try term("search word\0", word) }

  /// The term that objects are found by of which a whole text is known, such as a subject or an e-mail address.
  ///
  /// - Throws: ``LogError/Code/keyUnavailable`` in a reader without the keys.
  package func term(ofWhole text: String) throws(LogError) -> SearchTerm {
    try term("search whole\0", SearchText.whole(text))
  }

  /// The terms of words and whole texts, each once and in order.
  func terms(ofWords words: [String], wholes: [String] = []) throws(LogError) -> [SearchTerm] {
    var terms: [SearchTerm] = []
    for word in Set(words.flatMap { SearchText.beginnings(of: $0) }) { terms.append(try term(ofWord: word)) }
    for text in wholes { terms.append(try term(ofWhole: text)) }
    return Set(terms).sorted { ($0.high, $0.low) < ($1.high, $1.low) }
  }

  private func term(_ kind: String, _ text: String) throws(LogError) -> SearchTerm {
    let hash = try KeyStore.lookupHash(of: Array(kind.utf8) + text.utf8, key: lookup.secret).bytes
    func word(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
    return SearchTerm(high: word(hash[0..<8]), low: word(hash[8..<16]))
  }
}
