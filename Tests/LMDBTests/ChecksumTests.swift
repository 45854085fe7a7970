import Testing

@testable import LMDB

@Suite("XXH64")
struct ChecksumTests {
  private static let prime32: UInt64 = 2_654_435_761

  /// The buffer of xxHash's own self-test.
  private static let buffer: [UInt8] = {
    var state = prime32
    return (0..<2_367).map { _ in
      defer { state &*= 11_400_714_785_074_694_797 }
      return UInt8(state >> 56)
    }
  }()

  @Test(
    "agrees with the published vectors",
    arguments: [
      (0, 0, 0xEF46_DB37_51D8_E999), (0, prime32, 0xAC75_FDA2_929B_17EF), (1, 0, 0xE934_A84A_DB05_2768),
      (1, prime32, 0x5014_6076_43A9_B4C3), (4, 0, 0x9136_A0DC_A574_57EE), (14, 0, 0x8282_DCC4_994E_35C8),
      (14, prime32, 0xC3BD_6BF6_3DEB_6DF0), (222, 0, 0xB641_AE8C_B691_C174), (222, prime32, 0x20CB_8AB7_AE10_C14A),
    ] as [(Int, UInt64, UInt64)])
  func knownAnswers(_ count: Int, _ seed: UInt64, _ expected: UInt64) {
    #expect(hash([Self.buffer[..<count]], seed) == expected)
  }

  @Test(
    "agrees with the vectors of the specification's texts",
    arguments: [
      ("a", 0xD24E_C4F1_A98C_6E5B), ("abc", 0x44BC_2CF5_AD77_0999),
      ("Nobody inspects the spammish repetition", 0xFBCE_A83C_8A37_8BF1),
    ] as [(String, UInt64)])
  func texts(_ text: String, _ expected: UInt64) {
    #expect(hash([Array(text.utf8)[...]], 0) == expected)
  }

  @Test("is the same however the bytes are cut")
  func pieces() {
    for count in 0...130 {
      let whole = hash([Self.buffer[..<count]], 7)
      for cut in 0...count {
        #expect(hash([Self.buffer[..<cut], Self.buffer[cut..<count]], 7) == whole, "\(count) bytes cut at \(cut)")
      }
    }
  }

  private func hash(_ pieces: [ArraySlice<UInt8>], _ seed: UInt64) -> UInt64 {
    var state = XXH64(seed: seed)
    for piece in pieces { unsafe piece.withUnsafeBytes { unsafe state.update($0) } }
    return state.finish()
  }
}
