import EventLog
package import LedgerEvents
import Projections

extension Ledger {
  /// When tokens were last used; nil for one that was not, as far as is known.
  package func lastUses(of tokens: [TokenID]) throws(LedgerError) -> [Timestamp?] {
    // Memory first: what leaves it meanwhile is in the snapshot that is taken then.
    let noted = tokens.map { lastUses?.minute(of: $0) }
    let view = try snapshot()
    var uses: [Timestamp?] = []
    for (token, noted) in zip(tokens, noted) {
      let written = try logged { () throws(LogError) in try view.lastUse(of: token) }
      guard noted != nil || written != nil else {
        uses.append(nil)
        continue
      }
      let minute = max(noted ?? .min, written ?? .min)
      uses.append(max(Timestamp(milliseconds: minute * 60_000), try issuance(of: token, in: view)))
    }
    return uses
  }

  /// When a token was issued: the minute of its first use may have begun before. Where its record is in an archive that is not
  /// at hand that is not known, and nothing is later than it.
  private func issuance(
    of token: TokenID, in view: borrowing LogSnapshot<ProjectionSet>
  ) throws(LedgerError) -> Timestamp {
    do throws(LogError) { return Timestamp(milliseconds: try view.stamp(at: token.rawValue)?.recordedAt ?? 0) } catch {
      guard error.code == .archived else { throw LedgerError(error) }
      return Timestamp(milliseconds: 0)
    }
  }
}
