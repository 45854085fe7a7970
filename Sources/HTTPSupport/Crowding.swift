/// What is kept for clients that have shown nothing of who they are is bounded in number.
extension Dictionary {
  /// Makes room where there is too much: of the client that has most, the older half goes. So nobody alone pushes out what others
  /// began. Where that is little, as from many networks, the next ones make room as well, until a sixteenth of all is gone.
  ///
  /// Costs a look at each; what goes is a part of all, so this is done seldom.
  ///
  /// - Parameters:
  ///   - client: whose an entry is.
  ///   - moment: tells which of two is older, the lesser one.
  public mutating func makeRoom<Moment: Comparable>(client: (Value) -> String, moment: (Value) -> Moment) {
    let all: [(client: String, key: Key, moment: Moment)] = map { (client($0.value), $0.key, moment($0.value)) }
    let clients = Dictionary<String, [(client: String, key: Key, moment: Moment)]>(grouping: all) { $0.client }.values
    let least = Swift.max(1, all.count / 16)
    var gone = 0
    for entries in clients.sorted(by: { $0.count > $1.count }) where gone < least {
      let older = entries.sorted { $0.moment < $1.moment }.prefix((entries.count + 1) / 2)
      for entry in older { self[entry.key] = nil }
      gone += older.count
    }
  }
}
