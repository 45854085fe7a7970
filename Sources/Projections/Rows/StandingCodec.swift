import LMDB
import LedgerCrypto
package import LedgerDomain
import LedgerEvents

/// How a ``Standing`` is written: what every validation reads, so fixed fields at fixed places, and those that most
/// rows lack only where a flag says so. Integers are little-endian.
///
/// | Size | Field |
/// | --- | --- |
/// | 1 | kind |
/// | 1 | flags: 1 stopped, 2 floor, 4 credential, 8 successor, 128 thumbprint; number of parents in the three bits between |
/// | 4 | scopes |
/// | 8 each | parents up to the last that is not 0 |
/// | 8 | if flagged: position of the event that stopped it |
/// | 8 | if flagged: floor |
/// | 40 | if flagged: digest, time of expiry |
/// | 16 | if flagged: handle of the successor, time until which this one is accepted |
/// | 32 | if flagged: thumbprint of the key that the token is bound to |
package enum StandingCodec: ValueCodec {
  private static let isStopped: UInt8 = 1
  private static let hasFloor: UInt8 = 2
  private static let hasCredential: UInt8 = 4
  private static let hasSuccessor: UInt8 = 8
  private static let isBound: UInt8 = 128

  private static func flags(of value: Standing) -> UInt8 {
    var flags = UInt8(parentCount(of: value)) << 4
    if value.stoppedBy != 0 { flags |= isStopped }
    if value.floor != 0 { flags |= hasFloor }
    if let credential = value.credential {
      flags |= hasCredential
      if credential.successor != 0 { flags |= hasSuccessor }
      if credential.keyThumbprint != nil { flags |= isBound }
    }
    return flags
  }

  private static func parentCount(of value: Standing) -> Int {
    var count = 4
    while count > 0, value.parents[count - 1] == 0 { count -= 1 }
    return count
  }

  private static func byteCount(flags: UInt8) -> Int {
    var count = 6 + 8 * Int(flags >> 4 & 7)
    if flags & isStopped != 0 { count += 8 }
    if flags & hasFloor != 0 { count += 8 }
    if flags & hasCredential != 0 { count += 40 }
    if flags & hasSuccessor != 0 { count += 16 }
    if flags & isBound != 0 { count += Digest.byteCount }
    return count
  }

  package static func byteCount(of value: Standing) -> Int { byteCount(flags: flags(of: value)) }

  package static func encode(_ value: Standing, into output: inout OutputRawSpan) {
    let flags = flags(of: value)
    output.append(value.kind.rawValue)
    output.append(flags)
    output.append(littleEndian: value.scopes.rawValue)
    for index in 0..<Int(flags >> 4 & 7) { output.append(littleEndian: value.parents[index]) }
    if flags & isStopped != 0 { output.append(littleEndian: value.stoppedBy) }
    if flags & hasFloor != 0 { output.append(littleEndian: value.floor) }
    guard let credential = value.credential else { return }
    unsafe credential.digest.withUnsafeBytes { unsafe output.append(RawSpan(_unsafeBytes: $0)) }
    output.append(littleEndian: credential.expiresAt.milliseconds)
    if credential.successor != 0 {
      output.append(littleEndian: credential.successor)
      output.append(littleEndian: credential.acceptedUntil.milliseconds)
    }
    guard let thumbprint = credential.keyThumbprint else { return }
    unsafe thumbprint.withUnsafeBytes { unsafe output.append(RawSpan(_unsafeBytes: $0)) }
  }

  package static func decode(_ bytes: RawSpan) -> Standing? {
    guard bytes.byteCount >= 6 else { return nil }
    let flags = bytes.load(littleEndian: UInt8.self, at: 1)
    let parentCount = Int(flags >> 4 & 7)
    guard parentCount <= 4, flags & isBound == 0 || flags & hasCredential != 0,
      bytes.byteCount == byteCount(flags: flags),
      let kind = SubjectKind(rawValue: bytes.load(littleEndian: UInt8.self))
    else { return nil }
    var value = Standing(kind, scopes: Scopes(rawValue: bytes.load(littleEndian: UInt32.self, at: 2)))
    var offset = 6
    func next() -> UInt64 {
      defer { offset += 8 }
      return bytes.load(littleEndian: UInt64.self, at: offset)
    }
    for index in 0..<parentCount { value.parents[index] = next() }
    if flags & isStopped != 0 { value.stoppedBy = next() }
    if flags & hasFloor != 0 { value.floor = next() }
    if flags & hasCredential != 0 {
      guard let digest = Digest(copying: bytes.extracting(offset..<offset + Digest.byteCount)) else { return nil }
      offset += Digest.byteCount
      var credential = Standing.Credential(
        digest: digest, expiresAt: Timestamp(milliseconds: Int64(bitPattern: next())))
      if flags & hasSuccessor != 0 {
        credential.successor = next()
        credential.acceptedUntil = Timestamp(milliseconds: Int64(bitPattern: next()))
      }
      if flags & isBound != 0 {
        credential.keyThumbprint = Digest(copying: bytes.extracting(offset..<offset + Digest.byteCount))
        guard credential.keyThumbprint != nil else { return nil }
      }
      value.credential = credential
    }
    return value
  }
}
