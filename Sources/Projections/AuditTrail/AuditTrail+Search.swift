package import EventLog
package import LMDB

/// What to look for in the audit trail, and where.
package struct AuditSearch: Sendable {
  /// An event is found if it has one of the terms of each group; without a group every event is.
  package var groups: [[AuditTerm]]
  /// From which position on, and up to which; those beyond the head are ignored.
  package var range: ClosedRange<PositionNumber>
  /// Whether to begin with the oldest.
  package var ascending: Bool

  package init(
    groups: [[AuditTerm]], range: ClosedRange<PositionNumber> = 1...PositionNumber.max, ascending: Bool = false
  ) {
    self.groups = groups
    self.range = range
    self.ascending = ascending
  }
}

extension AuditTrail {
  /// The newest events that any of some terms belongs to.
  ///
  /// As ``search(_:budget:in:_:)``; costs a look at the headers not yet in a run, then for each term a search in each run,
  /// the newest first, until there are enough: some ten microseconds to some hundred.
  ///
  /// - Parameters:
  ///   - limit: how many positions to return at most.
  ///   - terms: an event that several of them belong to counts once.
  ///   - before: only positions less than this: the last of an answer, to get the ones that follow it.
  /// - Returns: positions, the newest first.
  package func latest<Reading: Transaction & ~Copyable, Participant>(
    _ limit: Int, of terms: [AuditTerm], before: PositionNumber? = nil, in view: borrowing LogView<Reading, Participant>
  ) throws(LogError) -> [PositionNumber] {
    let last = before.map { $0 == 0 ? 0 : $0 - 1 } ?? .max
    guard limit > 0, !terms.isEmpty, last > 0 else { return [] }
    var found: [PositionNumber] = []
    var budget = Int.max
    _ = try search(AuditSearch(groups: [terms], range: 1...last), budget: &budget, in: view) { position in
      found.append(position)
      return found.count < limit
    }
    return found
  }

  /// Finds events, in order.
  ///
  /// An object's number is the position of the event that made it, so that event does not name it as a subject. It is
  /// found all the same: for ``AuditTerm/subject(_:)`` the record at the subject's number counts if its type makes
  /// objects of that kind.
  ///
  /// The headers not yet in a run are read; in each run the groups' positions are intersected, each group leaping to
  /// where the others are, so that the rarest one decides how much is read.
  ///
  /// - Parameters:
  ///   - budget: how many steps to take at most, less the steps taken. A step is a header that is read, or a leap of a
  ///     group: a microsecond or less, some five where it reads a block.
  ///   - body: gets each position; false ends the search.
  /// - Returns: nil once all of the range was searched; otherwise the position up to which it was, that one included.
  /// - Throws: ``LogError/Code/damagedProjection`` or ``LogError/Code/storage`` where a run is damaged: never an answer
  ///   that leaves something out; what `body` throws.
  package func search<Reading: Transaction & ~Copyable, Participant>(
    _ search: AuditSearch, budget: inout Int, in view: borrowing LogView<Reading, Participant>,
    _ body: (PositionNumber) throws(LogError) -> Bool
  ) throws(LogError) -> PositionNumber? {
    let head = try view.head()
    guard search.range.lowerBound <= head else { return nil }
    let range = search.range.clamped(to: 1...head)
    let groups = try search.groups.map { (terms) throws(LogError) in
      AuditAlternatives(terms: terms, creations: try creations(of: terms, in: range, view))
    }
    let catalogue = try catalogue(in: view)
    var sources = catalogue.runs.map { AuditMerge.Source.run($0) }
    if catalogue.covered < head { sources.append(.log(catalogue.covered + 1...head)) }
    if !search.ascending { sources.reverse() }
    for source in sources {
      guard source.positions.overlaps(range) else { continue }
      let part = source.positions.clamped(to: range)
      var reached: PositionNumber?
      switch source {
      case .run(let run) where !groups.isEmpty:
        var unions = groups.map { AuditUnion(of: $0, in: run) }
        reached = try intersect(&unions, in: part, search.ascending, &budget, view, body)
      // Without a condition every event is meant, wherever its record is.
      case .run: reached = try pass(part, search.ascending, &budget, body)
      case .log: reached = try scan(part, for: groups, search.ascending, &budget, view, body)
      }
      if let reached, reached != (search.ascending ? range.upperBound : range.lowerBound) { return reached }
      if reached != nil { return nil }
    }
    return nil
  }

  /// Goes through all positions of a range.
  private func pass(
    _ range: ClosedRange<PositionNumber>, _ ascending: Bool, _ budget: inout Int,
    _ body: (PositionNumber) throws(LogError) -> Bool
  ) throws(LogError) -> PositionNumber? {
    var place = ascending ? range.lowerBound : range.upperBound
    while true {
      guard budget > 0 else { return ascending ? place - 1 : place + 1 }
      budget -= 1
      guard try body(place) else { return place }
      if place == (ascending ? range.upperBound : range.lowerBound) { return nil }
      place = ascending ? place + 1 : place - 1
    }
  }

  /// Reads the records of a range.
  private func scan<Reading: Transaction & ~Copyable, Participant>(
    _ range: ClosedRange<PositionNumber>, for groups: [AuditAlternatives], _ ascending: Bool, _ budget: inout Int,
    _ view: borrowing LogView<Reading, Participant>, _ body: (PositionNumber) throws(LogError) -> Bool
  ) throws(LogError) -> PositionNumber? {
    var reached: PositionNumber?
    var left = budget
    try view.forEachRecord(in: range, reversed: !ascending) { (header, bytes) throws(LogError) in
      guard left > 0 else {
        reached = ascending ? header.position - 1 : header.position + 1
        return false
      }
      left -= 1
      guard groups.allSatisfy({ $0.include(header, bytes) }) else { return true }
      if try body(header.position) { return true }
      reached = header.position
      return false
    }
    budget = left
    return reached
  }

  /// Finds what several groups have in common in a part of a run.
  private func intersect<Reading: Transaction & ~Copyable, Participant>(
    _ unions: inout [AuditUnion], in range: ClosedRange<PositionNumber>, _ ascending: Bool, _ budget: inout Int,
    _ view: borrowing LogView<Reading, Participant>, _ body: (PositionNumber) throws(LogError) -> Bool
  ) throws(LogError) -> PositionNumber? {
    var place = ascending ? range.lowerBound : range.upperBound
    while true {
      guard budget > 0 else { return ascending ? place - 1 : place + 1 }
      var (agreed, index) = (0, 0)
      while agreed < unions.count {
        budget = max(0, budget - 1)
        guard let found = try unions[index].nearest(to: place, ascending: ascending, tables, in: view),
          range.contains(found)
        else { return nil }
        index = (index + 1) % unions.count
        agreed += 1
        if found != place {
          (place, agreed) = (found, 1)
          // Only where the place has moved, so that a search with any budget gets on.
          guard budget > 0 else { return ascending ? place - 1 : place + 1 }
        }
      }
      guard try body(place) else { return place }
      if place == (ascending ? range.upperBound : range.lowerBound) { return nil }
      place = ascending ? place + 1 : place - 1
    }
  }

  /// The events that made the subjects among some terms, in order.
  private func creations<Reading: Transaction & ~Copyable, Participant>(
    of terms: [AuditTerm], in range: ClosedRange<PositionNumber>, _ view: borrowing LogView<Reading, Participant>
  ) throws(LogError) -> [PositionNumber] {
    var positions: Set<PositionNumber> = []
    for term in terms {
      guard let subject = term.concerned, range.contains(subject.number) else { continue }
      if let stamp = try view.stamp(at: subject.number), creates(stamp.type, subject.kind) {
        positions.insert(subject.number)
      }
    }
    return positions.sorted()
  }
}
