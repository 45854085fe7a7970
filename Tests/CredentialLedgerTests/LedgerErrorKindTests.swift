import CredentialLedger
import LedgerTestSupport
import Testing

/// What kinds of failure the codes of errors are.
@Suite struct LedgerErrorKindTests {
  @Test("Each refusal is of a kind that says who is to do something about it") func eachRefusal() {
    let kinds: [(ErrorCode, ErrorCode.Kind)] = [
      (.invalidValue, .invalid), (.notFound, .notFound), (.gone, .gone), (.forbidden, .forbidden),
      (.conflict, .conflict),
      (.accountDisabled, .forbidden), (.phoneRequired, .forbidden), (.wrongPIN, .invalidCredential),
      (.noOpenPIN, .invalidCredential), (.tooMany, .tooMany), (.invalidClient, .invalidClient),
      (.invalidGrant, .invalidCredential), (.lastAdmin, .conflict),
    ]
    for (code, kind) in kinds { #expect(code.kind == kind, "\(code)") }
    #expect(LedgerError.Code.damaged.kind == .failed)
    #expect(LedgerError.Code(rawValue: "of_a_later_version").kind == .failed)
  }

  @Test("What stops all writing is unavailable") func stopsAll() {
    for code in [
      LedgerError.Code.busy, .closed, .writingStopped, .outcomeUnknown, .diskFull, .clockStepped, .clockBehind,
      .signingUnavailable,
    ] {
      #expect(code.kind == .unavailable, "\(code)")
    }
  }
}
