import CredentialLedger
import Hummingbird
import Logging

/// Forms that are answered with a secret, once.
extension ManagementPortal {
  /// The name of a form that is answered with a secret.
  ///
  /// - Throws: where it was answered before: the secret is not shown again.
  func once(
    _ visit: Visit, _ viewer: Viewer, _ what: String, _ next: String
  ) throws(PortalFailure) -> String {
    let once = visit.form["once"]
    guard once.utf8.count == 32, once.utf8.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }) else {
      throw .invalid("once: expected what the page has.")
    }
    if sessions.isSpent(once, in: viewer.session) {
      throw PortalFailure(
        status: .gone, title: "The \(what) was shown before",
        remedy:
          "It was shown once and cannot be shown again. If you stored it, go on. If not, make a new one: rotate the Secret, or generate the token again.",
        code: "shown_before", next: (words: "Go on", path: next))
    }
    return once
  }

  /// Notes that a form was answered with a secret. Where that cannot be written, the secret is shown all the same, since it was made;
  /// the form makes no other one.
  func spend(_ once: String, _ visit: Visit, _ viewer: Viewer) async {
    do throws(SessionStoreError) { _ = try await sessions.spend(once, in: viewer.session) } catch {
      visit.context.requestLogger.error(
        "a form that was answered is not noted", metadata: ["reason": "\(error.reason)"])
    }
  }

  /// The receipt below a secret. Where the event cannot be read, the secret is shown all the same, without it.
  func receiptOnce(of visit: Visit) async -> HTML {
    do throws(LedgerError) {
      guard let made = try await ledger.audit.latest(1, of: .request(visit.context.requestID)).first else {
        return .empty
      }
      return #"<p class="small soft">Recorded as \#(Part.proof(made.position, signed: signed)).</p>"#
    } catch {
      visit.context.requestLogger.error("a receipt cannot be read", metadata: ["code": "\(error.code.rawValue)"])
      return .empty
    }
  }
}
