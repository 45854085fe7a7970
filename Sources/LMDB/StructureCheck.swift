import Glibc

extension Environment {
  /// Examines every page that the newest commit uses, by plain reads: for whatever goes through all of them as fast as it
  /// can and believes what they say. Costs a read of the file.
  ///
  /// - Throws: `corrupted` where a page is not what it must be.
  func checkStructure() throws(LMDBError) {
    let file = try Descriptor(opening: core.folder.dataPath, O_RDONLY, StructureCheck.operation)
    var attempts = 100
    while attempts > 0 {
      // Keeps its pages from being reused.
      let snapshot = try beginRead()
      attempts -= 1
      guard let data = try DataFile(file, of: snapshot.number) else { continue }
      var check = StructureCheck(data)
      return try check.run(on: file)
    }
  }
}

/// A walk over all trees of a commit that trusts nothing it reads.
struct StructureCheck {
  static let operation = "examine the pages"

  private let data: DataFile
  /// How many pages may be met still: each is met once.
  private var left: UInt64

  init(_ data: DataFile) {
    self.data = data
    left = data.lastPage
  }

  mutating func run(on file: borrowing Descriptor) throws(LMDBError) {
    guard data.lastPage < UInt64(Int64.max) / data.pageSize - 1 << 32 else { throw Self.damage(data.lastPage) }
    try visit(data.free, hasTables: false, in: file)
    try visit(data.main, hasTables: true, in: file)
  }

  private static func damage(_ number: UInt64) -> LMDBError {
    LMDBError(.corrupted, operation, "page \(number) of the file is damaged; verify it, and restore a backup")
  }

  private mutating func visit(
    _ tree: DataFile.Tree, hasTables: Bool, in file: borrowing Descriptor
  ) throws(LMDBError) {
    guard tree.root != .max else { return }
    guard (1...Page.maximumDepth).contains(tree.depth) else { throw Self.damage(tree.root) }
    try visit(tree.root, depth: tree.depth, hasTables: hasTables, in: file)
  }

  private mutating func count(_ number: UInt64, _ pages: UInt64) throws(LMDBError) {
    guard number >= 2, pages > 0, number <= data.lastPage, pages - 1 <= data.lastPage - number, pages <= left else {
      throw Self.damage(number)
    }
    left -= pages
  }

  /// Examines a page and what lies below it.
  ///
  /// - Parameter depth: how many pages lie on the way to a row, this one included: 1 is a leaf.
  private mutating func visit(
    _ number: UInt64, depth: Int, hasTables: Bool, in file: borrowing Descriptor
  ) throws(LMDBError) {
    try count(number, 1)
    let size = Int(data.pageSize)
    let page = try file.read(size, at: number * data.pageSize, Self.operation)
    let bytes = unsafe page.span.bytes
    let (lower, upper) = (Int(bytes.number(UInt16.self, 12)), Int(bytes.number(UInt16.self, 14)))
    let kind = depth > 1 ? Page.branchFlag : Page.leafFlag
    guard page.count == size, bytes.number(UInt64.self, 0) == number,
      bytes.number(UInt16.self, 10) & Page.kindMask == kind,
      lower >= Page.headerByteCount, lower.isMultiple(of: 2), lower <= upper, upper <= size
    else { throw Self.damage(number) }
    for pointer in stride(from: Page.headerByteCount, to: lower, by: 2) {
      let node = Int(bytes.number(UInt16.self, pointer))
      guard node >= upper, node + Page.nodeHeaderByteCount <= size else { throw Self.damage(number) }
      let low = UInt64(bytes.number(UInt32.self, node))
      let flags = bytes.number(UInt16.self, node + 4)
      let value = node + Page.nodeHeaderByteCount + Int(bytes.number(UInt16.self, node + 6))
      guard value <= size else { throw Self.damage(number) }
      if depth > 1 {
        try visit(low | UInt64(flags) << 32, depth: depth - 1, hasTables: hasTables, in: file)
      } else {
        let byteCount = flags & Page.bigDataFlag != 0 ? 8 : Int(low)
        guard value + byteCount <= size else { throw Self.damage(number) }
        switch flags {
        case 0: break
        case Page.bigDataFlag: try visitOverflow(bytes.number(UInt64.self, value), Int(low), in: file)
        case Page.treeFlag where hasTables && byteCount == DataFile.Tree.byteCount:
          try visit(DataFile.Tree(bytes, at: value), hasTables: false, in: file)
        default: throw Self.damage(number)
        }
      }
    }
  }

  /// Examines the pages of a value that lies outside its leaf.
  private mutating func visitOverflow(
    _ number: UInt64, _ byteCount: Int, in file: borrowing Descriptor
  ) throws(LMDBError) {
    guard number >= 2, number <= data.lastPage else { throw Self.damage(number) }
    let header = try file.read(Page.headerByteCount, at: number * data.pageSize, Self.operation)
    let bytes = unsafe header.span.bytes
    let pages = UInt64(bytes.number(UInt32.self, 12))
    guard header.count == Page.headerByteCount, bytes.number(UInt64.self, 0) == number,
      bytes.number(UInt16.self, 10) & Page.kindMask == Page.overflowFlag,
      UInt64(byteCount) + UInt64(Page.headerByteCount) <= pages * data.pageSize
    else { throw Self.damage(number) }
    try count(number, pages)
    guard UInt64(try file.status(Self.operation).st_size) >= (number + pages) * data.pageSize else {
      throw Self.damage(number)
    }
  }
}
