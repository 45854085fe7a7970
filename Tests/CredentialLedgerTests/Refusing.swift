import CredentialLedger

/// The code of the error that `body` ends in; nil if it ends well.
func code<Result>(of body: () async throws -> Result) async rethrows -> LedgerError.Code? {
  do {
    _ = try await body()
    return nil
  } catch let error as LedgerError {
    return error.code
  }
}
