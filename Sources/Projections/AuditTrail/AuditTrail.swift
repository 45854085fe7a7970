package import EventLog
package import LMDB
package import LedgerCrypto

/// Where in the log to find the events that someone caused, that concern something, that are of one type, or that came
/// with one request.
///
/// A secondary index with rows keyed by its terms would touch a page for each term in every commit. So the index is a
/// log-structured merge tree: sorted runs, each over a range of positions, written once by an ``AuditRunBuilder`` and
/// merged as they grow in number. The newest positions, not yet in a run, are looked up in the records' headers, so a
/// query always covers everything up to the view's head.
///
/// What a run holds is a function of the log. How positions are spread over runs is not, and never shows: neither in
/// answers nor in the ``digest(in:)``.
package struct AuditTrail: Sendable {
  /// Whether an event of a type makes an object of a kind, whose number is then the event's position.
  package typealias Creation = @Sendable (_ type: UInt16, _ kind: UInt8) -> Bool

  /// To be raised whenever runs or their catalogue are written differently: the projections are then rebuilt.
  package static let schemaVersion: UInt64 = 2

  let tables: AuditTables
  let creates: Creation

  /// Opens a set of the trail's tables, creating them where missing.
  ///
  /// - Parameters:
  ///   - set: the name of the set. A trail can be built in one set while another is in use.
  ///   - creates: what events make; see ``search(_:budget:in:_:)``.
  package init(
    set: String, in transaction: inout WriteTransaction, of environment: Environment, creates: @escaping Creation
  ) throws(LogError) {
    do { tables = try AuditTables(set: set, in: &transaction, of: environment) } catch { throw LogError(error) }
    self.creates = creates
  }

  /// Opens a set of the trail's tables in an environment that is only read.
  package init(set: String, reading environment: Environment, creates: @escaping Creation) throws(LogError) {
    do { tables = try AuditTables(set: set, reading: environment) } catch { throw LogError(error) }
    self.creates = creates
  }

  /// Deletes all runs; the log answers every query until they are built again. Takes time that grows with their size.
  package func clear(in transaction: inout WriteTransaction) throws(LogError) {
    do { try tables.clear(in: &transaction) } catch { throw LogError(error) }
  }

  /// The newest position that is in a run; 0 before the first run.
  ///
  /// - Throws: ``LogError/Code/damagedProjection`` where the catalogue of runs contradicts itself.
  package func coveredThrough<Reading: Transaction & ~Copyable, Participant>(
    in view: borrowing LogView<Reading, Participant>
  ) throws(LogError) -> PositionNumber {
    try catalogue(in: view).covered
  }

  /// The digest of the trail: of every pair of a term and a position up to the view's head, whatever runs there are.
  ///
  /// For each record of the log, take 18 bytes for its actor, for each of its subjects, for its type, and for its request
  /// if it came with one:
  ///
  /// | Offset | Size | Field, integers big-endian |
  /// | --- | --- | --- |
  /// | 0 | 1 | 1 for the actor, 2 for a subject, 3 for the type, 4 for the request |
  /// | 1 | 1 | kind of actor or subject; 0 for a type or request |
  /// | 2 | 8 | number of actor, subject or type; the hash of the request's ID, see ``AuditTerm/request(_:)`` |
  /// | 10 | 8 | position of the record |
  ///
  /// The digest is SHA-256 over all of these in ascending order as strings of bytes, those that are equal taken once.
  ///
  /// Reads all runs, and the records after them at least once; holds a block of each run, and some megabytes at most.
  package func digest<Reading: Transaction & ~Copyable, Participant>(
    in view: borrowing LogView<Reading, Participant>
  ) throws(LogError) -> Digest {
    let head = try view.head()
    let catalogue = try catalogue(in: view)
    var sources = catalogue.runs.map { AuditMerge.Source.run($0) }
    if catalogue.covered < head { sources.append(.log(catalogue.covered + 1...head)) }
    return try digest(of: sources, in: view)
  }

  /// The same digest made from the records alone, whatever the runs hold: what a rebuild of the trail comes to.
  package func rebuiltDigest<Reading: Transaction & ~Copyable, Participant>(
    of view: borrowing LogView<Reading, Participant>, upTo head: PositionNumber
  ) throws(LogError) -> Digest {
    let length: PositionNumber = 65_536
    let starts = stride(from: PositionNumber(1), through: head, by: Int(length))
    return try digest(of: starts.map { .log($0...min($0 + length - 1, head)) }, in: view)
  }

  private func digest<Reading: Transaction & ~Copyable, Participant>(
    of sources: [AuditMerge.Source], in view: borrowing LogView<Reading, Participant>
  ) throws(LogError) -> Digest {
    var merge = AuditMerge(sources)
    var hash = SHA256.Stream()
    var bytes: [UInt8] = []
    while let entry = try merge.next({ (source, start) throws(LogError) in
      try part(of: source, from: start, limit: 131_072, in: view)
    }) {
      entry.append(to: &bytes)
      if bytes.count >= 65_536 {
        hash.update(bytes)
        bytes.removeAll(keepingCapacity: true)
      }
    }
    hash.update(bytes)
    return hash.finish()
  }

  func catalogue<Reading: Transaction & ~Copyable, Participant>(
    in view: borrowing LogView<Reading, Participant>
  ) throws(LogError) -> AuditCatalogue {
    try AuditCatalogue(tables, head: view.head(), in: view.transaction)
  }

  /// Reads a part of a source: a run's block, or the least of the entries in the log.
  ///
  /// - Parameter limit: how many entries to take from the log.
  func part<Reading: Transaction & ~Copyable, Participant>(
    of source: AuditMerge.Source, from start: AuditIndexEntry, limit: Int,
    in view: borrowing LogView<Reading, Participant>
  ) throws(LogError) -> AuditMerge.Part {
    switch source {
    case .run(let run): try block(of: run, from: start, in: view)
    case .log(let range): try sorted(range, from: start, limit: limit, in: view)
    }
  }

  private func block<Reading: Transaction & ~Copyable, Participant>(
    of run: AuditRun, from start: AuditIndexEntry, in view: borrowing LogView<Reading, Participant>
  ) throws(LogError) -> AuditMerge.Part {
    let key = AuditBlockKey(run: run.number, start: start)
    let bytes = try stored { () throws(LMDBError) in try tables.blocks(tier: run.tier).get(key, in: view.transaction) }
    guard let bytes else { throw AuditBlock.damaged(run) }
    var part = AuditMerge.Part(entries: [], end: .greatest)
    part.end = unsafe try AuditBlock.read(bytes.span.bytes, of: run, from: start) { entry in
      part.entries.append(entry)
      return true
    }
    guard part.end > start else { throw AuditBlock.damaged(run) }
    return part
  }

  /// The least `limit` entries from `start` on among those of the records in a range.
  private func sorted<Reading: Transaction & ~Copyable, Participant>(
    _ range: ClosedRange<PositionNumber>, from start: AuditIndexEntry, limit: Int,
    in view: borrowing LogView<Reading, Participant>
  ) throws(LogError) -> AuditMerge.Part {
    var entries: [AuditIndexEntry] = []
    try view.forEachRecord(in: range) { (header, bytes) throws(LogError) in
      header.forEachTerm(in: bytes) { term in
        let entry = AuditIndexEntry(term: term, position: header.position)
        if entry >= start { entries.append(entry) }
      }
      if entries.count / 2 > limit {
        // One more than asked for tells where the next part starts.
        entries.sort()
        entries.removeLast(entries.count - limit - 1)
      }
      return true
    }
    entries.sort()
    guard entries.count > limit else { return AuditMerge.Part(entries: entries, end: .greatest) }
    let end = entries[limit]
    entries.removeLast(entries.count - limit)
    return AuditMerge.Part(entries: entries, end: end)
  }
}
