import EventLog

/// Several ascending streams of entries, as one.
///
/// It reads each stream in parts and holds a part of each at a time, so it needs no more memory for a long one.
struct AuditMerge: Sendable {
  /// Where entries come from.
  enum Source: Sendable {
    case run(AuditRun)
    /// The headers of the records at these positions, sorted.
    case log(ClosedRange<PositionNumber>)

    var positions: ClosedRange<PositionNumber> {
      switch self {
      case .run(let run): run.positions
      case .log(let positions): positions
      }
    }
  }

  /// A part of a source: some entries, and where the next part starts.
  struct Part: Sendable {
    var entries: [AuditIndexEntry]
    var end: AuditIndexEntry
  }

  /// Reads the part of a source that starts at an entry.
  typealias Reader = (Source, AuditIndexEntry) throws(LogError) -> Part

  private struct Stream: Sendable {
    let source: Source
    var part = Part(entries: [], end: .least)
    var index = 0

    /// The next entry, reading on if need be.
    mutating func head(_ read: Reader) throws(LogError) -> AuditIndexEntry? {
      while index == part.entries.count {
        if part.end == .greatest { return nil }
        part = try read(source, part.end)
        index = 0
      }
      return part.entries[index]
    }
  }

  private var streams: [Stream]
  /// The stream that the next entry comes from, as long as that is less than ``rival``.
  private var leader = 0
  /// The least entry of the other streams; nil before the first comparison.
  private var rival: AuditIndexEntry?

  /// - Parameter sources: sources that have no entry in common.
  init(_ sources: [Source]) { streams = sources.map { Stream(source: $0) } }

  /// The next entry; nil after the last.
  mutating func next(_ read: Reader) throws(LogError) -> AuditIndexEntry? {
    if let rival, let entry = try streams[leader].head(read), entry < rival {
      streams[leader].index += 1
      return entry
    }
    // A term's entries in one run follow each other, so the leader seldom changes, and comparing them all is cheap.
    var least: AuditIndexEntry?
    var second = AuditIndexEntry.greatest
    for index in streams.indices {
      guard let entry = try streams[index].head(read) else { continue }
      if let current = least, entry > current {
        second = min(second, entry)
      } else {
        if let least { second = least }
        least = entry
        leader = index
      }
    }
    rival = second
    guard let least else { return nil }
    streams[leader].index += 1
    return least
  }
}
