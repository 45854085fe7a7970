import LedgerCrypto
import LedgerEvents

/// A bundle's file: JSON (RFC 8259) of one form, so that there is one text for each bundle and no byte of it can change
/// unnoticed. `Schemas/files/evidence.schema.json` describes it; `jq .` leaves it as it is.
///
/// The form is: the members in the order below, two spaces of indentation, UTF-8, in texts only what must be escaped, and
/// a line end. Records and hashes are in base64 (RFC 4648, section 4).
///
/// ```json
/// {
///   "format": "credledger-evidence",
///   "version": 1,
///   "checkpoint": "ledger.example.org\n27\n…",
///   "keys": [
///     "ledger.example.org+1f2e3d4c+…"
///   ],
///   "records": [
///     {
///       "position": 13,
///       "record": "AQE…",
///       "inclusion": [
///         "…"
///       ]
///     }
///   ]
/// }
/// ```
extension EvidenceBundle {
  static let format = "credledger-evidence"
  /// How every bundle's file begins.
  package static let beginning = Array("{\n  \"format\": \"\(format)\",\n".utf8)
  /// How many keys can have signed one checkpoint, which is as many as a note has signatures.
  static let maximumKeyCount = 100
  /// How many hashes lead from a leaf to the root of the largest tree.
  static let maximumHashCount = 64

  /// The bundle as a file.
  public var encoded: [UInt8] {
    var writer = EvidenceWriter()
    writer.write("{\n  \"format\": ")
    writer.write(quoted: Self.format)
    writer.write(",\n  \"version\": \(Self.version),\n  \"checkpoint\": ")
    writer.write(quoted: checkpoint)
    writer.write(",\n  \"keys\": ")
    writer.list(keys, indentation: "    ", end: "  ") { $0.write(quoted: $1) }
    writer.write(",\n  \"records\": ")
    writer.list(entries, indentation: "    ", end: "  ") { writer, entry in
      writer.write("{\n      \"position\": \(entry.position),\n      \"record\": \"")
      writer.write(Base64.encode(entry.record))
      writer.write("\",\n      \"inclusion\": ")
      writer.list(entry.hashes, indentation: "        ", end: "      ") {
        $0.write("\"\(Base64.encode($1.bytes))\"")
      }
      writer.write("\n    }")
    }
    writer.write("\n}\n")
    return writer.bytes
  }

  /// Reads a bundle's file. Its form is checked, and nothing else.
  ///
  /// - Throws: `invalid_evidence` unless the bytes are exactly what ``encoded`` gives for some bundle within the limits:
  ///   10,000 records of 65,535 bytes, each with 64 hashes. Says at which byte they are not.
  public init(decoding file: [UInt8]) throws(LedgerError) {
    var reader = EvidenceReader(file)
    try reader.take("{\n  \"format\": \"\(Self.format)\",\n  \"version\": ", or: "the format \(Self.format)")
    let version = try reader.number()
    guard version == Self.version else {
      throw LedgerError(
        .invalidEvidence, "the evidence has version \(version), and this program reads \(Self.version); upgrade it")
    }
    try reader.take(",\n  \"checkpoint\": ")
    checkpoint = try reader.text()
    try reader.take(",\n  \"keys\": ")
    keys = try reader.list(limit: Self.maximumKeyCount, indentation: "    ", end: "  ") {
      (reader) throws(LedgerError) in try reader.text()
    }
    try reader.take(",\n  \"records\": ")
    entries = try reader.list(limit: Self.maximumRecordCount, indentation: "    ", end: "  ") {
      (reader) throws(LedgerError) in try Entry(from: &reader)
    }
    try reader.take("\n}\n")
    try reader.end()
  }
}

extension EvidenceBundle.Entry {
  fileprivate init(from reader: inout EvidenceReader) throws(LedgerError) {
    try reader.take("{\n      \"position\": ")
    position = Position(try reader.number())
    try reader.take(",\n      \"record\": ")
    record = try reader.base64(atMost: 65_535)
    try reader.take(",\n      \"inclusion\": ")
    hashes = try reader.list(limit: EvidenceBundle.maximumHashCount, indentation: "        ", end: "      ") {
      (reader) throws(LedgerError) in try reader.digest()
    }
    try reader.take("\n    }")
  }
}

/// Puts the text together.
private struct EvidenceWriter {
  private(set) var bytes: [UInt8] = []

  mutating func write(_ text: String) { bytes.append(contentsOf: text.utf8) }

  mutating func write(quoted text: String) {
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""): write("\\\"")
      case UInt8(ascii: "\\"): write("\\\\")
      case UInt8(ascii: "\n"): write("\\n")
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  mutating func list<Item>(
    _ items: [Item], indentation: String, end: String, _ write: (inout Self, Item) -> Void
  ) {
    guard !items.isEmpty else { return self.write("[]") }
    for (index, item) in items.enumerated() {
      self.write(index == 0 ? "[\n" : ",\n")
      self.write(indentation)
      write(&self, item)
    }
    self.write("\n\(end)]")
  }
}
