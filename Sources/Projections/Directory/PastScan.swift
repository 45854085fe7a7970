import LMDB

/// A scan over rows that were changed and rows that were kept, in the order of the keys; a changed row goes before a kept
/// one of the same key.
///
/// Reads some rows at a time and copies them, so that the caller may read others meanwhile.
struct PastScan {
  typealias Source = (
    _ lower: DirectoryKey?, _ upper: DirectoryKey?, _ body: (DirectoryKey, RawSpan) throws(LMDBError) -> ScanStep
  ) throws(LMDBError) -> Void

  struct Item {
    let key: DirectoryKey
    /// The key as it is stored, by which rows are ordered.
    let order: [UInt8]
    let value: [UInt8]
  }

  /// What was read ahead of one source.
  private struct Ahead {
    var lower: DirectoryKey?
    var upper: DirectoryKey?
    /// The last row that was read, which the next look finds again.
    var last: DirectoryKey?
    var items: ArraySlice<Item> = []
    var isAtEnd = false
    /// Few at first: most scans end after a row or two.
    var size = 8

    mutating func fill(_ source: Source, reversed: Bool) throws(LMDBError) {
      guard items.isEmpty, !isAtEnd else { return }
      var read: [Item] = []
      let (last, size) = (last, size)
      try source(lower, upper) { key, bytes in
        if key != last {
          read.append(Item(key: key, order: key.stored, value: Array(copying: bytes)))
        }
        return read.count < size ? .continue : .stop
      }
      isAtEnd = read.count < size
      items = read[...]
      self.size = min(size * 4, 1_024)
      guard let end = read.last?.key else { return }
      // In reverse the bound is not included, so the last row is not found again.
      if reversed { upper = end } else { (lower, self.last) = (end, end) }
    }
  }

  private let reversed: Bool
  private var changed: Ahead
  private var kept: Ahead

  init(lower: DirectoryKey?, upper: DirectoryKey?, reversed: Bool) {
    self.reversed = reversed
    changed = Ahead(lower: lower, upper: upper)
    kept = changed
  }

  /// The next row; nil at the end.
  mutating func next(changed changedRows: Source, kept keptRows: Source) throws(LMDBError) -> Item? {
    try changed.fill(changedRows, reversed: reversed)
    try kept.fill(keptRows, reversed: reversed)
    guard let one = changed.items.first else { return kept.items.popFirst() }
    guard let other = kept.items.first else { return changed.items.popFirst() }
    if one.order == other.order {
      kept.items.removeFirst()
      return changed.items.popFirst()
    }
    let isFirst = one.order.lexicographicallyPrecedes(other.order) != reversed
    return isFirst ? changed.items.popFirst() : kept.items.popFirst()
  }
}

extension DirectoryKey {
  /// The key's bytes as they are stored.
  var stored: [UInt8] {
    let count = DirectoryKeyCodec.byteCount(of: self)
    return unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      let place = unsafe UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<count])
      var output = unsafe OutputRawSpan(buffer: place, initializedCount: 0)
      DirectoryKeyCodec.encode(self, into: &output)
      initialized = unsafe output.finalize(for: place)
    }
  }
}
