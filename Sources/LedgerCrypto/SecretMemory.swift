import COpenSSL
import Glibc
import Synchronization

/// Memory for secrets: pages that are kept from core dumps and, as far as the system allows, from the swap device. Many small
/// secrets share a page.
///
/// Pages are mapped as they are needed and kept for the life of the process. A process may lock as much memory as
/// `RLIMIT_MEMLOCK` says; what is beyond is used without being locked, and counted in ``status``.
package final class SecretMemory: Sendable {
  /// How much memory there is for secrets, in bytes.
  package struct Status: Sendable, Equatable {
    /// What stays in memory.
    package fileprivate(set) var lockedByteCount = 0
    /// What may come to the swap device, as `RLIMIT_MEMLOCK` was reached.
    package fileprivate(set) var unlockedByteCount = 0
  }

  /// A piece of memory, of at least as many bytes as were asked for.
  struct Block: Sendable {
    /// Its first byte, aligned to 16 bytes.
    fileprivate let address: UInt
    let capacity: Int
    fileprivate let origin: Origin

    @unsafe var start: UnsafeMutableRawPointer? { unsafe UnsafeMutableRawPointer(bitPattern: address) }
  }

  fileprivate enum Origin {
    case page
    /// Pages of its own, for what is larger than half a page.
    case mapping(isLocked: Bool)
    /// Memory like any other, where no page could be had.
    case heap
  }

  /// The pool of the process.
  static let shared = SecretMemory()

  /// How the memory of this process's secrets is kept.
  package static var status: Status { shared.state.withLock { $0.status } }

  private struct State {
    /// By size class.
    var free: [[UInt]]
    var status = Status()
  }

  private static let smallest = 32
  private static let pageCount = 4
  private let pageSize: Int
  private let lock: @Sendable (UInt, Int) -> Bool
  private let state: Mutex<State>

  /// - Parameter lock: keeps pages from the swap device; false where the system refuses.
  init(
    lock: @escaping @Sendable (_ address: UInt, _ byteCount: Int) -> Bool = { address, count in
      unsafe UnsafeRawPointer(bitPattern: address).map { unsafe mlock($0, count) == 0 } ?? false
    }
  ) {
    pageSize = max(sysconf(Int32(_SC_PAGESIZE)), 4_096)
    self.lock = lock
    state = Mutex(State(free: Array(repeating: [], count: Self.classIndex(pageSize / 2) + 1)))
  }

  /// How the memory of this pool is kept.
  var status: Status { state.withLock { $0.status } }

  /// Takes a piece of memory, all zeros.
  func allocate(_ count: Int) -> Block {
    guard count <= pageSize / 2 else { return allocatePages(count) }
    let index = Self.classIndex(count)
    let capacity = Self.smallest << index
    let address = state.withLock { state -> UInt? in
      if let address = state.free[index].popLast() { return address }
      let size = pageSize * Self.pageCount
      guard let (first, _) = map(size, &state.status) else { return nil }
      // The lowest addresses are taken first.
      state.free[index] = stride(from: size - capacity, through: capacity, by: -capacity).map { first + UInt($0) }
      return first
    }
    guard let address else { return Self.allocateOnHeap(count) }
    return Block(address: address, capacity: capacity, origin: .page)
  }

  /// Overwrites a piece of memory with zeros, and takes it back.
  func release(_ block: Block) {
    unsafe OPENSSL_cleanse(block.start, block.capacity)
    switch block.origin {
    case .page: state.withLock { $0.free[Self.classIndex(block.capacity)].append(block.address) }
    case .heap: unsafe block.start?.deallocate()
    case .mapping(let isLocked):
      state.withLock { state in
        if isLocked { state.status.lockedByteCount -= block.capacity }
        if !isLocked { state.status.unlockedByteCount -= block.capacity }
      }
      unsafe munmap(block.start, block.capacity)
    }
  }

  private func allocatePages(_ count: Int) -> Block {
    let size = (count + pageSize - 1) / pageSize * pageSize
    guard let (address, isLocked) = state.withLock({ map(size, &$0.status) }) else { return Self.allocateOnHeap(count) }
    return Block(address: address, capacity: size, origin: .mapping(isLocked: isLocked))
  }

  private static func allocateOnHeap(_ count: Int) -> Block {
    let capacity = max(count, smallest)
    let start = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
    unsafe start.initializeMemory(as: UInt8.self, repeating: 0, count: capacity)
    return Block(address: UInt(bitPattern: start), capacity: capacity, origin: .heap)
  }

  /// Maps pages that core dumps leave out, locked where that can be; nil where there are none.
  private func map(_ size: Int, _ status: inout Status) -> (address: UInt, isLocked: Bool)? {
    let mapped = unsafe mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    // MAP_FAILED is all ones.
    guard let start = unsafe mapped, UInt(bitPattern: start) != .max else { return nil }
    unsafe madvise(start, size, MADV_DONTDUMP)
    let address = UInt(bitPattern: start)
    let isLocked = lock(address, size)
    if isLocked { status.lockedByteCount += size } else { status.unlockedByteCount += size }
    return (address, isLocked)
  }

  /// Sizes double from one class to the next.
  private static func classIndex(_ count: Int) -> Int {
    count <= smallest ? 0 : (Int.bitWidth - (count - 1).leadingZeroBitCount) - smallest.trailingZeroBitCount
  }
}
