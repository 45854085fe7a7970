import Glibc
import Testing

@testable import LedgerCrypto

@Suite("The memory of secrets")
struct SecretMemoryTests {
  private struct Unreadable: Error {}

  /// What the kernel says of the mapping that holds an address: its flags.
  private func flags(at address: UInt) throws -> Set<String> {
    guard let file = unsafe fopen("/proc/self/smaps", "r") else { throw Unreadable() }
    defer { unsafe fclose(file) }
    var line = [CChar](repeating: 0, count: 1_024)
    var isInside = false
    while unsafe fgets(&line, 1_024, file) != nil {
      let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      let bounds = text.prefix { $0 != " " }.split(separator: "-").map { UInt($0, radix: 16) }
      if bounds.count == 2, let lower = bounds[0], let upper = bounds[1] {
        isInside = (lower..<upper).contains(address)
      } else if isInside, text.hasPrefix("VmFlags:") {
        return Set(text.split { $0 == " " || $0 == "\n" }.dropFirst().map(String.init))
      }
    }
    return []
  }

  private func fill(_ block: SecretMemory.Block) {
    if let start = unsafe block.start { unsafe memset(start, 0xAA, block.capacity) }
  }

  private func address(of secret: Secret) -> UInt {
    unsafe secret.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) }
  }

  @Test("Core dumps leave every secret out, whatever its size, and it is locked unless the system refuses")
  func kernel() throws {
    let secrets = [0, 1, 32, 33, 2_048, 2_049, 4_096, 100_000].map { Secret(copying: [UInt8](repeating: 7, count: $0)) }
    for secret in secrets {
      let flags = try flags(at: address(of: secret))
      #expect(flags.contains("dd"), "\(secret.count) bytes: \(flags)")
      if SecretMemory.status.unlockedByteCount == 0 { #expect(flags.contains("lo"), "\(secret.count) bytes: \(flags)") }
      unsafe secret.withUnsafeBytes { bytes in
        #expect(unsafe bytes.allSatisfy { $0 == 7 } && bytes.count == secret.count)
      }
    }
    #expect(SecretMemory.status.lockedByteCount + SecretMemory.status.unlockedByteCount > 0)
    // Other memory is neither: so the flags tell something.
    let others = [UInt8](repeating: 7, count: 100_000)
    let place = unsafe others.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) }
    #expect(try flags(at: place).isDisjoint(with: ["dd", "lo"]))
  }

  /// Of pages that small secrets share, in bytes.
  private let region = 4 * max(sysconf(Int32(_SC_PAGESIZE)), 4_096)

  @Test("Small secrets share pages; what is released is zeros, and is used again")
  func sharing() throws {
    let pool = SecretMemory()
    let blocks = (0..<(region / 32)).map { _ in pool.allocate(32) }
    let status = pool.status
    #expect(status.lockedByteCount + status.unlockedByteCount == region)
    let starts = blocks.map { unsafe UInt(bitPattern: $0.start) }
    #expect(Set(starts).count == region / 32 && starts.allSatisfy { $0.isMultiple(of: 16) })
    for block in blocks { fill(block) }
    for block in blocks { pool.release(block) }
    for block in blocks {
      let bytes = unsafe UnsafeRawBufferPointer(start: block.start, count: block.capacity)
      #expect(unsafe bytes.allSatisfy { $0 == 0 })
    }
    let again = (0..<(region / 32)).map { _ in pool.allocate(20) }
    #expect(Set(again.map { unsafe UInt(bitPattern: $0.start) }) == Set(starts))
    #expect(pool.status == status)
    // What is large has pages of its own, and gives them back.
    let large = pool.allocate(100_000)
    #expect(large.capacity >= 100_000 && pool.status != status)
    pool.release(large)
    #expect(pool.status == status)
  }

  @Test("Where the system locks no memory, secrets are kept all the same, and counted")
  func refused() {
    let pool = SecretMemory(lock: { _, _ in false })
    let block = pool.allocate(64)
    #expect(pool.status.lockedByteCount == 0 && pool.status.unlockedByteCount == region)
    fill(block)
    pool.release(block)
    let large = pool.allocate(region + 1)
    #expect(pool.status.unlockedByteCount == region + large.capacity && large.capacity > region)
    pool.release(large)
    #expect(pool.status.unlockedByteCount == region)
  }
}
