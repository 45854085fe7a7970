/// The bytes that several texts make together, and no others: each comes after its length, so that where one ends is no
/// matter of what is in it.
enum FramedTexts {
  static func bytes(_ texts: [UInt8]...) -> [UInt8] {
    texts.reduce(into: []) { bytes, text in
      for shift in stride(from: 0, to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: text.count >> shift)) }
      bytes += text
    }
  }
}
