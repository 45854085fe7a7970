import EventLog
import LMDB

/// The positions of one term in one run, found from any place on in either direction. Holds the block it looked at last.
struct AuditPostings {
  private let term: AuditTerm
  private let run: AuditRun
  /// The term's positions among the entries from ``low`` on and below ``high``, in order.
  private var positions: [PositionNumber] = []
  private var low = AuditIndexEntry.greatest
  private var high = AuditIndexEntry.least

  init(of term: AuditTerm, in run: AuditRun) {
    self.term = term
    self.run = run
  }

  /// The position nearest to a place of the run, itself included.
  ///
  /// Costs nothing in the block at hand, and otherwise a look-up for each block on the way.
  ///
  /// - Throws: ``LogError/Code/damagedProjection`` where a block on the way is missing or malformed.
  mutating func nearest<Reading: Transaction & ~Copyable, Participant>(
    to place: PositionNumber, ascending: Bool, _ tables: AuditTables, in view: borrowing LogView<Reading, Participant>
  ) throws(LogError) -> PositionNumber? {
    var sought = AuditIndexEntry(term: term, position: place)
    while true {
      if !(low <= sought && sought < high) { try load(around: sought, tables, view) }
      if let found = nearest(to: place, ascending: ascending) { return found }
      // A block begins with the entry that it starts at. So what comes before a place is in the block that covers it, if
      // anywhere, and only what comes after may be in the next.
      guard ascending, high <= AuditIndexEntry(term: term, position: run.last) else { return nil }
      sought = high
    }
  }

  private func nearest(to place: PositionNumber, ascending: Bool) -> PositionNumber? {
    // The number of positions before the place; with the place itself when going down.
    var (lower, upper) = (0, positions.count)
    while lower < upper {
      let middle = (lower + upper) / 2
      if positions[middle] < place || (!ascending && positions[middle] == place) {
        lower = middle + 1
      } else {
        upper = middle
      }
    }
    if ascending { return lower < positions.count ? positions[lower] : nil }
    return lower > 0 ? positions[lower - 1] : nil
  }

  /// Reads the block that covers an entry.
  private mutating func load<Reading: Transaction & ~Copyable, Participant>(
    around sought: AuditIndexEntry, _ tables: AuditTables, _ view: borrowing LogView<Reading, Participant>
  ) throws(LogError) {
    let (run, term) = (run, term)
    var found: (low: AuditIndexEntry, high: AuditIndexEntry, positions: [PositionNumber])?
    var failure: LogError?
    let end = AuditIndexEntry(term: sought.term, position: sought.position + 1)
    try stored { () throws(LMDBError) in
      try tables.blocks(tier: run.tier).forEach(
        below: AuditBlockKey(run: run.number, start: end), reversed: true, in: view.transaction
      ) { key, bytes in
        guard key.run == run.number else { return .stop }
        var positions: [PositionNumber] = []
        do throws(LogError) {
          let blockEnd = try AuditBlock.read(bytes, of: run, from: key.start) { entry in
            if entry.term == term { positions.append(entry.position) }
            return entry.term <= term
          }
          found = (key.start, blockEnd, positions)
        } catch { failure = error }
        return .stop
      }
    }
    if let failure { throw failure }
    guard let found, found.high > sought else { throw AuditBlock.damaged(run) }
    (low, high, positions) = found
  }
}

/// Terms of which an event must have one.
struct AuditAlternatives {
  let terms: [AuditTerm]
  /// The positions of the events that made the subjects among the terms, in order. No record names what it makes.
  let creations: [PositionNumber]

  /// Whether a record is one of those meant.
  func include(_ header: RecordHeader, _ bytes: RawSpan) -> Bool {
    for term in terms {
      if term == .actor(header.actor) || term == .type(header.type) { return true }
      if let subject = term.concerned, header.subjects.contains(subject) { return true }
      if term.isRequest, !header.requestID.isEmpty, term == header.requestTerm(in: bytes) { return true }
    }
    return creations.contains(header.position)
  }
}

/// The events of a run that have one of some terms.
struct AuditUnion {
  private var postings: [AuditPostings]
  private let creations: [PositionNumber]

  init(of alternatives: AuditAlternatives, in run: AuditRun) {
    postings = alternatives.terms.map { AuditPostings(of: $0, in: run) }
    creations = alternatives.creations.filter { run.positions.contains($0) }
  }

  /// The position nearest to a place, itself included.
  mutating func nearest<Reading: Transaction & ~Copyable, Participant>(
    to place: PositionNumber, ascending: Bool, _ tables: AuditTables, in view: borrowing LogView<Reading, Participant>
  ) throws(LogError) -> PositionNumber? {
    var nearest = ascending ? creations.first { $0 >= place } : creations.last { $0 <= place }
    for index in postings.indices {
      guard let found = try postings[index].nearest(to: place, ascending: ascending, tables, in: view) else { continue }
      if let other = nearest, ascending ? other <= found : other >= found { continue }
      nearest = found
    }
    return nearest
  }
}
