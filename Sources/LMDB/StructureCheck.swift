import Glibc

extension Environment {
  /// Examines every page that the newest commit uses, by plain reads: for whatever goes through many of them and believes
  /// what they say, as LMDB does.
  ///
  /// Each page is of the kind that its place wants. Keys are in order and within the bounds that the branches above set, so
  /// a look-up from the root finds every row. A table has as many rows as its record says. No page is used twice, or used
  /// and free. What a row holds is not looked at: see ``checkRows(checks:progress:)``.
  ///
  /// Blocks, for as long as it takes to read the file.
  ///
  /// - Parameter tables: the names of the tables to examine; nil examines all, and the list of free pages.
  /// - Throws: `corrupted` where a page is not what it must be.
  @available(*, noasync)
  package func checkStructure(of tables: Set<String>? = nil) throws(LMDBError) {
    let file = try Descriptor.open(core.folder.dataPath, O_RDONLY, StructureCheck.operation)
    var attempts = 100
    while attempts > 0 {
      // Keeps its pages from being reused.
      let snapshot = try beginRead()
      attempts -= 1
      guard let data = try DataFile(file, of: snapshot.number) else { continue }
      var check = try StructureCheck(data, of: file, tables)
      return try check.run(on: file)
    }
  }
}

/// A walk over the trees of a commit that trusts nothing it reads.
struct StructureCheck {
  static let operation = "examine the pages"

  /// What the leaves of a tree hold.
  private enum Content {
    /// Lists of free pages.
    case freePages
    /// The records of tables.
    case tables
    case rows
  }

  /// A tree, while it is walked.
  private struct Walk {
    let content: Content
    let keys: KeyOrder
    var rows: UInt64 = 0
  }

  /// Between which keys those of a page must lie; nil for no bound.
  private struct Bounds {
    /// Included.
    var lower: ArraySlice<UInt8>?
    /// Not included.
    var upper: ArraySlice<UInt8>?
  }

  private let data: DataFile
  private let tables: Set<String>?
  private var used: PageSet
  private var free: PageSet

  init(_ data: DataFile, of file: borrowing Descriptor, _ tables: Set<String>? = nil) throws(LMDBError) {
    self.data = data
    self.tables = tables
    let present = UInt64(try file.status(Self.operation).st_size) / data.pageSize
    used = PageSet(below: min(present, data.lastPage + 1))
    free = used
  }

  mutating func run(on file: borrowing Descriptor) throws(LMDBError) {
    if tables == nil { try visit(data.free, .freePages, in: file) }
    try visit(data.main, .tables, in: file)
    if let page = used.first(alsoIn: free) { throw Self.damage(page) }
  }

  private static func damage(_ number: UInt64) -> LMDBError {
    LMDBError(.corrupted, operation, "page \(number) of the file is damaged; verify it, and restore a backup")
  }

  private mutating func visit(
    _ tree: DataFile.Tree, _ content: Content, in file: borrowing Descriptor
  ) throws(LMDBError) {
    guard let keys = KeyOrder(tree, isFree: content == .freePages) else { throw Self.damage(tree.root) }
    guard tree.root != .max else {
      if tree.rows != 0 { throw Self.damage(tree.root) }
      return
    }
    guard (1...Page.maximumDepth).contains(tree.depth) else { throw Self.damage(tree.root) }
    var walk = Walk(content: content, keys: keys)
    try visit(tree.root, depth: tree.depth, Bounds(), &walk, in: file)
    guard walk.rows == tree.rows else { throw Self.damage(tree.root) }
  }

  private mutating func use(_ number: UInt64, _ pages: UInt64) throws(LMDBError) {
    guard number >= 2, pages > 0, number <= data.lastPage, pages - 1 <= data.lastPage - number else {
      throw Self.damage(number)
    }
    for page in number..<number + pages {
      guard used.insert(page) else { throw Self.damage(page) }
    }
  }

  /// Examines a page and what lies below it.
  ///
  /// - Parameter depth: how many pages lie on the way to a row, this one included: 1 is a leaf.
  private mutating func visit(
    _ number: UInt64, depth: Int, _ bounds: Bounds, _ walk: inout Walk, in file: borrowing Descriptor
  ) throws(LMDBError) {
    try use(number, 1)
    let size = Int(data.pageSize)
    let page = try file.read(size, at: number * data.pageSize, Self.operation)
    let nodes = try Self.nodes(of: page, number, size, isBranch: depth > 1)
    guard nodes.count >= (depth > 1 && walk.content != .freePages ? 2 : 1) else { throw Self.damage(number) }
    var lower = bounds.lower
    var last: ArraySlice<UInt8>?
    for index in nodes.indices {
      let node = nodes[index]
      // A look-up passes over the first key of a branch: the bound from above stands for it.
      if depth == 1 || index > 0 {
        let key = page[node.key]
        guard walk.keys.isPossible(key), last.map({ walk.keys.areInOrder($0, key) }) ?? true,
          bounds.lower.map({ !walk.keys.areInOrder(key, $0) }) ?? true,
          bounds.upper.map({ walk.keys.areInOrder(key, $0) }) ?? true
        else { throw Self.damage(number) }
        last = key
        lower = key
      }
      if depth > 1 {
        let upper = index + 1 < nodes.count ? page[nodes[index + 1].key] : bounds.upper
        try visit(node.child, depth: depth - 1, Bounds(lower: lower, upper: upper), &walk, in: file)
      } else {
        walk.rows += 1
        try visitValue(of: node, on: page, number, walk.content, in: file)
      }
    }
  }

  /// Where a row, or what leads to a page below, lies on its page.
  private struct Node {
    let key: Range<Int>
    /// Size of the value, in bytes, wherever it lies.
    let byteCount: Int
    let flags: UInt16
    /// The page below, in a branch.
    var child: UInt64 { UInt64(byteCount) | UInt64(flags) << 32 }
  }

  private static func nodes(
    of page: [UInt8], _ number: UInt64, _ size: Int, isBranch: Bool
  ) throws(LMDBError) -> [Node] {
    let bytes = unsafe page.span.bytes
    let (lower, upper) = (Int(bytes.number(UInt16.self, 12)), Int(bytes.number(UInt16.self, 14)))
    guard page.count == size, bytes.number(UInt64.self, 0) == number,
      bytes.number(UInt16.self, 10) & Page.kindMask == (isBranch ? Page.branchFlag : Page.leafFlag),
      lower >= Page.headerByteCount, lower.isMultiple(of: 2), lower <= upper, upper <= size
    else { throw damage(number) }
    var nodes: [Node] = []
    nodes.reserveCapacity((lower - Page.headerByteCount) / 2)
    for pointer in stride(from: Page.headerByteCount, to: lower, by: 2) {
      let place = Int(bytes.number(UInt16.self, pointer))
      let key = place + Page.nodeHeaderByteCount
      guard place >= upper, key <= size else { throw damage(number) }
      let end = key + Int(bytes.number(UInt16.self, place + 6))
      guard end <= size else { throw damage(number) }
      nodes.append(
        Node(
          key: key..<end, byteCount: Int(bytes.number(UInt32.self, place)),
          flags: bytes.number(UInt16.self, place + 4)))
    }
    return nodes
  }

  private mutating func visitValue(
    of node: Node, on page: [UInt8], _ number: UInt64, _ content: Content, in file: borrowing Descriptor
  ) throws(LMDBError) {
    let bytes = unsafe page.span.bytes
    let isOutside = node.flags & Page.bigDataFlag != 0
    let count = isOutside ? 8 : node.byteCount
    guard node.key.upperBound + count <= page.count else { throw Self.damage(number) }
    switch (content, node.flags) {
    case (.tables, Page.treeFlag) where node.byteCount == DataFile.Tree.byteCount:
      if let tables, !tables.contains(String(decoding: page[node.key], as: UTF8.self)) { return }
      try visit(DataFile.Tree(bytes, at: node.key.upperBound), .rows, in: file)
    case (.rows, 0): break
    case (.freePages, 0): try listFree(bytes.extracting(node.key.upperBound..<node.key.upperBound + count), number)
    case (.rows, Page.bigDataFlag), (.freePages, Page.bigDataFlag):
      let first = bytes.number(UInt64.self, node.key.upperBound)
      try visitOverflow(first, node.byteCount, in: file)
      guard content == .freePages else { return }
      let start = first * data.pageSize + UInt64(Page.headerByteCount)
      let list = try file.read(node.byteCount, at: start, Self.operation)
      unsafe try listFree(list.span.bytes, first)
    default: throw Self.damage(number)
    }
  }

  /// Takes note of a list of free pages: its length, and then so many numbers of 8 bytes each.
  private mutating func listFree(_ list: RawSpan, _ number: UInt64) throws(LMDBError) {
    let count = list.number(UInt64.self, 0)
    guard list.byteCount >= 8, count <= UInt64(list.byteCount / 8 - 1) else { throw Self.damage(number) }
    for index in 0..<Int(count) {
      let page = list.number(UInt64.self, 8 + 8 * index)
      guard page >= 2, page <= data.lastPage, !free.contains(page) else { throw Self.damage(number) }
      // A page that was taken and given back at once may lie beyond the end of the file.
      _ = free.insert(page)
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
    try use(number, pages)
  }
}

/// The order of a tree's keys, and which there can be.
private struct KeyOrder {
  private let isInteger: Bool

  /// Nil for flags of a tree that this library does not make.
  init?(_ tree: DataFile.Tree, isFree: Bool) {
    switch tree.flags {
    case 0 where !isFree: isInteger = false
    case Page.integerKeyFlag: isInteger = true
    default: return nil
    }
  }

  func isPossible(_ key: ArraySlice<UInt8>) -> Bool {
    isInteger ? key.count == 8 : (1...maximumKeyByteCount).contains(key.count)
  }

  /// Whether `left` comes before `right`. Both must be possible.
  func areInOrder(_ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>) -> Bool {
    unsafe left.withUnsafeBytes { left in
      unsafe right.withUnsafeBytes { right in
        if isInteger, left.count == 8, right.count == 8 {
          return unsafe left.loadUnaligned(as: UInt64.self) < right.loadUnaligned(as: UInt64.self)
        }
        guard let one = left.baseAddress, let other = right.baseAddress else { return left.count < right.count }
        let order = unsafe memcmp(one, other, min(left.count, right.count))
        return order == 0 ? left.count < right.count : order < 0
      }
    }
  }
}

/// A set of pages of the file: a bit each.
private struct PageSet {
  private var words: [UInt64]
  private let end: UInt64

  init(below end: UInt64) {
    self.end = end
    words = Array(repeating: 0, count: Int((end + 63) / 64))
  }

  func contains(_ page: UInt64) -> Bool { page < end && words[Int(page / 64)] & 1 << (page % 64) != 0 }

  /// False where the page is in the set already, or no page of the file.
  mutating func insert(_ page: UInt64) -> Bool {
    guard page < end, !contains(page) else { return false }
    words[Int(page / 64)] |= 1 << (page % 64)
    return true
  }

  func first(alsoIn other: PageSet) -> UInt64? {
    for index in words.indices where words[index] & other.words[index] != 0 {
      return UInt64(index * 64 + (words[index] & other.words[index]).trailingZeroBitCount)
    }
    return nil
  }
}
