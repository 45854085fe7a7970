package import EventLog
package import LMDB

extension AuditTrail {
  /// The newest events that any of some terms belongs to.
  ///
  /// An object's number is the position of the event that made it, so that event does not name it as a subject. It is
  /// found all the same: for ``AuditTerm/subject(_:)`` the record at the subject's number counts if its type makes
  /// objects of that kind.
  ///
  /// Costs a look at the headers not yet in a run, then for each term a search in each run, the newest first, until there
  /// are enough: some ten microseconds to some hundred.
  ///
  /// - Parameters:
  ///   - limit: how many positions to return at most.
  ///   - terms: an event that several of them belong to counts once.
  ///   - before: only positions less than this: the last of an answer, to get the ones that follow it.
  /// - Returns: positions, the newest first.
  /// - Throws: ``LogError/Code/damagedProjection`` or ``LogError/Code/storage`` where a run is damaged: never an answer
  ///   that leaves something out.
  package func latest<Reading: Transaction & ~Copyable, Participant>(
    _ limit: Int, of terms: [AuditTerm], before: Position? = nil, in view: borrowing LogView<Reading, Participant>
  ) throws(LogError) -> [Position] {
    guard limit > 0, !terms.isEmpty else { return [] }
    let head = try view.head()
    let catalogue = try catalogue(in: view)
    let end = min(before ?? .max, head + 1)
    let creations = try creations(of: terms, before: end, in: view)
    var found: [Position] = []
    if end > catalogue.covered + 1 {
      try view.forEachRecord(in: catalogue.covered + 1...end - 1, reversed: true) { (header, _) throws(LogError) in
        if header.belongs(toAnyOf: terms) || creations.contains(header.position) { found.append(header.position) }
        return found.count < limit
      }
    }
    for run in catalogue.runs.reversed() where run.first < end && found.count < limit {
      var hits = creations.filter { run.positions.contains($0) }
      for term in terms { hits += try latest(limit - found.count, of: term, before: end, in: run, view) }
      hits.sort(by: >)
      for hit in hits where hit != found.last && found.count < limit { found.append(hit) }
    }
    return found
  }

  /// The events that made the subjects among some terms.
  private func creations<Reading: Transaction & ~Copyable, Participant>(
    of terms: [AuditTerm], before end: Position, in view: borrowing LogView<Reading, Participant>
  ) throws(LogError) -> [Position] {
    var positions: [Position] = []
    for term in terms {
      guard let subject = term.concerned, subject.number > 0, subject.number < end else { continue }
      try view.forEachRecord(in: subject.number...subject.number) { (header, _) throws(LogError) in
        if creates(header.type, subject.kind) { positions.append(header.position) }
        return false
      }
    }
    return positions
  }

  /// The newest entries of one term in one run: at most `limit` positions before `end`, the newest first.
  private func latest<Reading: Transaction & ~Copyable, Participant>(
    _ limit: Int, of term: AuditTerm, before end: Position, in run: AuditRun,
    _ view: borrowing LogView<Reading, Participant>
  ) throws(LogError) -> [Position] {
    let oldest = AuditEntry(term: term, position: run.first)
    var found: [Position] = []
    // Everything from here on was looked at; the block before must reach up to it.
    var reached = AuditEntry(term: term, position: end)
    var failure: LogError?
    try stored { () throws(LMDBError) in
      try tables.blocks(tier: run.tier).forEach(
        below: AuditBlockKey(run: run.number, start: reached), reversed: true, in: view.transaction
      ) { key, bytes in
        var hits: [Position] = []
        do throws(LogError) {
          let blockEnd = try AuditBlock.read(bytes, of: run, from: key.start) { entry in
            if entry.term == term, entry.position < end { hits.append(entry.position) }
            return entry.term <= term
          }
          guard key.run == run.number, blockEnd >= reached else { throw AuditBlock.damaged(run) }
        } catch {
          failure = error
          return .stop
        }
        found += hits.suffix(limit - found.count).reversed()
        reached = key.start
        return found.count == limit || reached <= oldest ? .stop : .continue
      }
    }
    if let failure { throw failure }
    guard found.count == limit || reached <= oldest else { throw AuditBlock.damaged(run) }
    return found
  }
}

extension RecordHeader {
  /// Whether the record has one of some terms.
  fileprivate func belongs(toAnyOf terms: [AuditTerm]) -> Bool {
    for term in terms {
      if term == .actor(actor) || term == .type(type) { return true }
      if let subject = term.concerned, subjects.contains(subject) { return true }
    }
    return false
  }
}
