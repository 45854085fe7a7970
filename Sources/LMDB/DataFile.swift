import CLMDB
import Glibc

/// What an LMDB data file says of itself, read with plain reads before anything is mapped: a map over a file that is no
/// LMDB file, or a shortened one, could end the process.
///
/// The layout is that of liblmdb 0.9 on 64-bit machines: two meta pages, of which the one with the greater transaction
/// number counts.
struct DataFile {
  /// What is looked at of a meta page: header (16 bytes) and meta record (136 bytes).
  private static let metaByteCount = 152
  private static let magic: UInt32 = 0xBEEF_C0DE
  private static let formatVersion: UInt32 = 1
  private static let operation = "examine data.mdb"
  /// What the address space of a process can hold, in bytes.
  private static let mapLimit: UInt64 = 1 << 47

  /// Bytes in a page.
  let pageSize: UInt64
  /// The map's size when the file was written last, in bytes.
  let mapSize: UInt64
  /// Number of the last page ever taken into use.
  let lastPage: UInt64
  /// The tree of free pages, and that of the tables' names.
  let (free, main): (Tree, Tree)
  /// Number of the last committed transaction.
  let transaction: UInt64

  /// Where a tree begins, and how many pages lie on the way to a row.
  struct Tree: Equatable {
    /// `UInt64.max` where the tree is empty.
    let root: UInt64
    let depth: Int
    let flags: UInt16
    let rows: UInt64

    /// Reads LMDB's record of a tree (48 bytes).
    init(_ bytes: RawSpan, at offset: Int) {
      flags = bytes.number(UInt16.self, offset + 4)
      depth = Int(bytes.number(UInt16.self, offset + 6))
      rows = bytes.number(UInt64.self, offset + 32)
      root = bytes.number(UInt64.self, offset + 40)
    }

    static let byteCount = 48
  }

  /// Reads both meta pages. Nil for an empty file, which LMDB takes for a new environment.
  ///
  /// - Throws: `notAnEnvironment`, `newerFormat`, `corrupted` for an impossible page size, and the system's refusals.
  init?(_ file: borrowing Descriptor) throws(LMDBError) {
    guard let (first, second) = try Self.both(file) else { return nil }
    let isSecond = second.transaction > first.transaction
    self = isSecond ? second : first
    // LMDB takes this one whatever it says. Commits go to the two pages in turn. What else the older one says counts for
    // nothing: a power cut may have left it half written.
    let older = isSecond ? first.transaction : second.transaction
    guard isPossible, transaction - older <= 1, transaction & 1 == (isSecond ? 1 : 0) else {
      throw LMDBError(.corrupted, Self.operation, "its newest meta page is damaged; restore a backup")
    }
  }

  /// Whether LMDB can have written what the meta page says.
  private var isPossible: Bool {
    guard mapSize <= Self.mapLimit, lastPage >= 1, lastPage < Self.mapLimit / pageSize,
      free.flags == Page.integerKeyFlag, main.flags == 0
    else { return false }
    return [free, main].allSatisfy { tree in
      guard tree.root != .max else { return tree.depth == 0 && tree.rows == 0 }
      return tree.root >= 2 && tree.root <= lastPage && (1...Page.maximumDepth).contains(tree.depth)
    }
  }

  /// The same as of a commit; nil where its meta page was overwritten since, two commits later.
  init?(_ file: borrowing Descriptor, of transaction: UInt64) throws(LMDBError) {
    guard let (first, second) = try Self.both(file) else { return nil }
    guard let found = [first, second].first(where: { $0.transaction == transaction }) else { return nil }
    self = found
  }

  private static func both(_ file: borrowing Descriptor) throws(LMDBError) -> (DataFile, DataFile)? {
    guard let first = try meta(file, at: 0) else { return nil }
    guard let second = try meta(file, at: first.pageSize) else { throw foreign }
    return (first, second)
  }

  private init(_ bytes: RawSpan, pageSize: UInt64) {
    self.pageSize = pageSize
    mapSize = bytes.number(UInt64.self, 32)
    free = Tree(bytes, at: 40)
    main = Tree(bytes, at: 88)
    lastPage = bytes.number(UInt64.self, 136)
    transaction = bytes.number(UInt64.self, 144)
  }

  private static var foreign: LMDBError { LMDBError(status: MDB_INVALID, operation) }

  private static func meta(_ file: borrowing Descriptor, at offset: UInt64) throws(LMDBError) -> DataFile? {
    let page = try file.read(metaByteCount, at: offset, operation)
    if page.isEmpty && offset == 0 { return nil }
    let bytes = unsafe page.span.bytes
    guard bytes.byteCount == metaByteCount, bytes.number(UInt16.self, 10) & Page.metaFlag != 0,
      bytes.number(UInt32.self, 16) == magic
    else { throw foreign }
    guard bytes.number(UInt32.self, 20) == formatVersion else {
      throw LMDBError(status: MDB_VERSION_MISMATCH, operation)
    }
    let pageSize = UInt64(bytes.number(UInt32.self, 40))
    guard (256...65_536).contains(pageSize), pageSize & (pageSize - 1) == 0 else {
      throw LMDBError(status: MDB_CORRUPTED, operation)
    }
    return DataFile(bytes, pageSize: pageSize)
  }

  /// Checks that every page in use lies inside the file.
  ///
  /// A sound file may end before its last page: a page taken and given back within one transaction is never written. Such
  /// pages are all in the tree of free pages, which is read (by plain reads) only then.
  ///
  /// - Throws: `corrupted` for a file that was cut off.
  func checkLength(of file: borrowing Descriptor) throws(LMDBError) {
    let presentPages = UInt64(try file.status(Self.operation).st_size) / pageSize
    if presentPages > lastPage { return }
    var free = FreePages(pageSize: pageSize, presentPages: presentPages)
    guard lastPage < UInt64(Int64.max) / pageSize, self.free.root != .max,
      try free.visit(self.free.root, in: file, depth: 0), free.countOfAbsent == lastPage - presentPages + 1
    else {
      throw LMDBError(
        .corrupted, Self.operation,
        "the file was cut off, as a copy is that cp made of a ledger in use: copy by credledger backup, or restore one (page \(lastPage) of \(presentPages))"
      )
    }
  }
}

/// Numbers from LMDB's page header (16 bytes) and node header (8 bytes).
enum Page {
  static let branchFlag: UInt16 = 1
  static let leafFlag: UInt16 = 2
  static let overflowFlag: UInt16 = 4
  static let metaFlag: UInt16 = 8
  /// The flags by which kinds of pages are told apart, those of sorted duplicates included.
  static let kindMask: UInt16 = 0x6F
  static let headerByteCount = 16
  static let nodeHeaderByteCount = 8
  /// The node's data are on overflow pages, whose first number stands in their place.
  static let bigDataFlag: UInt16 = 1
  /// The node's data are the record of a tree.
  static let treeFlag: UInt16 = 2
  /// The tree's keys are numbers.
  static let integerKeyFlag: UInt16 = 8
  static let maximumDepth = 32
}

/// A walk over the tree of free pages that trusts nothing it reads.
private struct FreePages {
  private static let operation = "examine the free pages"
  let pageSize: UInt64
  /// Pages that lie wholly inside the file.
  let presentPages: UInt64
  /// Free pages beyond the end of the file.
  private(set) var countOfAbsent: UInt64 = 0

  init(pageSize: UInt64, presentPages: UInt64) {
    self.pageSize = pageSize
    self.presentPages = presentPages
  }

  /// Counts what is listed below page `number`; false if the tree is not sound.
  mutating func visit(_ number: UInt64, in file: borrowing Descriptor, depth: Int) throws(LMDBError) -> Bool {
    guard number < presentPages, depth < Page.maximumDepth else { return false }
    let page = try file.read(Int(pageSize), at: number * pageSize, Self.operation)
    let bytes = unsafe page.span.bytes
    let flags = bytes.number(UInt16.self, 10)
    let lower = Int(bytes.number(UInt16.self, 12))
    guard bytes.byteCount == Int(pageSize), lower >= Page.headerByteCount, lower <= bytes.byteCount else {
      return false
    }
    for pointer in stride(from: Page.headerByteCount, to: lower, by: 2) {
      let node = Int(bytes.number(UInt16.self, pointer))
      guard node + Page.nodeHeaderByteCount <= bytes.byteCount else { return false }
      let low = UInt64(bytes.number(UInt32.self, node))
      let nodeFlags = bytes.number(UInt16.self, node + 4)
      if flags & Page.branchFlag != 0 {
        guard try visit(low | UInt64(nodeFlags) << 32, in: file, depth: depth + 1) else { return false }
      } else if flags & Page.leafFlag != 0 {
        let data = node + Page.nodeHeaderByteCount + Int(bytes.number(UInt16.self, node + 6))
        let count = nodeFlags & Page.bigDataFlag != 0 ? 8 : Int(low)
        guard data + count <= bytes.byteCount else { return false }
        let isSound =
          nodeFlags & Page.bigDataFlag != 0
          ? try countOverflow(bytes.number(UInt64.self, data), Int(low), in: file)
          : countList(bytes.extracting(data..<data + count))
        guard isSound else { return false }
      } else {
        return false
      }
    }
    return true
  }

  private mutating func countOverflow(
    _ number: UInt64, _ byteCount: Int, in file: borrowing Descriptor
  ) throws(LMDBError) -> Bool {
    let end = (UInt64(byteCount) + UInt64(Page.headerByteCount) + pageSize - 1) / pageSize
    guard number < presentPages, end <= presentPages - number else { return false }
    let list = try file.read(byteCount, at: number * pageSize + UInt64(Page.headerByteCount), Self.operation)
    return unsafe list.count == byteCount && countList(list.span.bytes)
  }

  /// A list is its length and then so many page numbers, 8 bytes each.
  private mutating func countList(_ list: RawSpan) -> Bool {
    guard list.byteCount >= 8 else { return false }
    let count = list.number(UInt64.self, 0)
    guard count <= UInt64(list.byteCount / 8 - 1) else { return false }
    for index in 0..<Int(count) where list.number(UInt64.self, 8 + 8 * index) >= presentPages { countOfAbsent += 1 }
    return true
  }
}

extension RawSpan {
  /// A number in the machine's own order, as LMDB writes them; 0 outside the bounds.
  func number<Integer: FixedWidthInteger & BitwiseCopyable>(_: Integer.Type, _ offset: Int) -> Integer {
    guard offset >= 0, offset + MemoryLayout<Integer>.size <= byteCount else { return 0 }
    return unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: Integer.self)
  }
}
