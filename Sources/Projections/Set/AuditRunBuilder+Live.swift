package import EventLog

extension AuditRunBuilder where Participant == ProjectionSet {
  /// A builder that works on whichever set of tables is live.
  package convenience init(of log: EventLog<ProjectionSet>, policy: AuditRunPolicy = AuditRunPolicy()) {
    self.init(of: log, policy: policy) { participant, transaction in
      let (set, generation) = participant.live?.choice(for: transaction) ?? (0, 0)
      return (participant.tables[set].audit, generation)
    }
  }
}
