import CredentialLedger

/// What became of one of many calls.
enum CallResult<Value: Sendable>: Sendable {
  case success(Value)
  case failure(LedgerError)

  var isSuccess: Bool { if case .success = self { true } else { false } }
  var code: String? { if case .failure(let error) = self { error.code.rawValue } else { nil } }
  var value: Value? { if case .success(let value) = self { value } else { nil } }
}

/// Makes the same call from many tasks at once.
func concurrently<Value: Sendable>(
  _ count: Int, _ call: @escaping @Sendable (Int) async throws(LedgerError) -> Value
) async -> [CallResult<Value>] {
  await withTaskGroup(of: CallResult<Value>.self) { group in
    for index in 0..<count {
      group.addTask {
        do throws(LedgerError) { return .success(try await call(index)) } catch { return .failure(error) }
      }
    }
    return await group.reduce(into: []) { $0.append($1) }
  }
}
