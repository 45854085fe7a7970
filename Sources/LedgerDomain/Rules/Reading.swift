/// Reads the state for a decision, so that a failure to read ends it as ``DecisionFailure/unreadable(_:)``.
@inlinable
@inline(__always)
func read<Value>(_ value: @autoclosure () throws(StateUnreadable) -> Value) throws(DecisionFailure) -> Value {
  do { return try value() } catch { throw .unreadable(error) }
}

extension DecisionFailure {
  /// A refusal, with the parts of a ``Refusal``.
  @usableFromInline
  static func refused(
    _ code: Refusal.Code, field: String, expected: String, remedy: String? = nil, reason: Verdict.Reason? = nil
  ) -> Self {
    .refused(Refusal(code, field: field, expected: expected, remedy: remedy, reason: reason))
  }
}
