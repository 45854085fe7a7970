import CredentialLedger
import TokenService

/// Shows PINs where the server was started, in the place of sending them.
struct DevelopmentOutbox: PINSender {
  /// Writes a line on the console, which is not the log.
  let show: @Sendable (_ line: String) -> Void

  func send(_ pin: PIN, to number: String) async { show("SMS to \(number): your PIN is \(pin.digits)") }
}
