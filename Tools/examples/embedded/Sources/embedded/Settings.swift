import CredentialLedger

/// How a service opens its ledger: the master key from a file, the newest checkpoint on another device.
func settings(masterKey: String, witness: String) -> LedgerConfiguration {
  LedgerConfiguration(
    masterKey: .file(masterKey), checkpoints: CheckpointPolicy(), pinBudgets: PINBudgets(), witnessFile: witness,
    readers: ReaderPolicy(), snapshots: SnapshotPolicy(), deliveries: DeliveryLimits(), scrub: ScrubPolicy())
}
