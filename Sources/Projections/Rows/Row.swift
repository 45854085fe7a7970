import EventLog
import KeyStore
import LMDB
import LedgerCrypto
import LedgerEvents

/// A value that is kept in a row: written field by field, in a fixed order, and read back the same way.
protocol Row: ReadableRow {
  func encode(to writer: inout RowWriter)
}

/// What is read of a row: all of it, or what a list takes of many.
protocol ReadableRow {
  init?(from reader: inout RowReader)
}

/// Writes fields one after the other.
struct RowWriter {
  private(set) var bytes: [UInt8] = []

  mutating func byte(_ value: UInt8) { bytes.append(value) }

  mutating func flag(_ value: Bool) { bytes.append(value ? 1 : 0) }

  /// An unsigned LEB128 integer.
  mutating func number(_ value: UInt64) { bytes.append(varint: value) }

  mutating func position(_ position: Position) { number(position.rawValue) }

  mutating func id<Kind>(_ id: ObjectID<Kind>?) { number(id?.rawValue ?? 0) }

  mutating func time(_ time: Timestamp) { number(UInt64(bitPattern: time.milliseconds)) }

  mutating func data(_ value: some Collection<UInt8>) {
    number(UInt64(value.count))
    bytes.append(contentsOf: value)
  }

  mutating func text(_ value: String) { data(value.utf8) }

  mutating func digest(_ value: Digest) { value.append(to: &bytes) }

  mutating func publicID(_ value: PublicID) { bytes += value.bytes }

  mutating func sealed(_ value: Sealed) {
    data(value.person)
    data(value.box)
  }

  /// A flag, and the value if there is one.
  mutating func optional<Value>(_ value: Value?, _ write: (inout RowWriter, Value) -> Void) {
    flag(value != nil)
    if let value { write(&self, value) }
  }
}

/// Reads what ``RowWriter`` wrote. After a failure every further read fails.
struct RowReader {
  private var reader: ByteReader

  init(_ reader: ByteReader) { self.reader = reader }

  /// Whether everything was read.
  var isAtEnd: Bool { reader.isAtEnd }

  mutating func byte() -> UInt8? { reader.byte() }

  mutating func flag() -> Bool? {
    guard let byte = reader.byte(), byte <= 1 else { return nil }
    return byte == 1
  }

  mutating func number() -> UInt64? { reader.varint() }

  mutating func position() -> Position? { number().map { Position($0) } }

  /// An ID that must be there.
  mutating func id<Kind>(_: ObjectID<Kind>.Type) -> ObjectID<Kind>? { number().flatMap { ObjectID(unlessZero: $0) } }

  /// An ID that may be missing; nil only where nothing could be read.
  mutating func optionalID<Kind>(_: ObjectID<Kind>.Type) -> ObjectID<Kind>?? {
    guard let number = number() else { return nil }
    return .some(ObjectID(unlessZero: number))
  }

  mutating func time() -> Timestamp? { number().map { Timestamp(milliseconds: Int64(bitPattern: $0)) } }

  mutating func data() -> [UInt8]? {
    guard let count = number(), count <= 1 << 20 else { return nil }
    return reader.copy(Int(count))
  }

  mutating func text() -> String? { data().map { String(decoding: $0, as: UTF8.self) } }

  mutating func digest() -> Digest? { unsafe reader.withNext(Digest.byteCount) { unsafe Digest(copying: $0) } ?? nil }

  mutating func publicID() -> PublicID? { unsafe reader.withNext(16) { unsafe PublicID(bytes: $0) } ?? nil }

  mutating func sealed() -> Sealed? {
    guard let person = data(), let box = data() else { return nil }
    return Sealed(person: person, box: box)
  }

  /// The name of a person's key, as ``sealed()`` has it.
  mutating func person() -> PersonID? {
    guard number() == UInt64(PersonID.byteCount) else { return nil }
    return unsafe reader.withNext(PersonID.byteCount) { unsafe PersonID(copying: $0) } ?? nil
  }

  /// What ``sealed()`` reads, in the form in which it is opened.
  mutating func sealedValue() -> SealedValue? {
    guard let person = person(), let box = data() else { return nil }
    return SealedValue(person: person, box: box)
  }

  /// Passes over what ``data()`` reads; false where there is none.
  mutating func skipData() -> Bool {
    guard let count = number(), count <= 1 << 20 else { return false }
    return reader.skip(Int(count)) != nil
  }

  /// Passes over what ``sealed()`` reads where there may be none; false where nothing could be read.
  mutating func skipOptionalSealed() -> Bool {
    guard let isThere = flag() else { return false }
    guard isThere else { return true }
    guard skipData() else { return false }
    return skipData()
  }

  /// A value that may be missing; nil only where nothing could be read.
  mutating func optional<Value>(_ read: (inout RowReader) -> Value?) -> Value?? {
    guard let isThere = flag() else { return nil }
    guard isThere else { return .some(nil) }
    guard let value = read(&self) else { return nil }
    return .some(value)
  }
}

extension Row {
  /// The bytes of the row.
  var encoded: [UInt8] {
    var writer = RowWriter()
    encode(to: &writer)
    return writer.bytes
  }
}

extension ReadableRow {
  /// Reads a row that must be whole.
  init?(decoding bytes: RawSpan) {
    let row = unsafe bytes.withUnsafeBytes { bytes -> Self? in
      var reader = unsafe RowReader(ByteReader(bytes))
      guard let row = Self(from: &reader), reader.isAtEnd else { return nil }
      return row
    }
    guard let row else { return nil }
    self = row
  }
}

/// A number on its own, for rows that lead to an object.
extension UInt64: Row {
  func encode(to writer: inout RowWriter) { writer.number(self) }

  init?(from reader: inout RowReader) {
    guard let number = reader.number() else { return nil }
    self = number
  }
}

/// Nothing, for rows whose key says it all.
struct EmptyRow: Row {
  init() {}
  func encode(to writer: inout RowWriter) {}
  init?(from reader: inout RowReader) {}
}
