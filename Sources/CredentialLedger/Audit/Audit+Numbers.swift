import EventLog
import LedgerCrypto
import LedgerDomain
import LedgerEvents
import Projections

extension Ledger {
  /// The terms of whatever a telephone number has to do with: PINs, phones, memberships and subscriptions. None for a
  /// number that the ledger does not know, or no longer.
  func terms(
    of number: PhoneNumber, in view: borrowing LogSnapshot<ProjectionSet>
  ) throws(LogError) -> [AuditTerm] {
    let hash = try log.participant.personalData.hash(number: number.digits.utf8)
    var subjects: Set<Subject> = []
    let challenges: [Subject]
    do throws(StateUnreadable) {
      (challenges, subjects) = try view.withState(orThrow: { StateUnreadable($0.description) }) {
        (state) throws(StateUnreadable) in
        var subjects: Set<Subject> = []
        if let phone = try state.phone(number: hash) { subjects.insert(Subject(phone)) }
        for added in try state.everythingAdded(by: hash) {
          subjects.insert(Subject(kind: .membership, number: added))
          subjects.insert(Subject(kind: .subscription, number: added))
        }
        let challenges = try state.challenges(ofNumber: hash).map { Subject($0) }
        return (challenges, subjects)
      }
    } catch { throw LogError(.damagedProjection, error.description) }
    subjects.formUnion(challenges)
    if !challenges.isEmpty {
      // A phone that was removed since is known by the PIN that verified it.
      let search = AuditSearch(groups: [
        challenges.map { .subject(LogSubject($0)) }, [.type(EventType.phoneVerified.rawValue)],
      ])
      var budget = Int.max
      _ = try view.auditTrail().search(search, budget: &budget, in: view) { position in
        subjects.insert(Subject(kind: .phone, number: position))
        return true
      }
    }
    return subjects.map { .subject(LogSubject($0)) }
  }
}
