/// What is kept for clients that have shown nothing of who they are is bounded in number.
extension Dictionary {
  /// Makes room where there is too much: of the client that has most, the older half goes. So nobody alone pushes out what others
  /// began.
  ///
  /// Costs a look at each; half of what one client has is gone then, so this is done seldom.
  ///
  /// - Parameters:
  ///   - client: whose an entry is.
  ///   - moment: tells which of two is older, the lesser one.
  public mutating func makeRoom<Moment: Comparable>(client: (Value) -> String, moment: (Value) -> Moment) {
    let all: [(client: String, key: Key, moment: Moment)] = map { (client($0.value), $0.key, moment($0.value)) }
    let most = Dictionary<String, [(client: String, key: Key, moment: Moment)]>(grouping: all) { $0.client }.values
      .max { $0.count < $1.count }
    guard let most else { return }
    for entry in most.sorted(by: { $0.moment < $1.moment }).prefix((most.count + 1) / 2) { self[entry.key] = nil }
  }
}
