package import LedgerEvents

/// The rules that operators work under.
public struct Oversight: Sendable, Hashable {
  /// A kind of change that needs the approval of a second operator.
  public enum Guarded: UInt8, Sendable, Hashable, CaseIterable {
    /// The erasure of a person by an operator.
    case erasure = 1
    /// A role of an account.
    case roles = 2
    /// The keys of the ledger.
    case keys = 3
    /// A restore.
    case restore = 4
  }

  /// Whether changes at the command line name the operator who makes them.
  public var namesOperators: Bool
  /// What needs the approval of a second operator. The rules themselves need it as well while there is any.
  public var guarded: Set<Guarded>

  public init(namesOperators: Bool = false, guarded: Set<Guarded> = []) {
    self.namesOperators = namesOperators
    self.guarded = guarded
  }

  /// The rules that an event has.
  package init(_ rules: OversightRules) {
    namesOperators = rules.namedOperators
    guarded = Set(rules.guarded.compactMap { Guarded(rawValue: UInt8(truncatingIfNeeded: $0.rawValue)) })
  }

  /// The rules as an event has them.
  var recorded: OversightRules {
    var rules = OversightRules()
    rules.namedOperators = namesOperators
    rules.guarded = guarded.map(\.rawValue).sorted().compactMap { GuardedChange(rawValue: Int($0)) }
    return rules
  }

  /// How many operators in force the rules need.
  var operatorCount: Int { guarded.isEmpty ? namesOperators ? 1 : 0 : 2 }
}
