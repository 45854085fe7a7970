package import EventLog
package import LMDB

extension AuditTrail {
  /// The newest event of a type that concerns each of some subjects by its header; subjects without one are left out.
  ///
  /// What is not yet in a run is read once for all of them, and then the runs are asked for each: some leaps a subject. Where
  /// the runs have no event of the type at all, one search says so.
  ///
  /// - Parameter first: only events at this position or later.
  /// - Throws: as ``search(_:budget:in:_:)``.
  package func newest<Reading: Transaction & ~Copyable, Participant>(
    _ type: UInt16, concerning subjects: Set<LogSubject>, from first: PositionNumber,
    in view: borrowing LogView<Reading, Participant>
  ) throws(LogError) -> [LogSubject: PositionNumber] {
    let head = try view.head()
    guard !subjects.isEmpty, first <= head else { return [:] }
    let covered = try catalogue(in: view).covered
    var newest: [LogSubject: PositionNumber] = [:]
    if covered < head {
      try view.forEachRecord(in: max(first, covered + 1)...head, reversed: true) { (header, _) throws(LogError) in
        guard header.type == type else { return true }
        for index in 0..<header.subjects.count {
          let subject = header.subjects[index]
          if newest[subject] == nil, subjects.contains(subject) { newest[subject] = header.position }
        }
        return newest.count < subjects.count
      }
    }
    guard first <= covered, try self.newest([[.type(type)]], in: first...covered, of: view) != nil else {
      return newest
    }
    for subject in subjects where newest[subject] == nil {
      newest[subject] = try self.newest([[.subject(subject)], [.type(type)]], in: first...covered, of: view)
    }
    return newest
  }

  /// The newest position of an event that has one of the terms of each group.
  private func newest<Reading: Transaction & ~Copyable, Participant>(
    _ groups: [[AuditTerm]], in range: ClosedRange<PositionNumber>, of view: borrowing LogView<Reading, Participant>
  ) throws(LogError) -> PositionNumber? {
    var found: PositionNumber?
    var budget = Int.max
    let search = AuditSearch(groups: groups, range: range)
    _ = try self.search(search, budget: &budget, in: view) { (position) throws(LogError) in
      found = position
      return false
    }
    return found
  }
}
