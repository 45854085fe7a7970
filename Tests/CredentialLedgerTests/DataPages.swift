import Testing

/// The pages of an LMDB file that its newest commit uses, read by hand: to put pages of other moments into it.
struct DataPages {
  static let size = 4_096
  let file: [UInt8]

  init(_ file: [UInt8]) { self.file = file }

  func number(_ place: Int, _ byteCount: Int) -> UInt64 {
    (0..<byteCount).reduce(0) { $0 | UInt64(file[place + $1]) << (8 * UInt64($1)) }
  }

  /// The bytes of a page.
  func page(_ number: Int) -> ArraySlice<UInt8> { file[number * Self.size..<(number + 1) * Self.size] }

  private func nodes(of page: Int) -> [Int] {
    let start = page * Self.size
    return stride(from: start + 16, to: start + Int(number(start + 12, 2)), by: 2).map { start + Int(number($0, 2)) }
  }

  private func key(of node: Int) -> ArraySlice<UInt8> { file[node + 8..<node + 8 + Int(number(node + 6, 2))] }

  /// The keys on a leaf.
  func keys(of leaf: Int) -> [[UInt8]] { nodes(of: leaf).map { Array(key(of: $0)) } }

  /// The leaves with the names of the tables.
  private var names: [Int] {
    let meta = number(144, 8) > number(Self.size + 144, 8) ? 0 : Self.size
    return leaves(below: Int(number(meta + 128, 8)), Int(number(meta + 94, 2)))
  }

  /// The names of the tables.
  func tables() throws -> [String] {
    try names.flatMap { keys(of: $0) }.map { try #require(String(validating: $0, as: UTF8.self)) }
  }

  /// The keys of a table, in order.
  func keys(of table: String) throws -> [[UInt8]] { try leaves(of: table).values.sorted().flatMap { keys(of: $0) } }

  /// The leaves of a table, by their first keys.
  func leaves(of table: String) throws -> [[UInt8]: Int] {
    let node = try #require(names.flatMap { nodes(of: $0) }.first { Array(key(of: $0)) == Array(table.utf8) })
    let record = node + 8 + table.utf8.count
    // A table without rows has no root.
    guard number(record + 40, 8) != .max else { return [:] }
    var leaves: [[UInt8]: Int] = [:]
    for leaf in self.leaves(below: Int(number(record + 40, 8)), Int(number(record + 6, 2))) {
      leaves[Array(key(of: nodes(of: leaf)[0]))] = leaf
    }
    return leaves
  }

  private func leaves(below page: Int, _ depth: Int) -> [Int] {
    guard depth > 1 else { return [page] }
    return nodes(of: page).flatMap { leaves(below: Int(number($0, 4) | number($0 + 4, 2) << 32), depth - 1) }
  }

  /// The file with a page that holds what another file's page held, and its own number.
  func replacing(_ page: Int, by old: ArraySlice<UInt8>) -> [UInt8] {
    var changed = file
    changed.replaceSubrange(page * Self.size + 8..<(page + 1) * Self.size, with: old.dropFirst(8))
    return changed
  }
}
