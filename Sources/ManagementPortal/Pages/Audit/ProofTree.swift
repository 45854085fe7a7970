import CredentialLedger

/// An inclusion proof as a drawing: the event at the bottom, the signed root at the top, and beside the way up the hashes that the
/// ledger gives.
struct ProofTree: Sendable {
  let position: Position
  /// From the bottom up, in hexadecimal digits.
  let hashes: [String]

  /// The levels that are drawn: all of a small proof, else the lowest two and the highest.
  private var levels: [(words: String, given: String)] {
    let shown = hashes.map { String($0.prefix(8)) + "…" }
    guard hashes.count > 3 else {
      return shown.enumerated().map { ($0.offset == hashes.count - 1 ? "root" : "combined", $0.element) }
    }
    return [
      ("combined", shown[0]), ("\(hashes.count - 2) more levels", shown[1]), ("root", shown[hashes.count - 1]),
    ]
  }

  var drawing: HTML {
    guard !hashes.isEmpty else { return "<p>The log has this event alone, so its hash is the root.</p>" }
    let levels = levels
    let height = 66 * levels.count + 44
    var boxes: [HTML] = []
    var ways: [HTML] = []
    var centre = 90
    var top = height - 40
    boxes.append(Self.box(centre, top, "event \(Part.number(position))"))
    for level in levels {
      let (given, above, next) = (centre + 150, top - 66, centre + 60)
      boxes.append(Self.given(given, top, level.given))
      boxes.append(Self.box(next, above, level.words))
      ways.append(
        #"<path d="M\#(given) \#(top)V\#(top - 17)H\#(next)"/><path class="ours" d="M\#(centre) \#(top)V\#(top - 17)H\#(next)V\#(above + 32)"/>"#
      )
      (centre, top) = (next, above)
    }
    return #"""
      <svg class="proof-tree" viewBox="0 0 500 \#(height)" role="img" aria-labelledby="tree-title tree-desc"><title id="tree-title">Inclusion proof of event \#(Part.number(position))</title><desc id="tree-desc">The event’s hash is combined with the hashes given by the ledger, level by level, and ends in the root that the checkpoint signs.</desc>\#(ways)\#(boxes)</svg>
      """#
  }

  /// What is computed: its words are put into the reader's language.
  private static func box(_ centre: Int, _ top: Int, _ words: String) -> HTML {
    #"<rect class="made" x="\#(centre - 65)" y="\#(top)" width="130" height="32" rx="4"/><text x="\#(centre)" y="\#(top + 20)" text-anchor="middle">\#(words)</text>"#
  }

  /// A hash that the ledger gives, which is no text of a language.
  private static func given(_ centre: Int, _ top: Int, _ digits: String) -> HTML {
    #"<rect x="\#(centre - 65)" y="\#(top)" width="130" height="32" rx="4"/><text x="\#(centre)" y="\#(top + 20)" text-anchor="middle" translate="no">\#(digits)</text>"#
  }
}
